"""`to_onnx`: a module as an ONNX model."""

from __future__ import annotations

import copy
import inspect
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import OptionError, ProgramError, UnsupportedError
from ...nn import Embedding, Linear, Module, ModuleDict, ModuleList, Parameter, Sequential
from ...nn.cells import _Cell
from ...nn.recurrent import _Recurrent
from ...nn.unroll import Unrolled
from ...replace import replacing
from .graph import Axis, Graph, Symbol
from .layers import EMITTERS

__all__ = ["to_onnx"]

OPSET, IR_VERSION = 18, 8
"""Both of 2022, so that every runtime in use reads the model."""

Axes = Sequence[Axis]
Inputs = Mapping[str, "Axes | Mapping[str, Axes]"]


def to_onnx(
    module: Module,
    path: str | os.PathLike[str] | None = None,
    inputs: Inputs | None = None,
    outputs: Sequence[str] | None = None,
) -> Any:
    """A module as an ONNX model, for onnxruntime and everything else that reads ONNX; needs the extra ``onnx``.

    The module's ``forward`` is run once with symbols in place of arrays, and every layer and operation that it uses
    becomes a node: RNN, LSTM, GRU and their cells become ONNX's own operators, one for each layer, Linear is MatMul
    and Add, Embedding is Gather. Between layers, ``forward`` may use operators, indices, np.tanh, np.concatenate and
    the like, so ``self.head(h_n[-1])`` is what takes the last state. What a symbol does not know is refused by name; of
    the sizes nothing is fixed but what ``inputs`` says. Dropout does nothing, as in evaluation; hooks are not run.

    ONNX has GRU(reset=) and update= of both kinds, LSTM(peepholes="diagonal", coupled=) and residual=. It has no
    layer_norm, zoneout, proj_size, ablate, forget_gate=False, full peepholes, nor a nonlinearity of one's own.

    Args:
        module: the model; it is not changed.
        path: where to write it, replacing an older file only once the new one is whole; None to write nothing.
        inputs: for each argument of ``forward`` by name, the size of each axis: a number, or a name for what may differ
            from call to call: ``{"x": ("T", "B", 3)}``. For a pair of states a dict of two: ``{"x": ("T", "B", 3),
            "hx": {"h_0": (1, "B", 5), "c_0": (1, "B", 5)}}``. By default the only argument, with the axes T and B
            in the module's order and the size of its first layer. What Embedding or ``lengths`` takes is int64,
            the rest of the parameters' dtype.
        outputs: names for what ``forward`` returns; by default "output", or output_0, output_1, ...; for a recurrent
            layer by itself "output", "h_n" and "c_n".

    Returns:
        The model, an ``onnx.ModelProto``, checked by ``onnx.checker``.

    Raises:
        UnsupportedError: for a layer, option or operation that has no counterpart, naming it.
        OptionError: for inputs or outputs that do not fit ``forward``.
        ShapeError: for sizes that do not fit the layers.
        ProgramError: if onnx is not installed.
        FileAccessError: if the file cannot be written; an older one is as it was.

    >>> import tinygrad_seq as tg
    >>> model = tg.io.to_onnx(tg.nn.LSTM(3, 5), "lstm.onnx")  # doctest: +SKIP
    >>> [output.name for output in model.graph.output]  # doctest: +SKIP
    ['output', 'h_n', 'c_n']
    """
    if not isinstance(module, Module):
        raise OptionError(f"to_onnx: got {type(module).__name__}; need a Module")
    dtypes = [parameter.dtype for parameter in module.parameters()]
    graph = Graph(np.result_type(*dtypes) if dtypes else np.dtype(np.float32))
    declared = _inputs(module, inputs)
    arguments: dict[str, Any] = {}
    entries: list[Symbol] = []
    for name, axes in declared.items():
        parts = [Symbol(graph, part, size, [None]) for part, size in _parts(name, axes)]
        entries += parts
        arguments[name] = tuple(parts) if isinstance(axes, Mapping) else parts[0]
    results = list(_flat(_symbolic(module, graph, "", {})(**arguments)))
    model = _build(graph, entries, _named(module, results, outputs))
    if path is not None:
        with replacing(path, "to_onnx") as file:
            file.write(model.SerializeToString())
    return model


class _Layer(Module):
    """Stands for a layer: its forward makes nodes; all else is the layer's own."""

    def __init__(self, layer: Module, graph: Graph, path: str):
        self.__dict__["layer"], self.graph, self.path = layer, graph, path

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        layer = self.__dict__["layer"]
        return EMITTERS[type(layer).forward](self.graph, layer, self.path, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["layer"], name)


def _symbolic(module: Module, graph: Graph, path: str, seen: dict[int, Module]) -> Module:
    """A copy of a module in which layers make nodes and parameters are constants of the graph."""
    if id(module) in seen:
        return seen[id(module)]
    forward = type(module).forward
    if forward in EMITTERS:
        seen[id(module)] = _Layer(module, graph, path)
        return seen[id(module)]
    foreign = forward.__module__.startswith("tinygrad_seq.") and not isinstance(module, CONTAINERS)
    if foreign or isinstance(module, (Unrolled, _Cell)):
        raise UnsupportedError(
            f"to_onnx: got {type(module).__name__}{path and f' at {path[:-1]}'}, which ONNX does not have; "
            "export a model without"
        )
    clone = seen[id(module)] = copy.copy(module)
    clone.__dict__.pop("_hooks", None)
    clone.__dict__["training"] = False
    for name, value in module.__dict__.items():
        if isinstance(value, Module):
            clone.__dict__[name] = _symbolic(value, graph, f"{path}{name}.", seen)
        elif isinstance(value, Parameter):
            clone.__dict__[name] = graph.constant(value, f"{path}{name}")
    return clone


