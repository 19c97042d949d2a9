"""The strip under a picture that hides steps: the gradient of each state at every step, as colours."""

from __future__ import annotations

import math
from itertools import groupby

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
    for (shown, _), columns in groupby(view.columns, key=lambda column: (isinstance(column, Step), column.axis)):
        drawn = list(columns)
        if shown:
            ends = [left + (right - left) * (count + k + 0.5) / view.steps for k in (0, len(drawn) - 1)]
            step = (right - left) / view.steps
            layout.ticks += [[(ends[0] + k * step, y + 6), (ends[0] + k * step, y)] for k in range(len(drawn))]
            first, last = (column.t for column in (drawn[0], drawn[-1]) if isinstance(column, Step))
            words = f"{first}" if first == last else f"{first} … {last}"
            _add_number(layout, sum(ends) / 2, y + 15, words)
        count += sum(column.count for column in drawn)
    return y + 18


def _add_number(layout: Layout, x: float, y: float, words: str) -> None:
    """Under the ticks, where there is room beside the number before."""
    wide = text_width(words, 9.5) / 2
    before = layout.texts[-1]
    if before.y < y or before.x + text_width(before.text, 9.5) / 2 + 8 < x - wide:
        layout.texts.append(Text("legend", x, y, words, "middle"))


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
