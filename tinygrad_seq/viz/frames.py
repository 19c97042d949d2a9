"""The backward pass in stops: which gradients are known at each, and which rules led to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..autograd import REGISTRY
from ..autograd.program import formula
from .graph import Graph, Vertex

__all__ = ["Frame", "Pull", "frames"]


@dataclass(frozen=True, slots=True)
class Pull:
    """One vector-Jacobian product.

    Attributes:
        vertex, input: the vertex whose gradient is passed on, and to which of its inputs.
        parent: the vertex that gets it.
        rule: the text of the rule, such as ``g * b``.
        norm, flow: the norms of the gradient that arrived and of what is passed on.
    """

    vertex: int
    input: int
    parent: int
    rule: str
    norm: float
    flow: float


@dataclass(frozen=True, slots=True)
class Frame:
    """What is known at a stop of the backward pass.

    Attributes:
        stop: its number; at stop 0 the gradients of the outputs are given.
        t: the time step that was passed, or None outside of time.
        pulls: what was computed since the stop before.
    """

    stop: int
    t: int | None
    pulls: tuple[Pull, ...]
    _reached: Sequence[int]

    @property
    def known(self) -> frozenset[int]:
        """The vertices whose gradient is complete: all their uses have passed on theirs."""
        return frozenset(v for v, stop in enumerate(self._reached) if 0 <= stop <= self.stop)

    @property
    def new(self) -> tuple[int, ...]:
        """Those of which this was not so at the stop before."""
        return tuple(v for v, stop in enumerate(self._reached) if stop == self.stop)


def frames(graph: Graph) -> list[Frame]:
    """The stops of the sweep, which goes from the newest vertex to the oldest and rests where the time step changes.

    At the last stop everything is known that gets a gradient at all. Without gradients there is no stop.
    """
    if not graph.measured:
        return []
    steps: list[tuple[int | None, list[Pull]]] = [(None, [])]
    reached = [-1 if v.norm is None else 0 for v in graph.vertices]
    rules: dict[tuple[str, int], str] = {}
    for v in reversed(graph.vertices):
        pulls = _pulls(v, rules)
        if pulls and (len(steps) == 1 or steps[-1][0] != v.t):
            steps.append((v.t, []))
        steps[-1][1].extend(pulls)
        for pull in pulls:
            reached[pull.parent] = len(steps) - 1
    return [Frame(stop, t, tuple(pulls), reached) for stop, (t, pulls) in enumerate(steps)]


def _pulls(v: Vertex, rules: dict[tuple[str, int], str]) -> list[Pull]:
    found: list[Pull] = []
    for i, (parent, flow) in enumerate(zip(v.parents, v.flows, strict=True)):
        if parent is None or flow is None or v.norm is None:
            continue
        if (v.op, i) not in rules:
            op = REGISTRY.get(v.op)
            rules[v.op, i] = "" if op is None else formula(op, i)
        found.append(Pull(v.id, i, parent, rules[v.op, i], v.norm, flow))
    return found
