"""JSON: all that a picture shows, with numbers and places, for other programs; and the graph, to draw it again."""

from __future__ import annotations

import json as standard
import math
from typing import Any

from ..graph import Graph, Vertex
from ..layered import Path
from ..layout import Area, Layout
from ..paths import Highlight
from ..view import Column, Every, Step, Stub

__all__ = ["FORMAT", "KIND", "VERSION", "contents", "json"]

FORMAT = "tinygrad_seq picture"
VERSION = 2
"""Raised when a field changes its meaning or goes; a new field does not raise it."""


KIND = ("op", "name", "attrs", "shape", "dtype", "path", "direction", "leaf", "ops", "parts")
"""What many vertices of an unrolled graph have in common; it is written once."""


def json(layout: Layout, graph: Graph, options: dict[str, Any], highlight: Highlight | None) -> str:
    """The contents as text, one line for each node and edge.

    ``nodes``, ``edges`` and so on are what is drawn. ``options``, ``outputs``, ``kinds`` and ``vertices`` are the
    graph that it was made from, of which `from_json` makes the picture again.
    """
    lines = []
    for key, value in (contents(layout) | _origin(graph, options, highlight)).items():
        if isinstance(value, list):
            items = ",\n".join("  " + _text(item) for item in value)
            lines.append(f" {_text(key)}: [\n{items}\n ]" if items else f" {_text(key)}: []")
        else:
            lines.append(f" {_text(key)}: {_text(value)}")
    # No file holds half of a surrogate pair, but as an escape, which JSON knows, it comes back.
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("utf-8", "backslashreplace").decode()


def contents(layout: Layout) -> dict[str, Any]:
    """A dictionary of lists, numbers and strings; a number that is not finite is "inf", "-inf" or "nan"."""
    view = layout.view
    scale = layout.scale
    highlight = view.highlight
    return {
        "format": FORMAT,
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
        "bands": [
            {"name": name, "reversed": mirrored, "axis": axis}
            for (name, mirrored), axis in zip(view.bands, view.axis, strict=True)
        ],
        "nodes": [_node(layout, k) for k in range(len(view.boxes))],
        "edges": [
            {"source": line.source, "target": line.target, "input": line.input, "kind": line.kind}
            | _flow(layout, line.norm, line.hot, line.strong)
            | {"points": _points(path)}
            for line, path in zip(view.lines, layout.lines, strict=True)
        ],
        "uses": [_use(layout, stub, area, path) for stub, (area, path) in zip(view.stubs, layout.stubs, strict=True)],
        "attention": [
            {
                "source": attend.source,
                "target": attend.target,
                "weight": _number(attend.weight),
                "points": _points(path),
            }
            for attend, path in zip(view.attention, layout.attention, strict=True)
        ],
        "masked": [{"column": masked.column, "band": masked.band, "live": list(masked.live)} for masked in view.masked],
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


def _origin(graph: Graph, options: dict[str, Any], highlight: Highlight | None) -> dict[str, Any]:
    kinds: dict[tuple[Any, ...], int] = {}
    vertices = [_vertex(v, kinds) for v in graph.vertices]
    ends = None
    if highlight is not None:
        ends = {"sources": sorted(highlight.sources), "target": highlight.target, "paths": _exact(highlight.count)}
        ends |= {"vertices": sorted(highlight.vertices), "edges": sorted(highlight.edges)}
        ends |= {"strongest": highlight.strongest}
    return {
        "options": options | {"highlight": ends},
        "measured": graph.measured,
        **({"found": True} if graph.found else {}),
        "together": [{"edges": edges, "norm": _number(norm)} for edges, norm in graph.together.items()],
        "outputs": list(graph.outputs),
        "kinds": [dict(zip(KIND, kind, strict=True)) for kind in kinds],
        "vertices": vertices,
    }


def _vertex(v: Vertex, kinds: dict[tuple[Any, ...], int]) -> dict[str, Any]:
    """A vertex without what it has from its kind; what is not there is null, empty or false."""
    kind = (v.op, v.name, v.attrs, v.shape, v.dtype, v.path, v.direction, v.leaf, v.ops, v.parts)
    found: dict[str, Any] = {"kind": kinds.setdefault(kind, len(kinds)), "parents": v.parents}
    others = {"key": v.key, "by_step": v.by_step, "t": v.t, "of": v.of, "norm": _number(v.norm), "live": v.live}
    found |= {key: value for key, value in others.items() if value is not None and value is not False and value != ""}
    if v.weights:
        found["weights"] = [_number(x) for x in v.weights]
    if any(flow is not None for flow in v.flows):
        found["flows"] = [_number(flow) for flow in v.flows]
    return found


def _column(column: Column) -> dict[str, Any]:
    if isinstance(column, Step):
        return {"t": column.t, "axis": column.axis}
    return {
        "axis": column.axis,
        "every" if isinstance(column, Every) else "hidden": [column.first, column.last],
        "count": column.count,
    }


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
    found: dict[str, Any] = {"source": stub.source, "target": stub.target, "input": stub.input, "label": stub.label}
    if stub.share is not None:
        found["share"] = _number(stub.share)
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
