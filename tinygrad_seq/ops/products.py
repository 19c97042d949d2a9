"""Products of vectors and arrays: compositions of `matmul`, `multiply` and sums."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import NUMPY
from ..errors import ShapeError
from .elementwise import multiply, subtract
from .join import concatenate, stack
from .linalg import matmul
from .reduce import sum
from .shape import as_tensor, as_tensors, astype, axis_of, expand_dims, moveaxis, ravel, reshape, transpose

__all__ = ["cross", "dot", "inner", "kron", "matvec", "multi_dot", "outer", "tensordot", "vdot", "vecdot", "vecmat"]


def dot(a: Any, b: Any, out: None = None) -> Tensor:
    """NumPy's ``dot``: the product of numbers, vectors and matrices.

    With more axes, the last of a is summed with the last but one of b.
    """
    a, b = as_tensors(a, b)
    if not a.ndim or not b.ndim:
        return multiply(a, b)
    if a.ndim <= 2 and b.ndim <= 2:
        return matmul(a, b)
    return tensordot(a, b, (-1, -min(2, b.ndim)))


def vdot(a: Any, b: Any, /) -> Tensor:
    """The sum of the products of all elements of two arrays of one size."""
    a, b = as_tensors(a, b)
    return matmul(ravel(a), ravel(b))


def inner(a: Any, b: Any, /) -> Tensor:
    """The sum of products over the last axis of both."""
    a, b = as_tensors(a, b)
    return tensordot(a, b, (-1, -1)) if a.ndim and b.ndim else multiply(a, b)


def outer(a: Any, b: Any, out: None = None) -> Tensor:
    """Every element of a times every element of b, ``(a.size, b.size)``."""
    a, b = as_tensors(a, b)
    return multiply(reshape(a, (-1, 1)), ravel(b))


def tensordot(a: Any, b: Any, axes: Any = 2) -> Tensor:
    """The sum of products over the given axes of a and b; a number means so many last axes of a and first of b.

    Raises:
        ShapeError: if the axes differ in number or size.
    """
    a, b = as_tensors(a, b)
    of_a: list[Any]
    of_b: list[Any]
    if isinstance(axes, (int, np.integer)):
        of_a, of_b = list(range(a.ndim - int(axes), a.ndim)), list(range(int(axes)))
    else:
        of_a, of_b = ([k] if isinstance(k, (int, np.integer)) else list(k) for k in axes)
    if len(of_a) != len(of_b) or any(not -a.ndim <= k < a.ndim for k in of_a) or len(of_b) > b.ndim:
        raise ShapeError(f"tensordot: got axes {axes} for shapes {a.shape} and {b.shape}; need axes that both have")
    of_a, of_b = [int(k) % a.ndim for k in of_a], [int(k) % b.ndim for k in of_b]
    if [a.shape[k] for k in of_a] != [b.shape[k] for k in of_b]:
        raise ShapeError(f"tensordot: got shapes {a.shape} and {b.shape} over axes {of_a} and {of_b}; the sizes differ")
    rest_a = [k for k in range(a.ndim) if k not in of_a]
    rest_b = [k for k in range(b.ndim) if k not in of_b]
    summed = math.prod(a.shape[k] for k in of_a)
    left, right = [a.shape[k] for k in rest_a], [b.shape[k] for k in rest_b]
    rows = reshape(transpose(a, (*rest_a, *of_a)), (math.prod(left), summed))
    columns = reshape(transpose(b, (*of_b, *rest_b)), (summed, math.prod(right)))
    return reshape(matmul(rows, columns), (*left, *right))


def kron(a: Any, b: Any) -> Tensor:
    """The Kronecker product: b in every place of a, times the element of a there."""
    a, b = as_tensors(a, b)
    n = max(a.ndim, b.ndim)
    a, b = reshape(a, (1,) * (n - a.ndim) + a.shape), reshape(b, (1,) * (n - b.ndim) + b.shape)
    product = multiply(expand_dims(a, tuple(range(1, 2 * n, 2))), expand_dims(b, tuple(range(0, 2 * n, 2))))
    return reshape(product, tuple(i * j for i, j in zip(a.shape, b.shape, strict=True)))


def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Tensor:
    """The vector product over axes of size 3; vectors of size 2 lie in the plane, two of them have a number.

    Raises:
        ShapeError: for axes of another size.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = as_tensors(a, b)
    a, b = moveaxis(a, axisa, -1), moveaxis(b, axisb, -1)
    sizes = (a.shape[-1], b.shape[-1])
    if not {2, 3}.issuperset(sizes):
        raise ShapeError(f"cross: got vectors of size {sizes[0]} and {sizes[1]}; need 3, or 2 in the plane")
    if 2 in sizes:
        upwards = subtract(multiply(a[..., 0], b[..., 1]), multiply(a[..., 1], b[..., 0]))
        if sizes == (2, 2):
            return upwards
        flat, z = (a, b[..., 2]) if sizes == (2, 3) else (b, -a[..., 2])
        product = stack([multiply(flat[..., 1], z), multiply(-flat[..., 0], z), upwards], -1)
        return moveaxis(product, -1, axis_of("cross", axisc, product.shape))
    left = multiply(concatenate([a[..., 1:], a[..., :1]], -1), concatenate([b[..., 2:], b[..., :2]], -1))
    right = multiply(concatenate([a[..., 2:], a[..., :2]], -1), concatenate([b[..., 1:], b[..., :1]], -1))
    product = subtract(left, right)
    return moveaxis(product, -1, axis_of("cross", axisc, product.shape))


