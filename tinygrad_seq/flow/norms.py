"""How much gradient reaches each node, and how much flows along each edge."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy import count_nonzero, vdot

from ..autograd import Node, Tensor
from ..autograd.sweep import Observer, sweep
from .seeds import seeds
from .uses import factors, reads_once, rows_read

__all__ = ["GradientNorms", "gradient_norms", "norm", "norm_of_product"]


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
    start = seeds(output, gradient, "gradient_norms")
    with np.errstate(over="ignore"):  # an overflow is shown, as inf
        for careful in (False, True):
            found = GradientNorms({}, {})
            sweep(start, observe=_into(found), careful=careful)
            if not any(map(math.isnan, found.node.values())):
                break
    return found


def _into(found: GradientNorms) -> Observer:
    """What takes down the norm of each cotangent as it comes by."""
    nodes, edges = found.node, found.edge
    # What flowed along an edge, by identity: often it is all that comes to a node. Holding the array keeps it unique.
    waiting: dict[int, tuple[float, Any]] = {}
    last: Any = None
    size = 0.0

    def observe(node: Node, i: int | None, g: Any) -> None:
        nonlocal last, size
        if i is None:
            known = waiting.get(id(g))
            nodes[node.index] = size = norm(g) if known is None else known[0]
            last = g
        elif g is last:
            edges[node.index, i] = size
            waiting[id(g)] = size, g
        elif callable(g):
            edges[node.index, i] = size if reads_once(node) else _norm_of_use(node, i, last, g)
        else:
            square = float(vdot(g, g))
            edges[node.index, i] = flow = sqrt(square) if 1e-24 < square < 1e30 else _careful(g, square)
            if len(waiting) > 64:
                waiting.clear()
            waiting[id(g)] = flow, g

    return observe


def _norm_of_use(node: Node, i: int, g: Any, contribution: Callable[[], Any]) -> float:
    """The norm of what one use contributes, of a matrix by way of its factors, of a table by the rows that are read."""
    pair = factors(node, i, g)
    if pair is not None:
        return norm_of_product(*pair, contribution)
    rows = rows_read(node, g)
    return norm(contribution() if rows is None else rows[1])


def norm_of_product(a: Any, b: Any, product: Callable[[], Any]) -> float:
    """The norm of ``a.T @ b``, if possible without computing it."""
    if len(a) == 1:
        return norm(a) * norm(b)
    square = _square_of_product(a, b)
    return norm(product()) if square < 0 else math.sqrt(square)


def _square_of_product(a: Any, b: Any) -> float:
    """The squared norm of ``a.T @ b`` from the products of their rows, or -1 where that would not be exact enough."""
    rows, (m, n) = len(a), (a.shape[1], b.shape[1])
    if rows * (m + n) > m * n or m * n < _SMALL:
        return -1.0
    a, b = a.astype(np.float64, copy=False), b.astype(np.float64, copy=False)
    of_a, of_b = (a @ a.T).reshape(-1), (b @ b.T).reshape(-1)
    square, alone = float(np.dot(of_a, of_b)), float(np.dot(of_a[:: rows + 1], of_b[:: rows + 1]))
    if alone == 0:
        return 0.0
    return square if 1e-280 < 1e-8 * alone < square < math.inf else -1.0


_SMALL = 8192
"""Products of fewer elements than this are computed sooner than they are avoided."""


def norm(g: Any) -> float:
    """The Euclidean norm, also where squares would overflow or vanish."""
    square = float(vdot(g, g))
    return sqrt(square) if 1e-24 < square < 1e30 else _careful(g, square)


def _careful(g: Any, square: float) -> float:
    """The norm where the square may have lost its digits."""
    if square == 0 and not count_nonzero(g):  # of a gradient that has vanished, half of all
        return 0.0
    g = g.astype(np.float64, copy=False)
    square = float(vdot(g, g))
    if 1e-280 < square < math.inf:
        return math.sqrt(square)
    largest = float(np.max(np.abs(g), initial=0.0))
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * math.sqrt(float(vdot(g / largest, g / largest)))
