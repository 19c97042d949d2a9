"""A model as ONNX's nodes, and `Symbol`, the value that is passed through a module to find them.

A symbol knows the operators, indexing and some functions of NumPy, each of which adds a node. Nothing is computed, so
nothing of one input's size or content can find its way into the model: what a symbol does not know, it refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import EllipsisType
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ...autograd.tensor import Array
from ...errors import ShapeError, UnsupportedError

__all__ = ["Axis", "Graph", "Node", "Symbol"]

Axis = str | int | None
"""The size of an axis: a name where it is known only when the model runs, None where it has no name."""

UFUNCS = {
    np.add: "Add",
    np.subtract: "Sub",
    np.multiply: "Mul",
    np.divide: "Div",
    np.power: "Pow",
    np.negative: "Neg",
    np.absolute: "Abs",
    np.maximum: "Max",
    np.minimum: "Min",
    np.exp: "Exp",
    np.log: "Log",
    np.sqrt: "Sqrt",
    np.sin: "Sin",
    np.cos: "Cos",
    np.tanh: "Tanh",
    np.matmul: "MatMul",
}


class Node(NamedTuple):
    """One operation of the model."""

    op: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]


class Graph:
    """Nodes in the order of computation, and constants by name.

    Attributes:
        dtype: that of the parameters, and of every input that is not used as an index.
    """

    def __init__(self, dtype: np.dtype[Any]):
        self.dtype = dtype
        self.nodes: list[Node] = []
        self.constants: dict[str, Array] = {}
        self._count = 0

    def add(self, op: str, *inputs: Symbol | None, outputs: int = 1, **attributes: Any) -> list[str]:
        """A new node, and the names of its outputs; an optional input that is left out is None."""
        names = [f"{op.lower()}_{self._count + k}" for k in range(outputs)]
        self._count += outputs
        given = ["" if symbol is None else symbol.name for symbol in inputs]
        while given and not given[-1]:
            given.pop()
        self.nodes.append(Node(op, given, names, attributes))
        return names

    def node(
        self, op: str, *inputs: Symbol | None, axes: Sequence[Axis], like: Symbol | None = None, **attributes: Any
    ) -> Symbol:
        """The value of a new node with one output, of the type of ``like`` or of the parameters.

        ``axes`` are those of the value; none of the operations here has an attribute of this name.
        """
        (name,) = self.add(op, *inputs, **attributes)
        return Symbol(self, name, axes, [self.dtype] if like is None else like.type)

    def constant(self, value: Any, name: str = "") -> Symbol:
        """A constant; one that has a name already is not stored twice."""
        array = np.array(value)
        if not name:
            name = f"constant_{self._count}"
            self._count += 1
        self.constants[name] = array
        return Symbol(self, name, array.shape, [array.dtype])

    def integers(self, *values: int) -> Symbol:
        """What ONNX takes for axes and bounds."""
        return self.constant(np.array(values, np.int64))

    def lift(self, value: Any) -> Symbol:
        """A symbol for a value that may be one; real numbers and arrays become constants of the parameters' dtype."""
        if isinstance(value, Symbol):
            return value
        array = np.asarray(value)
        return self.constant(array.astype(self.dtype) if array.dtype.kind == "f" or array.ndim == 0 else array)


