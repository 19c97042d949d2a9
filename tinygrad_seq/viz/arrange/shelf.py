"""The parameters, each with what is made of it before the first step, in rows as wide as the picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..layout import Area, Frame, Layout, Text
from .grid import BLOCK, OUTER, Grid
from .part import Part

__all__ = ["add_shelf"]

PAD = 12.0  # inside the shelf
BETWEEN = 22.0  # what is beside each other
LEAST = 700.0  # how wide it may be in any picture


def add_shelf(layout: Layout, grid: Grid, foot: float) -> tuple[list[Part], float]:
    """Put the shelf below ``foot``, but beside what falls further down; returns what is on it, and where it ends."""
    view = layout.view
    members = [k for k, box in enumerate(view.boxes) if box.where == "shelf"]
    taken = layout.taken()
    furthest = max((area.right for area in taken), default=0.0)
    low = [area for area in taken if area.bottom > foot]
    right = max(min([area.x - BLOCK for area in low], default=furthest), OUTER + LEAST)
    if any(area.x < right for area in low):
        foot, right = max(area.bottom for area in low) + 6.0, max(furthest, OUTER + LEAST)
    if not members:
        return [], foot
    top = foot + 16.0
    x, y, tall, widest = OUTER + PAD, top + 26.0, 0.0, right
    parts = []
    for ids in _components(members, ((line.source, line.target) for line in view.lines if line.kind == "shelf")):
        part = Part(view, ids, grid.lines_into, grid.stubs_of)
        if x > OUTER + PAD and x + part.width > right - PAD:
            x, y, tall = OUTER + PAD, y + tall + 14.0, 0.0
        part.x, part.y = x, y
        parts.append(part)
        x += part.width + BETWEEN
        tall = max(tall, part.height)
        widest = max(widest, x - BETWEEN + PAD)
    foot = y + tall + PAD
    layout.frames.append(Frame("shelf", Area.between(OUTER, top, widest, foot)))
    layout.texts.append(Text("heading", OUTER + PAD, top + 17, "parameters"))
    return parts, foot


def _components(members: Sequence[int], pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The members that hang together, each group in order."""
    group = {k: [k] for k in members}
    for a, b in pairs:
        small, large = sorted((group[a], group[b]), key=len)
        if small is not large:
            large += small
            group.update(dict.fromkeys(small, large))
    return sorted({id(found): sorted(found) for found in group.values()}.values())
