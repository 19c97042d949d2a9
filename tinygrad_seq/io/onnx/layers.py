"""Each layer that ONNX has, as its nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...autograd.tensor import Array
from ...errors import ShapeError, UnsupportedError
from ...nn import (
    GRU,
    LSTM,
    RNN,
    BatchNorm1d,
    Dropout,
    Embedding,
    Flatten,
    GRUCell,
    Identity,
    LayerNorm,
    Linear,
    LSTMCell,
    Module,
    RNNCell,
    functional,
)
from ...nn.activations import _Activation
from ...nn.cells import _Cell
from ...nn.conventions import Convention, convention
from ...nn.recurrences import Elman, Gated, LongShortTerm
from ...nn.recurrent import _Recurrent
from ..beyond import refuse, refuse_beyond
from .activations import ACTIVATIONS
from .graph import Graph, Symbol, concatenated

__all__ = ["EMITTERS"]

NONLINEARITIES = {functional.tanh: "Tanh", functional.relu: "Relu", functional.sigmoid: "Sigmoid"}
KNOWN = {"nonlinearity", "peepholes", "coupled", "reset", "update", "residual"}
"""The options of recurrent layers that ONNX has, or that become nodes of their own."""
PEEPHOLES = ("weight_ci", "weight_co", "weight_cf")


def linear(graph: Graph, layer: Linear, path: str, x: Any) -> Symbol:
    """``x @ W.T + b``."""
    x = _wide("Linear", path, graph.lift(x), layer.in_features)
    y: Symbol = x @ graph.constant(np.asarray(layer.weight).T, f"{path}weight.T")
    return y if layer.bias is None else y + graph.constant(layer.bias, f"{path}bias")


def embedding(graph: Graph, layer: Embedding, path: str, index: Any) -> Symbol:
    """The rows at an index."""
    refuse_beyond("to_onnx", "ONNX", layer, path[:-1])
    index = graph.lift(index).settle(np.int64)
    table = graph.constant(layer.weight, f"{path}weight")
    return graph.node("Gather", table, index, axes=(*index.axes, layer.embedding_dim), axis=0)


def same(graph: Graph, layer: Module, path: str, x: Any) -> Any:
    """Nothing, as dropout in evaluation."""
    return x


def activation(graph: Graph, layer: _Activation, path: str, x: Any) -> Any:
    """The function of an activation layer."""
    function = type(layer).function
    return ACTIVATIONS[function](graph.lift(x).settle(graph.dtype), *[getattr(layer, name) for name in layer.options])


def layer_norm(graph: Graph, layer: LayerNorm, path: str, x: Any) -> Symbol:
    """Over the last axes."""
    x = graph.lift(x).settle(graph.dtype)
    axis = -len(layer.normalized_shape)
    gain = np.ones(layer.normalized_shape, graph.dtype) if layer.weight is None else layer.weight
    weight = graph.constant(gain, f"{path}weight")
    bias = None if layer.bias is None else graph.constant(layer.bias, f"{path}bias")
    return graph.node("LayerNormalization", x, weight, bias, axes=x.axes, axis=axis, epsilon=layer.eps)


def batch_norm(graph: Graph, layer: BatchNorm1d, path: str, x: Any) -> Symbol:
    """By the running means, as in evaluation."""
    refuse_beyond("to_onnx", "ONNX", layer, path[:-1])
    x = graph.lift(x).settle(graph.dtype)
    blank = np.zeros(layer.num_features, graph.dtype)
    arrays = {
        "weight": blank + 1 if layer.weight is None else layer.weight,
        "bias": blank if layer.bias is None else layer.bias,
        "running_mean": layer.running_mean,
        "running_var": layer.running_var,
    }
    constants = [graph.constant(array, f"{path}{name}") for name, array in arrays.items()]
    return graph.node("BatchNormalization", x, *constants, axes=x.axes, epsilon=layer.eps)


def flatten(graph: Graph, layer: Flatten, path: str, x: Any) -> Symbol:
    """The axes from one to the last as one."""
    x = graph.lift(x).settle(graph.dtype)
    start, end = layer.start_dim % x.ndim, layer.end_dim % x.ndim
    if end != x.ndim - 1 or start > end:
        refuse("to_onnx", "ONNX", layer, path[:-1], start_dim=layer.start_dim, end_dim=layer.end_dim)
    return graph.node("Reshape", x, graph.integers(*(0,) * start, -1), axes=(*x.axes[:start], None), like=x)


def recurrent(
    graph: Graph, layer: _Recurrent, path: str, x: Any, hx: Any = None, lengths: Any = None, record: bool = False
) -> tuple[Any, ...]:
    """All layers and directions, one node a layer; what the layer itself returns."""
    kind, row, options = _formula(layer, path)
    if record:
        raise UnsupportedError(f"to_onnx: got record=True at {path[:-1] or kind}; ONNX's {kind} shows no gates")
    x = _wide(kind, path, graph.lift(x), layer.input_size, (2, 3))
    batched = x.ndim == 3
    if lengths is not None and not batched:
        raise ShapeError(f"to_onnx: got lengths for {kind} and x {x.axes}, which has no batch; leave them out")
    if batched and layer.batch_first:
        x = x.swapaxes(0, 1)
    states = _states(graph, layer, hx)
    if not batched:
        x, states = x.unsqueezed(1), [state.unsqueezed(1) for state in states]
    if lengths is not None:
        lengths = graph.lift(lengths).settle(np.int64)
        if layer.residual:
            x = _up_to(graph, x, lengths)
        lengths = graph.node("Cast", lengths, axes=lengths.axes, like=Symbol(graph, "", (), [np.dtype(np.int32)]), to=6)
    last: list[list[Symbol]] = []
    ways = len(layer._directions)
    for k in range(layer.num_layers):
        first = [state[k * ways : (k + 1) * ways] if layer.num_layers > 1 else state for state in states]
        places = [f"l{k}{way}" for way in layer._directions]
        weights = [[_weights(layer, f"_{place}")[part] for place in places] for part in PARTS]
        y, *ends = _node(graph, kind, row, options, weights, f"{path}l{k}.", x, first, lengths)
        if lengths is not None and states:
            # A row without steps keeps its state; ONNX does not say so, and onnxruntime returns zeros.
            live = graph.node("Greater", lengths, graph.constant(np.int32(0)), axes=lengths.axes).unsqueezed(1)
            ends = [graph.node("Where", live, *pair, axes=pair[0].axes) for pair in zip(ends, first, strict=True)]
        x = x + y if layer.residual and x.axes[-1] == y.axes[-1] else y
        last.append(ends)
    ends = [parts[0] if len(parts) == 1 else concatenated(parts) for parts in zip(*last, strict=True)]
    if not batched:
        x, ends = x.squeezed(1), [end.squeezed(1) for end in ends]
    elif layer.batch_first:
        x = x.swapaxes(0, 1)
    return x, (tuple(ends) if kind == "LSTM" else ends[0])


def cell(graph: Graph, layer: _Cell, path: str, x: Any, hx: Any = None) -> Any:
    """One step: a recurrent layer over a time axis of size 1."""
    kind, row, options = _formula(layer, path)
    x = _wide(kind, path, graph.lift(x), layer.input_size, (1, 2))
    batched = x.ndim == 2
    states = _states(graph, layer, hx)
    if not batched:
        x, states = x.unsqueezed(0), [state.unsqueezed(0) for state in states]
    first = [state.unsqueezed(0) for state in states]
    weights = [[_weights(layer, "")[part]] for part in PARTS]
    _, *ends = _node(graph, kind, row, options, weights, path, x.unsqueezed(0), first, None)
    ends = [end.squeezed(0) if batched else end.squeezed(0).squeezed(0) for end in ends]
    return tuple(ends) if kind == "LSTM" else ends[0]


EMITTERS: dict[Any, Callable[..., Any]] = {
    Linear.forward: linear,
    Embedding.forward: embedding,
    **dict.fromkeys((Dropout.forward, Identity.forward), same),
    _Activation.forward: activation,
    LayerNorm.forward: layer_norm,
    BatchNorm1d.forward: batch_norm,
    Flatten.forward: flatten,
    **dict.fromkeys((RNN.forward, LSTM.forward, GRU.forward), recurrent),
    **dict.fromkeys((RNNCell.forward, LSTMCell.forward, GRUCell.forward), cell),
}
"""How a layer becomes nodes, by its forward: a subclass with a forward of its own is another layer."""

PARTS = ("weight_ih", "weight_hh", "bias", "peepholes")


def _formula(layer: _Recurrent | _Cell, path: str) -> tuple[str, Convention, dict[str, Any]]:
    """ONNX's name for the layer, its row in the table of conventions, and the attributes of its node."""
    recurrence, options = layer._recurrence, dict(layer._recurrence.options)
    kind = "LSTM" if isinstance(recurrence, LongShortTerm) else "GRU" if isinstance(recurrence, Gated) else "RNN"
    foreign = isinstance(recurrence, Elman) and recurrence.activation not in NONLINEARITIES
    unknown = {"nonlinearity"} if foreign else {"peepholes"} if options.get("peepholes") == "full" else set()
    refuse_beyond("to_onnx", "ONNX", layer, path[:-1], KNOWN - unknown)
    attributes: dict[str, Any] = {}
    if isinstance(recurrence, Elman):
        attributes["activations"] = [NONLINEARITIES[recurrence.activation]]
    elif kind == "GRU":
        attributes["linear_before_reset"] = int(options.get("reset", "after") == "after")
    elif options.get("coupled"):
        attributes["input_forget"] = 1
    reset = options.get("reset", "after") if kind == "GRU" else ""
    (row,) = [row for row in convention("onnx", kind) if row.reset == reset]
    return kind, row, attributes


