"""What stands together beside the columns, or on the shelf."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ..layered import Item, Path, layered
from ..layout import BOX_HEIGHT, PILL_HEIGHT, TRUNK, Area, box_width, pill_width
from ..view import View

__all__ = ["Part", "parts_of"]


class Part:
    """Boxes of one strip on one side, or of one group of parameters, from left to right or from above to below.

    Attributes:
        boxes: their numbers in the view.
        falls: it runs from above to below.
        x, y: the upper left corner, which is set from outside.
        width, height: of the whole.
        returns: of boxes from which lines go back to the columns above all else, at which height they do.
    """

    def __init__(
        self,
        view: View,
        boxes: Sequence[int],
        lines_into: Mapping[int, list[int]],
        stubs_of: Mapping[int, list[int]],
        enter: Iterable[int] = (),
        leave: Iterable[int] = (),
        falls: bool = False,
    ):
        """``enter`` and ``leave`` are the boxes to which and from which lines go in from and out to the columns."""
        self.boxes, self.falls = boxes, falls
        self.x = self.y = 0.0
        self.returns: dict[int, float] = {}
        self._items: list[Item] = []
        self._edges: list[tuple[int, int]] = []
        # A box has an odd row, so that its labels find room in the even one before.
        self._number = {k: self._add(box_width(view.boxes[k]), BOX_HEIGHT, 2 * view.boxes[k].rank + 1) for k in boxes}
        self._line_edge = {
            n: self._join(self._number[view.lines[n].source], self._number[k])
            for k in boxes
            for n in lines_into.get(k, ())
        }
        self._pills: dict[int, tuple[int, int]] = {}
        for k in boxes:
            for n in stubs_of.get(k, ()):
                pill = self._add(pill_width(view.stubs[n].label), PILL_HEIGHT, 2 * view.boxes[k].rank)
                self._pills[n] = (pill, self._join(pill, self._number[k]))
        last = max(item.row for item in self._items) + 1
        self._entries: dict[int, tuple[int, int]] = {}
        for k in enter:
            port = self._add(*self._turn(2.0, 0.0), -1)
            self._entries[k] = (port, self._join(port, self._number[k]))
        self._exits = {}
        for k in leave:
            port = self._add(*self._turn(2.0, 0.0), last)
            self._exits[k] = self._join(self._number[k], port)
        rows = {row: k for k, row in enumerate(sorted({item.row for item in self._items}))}
        self._items = [Item(item.width, item.height, rows[item.row]) for item in self._items]
        self._placed = layered(self._items, self._edges)
        self.width, self.height = self._turn(self._placed.width, self._placed.height)

    def _turn(self, x: float, y: float) -> tuple[float, float]:
        """Rows are laid out from below to above; here they run to the right, or down."""
        return (x, y) if self.falls else (y, x)

    def _add(self, width: float, height: float, row: int) -> int:
        self._items.append(Item(*self._turn(width, height), row))
        return len(self._items) - 1

    def _join(self, source: int, target: int) -> int:
        self._edges.append((source, target))
        return len(self._edges) - 1

    def _area(self, item: int) -> Area:
        x, y = self._turn(*self._placed.centers[item])
        width, height = self._turn(self._items[item].width, self._items[item].height)
        return Area(self.x + x - width / 2, self.y + y - height / 2, width, height)

    def _path(self, edge: int) -> Path:
        turned = [self._turn(*point) for point in self._placed.lines[edge]]
        return [(self.x + x, self.y + y) for x, y in turned]

    def areas(self) -> dict[int, Area]:
        """Where each box is."""
        return {k: self._area(item) for k, item in self._number.items()}

    def lines(self) -> dict[int, Path]:
        """Where each line between the boxes runs."""
        return {n: self._path(edge) for n, edge in self._line_edge.items()}

    def stubs(self) -> dict[int, tuple[Area, Path]]:
        """Where each stub is: its label and its line."""
        return {n: (self._area(item), self._path(edge)) for n, (item, edge) in self._pills.items()}

    def way_in(self, box: int) -> Path:
        """The path on which lines from the columns come to a box: from the left, each at a height of its own."""
        port, edge = self._entries[box]
        area, path = self._area(port), self._path(edge)
        y = area.y + area.height / 2
        if self.falls:
            # What goes further right passes above what goes down before it.
            y -= TRUNK * sorted(self._area(other).x for other, _ in self._entries.values()).index(area.x)
        return [(self.x, y), (path[0][0], y), *path]

    def way_out(self, box: int) -> Path:
        """The path on which lines to the columns leave a box, to the right."""
        path = self._path(self._exits[box])
        x, y = path[-1][0] + TRUNK * self.leaving.index(box), path[-1][1]
        return [*path, (x, y), (x, self.returns.get(box, y))]

    @property
    def top(self) -> float:
        """Above what is in it, and above the lines that go back from it."""
        return min([self.y, *self.returns.values()])

    @property
    def bottom(self) -> float:
        """The y of the lower border."""
        return self.y + self.height

    @property
    def entry(self) -> tuple[float, float] | None:
        """Between which heights below the upper border lines come in."""
        heights = [self.way_in(box)[0][1] - self.y for box in self._entries]
        return (min(heights), max(heights)) if heights else None

    @property
    def rise(self) -> float:
        """The height above the upper border that lines to the boxes need."""
        return TRUNK * (len(self._entries) - 1) if self.falls and self._entries else 0.0

    @property
    def leaving(self) -> list[int]:
        """The boxes from which lines leave, from above to below."""
        return sorted(self._exits, key=lambda k: self._path(self._exits[k])[-1][1])


def parts_of(
    view: View, lines_into: Mapping[int, list[int]], stubs_of: Mapping[int, list[int]]
) -> dict[tuple[str, int], Part]:
    """What stands before the columns, and after them, in each strip."""
    ids: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for k, box in enumerate(view.boxes):
        if box.where in ("before", "after"):
            ids[box.where, box.strip].append(k)
    enter = {line.target for line in view.lines if line.kind == "collect"}
    leave = {line.source for line in view.lines if line.kind in ("bus", "lead")}
    parts = {}
    for (where, strip), boxes in sorted(ids.items()):
        falls = where == "after" and strip == len(view.bands) > 0 and max(view.boxes[k].rank for k in boxes) > 3
        ends = [k for k in boxes if k in enter], [k for k in boxes if k in leave]
        parts[where, strip] = Part(view, boxes, lines_into, stubs_of, *ends, falls)
    return parts
