"""Where a sweep begins: the cotangents of its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import Node, Tensor
from ..autograd.tensor import cotangent
from ..errors import ShapeError

__all__ = ["seeds"]


def seeds(output: Tensor | Sequence[Tensor], gradient: Any, caller: str) -> list[tuple[Node, Any]]:
    """The node and the cotangent of an output, or of each of several; by default ones.

    Raises:
        GraphError: if an output has no history.
        ShapeError: for a cotangent of another shape, or too few or many of them.
    """
    several = isinstance(output, (list, tuple))
    outputs: list[Any] = list(output) if several else [output]
    if gradient is None:
        gradients = [None] * len(outputs)
    else:
        gradients = list(gradient) if several else [gradient]
    if len(gradients) != len(outputs):
        raise ShapeError(f"{caller}: got {len(gradients)} gradients for {len(outputs)} outputs; need one each")
    found = []
    for tensor, g in zip(outputs, gradients, strict=True):
        ones = np.ones(tensor.shape, tensor.dtype) if g is None and isinstance(tensor, Tensor) else g
        seed = cotangent(tensor, ones, False, caller)
        assert tensor.node is not None  # cotangent() has checked
        found.append((tensor.node, seed))
    return found
