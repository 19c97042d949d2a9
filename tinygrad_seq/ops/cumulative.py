"""Operations along an axis from one element to the next: cumulative sums and products, differences, slopes.

`linear_recurrence` is what the derivative of a cumulative product comes down to, and its own derivative is another
one, so that they take time and memory in proportion to the input at every order, and never divide by an element.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor, differentiable
from ..autograd.apply import like_numpy
from ..autograd.tensor import NUMPY
from ..errors import OptionError, ShapeError
from .elementwise import strong
from .join import concatenate
from .reduce import before, no_out, sum
from .selection import take_along_axis
from .shape import as_tensor, astype, axes_of, axis_of, broadcast_to, cast_for, ravel

__all__ = [
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
    "ediff1d",
    "gradient",
    "linear_recurrence",
    "nancumprod",
    "nancumsum",
    "trapezoid",
]


def _part(x: Any, axis: int, start: int | None, stop: int | None, step: int | None = None) -> Any:
    """``x[start:stop:step]`` along the axis."""
    return x[(slice(None),) * (axis % x.ndim) + (slice(start, stop, step),)]


def _reversed(x: Any, axis: int) -> Any:
    return _part(x, axis, None, None, -1)


def _adjoint(g: Any, a: Any, axis: int) -> Any:
    """The recurrence that runs back: r_t = a_{t+1} r_{t+1} + g_t."""
    a = np.broadcast_to(a, g.shape)
    return _reversed(linear_recurrence(before(_reversed(a, axis), 0, axis), _reversed(g, axis), axis), axis)


@like_numpy
@differentiable(
    lambda g, a, y, axis: _adjoint(g, a, axis) * before(y, 0, axis),
    lambda g, a, axis: _adjoint(g, a, axis),
    jvp=(
        lambda t, a, y, axis: linear_recurrence(a, t * before(y, 0, axis), axis),
        lambda t, a, axis: linear_recurrence(a, t, axis),
    ),
    broadcasts=True,
)
def linear_recurrence(a: Any, b: Any, axis: int = 0) -> Any:
    """``h_t = a_t * h_{t-1} + b_t`` along ``axis``, from 0: decayed sums, discounted returns, linear RNNs.

    ``a`` and ``b`` broadcast; the first ``a`` along the axis has nothing to multiply.

    >>> import tinygrad_seq as tg
    >>> tg.ops.linear_recurrence(0.5, tg.tensor([1.0, 1.0, 1.0]))
    tensor([1.  , 1.5 , 1.75], dtype=float32)
    """
    dtype = np.result_type(a, b)
    a, b = [np.moveaxis(x, axis, 0) for x in np.broadcast_arrays(a, b)]
    y = np.array(b, dtype, order="C")
    if len(y) > 32 and (np.abs(a[1:]) <= 1).all():
        y = _doubled(a[1:], y)
    elif y.size < 4 * len(y) and dtype.kind == "f":
        for line, factors in zip(y.reshape(len(y), -1).T, a.reshape(len(y), -1).T, strict=True):
            line[:] = _in_line(factors.tolist(), line.tolist())
    else:
        for t in range(1, len(y)):
            y[t] += a[t] * y[t - 1]
    return np.moveaxis(y, 0, axis)


def _doubled(a: Any, b: Any) -> Any:
    """The recurrence without its first factor, in log(n) passes: two steps are one, which gives every second state.

    (Blelloch 1990, "Prefix sums and their applications".) Products of factors of at most 1 neither overflow nor make
    differences of large numbers.
    """
    y = np.array(b)
    if len(y) > 1:
        y[1::2] += a[::2] * b[:-1:2]
        y[1::2] = _doubled(a[2::2] * a[1:-1:2], y[1::2])
        y[2::2] += a[1::2] * y[1:-1:2]
    return y


def _in_line(a: list[float], b: list[float]) -> list[float]:
    """The recurrence of numbers, for which Python is faster than NumPy element by element."""
    out, h = b[:1], b[0]
    for factor, term in zip(a[1:], b[1:], strict=True):
        h = factor * h + term
        out.append(h)
    return out


@differentiable(lambda g, axis: _reversed(np.cumsum(_reversed(g, axis), axis=axis), axis), kind="linear")
def _cumsum(x: Any, axis: int) -> Any:
    return np.cumsum(x, axis)


@differentiable(
    lambda g, x, y, axis: strong(_adjoint(g, x, axis), before(y, 1, axis)),
    jvp=(lambda t, x, y, axis: linear_recurrence(x, strong(t, before(y, 1, axis)), axis),),
)
def _cumprod(x: Any, axis: int) -> Any:
    return np.cumprod(x, axis)


def _along(a: Any, axis: int | None, dtype: Any, out: Any, caller: str) -> tuple[Any, int]:
    """What is accumulated, and along which axis: without one, all elements in a row."""
    no_out(out, caller)
    if dtype is not None:
        a = astype(a, dtype)
    if axis is None or np.ndim(a) == 0:
        return ravel(a), 0
    return a, axis_of(caller, axis, np.shape(a))


def cumsum(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Tensor:
    """The sums of all elements up to each, along ``axis`` or, without one, in row-major order."""
    return _cumsum(*_along(a, axis, dtype, out, "cumsum"))


def cumprod(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Tensor:
    """The products of all elements up to each, along ``axis`` or in row-major order; zeros are exact at every order."""
    return _cumprod(*_along(a, axis, dtype, out, "cumprod"))


def nancumsum(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Tensor:
    """`cumsum` in which NaN counts as 0, with a derivative of 0."""
    return _cumsum(*_along(np.where(np.isnan(a), 0, a), axis, dtype, out, "nancumsum"))


def nancumprod(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Tensor:
    """`cumprod` in which NaN counts as 1, with a derivative of 0."""
    return _cumprod(*_along(np.where(np.isnan(a), 1, a), axis, dtype, out, "nancumprod"))


def _cumulative(
    x: Any, axis: int | None, dtype: Any, out: Any, include_initial: bool, initial: float, caller: str
) -> Tensor:
    if axis is None and np.ndim(x) > 1:
        raise OptionError(f"{caller}: got shape {np.shape(x)} and no axis; say along which with axis=")
    y = (_cumsum if initial == 0 else _cumprod)(*_along(x, axis, dtype, out, caller))
    if not include_initial:
        return y
    k = 0 if axis is None else axis_of(caller, axis, y.shape)
    return concatenate([np.full((*y.shape[:k], 1, *y.shape[k + 1 :]), initial, y.dtype), y], axis=k)


def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, out: None = None, include_initial: bool = False
) -> Tensor:
    """`cumsum` along ``axis``, which only one-dimensional arrays may leave out; with a 0 in front if asked for."""
    return _cumulative(x, axis, dtype, out, include_initial, 0, "cumulative_sum")


def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, out: None = None, include_initial: bool = False
) -> Tensor:
    """`cumprod` along ``axis``, which only one-dimensional arrays may leave out; with a 1 in front if asked for."""
    return _cumulative(x, axis, dtype, out, include_initial, 1, "cumulative_prod")


def _leader(y: Any, axis: int) -> Any:
    """Where each running extremum was first reached, given all of them."""
    there = np.arange(y.shape[axis]).reshape((-1,) + (1,) * (y.ndim - axis - 1))
    last = before(y, np.nan, axis)
    new = ~((y == last) | np.isnan(last)) | (there == 0)
    return np.maximum.accumulate(np.where(new, there, 0), axis=axis)


def cummax(a: Any, axis: int | None = 0, dtype: Any = None, out: None = None) -> Tensor:
    """The largest element so far: ``np.maximum.accumulate``; of equal ones the first has the derivative."""
    x, axis = _along(a, axis, dtype, out, "cummax")
    y = np.maximum.accumulate(as_tensor(x).numpy(), axis=axis)
    return take_along_axis(x, _leader(y, axis), axis)


def cummin(a: Any, axis: int | None = 0, dtype: Any = None, out: None = None) -> Tensor:
    """The smallest element so far: ``np.minimum.accumulate``; of equal ones the first has the derivative."""
    x, axis = _along(a, axis, dtype, out, "cummin")
    y = np.minimum.accumulate(as_tensor(x).numpy(), axis=axis)
    return take_along_axis(x, _leader(y, axis), axis)


def _constant_like(x: Any, like: Tensor) -> Any:
    """A number in the dtype of its neighbours; a Tensor or an array as it is."""
    return np.asarray(x, like.dtype) if np.isscalar(x) else as_tensor(x, like)


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    """The differences of neighbours along ``axis``, taken n times.

    ``prepend`` and ``append``, numbers or arrays that fit, are joined on first.
    """
    x = as_tensor(a)
    if n < 0:
        raise OptionError(f"diff: got n={n}; need 0 or more")
    if n == 0:
        return x
    axis = axis_of("diff", axis, x.shape)
    edge = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    parts = [_constant_like(part, x) for part in (prepend, x, append) if part is not None]
    if len(parts) > 1:
        x = concatenate([part if part.ndim else broadcast_to(part, edge) for part in parts], axis)
    for _ in range(n):
        after, earlier = _part(x, axis, 1, None), _part(x, axis, None, -1)
        x = after != earlier if x.dtype.kind == "b" else after - earlier
    return x


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Tensor:
    """The differences of neighbours in row-major order, between ``to_begin`` and ``to_end``; in their own dtype."""
    x = ravel(ary)
    parts = [to_begin, diff(x), to_end]
    return concatenate([cast_for("ediff1d", part, x.dtype) for part in parts if part is not None], axis=None)


def _distances(spacing: Any, like: Tensor, axis: int) -> Any:
    """The distances of neighbours along the axis, of a shape that broadcasts."""
    n = like.shape[axis]
    steps: Any
    if np.ndim(spacing) == 0:
        steps = np.ones(n - 1, like.dtype) * spacing
    elif np.shape(spacing) == (n,):
        steps = diff(as_tensor(spacing, like))
    else:
        raise ShapeError(
            f"gradient: got coordinates of shape {np.shape(spacing)} along axis {axis} of {like.shape}; need ({n},)"
        )
    return np.reshape(steps, (-1,) + (1,) * (like.ndim - axis - 1))


def _middle(d1: Any, d2: Any) -> Any:
    """The weights of three samples for the slope of their parabola at the second, from their distances."""
    return -d2 / (d1 * (d1 + d2)), (d2 - d1) / (d1 * d2), d1 / (d2 * (d1 + d2))


def _end(d1: Any, d2: Any) -> Any:
    """The same at the first of the three."""
    return -(2 * d1 + d2) / (d1 * (d1 + d2)), (d1 + d2) / (d1 * d2), -d1 / (d2 * (d1 + d2))


def _slope(f: Tensor, d: Any, axis: int, edge_order: int) -> Tensor:
    """The slope along one axis, given the distances along their first axis."""

    def at(start: int | None, stop: int | None) -> Any:
        return _part(f, axis, start, stop)

    def weighted(weights: Any, *samples: Any) -> Any:
        w0, w1, w2 = weights
        return w0 * samples[0] + w1 * samples[1] + w2 * samples[2]

    inside = weighted(_middle(d[:-1], d[1:]), at(None, -2), at(1, -1), at(2, None))
    if edge_order == 1:
        left = (at(1, 2) - at(0, 1)) / d[:1]
        right = (at(-1, None) - at(-2, -1)) / d[-1:]
    else:
        left = weighted(_end(d[:1], d[1:2]), at(0, 1), at(1, 2), at(2, 3))
        right = -weighted(_end(d[-1:], d[-2:-1]), at(-1, None), at(-2, -1), at(-3, -2))
    return astype(concatenate([left, inside, right], axis=axis), f.dtype)


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """The slope of samples along each axis, by central differences inside and one-sided ones at the ends.

    Args:
        f: the samples.
        varargs: the spacing: nothing for 1, one number for all axes, or for each axis a number or coordinates (N,).
            Coordinates may be Tensors, and are differentiated as well.
        axis: the axes; all by default.
        edge_order: 1 or 2, the order of the differences at the ends.

    Returns:
        One Tensor of the shape of f for a single axis, otherwise a tuple of them.

    Raises:
        OptionError: for another ``edge_order``, or a number of spacings that does not fit the axes.
        ShapeError: for coordinates of another length, or an axis that is too short.
    """
    x = as_tensor(f)
    x = x if x.dtype.kind == "f" else astype(x, np.float64)
    axes = axes_of("gradient", axis, x.shape)
    spacings = varargs or (1.0,)
    if len(spacings) == 1 and np.ndim(spacings[0]) == 0:
        spacings = spacings * len(axes)
    if len(spacings) != len(axes):
        raise OptionError(f"gradient: got {len(spacings)} spacings for {len(axes)} axes; need none, one number, or all")
    if edge_order not in (1, 2):
        raise OptionError(f"gradient: got edge_order={edge_order}; need 1 or 2")
    for k in axes:
        if x.shape[k] < edge_order + 1:
            raise ShapeError(
                f"gradient: got {x.shape[k]} elements along axis {k} and edge_order={edge_order}; need {edge_order + 1}"
            )
    slopes = tuple([_slope(x, _distances(d, x, k), k, edge_order) for d, k in zip(spacings, axes, strict=True)])
    return slopes[0] if len(slopes) == 1 else slopes


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Tensor:
    """The integral by the trapezoidal rule, of samples at ``x`` or ``dx`` apart; differentiable in all three."""
    y = as_tensor(y, x)
    axis = axis_of("trapezoid", axis, y.shape)
    if x is not None:
        x = as_tensor(x, y)
        dx = np.reshape(diff(x), (-1,) + (1,) * (y.ndim - axis - 1)) if x.ndim == 1 else diff(x, axis=axis)
    return sum(dx * (_part(y, axis, 1, None) + _part(y, axis, None, -1)) / 2.0, axis)


for _call in (
    *(cumsum, cumprod, nancumsum, nancumprod, cumulative_sum, cumulative_prod),
    *(diff, ediff1d, gradient, trapezoid),
):
    NUMPY[getattr(np, _call.__name__, _call)] = _call  # cumulative_sum and cumulative_prod came with NumPy 2.1
