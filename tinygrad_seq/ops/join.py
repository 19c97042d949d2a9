"""Joining arrays and cutting them apart."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..autograd import Tensor, differentiable
from ..autograd.tensor import NUMPY, as_array
from ..errors import AxisError, IndexingError, OptionError, ShapeError
from .index import Part, along, fixed, getitem, parts, read
from .shape import (
    as_tensor,
    as_tensors,
    astype,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    broadcast_to,
    cast_for,
    expand_dims,
    moveaxis,
    ravel,
    whole,
    with_axis,
)

__all__ = [
    "append",
    "array_split",
    "block",
    "column_stack",
    "concat",
    "concatenate",
    "delete",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "insert",
    "split",
    "stack",
    "unstack",
    "vsplit",
    "vstack",
]

_ALL = slice(None)


def _part(g: Any, i: int, axis: int, cuts: tuple[int, ...]) -> Any:
    return g[(_ALL,) * (axis % g.ndim) + (slice(cuts[i], cuts[i + 1]),)]


def _joined(ts: Any, axis: int, cuts: tuple[int, ...]) -> Any:
    known = next(t for t in ts if t is not None)
    before, after = known.shape[: axis % known.ndim], known.shape[axis % known.ndim + 1 :]
    zeros = [np.zeros((*before, end - start, *after), known.dtype) for start, end in pairwise(cuts)]
    return np.concatenate([zero if t is None else t for t, zero in zip(ts, zeros, strict=True)], axis=axis)


@differentiable(variadic=_part, jvp=_joined, kind="linear")
def _concatenate(*xs: Any, axis: int = 0, cuts: tuple[int, ...] = ()) -> Any:
    return np.concatenate(xs, axis)


def concatenate(
    arrays: Sequence[Any], axis: int | None = 0, out: None = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Tensor:
    """The arrays one after the other along ``axis``; None flattens them first."""
    tensors = as_tensors(*arrays)
    tensors = [ravel(x) for x in tensors] if axis is None else tensors
    axis = axis or 0
    sizes = [x.shape[axis] if -x.ndim <= axis < x.ndim else 0 for x in tensors]
    return _cast(_concatenate(*tensors, axis=axis, cuts=(0, *itertools.accumulate(sizes))), dtype, casting)


def _cast(x: Tensor, dtype: Any, casting: str) -> Tensor:
    return x if dtype is None or x.dtype == dtype else astype(x, dtype, casting=casting)


def _layer(g: Any, i: int, axis: int) -> Any:
    return g[i] if axis == 0 else g[(_ALL,) * (axis % g.ndim) + (i,)]


def _stacked(ts: Any, axis: int) -> Any:
    zero = np.zeros_like(next(t for t in ts if t is not None))
    return np.stack([zero if t is None else t for t in ts], axis=axis)


@differentiable(variadic=_layer, jvp=_stacked, kind="linear")
def _stack(*xs: Any, axis: int = 0) -> Any:
    return np.stack(xs, axis)


def stack(
    arrays: Sequence[Any], axis: int = 0, out: None = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Tensor:
    """The arrays, all of one shape, along a new axis."""
    return _cast(_stack(*arrays, axis=axis), dtype, casting)


def vstack(tup: Sequence[Any], *, dtype: Any = None, casting: str = "same_kind") -> Tensor:
    """The arrays one below the other; (N,) counts as a row (1, N)."""
    return concatenate([atleast_2d(x) for x in as_tensors(*tup)], dtype=dtype, casting=casting)


def hstack(tup: Sequence[Any], *, dtype: Any = None, casting: str = "same_kind") -> Tensor:
    """The arrays side by side: along the second axis, or along the only one."""
    arrays = [atleast_1d(x) for x in as_tensors(*tup)]
    return concatenate(arrays, 0 if arrays and arrays[0].ndim == 1 else 1, dtype=dtype, casting=casting)


def dstack(tup: Sequence[Any], *, dtype: Any = None, casting: str = "same_kind") -> Tensor:
    """The arrays one behind the other, along the third axis; (M, N) counts as (M, N, 1)."""
    return concatenate([atleast_3d(x) for x in as_tensors(*tup)], 2, dtype=dtype, casting=casting)


def column_stack(tup: Sequence[Any]) -> Tensor:
    """The arrays side by side; (N,) counts as a column (N, 1)."""
    return concatenate([x if x.ndim > 1 else atleast_2d(x).T for x in as_tensors(*tup)], 1)


def block(arrays: Any) -> Tensor:
    """An array from nested lists of blocks: the innermost lists are joined along the last axis, and so on outwards."""
    depth = _depth(arrays)
    ndim = max([depth, *[np.ndim(x) for x in _leaves(arrays)]])
    return _blocks(arrays, depth, ndim)


def _blocks(part: Any, depth: int, ndim: int) -> Tensor:
    """The blocks of lists that are nested so deep."""
    if not depth:
        x = as_tensor(part)
        return expand_dims(x, tuple(range(ndim - x.ndim)))
    return concatenate([_blocks(inner, depth - 1, ndim) for inner in part], -depth)


def _depth(arrays: Any) -> int:
    if not isinstance(arrays, list):
        return 0
    depths = {_depth(inner) for inner in arrays}
    if len(depths) != 1:
        raise ShapeError("block: got an empty list or lists of different depth; need one depth everywhere")
    return depths.pop() + 1


def _leaves(arrays: Any) -> list[Any]:
    return [leaf for inner in arrays for leaf in _leaves(inner)] if isinstance(arrays, list) else [arrays]


def append(arr: Any, values: Any, axis: int | None = None) -> Tensor:
    """``values`` after the elements of ``arr`` along ``axis``; None flattens both first."""
    return concatenate(as_tensors(arr, values), axis)


def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Tensor:
    """``values`` before the positions ``obj`` of ``arr`` along ``axis``; None flattens it first."""
    arr, axis = with_axis("insert", arr, axis)
    size = arr.shape[axis]
    at = np.arange(size)[obj] if isinstance(obj, slice) else np.asarray(fixed(obj))
    at = np.flatnonzero(at) if at.dtype.kind == "b" else at
    values, count = cast_for("insert", values, arr.dtype), at.size
    if count == 1:
        values = expand_dims(values, tuple(range(arr.ndim - values.ndim)))
        values = moveaxis(values, 0, axis) if at.ndim == 0 else values
        count = values.shape[axis]
    values = broadcast_to(values, (*arr.shape[:axis], count, *arr.shape[axis + 1 :]))
    # NumPy inserts the positions of the new elements, which stand behind the old ones, among those of the old ones.
    order = _positions("insert", np.insert, size, at, np.arange(size, size + count))
    return getitem(concatenate((arr, values), axis), along(axis, order))


def delete(arr: Any, obj: Any, axis: int | None = None) -> Tensor:
    """``arr`` without the positions ``obj`` along ``axis``; None flattens it first."""
    arr, axis = with_axis("delete", arr, axis)
    return getitem(arr, along(axis, _positions("delete", np.delete, arr.shape[axis], fixed(obj))))


def _positions(caller: str, change: Callable[..., Any], size: int, obj: Any, *new: Any) -> Any:
    """The positions 0 ... size - 1 after NumPy's change."""
    try:
        return change(np.arange(size), obj, *new)
    except (IndexError, TypeError) as error:
        raise IndexingError(f"{caller}: got position {obj} of an axis of size {size}; {error}") from error


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Views of ``ary``: a number of equal sections, or cut at the given indices, along ``axis``.

    Raises:
        AxisError: if there is no such axis.
        ShapeError: if the sections cannot be equal.
    """
    x = ary if isinstance(ary, Tensor) else Tensor(as_array(ary))
    cuts = indices_or_sections if type(indices_or_sections) is int else whole(indices_or_sections)
    try:
        size = x.shape[axis]
    except IndexError as error:
        raise AxisError(f"split: got axis {axis} for shape {x.shape}; need one of its axes") from error
    return read(x, *_parts(size, cuts, axis % x.ndim))


@functools.lru_cache(maxsize=256)
def _parts(size: int, cuts: int | tuple[int, ...], axis: int) -> list[Part]:
    if isinstance(cuts, int):
        if cuts < 1 or size % cuts:
            raise ShapeError(f"split: got {cuts} sections for an axis of size {size}; need equal ones; use array_split")
        cuts = tuple([size // cuts * k for k in range(1, cuts)])
    return parts(cuts, size, axis)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Views of ``ary`` as by `split`; where sections cannot be equal, the first ones are longer by one."""
    x, axis = with_axis("array_split", ary, axis)
    cuts = whole(indices_or_sections)
    if isinstance(cuts, int):
        if cuts < 1:
            raise OptionError(f"array_split: got {cuts} sections; need at least one")
        pieces = np.array_split(np.arange(x.shape[axis]), cuts)
        cuts = tuple(itertools.accumulate(map(len, pieces[:-1])))
    return split(x, cuts, axis)


