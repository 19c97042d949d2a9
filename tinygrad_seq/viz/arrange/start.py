"""A first state, at the height at which it runs through time, and before it what it is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ..layered import Path, simplify
from ..layout import BOX_HEIGHT, PILL_HEIGHT, Area, box_width, pill_width
from ..places import State
from ..view import View

__all__ = ["Start", "starts_of"]

PILL_STEP = 19.0  # between labels above each other
GAP = 16.0  # between a box and what goes into it


class Start:
    """The boxes of a first state in a line, the last one nearest to the steps, each with its stubs.

    Attributes:
        state: which one.
        mirrored: time runs backwards in it, and it stands after the columns.
        x, y: the upper left corner, which is set from outside.
        width, height: of the whole.
    """

    def __init__(self, view: View, state: State, boxes: Sequence[int], stubs_of: Mapping[int, list[int]]):
        self.state, self.mirrored = state, view.mirrored(state)
        self.x = self.y = 0.0
        self._wide = {k: box_width(view.boxes[k]) for k in boxes}
        self._gap = {k: GAP if view.boxes[k].rank else 0.0 for k in boxes}
        self._pills = {k: {n: pill_width(view.stubs[n].label) for n in stubs_of.get(k, ())} for k in boxes}
        self.width = sum(
            self._wide[k] + max((pill + GAP for pill in self._pills[k].values()), default=0.0) + self._gap[k]
            for k in boxes
        )
        self.height = max([BOX_HEIGHT, *(PILL_STEP * len(pills) for pills in self._pills.values())])

    @property
    def whole(self) -> Area:
        """What all of it takes."""
        return Area(self.x, self.y, self.width, self.height)

    @property
    def middle(self) -> float:
        """The height at which the state leaves it."""
        return self.y + self.height / 2

    def areas(self) -> dict[int, Area]:
        """Where each box is."""
        found: dict[int, Area] = {}
        away, sign = (self.x, 1.0) if self.mirrored else (self.whole.right, -1.0)
        for k, wide in self._wide.items():
            away += sign * self._gap[k]
            found[k] = Area(min(away, away + sign * wide), self.middle - BOX_HEIGHT / 2, wide, BOX_HEIGHT)
            away += sign * wide
        return found

    def stubs(self) -> dict[int, tuple[Area, Path]]:
        """Where each stub is: its label and its line."""
        found: dict[int, tuple[Area, Path]] = {}
        for k, box in self.areas().items():
            away, sign = (box.right, 1.0) if self.mirrored else (box.x, -1.0)
            start, bend = away + sign * GAP, away + sign * GAP / 2
            pills = self._pills[k]
            for j, (n, pill) in enumerate(pills.items()):
                at = j - (len(pills) - 1) / 2
                y, end = self.middle + PILL_STEP * at, self.middle + min(9.0, (BOX_HEIGHT - 8) / len(pills)) * at
                area = Area(min(start, start + sign * pill), y - PILL_HEIGHT / 2, pill, PILL_HEIGHT)
                found[n] = (area, simplify([(start, y), (bend, y), (bend, end), (away, end)]))
        return found


def starts_of(view: View, stubs_of: Mapping[int, list[int]]) -> list[Start]:
    """All first states."""
    states: defaultdict[State, list[int]] = defaultdict(list)
    for k, box in enumerate(view.boxes):
        if box.where == "init":
            states[box.band, box.role].append(k)
    return [Start(view, state, boxes, stubs_of) for state, boxes in states.items()]
