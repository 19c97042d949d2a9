"""Operations of one element of each input: arithmetic, powers, exponentials, activations, comparisons.

Rules that can be singular multiply by `strong`, for which 0 times infinity is 0: a branch that a
mask did not take contributes nothing, whatever its own derivative would have been.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Tensor, differentiable, elementwise
from ..autograd.apply import like_numpy
from ..autograd.tensor import NUMPY

__all__ = [
    "abs",
    "absolute",
    "add",
    "clip",
    "divide",
    "equal",
    "exp",
    "greater",
    "greater_equal",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "log",
    "logical_and",
    "logical_not",
    "logical_or",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "not_equal",
    "positive",
    "power",
    "relu",
    "sigmoid",
    "sign",
    "sqrt",
    "square",
    "strong",
    "subtract",
    "tanh",
    "where",
]


@like_numpy
@differentiable(lambda g, b: strong(g, b), lambda g, a: strong(g, a), kind="elementwise", broadcasts=True)
def strong(a: Any, b: Any) -> Any:
    """The product ``a * b``, in which 0 times infinity or NaN is 0."""
    y = a * b
    if np.isfinite(y).all():
        return y
    lost = (np.equal(a, 0) | np.equal(b, 0)) & ~np.isfinite(y)
    return np.where(lost, np.zeros((), y.dtype), y)


negative = elementwise("negative", np.negative, lambda g: -g)
positive = elementwise("positive", np.positive, lambda g: g)
add = elementwise("add", np.add, lambda g: g, lambda g: g)
subtract = elementwise("subtract", np.subtract, lambda g: g, lambda g: -g)
multiply = elementwise("multiply", np.multiply, lambda g, b: g * b, lambda g, a: g * a)


def _inverse(b: Any) -> Any:
    return math.copysign(math.inf, b) if isinstance(b, (int, float)) and b == 0 else 1 / b


divide = elementwise(
    "divide",
    np.divide,
    lambda g, b: strong(g, _inverse(b)),
    lambda g, b, y: -strong(g, strong(y, 1 / b)),
)


def _power_base(g: Any, a: Any, b: Any) -> Any:
    if isinstance(b, (int, float)) and b >= 1:
        return strong(g, b * a ** (b - 1))
    return strong(g, strong(b, a ** (b - 1)))


def _power_exponent(g: Any, a: Any, y: Any) -> Any:
    return strong(g, strong(y, np.log(np.where(np.equal(a, 0), 1, a))))


@differentiable(_power_base, _power_exponent, kind="elementwise", broadcasts=True, numpy=[np.power])
def power(a: Any, b: Any) -> Any:
    """``a ** b``; x**0 has derivative 0 in x, and 0**y has derivative 0 in y."""
    return a**b


square = elementwise("square", np.square, lambda g, x: g * (2 * x))
sqrt = elementwise("sqrt", np.sqrt, lambda g, y: strong(g, 0.5 / y))
exp = elementwise("exp", np.exp, lambda g, y: strong(g, y))
log = elementwise("log", np.log, lambda g, x: strong(g, 1 / x))
absolute = abs = elementwise("absolute", np.absolute, lambda g, x: g * np.sign(x))
tanh = elementwise("tanh", np.tanh, lambda g, y: g - g * (y * y))


# Below this, exp(-x) would overflow and warn; 0-d arrays, as ufuncs take them faster than Python numbers.
_LIMIT = {np.dtype(d): (np.array(limit, d), np.array(1, d)) for d, limit in (("f2", 11), ("f4", 88), ("f8", 709))}


def _sigmoid(x: Any) -> Any:
    if x.dtype not in _LIMIT:
        x = x.astype(np.float64)
    limit, one = _LIMIT[x.dtype]
    y = np.exp(np.minimum(np.negative(x), limit))
    if y.ndim == 0:
        return 1 / (1 + y)
    np.add(y, one, out=y)
    return np.reciprocal(y, out=y)


def _sigmoid_vjp(g: Any, y: Any) -> Any:
    slope = g * y
    return slope - slope * y


sigmoid = elementwise("sigmoid", _sigmoid, _sigmoid_vjp)
relu = elementwise("relu", lambda x: np.maximum(x, 0), lambda g, y: np.where(np.greater(y, 0), g, 0))


def _won(g: Any, better: Any, tie: Any) -> Any:
    return np.where(better, g, np.where(tie, 0.5 * g, 0))


maximum = elementwise(
    "maximum",
    np.maximum,
    lambda g, a, b: _won(g, np.greater(a, b), np.equal(a, b)),
    lambda g, a, b: _won(g, np.greater(b, a), np.equal(a, b)),
)
minimum = elementwise(
    "minimum",
    np.minimum,
    lambda g, a, b: _won(g, np.less(a, b), np.equal(a, b)),
    lambda g, a, b: _won(g, np.less(b, a), np.equal(a, b)),
)


@differentiable(
    None,
    lambda g, condition: np.where(condition, g, 0),
    lambda g, condition: np.where(condition, 0, g),
    kind="elementwise",
    broadcasts=True,
    numpy=[np.where],
)
def where(condition: Any, a: Any, b: Any) -> Any:
    """``a`` where the condition holds, elsewhere ``b``; what was not chosen has a derivative of exactly 0."""
    return np.where(condition, a, b)


def _inside(x: Any, a_min: Any, a_max: Any) -> Any:
    above = a_min is None or np.greater_equal(x, a_min)
    return np.logical_and(above, a_max is None or np.less_equal(x, a_max))


def _below(x: Any, a_min: Any, a_max: Any) -> Any:
    return np.logical_and(np.less(x, a_min), a_max is None or np.less_equal(a_min, a_max))


def _above(x: Any, a_min: Any, a_max: Any) -> Any:
    return np.greater(x if a_min is None else np.maximum(x, a_min), a_max)


@differentiable(
    lambda g, x, a_min, a_max: np.where(_inside(x, a_min, a_max), g, 0),
    lambda g, x, a_min, a_max: np.where(_below(x, a_min, a_max), g, 0),
    lambda g, x, a_min, a_max: np.where(_above(x, a_min, a_max), g, 0),
    kind="elementwise",
    broadcasts=True,
)
def _clip(x: Any, a_min: Any, a_max: Any) -> Any:
    return np.clip(x, a_min, a_max)


def clip(x: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Tensor:
    """``x`` held between ``a_min`` and ``a_max``; the derivative in x is 1 inside and at the bounds, 0 outside."""
    return _clip(x, min if a_min is None else a_min, max if a_max is None else a_max)


NUMPY[np.clip] = clip


def _constant(ufunc: np.ufunc) -> Callable[..., Tensor]:
    """A function whose derivative is zero or not defined: its result is a constant."""

    def call(*args: Any, **kwargs: Any) -> Tensor:
        return Tensor(np.asarray(ufunc(*[x._data if isinstance(x, Tensor) else x for x in args], **kwargs)))

    call.__name__ = call.__qualname__ = ufunc.__name__
    call.__doc__ = f"NumPy's ``{ufunc.__name__}``, whose result is a constant."
    NUMPY[ufunc] = call
    return call


equal = _constant(np.equal)
not_equal = _constant(np.not_equal)
less = _constant(np.less)
less_equal = _constant(np.less_equal)
greater = _constant(np.greater)
greater_equal = _constant(np.greater_equal)
logical_and = _constant(np.logical_and)
logical_or = _constant(np.logical_or)
logical_not = _constant(np.logical_not)
isnan = _constant(np.isnan)
isinf = _constant(np.isinf)
isfinite = _constant(np.isfinite)
sign = _constant(np.sign)