def _states(graph: Graph, layer: _Recurrent | _Cell, hx: Any) -> list[Symbol]:
    """The first state as symbols; none where it is zeros."""
    if hx is None:
        return []
    count = len(layer._recurrence.states)
    parts = [hx] if count == 1 else list(hx) if isinstance(hx, (tuple, list)) else []
    if len(parts) != count:
        raise ShapeError(f"to_onnx: got hx that is no pair for {layer}; need (h, c)")
    return [graph.lift(part).settle(graph.dtype) for part in parts]


def _up_to(graph: Graph, x: Symbol, lengths: Symbol) -> Symbol:
    """An input ``(T, B, D)`` with 0 after the end of each row, where a sum would show what stands there."""
    zero, one = graph.constant(np.int64(0)), graph.constant(np.int64(1))
    steps = graph.node("Shape", x, axes=(1,), like=lengths, start=0, end=1).squeezed(0)
    t = graph.node("Range", zero, steps, one, axes=x.axes[:1], like=lengths)
    live = graph.node("Less", t.unsqueezed(1), lengths.unsqueezed(0), axes=x.axes[:2]).unsqueezed(2)
    return graph.node("Where", live, x, graph.constant(graph.dtype.type(0)), axes=x.axes)


def _weights(layer: _Recurrent | _Cell, end: str) -> dict[str, Any]:
    """ONNX's W, R, B and P of one direction; B or P is None where there is none."""
    recurrence = layer._recurrence
    w = {name: getattr(layer, name + end, None) for name in layer._names}
    kind, row, _ = _formula(layer, "")
    update = recurrence.options.get("update", "keep") if kind == "GRU" else ""
    found: dict[str, Any] = {name: row.blocks(w[name], recurrence.gates, update) for name in ("weight_ih", "weight_hh")}
    biases = [row.blocks(w[name], recurrence.gates, update) for name in ("bias_ih", "bias_hh") if w[name] is not None]
    found["bias"] = np.concatenate(biases) if biases else None
    found["peepholes"] = None
    if "weight_ci" in w:
        gates = {name[-1]: np.asarray(w[name]) for name in PEEPHOLES if name in w}
        blank = np.zeros_like(gates["i"])
        found["peepholes"] = np.concatenate([gates.get(gate, blank) for gate in "iof"])
    return found


