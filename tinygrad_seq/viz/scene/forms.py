"""A level: a layout of all time steps, in which what each step has alike is told once."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

from ..layered import Path
from ..layout import Area, Layout
from ..view import Box, Line, Step, Stub, View
from .kinds import index_of, slots_of
from .packing import logarithm, runs, short

__all__ = ["forms"]

IN_STEP = frozenset(("step", "rail", "cross"))
"""Lines whose form is the same in all steps, as a step is laid out once."""


def forms(layout: Layout) -> dict[str, Any]:
    """Where all is, by name: boxes, lines, stubs, and what is around them."""
    slots = slots_of(layout.view.graph)
    lefts = [left for left, _ in layout.columns]
    width = layout.columns[0][1] - lefts[0] if lefts else 0.0
    gutter = lefts[1] - lefts[0] - width if len(lefts) > 1 else 0.0
    names = [text for text in layout.texts if text.kind == "module" or text.text == "parameters"]
    return {
        "width": short(max([area.right for area in layout.boxes if area.width], default=0.0) + 28),
        "columns": _columns(layout) if lefts else None,
        "bands": _bands(layout),
        "frames": [[frame.kind, *_area(frame.area)] for frame in layout.frames if frame.kind in ("shelf", "group")],
        "texts": [[short(t.x), short(t.y), t.text] for t in names],
        "masked": _masked(layout.view),
        "boxes": _boxes(layout, lefts),
        "lines": _lines(layout, lefts, gutter, slots),
        "stubs": _stubs(layout, lefts, slots),
    }


def _columns(layout: Layout) -> dict[str, Any]:
    """The left borders of the columns, ``[left, pitch, count, ...]``, and the steps that they stand for."""
    columns, width = layout.view.columns, layout.columns[0][1] - layout.columns[0][0]
    lefts: list[float] = []
    for left, _ in layout.columns:
        if lefts and lefts[-1] == 1:
            lefts[-2:] = [left - lefts[-3], 2]
        elif lefts and abs(lefts[-3] + lefts[-2] * lefts[-1] - left) < 0.01:
            lefts[-1] += 1
        else:
            lefts += [left, width, 1]
    ends = [(c.t, c.t) if isinstance(c, Step) else (c.first, c.last) for c in columns]
    return {"lefts": lefts, "width": width, "first": runs(a for a, _ in ends), "last": runs(b for _, b in ends)}


def _bands(layout: Layout) -> list[dict[str, Any]]:
    """Where each band is, and which columns it has."""
    found = []
    frames = [frame.area for frame in layout.frames if frame.kind == "module"]
    for (name, mirrored), area in zip(layout.view.bands, frames, strict=True):
        inside = [k for k, (left, _) in enumerate(layout.columns) if area.x <= left < area.right]
        place = {"top": short(area.y), "bottom": short(area.bottom), "first": inside[0], "last": inside[-1]}
        found.append({"name": name, "reversed": mirrored, **place})
    return found


def _masked(view: View) -> list[dict[str, Any]]:
    """For each band the steps that not all rows take, and how many of how many do."""
    found = []
    for band in range(len(view.bands)):
        steps = [step for step in view.masked if step.band == band]
        if steps:
            columns, live = runs(step.column for step in steps), runs(step.live[0] for step in steps)
            found.append({"band": band, "columns": columns, "live": live, "of": steps[0].live[1]})
    return found


def _boxes(layout: Layout, lefts: Sequence[float]) -> list[dict[str, Any]]:
    """Boxes of one form, which differ in their steps alone."""
    groups: dict[Hashable, tuple[dict[str, Any], list[int], list[int]]] = {}
    vertices = layout.view.graph.vertices
    for k, box in enumerate(layout.view.boxes):
        index = None if box.vertex is None else index_of(vertices[box.vertex])
        text = "" if type(index) is int else box.sign
        key = (box.band, box.role, box.name, text, box.note, index) if box.where == "step" else k
        if key not in groups:
            form = _form(box, _area(layout.boxes[k], lefts[box.column] if box.where == "step" else 0.0))
            groups[key] = (form | {"index": index} if type(index) is int else form, [], [])
        groups[key][1].append(k)
        groups[key][2].append(box.column)
    found = []
    for form, numbers, columns in groups.values():
        ids = [layout.view.boxes[k].vertex for k in numbers]
        found.append(form | {"numbers": runs(numbers), "vertices": runs(-1 if v is None else v for v in ids)})
        if form["where"] == "step":
            found[-1]["columns"] = runs(columns)
    return found


def _form(box: Box, area: Sequence[float]) -> dict[str, Any]:
    found: dict[str, Any] = {"where": box.where, "name": box.name, "sign": box.sign, "note": box.note, "area": area}
    if box.band >= 0:
        found |= {"band": box.band, "role": box.role}
    if box.hidden:
        found["hidden"] = box.hidden
    if box.spread is not None:
        found["spread"] = [logarithm(norm) for norm in box.spread]
    return found


class _Alike:
    """Lines or stubs of one form: what they have alike, and from where to where each goes."""

    def __init__(self, form: dict[str, Any]):
        self._form = form
        self._uses: list[tuple[int, int, int, int]] = []

    def add(self, view: View, line: Line | Stub, column: int, slots: Sequence[int]) -> None:
        source, edge = -1 if line.source is None else line.source, _slot(view, line, slots)
        self._uses.append((source, line.target, column, edge))
        if (edge < 0 or line.spread is not None) and line.norm is not None:
            # What stands for several edges has a number of its own.
            self._form.setdefault("norms", {})[len(self._uses) - 1] = logarithm(line.norm)

    def data(self) -> dict[str, Any]:
        columns = zip(("sources", "targets", "columns", "edges"), zip(*self._uses, strict=True), strict=True)
        return self._form | {name: runs(column) for name, column in columns}


def _lines(layout: Layout, lefts: Sequence[float], gutter: float, slots: Sequence[int]) -> list[dict[str, Any]]:
    """Lines of one form; points between the columns count from the left border of the line's own column."""
    view = layout.view
    inside = (lefts[0] - gutter, layout.columns[-1][1] + gutter) if lefts else (math.inf, -math.inf)
    groups: dict[Hashable, _Alike] = {}
    for line, path in zip(view.lines, layout.lines, strict=True):
        source, target = view.boxes[line.source], view.boxes[line.target]
        column = target.column if target.where == "step" else source.column if source.where == "step" else -1
        left = lefts[column] if column >= 0 else 0.0
        form: Hashable = None
        points: list[list[float]] = []
        if line.kind in IN_STEP and source.where == target.where == "step":
            form = (source.band, source.role, target.band, target.role, line.input, source.column - target.column)
        if (line.kind, line.state, form) not in groups:
            points = _points(path, left, inside)
        key = (line.kind, line.state, form or tuple(map(tuple, points)))
        if key not in groups:
            state = {} if line.state is None else {"state": list(line.state)}
            groups[key] = _Alike({"kind": line.kind, "points": points} | state)
        groups[key].add(view, line, column, slots)
    return [group.data() for group in groups.values()]


