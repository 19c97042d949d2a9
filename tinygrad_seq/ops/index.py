"""Reading by index: every kind of NumPy indexing, and its transpose, the scatter."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..autograd import REGISTRY, Node, Op, Tensor, differentiable
from ..autograd.apply import like_numpy
from ..autograd.graph import INDEX
from ..autograd.mode import MODE
from ..autograd.tensor import as_array
from ..errors import DTypeError, IndexingError

__all__ = ["getitem", "scatter"]


def _scattered(ts: Any, shape: tuple[int, ...], indices: tuple[Any, ...]) -> Any:
    pairs = [(t, index) for t, index in zip(ts, indices, strict=True) if t is not None]
    return scatter(*[t for t, _ in pairs], shape=shape, indices=tuple([index for _, index in pairs]))


@like_numpy
@differentiable(variadic=lambda g, i, indices: g[indices[i]], jvp=_scattered, kind="linear")
def scatter(*gs: Any, shape: tuple[int, ...] = (), indices: tuple[Any, ...] = ()) -> Any:
    """Zeros of ``shape``, to which each array is added at its index: the transpose of reading."""
    buffer = np.zeros(shape, gs[0].dtype)
    for g, index in zip(gs, indices, strict=True):
        _add_at(buffer, index, g)
    return buffer


def _add_at(buffer: Any, index: Any, g: Any) -> None:
    """``buffer[index] += g``, also where an element is read more than once."""
    parts = index if isinstance(index, tuple) else (index,)
    if not any(isinstance(k, np.ndarray) and k.dtype.kind in "iu" for k in parts):
        buffer[index] += g
    elif len(parts) == 1 and buffer.ndim > 1:
        _add_rows(buffer, parts[0], g)
    else:
        np.add.at(buffer, index, g)


def _add_rows(buffer: Any, rows: Any, g: Any) -> None:
    """Sort the rows, then sum each run of equal ones: many times faster than one by one."""
    if not rows.size:
        return
    rows = rows.ravel().astype(np.intp) % buffer.shape[0]
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    buffer[ordered[starts]] += np.add.reduceat(g.reshape(len(rows), *buffer.shape[1:])[order], starts)


class Part(tuple[slice, ...]):  # noqa: SLOT001 - those of a tuple cannot have slots
    """The index of one of the parts that an axis is cut into; ``whole`` are all of them, if they tile the axis."""

    whole: Sequence[Part] = ()


def parts(cuts: Sequence[int], size: int, axis: int) -> list[Part]:
    """The indices of the parts of an axis that is cut at these places."""
    ends = [0, *cuts, size]
    found = [Part((_ALL,) * axis + (slice(*slice(*pair).indices(size)[:2]),)) for pair in pairwise(ends)]
    if ends == sorted(ends):
        for part in found:
            part.whole = found
    return found


def _joint(gs: Any, shapes: Any, indices: Any) -> Any:
    """All reads of one array in one buffer; steps, or the parts of an axis, are simply joined if each is read once."""
    index, shape = indices[0], shapes[0]
    if type(index) is Part:
        if len(index.whole) == len(indices) and all(map(operator.is_, reversed(indices), index.whole)):
            return np.concatenate(gs[::-1], axis=len(index) - 1)  # a sweep lists them from the last to the first
    elif type(index) is int:
        by_step = {k: g for g, k in zip(gs, indices, strict=True) if type(k) is int}
        if len(by_step) == len(indices) == shape[0]:
            return np.stack([by_step[k] for k in range(shape[0])])
    return scatter(*gs, shape=shape, indices=tuple(indices))


ndarray = np.ndarray
_ALL = slice(None)


@differentiable(lambda g, x_shape, index: scatter(g, shape=x_shape, indices=(index,)), joint=(_joint,), kind="linear")
def _getitem(x: Any, index: Any) -> Any:
    return x[index]


READ: Op = REGISTRY["getitem"]


def read(x: Tensor, *indices: Any) -> list[Tensor]:
    """``x`` at each of the indices, which nobody else holds: what `getitem` and `split` come down to."""
    data, parent, mode = x._data, x._node, MODE.get()
    if parent is None or not mode.plain:
        return [READ.record(data[index], (data,), (parent,), (index,)) for index in indices]
    parents, label, dtype = (parent,), mode.label, data.dtype
    out = []
    for index in indices:
        y = data[index]
        if type(y) is not ndarray:
            y = np.asarray(y)
        out.append(Tensor(y, Node(READ, parents, None, (index,), y.shape, dtype, label, next(INDEX))))
    return out


def getitem(x: Any, index: Any) -> Tensor:
    """``x[index]`` with every kind of NumPy index; Tensors of integers and booleans are welcome in it.

    Raises:
        IndexingError: if the index is out of range, or is none.
    """
    if type(index) is int:
        if index < 0 and x.ndim and index >= -x.shape[0]:
            index += x.shape[0]
    elif type(index) is not slice:
        index = fixed(index)
    try:
        return read(x if isinstance(x, Tensor) else Tensor(as_array(x)), index)[0]
    except IndexError as error:
        raise _misread(np.shape(x), index, error) from error


def fixed(index: Any) -> Any:
    """An index that nobody can change any more."""
    return tuple(map(_plain, index)) if isinstance(index, tuple) else _plain(index)


def _plain(index: Any) -> Any:
    if isinstance(index, Tensor):
        return index.numpy().copy()
    if isinstance(index, (list, np.ndarray)):
        array = np.array(index)
        return array.astype(np.intp) if not array.size and isinstance(index, list) else array
    return index


def _misread(shape: tuple[int, ...], index: Any, error: IndexError) -> IndexingError:
    """What was read, of what shape, and NumPy's reason."""
    parts = index if isinstance(index, tuple) else (index,)
    told = [
        str(k.tolist() if k.size < 10 else f"{k.dtype} array {k.shape}") if isinstance(k, np.ndarray) else repr(k)
        for k in parts
    ]
    floats = any(np.asarray(k).dtype.kind == "f" for k in parts if isinstance(k, (float, np.ndarray, np.generic)))
    return IndexingError(
        f"getitem: got index [{', '.join(told)}] for shape {shape}; {error}"
        + ("; floating numbers are no indices, use .astype(int)" if floats else "")
    )


def integers(caller: str, indices: Any) -> Any:
    """Indices as a private array of integers.

    Raises:
        DTypeError: if they are no integers.
    """
    array = np.array(indices)
    if array.dtype.kind == "b" or (not array.size and isinstance(indices, (list, tuple))):
        return array.astype(np.intp)
    if array.dtype.kind not in "iu":
        raise DTypeError(f"{caller}: got indices of {array.dtype}; need integers; use .astype(int)")
    return array


def along(axis: int, index: Any) -> Any:
    """The index that reads ``index`` along ``axis``, counted from the front, and all of what is before and after."""
    return (*(_ALL,) * axis, index) if axis else index
