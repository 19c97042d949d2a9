"""The strip under a picture that hides steps: the gradient of each state at every step, as colours."""

from __future__ import annotations

import math

from .layout import Area, Layout, Shade, Text, text_width
from .scale import Scale
from .view import Step, View

__all__ = ["add_heat", "heat_label_width"]

ROW = 11.0
CELLS = 800
"""How many colours a row has at most; where steps are more, a cell has the largest of its steps."""


def heat_label_width(view: View) -> float:
    """What the names of the rows need at their left."""
    return max((text_width(label, 9.5) for label in _labels(view)), default=0.0)


def _labels(view: View) -> list[str]:
    several = len({row.state[0] for row in view.heat}) > 1
    return [f"{view.bands[row.state[0]][0]} {row.name}" if several else row.name for row in view.heat]


def add_heat(layout: Layout, left: float, right: float, top: float) -> float:
    """Put the strip between the borders given, below ``top``; returns where it ends."""
    view, scale = layout.view, layout.scale
    if not view.heat or scale is None:
        return top
    words = f"gradient of each state at all {view.steps:,} steps, ‖∂L/∂state‖; the ticks are the steps above"
    layout.texts.append(Text("heading", left, top + 10, words))
    y = top + 18
    for row, label in zip(view.heat, _labels(view), strict=True):
        layout.texts.append(Text("legend", left - 6, y + ROW - 2.5, label, "end"))
        layout.heat += _cells(row.norms, scale, Area(left, y, right - left, ROW))
        y += ROW + 2
    count = 0
    for column in view.columns:
        if isinstance(column, Step):
            x = left + (right - left) * (count + 0.5) / view.steps
            layout.ticks.append([(x, y + 6), (x, y)])
        count += column.count
    return y + 8


def _cells(norms: tuple[float | None, ...], scale: Scale, row: Area) -> list[Shade]:
    """Neighbours of one colour are one rectangle."""
    cells = min(len(norms), CELLS)
    found: list[Shade] = []
    for k in range(cells):
        inside = norms[k * len(norms) // cells : (k + 1) * len(norms) // cells]
        norm = max((x for x in inside if x is not None), key=lambda x: (math.isnan(x), x), default=None)
        mark = scale.mark(norm)
        step = scale.bin(norm) if norm is not None and mark == "flow" else -1
        left, right = (row.x + row.width * i / cells for i in (k, k + 1))
        if found and (found[-1].mark, found[-1].bin) == (mark, step):
            left = found.pop().area.x
        found.append(Shade(mark, step, Area(left, row.y, right - left, row.height)))
    return found
