"""Special functions: the error function, sinc, and Bessel's I0."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import differentiable, elementwise
from ..autograd.apply import like_numpy

__all__ = ["erf", "erfc", "i0", "sinc"]


def _floating(x: Any) -> np.dtype[Any]:
    return x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)


def _of_each(function: Callable[[float], float]) -> Callable[[Any], Any]:
    """A function of Python's, of each element: NumPy has none of this name."""
    each = np.frompyfunc(function, 1, 1)
    return lambda x: np.asarray(each(x), _floating(x))


SLOPE = 2 / math.sqrt(math.pi)
erf = elementwise(
    "erf",
    _of_each(math.erf),
    lambda g, x: g * (SLOPE * np.exp(-x * x)),
    doc="The error function, 2/sqrt(pi) times the integral of ``exp(-t*t)`` from 0 to x.",
)
erfc = elementwise(
    "erfc",
    _of_each(math.erfc),
    lambda g, x: -g * (SLOPE * np.exp(-x * x)),
    doc="``1 - erf(x)``, accurate also where it is small.",
)


@functools.cache
def _series() -> np.polynomial.Polynomial:
    """The power series of sin(u) / u, to rounding where |u| < 3; made on first use, as its import is slow."""
    return np.polynomial.Polynomial([(k % 2 == 0) * (-1) ** (k // 2) / math.factorial(k + 1) for k in range(48)])


@differentiable(lambda g, x, order: g * _sinc(x, order + 1), kind="elementwise", numpy=[np.sinc])
def sinc(x: Any, order: int = 0) -> Any:
    """``sin(pi x) / (pi x)``, 1 at 0; or its derivative of some ``order``, each of which is smooth at 0 too.

    With f(u) = sin(u) / u, the derivatives follow from u f^(n) + n f^(n-1) = sin(u + n pi/2), and near 0,
    where that would cancel, from the power series.
    """
    u = np.pi * np.asarray(x, np.promote_types(_floating(x), np.float64))
    near = np.abs(u) < 3
    far = np.where(near, 3, u)
    y = np.sin(far) / far
    for n in range(1, order + 1):
        y = (np.sin(far + n * np.pi / 2) - n * y) / far
    y = np.where(near, _series().deriv(order)(np.where(near, u, 0)), y)
    return (y * np.pi**order).astype(_floating(x))


_sinc: Any = like_numpy(sinc)

# The midpoint rule converges faster than any power for a periodic function: exact to rounding up to |x| = 700.
_COSINES = np.cos((np.arange(128) + 0.5) * np.pi / 256).tolist()


@differentiable(lambda g, x, order: g * _i0(x, order + 1), kind="elementwise", numpy=[np.i0])
def i0(x: Any, order: int = 0) -> Any:
    """The modified Bessel function I_0, or its derivative of some ``order``.

    It is the mean of ``exp(x cos(s))`` over a circle, and its derivatives those of ``cos(s)**order * exp(x cos(s))``.
    """
    if order == 0:
        return np.i0(x)
    even = np.sinh if order % 2 else np.cosh
    total = np.zeros(np.shape(x), _floating(x))
    for c in _COSINES:
        total = total + c**order * even(c * x)
    return total / len(_COSINES)


_i0: Any = like_numpy(i0)
