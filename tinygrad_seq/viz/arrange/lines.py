"""The lines of a picture: from the border of one cell to that of another, round the step, and to what is beside."""

from __future__ import annotations

from collections.abc import Sequence

from ..layered import Path, simplify
from ..layout import TRUNK, Area
from ..view import Attend, Line, Through
from .cell import ATTENTION
from .grid import Grid

__all__ = ["Lines"]


class Lines:
    """Draws each line between boxes that have their places."""

    def __init__(self, grid: Grid, boxes: Sequence[Area]):
        self.grid, self.view, self.boxes = grid, grid.view, boxes
        self._order = {target: n for n, target in enumerate(grid.attend)}
        self._draw = {
            "bus": self._bus,
            "lead": self._lead,
            "collect": self._collect,
            "loop": self._loop,
        }

    def path(self, line: Line) -> Path:
        """A line that goes through a cell's border or lies within a cell."""
        if line.kind == "step":
            return self._step(line)
        return simplify(self._draw.get(line.kind, self._rail)(line))

    def _step(self, line: Line) -> Path:
        source, target = self.view.boxes[line.source], self.view.boxes[line.target]
        cell = self.grid.cells[source.band]
        edge = cell.edges[source.role, target.role, line.input]
        return self.grid.in_column(cell.placed.lines[edge], source.column, source.band)

    def _rail(self, line: Line) -> Path:
        """From one step, or from a first state, to the next, or to another module in the same step."""
        view, grid = self.view, self.grid
        source, target = view.boxes[line.source], view.boxes[line.target]
        state = view.carried(line)
        mirrored = view.mirrored(state)
        if source.where == "step":
            path, trunk = grid.way_out(source), grid.trunk_x(state, source.column)
        else:
            area = self.boxes[line.source]
            leave = area.y + area.height / 2 if source.where == "init" else grid.exit_y(state)
            y = area.y + 0.4 * area.height if leave is None else leave
            path = [(area.x if mirrored else area.right, y)]
            if target.where == "init":
                other = self.boxes[line.target]
                return [*path, (other.right if mirrored else other.x, y)]
            beside = target.column + (1 if mirrored else -1)
            if 0 <= beside < len(grid.columns):
                trunk = grid.trunk_x(state, beside)
            else:
                left, right = grid.columns[target.column]
                away = grid.gutter - 10.0 - TRUNK * grid.trunk.get(state, 0)
                trunk = right + away if mirrored else left - away
        leave = path[-1][1]
        if target.where == "gap":
            area = self.boxes[line.target]
            y = leave if area.y < leave < area.bottom else area.y + 0.6 * area.height
            entry = [(area.right if mirrored else area.x, y)]
        else:
            entry = grid.way_in(line)
        return _joined(path, trunk, entry)

    def _loop(self, line: Line) -> Path:
        """Round the step and in again, as into the next step."""
        view, grid = self.view, self.grid
        source, state = view.boxes[line.source], view.carried(line)
        mirrored, y = view.mirrored(state), grid.loop[state]
        path, entry = grid.way_out(source), grid.way_in(line)
        left, right = grid.columns[source.column]
        away = 10.0 + TRUNK * grid.trunk[state]
        beyond = away + TRUNK * grid.ways[not mirrored]
        out, back = (left - away, right + beyond) if mirrored else (right + away, left - beyond)
        return _joined(_joined(path, out, [(back, y)]), back, entry)

    def _lead(self, line: Line) -> Path:
        source, target = self.view.boxes[line.source], self.view.boxes[line.target]
        path = self.grid.parts["before", source.strip].way_out(line.source)
        x = self.grid.columns[target.column][0] - self.grid.gutter - TRUNK * (self.grid.lead[line.source] - 1)
        return _joined(path, x, self.grid.way_in(line))

    def _bus(self, line: Line) -> Path:
        source = self.view.boxes[line.source]
        path, entry = self.grid.parts[source.where, source.strip].way_out(line.source), self.grid.way_in(line)
        return _joined(path, entry[0][0], entry)

    def _collect(self, line: Line) -> Path:
        source, target = self.view.boxes[line.source], self.view.boxes[line.target]
        way = self.grid.parts["after", target.strip].way_in(line.target)
        if self.grid.cells[source.band].is_on_top(source.role) and target.strip == source.band + 1:
            area = self.boxes[line.source]
            x = area.x + area.width / 2
            return [(x, area.y), (x, way[0][1]), *way]
        return _joined(self.grid.way_out(source), self.grid.trunk_x(self.view.carried(line), source.column), way)

    def attention(self, attend: Attend) -> Path:
        """Up from a step of the encoder, along over it, and into the step that attends to it."""
        grid = self.grid
        source, target = self.view.boxes[attend.source], self.view.boxes[attend.target]
        left, right = grid.columns[source.column]
        # Beside what goes straight up from the middle.
        x = left + (right - left) / 4 + 4.0 * (self._order[attend.target] - (len(self._order) - 1) / 2)
        top, y = grid.bands[source.band][0], grid.attend[attend.target]
        entry = grid.way_to(target, "west", ATTENTION)
        trunk = grid.columns[target.column][0] - grid.gutter + 10.0 + TRUNK * grid.ways[False]
        return simplify(_joined([(x, top), (x, y)], trunk, entry))

    def through(self, through: Through) -> Path:
        """Behind a gap, in the direction of time."""
        left, right = self.grid.columns[through.column]
        known = self.grid.exit_y(through.state)
        y = sum(self.grid.bands[through.state[0]]) / 2 if known is None else known
        return [(right, y), (left, y)] if self.view.mirrored(through.state) else [(left, y), (right, y)]


def _joined(path: Path, x: float, onward: Path) -> Path:
    """From the end of a path straight up or down at ``x`` to the height at which another begins."""
    return [*path, (x, path[-1][1]), (x, onward[0][1]), *onward]
