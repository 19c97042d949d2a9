"""Steps and signs, whose derivative is 0 wherever there is one, and the remainders that they leave.

Their results are part of the graph with a gradient of exactly 0: `grad` of them is zeros, not an error.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor, differentiable, elementwise
from ..autograd.tensor import NUMPY
from .elementwise import flat, ldexp, strong
from .shape import as_tensor, astype

__all__ = [
    "around",
    "ceil",
    "divmod",
    "fix",
    "floor",
    "floor_divide",
    "fmod",
    "frexp",
    "heaviside",
    "mod",
    "modf",
    "remainder",
    "rint",
    "round",
    "sign",
    "spacing",
    "trunc",
]

sign = elementwise("sign", np.sign, flat, doc="-1, 0 or 1; the derivative is 0, also at 0.")
heaviside = elementwise(
    "heaviside",
    np.heaviside,
    flat,
    lambda g, a: np.where(np.equal(a, 0), g, 0),
    doc="0 where ``a < 0``, 1 where ``a > 0``, ``b`` where ``a == 0``; the derivative in a is 0, also at 0.",
)
floor = elementwise("floor", np.floor, flat)
ceil = elementwise("ceil", np.ceil, flat)
rint = elementwise("rint", np.rint, flat)
trunc = fix = elementwise("trunc", np.trunc, flat, numpy=[np.fix])
spacing = elementwise("spacing", np.spacing, flat)


@differentiable(flat, kind="elementwise", numpy=[np.round, np.around])
def round(a: Any, decimals: int = 0, out: None = None) -> Any:
    """``a`` rounded to ``decimals`` digits, halves to even; the derivative is 0."""
    return np.round(a, decimals)


around = round


def _remainder_divisor(g: Any, a: Any, b: Any, y: Any) -> Any:
    return -strong(g, np.rint((a - y) / b))


floor_divide = elementwise("floor_divide", np.floor_divide, flat, flat)
remainder = mod = elementwise(
    "remainder", np.remainder, lambda g: g, _remainder_divisor, doc="``a - b * floor(a / b)``, with the sign of ``b``."
)
fmod = elementwise(
    "fmod", np.fmod, lambda g: g, _remainder_divisor, doc="``a - b * trunc(a / b)``, with the sign of ``a``."
)
_fraction = elementwise("fraction", lambda x: np.modf(x)[0], lambda g: g, doc="``x - trunc(x)``.")


def divmod(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """`floor_divide` and `remainder`."""
    return floor_divide(a, b), remainder(a, b)


def modf(x: Any) -> tuple[Tensor, Tensor]:
    """The fractional part of ``x``, of derivative 1, and its whole part `trunc`, both with the sign of ``x``."""
    x = as_tensor(x)
    x = x if x.dtype.kind == "f" else astype(x, np.modf(np.zeros((), x.dtype))[0].dtype)
    return _fraction(x), trunc(x)


def frexp(x: Any) -> tuple[Tensor, Tensor]:
    """The ``m`` of 0.5 up to 1 in size, and the integers ``e``, constants, of which ``x`` is ``m * 2**e``."""
    x = as_tensor(x)
    exponent = np.frexp(x.numpy())[1]
    return ldexp(x, -exponent), Tensor(np.asarray(exponent))


NUMPY[np.divmod] = divmod
NUMPY[np.modf] = modf
NUMPY[np.frexp] = frexp