def vsplit(ary: Any, indices_or_sections: Any) -> list[Tensor]:
    """`split` along the first axis of an array of at least two."""
    return split(_of("vsplit", ary, 2), indices_or_sections)


def hsplit(ary: Any, indices_or_sections: Any) -> list[Tensor]:
    """`split` along the second axis, or the only one."""
    x = _of("hsplit", ary, 1)
    return split(x, indices_or_sections, 1 if x.ndim > 1 else 0)


def dsplit(ary: Any, indices_or_sections: Any) -> list[Tensor]:
    """`split` along the third axis."""
    return split(_of("dsplit", ary, 3), indices_or_sections, 2)


def _of(caller: str, ary: Any, axes: int) -> Tensor:
    x = as_tensor(ary)
    if x.ndim < axes:
        raise ShapeError(f"{caller}: got shape {x.shape}; need at least {axes} axes")
    return x


def unstack(x: Any, *, axis: int = 0) -> tuple[Tensor, ...]:
    """The parts of ``x`` along ``axis``, without that axis: what `stack` puts together."""
    x, axis = with_axis("unstack", x, axis)
    return tuple(read(x, *[along(axis, k) for k in range(x.shape[axis])]))


concat = concatenate

for _call in (
    *(concatenate, stack, vstack, hstack, dstack, column_stack, block, append, insert, delete),
    *(split, array_split, vsplit, hsplit, dsplit),
):
    NUMPY[getattr(np, _call.__name__)] = _call
NUMPY[getattr(np, "unstack", unstack)] = unstack  # NumPy has it since 2.1
