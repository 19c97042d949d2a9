"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import NUMPY
from ..errors import ShapeError
from .choices import where
from .index import getitem, scatter
from .reduce import sum as _sum
from .shape import as_tensor, moveaxis, ravel

__all__ = ["diag", "diagflat", "diagonal", "trace", "tril", "triu"]


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonals of the matrices that two axes make, ``offset`` to the right, along a new last axis."""
    x = as_tensor(a)
    if x.ndim < 2:
        raise ShapeError(f"diagonal: got shape {x.shape}; need at least two axes; use np.diag to make a matrix")
    if (axis1, axis2) != (x.ndim - 2, x.ndim - 1):
        x = moveaxis(x, (axis1, axis2), (-2, -1))
    rows, columns = x.shape[-2:]
    count = max(0, min(rows - max(-offset, 0), columns - max(offset, 0)))
    return getitem(x, (..., *_places(count, offset)))


def _places(count: int, offset: int) -> tuple[Any, Any]:
    """The rows and the columns of a diagonal."""
    steps = np.arange(count)
    return steps + max(-offset, 0), steps + max(offset, 0)


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: None = None) -> Tensor:
    """The sum of each `diagonal`."""
    return _sum(diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype, out=out)


def diag(v: Any, k: int = 0) -> Tensor:
    """The diagonal of a matrix (M, N), or the matrix whose diagonal is ``v`` (N,); the ``k``-th, to the right."""
    x = as_tensor(v)
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise ShapeError(f"diag: got shape {x.shape}; need one axis or two; use np.diagonal for a stack of matrices")
    size = len(x) + abs(k)
    matrix: Tensor = scatter(x, shape=(size, size), indices=(_places(len(x), k),))
    return matrix


def diagflat(v: Any, k: int = 0) -> Tensor:
    """The matrix whose diagonal are all elements of ``v``."""
    return diag(ravel(v), k)


def tril(m: Any, k: int = 0) -> Tensor:
    """Each matrix with zeros above its diagonal ``k``."""
    x, below = _below("tril", m, k)
    return where(below, x, np.zeros((), x.dtype))


def triu(m: Any, k: int = 0) -> Tensor:
    """Each matrix with zeros below its diagonal ``k``."""
    x, below = _below("triu", m, k - 1)
    return where(below, np.zeros((), x.dtype), x)


def _below(caller: str, m: Any, k: int) -> tuple[Tensor, Any]:
    """The matrices, and which elements of each are on or below its diagonal ``k``; a row (N,) counts as (N, N)."""
    x = as_tensor(m)
    if not x.ndim:
        raise ShapeError(f"{caller}: got shape (); need at least one axis")
    rows, columns = (*x.shape, *x.shape)[-2:]
    return x, np.tri(rows, columns, k, dtype=bool)


def _last_two(call: Any) -> Any:
    """The function of the last two axes, as np.linalg has it."""
    return lambda x, /, *, offset=0, **kwargs: call(x, offset, -2, -1, **kwargs)


for _call in (diag, diagflat, diagonal, trace, tril, triu):
    NUMPY[getattr(np, _call.__name__)] = _call
for _call in (diagonal, trace):
    NUMPY[getattr(np.linalg, _call.__name__)] = _last_two(_call)
