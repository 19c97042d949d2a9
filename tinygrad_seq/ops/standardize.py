"""Standardising: mean 0 and variance 1, by numbers' own statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import differentiable

__all__ = ["standardize"]

Axis = int | tuple[int, ...]


def _mean(x: Any, axis: Axis) -> Any:
    return np.mean(x, axis=axis, keepdims=True)


def _deviation(x: Any, axis: Axis, epsilon: float) -> Any:
    centred = x - _mean(x, axis)
    return np.sqrt(_mean(centred * centred, axis) + epsilon)


def _slope(g: Any, x: Any, y: Any, axis: Axis, epsilon: float) -> Any:
    """The Jacobian times g, and, as it is symmetric, g times the Jacobian."""
    return (g - _mean(g, axis) - y * _mean(g * y, axis)) / _deviation(x, axis, epsilon)


@differentiable(_slope, jvp=(_slope,))
def standardize(x: Any, axis: Axis = -1, epsilon: float = 1e-5) -> Any:
    """``(x - mean) / sqrt(variance + epsilon)``, with mean and (biased) variance of x over ``axis``.

    Ba, Kiros and Hinton 2016, "Layer normalization", equation 3.
    """
    centred = x - _mean(x, axis)
    return centred / np.sqrt(_mean(centred * centred, axis) + epsilon)
