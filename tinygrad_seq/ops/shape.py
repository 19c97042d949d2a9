"""Operations that move elements without changing them: reshape, transpose, join and split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import Tensor, differentiable
from ..autograd.sweep import unbroadcast
from ..autograd.tensor import NUMPY

__all__ = [
    "astype",
    "broadcast_to",
    "concatenate",
    "expand_dims",
    "ravel",
    "reshape",
    "squeeze",
    "stack",
    "swapaxes",
    "transpose",
]


@differentiable(lambda g, x_shape: np.reshape(g, x_shape), kind="linear", numpy=[np.reshape])
def reshape(x: Any, shape: Any) -> Any:
    """The same elements, in row-major order, in another shape."""
    return np.reshape(x, shape)


def ravel(x: Any) -> Tensor:
    """The elements in row-major order, along one axis."""
    return reshape(x, -1)


NUMPY[np.ravel] = ravel


@differentiable(
    lambda g, axes: np.transpose(g, None if axes is None else tuple(np.argsort([k % g.ndim for k in axes]).tolist())),
    kind="linear",
    numpy=[np.transpose],
)
def transpose(x: Any, axes: Any = None) -> Any:
    """The axes in another order; reversed by default."""
    return x.transpose() if axes is None else np.transpose(x, axes)


@differentiable(lambda g, axis1, axis2: np.swapaxes(g, axis1, axis2), kind="linear", numpy=[np.swapaxes])
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    return np.swapaxes(x, axis1, axis2)


@differentiable(lambda g, x_shape: np.reshape(g, x_shape), kind="linear", numpy=[np.expand_dims])
def expand_dims(x: Any, axis: Any) -> Any:
    """New axes of size 1."""
    return np.expand_dims(x, axis)


@differentiable(lambda g, x_shape: np.reshape(g, x_shape), kind="linear", numpy=[np.squeeze])
def squeeze(x: Any, axis: Any = None) -> Any:
    """Without the axes of size 1."""
    return np.squeeze(x, axis)


@differentiable(lambda g, x_shape: unbroadcast(g, x_shape), kind="linear", numpy=[np.broadcast_to])
def broadcast_to(x: Any, shape: Any) -> Any:
    """The elements repeated to a larger shape."""
    return np.broadcast_to(x, shape)


@differentiable(lambda g: g, kind="linear")
def _astype(x: Any, dtype: Any) -> Any:
    return x.astype(dtype)


def astype(x: Any, dtype: Any) -> Tensor:
    """The elements in another dtype; the cotangent goes back in the old one. Integers and booleans are constants."""
    if np.dtype(dtype).kind != "f" and isinstance(x, Tensor):
        x = x.detach()
    return _astype(x, dtype)


def _part(g: Any, i: int, shapes: Any, axis: int) -> Any:
    axis %= g.ndim
    start = sum(s[axis] for s in shapes[:i])
    return g[(slice(None),) * axis + (slice(start, start + shapes[i][axis]),)]


def _joined(ts: Any, shapes: Any, axis: int) -> Any:
    dtype = next(t.dtype for t in ts if t is not None)
    return np.concatenate([np.zeros(s, dtype) if t is None else t for t, s in zip(ts, shapes, strict=True)], axis=axis)


@differentiable(variadic=_part, jvp=_joined, kind="linear")
def _concatenate(*xs: Any, axis: int = 0) -> Any:
    return np.concatenate(xs, axis)


def _layer(g: Any, i: int, axis: int) -> Any:
    return g[i] if axis == 0 else g[(slice(None),) * (axis % g.ndim) + (i,)]


def _stacked(ts: Any, axis: int) -> Any:
    zero = np.zeros_like(next(t for t in ts if t is not None))
    return np.stack([zero if t is None else t for t in ts], axis=axis)


@differentiable(variadic=_layer, jvp=_stacked, kind="linear")
def _stack(*xs: Any, axis: int = 0) -> Any:
    return np.stack(xs, axis)


def concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Tensor:
    """The arrays one after the other along ``axis``; None flattens them first."""
    if axis is None:
        return _concatenate(*[ravel(a) for a in arrays])
    return _concatenate(*arrays, axis=axis)


def stack(arrays: Sequence[Any], axis: int = 0) -> Tensor:
    """The arrays, all of one shape, along a new axis."""
    return _stack(*arrays, axis=axis)


NUMPY[np.concatenate] = concatenate
NUMPY[np.stack] = stack
