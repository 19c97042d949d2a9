"""Which gate each row of a product belongs to, found by following its parts to what has a name."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..autograd import Node

__all__ = ["Block", "blocks"]

Block = tuple[str, int, int]
"""A name, and the range of the last axis that flows there."""

_FAR = 12
"""How many operations may lie between a product and the gate that it flows to."""


def blocks(product: Node, users: dict[Node, list[tuple[Node, int]]]) -> list[Block]:
    """The last axis of a product, cut by the named values that its parts flow to; "" where there is none.

    A part that reaches several names at once has all of them, joined by "+".
    """
    width = product.shape[-1] if product.shape else 1
    found: set[Block] = set()
    seen = {(product, 0, width)}
    waiting = [(product, 0, width, 0)]
    while waiting:
        node, low, high, far = waiting.pop()
        if node.name:
            found.add((node.name, low, high))
            continue
        if far == _FAR:
            continue
        for user, i in users.get(node, ()):
            part = _flows(user, i, node)
            if part is not None and (user, low + part[0], low + part[1]) not in seen:
                seen.add((user, low + part[0], low + part[1]))
                waiting.append((user, low + part[0], low + part[1], far + 1))
    cuts = sorted({0, width, *(low for _, low, _ in found), *(high for _, _, high in found)})
    pieces: list[Block] = []
    for low, high in pairwise(cuts):
        name = "+".join(sorted(name for name, start, stop in found if start <= low and high <= stop))
        if pieces and pieces[-1][0] == name:
            low = pieces.pop()[1]
        pieces.append((name, low, high))
    return pieces


def _flows(user: Node, i: int, node: Node) -> tuple[int, int] | None:
    """The range of the last axis that a user passes on, element by element; None if it mixes them."""
    width = node.shape[-1] if node.shape else 1
    if user.op.name == "getitem":
        return _last_range(user.attrs[0], node.shape)
    passes = user.op.kind == "elementwise" or (user.op.name == "linear" and i == 2) or user.op.name == "standardize"
    return (0, width) if passes and user.shape and user.shape[-1] == width else None


def _last_range(index: Any, shape: tuple[int, ...]) -> tuple[int, int] | None:
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(part, np.ndarray) or part is None for part in parts):
        return None
    if Ellipsis in parts:
        last = parts[-1]
    elif len(parts) < len(shape):
        last = slice(None)
    else:
        last = parts[-1]
    if last is Ellipsis:
        last = slice(None)
    if not isinstance(last, slice):
        return None
    start, stop, step = last.indices(shape[-1])
    return (start, stop) if step == 1 else None
