"""From a graph to what is shown of it: its steps in columns or gaps, its boxes, and the lines between them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable

from .boxes import add_boxes
from .columns import choose_columns, heat_of, wanted_columns
from .edges import add_edges
from .graph import Graph
from .paths import Highlight
from .places import Places, State, place
from .view import Attend, Every, Gap, Masked, Step, Through, View

__all__ = ["show"]


def show(
    graph: Graph,
    *,
    columns: int = 12,
    focus: Iterable[int] = (),
    highlight: Highlight | None = None,
    rolled: bool = False,
    places: Places | None = None,
) -> View:
    """The view with at most ``columns`` time steps, of which ``focus`` and the ends of the highlight are some.

    With ``rolled`` all steps are in one column. ``places`` are those of the graph; by default all modules share one
    time axis.

    Raises:
        OptionError: if ``focus`` has a step that the graph has not, or ``columns`` is less than 1.
    """
    places = places or place(graph)
    wanted = wanted_columns(graph, places, focus, highlight)
    heat = heat_of(graph, places)
    chosen = choose_columns(places, columns, wanted, heat)
    if rolled and len(places.steps) > 1:
        chosen = [_every(places, axis) for axis in sorted(set(places.axes))]
    bands = list(zip(places.bands, places.reverse, strict=True))
    view = View(graph, highlight, len(places.steps), chosen, bands, places.axis)
    add_edges(view, places, add_boxes(view, places))
    view.through = _through(view)
    if not view.rolled:
        view.masked, view.attention = _masked(view), _attention(view, places)
    if any(isinstance(column, Gap) for column in chosen):
        view.heat = heat
    assert sum(column.count for column in view.columns) == view.steps
    return view


def _every(places: Places, axis: int) -> Every:
    steps = [t for t, a in zip(places.steps, places.axes, strict=True) if a == axis]
    return Every(steps[0], steps[-1], len(steps), axis)


def _masked(view: View) -> list[Masked]:
    """The steps that not all rows take; of several states the one that most take."""
    live: dict[tuple[int, int], tuple[int, int]] = {}
    for box in view.boxes:
        found = view.graph.vertices[box.vertex].live if box.vertex is not None and box.where == "step" else None
        if found is not None:
            live[box.column, box.band] = max(found, live.get((box.column, box.band), found))
    return [Masked(*place, rows) for place, rows in sorted(live.items()) if rows[0] < rows[1]]


def _attention(view: View, places: Places) -> list[Attend]:
    """From the highest encoder that has as many steps as there are weights; its steps are drawn by their state."""
    states: dict[int, int] = {}
    for band, role in places.rails.values():
        states[band] = max(role, states.get(band, role))
    drawn = {(box.band, box.role, view.columns[box.column]): k for k, box in enumerate(view.boxes) if box.column >= 0}
    found = []
    for k, box in enumerate(view.boxes):
        weights = view.graph.vertices[box.vertex].weights if box.vertex is not None and box.where == "step" else ()
        for band in sorted(states, reverse=True) if weights else ():
            axis = places.axis[band]
            steps = places.steps[bisect_left(places.axes, axis) : bisect_right(places.axes, axis)]
            if axis < places.axis[box.band] and len(steps) == len(weights):
                sources = [drawn.get((band, states[band], Step(t, axis))) for t in steps]
                ways = zip(sources, weights, strict=True)
                found += [Attend(source, k, weight) for source, weight in ways if source is not None]
                break
    return found


def _through(view: View) -> list[Through]:
    """The states that run on behind each gap, and by what factor their gradient changes."""
    marks: defaultdict[tuple[int, State], list[bool]] = defaultdict(lambda: [False, False])
    for line in view.lines:
        for end in (view.boxes[line.source], view.boxes[line.target]):
            if line.kind == "rail" and end.where == "gap":
                hot, strong = marks[end.column, view.carried(line)]
                marks[end.column, view.carried(line)] = [hot or line.hot, strong or line.strong]
    norms = {(box.column, (box.band, box.role)): box.norm for box in view.boxes if box.where == "step"}
    found = []
    for (column, state), (hot, strong) in marks.items():
        onward = -1 if view.mirrored(state) else 1
        before, after = norms.get((column - onward, state)), norms.get((column + onward, state))
        factor = before / after if before is not None and after else None
        found.append(Through(column, state, factor, hot, strong))
    return found
