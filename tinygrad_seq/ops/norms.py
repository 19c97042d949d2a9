"""Norms of vectors and of matrices: ``np.linalg.norm`` and the two functions that say which of both is meant."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import NUMPY
from ..errors import OptionError, ShapeError
from .elementwise import absolute
from .reduce import Axis, max, min, p_norm, sum
from .rounding import sign
from .shape import as_tensor, astype, axes_of, expand_dims, moveaxis, squeeze

__all__ = ["matrix_norm", "norm", "vector_norm"]


def _largest(x: Any, axis: Axis, keepdims: bool = False) -> Tensor:
    """The largest of numbers from 0 on; of none it is 0."""
    return max(x, axis, keepdims=keepdims, initial=0)


def vector_norm(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Tensor:
    """The norm of the elements over ``axis`` as one vector: ``sum(abs(x)**ord) ** (1/ord)``.

    ``ord`` inf is the largest absolute value, -inf the smallest, and 0 counts what is not zero. The
    derivative at 0 is 0; elements that tie for an extremum share it evenly.
    """
    x = as_tensor(x)
    x = x if x.dtype.kind == "f" else astype(x, np.float64)
    if not isinstance(ord, (int, float, np.number)):
        raise OptionError(f"vector_norm: got ord={ord!r}; need a number, inf or -inf")
    if ord == 0:
        return sum(absolute(sign(x)), axis, keepdims=keepdims)
    if ord == 1:
        return sum(absolute(x), axis, keepdims=keepdims)
    if np.isinf(ord):
        return _largest(absolute(x), axis, keepdims) if ord > 0 else min(absolute(x), axis, keepdims=keepdims)
    return p_norm(x, axis, keepdims, ord)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Tensor:
    """The norm of each matrix, which the last two axes hold.

    ``ord`` "fro" is the root of the sum of squares, "nuc" the sum of the singular values, 2 and -2 the largest and the
    smallest of them, 1 and -1 the largest and the smallest sum of absolute values of a column, inf and -inf of a row.
    The derivative at 0 is 0; a singular value of 0 has none.
    """
    x = as_tensor(x)
    x = x if x.dtype.kind == "f" else astype(x, np.float64)
    if x.ndim < 2:
        raise ShapeError(f"matrix_norm: got shape {x.shape}; need at least two axes")
    if ord in ("fro", "f", None):
        return p_norm(x, (-2, -1), keepdims)
    largest = min if ord in (-2, -1, -np.inf) else _largest
    if ord in ("nuc", 2, -2):
        s: Any = np.linalg.svd(x, compute_uv=False)
        values = np.where(s.numpy() > 0, s, 0)  # whose vectors are not determined at 0
        y = sum(values, -1) if ord == "nuc" else largest(values, -1)
        return expand_dims(y, (-2, -1)) if keepdims else y
    if ord not in (1, -1, np.inf, -np.inf):
        raise OptionError(f'matrix_norm: got ord={ord!r}; need "fro", "nuc", 1, -1, 2, -2, inf or -inf')
    summed = -2 if abs(ord) == 1 else -1
    y = largest(sum(absolute(x), summed, keepdims=True), -3 - summed, keepdims=True)
    return y if keepdims else squeeze(y, (-2, -1))


def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """NumPy's ``np.linalg.norm``: a `vector_norm` over one axis, a `matrix_norm` over two.

    Without ``ord`` it is the root of the sum of squares, of all elements if there is no ``axis`` either.
    """
    x = as_tensor(x)
    if axis is None and ord is None:
        return vector_norm(x, keepdims=keepdims)
    axes = axes_of("norm", axis, x.shape)
    if len(axes) == 1:
        return vector_norm(x, axis=axes, keepdims=keepdims, ord=2 if ord is None else ord)
    if len(axes) != 2:
        raise ShapeError(f"norm: got shape {x.shape}, axis={axis} and ord={ord}; need one axis, or two for a matrix")
    y = matrix_norm(moveaxis(x, axes, (-2, -1)), ord=ord)
    return expand_dims(y, axes) if keepdims else y


NUMPY[np.linalg.norm] = norm
NUMPY[np.linalg.vector_norm], NUMPY[np.linalg.matrix_norm] = vector_norm, matrix_norm
