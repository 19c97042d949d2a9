"""Lays out a view: a column for each time step, a row for each role, in time linear in what is shown.

From above to below a picture has, for each module that takes part in time, a band; above, below and between the bands
strips for what comes before the first step (on the left) and after the last (on the right); and below all a shelf for
the parameters. What a step looks like inside is the same in every column (`cell`); what stands beside the columns
flows from left to right or from above to below (`part`), and first states to their steps (`start`). From these the
`grid` has its columns and bands; then come the boxes, the `lines`, the `shelf`, and the `words`.
"""

from __future__ import annotations

from ..graph import Graph
from ..heat import add_heat
from ..layout import Area, Layout
from ..legend import add_legend
from ..scale import Scale
from ..view import View
from .grid import OUTER, Grid
from .lines import Lines
from .part import Part
from .shelf import add_shelf
from .start import Start
from .words import add_frames, add_gap_words

__all__ = ["arrange", "scale_of"]


def arrange(view: View, title: str = "") -> Layout:
    """Lay out a view."""
    nothing = Area(0, 0, 0, 0)
    layout = Layout(view, scale_of(view.graph) if view.graph.measured else None)
    layout.boxes, layout.stubs = [nothing] * len(view.boxes), [(nothing, [])] * len(view.stubs)
    grid = Grid(view)
    layout.columns = grid.columns
    lines = Lines(grid, layout.boxes)
    _put_steps(layout, grid)
    for part in grid.parts.values():
        _put(layout, part)
    for start in grid.starts:
        _move(start, layout, grid)
        _put(layout, start)
    layout.through = [lines.through(through) for through in view.through]
    add_gap_words(layout)
    foot = grid.foot
    if grid.columns:
        foot = add_heat(layout, grid.columns[0][0], grid.columns[-1][1], foot + 10.0)
    layout.width = max((area.right for area in layout.taken()), default=0.0) + OUTER
    shelf, foot = add_shelf(layout, grid, foot)
    for part in shelf:
        _put(layout, part)
    beside = {n: path for part in (*grid.parts.values(), *shelf) for n, path in part.lines().items()}
    layout.lines = [beside[n] if n in beside else lines.path(line) for n, line in enumerate(view.lines)]
    layout.attention = [lines.attention(attend) for attend in view.attention]
    add_frames(layout, grid)
    right, bottom = add_legend(layout, title, OUTER, foot + 20.0)
    furthest = max((x for path in layout.lines for x, _ in path), default=0.0)
    layout.width = max(layout.width, right + OUTER, furthest + OUTER)
    layout.height = max([bottom, *(area.bottom for area in layout.boxes)]) + OUTER
    return layout


def scale_of(graph: Graph) -> Scale | None:
    """The scale of all gradients of a graph, drawn or not."""
    norms = [flow for vertex in graph.vertices for flow in vertex.flows]
    outputs = [graph.vertices[k].norm for k in graph.outputs]
    return Scale.of(norms + outputs, max((x for x in outputs if x is not None), default=None))


def _put_steps(layout: Layout, grid: Grid) -> None:
    """The boxes of each step, and what stands for hidden ones."""
    for k, box in enumerate(layout.view.boxes):
        if box.where == "step":
            cell = grid.cells[box.band]
            layout.boxes[k] = grid.area_of_item(box.column, box.band, cell.number[box.role])
            for n in grid.stubs_of[k]:
                use = (box.role, layout.view.stubs[n].input)
                area = grid.area_of_item(box.column, box.band, cell.pill_items[use])
                path = grid.in_column(cell.placed.lines[cell.pill_edges[use]], box.column, box.band)
                layout.stubs[n] = (area, path)
        elif box.where == "gap":
            layout.boxes[k] = grid.step(box.column, box.band)


def _put(layout: Layout, group: Part | Start) -> None:
    for k, area in group.areas().items():
        layout.boxes[k] = area
    for n, stub in group.stubs().items():
        layout.stubs[n] = stub


def _move(start: Start, layout: Layout, grid: Grid) -> None:
    """To the height at which the state runs through time, or above what is there already."""
    known = grid.exit_y(start.state)
    middle = grid.floor(start.state[0]) - start.height / 2 if known is None else known
    start.x = grid.right if start.mirrored else grid.left - start.width
    start.y = middle - start.height / 2
    taken = [area.grown(4, 6) for area in layout.taken()]
    leads = [grid.way_in(line)[0][1] for line in layout.view.lines if line.kind == "lead"]
    while any(start.whole.meets(area) for area in taken) or any(abs(start.middle - y) < 6 for y in leads):
        start.y -= 4
