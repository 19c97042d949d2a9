"""Which time steps a picture shows, and which it hides in gaps."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import OptionError
from .graph import Graph
from .paths import Highlight
from .places import Places
from .view import Column, Gap, Step

__all__ = ["choose_columns", "wanted_columns"]


def wanted_columns(graph: Graph, places: Places, focus: Iterable[int], highlight: Highlight | None) -> set[int]:
    """The columns that must be shown."""
    wanted = set()
    for t in focus:
        if t not in places.steps:
            known = f"{places.steps[0]} to {places.steps[-1]}" if places.steps else "none, for no node has a time step"
            raise OptionError(f"draw: got focus on step {t}; the steps are {known}")
        wanted.add(places.steps.index(t))
    if highlight is not None:
        ends = {*highlight.sources, highlight.target}
        begins = [child for child, i in highlight.edges if graph.vertices[child].parents[i] in highlight.sources]
        columns = {places.column[child] for child in begins}
        if len(columns) == 1 and all(places.column[source] < 0 for source in highlight.sources):
            ends |= set(begins)  # one use of what stands outside of time
        wanted |= {places.column[end] for end in ends} - {-1}
    return wanted


def choose_columns(steps: list[int], limit: int, wanted: set[int]) -> list[Column]:
    """Steps and gaps in order; a gap hides two steps at least."""
    if limit < 1:
        raise OptionError(f"draw: got columns={limit}; need at least 1")
    n = len(steps)
    shown = set(range(n)) if n <= limit else set(wanted)
    left, right = 0, n - 1
    while len(shown) < min(limit, n):
        shown.add(right)
        if len(shown) < limit:
            shown.add(left)
        left, right = left + 1, right - 1
    columns: list[Column] = []
    k = 0
    while k < n:
        stop = k
        while stop < n and stop not in shown:
            stop += 1
        if stop - k > 1:
            columns.append(Gap(steps[k], steps[stop - 1], stop - k))
            k = stop
        else:
            columns.append(Step(steps[k]))
            k += 1
    return columns