def _node(
    graph: Graph,
    kind: str,
    row: Convention,
    attributes: dict[str, Any],
    weights: list[list[Array | None]],
    path: str,
    x: Symbol,
    first: list[Symbol],
    lengths: Symbol | None,
) -> list[Symbol]:
    """One layer in all its directions: the outputs ``(T, B, ways * H)`` and the last states ``(ways, B, H)``."""
    constants = [
        None if parts[0] is None else graph.constant(np.stack(parts), f"{path}{letter}")  # type: ignore[arg-type]
        for parts, letter in zip(weights, "WRBP", strict=True)
    ]
    W, R, B, P = constants
    ways, H = len(weights[1]), weights[1][0].shape[1]  # type: ignore[union-attr]
    T, batch, _ = x.axes
    if ways == 2:
        attributes = {**attributes, "direction": "bidirectional"}
        if "activations" in attributes:
            attributes["activations"] = attributes["activations"] * 2
    states: list[Symbol | None] = [*first] if first else [None] * (1 + (kind == "LSTM"))
    inputs = [x, W, R, B, lengths, *states, *([P] if kind == "LSTM" else [])]
    names = graph.add(kind, *inputs, outputs=3 if kind == "LSTM" else 2, hidden_size=H, **attributes)
    y = Symbol(graph, names[0], (T, ways, batch, H), [graph.dtype])
    if ways == 1:
        y = y.squeezed(1)
    else:
        y = y.swapaxes(1, 2)
        y = graph.node("Reshape", y, graph.integers(0, 0, -1), axes=(T, batch, 2 * H))
    return [y, *(Symbol(graph, name, (ways, batch, H), [graph.dtype]) for name in names[1:])]


def _wide(kind: str, path: str, x: Symbol, size: int, ndims: tuple[int, ...] = ()) -> Symbol:
    """The input of a layer, whose last size is known."""
    if (ndims and x.ndim not in ndims) or x.ndim == 0 or (isinstance(x.axes[-1], int) and x.axes[-1] != size):
        need = f"{' or '.join(map(str, ndims))} axes, and {size}" if ndims else size
        raise ShapeError(f"to_onnx: got {x.axes} for {kind}{path and f' at {path[:-1]}'}; need {need} as the last size")
    return Symbol(x.graph, x.name, (*x.axes[:-1], size), x.settle(x.graph.dtype).type)
