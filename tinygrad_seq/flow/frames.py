"""A backward sweep that one can step through: what is known at which stop, and by which rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..autograd import Node, Tensor, ancestors, formula
from .find import roots
from .table import Table, filled

__all__ = ["Frames", "frames"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Frames(Table):
    """The stops of a backward sweep, and for each node that gets a gradient the one at which it is complete.

    Attributes:
        stop: the number of that stop; at stop 0 the gradients of the outputs are given.
        t, path: the label of the node.
        node: its creation index; the rows are in the order of the sweep, from the newest node to the oldest.
        op, name: of the node.
        rule: what its gradient g becomes at each of its inputs.
        nodes: the nodes themselves.
        steps: the time step that is passed at each stop; None outside of time, and at stop 0.
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
    steps: tuple[int | None, ...]

    @property
    def stops(self) -> int:
        """How many there are."""
        return len(self.steps)

    def known(self, stop: int) -> list[int]:
        """The indices of the nodes whose gradient is complete once a stop is done, and of no others."""
        found: list[int] = self.node[self.stop <= stop].tolist()
        return found


def frames(output: Tensor | Sequence[Tensor]) -> Frames:
    """Let a backward sweep rest where the time step changes: what is known there, as a picture's own stops show it.

    A gradient is complete once everything that uses the value has contributed: for a state when the sweep is about to
    pass its step, for a weight after the first step of its layer. Between steps stands what has no step: losses, what
    is computed for all steps at once.

    Args:
        output: a Tensor, or several.

    >>> import numpy as np, tinygrad_seq as tg
    >>> _, h = tg.nn.RNN(2, 3)(np.ones((3, 1, 2), "float32"))
    >>> found = tg.flow.frames(np.sum(h))
    >>> found.steps
    (None, None, 2, 1, 0, None)
    """
    ends = roots(output)
    complete = dict.fromkeys(ends, 0)
    order: list[Node] = []
    steps: list[int | None] = [None]
    for node in reversed(ancestors(ends)):
        if node not in complete:
            continue
        order.append(node)
        if not node.parents:
            continue
        ports = node.op.ports or node.op.variadic_ports(len(node.parents))
        inputs = [parent for i, parent in enumerate(node.parents) if parent is not None and ports[i] is not None]
        if inputs and (len(steps) == 1 or steps[-1] != node.label.t):
            steps.append(node.label.t)
        for parent in inputs:
            complete[parent] = len(steps) - 1
    rules: dict[Any, str] = {}
    rows = []
    for node in order:
        rule = rules.get(node.op) or rules.setdefault(node.op, _rule(node))
        label = node.label
        rows.append((complete[node], label.t, label.path, node.index, node.op.name, node.name or "", rule))
    return Frames(**filled(Frames, rows), nodes=tuple(order), steps=tuple(steps))


def _rule(node: Node) -> str:
    if not node.parents:
        return ""
    if node.op.variadic:
        return formula(node.op)
    parts = [(name, formula(node.op, i)) for i, name in enumerate(node.op.inputs)]
    return "; ".join(f"{name}: {text}" for name, text in parts if text != "0")
