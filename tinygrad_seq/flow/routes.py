"""Paths through any graph whose vertices are numbered after their parents: how many, where, and the strongest."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Edge", "Routes", "routes"]

Edge = tuple[int, int]
"""The vertex where a value is used, and the position of the input."""

Parents = Sequence[Sequence[int | None]]
"""For each vertex the vertex of each input; None for a constant."""


@dataclass(frozen=True, slots=True)
class Routes:
    """What lies on a path from one of some sources to a target.

    Attributes:
        vertices, edges: those on any path; none if there is no path.
        count: how many paths there are.
        strongest: the edges, from the source on, of the path whose gains have the largest product; empty if
            every path has an edge of gain 0, or no gains were given.
        log_gain: the logarithm of that product, -inf if it is empty.
    """

    vertices: frozenset[int]
    edges: frozenset[Edge]
    count: int
    strongest: tuple[Edge, ...]
    log_gain: float


def routes(
    parents: Parents,
    sources: Collection[int],
    target: int,
    *,
    first: Collection[Edge] | None = None,
    closed: Collection[int] = (),
    through: Collection[int] | None = None,
    log_gain: Callable[[int, int], float] | None = None,
) -> Routes:
    """All paths from the sources to the target, in O(vertices + edges).

    Args:
        parents: the graph.
        sources: where paths begin; a path may lead through another source.
        target: where they end.
        first: if given, the edges with which a path may leave a source.
        closed: vertices that a path may not pass; it may begin or end there.
        through: if given, each path has to pass one of these vertices on its way.
        log_gain: the logarithm of the gain of an edge.
    """
    if through is not None:
        return _through(parents, frozenset(sources), target, first, closed, frozenset(through), log_gain)
    starts, shut = frozenset(sources), frozenset(closed)
    allowed = None if first is None else frozenset(first)
    low = min(starts, default=target)
    last_use = _leading_to(parents, starts, target, allowed, shut, low)
    counts: dict[int, int] = {}
    best: dict[int, float] = {}
    step: dict[int, Edge] = {}
    edges: list[Edge] = []
    for v in range(low, target + 1):
        if v not in last_use:
            continue
        ways, gain = (1, 0.0) if v in starts else (0, -math.inf)
        if v not in shut or v == target:
            for i, p in enumerate(parents[v]):
                if p in counts and (allowed is None or p not in starts or (v, i) in allowed):
                    ways += counts[p]
                    edges.append((v, i))
                    if log_gain is not None and best[p] > -math.inf:
                        found = best[p] + log_gain(v, i)
                        if found > gain:
                            gain, step[v] = found, (p, i)
            for p in parents[v]:
                if p in counts and last_use[p] == v:
                    counts[p] = 1  # it is not needed any more, and has more digits than there are steps
        if ways:
            counts[v], best[v] = ways, gain
    if target not in counts:
        return Routes(frozenset(), frozenset(), 0, (), -math.inf)
    strongest: list[Edge] = []
    at = target
    if log_gain is not None and best[target] > -math.inf:
        while at in step:
            below, i = step[at]
            strongest.append((at, i))
            at = below
    gain = best[target] if log_gain is not None else -math.inf
    return Routes(frozenset(counts), frozenset(edges), counts[target], tuple(reversed(strongest)), gain)


def _leading_to(
    parents: Parents,
    starts: frozenset[int],
    target: int,
    allowed: frozenset[Edge] | None,
    shut: frozenset[int],
    low: int,
) -> dict[int, int]:
    """The vertices above ``low`` from which the target can be reached, each with its last user that leads there."""
    last_use = {target: target + 1}
    for v in range(target, low - 1, -1):
        if v not in last_use or (v in shut and v != target):
            continue
        for i, p in enumerate(parents[v]):
            if p is None or p < low or p in last_use or (p in shut and p not in starts):
                continue
            if allowed is None or p not in starts or (v, i) in allowed:
                last_use[p] = v
    return last_use


def _through(
    parents: Parents,
    starts: frozenset[int],
    target: int,
    first: Collection[Edge] | None,
    closed: Collection[int],
    gates: frozenset[int],
    log_gain: Callable[[int, int], float] | None,
) -> Routes:
    """Every vertex stands there twice: 2 v for paths that have passed no gate so far, 2 v + 1 for the others."""
    doubled: list[list[int | None]] = []
    for v, inputs in enumerate(parents[: target + 1]):
        before: list[int | None] = [None if p is None else 2 * p for p in inputs]
        after = [None if p is None else 2 * p + 1 for p in inputs]
        gate = v in gates and v != target
        doubled += [[None] * len(inputs), before + after] if gate else [before, after]
    again: list[Edge] = []
    for v, i in first or ():
        again += [(2 * v, i), (2 * v + 1, i), (2 * v + 1, i + len(parents[v]))]
    found = routes(
        doubled,
        {2 * v for v in starts},
        2 * target + 1,
        first=None if first is None else again,
        closed={2 * v + k for v in closed for k in (0, 1)},
        log_gain=None if log_gain is None else lambda v, i: log_gain(v // 2, i % len(parents[v // 2])),
    )

    def once(edges: Iterable[Edge]) -> list[Edge]:
        return [(v // 2, i % len(parents[v // 2])) for v, i in edges]

    return Routes(
        frozenset(v // 2 for v in found.vertices),
        frozenset(once(found.edges)),
        found.count,
        tuple(once(found.strongest)),
        found.log_gain,
    )
