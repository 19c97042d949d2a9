"""Reading by index: every kind of NumPy indexing, and its transpose, the scatter."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..autograd import Tensor, differentiable
from ..autograd.tensor import NUMPY, as_array

__all__ = ["getitem", "scatter", "split"]


@differentiable(variadic=lambda g, i, indices: g[indices[i]], kind="linear")
def scatter(*gs: Any, shape: tuple[int, ...] = (), indices: tuple[Any, ...] = ()) -> Any:
    """Zeros of ``shape``, to which each array is added at its index: the transpose of reading."""
    buffer = np.zeros(shape, gs[0].dtype)
    for g, index in zip(gs, indices, strict=True):
        _add_at(buffer, index, g)
    return buffer


def _add_at(buffer: Any, index: Any, g: Any) -> None:
    """``buffer[index] += g``, also where an element is read more than once."""
    if isinstance(index, np.ndarray) and index.dtype.kind in "iu" and buffer.ndim:
        _add_rows(buffer, index, g)
    elif isinstance(index, tuple) and any(isinstance(k, np.ndarray) and k.dtype.kind in "iu" for k in index):
        np.add.at(buffer, index, g)
    else:
        buffer[index] += g


def _add_rows(buffer: Any, rows: Any, g: Any) -> None:
    """Sort the rows, then sum each run of equal ones: many times faster than one by one."""
    if not rows.size:
        return
    rows = rows.ravel() % buffer.shape[0]
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    buffer[ordered[starts]] += np.add.reduceat(g.reshape(len(rows), *buffer.shape[1:])[order], starts)


def _joint(calls: Any) -> Any:
    """All reads of one array in one buffer; reads that tile it in order are simply joined."""
    shape = calls[0][1]
    indices = tuple(index for _, _, index in calls)
    if all(type(k) is int for k in indices):
        by_step = {k: g for (g, _, k) in calls}
        if len(by_step) == len(calls) == shape[0]:
            return np.stack([by_step[k] for k in range(shape[0])])
    elif all(type(k) is tuple and type(k[-1]) is slice for k in indices):
        parts = sorted(calls, key=lambda call: call[2][-1].start or 0)
        axis = len(indices[0]) - 1
        if _tiles([index for _, _, index in parts], axis, shape):
            return np.concatenate([g for g, _, _ in parts], axis=axis)
    return scatter(*[g for g, _, _ in calls], shape=shape, indices=indices)


def _tiles(indices: list[tuple[Any, ...]], axis: int, shape: tuple[int, ...]) -> bool:
    """Whether slices of one axis follow one another from its start to its end."""
    at = 0
    for index in indices:
        cut = index[-1]
        if len(index) != axis + 1 or index[:-1] != (slice(None),) * axis or cut.step is not None or cut.start != at:
            return False
        at = cut.stop
    return at == shape[axis]


@differentiable(
    lambda g, x_shape, index: scatter(g, shape=x_shape, indices=(index,)), joint=(_joint,), kind="linear"
)
def _read(x: Any, index: Any) -> Any:
    return x[index]


def getitem(x: Any, index: Any) -> Tensor:
    """``x[index]`` with every kind of NumPy index; Tensors of integers and booleans are welcome in it."""
    if type(index) is int:
        if index < 0 and x.ndim:
            index += x.shape[0] if -index <= x.shape[0] else 0
    elif type(index) is not slice:
        index = tuple(map(_plain, index)) if isinstance(index, tuple) else _plain(index)
    return _read(x, index)


def _plain(index: Any) -> Any:
    """An index that nobody can change any more."""
    if isinstance(index, Tensor):
        return index.numpy().copy()
    if isinstance(index, (list, np.ndarray)):
        array = np.array(index)
        return array.astype(np.intp) if not array.size and isinstance(index, list) else array
    return index


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Views of ``x``: a number of equal sections, or cut at the given indices, along ``axis``."""
    x = x if isinstance(x, Tensor) else Tensor(as_array(x))
    cuts = indices_or_sections if isinstance(indices_or_sections, int) else tuple(map(int, indices_or_sections))
    return [_read(x, part) for part in _parts(x.shape[axis], cuts, axis % x.ndim)]


@functools.lru_cache(maxsize=256)
def _parts(size: int, cuts: int | tuple[int, ...], axis: int) -> list[tuple[slice, ...]]:
    pieces = [len(piece) for piece in np.split(np.arange(size), cuts)]
    stops = np.cumsum(pieces).tolist()
    before = (slice(None),) * axis
    return [(*before, slice(stop - piece, stop)) for piece, stop in zip(pieces, stops, strict=True)]


NUMPY[np.split] = split
