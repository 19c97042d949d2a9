"""Whether the modules of several time axes can stand beside each other, or must stand above each other."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from ..view import Line

if TYPE_CHECKING:
    from .grid import Grid

__all__ = ["crossed"]


def crossed(grid: Grid, label: float) -> bool:
    """Whether a line from or to one axis would run through a band of another, or what comes before them would meet.

    ``label`` is the height of the name above a band.
    """
    view, last = grid.view, max(grid.view.axis)
    if any(view.axis[start.state[0]] != (last if start.mirrored else 0) for start in grid.starts):
        return True
    before = [part for (where, _), part in grid.parts.items() if where == "before"]
    if any(one.y < other.bottom + 20.0 and other.y < one.bottom + 20.0 for one, other in combinations(before, 2)):
        return True
    for line in view.lines:
        y, passed = _passes(grid, line)
        bands = [border for border, axis in zip(grid.bands, view.axis, strict=True) if axis in passed]
        above = line.kind == "bus" and y < grid.bands[view.boxes[line.target].band][1]  # it comes in from below
        if above or any(top - label < y < bottom for top, bottom in bands):
            return True
    return False


def _passes(grid: Grid, line: Line) -> tuple[float, range]:
    """At which height a line to or from what is beside the columns runs, and past which axes."""
    view, last = grid.view, max(grid.view.axis)
    source, target = view.boxes[line.source], view.boxes[line.target]
    if line.kind == "collect":
        axis = view.axis[source.band]
        at_end = source.column == grid.columns_of(source.band)[-1] and not view.mirrored(view.carried(line))
        return grid.parts["after", target.strip].way_in(line.target)[0][1], range(axis + at_end, last + 1)
    if line.kind in ("bus", "lead"):
        axis, part = view.axis[target.band], grid.parts[source.where, source.strip]
        passed = range(axis) if source.where == "before" else range(axis + 1, last + 1)
        return part.way_out(line.source)[-1][1], passed
    return 0.0, range(0)
