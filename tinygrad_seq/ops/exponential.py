"""Powers and roots, exponentials and logarithms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd import differentiable, elementwise
from ..autograd.apply import like_numpy
from .elementwise import strong

__all__ = [
    "cbrt",
    "exp",
    "exp2",
    "expit",
    "expm1",
    "float_power",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "pow",
    "power",
    "sigmoid",
    "sqrt",
    "square",
]

LN2 = math.log(2)


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


pow = power
float_power = elementwise(
    "float_power", np.float_power, _power_base, _power_exponent, doc="`power` in float64, whatever the inputs are."
)
square = elementwise("square", np.square, lambda g, x: g * (2 * x))
sqrt = elementwise(
    "sqrt", np.sqrt, lambda g, y: strong(g, 0.5 / y), doc="The square root; its derivative at 0 is infinite."
)
cbrt = elementwise(
    "cbrt", np.cbrt, lambda g, y: strong(g, 1 / (3 * y * y)), doc="The cube root; its derivative at 0 is infinite."
)

exp = elementwise("exp", np.exp, lambda g, y: strong(g, y))
exp2 = elementwise("exp2", np.exp2, lambda g, y: strong(g, y) * LN2)
expm1 = elementwise("expm1", np.expm1, lambda g, x: strong(g, np.exp(x)))  # y + 1 would lose the digits of a small exp
log = elementwise("log", np.log, lambda g, x: strong(g, 1 / x))
log2 = elementwise("log2", np.log2, lambda g, x: strong(g, (1 / LN2) / x))
log10 = elementwise("log10", np.log10, lambda g, x: strong(g, (1 / math.log(10)) / x))
log1p = elementwise("log1p", np.log1p, lambda g, x: strong(g, 1 / (1 + x)))


# A 0-d array: for a small array, NumPy takes longer to convert a Python number than to add it.
_ONE = {np.dtype(code): np.ones((), code) for code in "efdg"}


@np.errstate(over="ignore")  # where exp(-x) is infinite, 1 / (1 + exp(-x)) is the right 0
def _sigmoid(x: Any) -> Any:
    y = np.exp(np.negative(x))
    one = _ONE[y.dtype]
    return one / (one + y)


def _sigmoid_vjp(g: Any, y: Any) -> Any:
    slope = g * y
    return slope - slope * y


sigmoid = expit = elementwise(
    "sigmoid", _sigmoid, _sigmoid_vjp, doc="The logistic function ``1 / (1 + exp(-x))``, without overflow."
)
logistic = like_numpy(sigmoid)


def _gap(a: Any, b: Any) -> Any:
    return np.where(np.isinf(a) & np.equal(a, b), 0, a - b)


logaddexp = elementwise(
    "logaddexp",
    np.logaddexp,
    lambda g, a, b: g * logistic(_gap(a, b)),
    lambda g, a, b: g * logistic(_gap(b, a)),
    doc="``log(exp(a) + exp(b))``, without overflow; equal infinities share the derivative evenly.",
)
logaddexp2 = elementwise(
    "logaddexp2",
    np.logaddexp2,
    lambda g, a, b: g * logistic(_gap(a, b) * LN2),
    lambda g, a, b: g * logistic(_gap(b, a) * LN2),
    doc="``log2(2**a + 2**b)``, without overflow; equal infinities share the derivative evenly.",
)
