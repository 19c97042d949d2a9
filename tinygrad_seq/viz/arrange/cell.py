"""The inside of one step of a band: laid out once, and repeated in every column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ..layered import Borders, Item, Path, Placed, layered
from ..layout import BOX_HEIGHT, PILL_HEIGHT, box_width, pill_width
from ..rows import assign_rows
from ..view import Line, View

__all__ = ["ATTENTION", "Cell", "Side", "Use", "cells_of", "side_of"]

ATTENTION = -2
"""The input by which attention comes in, beside the inputs that a role has."""

Use = tuple[int, int]
"""A role, and the position of its input."""

Side = Literal["west", "back", "south"]
"""From where a line comes in: from where time comes, from the other side, or from below."""


class Cell:
    """The boxes of a step by role, the lines between them, and where lines cross its borders.

    Collect what the steps have between them, then `arrange`. Coordinates grow upwards from the lower border, and in the
    direction of time.

    Attributes:
        mirrored: this is to the left.
        widths: of the box of each role.
        edges: (source role, target role, input), each with its number.
        pills: the width of the label at a use of something that stands elsewhere.
        rails: (state, the role of the next step that takes it).
        enter: uses of what comes in, by side.
        east: roles whose value leaves to the side where time goes.
    """

    def __init__(self, mirrored: bool):
        self.mirrored = mirrored
        self.widths: dict[int, float] = {}
        self.edges: dict[tuple[int, int, int], int] = {}
        self.pills: dict[Use, float] = {}
        self.rails: dict[tuple[int, int], None] = {}
        self.enter: dict[Side, dict[Use, None]] = {"west": {}, "back": {}, "south": {}}
        self.east: dict[int, None] = {}
        self.items: list[Item] = []
        self.number: dict[int, int] = {}
        self.placed = Placed()

    def arrange(self) -> None:
        """Place everything."""
        roles = sorted(self.widths)
        number = self.number = {role: k for k, role in enumerate(roles)}
        edges = [(number[u], number[v]) for u, v, _ in self.edges]
        rails = [(number[s], number[d]) for s, d in self.rails if s in number and d in number]
        rows = assign_rows(len(roles), edges, rails, [number[role] for role, _ in self.enter["south"]])
        raised = int(any(rows.row[number[role]] == 0 for role, _ in self.pills))
        places = zip(roles, rows.row, rows.pin, strict=True)
        items = [Item(self.widths[role], BOX_HEIGHT, row + raised, pin) for role, row, pin in places]
        self.pill_items = {use: len(items) + k for k, use in enumerate(self.pills)}
        self.pill_edges = {use: len(edges) + k for k, use in enumerate(self.pills)}
        for (role, _), width in self.pills.items():
            edges.append((len(items), number[role]))
            items.append(Item(width, PILL_HEIGHT, items[number[role]].row - 1))
        self.items = items
        east = [(role, number[role]) for role in self.east]
        enter = {side: [(use, number[use[0]]) for use in uses] for side, uses in self.enter.items()}
        self.placed = layered(items, edges, Borders(east=east, **enter))

    def way_in(self, side: Side, use: Use) -> Path:
        """The path on which a line comes in, from the border."""
        placed = self.placed
        return {"west": placed.west, "back": placed.back, "south": placed.south}[side][use]

    def is_on_top(self, role: int) -> bool:
        """Whether nothing stands above a role."""
        return self.items[self.number[role]].row == max(item.row for item in self.items)


def cells_of(view: View, stubs_of: Mapping[int, list[int]]) -> list[Cell]:
    """The cell of each band, with all that its steps have."""
    cells = [Cell(mirrored) for _, mirrored in view.bands]
    for k, box in enumerate(view.boxes):
        if box.where != "step":
            continue
        cell = cells[box.band]
        cell.widths[box.role] = max(box_width(box), cell.widths.get(box.role, 0.0))
        for n in stubs_of.get(k, ()):
            key = (box.role, view.stubs[n].input)
            cell.pills[key] = max(pill_width(view.stubs[n].label), cell.pills.get(key, 0.0))
    for line in view.lines:
        source, target = view.boxes[line.source], view.boxes[line.target]
        if line.kind == "step":
            edges = cells[source.band].edges
            edges.setdefault((source.role, target.role, line.input), len(edges))
        elif line.kind not in ("strip", "shelf"):
            band, role = view.carried(line)
            if role in cells[band].widths:
                cells[band].east[role] = None
            if target.where == "step":
                cells[target.band].enter[side_of(view, line)][target.role, line.input] = None
                if line.state is not None and band == target.band:
                    cells[band].rails[role, target.role] = None
    for attend in view.attention:
        target = view.boxes[attend.target]
        cells[target.band].enter["west"][target.role, ATTENTION] = None
    for cell in cells:
        cell.arrange()
    return cells


def side_of(view: View, line: Line) -> Side:
    """From which side a line comes into its target's cell."""
    if line.kind == "bus":
        return "south"
    if line.kind == "lead":
        from_left = True
    else:
        # Within a step it comes from where time goes in the cell that it leaves, otherwise from where time comes.
        from_left = view.mirrored(view.carried(line)) == (line.kind == "cross")
    return "west" if from_left != view.bands[view.boxes[line.target].band][1] else "back"
