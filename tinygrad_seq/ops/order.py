"""Sorting, order statistics, searching and counting.

Where an element goes is piecewise constant, so a sorted array is a reading of the old one at constant places, and an
order statistic is a weighted mean of such readings. Equal elements keep their order.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.missing import without_derivative
from ..autograd.tensor import NUMPY
from ..errors import OptionError, ShapeError, UnsupportedError
from .comparisons import constant, of_values, values
from .elementwise import strong
from .index import scatter
from .reduce import Axis, count, no_out, weights_for
from .selection import take_along_axis
from .shape import as_tensor, astype, axes_of, moveaxis, reshape, transpose, with_axis

__all__ = [
    "argmax",
    "argmin",
    "argpartition",
    "argsort",
    "argwhere",
    "bincount",
    "count_nonzero",
    "digitize",
    "flatnonzero",
    "histogram",
    "histogram2d",
    "histogram_bin_edges",
    "histogramdd",
    "lexsort",
    "median",
    "nanargmax",
    "nanargmin",
    "nanmedian",
    "nanpercentile",
    "nanquantile",
    "nonzero",
    "partition",
    "percentile",
    "quantile",
    "searchsorted",
    "sort",
]


def sort(
    a: Any, axis: int | None = -1, kind: str | None = None, order: None = None, *, stable: bool | None = None
) -> Tensor:
    """The elements in ascending order along ``axis``, NaN last; equal ones keep their order, whatever the ``kind``."""
    if order is not None:
        raise UnsupportedError("sort: got order=, which names fields; Tensors have none; leave it out")
    x, axis = with_axis("sort", a, axis)
    return take_along_axis(x, np.argsort(x.numpy(), axis, kind="stable"), axis)


def partition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: None = None) -> Tensor:
    """The elements with the ``kth`` in its sorted place along ``axis``, smaller ones before, larger ones after."""
    if order is not None:
        raise UnsupportedError("partition: got order=, which names fields; Tensors have none; leave it out")
    x, axis = with_axis("partition", a, axis)
    # NumPy's argpartition may order the elements on each side otherwise than its partition does.
    try:
        found = np.partition(x.numpy(), kth, axis)
    except ValueError as error:
        raise OptionError(
            f"partition: got kth={kth} along an axis of {x.shape[axis]}; need 0 or more, but less"
        ) from error
    places = np.argsort(np.argsort(found, axis, kind="stable"), axis)
    return take_along_axis(x, np.take_along_axis(np.argsort(x.numpy(), axis, kind="stable"), places, axis), axis)


def _statistic(
    function: Callable[..., Any], a: Any, axis: Axis, out: Any, keepdims: bool, weights: Any = None, **options: Any
) -> Tensor:
    """An order statistic, as a mean of the two elements between which NumPy finds it among the ranks 0, 1, ..."""
    name = function.__name__
    no_out(out, name)
    x = as_tensor(a)
    axes = axes_of(name, axis, x.shape)
    kept = [k for k in range(x.ndim) if k not in axes]
    n = count(x.shape, axes)
    if n == 0:
        raise ShapeError(f"{name}: got shape {x.shape} and axis={axis}; need at least one element to choose from")
    shape = (*[x.shape[k] for k in kept], n)
    rows = reshape(transpose(x, (*kept, *axes)), shape)
    heavy = {}
    if weights is not None:
        weights = np.broadcast_to(weights_for(name, np.asarray(weights), x.shape, axis), x.shape)
        heavy["weights"] = np.transpose(weights, (*kept, *axes)).reshape(shape)
    order = np.argsort(rows.numpy(), axis=-1, kind="stable")
    ranks = np.where(np.isnan(rows.numpy()), np.nan, np.argsort(order, axis=-1))
    try:
        found = np.asarray(function(ranks, axis=-1, **options, **heavy))  # the axes of q, then those that are kept
    except ValueError as error:
        raise OptionError(f"{name}: got {', '.join(f'{key}={x!r}' for key, x in options.items())}; {error}") from error
    dtype = function(np.zeros(1, x.dtype), **options).dtype

    several = found.shape[: found.ndim - len(kept)]
    place = np.moveaxis(found.reshape(math.prod(several), *rows.shape[:-1]), 0, -1)
    place = np.where(np.isnan(place), n - 1, place)  # sorting puts NaN last
    share = (place - np.floor(place)).astype(dtype)
    low, high = (
        astype(take_along_axis(rows, np.take_along_axis(order, whole.astype(np.intp), -1), -1), dtype)
        for whole in (np.floor(place), np.ceil(place))
    )
    with np.errstate(invalid="ignore"):  # an infinity that has no share
        y = moveaxis(strong(low, 1 - share) + strong(high, share), -1, 0)
    left = x.shape if keepdims else rows.shape[:-1]
    return reshape(y, several + tuple(1 if keepdims and k in axes else size for k, size in enumerate(left)))


def median(
    a: Any, axis: Axis = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False
) -> Tensor:
    """The middle element over ``axis``, or the mean of the two in the middle; of equal elements one is chosen."""
    return _statistic(np.median, a, axis, out, keepdims)


def nanmedian(
    a: Any, axis: Axis = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False
) -> Tensor:
    """`median` without NaN, whose derivative is 0."""
    return _statistic(np.nanmedian, a, axis, out, keepdims)


def _quantile(function: Callable[..., Any]) -> Callable[..., Tensor]:
    """NumPy's quantile or percentile, with or without NaN."""

    def call(
        a: Any,
        q: Any,
        axis: Axis = None,
        out: None = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: bool = False,
        *,
        weights: Any = None,
    ) -> Tensor:
        for name, given in (("q", q), ("weights", weights)):
            if isinstance(given, Tensor) and given.requires_grad:
                raise UnsupportedError(f"{function.__name__}: got {name} that requires a gradient; need a constant")
        q = q.numpy() if isinstance(q, Tensor) else q
        return _statistic(function, a, axis, out, keepdims, weights, q=q, method=method)

    call.__name__ = call.__qualname__ = function.__name__
    call.__doc__ = f"""NumPy's ``{function.__name__}``, with each of its methods; differentiable in ``a``.

    It is a weighted mean of two sorted elements{", NaN left out" if "nan" in function.__name__ else ""};
    of equal elements one is chosen. ``weights`` are constants, and go with the method "inverted_cdf".
    """
    NUMPY[function] = call
    return call


