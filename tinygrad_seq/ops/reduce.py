"""Operations that reduce axes: sums, means, extrema, softmax and its kin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd import differentiable

__all__ = ["amax", "amin", "log_softmax", "logsumexp", "max", "mean", "min", "softmax", "sum", "var"]

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


@differentiable(
    lambda g, x_shape, axis, keepdims: expand(g, x_shape, axis, keepdims),
    kind="linear",
    numpy=[np.sum, (np.add, "reduce")],
)
def sum(x: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False) -> Any:
    """The sum over ``axis``."""
    return np.sum(x, axis, dtype, keepdims=keepdims)


@differentiable(
    lambda g, x_shape, axis, keepdims: expand(g / count(x_shape, axis), x_shape, axis, keepdims),
    kind="linear",
    numpy=[np.mean],
)
def mean(x: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False) -> Any:
    """The arithmetic mean over ``axis``."""
    return np.mean(x, axis, dtype, keepdims=keepdims)


def _extremum(g: Any, x: Any, y: Any, x_shape: Any, axis: Axis, keepdims: bool) -> Any:
    chosen = np.equal(x, expand(y, x_shape, axis, keepdims))
    ties = np.sum(chosen, axis=axis, keepdims=True)
    return np.where(chosen, expand(g, x_shape, axis, keepdims) / ties.astype(g.dtype), 0)


def _extremum_jvp(t: Any, x: Any, y: Any, x_shape: Any, axis: Axis, keepdims: bool) -> Any:
    chosen = np.equal(x, expand(y, x_shape, axis, keepdims))
    ties = np.sum(chosen, axis=axis, keepdims=keepdims)
    return np.sum(np.where(chosen, t, 0), axis=axis, keepdims=keepdims) / ties.astype(t.dtype)


@differentiable(_extremum, jvp=(_extremum_jvp,), numpy=[np.max, np.amax, (np.maximum, "reduce")])
def max(x: Any, axis: Axis = None, out: None = None, keepdims: bool = False) -> Any:
    """The largest element over ``axis``; ties share the derivative evenly."""
    return np.max(x, axis, keepdims=keepdims)


@differentiable(_extremum, jvp=(_extremum_jvp,), numpy=[np.min, np.amin, (np.minimum, "reduce")])
def min(x: Any, axis: Axis = None, out: None = None, keepdims: bool = False) -> Any:
    """The smallest element over ``axis``; ties share the derivative evenly."""
    return np.min(x, axis, keepdims=keepdims)


amax, amin = max, min


def _var_scale(shape: tuple[int, ...], axis: Axis, ddof: float) -> float:
    freedom = count(shape, axis) - ddof
    return 2 / freedom if freedom > 0 else math.inf


def _var_vjp(g: Any, x: Any, x_shape: Any, axis: Axis, ddof: float, keepdims: bool) -> Any:
    scale = _var_scale(x_shape, axis, ddof)
    return expand(g * scale, x_shape, axis, keepdims) * (x - np.mean(x, axis=axis, keepdims=True))


def _var_jvp(t: Any, x: Any, x_shape: Any, axis: Axis, ddof: float, keepdims: bool) -> Any:
    scale = _var_scale(x_shape, axis, ddof)
    return scale * np.sum(t * (x - np.mean(x, axis=axis, keepdims=True)), axis=axis, keepdims=keepdims)


@differentiable(_var_vjp, jvp=(_var_jvp,), numpy=[np.var])
def var(x: Any, axis: Axis = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The variance over ``axis``, with divisor N - ddof."""
    return np.var(x, axis, dtype, ddof=ddof, keepdims=keepdims)


def _softmax_vjp(g: Any, y: Any, axis: Axis) -> Any:
    return y * (g - np.sum(g * y, axis=axis, keepdims=True))


@differentiable(_softmax_vjp, jvp=(_softmax_vjp,))
def softmax(x: Any, axis: Axis = -1) -> Any:
    """exp(x) / sum(exp(x)) over ``axis``, without overflow."""
    y = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    return y / np.sum(y, axis=axis, keepdims=True)


@differentiable(
    lambda g, y, axis: g - np.exp(y) * np.sum(g, axis=axis, keepdims=True),
    jvp=(lambda t, y, axis: t - np.sum(t * np.exp(y), axis=axis, keepdims=True),),
)
def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """The logarithm of `softmax`, without overflow or cancellation."""
    shifted = x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def _logsumexp_vjp(g: Any, x: Any, y: Any, x_shape: Any, axis: Axis, keepdims: bool) -> Any:
    return expand(g, x_shape, axis, keepdims) * np.exp(x - expand(y, x_shape, axis, keepdims))


def _logsumexp_jvp(t: Any, x: Any, y: Any, x_shape: Any, axis: Axis, keepdims: bool) -> Any:
    return np.sum(t * np.exp(x - expand(y, x_shape, axis, keepdims)), axis=axis, keepdims=keepdims)


@differentiable(_logsumexp_vjp, jvp=(_logsumexp_jvp,))
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over ``axis``, without overflow."""
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, np.zeros((), top.dtype))
    with np.errstate(divide="ignore"):
        y = top + np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True))
    return y if keepdims else np.squeeze(y, axis=axis)
