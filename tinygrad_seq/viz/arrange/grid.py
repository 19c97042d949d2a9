"""The columns, the bands across them, and the space between: where what a step has is in the picture."""

from __future__ import annotations

from collections import defaultdict

from ..heat import heat_label_width
from ..layered import Path
from ..layout import TRUNK, Area
from ..places import State
from ..view import Box, Every, Gap, Line, View
from .cell import Side, cells_of, side_of
from .crossing import crossed
from .part import parts_of
from .start import starts_of
from .trunks import trunks

__all__ = ["BLOCK", "OUTER", "Grid"]

OUTER = 28.0  # around the picture
BLOCK = 26.0  # between the columns and what is beside them
PAD = 14.0  # inside a column, beside what is in it
BAND_PAD = 12.0  # inside a band, above and below
GAP_WIDTH = 84.0
LABEL = 17.0  # for the name of a band
ATTEND = 7.0  # between the ways of attention
LOOP = 15.0  # between the ways back to the next step, in a rolled picture


class Grid:
    """Sets the columns from left to right, then the bands from above to below.

    Attributes:
        cells: what a step looks like inside, for each band.
        parts, starts: what stands beside the columns; those of after know their places, those of before and the first
            states where they are from left to right.
        trunk: how far from its step each state turns that leaves its height.
        lead: of what goes to the first step, in which order the lines turn.
        ways: how many states turn in each direction of time.
        columns: left and right border of each column.
        bands: upper and lower border of each band.
        header: where the columns of each time axis begin.
        loop, attend: the height at which states come back in a rolled picture, and at which attention comes to a box.
        left, right: where what is before the columns ends, and where what is after them begins.
        between: where what comes between the layers of an axis begins, if that is before the columns of the next.
        gutter: between two columns.
        foot: below all this.
    """

    def __init__(self, view: View):
        self.view = view
        self.stubs_of, self.lines_into = view.stubs_of(), view.lines_into()
        self.cells = cells_of(view, self.stubs_of)
        self.parts = parts_of(view, self.lines_into, self.stubs_of)
        self.starts = starts_of(view, self.stubs_of)
        self.trunk = trunks(view, self.cells)
        leads = dict.fromkeys(line.source for line in view.lines if line.kind == "lead")
        self.lead = {source: k for k, source in enumerate(leads)}
        looping = {view.carried(line) for line in view.lines if line.kind == "loop"}
        self._looping = sorted(looping, key=lambda state: self.trunk[state])
        self._attending: defaultdict[int, dict[int, None]] = defaultdict(dict)
        for attend in view.attention:
            self._attending[view.boxes[attend.source].band][attend.target] = None
        self.ways = [sum(view.mirrored(state) == mirrored for state in self.trunk) for mirrored in (False, True)]
        self._after = [part for (where, _), part in self.parts.items() if where == "after"]
        for beside in (True, False) if any(view.axis) else (False,):
            self._set_columns(beside)
            self._set_bands(beside, compact=True)
            if self._crowded():
                self._set_bands(beside, compact=False)
            if not (beside and (self._crowded() or crossed(self, LABEL))):
                break
        self._make_room()

    # From left to right.

    def _set_columns(self, beside: bool) -> None:
        """With ``beside`` what stands between the layers of an axis comes before the columns of the next."""
        view = self.view
        self.columns: list[tuple[float, float]] = []
        self.between: dict[int, float] = {}
        rolled = any(isinstance(column, Every) for column in view.columns)
        self.gutter = 20.0 + TRUNK * (sum(self.ways) * (2 if rolled else 1) + bool(view.attention))
        inner = max((cell.placed.width for cell in self.cells), default=0.0) + 2 * PAD
        widths = [part.width for (where, _), part in self.parts.items() if where == "before"]
        widths += [start.width for start in self.starts if not start.mirrored]
        widest = max([heat_label_width(view) - 10.0, *widths])
        self.left = OUTER + max(widest, 0.0)
        at = OUTER
        if view.columns:
            at = self.left + TRUNK * len(self.lead) + (BLOCK + self.gutter - 20.0 if widest > 0 else self.gutter)
        axis = 0
        for column in view.columns:
            if column.axis != axis:
                if beside:
                    at = self._set_between(axis, at)
                at, axis = at + BLOCK, column.axis
            width = GAP_WIDTH if isinstance(column, Gap) else inner
            self.columns.append((at, at + width))
            at += width + self.gutter
        self.right = at + (BLOCK - 20.0 if view.columns else 0.0)

    def _set_between(self, axis: int, at: float) -> float:
        bands = [band for band, own in enumerate(self.view.axis) if own == axis]
        parts = {band + 1: self.parts.get(("after", band + 1)) for band in bands[:-1]}
        room = [part.width + TRUNK * len(part.leaving) for part in parts.values() if part]
        self.between |= {strip: at + BLOCK - 20.0 for strip, part in parts.items() if part}
        return at + max(room) + BLOCK - 20.0 + self.gutter if room else at

    # From above to below.

    def _set_bands(self, beside: bool, compact: bool) -> None:
        """From the uppermost strip to the lowest: what is above what, and how high.

        With ``beside`` the bands of each time axis stand beside those of the others, otherwise above them. With
        ``compact`` what comes after takes no room of its own above the columns but for the lines to it.
        """
        view = self.view
        self.bands = [(0.0, 0.0)] * len(view.bands)
        self.header: dict[int, float] = {}
        self.loop: dict[State, float] = {}
        self.attend: dict[int, float] = {}
        at = OUTER + (64.0 if view.columns else 40.0)
        if beside:
            at = self._set_beside(at, compact)
        else:
            for strip in reversed(range(len(view.bands) + 1)):
                if strip and view.axis[strip - 1] not in self.header:
                    # The columns of a time axis begin above its highest band.
                    at += 30.0 if self.header else 0.0
                    self.header[view.axis[strip - 1]] = at - 24.0
                at = self._set_after(strip, self._set_before(strip, at + 6.0), compact)
                if strip:
                    at = self._set_band(strip - 1, self._set_attention(strip - 1, at))
        self.foot = at + 6.0

    def _set_beside(self, at: float, compact: bool) -> float:
        """What comes after an axis stands above all, what comes before it below all, and their lowest bands in a row.

        So the lines from and to other axes pass over the columns between, or under them.
        """
        axes = [[band for band, axis in enumerate(self.view.axis) if axis == k] for k in sorted(set(self.view.axis))]
        self.header = dict.fromkeys(self.view.axis, at - 24.0)
        at = self._set_before(len(self.view.bands), at + 6.0)
        above = [bands[-1] + 1 for bands in reversed(axes)]
        alone = sum(("after", strip) in self.parts for strip in above) < 2
        for strip in above:
            at = self._set_after(strip, at, compact and alone) + (6.0 if alone else 20.0)
        for bands in axes:
            for band in bands:
                at = self._set_attention(band, at)
        ends = [self._set_stack(bands, at, compact) for bands in axes]
        for bands, end in zip(axes, ends, strict=True):
            self._set_stack(bands, at + max(ends) - end, compact)
        at = max(ends)
        for bands in axes:
            at = self._set_before(bands[0], at + 6.0)
        return at

    def _set_stack(self, bands: list[int], at: float, compact: bool) -> float:
        """The bands of one axis above each other, and what stands between them."""
        for k, band in reversed(list(enumerate(bands))):
            if k + 1 < len(bands):
                room = compact and band + 1 not in self.between
                at = self._set_after(band + 1, self._set_before(bands[k + 1], at + 6.0), room)
            at = self._set_band(band, at)
        return at

    def _set_before(self, strip: int, at: float) -> float:
        part = self.parts.get(("before", strip))
        if part is None:
            return at
        part.x = self.left - part.width if self.view.columns else OUTER
        part.y = at + 16.0
        return at + part.height + 30.0

    def _set_after(self, strip: int, at: float, compact: bool) -> float:
        part = self.parts.get(("after", strip))
        if part is None:
            return at
        for k in reversed(part.leaving):
            at += TRUNK
            part.returns[k] = at + 4.0
        at += 10.0 if part.leaving else 0.0
        part.x = self.between.get(strip, self.right)
        if part.falls:
            part.y = at + 16.0 + part.rise
            return at + 24.0 + part.rise
        if compact and part.entry and not part.leaving and self.view.bands:
            # Only the lines to it need room above the columns.
            first, last = part.entry
            part.y = max(at + 12.0 - first, OUTER + 12.0)
            return part.y + last + 10.0
        part.y = at + 16.0
        return at + part.height + 30.0

    def _set_attention(self, band: int, at: float) -> float:
        for target in self._attending[band]:
            self.attend[target] = at
            at += ATTEND
        return at

    def _set_band(self, band: int, at: float) -> float:
        placed = self.cells[band].placed
        at += LABEL
        # What comes back to the next step does so above the band or below it, whichever is nearer.
        loops = [state for state in self._looping if state[0] == band]
        over = [state for state in loops if placed.east[state[1]][-1][1] > placed.height / 2]
        under = [state for state in loops if state not in over]
        for state in reversed(over):  # what turns first is nearest
            at += LOOP
            self.loop[state] = at - 5.0
        bottom = at + placed.height + 2 * BAND_PAD
        self.bands[band] = (at, bottom)
        for state in under:
            bottom += LOOP
            self.loop[state] = bottom
        return bottom + (6.0 if under else 0.0)

    def _crowded(self) -> bool:
        """Whether something that comes after stands beside what else does."""
        spans = [(part, min(part.top, part.y - 30.0 - part.rise), part.bottom + 20.0) for part in self._after]
        return any(
            not part.falls and other is not part and part.x == other.x and high < other_low and other_high < low
            for part, high, low in spans
            for other, other_high, other_low in spans
        )

    def _make_room(self) -> None:
        """A part that falls beside the bands stands to the right of the parts that it would meet."""
        first = [start.width for start in self.starts if start.mirrored]
        for part in self._after:
            if part.falls:
                beside = [p for p in self._after if p is not part and p.top < part.bottom + 20.0]
                ends = [p.x + p.width + TRUNK * len(p.leaving) for p in beside]
                ends += [self.right + sum(first)] if first else []
                part.x = max([part.x, *(end + BLOCK for end in ends)])

    # What a step has, where it is in the picture.

    def floor(self, band: int) -> float:
        """The height at which the boxes of a band begin."""
        return self.bands[band][1] - BAND_PAD

    def in_column(self, path: Path, column: int, band: int) -> Path:
        """A path inside a cell."""
        cell, (left, right), base = self.cells[band], self.columns[column], self.floor(band)
        width = cell.placed.width
        shift = (left + right - width) / 2
        return [(shift + (width - x if cell.mirrored else x), base - y) for x, y in path]

    def area_of_item(self, column: int, band: int, item: int) -> Area:
        """A box, or the label of a stub, by its number in the cell."""
        cell = self.cells[band]
        ((x, y),) = self.in_column([cell.placed.centers[item]], column, band)
        width, height = cell.items[item].width, cell.items[item].height
        return Area(x - width / 2, y - height / 2, width, height)

    def step(self, column: int, band: int) -> Area:
        """One step of a band."""
        return Area.between(self.columns[column][0], self.bands[band][0], self.columns[column][1], self.bands[band][1])

    def columns_of(self, band: int) -> list[int]:
        """The columns of a band's time axis."""
        return [k for k, column in enumerate(self.view.columns) if column.axis == self.view.axis[band]]

    def way_in(self, line: Line) -> Path:
        """A line that comes to a box in a step, from the border of its cell."""
        target = self.view.boxes[line.target]
        return self.way_to(target, side_of(self.view, line), line.input)

    def way_to(self, box: Box, side: Side, i: int) -> Path:
        """The way to an input of a box in a step, from the border of its cell."""
        return self.in_column(self.cells[box.band].way_in(side, (box.role, i)), box.column, box.band)

    def way_out(self, box: Box) -> Path:
        """The way from a box in a step to the border of its cell."""
        return self.in_column(self.cells[box.band].placed.east[box.role], box.column, box.band)

    def exit_y(self, state: State) -> float | None:
        """The height at which a state leaves its step; None if it is drawn in no step."""
        path = self.cells[state[0]].placed.east.get(state[1])
        return None if path is None else self.floor(state[0]) - path[-1][1]

    def trunk_x(self, state: State, column: int) -> float:
        """Where a state runs up or down after its column, in the direction of its time."""
        left, right = self.columns[column]
        away = 10.0 + TRUNK * self.trunk.get(state, 0)
        return left - away if self.view.mirrored(state) else right + away
