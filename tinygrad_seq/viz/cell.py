"""The inside of one step of a band: laid out once, and repeated in every column."""

from __future__ import annotations

from .layered import Borders, Item, Path, Placed, layered
from .layout import BOX_HEIGHT, PILL_HEIGHT
from .rows import assign_rows

__all__ = ["Cell"]

Use = tuple[int, int]
"""A role, and the position of its input."""


class Cell:
    """The boxes of a step by role, the lines between them, and where lines cross its borders.

    Collect what the steps have between them, then `arrange`. Coordinates grow upwards from the lower border.

    Attributes:
        widths: of the box of each role.
        edges: (source role, target role, input), each with its number.
        pills: the width of the label at a use of something that stands elsewhere.
        rails: (state, the role of the next step that takes it).
        west, back: uses of what comes from the side where time comes from, and from the other side.
        east: roles whose value leaves to the side where time goes.
        south: uses of what comes from below.
    """

    def __init__(self, mirrored: bool):
        self.mirrored = mirrored
        self.widths: dict[int, float] = {}
        self.edges: dict[tuple[int, int, int], int] = {}
        self.pills: dict[Use, float] = {}
        self.rails: dict[tuple[int, int], None] = {}
        self.west: dict[Use, None] = {}
        self.back: dict[Use, None] = {}
        self.east: dict[int, None] = {}
        self.south: dict[Use, None] = {}
        self.items: list[Item] = []
        self.number: dict[int, int] = {}
        self.placed = Placed()

    def arrange(self) -> None:
        """Place everything."""
        roles = sorted(self.widths)
        number = self.number = {role: k for k, role in enumerate(roles)}
        edges = [(number[u], number[v]) for u, v, _ in self.edges]
        rails = [(number[s], number[d]) for s, d in self.rails if s in number and d in number]
        rows = assign_rows(len(roles), edges, rails, [number[role] for role, _ in self.south])
        raised = int(any(rows.row[number[role]] == 0 for role, _ in self.pills))
        places = zip(roles, rows.row, rows.pin, strict=True)
        items = [Item(self.widths[role], BOX_HEIGHT, row + raised, pin) for role, row, pin in places]
        self.pill_items = {use: len(items) + k for k, use in enumerate(self.pills)}
        self.pill_edges = {use: len(edges) + k for k, use in enumerate(self.pills)}
        for (role, _), width in self.pills.items():
            edges.append((len(items), number[role]))
            items.append(Item(width, PILL_HEIGHT, items[number[role]].row - 1))
        self.items = items
        borders = Borders(
            west=[(use, number[use[0]]) for use in self.west],
            back=[(use, number[use[0]]) for use in self.back],
            east=[(role, number[role]) for role in self.east],
            south=[(use, number[use[0]]) for use in self.south],
        )
        self.placed = layered(items, edges, borders)
        if self.mirrored:
            self._mirror()

    def _mirror(self) -> None:
        width, placed = self.placed.width, self.placed

        def flip(path: Path) -> Path:
            return [(width - x, y) for x, y in path]

        placed.centers = flip(placed.centers)
        placed.lines = [flip(path) for path in placed.lines]
        for paths in (placed.west, placed.back, placed.east, placed.south):
            for key in paths:
                paths[key] = flip(paths[key])

    def is_on_top(self, role: int) -> bool:
        """Whether nothing stands above a role."""
        return self.items[self.number[role]].row == max(item.row for item in self.items)
