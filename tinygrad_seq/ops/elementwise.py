"""Arithmetic of one element of each input, and what the other elementwise modules share.

Rules that can be singular multiply by `strong`, for which 0 times infinity is 0: a branch that a
mask did not take contributes nothing, whatever its own derivative would have been.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd import differentiable, elementwise
from ..autograd.apply import like_numpy
from ..autograd.tensor import NUMPY

__all__ = [
    "abs",
    "absolute",
    "add",
    "conj",
    "conjugate",
    "copysign",
    "divide",
    "fabs",
    "ldexp",
    "lerp",
    "multiply",
    "negative",
    "nextafter",
    "positive",
    "real",
    "reciprocal",
    "strong",
    "subtract",
    "true_divide",
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


def flat(g: Any) -> Any:
    """The rule of a value that does not change with its input, except where it jumps: zeros."""
    return np.where(False, g, 0)


negative = elementwise("negative", np.negative, lambda g: -g)
positive = elementwise("positive", np.positive, lambda g: g)
add = elementwise("add", np.add, lambda g: g, lambda g: g)
subtract = elementwise("subtract", np.subtract, lambda g: g, lambda g: -g)
multiply = elementwise("multiply", np.multiply, lambda g, b: g * b, lambda g, a: g * a)
lerp = elementwise(
    "lerp",
    lambda start, end, weight: start + weight * (end - start),
    lambda g, weight: g - g * weight,
    lambda g, weight: g * weight,
    lambda g, start, end: g * (end - start),
    doc="``start + weight * (end - start)``: from ``start`` at weight 0 to ``end`` at weight 1, as a gate chooses.",
)


def _inverse(b: Any) -> Any:
    return math.copysign(math.inf, b) if isinstance(b, (int, float)) and b == 0 else 1 / b


divide = true_divide = elementwise(
    "divide",
    np.divide,
    lambda g, b: strong(g, _inverse(b)),
    lambda g, b, y: -strong(g, strong(y, 1 / b)),
)
reciprocal = elementwise("reciprocal", np.reciprocal, lambda g, y: -strong(strong(g, y), y))

absolute = abs = elementwise(
    "absolute", np.absolute, lambda g, x: g * np.sign(x), doc="``|x|``; the derivative at 0 is 0."
)
fabs = elementwise("fabs", np.fabs, lambda g, x: g * np.sign(x), doc="``|x|`` as a float; the derivative at 0 is 0.")
copysign = elementwise(
    "copysign",
    np.copysign,
    lambda g, a, b: g * (np.sign(a) * np.copysign(1, b)),
    flat,
    doc="``|a|`` with the sign of ``b``; the derivative in a at 0 is 0, and so is that in b.",
)
conjugate = conj = real = elementwise(
    "conjugate",
    np.conjugate,
    lambda g: g,
    doc="``x`` itself, as all numbers here are real.",
)
NUMPY[np.real] = lambda val: val
NUMPY[np.real_if_close] = lambda a, tol=100: a
ldexp = elementwise("ldexp", np.ldexp, lambda g, b: np.ldexp(g, b), None, doc="``a * 2**b``, with integers ``b``.")
nextafter = elementwise("nextafter", np.nextafter, lambda g: g, flat, doc="The float next to ``a`` towards ``b``.")
