"""JSON: all that a picture shows, with numbers, for other programs and for the page's script."""

from __future__ import annotations

import json as standard
import math
from typing import Any

from ..layered import Path
from ..layout import Area, Layout
from ..view import Column, Every, Step, Stub

__all__ = ["VERSION", "contents", "json"]

VERSION = 1
"""Raised when a field changes its meaning or goes; a new field does not raise it."""


def json(layout: Layout) -> str:
    """The contents as text, one line for each node and edge."""
    lines = []
    for key, value in contents(layout).items():
        if isinstance(value, list):
            items = ",\n".join("  " + _text(item) for item in value)
            lines.append(f" {_text(key)}: [\n{items}\n ]" if items else f" {_text(key)}: []")
        else:
            lines.append(f" {_text(key)}: {_text(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def contents(layout: Layout) -> dict[str, Any]:
    """A dictionary of lists, numbers and strings; a number that is not finite is "inf", "-inf" or "nan"."""
    view = layout.view
    scale = layout.scale
    highlight = view.highlight
    return {
        "format": "tinygrad_seq picture",
        "version": VERSION,
        "title": layout.texts[0].text,
        "width": _short(layout.width),
        "height": _short(layout.height),
        "steps": view.steps,
        "scale": None if scale is None else {"low": scale.low, "high": scale.high},
        "highlight": None
        if highlight is None
        else {"paths": _exact(highlight.count), "strongest": len(highlight.strongest)},
        "columns": [
            _column(column) | {"x": _short(left), "width": _short(right - left)}
            for column, (left, right) in zip(view.columns, layout.columns, strict=True)
        ],
        "bands": [{"name": name, "reversed": mirrored} for name, mirrored in view.bands],
        "nodes": [_node(layout, k) for k in range(len(view.boxes))],
        "edges": [
            {"source": line.source, "target": line.target, "input": line.input, "kind": line.kind}
            | _flow(layout, line.norm, line.hot, line.strong)
            | {"points": _points(path)}
            for line, path in zip(view.lines, layout.lines, strict=True)
        ],
        "uses": [_use(layout, stub, area, path) for stub, (area, path) in zip(view.stubs, layout.stubs, strict=True)],
        "heat": [
            {"band": row.state[0], "role": row.state[1], "name": row.name, "norms": [_number(x) for x in row.norms]}
            for row in view.heat
        ],
        "through": [
            {"column": through.column, "band": through.state[0], "role": through.state[1]}
            | {"factor": _number(through.factor), "points": _points(path)}
            for through, path in zip(view.through, layout.through, strict=True)
        ],
    }


def _column(column: Column) -> dict[str, Any]:
    if isinstance(column, Step):
        return {"t": column.t}
    return {"every" if isinstance(column, Every) else "hidden": [column.first, column.last], "count": column.count}


def _node(layout: Layout, k: int) -> dict[str, Any]:
    box, area = layout.view.boxes[k], layout.boxes[k]
    found: dict[str, Any] = {"id": k, "where": box.where, "column": box.column, "band": box.band, "role": box.role}
    if box.vertex is None:
        found |= {"hidden": box.hidden, "label": f"{box.sign}, {box.note}"}
    else:
        v = layout.view.graph.vertices[box.vertex]
        found |= {"op": v.op, "name": v.name, "sign": box.sign, "shape": list(v.shape), "dtype": v.dtype}
        found |= {"path": v.path, "t": v.t, "direction": v.direction, "attrs": dict(v.attrs)}
        if v.key:
            found["index"] = v.key
    return found | _flow(layout, box.norm, box.hot, box.strong) | _area(area)


def _use(layout: Layout, stub: Stub, area: Area, path: Path) -> dict[str, Any]:
    found = {"source": stub.source, "target": stub.target, "input": stub.input, "label": stub.label}
    return found | _flow(layout, stub.norm, stub.hot, stub.strong) | _area(area) | {"points": _points(path)}


def _flow(layout: Layout, norm: float | None, hot: bool, strong: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if layout.scale is not None:
        found |= {"norm": _number(norm), "mark": layout.scale.mark(norm)}
    return found | ({"highlight": "strongest" if strong else "path"} if hot or strong else {})


def _area(area: Area) -> dict[str, float]:
    return {
        "x": _short(area.x),
        "y": _short(area.y),
        "width": _short(area.width),
        "height": _short(area.height),
    }


def _points(path: Path) -> list[list[float]]:
    return [[_short(x), _short(y)] for x, y in path]


def _number(x: float | None) -> float | str | None:
    return x if x is None or math.isfinite(x) else str(x)


def _exact(count: int) -> int | str:
    """A count, where it is larger than JSON's readers take, as text; where Python would not write it, in base 16."""
    return count if count < 2**53 else str(count) if count < 10**4000 else hex(count)


def _short(x: float) -> float:
    rounded = round(x, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _text(value: Any) -> str:
    return standard.dumps(value, ensure_ascii=False, allow_nan=False)
