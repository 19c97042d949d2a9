"""How much gradient reaches each node, and how much flows along each edge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autograd import Node, Tensor
from ..autograd.sweep import sweep
from ..autograd.tensor import cotangent
from ..errors import ShapeError

__all__ = ["GradientNorms", "gradient_norms"]


@dataclass(frozen=True, slots=True)
class GradientNorms:
    r"""Euclidean norms of the cotangents of one backward sweep, as plain numbers.

    The vectors that flow into a node add up to its gradient. Their norms do not.

    Attributes:
        node: :math:`\lVert \partial L / \partial v \rVert` by the index of v; a node that the sweep does not
            reach is absent.
        edge: the norm of what flows from a node back to one of its inputs, by the index of the node and the
            position of the input.
    """

    node: dict[int, float]
    edge: dict[tuple[int, int], float]


def gradient_norms(output: Tensor | Sequence[Tensor], gradient: Any = None) -> GradientNorms:
    r"""Sweep backward once and note the norm of every cotangent; no value and no gradient changes.

    Args:
        output: a Tensor, or several, whose gradients are added.
        gradient: the cotangent of the output, of its shape, or one for each of several outputs. By default ones,
            which is the gradient of the sum of all elements.

    Raises:
        GraphError: if an output has no history, or a variable was updated since.
        ShapeError: for a cotangent of another shape.

    >>> import numpy as np, tinygrad_seq as tg
    >>> x = tg.tensor([3.0, 4.0], requires_grad=True)
    >>> norms = tg.flow.gradient_norms(np.sum(x * x))
    >>> norms.node[x.node.index], x.grad
    (10.0, None)
    """
    outputs = [output] if isinstance(output, Tensor) else list(output)
    if gradient is None:
        gradients = [None] * len(outputs)
    else:
        gradients = [gradient] if isinstance(output, Tensor) else list(gradient)
    if len(gradients) != len(outputs):
        raise ShapeError(f"gradient_norms: got {len(gradients)} gradients for {len(outputs)} outputs; need one each")
    seeds = []
    for tensor, g in zip(outputs, gradients, strict=True):
        ones = np.ones(tensor.shape, tensor.dtype) if g is None and isinstance(tensor, Tensor) else g
        seeds.append((tensor.node, cotangent(tensor, ones, False, "gradient_norms")))
    found = GradientNorms({}, {})

    def observe(node: Node, i: int | None, g: Any) -> None:
        if i is None:
            found.node[node.index] = _norm(g)
        else:
            found.edge[node.index, i] = _norm(g)

    with np.errstate(over="ignore"):  # an overflow is shown, as inf
        sweep(seeds, observe=observe)  # type: ignore[arg-type]  # cotangent() has checked that there is a node
    return found


def _norm(g: Any) -> float:
    """The Euclidean norm in float64, also where squares would overflow or vanish."""
    flat = np.asarray(g).ravel()
    # Not BLAS, whose threads cost more than the sum of a few numbers.
    square = float(np.add.reduce(np.square(flat, dtype=np.float64)))
    if 1e-280 < square < math.inf:
        return math.sqrt(square)
    largest = float(np.max(np.abs(flat), initial=0.0))
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * _norm(np.divide(flat, largest, dtype=np.float64))
