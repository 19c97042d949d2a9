"""Choices between inputs: the larger, the smaller, by a condition, within bounds, in place of NaN.

What was not chosen has a derivative of exactly 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor, differentiable, elementwise
from ..autograd.tensor import NUMPY
from ..errors import OptionError, UnsupportedError

__all__ = ["clip", "fmax", "fmin", "maximum", "minimum", "nan_to_num", "where"]


def _is(x: Any, y: Any) -> Any:
    return np.equal(x, y) | (np.isnan(x) & np.isnan(y))


def _share(g: Any, mine: Any, other: Any, y: Any) -> Any:
    """What an input gets if the value ``y`` is one of two."""
    return np.where(_is(mine, y), np.where(_is(other, y), 0.5 * g, g), 0)


def _choice(ufunc: np.ufunc, doc: str) -> Any:
    return elementwise(
        ufunc.__name__,
        ufunc,
        lambda g, a, b, y: _share(g, a, b, y),
        lambda g, a, b, y: _share(g, b, a, y),
        doc=f"{doc}; what is equal shares the derivative evenly.",
    )


maximum = _choice(np.maximum, "The larger of two, NaN if one is")
minimum = _choice(np.minimum, "The smaller of two, NaN if one is")
fmax = _choice(np.fmax, "The larger of two, the other one if one is NaN")
fmin = _choice(np.fmin, "The smaller of two, the other one if one is NaN")


@differentiable(
    None,
    lambda g, condition: np.where(condition, g, 0),
    lambda g, condition: np.where(condition, 0, g),
    kind="elementwise",
    broadcasts=True,
)
def where(condition: Any, a: Any, b: Any) -> Any:
    """``a`` where the condition holds, elsewhere ``b``; ``np.where(condition)`` alone is ``np.nonzero``."""
    return np.where(condition, a, b)


NUMPY[np.where] = lambda condition, *choices: where(condition, *choices) if choices else np.nonzero(condition)


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


def clip(a: Any, a_min: Any = None, a_max: Any = None, out: None = None, *, min: Any = None, max: Any = None) -> Tensor:
    """``a`` held between ``a_min`` and ``a_max``; the derivative in a is 1 inside and at the bounds, 0 outside.

    Raises:
        OptionError: for a bound given under both of its names.
    """
    if out is not None:
        raise UnsupportedError("clip: got out=; an array cannot hold the history; use the returned Tensor")
    if (a_min is not None and min is not None) or (a_max is not None and max is not None):
        raise OptionError("clip: got a bound twice; need a_min or min, and a_max or max; leave out one of the names")
    return _clip(a, min if a_min is None else a_min, max if a_max is None else a_max)


NUMPY[np.clip] = clip


@differentiable(lambda g, x: np.where(np.isfinite(x), g, 0), kind="elementwise", numpy=[np.nan_to_num])
def nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """``x`` with numbers in place of NaN and infinities, where the derivative is 0.

    Raises:
        UnsupportedError: for ``copy=False``, as a Tensor is not changed in place.
    """
    if not copy:
        raise UnsupportedError("nan_to_num: got copy=False; a Tensor is not changed in place; use the returned one")
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
