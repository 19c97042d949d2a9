"""What is put in rows: items and the lines between them, and where they end up."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

__all__ = ["Borders", "Item", "Path", "Placed", "simplify"]

Path = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Item:
    """A box to be placed: its size, its row, and where in the row it must be: -1 leftmost ... 1 rightmost."""

    width: float
    height: float
    row: int
    pin: float | None = None


@dataclass(frozen=True, slots=True)
class Borders:
    """Lines that cross a border, each with a key to find its path by, and its item.

    Attributes:
        west, back: that come in from the left and from the right.
        east: that leave to the right.
        south: that come from below.
    """

    west: Sequence[tuple[Hashable, int]] = ()
    back: Sequence[tuple[Hashable, int]] = ()
    east: Sequence[tuple[Hashable, int]] = ()
    south: Sequence[tuple[Hashable, int]] = ()


@dataclass(slots=True)
class Placed:
    """Where everything is.

    Attributes:
        width, height: of the whole; everything lies between (0, 0) and (width, height).
        centers: of each item.
        lines: the path of each edge.
        west, back: from the left and the right border to an item, by the keys that were given.
        east: from an item to the right border.
        south: from the bottom border up to an item.
    """

    width: float = 0.0
    height: float = 0.0
    centers: Path = field(default_factory=list)
    lines: list[Path] = field(default_factory=list)
    west: dict[Hashable, Path] = field(default_factory=dict)
    back: dict[Hashable, Path] = field(default_factory=dict)
    east: dict[Hashable, Path] = field(default_factory=dict)
    south: dict[Hashable, Path] = field(default_factory=dict)


def simplify(path: Path) -> Path:
    """The same path without points that repeat or lie on a straight line."""
    found: Path = []
    for point in path:
        if found and abs(point[0] - found[-1][0]) < 1e-6 and abs(point[1] - found[-1][1]) < 1e-6:
            continue
        if len(found) > 1:
            (x0, y0), (x1, y1), (x2, y2) = found[-2], found[-1], point
            if (x0 == x1 == x2 and (y1 - y0) * (y2 - y1) >= 0) or (y0 == y1 == y2 and (x1 - x0) * (x2 - x1) >= 0):
                found.pop()
        found.append(point)
    return found
