"""Operations that reduce axes: sums, products, means, extrema, norms, softmax and its kin.

An `Op` here reduces all elements along its axes. NumPy's ``where=``, ``dtype=`` and ``initial=``, and the functions
that skip NaN, say the same in other operations: what is left out becomes the neutral element, and its derivative is 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd import Tensor, differentiable
from ..autograd.tensor import NUMPY
from ..errors import OptionError, ShapeError, UnsupportedError
from .elementwise import divide, strong
from .shape import as_tensor, astype, axes_of

__all__ = [
    "amax",
    "amin",
    "average",
    "log_softmax",
    "logsumexp",
    "masked_softmax",
    "max",
    "mean",
    "min",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
    "p_norm",
    "prod",
    "ptp",
    "softmax",
    "std",
    "sum",
    "var",
]

Axis = int | tuple[int, ...] | None


def expand(g: Any, shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Any:
    """Undo a reduction: give ``g`` its reduced axes back, each of its old size."""
    if not keepdims:
        if axis is None or not shape:
            g = np.reshape(g, (1,) * len(shape))
        else:
            g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape)


def count(shape: tuple[int, ...], axis: Axis) -> int:
    """How many elements go into each result of a reduction."""
    if axis is None or not shape:
        return math.prod(shape)
    return math.prod(shape[k] for k in (axis if isinstance(axis, tuple) else (axis,)))


def _checked(caller: str, axis: Axis, shape: tuple[int, ...]) -> None:
    """Refuse an axis that is none, by the name that the caller knows; a number has an axis here as it has in NumPy."""
    axes_of(caller, axis, shape or (1,))


def no_out(out: Any, caller: str) -> None:
    """Refuse NumPy's ``out=``."""
    if out is not None:
        raise UnsupportedError(
            f"{caller}: got out=; an array cannot hold the history of a Tensor; use the returned one"
        )


def _mask(where: Any, shape: tuple[int, ...]) -> Any:
    """The mask ``where=`` in the shape of what is reduced."""
    try:
        return np.broadcast_to(np.asarray(where, bool), shape)
    except ValueError as error:
        raise ShapeError(f"where=: got shape {np.shape(where)}; need one that broadcasts to {shape}") from error


def _taken(a: Any, dtype: Any, out: Any, where: Any, neutral: float, caller: str) -> Any:
    """What a reduction reads: in its dtype, and neutral where the mask leaves it out."""
    no_out(out, caller)
    if dtype is not None:
        a = astype(a, dtype)
    return a if where is True else np.where(_mask(where, np.shape(a)), a, np.asarray(neutral, np.result_type(a)))


def _begun(initial: Any, y: Tensor) -> Any:
    """What a reduction starts from; as NumPy has it, an integer where it reduces integers."""
    return initial if y.dtype.kind == "f" or isinstance(initial, Tensor) else np.asarray(initial).astype(y.dtype)


def _number_taken(shape: tuple[int, ...], axis: Axis, keepdims: bool, where: Any) -> Any:
    """How many elements the mask leaves for each result."""
    return count(shape, axis) if where is True else np.sum(_mask(where, shape), axis=axis, keepdims=keepdims)


@differentiable(lambda g, x_shape, axis, keepdims: expand(g, x_shape, axis, keepdims), kind="linear")
def _sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.sum(x, axis, keepdims=keepdims)