def vecdot(a: Any, b: Any, /, *, axis: int = -1) -> Tensor:
    """The sum of products of vectors along ``axis``, which broadcast over the other axes."""
    a, b = as_tensors(a, b)
    products = multiply(moveaxis(a, axis, -1), moveaxis(b, axis, -1))
    return astype(sum(products, -1), products.dtype) if products.dtype.kind != "f" else sum(products, -1)


def matvec(a: Any, b: Any, /) -> Tensor:
    """Matrices ``(..., M, N)`` times vectors ``(..., N)``."""
    return matmul(a, as_tensor(b, a)[..., None])[..., 0]


def vecmat(a: Any, b: Any, /) -> Tensor:
    """Vectors ``(..., N)`` times matrices ``(..., N, M)``."""
    return matmul(as_tensor(a, b)[..., None, :], b)[..., 0, :]


def multi_dot(arrays: Any, *, out: None = None) -> Tensor:
    """The product of several matrices, in the order that takes the fewest multiplications."""
    xs = as_tensors(*arrays)
    if len(xs) < 2:
        raise ShapeError(f"multi_dot: got {len(xs)} arrays; need at least two")
    sizes = [1 if xs[0].ndim == 1 else xs[0].shape[0], *[x.shape[0 if x.ndim == 1 else -2] for x in xs[1:]]]
    sizes.append(1 if xs[-1].ndim == 1 else xs[-1].shape[-1])

    return _chained(xs, _divided(sizes), 0, len(xs) - 1)


def _divided(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to divide the matrices i ... j of a chain, so that it takes the fewest multiplications."""
    count = len(sizes) - 1
    cost, found = {(i, i): 0 for i in range(count)}, {}
    for i, j in [(i, i + width) for width in range(1, count) for i in range(count - width)]:
        cost[i, j], found[i, j] = min(
            (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
        )
    return found


def _chained(xs: list[Tensor], divided: dict[tuple[int, int], int], i: int, j: int) -> Tensor:
    """The product of the matrices i ... j."""
    if i == j:
        return xs[i]
    k = divided[i, j]
    return dot(_chained(xs, divided, i, k), _chained(xs, divided, k + 1, j))


for _call in (cross, dot, inner, kron, outer, tensordot, vdot, vecdot, matvec, vecmat):
    NUMPY[getattr(np, _call.__name__, _call)] = _call  # vecdot came with NumPy 2.1, matvec and vecmat with 2.2
for _name, _function in (
    ("outer", outer),
    ("tensordot", tensordot),
    ("vecdot", vecdot),
    ("multi_dot", multi_dot),
    ("matmul", matmul),
):
    NUMPY[getattr(np.linalg, _name)] = _function


def _cross_of_three(a: Any, b: Any, /, *, axis: int = -1) -> Tensor:
    """``np.linalg.cross``, which takes vectors of size 3 alone."""
    product = cross(a, b, axis=axis)
    if 2 in (np.shape(a)[axis], np.shape(b)[axis]):
        raise ShapeError(f"cross: got shapes {np.shape(a)} and {np.shape(b)}; need vectors of size 3; use np.cross")
    return product


NUMPY[np.linalg.cross] = _cross_of_three
