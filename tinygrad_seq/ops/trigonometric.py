"""Circular and hyperbolic functions, their inverses, and angles."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import elementwise
from .elementwise import strong

__all__ = [
    "acos",
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "hypot",
    "rad2deg",
    "radians",
    "sin",
    "sinh",
    "tan",
    "tanh",
]

sin = elementwise("sin", np.sin, lambda g, x: g * np.cos(x))
cos = elementwise("cos", np.cos, lambda g, x: -g * np.sin(x))
tan = elementwise("tan", np.tan, lambda g, y: g * (1 + y * y))

# (1 - x) * (1 + x) has the digits near 1 that 1 - x * x has lost.
arcsin = asin = elementwise("arcsin", np.arcsin, lambda g, x: strong(g, 1 / np.sqrt((1 - x) * (1 + x))))
arccos = acos = elementwise("arccos", np.arccos, lambda g, x: -strong(g, 1 / np.sqrt((1 - x) * (1 + x))))
arctan = atan = elementwise("arctan", np.arctan, lambda g, x: g * np.square(1 / np.hypot(x, 1)))


def _over_radius(part: Any, r: Any) -> Any:
    return np.where(np.equal(r, 0), 0, part / r)


def _turn(part: Any, a: Any, b: Any) -> Any:
    r = np.hypot(a, b)
    return _over_radius(part / r, r)


arctan2 = atan2 = elementwise(
    "arctan2",
    np.arctan2,
    lambda g, a, b: strong(g, _turn(b, a, b)),
    lambda g, a, b: -strong(g, _turn(a, a, b)),
    doc="The angle of the point ``(b, a)``; the derivatives at the origin are 0.",
)
hypot = elementwise(
    "hypot",
    np.hypot,
    lambda g, a, y: strong(g, _over_radius(a, y)),
    lambda g, b, y: strong(g, _over_radius(b, y)),
    doc="``sqrt(a*a + b*b)``, without overflow; the derivatives at the origin are 0.",
)

sinh = elementwise("sinh", np.sinh, lambda g, x: strong(g, np.cosh(x)))
cosh = elementwise("cosh", np.cosh, lambda g, x: strong(g, np.sinh(x)))
tanh = elementwise("tanh", np.tanh, lambda g, y: g - g * (y * y))
arcsinh = asinh = elementwise("arcsinh", np.arcsinh, lambda g, x: g / np.hypot(x, 1))
arccosh = acosh = elementwise(
    "arccosh", np.arccosh, lambda g, x: strong(strong(g, 1 / np.sqrt(x - 1)), 1 / np.sqrt(x + 1))
)
arctanh = atanh = elementwise("arctanh", np.arctanh, lambda g, x: strong(g, 1 / ((1 - x) * (1 + x))))

deg2rad = radians = elementwise("deg2rad", np.deg2rad, lambda g: np.deg2rad(g), numpy=[np.radians])
rad2deg = degrees = elementwise("rad2deg", np.rad2deg, lambda g: np.rad2deg(g), numpy=[np.degrees])