def sum(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Tensor:
    """The sum over ``axis``."""
    if dtype is not None or out is not None or where is not True:
        a = _taken(a, dtype, out, where, 0, "sum")
    y = _sum(a, axis, keepdims)
    return y if initial is None else y + _begun(initial, y)


@differentiable(
    lambda g, x_shape, axis, keepdims: expand(g / count(x_shape, axis), x_shape, axis, keepdims), kind="linear"
)
def _mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.mean(x, axis, keepdims=keepdims)


def mean(
    a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False, *, where: Any = True
) -> Tensor:
    """The arithmetic mean over ``axis``."""
    if dtype is not None or out is not None or where is not True:
        a = _taken(a, dtype, out, where, 0, "mean")
    if where is True:
        return _mean(a, axis, keepdims)
    y = _sum(a, axis, keepdims)
    return divide(y, _number_taken(np.shape(a), axis, keepdims, where).astype(y.dtype))


def weights_for(caller: str, weights: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """Weights in a shape that broadcasts: given in that of the values, or in that of the axes to reduce alone."""
    if weights.shape == shape:
        return weights
    axes = () if axis is None else axes_of(caller, axis, shape)
    if axis is None or weights.shape != tuple(shape[k] for k in axes):
        raise ShapeError(
            f"{caller}: got weights of shape {weights.shape} for values of shape {shape} along axis {axis}; "
            f"need the shape of the values, or that of the axes to reduce"
        )
    in_order = np.transpose(weights, tuple(np.argsort(axes).tolist()))
    return np.reshape(in_order, tuple(n if k in axes else 1 for k, n in enumerate(shape)))


def average(a: Any, axis: Axis = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    """The mean over ``axis`` with weights: sum(a * w) / sum(w); differentiable in both.

    Args:
        a: the values.
        axis: the axes to average over.
        weights: of the shape of ``a``, or of that of the reduced axes alone.
        returned: return the sum of the weights too, in the shape of the average.
        keepdims: keep the reduced axes, with size 1.

    Raises:
        ShapeError: if the weights have another shape.
        OptionError: if weights add up to 0.
    """
    a = as_tensor(a)
    _checked("average", axis, a.shape)
    if weights is None:
        y = mean(a, axis, keepdims=keepdims)
        total = as_tensor(np.full(y.shape, count(a.shape, axis), y.dtype))
        return (y, total) if returned else y
    weights = weights_for("average", as_tensor(weights, a), a.shape, axis)
    if a.dtype.kind != "f":
        a = astype(a, np.float64)
    weights = astype(weights, np.result_type(a, weights))
    total = sum(weights, axis, keepdims=keepdims)
    if (total.numpy() == 0).any():
        raise OptionError("average: got weights that add up to 0; need another sum to divide by")
    y = sum(a * weights, axis, keepdims=keepdims) / total
    return (y, np.broadcast_to(total, y.shape)) if returned else y


def before(x: Any, first: float, axis: int) -> Any:
    """For each element the one before it along the axis; ``first`` for the first."""
    axis %= x.ndim
    start = np.full((*x.shape[:axis], 1, *x.shape[axis + 1 :]), first, x.dtype)
    return np.concatenate([start, x], axis=axis)[(slice(None),) * axis + (slice(x.shape[axis]),)]


def _others(x: Any, axis: Axis) -> Any:
    """For each element the product of all others over the axes: of those before it, and of those after it."""
    axes = axes_of("prod", None if not x.ndim else axis, x.shape)
    order = (*[k for k in range(x.ndim) if k not in axes], *axes)
    apart = np.transpose(x, order)
    rows = np.reshape(apart, (*apart.shape[: x.ndim - len(axes)], count(x.shape, axes)))
    earlier = np.cumprod(before(rows, 1, -1), axis=-1)
    later = np.cumprod(before(rows[..., ::-1], 1, -1), axis=-1)[..., ::-1]
    return np.transpose(np.reshape(earlier * later, apart.shape), tuple(np.argsort(order).tolist()))


@differentiable(
    lambda g, x, x_shape, axis, keepdims: expand(g, x_shape, axis, keepdims) * _others(x, axis),
    jvp=(lambda t, x, axis, keepdims: np.sum(t * _others(x, axis), axis=axis, keepdims=keepdims),),
)
def _prod(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.prod(x, axis, keepdims=keepdims)


def prod(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Tensor:
    """The product over ``axis``; no derivative divides by an element, so zeros are exact at every order."""
    if dtype is not None or out is not None or where is not True:
        a = _taken(a, dtype, out, where, 1, "prod")
    y = _prod(a, axis, keepdims)
    return y if initial is None else y * _begun(initial, y)


def _extremum(g: Any, x: Any, y: Any, x_shape: Any, axis: Axis, keepdims: bool) -> Any:
    chosen = np.equal(x, expand(y, x_shape, axis, keepdims))
    ties = np.sum(chosen, axis=axis, keepdims=True)
    return np.where(chosen, expand(g, x_shape, axis, keepdims) / ties.astype(g.dtype), 0)


def _extremum_jvp(t: Any, x: Any, y: Any, x_shape: Any, axis: Axis, keepdims: bool) -> Any:
    chosen = np.equal(x, expand(y, x_shape, axis, keepdims))
    ties = np.maximum(np.sum(chosen, axis=axis, keepdims=keepdims), 1)
    return np.sum(np.where(chosen, t, 0), axis=axis, keepdims=keepdims) / ties.astype(t.dtype)


def _from(initial: Any) -> dict[str, Any]:
    """NumPy's ``initial=``, where there is one."""
    return {} if initial is None else {"initial": initial}


@differentiable(_extremum, jvp=(_extremum_jvp,))
def _max(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Any:
    return np.max(x, axis, keepdims=keepdims, **_from(initial))


@differentiable(_extremum, jvp=(_extremum_jvp,))
def _min(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Any:
    return np.min(x, axis, keepdims=keepdims, **_from(initial))


@differentiable(_extremum, jvp=(_extremum_jvp,))
def _nanmax(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Any:
    return np.nanmax(x, axis, keepdims=keepdims, **_from(initial))


@differentiable(_extremum, jvp=(_extremum_jvp,))
def _nanmin(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Any:
    return np.nanmin(x, axis, keepdims=keepdims, **_from(initial))


def _candidates(a: Any, out: Any, initial: Any, where: Any, caller: str) -> Any:
    """What an extremum chooses from."""
    if isinstance(initial, Tensor) and initial.requires_grad:
        raise UnsupportedError(
            f"{caller}: got initial= that requires a gradient; need a constant; use np.maximum or np.minimum after it"
        )
    if where is not True and initial is None:
        raise OptionError(f"{caller}: got where= without initial=, the value where the mask leaves nothing; give it")
    return _taken(a, None, out, where, initial, caller)


def max(
    a: Any, axis: Axis = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Tensor:
    """The largest element over ``axis``; ties share the derivative evenly."""
    return _max(_candidates(a, out, initial, where, "max"), axis, keepdims, initial)


def min(
    a: Any, axis: Axis = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Tensor:
    """The smallest element over ``axis``; ties share the derivative evenly."""
    return _min(_candidates(a, out, initial, where, "min"), axis, keepdims, initial)


amax, amin = max, min


def nanmax(
    a: Any, axis: Axis = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Tensor:
    """`max` without NaN; where all are NaN the derivative is 0."""
    return _nanmax(_candidates(a, out, initial, where, "nanmax"), axis, keepdims, initial)


def nanmin(
    a: Any, axis: Axis = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Tensor:
    """`min` without NaN; where all are NaN the derivative is 0."""
    return _nanmin(_candidates(a, out, initial, where, "nanmin"), axis, keepdims, initial)


def ptp(a: Any, axis: Axis = None, out: None = None, keepdims: bool = False) -> Tensor:
    """The range over ``axis``, max - min; ties share the derivative evenly."""
    no_out(out, "ptp")
    _checked("ptp", axis, np.shape(a))
    return _max(a, axis, keepdims) - _min(a, axis, keepdims)


def _direction(x: Any, y: Any, axis: Axis, keepdims: bool, p: float) -> Any:
    """The derivative of the p-norm y in each element: sign(x) (abs(x) / y)**(p - 1)."""
    norm = expand(y, x.shape, axis, keepdims)
    kink = np.equal(norm, 0)
    ratio = x / np.where(kink, 1, norm)
    return np.where(kink, 0, ratio if p == 2 else strong(np.sign(x), np.abs(ratio) ** (p - 1)))


def _p_norm_vjp(g: Any, x: Any, y: Any, x_shape: Any, axis: Axis, keepdims: bool, p: float) -> Any:
    return expand(g, x_shape, axis, keepdims) * _direction(x, y, axis, keepdims, p)


def _p_norm_jvp(t: Any, x: Any, y: Any, axis: Axis, keepdims: bool, p: float) -> Any:
    return np.sum(t * _direction(x, y, axis, keepdims, p), axis=axis, keepdims=keepdims)


@differentiable(_p_norm_vjp, jvp=(_p_norm_jvp,))
def p_norm(x: Any, axis: Axis = None, keepdims: bool = False, p: float = 2) -> Any:
    """``sum(abs(x)**p) ** (1/p)`` over ``axis``, for a finite p other than 0.

    Its derivatives at 0, and for a p below 2 at elements that are 0, are 0.
    """
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    if p == 2:
        return np.sqrt(np.sum(np.square(x), axis, keepdims=keepdims))
    return np.sum(np.abs(x) ** p, axis, keepdims=keepdims) ** (1 / p)


def _freedom(shape: tuple[int, ...], axis: Axis, ddof: float, keepdims: bool, where: Any) -> Any:
    return np.maximum(_number_taken(shape, axis, keepdims, where) - ddof, 0)


def _var_factor(shape: tuple[int, ...], axis: Axis, ddof: float) -> float:
    freedom = _freedom(shape, axis, ddof, False, True)
    return 2 / float(freedom) if freedom else math.inf


def _var_vjp(g: Any, x: Any, x_shape: Any, axis: Axis, ddof: float, keepdims: bool) -> Any:
    factor = _var_factor(x_shape, axis, ddof)
    return expand(g * factor, x_shape, axis, keepdims) * (x - np.mean(x, axis=axis, keepdims=True))


def _var_jvp(t: Any, x: Any, x_shape: Any, axis: Axis, ddof: float, keepdims: bool) -> Any:
    factor = _var_factor(x_shape, axis, ddof)
    return factor * np.sum(t * (x - np.mean(x, axis=axis, keepdims=True)), axis=axis, keepdims=keepdims)


@differentiable(_var_vjp, jvp=(_var_jvp,))
def _var(x: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    return np.var(x, axis, ddof=ddof, keepdims=keepdims)


def _one_ddof(ddof: float, correction: Any, caller: str) -> float:
    """NumPy's ``ddof=``, which has also the name ``correction=``."""
    if correction is None:
        return ddof
    if ddof != 0:
        raise OptionError(f"{caller}: got ddof={ddof} and correction={correction}, which are the same; give one")
    return float(correction)


def _deviations(a: Any, axis: Axis, where: Any, center: Any) -> Any:
    """The elements less their mean, or what the user knows as that; 0 where the mask leaves them out."""
    d = as_tensor(a) - (mean(a, axis, keepdims=True, where=where) if center is None else center)
    return d if where is True else np.where(_mask(where, d.shape), d, 0)


def var(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor:
    """The variance over ``axis``, with divisor N - ddof; ``correction`` is another name of ``ddof``.

    ``mean``, which the user may know, is an input like others; it has the axes of a result with ``keepdims``.
    """
    ddof = _one_ddof(ddof, correction, "var")
    _checked("var", axis, np.shape(a))
    a = _taken(a, dtype, out, True, 0, "var")
    if where is True and mean is None:
        return _var(a, axis, ddof, keepdims)
    d = _deviations(a, axis, where, mean)
    freedom = _freedom(d.shape, axis, ddof, keepdims, where).astype(d.dtype)
    return divide(sum(d * d, axis, keepdims=keepdims), freedom)


def std(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor:
    """The standard deviation over ``axis``, the root of `var`; where it is 0 so is its derivative."""
    ddof = _one_ddof(ddof, correction, "std")
    _checked("std", axis, np.shape(a))
    d = _deviations(_taken(a, dtype, out, True, 0, "std"), axis, where, mean)
    freedom = _freedom(d.shape, axis, ddof, keepdims, where).astype(d.dtype)
    return divide(p_norm(d, axis, keepdims), np.sqrt(freedom))


def _there(caller: str, a: Any, axis: Axis, where: Any) -> Any:
    """What is no NaN, of what a mask takes."""
    _checked(caller, axis, np.shape(a))
    return np.logical_and(where, ~np.isnan(a))


def nansum(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Tensor:
    """`sum` without NaN, whose derivative is 0."""
    return sum(a, axis, dtype, out, keepdims, initial, _there("nansum", a, axis, where))


def nanprod(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Tensor:
    """`prod` without NaN, whose derivative is 0."""
    return prod(a, axis, dtype, out, keepdims, initial, _there("nanprod", a, axis, where))


def nanmean(
    a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False, *, where: Any = True
) -> Tensor:
    """`mean` without NaN, whose derivative is 0; NaN where nothing is left."""
    return mean(a, axis, dtype, out, keepdims, where=_there("nanmean", a, axis, where))


def nanvar(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor:
    """`var` without NaN, whose derivative is 0; N counts what is left."""
    return var(
        a, axis, dtype, out, ddof, keepdims, where=_there("nanvar", a, axis, where), mean=mean, correction=correction
    )


def nanstd(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor:
    """`std` without NaN, whose derivative is 0; N counts what is left."""
    return std(
        a, axis, dtype, out, ddof, keepdims, where=_there("nanstd", a, axis, where), mean=mean, correction=correction
    )


def _softmax_vjp(g: Any, y: Any, axis: Axis) -> Any:
    part = strong(g, y)
    return part - y * np.sum(part, axis=axis, keepdims=True)


@differentiable(_softmax_vjp, jvp=(_softmax_vjp,))
def softmax(x: Any, axis: Axis = -1) -> Any:
    """exp(x) / sum(exp(x)) over ``axis``, without overflow; a logit of -inf takes no part, nor does its derivative."""
    y = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    return y / np.sum(y, axis=axis, keepdims=True)


@differentiable(_softmax_vjp, None, jvp=(_softmax_vjp, None))
def masked_softmax(x: Any, mask: Any, axis: Axis = -1) -> Any:
    """`softmax` among the elements where ``mask`` holds, and 0 elsewhere; all 0 where it holds nowhere."""
    x = np.where(mask, x, -np.inf)
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    y = np.exp(x - np.where(np.equal(top, -np.inf), 0, top))
    total = np.sum(y, axis=axis, keepdims=True)
    return y / np.where(np.equal(total, 0), 1, total)


@differentiable(
    lambda g, y, axis: g - np.exp(y) * np.sum(g, axis=axis, keepdims=True),
    jvp=(lambda t, y, axis: t - np.sum(t * np.exp(y), axis=axis, keepdims=True),),
)
def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """The logarithm of `softmax`, without overflow or cancellation."""
    shifted = x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def _shares(x: Any, y: Any, axis: Axis, keepdims: bool) -> Any:
    """The softmax of x, as exp(x - y); 0 where all of x is -inf."""
    return np.exp(x - expand(np.where(np.equal(y, -np.inf), 0, y), x.shape, axis, keepdims))


@differentiable(
    lambda g, x, y, x_shape, axis, keepdims: expand(g, x_shape, axis, keepdims) * _shares(x, y, axis, keepdims),
    jvp=(lambda t, x, y, axis, keepdims: np.sum(t * _shares(x, y, axis, keepdims), axis=axis, keepdims=keepdims),),
)
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over ``axis``, without overflow; elements of -inf contribute nothing."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, np.zeros((), top.dtype))
    with np.errstate(divide="ignore"):
        y = top + np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True))
    return y if keepdims else np.squeeze(y, axis=axis)


for _call in (
    *(sum, prod, mean, average, max, min, ptp, var, std),
    *(nansum, nanprod, nanmean, nanmax, nanmin, nanvar, nanstd),
):
    NUMPY[getattr(np, _call.__name__)] = _call
NUMPY[np.amax], NUMPY[np.amin] = max, min
