"""Lays out a view: a column for each time step, a row for each role, in time linear in what is shown.

From above to below a picture has, for each module that takes part in time, a band; above, below and between the bands
strips for what comes before the first step (on the left) and after the last (on the right); and below all a shelf for
the parameters. What a step looks like inside is the same in every column (`cell`); what stands beside the columns
flows from left to right or from above to below (`part`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from .cell import Cell, Use
from .graph import Graph
from .heat import add_heat, heat_label_width
from .layered import Path, simplify
from .layout import (
    BOX_HEIGHT,
    PILL_HEIGHT,
    TRUNK,
    Area,
    Frame,
    FrameKind,
    Layout,
    Text,
    box_width,
    pill_width,
    text_width,
)
from .legend import add_legend
from .part import Part
from .places import State
from .scale import Scale
from .view import Every, Gap, Line, View, column_name

__all__ = ["arrange", "scale_of"]

PAD = 14.0  # inside a column, beside what is in it
BAND_PAD = 12.0  # inside a band, above and below
ATTENTION = -2
"""The input by which attention comes in, beside the inputs that a role has."""
ATTEND = 7.0  # between the ways of attention
LOOP = 15.0  # between the ways back to the next step, in a rolled picture
LABEL = 17.0  # for the name of a band
GAP_WIDTH = 84.0
OUTER = 28.0  # around the picture
PILL_STEP = 19.0  # between labels above each other
INIT_GAP = 16.0  # between a first state and what it is made of
BLOCK = 26.0  # between the columns and what is beside them


def arrange(view: View, title: str = "") -> Layout:
    """Lay out a view."""
    scale = scale_of(view.graph) if view.graph.measured else None
    return _Arranger(view, scale).run(title)


def scale_of(graph: Graph) -> Scale | None:
    """The scale of all gradients of a graph, drawn or not."""
    norms = [flow for vertex in graph.vertices for flow in vertex.flows]
    outputs = [graph.vertices[k].norm for k in graph.outputs]
    return Scale.of(norms + outputs, max((x for x in outputs if x is not None), default=None))


class _Arranger:
    """Sets sizes and borders first, then the boxes, then the lines between them."""

    def __init__(self, view: View, scale: Scale | None):
        self.view = view
        self.layout = Layout(view, scale)
        nothing = Area(0, 0, 0, 0)
        self.layout.boxes = [nothing] * len(view.boxes)
        self.layout.lines = [[] for _ in view.lines]
        self.layout.stubs = [(nothing, [])] * len(view.stubs)
        self.stubs_of: defaultdict[int, list[int]] = defaultdict(list)
        for n, stub in enumerate(view.stubs):
            self.stubs_of[stub.target].append(n)
        self.lines_into: defaultdict[int, list[int]] = defaultdict(list)
        for n, line in enumerate(view.lines):
            if line.kind in ("strip", "shelf"):
                self.lines_into[line.target].append(n)
        self.cells = [Cell(mirrored) for _, mirrored in view.bands]

    def run(self, title: str) -> Layout:
        """The steps in order; each needs what those before it have set."""
        self._cells()
        self._parts()
        self._horizontal()
        self._vertical()
        self._boxes_in_time()
        self._beside()
        self._lines()
        self._attention()
        self._through()
        self._gap_words()
        self._heat()
        self._shelf()
        self._frames()
        self._finish(title)
        return self.layout

    # What a step looks like inside.

    def _cells(self) -> None:
        view = self.view
        for k, box in enumerate(view.boxes):
            if box.where != "step":
                continue
            cell = self.cells[box.band]
            cell.widths[box.role] = max(box_width(box), cell.widths.get(box.role, 0.0))
            for n in self.stubs_of[k]:
                stub = view.stubs[n]
                key = (box.role, stub.input)
                cell.pills[key] = max(pill_width(stub.label), cell.pills.get(key, 0.0))
        for line in view.lines:
            source, target = view.boxes[line.source], view.boxes[line.target]
            if line.kind == "step":
                edges = self.cells[source.band].edges
                edges.setdefault((source.role, target.role, line.input), len(edges))
            elif line.kind == "bus":
                self.cells[target.band].south[target.role, line.input] = None
            elif line.kind == "collect":
                self.cells[source.band].east[source.role] = None
            elif line.kind in ("rail", "loop", "init", "lead", "cross"):
                band, role = line.state or (source.band, source.role)
                if line.kind != "lead" and role in self.cells[band].widths:
                    self.cells[band].east[role] = None
                if line.state is not None and target.where == "step" and line.state[0] == target.band:
                    self.cells[target.band].rails[line.state[1], target.role] = None
                if target.where == "step":
                    self._entry_side(line)[target.role, line.input] = None
        for attend in view.attention:
            target = view.boxes[attend.target]
            self.cells[target.band].west[target.role, ATTENTION] = None
        for cell in self.cells:
            cell.arrange()

    def _entry_side(self, line: Line) -> dict[Use, None]:
        """Whether a line comes to its target's cell from where time comes, or from the other side."""
        view = self.view
        target = view.boxes[line.target]
        cell = self.cells[target.band]
        if line.kind == "cross":
            from_left = view.bands[view.boxes[line.source].band][1]
        elif line.kind == "lead":
            from_left = True
        else:
            assert line.state is not None
            from_left = not view.bands[line.state[0]][1]
        return cell.west if from_left != cell.mirrored else cell.back

    def _entry(self, line: Line) -> Path:
        """The way of a line from the border of its target's cell, where it is in the cell."""
        target = self.view.boxes[line.target]
        cell = self.cells[target.band]
        paths = cell.placed.west if self._entry_side(line) is cell.west else cell.placed.back
        return paths[target.role, line.input]

    def _entry_path(self, line: Line) -> Path:
        target = self.view.boxes[line.target]
        return self._in_column(self._entry(line), target.column, target.band)

    # What stands beside the columns.

    def _parts(self) -> None:
        view = self.view
        ids: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        for k, box in enumerate(view.boxes):
            if box.where in ("before", "after"):
                ids[box.where, box.strip].append(k)
        enter: dict[int, None] = {}
        leave: dict[int, None] = {}
        for line in view.lines:
            if line.kind == "collect":
                enter[line.target] = None
            elif line.kind in ("bus", "lead"):
                leave[line.source] = None
        self.parts: dict[tuple[str, int], Part] = {}
        for (where, strip), members in sorted(ids.items()):
            ranks = max(view.boxes[k].rank for k in members) + 1
            falls = where == "after" and strip == len(view.bands) > 0 and ranks > 4
            ends = [k for k in members if k in enter], [k for k in members if k in leave]
            self.parts[where, strip] = Part(view, members, self.lines_into, self.stubs_of, *ends, falls)

    def _horizontal(self) -> None:
        """The columns and the space between them."""
        view = self.view
        self.trunk: dict[State, int] = {}
        self.lead: dict[int, int] = {}
        for line in view.lines:
            source = view.boxes[line.source]
            if line.kind == "lead":
                self.lead.setdefault(line.source, len(self.lead))
            elif line.kind in ("rail", "loop", "init", "cross", "collect"):
                state = line.state or (source.band, source.role)
                # A first state may have to make way for other boxes, and then its line bends.
                if state not in self.trunk and (line.kind == "init" or self._bends(line, state)):
                    self.trunk[state] = 0
        for mirrored in (False, True):
            for k, state in enumerate(
                self._in_order([s for s in sorted(self.trunk) if view.bands[s[0]][1] == mirrored])
            ):
                self.trunk[state] = k
        self.ways = [sum(view.bands[s[0]][1] == mirrored for s in self.trunk) for mirrored in (False, True)]
        rolled = any(isinstance(column, Every) for column in view.columns)
        self.gutter = 20.0 + TRUNK * (sum(self.ways) * (2 if rolled else 1) + bool(view.attention))
        inner = max((cell.placed.width for cell in self.cells), default=0.0) + 2 * PAD
        self.left = max([part.width for (where, _), part in self.parts.items() if where == "before"], default=0.0)
        widths: defaultdict[State, float] = defaultdict(float)
        for k, box in enumerate(view.boxes):
            if box.where == "init" and not view.bands[box.band][1]:
                widths[box.band, box.role] += self._init_width(k)
        self.left = max([self.left, heat_label_width(self.layout) - 10.0, *widths.values()])
        at = OUTER + self.left + (BLOCK if self.left else 0.0) + (TRUNK * len(self.lead))
        if not view.columns:
            at = OUTER
        elif not self.left:
            at += self.gutter
        else:
            at += self.gutter - 20.0
        axis = 0
        for column in view.columns:
            if column.axis != axis:
                at, axis = at + BLOCK, column.axis
            width = GAP_WIDTH if isinstance(column, Gap) else inner
            self.layout.columns.append((at, at + width))
            at += width + self.gutter
        self.right = at + (BLOCK - 20.0 if view.columns else 0.0)

    def _in_order(self, states: list[State]) -> list[State]:
        """The states from near to far from their step, so that none runs along what leaves the step after it.

        Where one leaves at the height, in its band, at which another goes into the next step, it must turn first.
        """
        enters: defaultdict[State, set[tuple[int, float]]] = defaultdict(set)
        for line in self.view.lines:
            target = self.view.boxes[line.target]
            if line.kind == "rail" and target.where == "step":
                assert line.state is not None
                enters[line.state].add((target.band, round(self._entry(line)[0][1])))
        leaves = {}
        for band, role in states:
            path = self.cells[band].placed.east.get(role)
            leaves[band, role] = None if path is None else (band, round(path[-1][1]))
        ordered: list[State] = []
        waiting = list(states)
        while waiting:
            first = next((s for s in waiting if not any(leaves[o] in enters[s] for o in waiting if o != s)), waiting[0])
            waiting.remove(first)
            ordered.append(first)
        return ordered

    def _bends(self, line: Line, state: State) -> bool:
        """Whether a line leaves the height at which its source does."""
        if line.kind in ("cross", "loop"):
            return True
        cell = self.cells[state[0]]
        if line.kind == "collect":
            target = self.view.boxes[line.target]
            return not (cell.is_on_top(state[1]) and target.strip == state[0] + 1)
        target = self.view.boxes[line.target]
        if target.where == "gap":
            return target.band != state[0]
        if target.where != "step":
            return False
        if state[1] not in cell.placed.east:
            return True
        entry, leave = self._entry(line)[0][1], cell.placed.east[state[1]][-1][1]
        return target.band != state[0] or abs(entry - leave) > 0.5

    def _vertical(self, compact: bool = True) -> None:
        """From the uppermost strip to the lowest: what is above what, and how high.

        With ``compact`` what comes after takes no room of its own above the columns but for the lines to it.
        """
        view = self.view
        at = OUTER + 40.0
        if view.columns:
            at += 24.0
        self.band_y = [(0.0, 0.0)] * len(view.bands)  # upper border of the inside, lower border
        self.returns: dict[int, float] = {}
        over, under = self._loops()
        self.attend_y: dict[int, float] = {}
        attending: defaultdict[int, list[int]] = defaultdict(list)
        for source, target in dict.fromkeys((view.boxes[a.source].band, a.target) for a in view.attention):
            attending[source].append(target)
        self.loop_y: dict[State, float] = {}
        self.header_y: dict[int, float] = {}
        for strip in reversed(range(len(view.bands) + 1)):
            axis = view.axis[strip - 1] if strip else -1
            if strip and axis not in self.header_y:
                # The columns of a time axis begin above its highest band.
                if self.header_y:
                    at += 30.0
                self.header_y[axis] = at - 24.0
            before, after = self.parts.get(("before", strip)), self.parts.get(("after", strip))
            at += 6.0
            if before:
                before.x = OUTER + self.left - before.width if view.columns else OUTER
                before.y = at + 16.0
                at += before.height + 30.0
            if after:
                for k in reversed(after.leaving):
                    at += TRUNK
                    self.returns[k] = at + 4.0
                at += 10.0 if after.leaving else 0.0
                after.x = self.right
                if after.falls:
                    after.y = at + 16.0 + after.rise
                    at += 24.0 + after.rise
                elif compact and after.entry and not after.leaving and view.bands:
                    # Only the lines to it need room above the columns.
                    first, last = after.entry
                    after.y = max(at + 12.0 - first, OUTER + 12.0)
                    at = after.y + last + 10.0
                else:
                    after.y = at + 16.0
                    at += after.height + 30.0
            if strip:
                cell = self.cells[strip - 1]
                for k in attending[strip - 1]:
                    self.attend_y[k] = at
                    at += ATTEND
                at += LABEL
                for state in over[strip - 1]:
                    at += LOOP
                    self.loop_y[state] = at - 5.0
                top = at
                at += cell.placed.height + 2 * BAND_PAD
                self.band_y[strip - 1] = (top, at)
                for state in under[strip - 1]:
                    at += LOOP
                    self.loop_y[state] = at
                at += 6.0 if under[strip - 1] else 0.0
        self.foot = at + 6.0
        if compact and self._crowded():
            self._vertical(compact=False)
        else:
            self._make_room()

    def _crowded(self) -> bool:
        """Whether something that comes after stands beside what else does."""
        after = [part for (where, _), part in self.parts.items() if where == "after"]
        spans = [
            (min([part.y - 30.0 - part.rise, *(self.returns[k] for k in part.leaving)]), part.y + part.height + 20.0)
            for part in after
        ]
        return any(
            high < other_low and other_high < low
            for k, (high, low) in enumerate(spans)
            for n, (other_high, other_low) in enumerate(spans)
            if k != n and not after[k].falls
        )

    def _loops(self) -> tuple[defaultdict[int, list[State]], defaultdict[int, list[State]]]:
        """For each band what comes back to its next step above it, and what below: whichever is nearer."""
        over: defaultdict[int, list[State]] = defaultdict(list)
        under: defaultdict[int, list[State]] = defaultdict(list)
        states = dict.fromkeys(line.state for line in self.view.lines if line.kind == "loop" and line.state is not None)
        for state in sorted(states, key=lambda state: self.trunk[state]):
            placed = self.cells[state[0]].placed
            high = placed.east[state[1]][-1][1] > placed.height / 2
            if high:
                over[state[0]].insert(0, state)  # what turns first is nearest
            else:
                under[state[0]].append(state)
        return over, under

    def _make_room(self) -> None:
        """A part that falls beside the bands stands to the right of the parts that it would meet."""
        view = self.view
        after = [part for (where, _), part in self.parts.items() if where == "after"]
        for falling in after:
            low = falling.y + falling.height + 20.0
            tops = [(part, min([part.y, *(self.returns[k] for k in part.leaving)])) for part in after]
            others = [part for part, top in tops if part is not falling and top < low]
            if falling.falls and others:
                falling.x = max(part.x + part.width + TRUNK * len(part.leaving) for part in others) + BLOCK
            right = [k for k, box in enumerate(view.boxes) if box.where == "init" and view.bands[box.band][1]]
            if falling.falls and right:
                falling.x = max(falling.x, self.right + sum(map(self._init_width, right)) + BLOCK)

    # Boxes.

    def _in_column(self, path: Path, column: int, band: int) -> Path:
        """A path inside a cell, where it is in the picture; its outer end goes on to the column's border."""
        left, right = self.layout.columns[column]
        cell = self.cells[band]
        shift, base = (left + right - cell.placed.width) / 2, self.band_y[band][1] - BAND_PAD
        return [(x + shift, base - y) for x, y in path]

    def _area_of_item(self, column: int, band: int, item: int) -> Area:
        cell = self.cells[band]
        ((x, y),) = self._in_column([cell.placed.centers[item]], column, band)
        width, height = cell.items[item].width, cell.items[item].height
        return Area(x - width / 2, y - height / 2, width, height)

    def _boxes_in_time(self) -> None:
        view, layout = self.view, self.layout
        for k, box in enumerate(view.boxes):
            if box.where == "step":
                cell = self.cells[box.band]
                layout.boxes[k] = self._area_of_item(box.column, box.band, cell.number[box.role])
                for n in self.stubs_of[k]:
                    key = (box.role, view.stubs[n].input)
                    area = self._area_of_item(box.column, box.band, cell.pill_items[key])
                    path = self._in_column(cell.placed.lines[cell.pill_edges[key]], box.column, box.band)
                    layout.stubs[n] = (area, path)
            elif box.where == "gap":
                left, right = layout.columns[box.column]
                top, bottom = self.band_y[box.band]
                layout.boxes[k] = Area(left, top, right - left, bottom - top)

    def _exit_y(self, state: State) -> float | None:
        """The height at which a state leaves its step; None if it is drawn in no step."""
        path = self.cells[state[0]].placed.east.get(state[1])
        return None if path is None else self.band_y[state[0]][1] - BAND_PAD - path[-1][1]

    def _beside(self) -> None:
        view = self.view
        for part in self.parts.values():
            self._put(part)
        states: defaultdict[State, list[int]] = defaultdict(list)
        for k, box in enumerate(view.boxes):
            if box.where == "init":
                states[box.band, box.role].append(k)
        for state, boxes in states.items():
            self._put_state(state, boxes)

    def _init_width(self, k: int) -> float:
        """What a first state's box takes, with its stubs and the line that leaves it."""
        stubs = [pill_width(self.view.stubs[n].label) + INIT_GAP for n in self.stubs_of[k]]
        return box_width(self.view.boxes[k]) + max(stubs, default=0.0) + (INIT_GAP if self.view.boxes[k].rank else 0.0)

    def _put_state(self, state: State, boxes: list[int]) -> None:
        """A first state at the height at which the state runs through time, and before it what it is made of."""
        view, layout = self.view, self.layout
        mirrored = view.bands[state[0]][1]
        width = sum(map(self._init_width, boxes))
        height = max([BOX_HEIGHT, *(PILL_STEP * len(self.stubs_of[k]) for k in boxes)])
        known = self._exit_y(state)
        y = self.band_y[state[0]][1] - BAND_PAD - height / 2 if known is None else known
        whole = Area(self.right if mirrored else OUTER + self.left - width, y - height / 2, width, height)
        taken = [Area(a.x - 4, a.y - 6, a.width + 8, a.height + 12) for a in layout.boxes if a.width]
        taken += [Area(a.x - 4, a.y - 6, a.width + 8, a.height + 12) for a, _ in layout.stubs if a.width]
        ways = [self._entry_path(line)[0][1] for line in view.lines if line.kind == "lead"]
        while any(whole.meets(area) for area in taken) or any(abs(whole.y + height / 2 - way) < 6 for way in ways):
            whole = Area(whole.x, whole.y - 4, width, height)
        middle = whole.y + height / 2
        away = whole.x if mirrored else whole.right  # where the box that is nearest to the steps begins
        sign = 1.0 if mirrored else -1.0
        for k in boxes:
            wide = box_width(view.boxes[k])
            away += sign * INIT_GAP if view.boxes[k].rank else 0.0
            layout.boxes[k] = Area(min(away, away + sign * wide), middle - BOX_HEIGHT / 2, wide, BOX_HEIGHT)
            away += sign * wide
            stubs = self.stubs_of[k]
            for j, n in enumerate(stubs):
                pill, start = pill_width(view.stubs[n].label), away + sign * INIT_GAP
                at = j - (len(stubs) - 1) / 2
                y, end = middle + PILL_STEP * at, middle + min(9.0, (BOX_HEIGHT - 8) / len(stubs)) * at
                area = Area(min(start, start + sign * pill), y - PILL_HEIGHT / 2, pill, PILL_HEIGHT)
                bend = away + sign * INIT_GAP / 2
                layout.stubs[n] = (area, simplify([(start, y), (bend, y), (bend, end), (away, end)]))

    def _put(self, part: Part) -> None:
        for k, area in part.areas().items():
            self.layout.boxes[k] = area
        for k, path in part.lines().items():
            self.layout.lines[k] = path
        for k, stub in part.stubs().items():
            self.layout.stubs[k] = stub

    # Lines between cells.

    def _trunk_x(self, state: State, column: int) -> float:
        """Where a state runs up or down after its column, in the direction of its time."""
        left, right = self.layout.columns[column]
        away = 10.0 + TRUNK * self.trunk.get(state, 0)
        return left - away if self.view.bands[state[0]][1] else right + away

    def _lines(self) -> None:
        layout = self.layout
        for n, line in enumerate(self.view.lines):
            if line.kind in ("strip", "shelf"):
                continue
            draw = {
                "step": self._step_line,
                "bus": self._bus_line,
                "lead": self._lead_line,
                "collect": self._collect_line,
                "loop": self._loop_line,
            }.get(line.kind, self._rail_line)
            layout.lines[n] = simplify(draw(line))

    def _step_line(self, line: Line) -> Path:
        source, target = self.view.boxes[line.source], self.view.boxes[line.target]
        cell = self.cells[source.band]
        edge = cell.edges[source.role, target.role, line.input]
        return self._in_column(cell.placed.lines[edge], source.column, source.band)

    def _rail_line(self, line: Line) -> Path:
        """From one step, or from a first state, to the next, or to another module in the same step."""
        view, boxes = self.view, self.layout.boxes
        source, target = view.boxes[line.source], view.boxes[line.target]
        state = line.state or (source.band, source.role)
        mirrored = view.bands[state[0]][1]
        if source.where == "step":
            path = self._in_column(self.cells[source.band].placed.east[source.role], source.column, source.band)
            trunk = self._trunk_x(state, source.column)
        else:
            area = boxes[line.source]
            leave = area.y + area.height / 2 if source.where == "init" else self._exit_y(state)
            y = area.y + 0.4 * area.height if leave is None else leave
            path = [(area.x if mirrored else area.right, y)]
            if target.where == "init":
                other = boxes[line.target]
                return [*path, (other.right if mirrored else other.x, y)]
            beside = target.column + (1 if mirrored else -1)
            inside = 0 <= beside < len(self.layout.columns)
            if inside:
                trunk = self._trunk_x(state, beside)
            else:
                left, right = self.layout.columns[target.column]
                away = self.gutter - 10.0 - TRUNK * self.trunk.get(state, 0)
                trunk = right + away if mirrored else left - away
        if target.where == "gap":
            area = boxes[line.target]
            leave = path[-1][1]
            y = leave if area.y < leave < area.bottom else area.y + 0.6 * area.height
            return [*path, (trunk, leave), (trunk, y), (area.right if mirrored else area.x, y)]
        entry = self._entry_path(line)
        return [*path, (trunk, path[-1][1]), (trunk, entry[0][1]), *entry]

    def _loop_line(self, line: Line) -> Path:
        """Round the step and in again, as into the next step."""
        source = self.view.boxes[line.source]
        assert line.state is not None
        mirrored, y = self.view.bands[line.state[0]][1], self.loop_y[line.state]
        path = self._in_column(self.cells[source.band].placed.east[source.role], source.column, source.band)
        entry = self._entry_path(line)
        left, right = self.layout.columns[source.column]
        away = 10.0 + TRUNK * self.trunk[line.state]
        beyond = away + TRUNK * self.ways[not mirrored]
        out, back = (left - away, right + beyond) if mirrored else (right + away, left - beyond)
        return [*path, (out, path[-1][1]), (out, y), (back, y), (back, entry[0][1]), *entry]

    def _attention(self) -> None:
        """Up from each step of the encoder, along over it, and into the step that attends to it."""
        view = self.view
        order = {target: n for n, target in enumerate(self.attend_y)}
        for attend in view.attention:
            source, target = view.boxes[attend.source], view.boxes[attend.target]
            left, right = self.layout.columns[source.column]
            x = (left + right) / 2 + 4.0 * (order[attend.target] - (len(order) - 1) / 2)
            top, y = self.band_y[source.band][0], self.attend_y[attend.target]
            entry = self._in_column(
                self.cells[target.band].placed.west[target.role, ATTENTION], target.column, target.band
            )
            trunk = self.layout.columns[target.column][0] - self.gutter + 10.0 + TRUNK * self.ways[False]
            self.layout.attention.append(simplify([(x, top), (x, y), (trunk, y), (trunk, entry[0][1]), *entry]))

    def _lead_line(self, line: Line) -> Path:
        source, target = self.view.boxes[line.source], self.view.boxes[line.target]
        part = self.parts["before", source.strip]
        path = part.way_out(line.source)
        entry = self._entry_path(line)
        x = self.layout.columns[target.column][0] - self.gutter - TRUNK * (self.lead[line.source] - 1)
        return [*path, (x, path[-1][1]), (x, entry[0][1]), *entry]

    def _bus_line(self, line: Line) -> Path:
        source, target = self.view.boxes[line.source], self.view.boxes[line.target]
        part = self.parts[source.where, source.strip]
        path = part.way_out(line.source)
        if source.where == "after":
            y = self.returns[line.source]
            path += [(path[-1][0], y)]
        entry = self._in_column(
            self.cells[target.band].placed.south[target.role, line.input], target.column, target.band
        )
        return [*path, (entry[0][0], path[-1][1]), *entry]

    def _collect_line(self, line: Line) -> Path:
        source, target = self.view.boxes[line.source], self.view.boxes[line.target]
        cell = self.cells[source.band]
        part = self.parts["after", target.strip]
        way = part.way_in(line.target)
        y = way[0][1]
        if cell.is_on_top(source.role) and target.strip == source.band + 1:
            area = self.layout.boxes[line.source]
            x = area.x + area.width / 2
            path = [(x, area.y), (x, y)]
        else:
            path = self._in_column(cell.placed.east[source.role], source.column, source.band)
            x = self._trunk_x((source.band, source.role), source.column)
            path += [(x, path[-1][1]), (x, y)]
        return [*path, *way]

    def _gap_words(self) -> None:
        """How many steps a gap hides, where no state runs through."""
        for k, box in enumerate(self.view.boxes):
            if box.where != "gap":
                continue
            area = self.layout.boxes[k]
            pairs = zip(self.view.through, self.layout.through, strict=True)
            ways = [
                path[0][1] for through, path in pairs if (through.column, through.state[0]) == (box.column, box.band)
            ]
            free = [(b - a, (a + b) / 2) for a, b in pairwise(sorted([area.y - 8, *ways, area.bottom]))]
            _, y = max(free)
            x = area.x + area.width / 2
            self.layout.texts.append(Text("gap", x, y - 1, box.sign, "middle"))
            self.layout.texts.append(Text("gapnote", x, y + 11, box.note, "middle"))

    def _through(self) -> None:
        for through in self.view.through:
            left, right = self.layout.columns[through.column]
            known = self._exit_y(through.state)
            y = sum(self.band_y[through.state[0]]) / 2 if known is None else known
            mirrored = self.view.bands[through.state[0]][1]
            self.layout.through.append([(right, y), (left, y)] if mirrored else [(left, y), (right, y)])
            if through.factor is not None:
                self.layout.texts.append(
                    Text("factor", (left + right) / 2, y - 5, f"gradient ×{through.factor:.2g}", "middle")
                )

    # What stands below, and behind.

    def _heat(self) -> None:
        if self.layout.columns:
            left, right = self.layout.columns[0][0], self.layout.columns[-1][1]
            self.foot = add_heat(self.layout, left, right, self.foot + 10.0)

    def _shelf(self) -> None:
        """The parameters, each with what is made of it before the first step, in rows as wide as the picture."""
        view = self.view
        members = [k for k, box in enumerate(view.boxes) if box.where == "shelf"]
        areas = [area for area in self.layout.boxes if area.width]
        areas += [area for area, _ in self.layout.stubs if area.width]
        self.layout.width = max([area.right for area in areas], default=0.0) + OUTER
        # Below the columns, but not below what falls beside them further down.
        low = [area for area in areas if area.bottom > self.foot]
        self.foot_right = max(min([area.x - BLOCK for area in low], default=self.layout.width - OUTER), OUTER + 700.0)
        if any(area.x < self.foot_right for area in low):
            self.foot, self.foot_right = max(area.bottom for area in low) + 6.0, self.layout.width - OUTER
        self.foot_right = max(self.foot_right, OUTER + 700.0)
        if not members:
            return
        top = self.foot + 16.0
        x, y, tall, widest = OUTER + 12.0, top + 26.0, 0.0, 0.0
        for ids in _components(members, ((line.source, line.target) for line in view.lines if line.kind == "shelf")):
            part = Part(view, ids, self.lines_into, self.stubs_of)
            if x > OUTER + 12 and x + part.width > self.foot_right - 12:
                x, y, tall = OUTER + 12.0, y + tall + 14.0, 0.0
            part.x, part.y = x, y
            self._put(part)
            x += part.width + 22.0
            tall = max(tall, part.height)
            widest = max(widest, x - 22.0 + 12.0)
        self.foot = y + tall + 12.0
        self.layout.frames.append(
            Frame("shelf", Area(OUTER, top, max(self.foot_right, widest) - OUTER, self.foot - top))
        )
        self.layout.texts.append(Text("heading", OUTER + 12, top + 17, "parameters"))

    def _frames(self) -> None:
        view, layout = self.view, self.layout
        frames: list[Frame] = []
        for (left, right), column in zip(layout.columns, view.columns, strict=True):
            top = self.header_y[column.axis]
            words = "⋯" if isinstance(column, Gap) else column_name(column)
            layout.texts.append(Text("step", (left + right) / 2, top + 17, words, "middle"))
            if not isinstance(column, Gap):
                low = max(low for axis, (_, low) in zip(view.axis, self.band_y, strict=True) if axis == column.axis)
                frames.append(Frame("column", Area(left, top, right - left, low + 6.0 - top)))
        for band, ((name, _), (top, low)) in enumerate(zip(view.bands, self.band_y, strict=True)):
            columns = self._columns_of(band)
            left, right = layout.columns[columns[0]][0] - 5, layout.columns[columns[-1]][1] + 5
            frames.append(Frame("module", Area(left, top, right - left, low - top)))
            above = min([y for (b, _), y in self.loop_y.items() if b == band and y < top], default=top)
            layout.texts.append(Text("module", left + 2, above - 5, name or "no module"))
        drawn = {(box.column, box.band) for box in view.boxes if box.where == "step"}
        for place, band in sorted(drawn):
            (left, right), (top, low) = layout.columns[place], self.band_y[band]
            frames.append(Frame("cell", Area(left, top, right - left, low - top)))
        for masked in view.masked:
            (left, right), (top, low) = layout.columns[masked.column], self.band_y[masked.band]
            kind: FrameKind = "partly" if masked.live[0] else "masked"
            frames.append(Frame(kind, Area(left, top, right - left, low - top)))
            words = f"{masked.live[0]} of {masked.live[1]} rows" if masked.live[0] else "no row"
            layout.texts.append(Text("factor", right - 4, top - 4, words, "end"))
        frames += self._groups()
        for (band, _), y in self.loop_y.items():
            left, right = layout.columns[self._columns_of(band)[0]]
            onward = "t − 1" if view.bands[band][1] else "t + 1"
            layout.texts.append(Text("factor", (left + right) / 2, y - 3.5, f"t → {onward}", "middle"))
        layout.frames = frames + layout.frames

    def _columns_of(self, band: int) -> list[int]:
        """The columns of a band's time axis."""
        return [k for k, column in enumerate(self.view.columns) if column.axis == self.view.axis[band]]

    def _groups(self) -> Iterable[Frame]:
        """Frames around neighbours in a strip that belong to one module, where no foreign box is in the way."""
        view, layout = self.view, self.layout
        labels: list[Area] = []
        for part in self.parts.values():
            runs: list[tuple[str, list[int]]] = []
            for k in sorted(part.boxes, key=lambda k: view.boxes[k].rank):
                vertex = view.boxes[k].vertex
                path = "" if vertex is None else view.graph.vertices[vertex].path
                if runs and runs[-1][0] == path:
                    runs[-1][1].append(k)
                else:
                    runs.append((path, [k]))
            for path, ids in runs:
                if not path:
                    continue
                areas = [layout.boxes[k] for k in ids]
                areas += [layout.stubs[n][0] for k in ids for n in self.stubs_of[k]]
                left, top = min(a.x for a in areas) - 5, min(a.y for a in areas) - 5
                area = Area(left, top, max(a.right for a in areas) + 5 - left, max(a.bottom for a in areas) + 5 - top)
                others = [layout.boxes[k] for k in part.boxes if k not in ids]
                if any(area.meets(other) for other in others):
                    continue
                yield Frame("group", area)
                width = text_width(path, 11, bold=True)
                x, y = (area.right + 5, area.y + area.height / 2 + 4) if part.falls else (area.x + 1, area.y - 4)
                words = Area(x, y - 10, width, 12)
                taken = [layout.boxes[k] for k in part.boxes] + [
                    layout.stubs[n][0] for k in part.boxes for n in self.stubs_of[k]
                ]
                if not any(words.meets(other) for other in taken + labels):
                    labels.append(words)
                    layout.texts.append(Text("module", x, y, path))
                    layout.width = max(layout.width, words.right + OUTER)

    def _finish(self, title: str) -> None:
        layout = self.layout
        right, bottom = add_legend(layout, title, OUTER, self.foot + 20.0)
        furthest = max((x for path in layout.lines for x, _ in path), default=0.0)
        layout.width = max(layout.width, right + OUTER, furthest + OUTER)
        layout.height = max([bottom, *(area.bottom for area in layout.boxes)]) + OUTER


def _components(members: list[int], pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The members that hang together, each group in order."""
    root = {k: k for k in members}

    def find(k: int) -> int:
        while root[k] != k:
            root[k] = root[root[k]]
            k = root[k]
        return k

    for a, b in pairs:
        a, b = find(a), find(b)
        root[max(a, b)] = min(a, b)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for k in members:
        groups[find(k)].append(k)
    return list(groups.values())
