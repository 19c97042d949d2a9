"""The methods of NumPy's ufuncs: ``np.add.reduce``, ``np.multiply.accumulate``, ``np.subtract.outer`` and the others.

Those with a name of their own, such as `sum` and `cumprod`, are that operation; any other is the ufunc from one
element to the next. ``np.add.at`` changes an array, and is refused; see `add_at`.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import NUMPY
from ..errors import OptionError, ShapeError
from . import cumulative, exponential, reduce, trigonometric  # noqa: F401 - their ufuncs must be there
from .comparisons import of_values
from .index import along, getitem, integers, scatter
from .join import concatenate, stack
from .reduce import Axis, no_out
from .shape import as_tensor, astype, axes_of, expand_dims, moveaxis, reshape, with_axis

Call = Callable[..., Any]


def _typed(a: Any, dtype: Any) -> Tensor:
    return as_tensor(a) if dtype is None else astype(a, dtype)


def _outer(call: Call) -> Call:
    """Every element of a with every element of b, the axes of a first."""
    return lambda a, b: call(reshape(a, (*np.shape(a), *[1] * np.ndim(b))), b)


def _reduce(call: Call, ufunc: np.ufunc) -> Call:
    """The elements over ``axis`` from the first to the last."""

    def reduced(
        a: Any, axis: Axis = 0, dtype: Any = None, out: None = None, keepdims: bool = False, **options: Any
    ) -> Tensor:
        name = f"{ufunc.__name__}.reduce"
        no_out(out, name)
        if options:
            raise OptionError(f"{name}: got {', '.join(options)}; need axis, dtype and keepdims alone")
        x = _typed(a, dtype)
        axes = axes_of(name, axis, x.shape)
        line = moveaxis(x, axes, range(len(axes)))
        line = reshape(line, (math.prod(line.shape[: len(axes)]), *line.shape[len(axes) :]))
        if not len(line) and ufunc.identity is None:
            raise ShapeError(f"{name}: got shape {x.shape} and axis={axis}; need at least one element")
        y = functools.reduce(call, line) if len(line) else as_tensor(np.full(line.shape[1:], ufunc.identity, x.dtype))
        return expand_dims(y, axes) if keepdims else y

    return reduced


def _accumulate(call: Call, ufunc: np.ufunc) -> Call:
    """What the elements along ``axis`` give, up to each."""

    def accumulated(array: Any, axis: int = 0, dtype: Any = None, out: None = None) -> Tensor:
        name = f"{ufunc.__name__}.accumulate"
        no_out(out, name)
        x, axis = with_axis(name, _typed(array, dtype), axis)
        return stack([*itertools.accumulate(moveaxis(x, axis, 0), call)], axis) if x.shape[axis] else x

    return accumulated


def _reduceat(call: Call, ufunc: np.ufunc) -> Call:
    """The elements along ``axis`` from each index up to the next; the one element where the next is not larger."""

    def reduced(
        array: Any, starts: Any, axis: int = 0, dtype: Any = None, out: None = None, indices: Any = None
    ) -> Tensor:  # NumPy gives the indices once more if they come by name
        name = f"{ufunc.__name__}.reduceat"
        no_out(out, name)
        x, axis = with_axis(name, _typed(array, dtype or ufunc.reduce(np.zeros(1, np.result_type(array))).dtype), axis)
        starts = integers(name, starts)
        if starts.ndim != 1 or ((starts < 0) | (starts >= x.shape[axis])).any():
            raise OptionError(f"{name}: got indices {starts.tolist()}; need a row of 0 ... {x.shape[axis] - 1}")
        stops = np.maximum([*starts[1:], x.shape[axis]], starts + 1)
        if ufunc is np.add:  # each element that is read is added to its sum
            read = np.concatenate([np.arange(*ends) for ends in zip(starts, stops, strict=True)] or [starts])
            goal = along(axis, np.repeat(np.arange(len(starts)), stops - starts))
            parts = getitem(x, along(axis, read))
            return scatter(parts, shape=(*x.shape[:axis], len(starts), *x.shape[axis + 1 :]), indices=(goal,))  # type: ignore[no-any-return]
        pieces = [getitem(x, along(axis, slice(*ends))) for ends in zip(starts, stops, strict=True)]
        if not pieces:
            return getitem(x, along(axis, slice(0)))
        return concatenate([call(piece, axis=axis, keepdims=True) for piece in pieces], axis)

    return reduced


def _with_dtype(call: Call) -> Call:
    return lambda a, axis=None, dtype=None, **options: call(_typed(a, dtype), axis, **options)


REDUCE: dict[np.ufunc, Call] = {
    np.add: reduce.sum,
    np.multiply: reduce.prod,
    np.maximum: _with_dtype(reduce.max),
    np.minimum: _with_dtype(reduce.min),
    np.fmax: _with_dtype(reduce.nanmax),
    np.fmin: _with_dtype(reduce.nanmin),
    np.logaddexp: _with_dtype(reduce.logsumexp),
}
ACCUMULATE: dict[np.ufunc, Call] = {
    np.add: cumulative.cumsum,
    np.multiply: cumulative.cumprod,
    np.maximum: cumulative.cummax,
    np.minimum: cumulative.cummin,
}

for _ufunc in [f for f in NUMPY if isinstance(f, np.ufunc) and (f.nin, f.nout, f.signature) == (2, 1, None)]:
    _call = NUMPY[_ufunc]
    if getattr(_call, "differentiable", True):
        NUMPY[_ufunc, "outer"] = _outer(_call)
        NUMPY[_ufunc, "reduce"] = REDUCE.get(_ufunc) or _reduce(_call, _ufunc)
        NUMPY[_ufunc, "accumulate"] = ACCUMULATE.get(_ufunc) or _accumulate(_call, _ufunc)
        NUMPY[_ufunc, "reduceat"] = _reduceat(NUMPY[_ufunc, "reduce"], _ufunc)
    else:
        for _method in ("outer", "reduce", "accumulate", "reduceat"):
            NUMPY[_ufunc, _method] = of_values(getattr(_ufunc, _method))