quantile = _quantile(np.quantile)
nanquantile = _quantile(np.nanquantile)
percentile = _quantile(np.percentile)
nanpercentile = _quantile(np.nanpercentile)


argmax = constant(np.argmax)
argmin = constant(np.argmin)
argpartition = constant(np.argpartition)
argsort = constant(np.argsort)
argwhere = constant(np.argwhere)
count_nonzero = constant(np.count_nonzero)
digitize = constant(np.digitize)
flatnonzero = constant(np.flatnonzero)
histogram_bin_edges = constant(np.histogram_bin_edges)
lexsort = constant(np.lexsort)
nanargmax = constant(np.nanargmax)
nanargmin = constant(np.nanargmin)
nonzero = constant(np.nonzero)
searchsorted = constant(np.searchsorted)


def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Tensor:
    """How often each of 0, 1, 2, ... occurs in ``x``, or the sum of its weights, in which it is differentiable."""
    x = np.array(values(x))
    if weights is None:
        return Tensor(np.bincount(x, minlength=minlength))
    weights = astype(weights, np.float64)
    if weights.shape != x.shape:
        raise ShapeError(f"bincount: got weights of shape {weights.shape} for {x.shape}; need the same")
    size = np.bincount(x, minlength=minlength).shape
    return scatter(weights, shape=size, indices=(x,))  # type: ignore[no-any-return]


def _counted(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's histogram of one, two or more variables."""
    count_values = of_values(function)

    def call(*args: Any, **kwargs: Any) -> Any:
        weights = inspect.signature(function).bind(*args, **kwargs).arguments.get("weights")
        if isinstance(weights, Tensor) and weights.requires_grad:
            raise UnsupportedError(
                f"{function.__name__}: got weights that require a gradient; need constants; use "
                f"np.bincount(np.digitize(a, edges), weights), which is differentiable in them"
            )
        return count_values(*args, **kwargs)

    call.__name__ = call.__qualname__ = function.__name__
    call.__doc__ = f"""NumPy's ``{function.__name__}``: counts, or sums of weights, and edges of the bins; constants.

    Raises:
        UnsupportedError: for weights that require a gradient.
    """
    NUMPY[function] = without_derivative(call)
    return call


histogram = _counted(np.histogram)
histogram2d = _counted(np.histogram2d)
histogramdd = _counted(np.histogramdd)


for _call in (sort, partition, median, nanmedian, bincount):
    NUMPY[getattr(np, _call.__name__)] = _call