class Symbol(NDArrayOperatorsMixin):
    """A value that is not known before the model runs.

    Attributes:
        name: in the graph.
        axes: the size of each axis, as far as known.
        type: the dtype in a list of one, shared with all that must have the same; None until it is known.
    """

    def __init__(self, graph: Graph, name: str, axes: Sequence[Axis], dtype: list[Any]):
        self.graph, self.name, self.axes, self.type = graph, name, tuple(axes), dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.axes)

    def settle(self, dtype: Any) -> Symbol:
        """This symbol, with the given dtype if none is known."""
        if self.type[0] is None:
            self.type[0] = np.dtype(dtype)
        return self

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Symbol:
        if all(isinstance(target, Symbol) for target in kwargs.get("out", ())):
            kwargs.pop("out", None)  # a += b is a = a + b
        if method != "__call__" or kwargs or ufunc not in UFUNCS:
            _refuse(f"np.{ufunc.__name__}{'' if method == '__call__' else f'.{method}'}")
        symbols = [self.graph.lift(x).settle(self.graph.dtype) for x in inputs]
        return self.graph.node(UFUNCS[ufunc], *symbols, axes=_axes(UFUNCS[ufunc], symbols))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Symbol:
        if function not in FUNCTIONS:
            _refuse(f"np.{function.__name__}")
        return FUNCTIONS[function](*args, **kwargs)

    def __getitem__(self, index: Any) -> Symbol:
        value, axis = self, 0
        parts = index if isinstance(index, tuple) else (index,)
        missing = self.ndim - sum(part is not None and part is not Ellipsis for part in parts)
        if Ellipsis not in [part if isinstance(part, EllipsisType) else None for part in parts]:
            parts = (*parts, Ellipsis)
        for part in parts:
            if part is Ellipsis:
                axis += missing
            elif part is None:
                value, axis = value.unsqueezed(axis), axis + 1
            elif isinstance(part, slice) and all(isinstance(n, int | None) for n in (part.start, part.stop, part.step)):
                value, axis = value._sliced(axis, part), axis + 1
            elif isinstance(part, (int, np.integer)) and not isinstance(part, bool):
                axes = value.axes[:axis] + value.axes[axis + 1 :]
                at = self.graph.constant(np.array(part, np.int64))
                value = self.graph.node("Gather", value, at, axes=axes, like=value, axis=axis)
            else:
                _refuse(f"an index of type {type(part).__name__}")
        return value

    def _sliced(self, axis: int, part: slice) -> Symbol:
        if part == slice(None):
            return self
        step = 1 if part.step is None else part.step
        start = part.start if part.start is not None else (0 if step > 0 else FAR)
        stop = part.stop if part.stop is not None else (FAR if step > 0 else -FAR)
        axes = [None if k == axis else size for k, size in enumerate(self.axes)]
        bounds = [self.graph.integers(n) for n in (start, stop, axis, step)]
        return self.graph.node("Slice", self, *bounds, axes=axes, like=self)

    def unsqueezed(self, axis: int) -> Symbol:
        """With a new axis of size 1."""
        axes = (*self.axes[:axis], 1, *self.axes[axis:])
        return self.graph.node("Unsqueeze", self, self.graph.integers(axis), axes=axes, like=self)

    def squeezed(self, axis: int) -> Symbol:
        """Without an axis, whose size is 1."""
        axes = self.axes[:axis] + self.axes[axis + 1 :]
        return self.graph.node("Squeeze", self, self.graph.integers(axis), axes=axes, like=self)

    def swapaxes(self, axis1: int, axis2: int) -> Symbol:
        """With two axes exchanged."""
        order = list(range(self.ndim))
        order[axis1], order[axis2] = order[axis2], order[axis1]
        return self.graph.node("Transpose", self, axes=[self.axes[k] for k in order], like=self, perm=order)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Symbol:
        """The sum over axes."""
        return _reduced("ReduceSum", self, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Symbol:
        """The mean over axes."""
        return _reduced("ReduceMean", self, axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Symbol:
        """The largest over axes."""
        return _reduced("ReduceMax", self, axis, keepdims)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        _refuse("its value")

    def __iter__(self) -> Iterator[Any]:
        _refuse("its elements one by one")

    def __len__(self) -> int:  # noqa: PLE0303 - it always raises
        _refuse("its length")

    def __bool__(self) -> bool:  # noqa: PLE0304 - it always raises
        _refuse("its truth")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _refuse(f"its {name}")


FAR = np.iinfo(np.int64).max


def _refuse(what: str) -> NoReturn:
    names = ", ".join(sorted(function.__name__ for function in (*UFUNCS, *FUNCTIONS)))
    raise UnsupportedError(
        f"to_onnx: got a forward that asks a value for {what}; need layers, operators, indices by numbers and slices, "
        f"and of NumPy {names}"
    )


def _axes(op: str, symbols: list[Symbol]) -> tuple[Axis, ...]:
    """The axes of a result."""
    if op == "MatMul":
        a, b = symbols[0].axes, symbols[1].axes
        inner = a[-1], b[-2:][0]
        if all(isinstance(size, int) for size in inner) and inner[0] != inner[1]:
            raise _unfit(op, symbols)
        batch = _broadcast(op, symbols, [a[:-2], b[:-2]])
        return (*batch, *(a[-2:-1]), *(b[-1:] if len(b) > 1 else ()))
    return _broadcast(op, symbols, [symbol.axes for symbol in symbols])


def _broadcast(op: str, symbols: list[Symbol], all_axes: list[tuple[Axis, ...]]) -> tuple[Axis, ...]:
    ndim = max(map(len, all_axes))
    result: list[Axis] = []
    for sizes in zip(*[(1,) * (ndim - len(axes)) + axes for axes in all_axes], strict=True):
        found = list(dict.fromkeys(size for size in sizes if size != 1)) or [1]
        if len([size for size in found if isinstance(size, int)]) > 1:
            raise _unfit(op, symbols)
        result.append(found[0] if len(found) == 1 else None)
    return tuple(result)


def _unfit(op: str, symbols: list[Symbol]) -> ShapeError:
    return ShapeError(f"to_onnx: got {op} of {' and '.join(str(symbol.axes) for symbol in symbols)}, which do not fit")


def _reduced(op: str, x: Symbol, axis: Any, keepdims: bool) -> Symbol:
    wanted = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = [k % x.ndim for k in wanted]
    axes = [1 if k in gone else size for k, size in enumerate(x.axes) if keepdims or k not in gone]
    x.settle(x.graph.dtype)
    return x.graph.node(op, x, x.graph.integers(*gone), axes=axes, like=x, keepdims=int(keepdims))


def concatenated(arrays: Sequence[Any], axis: int = 0) -> Symbol:
    """The arrays one after the other along an axis."""
    graph = next(array.graph for array in arrays if isinstance(array, Symbol))
    symbols = [graph.lift(array) for array in arrays]
    axis %= symbols[0].ndim
    sizes = [size for size in (symbol.axes[axis] for symbol in symbols) if isinstance(size, int)]
    whole = sum(sizes) if len(sizes) == len(symbols) else None
    axes = [whole if k == axis else size for k, size in enumerate(symbols[0].axes)]
    return graph.node("Concat", *symbols, axes=axes, like=symbols[0], axis=axis)


FUNCTIONS: dict[Any, Callable[..., Symbol]] = {
    np.concatenate: concatenated,
    np.swapaxes: Symbol.swapaxes,
    np.sum: Symbol.sum,
    np.mean: Symbol.mean,
    np.max: Symbol.max,
}
