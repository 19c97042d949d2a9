"""The same elements in another order, or more than once: flips, rolls, repetitions, windows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view as _windows

from ..autograd import Tensor, differentiable
from ..autograd.tensor import NUMPY
from ..errors import OptionError, ShapeError
from .index import along, getitem, integers
from .shape import as_tensor, axes_of, broadcast_to, ravel, reshape, whole, with_axis

__all__ = [
    "fftshift",
    "flip",
    "fliplr",
    "flipud",
    "ifftshift",
    "repeat",
    "resize",
    "roll",
    "rot90",
    "sliding_window_view",
    "tile",
]


@differentiable(lambda g, axis: np.flip(g, axis), kind="linear", numpy=[np.flip])
def flip(m: Any, axis: Any = None) -> Any:
    """The elements in reverse order along the axis, or along all."""
    return np.flip(m, axis)


def flipud(m: Any) -> Tensor:
    """`flip` along the first axis."""
    return flip(m, 0)


def fliplr(m: Any) -> Tensor:
    """`flip` along the second axis."""
    return flip(m, 1)


@differentiable(lambda g, k, axes: np.rot90(g, -k, axes), kind="linear", numpy=[np.rot90])
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """A plane of two axes turned by ``k`` quarters, from the first axis towards the second."""
    return np.rot90(m, k, axes)


@differentiable(lambda g, shift, axis: np.roll(g, np.negative(shift).tolist(), axis), kind="linear")
def _roll(a: Any, shift: Any, axis: Any) -> Any:
    return np.roll(a, shift, axis)


def roll(a: Any, shift: Any, axis: Any = None) -> Tensor:
    """The elements moved on by ``shift`` along ``axis``, those at the end to the front; None rolls all as one row."""
    return _roll(a, whole(shift), whole(axis))


def fftshift(x: Any, axes: Any = None) -> Tensor:
    """The middle of a spectrum at 0: each axis rolled by half of its size, rounded down."""
    shape = np.shape(x)
    along = axes_of("fftshift", axes, shape)
    return _roll(x, tuple([shape[k] // 2 for k in along]), along)


def ifftshift(x: Any, axes: Any = None) -> Tensor:
    """What undoes `fftshift`."""
    shape = np.shape(x)
    along = axes_of("ifftshift", axes, shape)
    return _roll(x, tuple([-(shape[k] // 2) for k in along]), along)


def repeat(a: Any, repeats: Any, axis: int | None = None) -> Tensor:
    """Each element ``repeats`` times, or as often as told one by one, along ``axis``; None flattens first."""
    x, axis = with_axis("repeat", a, axis)
    counts, size = integers("repeat", repeats), x.shape[axis]
    if counts.size not in (1, size) or (counts < 0).any():
        raise OptionError(f"repeat: got repeats {counts.tolist()}; need one count or {size}, none negative")
    return getitem(x, along(axis, np.repeat(np.arange(size), counts)))


def tile(A: Any, reps: Any) -> Tensor:
    """The whole array ``reps`` times along each axis, counted from the last."""
    x, reps = as_tensor(A), np.atleast_1d(whole(reps)).tolist()
    ndim = max(x.ndim, len(reps))
    sizes = [1] * (ndim - x.ndim) + [*x.shape]
    reps = [1] * (ndim - len(reps)) + reps
    apart = reshape(x, [n for size in sizes for n in (1, size)])
    repeated = broadcast_to(apart, [n for pair in zip(reps, sizes, strict=True) for n in pair])
    return reshape(repeated, [r * size for r, size in zip(reps, sizes, strict=True)])


def resize(a: Any, new_shape: Any) -> Tensor:
    """The elements in row-major order, from the start again as often as the new shape needs."""
    x, shape = ravel(a), whole(new_shape)
    total = shape if isinstance(shape, int) else math.prod(shape)
    if total < 0 or (isinstance(shape, tuple) and min(shape, default=0) < 0):
        raise OptionError(f"resize: got shape {new_shape}; need no negative size")
    if not x.size:
        return Tensor(np.zeros(shape, x.dtype))
    return reshape(getitem(x, np.arange(total) % x.size), shape)


def sliding_window_view(x: Any, window_shape: Any, axis: Any = None, **options: Any) -> Tensor:
    """All windows of the given sizes; the axes of a window stand last.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.ops.sliding_window_view(np.arange(4), 2).tolist()
    [[0, 1], [1, 2], [2, 3]]
    """
    x = as_tensor(x)
    try:
        places = _windows(np.arange(x.size).reshape(x.shape), window_shape, axis)
    except ValueError as error:
        raise ShapeError(f"sliding_window_view: got shape {x.shape} and windows {window_shape}; {error}") from error
    return getitem(ravel(x), places)


for _call in (flipud, fliplr, roll, repeat, tile, resize):
    NUMPY[getattr(np, _call.__name__)] = _call
NUMPY[_windows] = sliding_window_view
# By name, as NumPy loads its fft on first use.
NUMPY["numpy.fft.fftshift"], NUMPY["numpy.fft.ifftshift"] = fftshift, ifftshift
