"""Between two columns: which states run up or down there, and in which order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ..places import State
from ..view import Line, View
from .cell import Cell, side_of

__all__ = ["trunks"]


def trunks(view: View, cells: Sequence[Cell]) -> dict[State, int]:
    """The states that leave the height at which they come out of their step, and how far from it each turns."""
    bent: set[State] = set()
    for line in view.lines:
        # A first state may have to make way for other boxes, and then its line bends.
        if line.kind == "init" or (line.kind in ("rail", "loop", "cross", "collect") and _bends(view, cells, line)):
            bent.add(view.carried(line))
    found: dict[State, int] = {}
    for mirrored in (False, True):
        states = [state for state in sorted(bent) if view.mirrored(state) == mirrored]
        found |= {state: k for k, state in enumerate(_in_order(view, cells, states))}
    return found


def _height_in(view: View, cells: Sequence[Cell], line: Line) -> float:
    """The height at which a line comes into its target's cell."""
    target = view.boxes[line.target]
    return cells[target.band].way_in(side_of(view, line), (target.role, line.input))[0][1]


def _bends(view: View, cells: Sequence[Cell], line: Line) -> bool:
    """Whether a line leaves the height at which its source does."""
    if line.kind in ("cross", "loop"):
        return True
    band, role = view.carried(line)
    cell, target = cells[band], view.boxes[line.target]
    if line.kind == "collect":
        return not (cell.is_on_top(role) and target.strip == band + 1)
    if target.where == "gap":
        return target.band != band
    if target.where != "step":
        return False
    if role not in cell.placed.east:
        return True
    return target.band != band or abs(_height_in(view, cells, line) - cell.placed.east[role][-1][1]) > 0.5


def _in_order(view: View, cells: Sequence[Cell], states: Sequence[State]) -> list[State]:
    """The states from near to far from their step, so that none runs along what leaves the step after it.

    Where one leaves at the height, in its band, at which another goes into the next step, it must turn first.
    """
    enters: defaultdict[State, set[tuple[int, float]]] = defaultdict(set)
    for line in view.lines:
        target = view.boxes[line.target]
        if line.kind == "rail" and target.where == "step":
            enters[view.carried(line)].add((target.band, round(_height_in(view, cells, line))))
    leaves = {}
    for band, role in states:
        path = cells[band].placed.east.get(role)
        leaves[band, role] = None if path is None else (band, round(path[-1][1]))
    ordered: list[State] = []
    waiting = list(states)
    while waiting:
        first = next((s for s in waiting if not any(leaves[o] in enters[s] for o in waiting if o != s)), waiting[0])
        waiting.remove(first)
        ordered.append(first)
    return ordered
