"""A backward sweep that one can step through: what is known at which stop, and by which rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

import numpy as np

from ..autograd import Node, Tensor, ancestors, formula
from .find import roots
from .table import Table, filled

__all__ = ["Frames", "frames"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Frames(Table):
    """The stops of a backward sweep, one row for each node whose gradient gets known, in that order.

    Attributes:
        stop: the number of the stop, 0 first.
        t, path: the label that all nodes of a stop have.
        node: the creation index of the node.
        op, name: of the node.
        rule: what its gradient g becomes at each of its inputs.
        nodes: the nodes themselves.
    """

    columns: ClassVar[tuple[str, ...]] = ("stop", "t", "path", "node", "op", "name", "rule")

    stop: Array
    t: Array
    path: Array
    node: Array
    op: Array
    name: Array
    rule: Array
    nodes: tuple[Node, ...]

    @property
    def stops(self) -> int:
        """How many there are."""
        return int(self.stop[-1]) + 1

    def known(self, stop: int) -> list[int]:
        """The indices of the nodes whose gradient is known once a stop is done."""
        found: list[int] = self.node[self.stop <= stop].tolist()
        return found


def frames(output: Tensor | Sequence[Tensor]) -> Frames:
    """Group a backward sweep by time step: at each stop the gradients of one step of one module get known.

    A gradient is known once everything that uses the value has contributed, which for a weight is at the end. Between
    steps stands what has no step: losses, what is computed for all steps at once; the variables come last.

    Args:
        output: a Tensor, or several.

    >>> import numpy as np, tinygrad_seq as tg
    >>> _, h = tg.nn.RNN(2, 3)(np.ones((3, 1, 2), "float32"))
    >>> found = tg.flow.frames(np.sum(h))
    >>> [found.t[found.stop == k][0] for k in range(found.stops)]
    [None, 2, 1, 0, None, None]
    """
    ends = roots(output)
    reached = set(ends)
    order = []
    for node in reversed(ancestors(ends)):
        if node not in reached:
            continue
        order.append(node)
        for i, parent in enumerate(node.parents):
            ports = node.op.ports or node.op.variadic_ports(len(node.parents))
            if parent is not None and ports[i] is not None:
                reached.add(parent)
    rules: dict[Any, str] = {}
    rows = []
    for stop, (_, group) in enumerate(groupby(order, key=lambda node: (node.label.t, bool(node.parents)))):
        for node in group:
            if node.op not in rules:
                rules[node.op] = _rule(node)
            rows.append(
                (stop, node.label.t, node.label.path, node.index, node.op.name, node.name or "", rules[node.op])
            )
    return Frames(**filled(Frames, rows), nodes=tuple(order))


def _rule(node: Node) -> str:
    if not node.parents:
        return ""
    if node.op.variadic:
        return formula(node.op)
    parts = [(name, formula(node.op, i)) for i, name in enumerate(node.op.inputs)]
    return "; ".join(f"{name}: {text}" for name, text in parts if text != "0")