def _stubs(layout: Layout, lefts: Sequence[float], slots: Sequence[int]) -> list[dict[str, Any]]:
    view = layout.view
    groups: dict[Hashable, _Alike] = {}
    for n, (stub, (area, path)) in enumerate(zip(view.stubs, layout.stubs, strict=True)):
        target = view.boxes[stub.target]
        in_step = target.where == "step"
        left = lefts[target.column] if in_step else 0.0
        key = (target.band, target.role, stub.input, stub.label) if in_step else n
        if key not in groups:
            groups[key] = _Alike({"label": stub.label, "area": _area(area, left), "points": _points(path, left)})
        groups[key].add(view, stub, target.column if in_step else -1, slots)
    return [group.data() for group in groups.values()]


def _slot(view: View, line: Line | Stub, slots: Sequence[int]) -> int:
    """The number of the edge of the graph that a line is, or -1 if it is none."""
    parent = None if line.source is None else view.boxes[line.source].vertex
    child = view.boxes[line.target].vertex
    if parent is None or child is None:
        return -1
    parents, i = view.graph.vertices[child].parents, line.input
    return slots[child] + i if 0 <= i < len(parents) and parents[i] == parent else -1


def _points(path: Path, left: float, inside: tuple[float, float] = (-math.inf, math.inf)) -> list[list[float]]:
    """Points as [x, y] from the left border of the column, or [x, y, 1] where x is that of the picture."""
    low, high = inside
    return [[short(x - left), short(y)] if low <= x <= high else [short(x), short(y), 1] for x, y in path]


def _area(area: Area, left: float = 0.0) -> list[float]:
    return [short(area.x - left), short(area.y), short(area.width), short(area.height)]
