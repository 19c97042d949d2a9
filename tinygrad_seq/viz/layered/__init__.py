"""Items in rows, and lines between them that cross little, bend little and go round what is in their way.

Layers after Sugiyama, Tagawa and Toda (1981), with what a time step needs: lines that fall, lines along a row,
and lines that come in or leave at the left and the right border. Coordinates grow to the right and upwards. The
time is linear in the number of lines, but for the sorting of each row.
"""

from __future__ import annotations

from collections.abc import Sequence

from .items import Borders, Item, Path, Placed, simplify
from .order import Ordered
from .routes import Routes

__all__ = ["Borders", "Item", "Path", "Placed", "layered", "simplify"]


def layered(items: Sequence[Item], edges: Sequence[tuple[int, int]], borders: Borders | None = None) -> Placed:
    """Place the items and route the edges, which are (source, target), and the lines that cross a border.

    >>> placed = layered([Item(40, 20, row=0), Item(40, 20, row=1), Item(40, 20, row=1)], [(0, 1), (0, 2)])
    >>> placed.centers
    [(46.0, 10.0), (20.0, 48.0), (72.0, 48.0)]
    """
    if not items:
        return Placed()
    return Routes(Ordered(items, edges, borders or Borders())).placed()
