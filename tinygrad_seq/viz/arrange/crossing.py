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
    between = [(view.axis[strip - 1], grid.parts["after", strip]) for strip in grid.between]
    for line in view.lines:
        y, axes, gaps = _passes(grid, line)
        spans = [(top - label, low) for (top, low), axis in zip(grid.bands, view.axis, strict=True) if axis in axes]
        spans += [(part.top - 30.0, part.bottom + 20.0) for axis, part in between if axis in gaps]
        above = line.kind == "bus" and y < grid.bands[view.boxes[line.target].band][1]  # it comes in from below
        if above or any(top < y < bottom for top, bottom in spans):
            return True
    return False


def _passes(grid: Grid, line: Line) -> tuple[float, range, range]:
    """At which height a line runs, and past the columns of which axes and what stands after which, none of its own."""
    view, last = grid.view, max(grid.view.axis)
    source, target = view.boxes[line.source], view.boxes[line.target]
    nothing = range(0)
    if line.kind == "collect":
        axis, near = view.axis[source.band], target.strip in grid.between
        at_end = source.column == grid.columns_of(source.band)[-1] and not view.mirrored(view.carried(line))
        end = axis if near else last
        return (
            grid.parts["after", target.strip].way_in(line.target)[0][1],
            range(axis + at_end, end + 1),
            range(axis, end),
        )
    if line.kind in ("bus", "lead"):
        axis, y = view.axis[target.band], grid.parts[source.where, source.strip].way_out(line.source)[-1][1]
        if source.where == "before":
            return y, range(axis), range(axis)
        return (
            (y, nothing, nothing) if source.strip in grid.between else (y, range(axis + 1, last + 1), range(axis, last))
        )
    if line.kind == "rail" and target.where == "step":
        return grid.way_in(line)[0][1], nothing, range(view.axis[view.carried(line)[0]], view.axis[target.band])
    return 0.0, nothing, nothing
