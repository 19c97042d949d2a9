"""Products of matrices."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np

from ..autograd import differentiable
from ..autograd.sweep import unbroadcast
from ..errors import ShapeError

__all__ = ["linear", "matmul"]


def _product(a: Any, b: Any) -> Any:
    """``a @ b``, as one large product where ``b`` is a matrix and ``a`` a stack of them."""
    if b.ndim == 2:
        if a.ndim == 2 and type(a) is type(b) is np.ndarray:
            return a.dot(b)  # for small matrices NumPy takes half the time of ``a @ b``
        if a.ndim > 2:
            return (_rows(a) @ b).reshape(*a.shape[:-1], b.shape[1])
    return a @ b


def _matmul_left(g: Any, a_shape: Any, b: Any) -> Any:
    if b.ndim == 1:
        return g[..., None] * b
    if b.ndim == 2:
        return _product(g, b.T) if g.ndim else g * b
    if len(a_shape) == 1:
        return (b @ g[..., None])[..., 0]
    return g @ np.swapaxes(b, -1, -2)


def _matmul_right(g: Any, a: Any, b_shape: Any) -> Any:
    if a.ndim == 1:
        return a * g if len(b_shape) == 1 else a[:, None] * g[..., None, :]
    if len(b_shape) == 1:
        return (g[..., None, :] @ a)[..., 0, :] if g.ndim > 1 else g @ a
    if len(b_shape) == 2:
        return _rows(a).T @ _rows(g)
    return np.swapaxes(a, -1, -2) @ g


def _rows(x: Any) -> Any:
    return x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def _each(shape: tuple[int, ...], rule: Any, *calls: Any) -> Any:
    return functools.reduce(operator.add, [unbroadcast(g, shape) for g in map(rule, *calls)])


def _stacked(xs: Any) -> Any:
    return np.concatenate([_rows(x if x.ndim > 1 else x[None]) for x in xs])


def _joint_right(gs: Any, xs: Any, shapes: Any) -> Any:
    """sum_t x_t^T g_t as one product of the stacked x and g, for each matrix of a stack."""
    shape = shapes[0]
    if len(shape) == 2:
        return _stacked(xs).T @ _stacked(gs)
    if len(shape) == 1 or any(x.shape[:-2] != shape[:-2] for x in (*gs, *xs)):
        return _each(shape, _matmul_right, gs, xs, shapes)
    return np.swapaxes(np.concatenate(xs, axis=-2), -1, -2) @ np.concatenate(gs, axis=-2)


def _joint_left(gs: Any, shapes: Any, xs: Any) -> Any:
    """sum_t g_t x_t^T as one product of the stacked g and x, if stacking x copies less than it saves."""
    shape = shapes[0]
    if len(shape) != 2 or len(gs) == 2 or any(x.ndim > 2 for x in xs):
        return _each(shape, _matmul_left, gs, shapes, xs)
    columns = [(g[:, None], x[:, None]) if x.ndim == 1 else (g, x) for g, x in zip(gs, xs, strict=True)]
    if sum(x.shape[1] for _, x in columns) * (shape[0] + shape[1]) > len(gs) * shape[0] * shape[1]:
        return _each(shape, _matmul_left, gs, shapes, xs)
    return np.concatenate([g for g, _ in columns], axis=1) @ np.concatenate([x for _, x in columns], axis=1).T


@differentiable(
    _matmul_left, _matmul_right, joint=(_joint_left, _joint_right), kind="linear", broadcasts=True, numpy=[np.matmul]
)
def matmul(a: Any, b: Any) -> Any:
    """The matrix product; inputs of more than two axes are stacks of matrices and broadcast.

    Raises:
        ShapeError: if the inner sizes differ, or an input is a number.
    """
    try:
        return _product(a, b)
    except (ValueError, AttributeError) as error:
        raise ShapeError(_mismatch(np.shape(a), np.shape(b))) from error


def _linear_weight(g: Any, x: Any) -> Any:
    return _rows(g if g.ndim > 1 else g[None]).T @ _rows(x if x.ndim > 1 else x[None])


def _joint_weight(gs: Any, xs: Any) -> Any:
    """sum_t g_t^T x_t as one product of the stacked g and x."""
    return _stacked(gs).T @ _stacked(xs)


@differentiable(
    lambda g, weight: _product(g, weight),
    _linear_weight,
    lambda g: g,
    jvp=(lambda t, weight: _product(t, weight.T), lambda t, x: _product(x, t.T), lambda t: t),
    joint=(None, _joint_weight, None),
    broadcasts=True,
)
def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """``x @ weight.T + bias``: x ``(..., D)``, weight ``(H, D)`` and the result ``(..., H)``, to which bias broadcasts.

    One operation for a layer, and for a step of a recurrence, where the bias is what the input contributes.

    Raises:
        ShapeError: if the last axis of x is not D, weight is no matrix, or bias does not broadcast to the result.
    """
    try:
        if weight.ndim != 2:
            raise ValueError(weight)
        y = _product(x, weight.T)
    except (ValueError, AttributeError) as error:
        need = f"x (..., {weight.shape[1]})" if np.ndim(weight) == 2 else "a weight (H, D)"
        raise ShapeError(f"linear: got x {np.shape(x)} and weight {np.shape(weight)}; need {need}") from error
    if bias is None:
        return y
    if isinstance(bias, np.ndarray) and bias.shape == y.shape and bias.dtype == y.dtype:
        return np.add(y, bias, out=y)
    total = y + bias
    if total.shape != y.shape:
        raise ShapeError(f"linear: got bias {np.shape(bias)} for a product {y.shape}; need one that broadcasts to it")
    return total


def _mismatch(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    got = f"matmul: got shapes {a} and {b}; "
    if not a or not b:
        return got + "need at least one axis each; use * to multiply by a number"
    inner = b[-2] if len(b) > 1 else b[0]
    if a[-1] != inner:
        hint = "; transpose one of them?" if a[-1] in b[-2:] or inner in a[-2:] else ""
        return got + f"the inner sizes {a[-1]} and {inner} differ{hint}"
    return got + f"the leading axes {a[:-2]} and {b[:-2]} do not broadcast"
