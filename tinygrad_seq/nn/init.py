"""Initial values of parameters, written into a Parameter in place, by PyTorch's names."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd import Tensor
from ..random import generator

__all__ = ["uniform_", "zeros_"]


def _fill(parameter: Tensor, values: Any) -> Tensor:
    parameter.data = np.broadcast_to(values, parameter.shape)
    return parameter


def uniform_(parameter: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Draw each element from the uniform distribution on [a, b)."""
    return _fill(parameter, generator().uniform(a, b, parameter.shape))


def zeros_(parameter: Tensor) -> Tensor:
    """Set each element to 0."""
    return _fill(parameter, 0.0)


def bound(fan: int) -> float:
    """1 / sqrt(fan), the half-width of PyTorch's uniform initial distributions."""
    return 1 / math.sqrt(fan) if fan else 0.0