CONTAINERS = (Sequential, ModuleList, ModuleDict)


def _inputs(module: Module, given: Inputs | None) -> Inputs:
    """What is fed, checked against the arguments of forward."""
    known = inspect.signature(module.forward).parameters.values()
    need = [p.name for p in known if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if given is None:
        if len(need) != 1:
            raise OptionError(
                f"to_onnx: got no inputs for {type(module).__name__}, whose forward takes {', '.join(need) or 'none'}; "
                'need inputs={"x": ("T", "B", 3), ...}'
            )
        return {need[0]: _default(module)}
    if not isinstance(given, Mapping):
        raise OptionError(f'to_onnx: got inputs={given!r}; need the axes of each by name, {{"x": ("T", "B", 3)}}')
    names = [p.name for p in known]
    if not all(name in names for name in given) or not all(name in given for name in need):
        raise OptionError(
            f"to_onnx: got inputs {', '.join(given)} for {type(module).__name__}; its forward takes {', '.join(names)}"
        )
    for name, axes in given.items():
        for part, sizes in _parts(name, axes):
            fits = isinstance(sizes, (tuple, list)) and all(
                isinstance(n, str) or (isinstance(n, int) and not isinstance(n, bool) and n > 0) for n in sizes
            )
            if not fits:
                raise OptionError(
                    f"to_onnx: got {sizes!r} for the axes of {part}; need a tuple of positive integers and names, "
                    'such as ("T", "B", 3)'
                )
    return given


def _default(module: Module) -> Axes:
    """The axes of the only input: its width by the first layer, the order of time and batch by the first over time."""
    layers = list(module.modules())
    order = next(
        (("B", "T") if layer.batch_first else ("T", "B") for layer in layers if isinstance(layer, Unrolled)), ("B",)
    )
    for layer in layers:
        if isinstance(layer, Embedding):
            return order
        if isinstance(layer, Linear):
            return (*order, layer.in_features)
        if isinstance(layer, _Recurrent):
            return (*order, layer.input_size)
        if isinstance(layer, _Cell):
            return ("B", layer.input_size)
    raise OptionError(f"to_onnx: got no inputs for {type(module).__name__}, which has no layer; need inputs=")


def _parts(name: str, axes: Any) -> list[tuple[str, Any]]:
    return list(axes.items()) if isinstance(axes, Mapping) else [(name, axes)]


def _flat(result: Any) -> Iterator[Symbol]:
    """The symbols of what forward returned, in order."""
    if isinstance(result, Symbol):
        yield result
    elif isinstance(result, (tuple, list)):
        for part in result:
            yield from _flat(part)
    elif isinstance(result, Mapping):
        for part in result.values():
            yield from _flat(part)
    else:
        raise UnsupportedError(
            f"to_onnx: got a forward that returns {type(result).__name__}; need what comes of its inputs, alone or in "
            "tuples, lists and dicts"
        )


def _named(module: Module, results: list[Symbol], names: Sequence[str] | None) -> dict[str, Symbol]:
    if names is None and isinstance(module, _Recurrent):
        names = ["output", "h_n", "c_n"][: len(results)]
    elif names is None:
        names = ["output"] if len(results) == 1 else [f"output_{k}" for k in range(len(results))]
    if isinstance(names, str) or len(names) != len(results) or len(set(names)) < len(names):
        raise OptionError(
            f"to_onnx: got outputs={names!r}; need {len(results)} different names, one for each value that "
            f"{type(module).__name__} returns"
        )
    return dict(zip(names, results, strict=True))


def _build(graph: Graph, inputs: list[Symbol], outputs: dict[str, Symbol]) -> Any:
    """The model, checked."""
    try:
        from onnx import checker, helper, numpy_helper
    except ImportError as error:
        raise ProgramError('to_onnx: onnx is not installed; pip install "tinygrad_seq[onnx]"') from error

    def info(name: str, symbol: Symbol) -> Any:
        kind = helper.np_dtype_to_tensor_dtype(symbol.settle(graph.dtype).type[0])
        return helper.make_tensor_value_info(name, kind, symbol.axes)

    nodes = [helper.make_node(op, given, made, **attributes) for op, given, made, attributes in graph.nodes]
    nodes += [helper.make_node("Identity", [symbol.name], [name]) for name, symbol in outputs.items()]
    used = {name for node in nodes for name in node.input}
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "tinygrad_seq",
            [info(symbol.name, symbol) for symbol in inputs],
            [info(name, symbol) for name, symbol in outputs.items()],
            [numpy_helper.from_array(array, name) for name, array in graph.constants.items() if name in used],
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="tinygrad_seq",
    )
    checker.check_model(model, full_check=True)
    return model
