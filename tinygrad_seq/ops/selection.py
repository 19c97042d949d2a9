"""Choosing elements by their position or by a condition."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import Tensor, differentiable
from ..autograd.tensor import NUMPY
from ..errors import DTypeError, OptionError, ShapeError
from .choices import where
from .index import along, getitem, integers
from .reduce import no_out
from .shape import as_tensor, axes_of, with_axis

__all__ = ["choose", "compress", "extract", "select", "take", "take_along_axis", "trim_zeros"]


def take(a: Any, indices: Any, axis: int | None = None, out: None = None, mode: str = "raise") -> Tensor:
    """The elements at ``indices`` along ``axis``; None flattens the array first.

    Out of range, ``mode`` "raise" is an IndexingError, "wrap" counts on from the start, and "clip" takes the first or
    the last. Elements that are taken more than once get the sum of the cotangents.
    """
    no_out(out, "take")
    x, axis = with_axis("take", a, axis)
    return getitem(x, along(axis, _within("take", integers("take", indices), x.shape[axis], mode)))


def _within(caller: str, indices: Any, size: int, mode: str) -> Any:
    if mode == "wrap":
        return indices % max(size, 1)
    if mode == "clip":
        return np.clip(indices, 0, max(size - 1, 0))
    if mode != "raise":
        raise OptionError(f'{caller}: got mode={mode!r}; need "raise", "wrap" or "clip"')
    return indices


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Tensor:
    """The elements at ``indices`` along ``axis``, as argsort gives them; the other axes match or broadcast."""
    x, axis = with_axis("take_along_axis", arr, axis)
    indices = integers("take_along_axis", indices)
    if indices.ndim != x.ndim:
        raise ShapeError(f"take_along_axis: got shape {x.shape} and indices {indices.shape}; need as many axes of both")
    grid: list[Any] = [*np.ogrid[tuple([slice(n) for n in x.shape])]]
    grid[axis] = indices
    return getitem(x, tuple(grid))


@differentiable(
    variadic=lambda g, i, index: np.where(np.equal(index, i), g, 0),
    jvp=lambda ts, index: functools.reduce(
        operator.add, [np.where(np.equal(index, i), t, 0) for i, t in enumerate(ts) if t is not None]
    ),
    broadcasts=True,
)
def _choose(*choices: Any, index: Any) -> Any:
    return np.choose(index, choices)


def choose(a: Any, choices: Any, out: None = None, mode: str = "raise") -> Tensor:
    """Element by element the choice whose number stands in ``a``; index and choices broadcast.

    ``mode`` is that of `take`. What was not chosen has a derivative of exactly 0.
    """
    no_out(out, "choose")
    index = _within("choose", integers("choose", a), len(choices), mode)
    if ((index < 0) | (index >= len(choices))).any():
        raise OptionError(f'choose: got numbers outside 0 ... {len(choices) - 1}; use mode="clip" or "wrap"')
    return _choose(*choices, index=index)


def compress(condition: Any, a: Any, axis: int | None = None, out: None = None) -> Tensor:
    """The parts of ``a`` along ``axis`` for which the condition, of one axis, holds; None flattens the array first."""
    condition = np.asarray(condition)
    if condition.ndim != 1:
        raise ShapeError(f"compress: got a condition of shape {condition.shape}; need one axis")
    return take(a, np.flatnonzero(condition), axis, out)


def extract(condition: Any, arr: Any) -> Tensor:
    """The elements of ``arr`` for which the condition holds, in row-major order."""
    return take(arr, np.flatnonzero(condition))


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Tensor:
    """Element by element the choice of the first condition that holds, otherwise the default.

    What was not chosen has a derivative of exactly 0.
    """
    if len(condlist) != len(choicelist) or len(condlist) == 0:
        raise ShapeError(
            f"select: got {len(condlist)} conditions and {len(choicelist)} choices; need as many of both, at least one"
        )
    given = [x if isinstance(x, (int, float)) else as_tensor(x, *choicelist) for x in (*choicelist, default)]
    dtype = np.result_type(*given)
    *choices, chosen = [as_tensor(np.asarray(x, dtype)) if isinstance(x, (int, float)) else x for x in given]
    for condition, choice in zip(condlist[::-1], choices[::-1], strict=True):
        condition = np.asarray(condition)
        if condition.dtype.kind != "b":
            raise DTypeError(f"select: got a condition of {condition.dtype}; need booleans; compare, as x > 0")
        chosen = where(condition, choice, chosen)
    return chosen


def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Tensor:
    """The array without zeros at its front ("f") and its back ("b"), along every axis or the given ones."""
    if trim.lower() not in ("f", "b", "fb", "bf"):
        raise OptionError(f'trim_zeros: got trim={trim!r}; need "f", "b" or "fb"')
    x = as_tensor(filt)
    places = np.argwhere(x.numpy())
    cut = [slice(None)] * x.ndim
    for k in axes_of("trim_zeros", axis, x.shape):
        first, last = (places[:, k].min(), places[:, k].max()) if len(places) else (0, -1)
        start, stop = ("f" in trim.lower(), "b" in trim.lower()) if len(places) else (True, True)
        cut[k] = slice(int(first) if start else None, int(last) + 1 if stop else None)
    return getitem(x, tuple(cut))


for _call in (take, take_along_axis, choose, compress, extract, select, trim_zeros):
    NUMPY[getattr(np, _call.__name__)] = _call
