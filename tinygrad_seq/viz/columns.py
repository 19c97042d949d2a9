"""Which time steps a picture shows, and which it hides in gaps."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from ..errors import OptionError
from .graph import Graph
from .paths import Highlight
from .places import Places, State
from .view import Column, Gap, Heat, Step

__all__ = ["choose_columns", "heat_of", "wanted_columns"]


def wanted_columns(graph: Graph, places: Places, focus: Iterable[int], highlight: Highlight | None) -> set[int]:
    """The columns that must be shown, in any number."""
    wanted: set[int] = set()
    for t in focus:
        if t not in places.steps:
            known = f"{places.steps[0]} to {places.steps[-1]}" if places.steps else "none, for no node has a time step"
            raise OptionError(f"draw: got focus on step {t}; the steps are {known}")
        wanted.update(k for k, step in enumerate(places.steps) if step == t)
    if highlight is not None:
        ends = {*highlight.sources, highlight.target}
        begins = [child for child, i in highlight.edges if graph.vertices[child].parents[i] in highlight.sources]
        columns = {places.column[child] for child in begins}
        if len(columns) == 1 and all(places.column[source] < 0 for source in highlight.sources):
            ends |= set(begins)  # one use of what stands outside of time
        wanted |= {places.column[end] for end in ends} - {-1}
    return wanted


def choose_columns(places: Places, limit: int, wanted: set[int], heat: Iterable[Heat]) -> list[Column]:
    """Steps and gaps in order; a gap hides two steps at least.

    After what is wanted come the last step, the first one, the two between which the gradient changes most, and then
    what is next to the ends.
    """
    if limit < 1:
        raise OptionError(f"draw: got columns={limit}; need at least 1")
    steps, axes = places.steps, places.axes
    n = len(steps)
    ends = [k for k in range(n) if k in (0, n - 1) or axes[k - 1] != axes[k] or axes[k] != axes[k + 1]]
    shown = set(range(n)) if n <= limit else set(wanted)
    steepest = _steepest(heat)
    room = len(shown.union(ends, steepest)) <= limit
    candidates = [*reversed(ends), *(steepest if room else ())]
    candidates += [k for pair in zip(reversed(range(n)), range(n), strict=True) for k in pair]
    for k in candidates:
        if len(shown) >= min(limit, n):
            break
        shown.add(k)
    columns: list[Column] = []
    k = 0
    while k < n:
        stop = k
        while stop < n and stop not in shown and axes[stop] == axes[k]:
            stop += 1
        if stop - k > 1:
            columns.append(Gap(steps[k], steps[stop - 1], stop - k, axes[k]))
            k = stop
        else:
            columns.append(Step(steps[k], axes[k]))
            k += 1
    return columns


def heat_of(graph: Graph, places: Places) -> list[Heat]:
    """The gradient of every state that one step hands to the next, at all steps."""
    if not graph.measured:
        return []
    states = dict.fromkeys(sorted(set(places.rails.values())))
    norms: dict[State, list[float | None]] = {state: [None] * len(places.steps) for state in states}
    names: dict[State, str] = {}
    for v in graph.vertices:
        state = (places.band[v.id], places.role[v.id])
        if places.where[v.id] == "step" and state in norms:
            norms[state][places.column[v.id]] = v.norm
            names.setdefault(state, v.name or v.op)
    return [Heat(state, name, tuple(norms[state])) for state, name in sorted(names.items())]


def _steepest(heat: Iterable[Heat]) -> list[int]:
    """The two neighbouring steps between which the gradient of a state changes by the largest factor."""
    best, found = 0.0, list[int]()
    for row in heat:
        sizes = [math.log(x) if x and math.isfinite(x) else None for x in row.norms]
        for k, (a, b) in enumerate(pairwise(sizes)):
            if a is not None and b is not None and abs(a - b) > best:
                best, found = abs(a - b), [k, k + 1]
    return found
