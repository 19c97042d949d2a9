"""What the page gets: the graph with its numbers, and the layout of all time steps at each level, made small.

What every time step has alike is stored once: a vertex of each kind, a box and a line of each form. Which vertices,
boxes and steps these are is stored as *runs*, flat lists ``[start, step, count, ...]``: of an unrolled graph, every
list of numbers is a few of them. Norms are stored as logarithms, four bytes each.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..autograd import REGISTRY
from ..autograd.collector import paused
from ..autograd.program import formula
from .arrange import arrange
from .fold import LEVELS, Fold, Level, fold
from .graph import Graph, Vertex
from .labels import sign
from .layered import Path
from .layout import Area, Layout, Text
from .legend import caption
from .paths import Highlight, past_stacks
from .scale import Scale
from .show import show
from .summary import summary
from .values import Values
from .view import Box, Step, View

__all__ = ["NAN", "logarithms", "runs", "scene"]

NAN = 1e30
"""Stands for the logarithm of what is not a number, for "not a number" means that there is no gradient."""

MOST_WEIGHTS = 200_000

IN_STEP = frozenset(("step", "rail", "cross"))
"""Lines whose form is the same in all steps, as a step is laid out once."""


def scene(
    graph: Graph,
    title: str,
    highlight: Highlight | None = None,
    values: Values | None = None,
    sweeps: Sequence[Graph] = (),
    start: Level = "ops",
    known: Fold | None = None,
    folded: Sequence[str] = (),
) -> dict[str, Any]:
    """The page's data: dictionaries, lists, numbers and strings.

    ``sweeps`` are the graph with the norms of other sweeps over it, ``start`` is the level to be seen first, and
    ``known`` the graph at that level, if there is one. ``folded`` are the modules that are folded at first.
    """
    steps = sorted({v.t for v in graph.vertices if v.t is not None})
    with paused:
        levels = _levels(graph, title, highlight, sweeps, {_like(start): known} if known else {})
    whole = levels[-1].layout
    title = whole.texts[0].text
    return {
        "format": "tinygrad_seq page",
        "version": 1,
        "title": title,
        "caption": caption(whole.view),
        "summary": summary(whole.view, title),
        "steps": runs(steps),
        "measured": graph.measured,
        "scale": _scale(whole.scale, sweeps),
        "outputs": list(graph.outputs),
        **_numbers(graph, sweeps),
        "values": None if values is None else {"ids": runs(values.ids), "numbers": _packed(np.array(values.numbers))},
        "source": {} if values is None else _source(values.lines),
        "attention": _attention(graph),
        "stacked": _stacked(graph),
        "highlight": None if highlight is None else _highlight(highlight, _slots(graph)),
        "start": start,
        "folded": list(folded),
        "levels": [level.data for level in levels],
    }


def _numbers(graph: Graph, sweeps: Sequence[Graph]) -> dict[str, Any]:
    """What there is of each vertex and each edge; those of other sweeps over the graph beside its own."""
    return {
        "kinds": _kinds(graph),
        "norms": [_packed(logarithms(v.norm for v in g.vertices)) for g in (graph, *sweeps)],
        "flows": [_packed(logarithms(flow for v in g.vertices for flow in v.flows)) for g in (graph, *sweeps)],
    }


def runs(numbers: Iterable[int]) -> list[int]:
    """Integers as ``[start, step, count, ...]``.

    >>> runs([3, 5, 7, 7, 7])
    [3, 2, 3, 7, 0, 2]
    """
    found: list[int] = []
    start = step = count = 0
    for k in numbers:
        if count == 1:
            step, count = k - start, 2
        elif count and k == start + step * count:
            count += 1
        else:
            if count:
                found += (start, step, count)
            start, step, count = k, 0, 1
    return [*found, start, step, count] if count else found


def logarithms(norms: Iterable[float | None]) -> np.ndarray[Any, Any]:
    """To the base of 10; NaN where there is no gradient, -inf for zero, `NAN` for what is not a number."""
    sizes = np.array([-1.0 if n is None else n for n in norms])
    with np.errstate(all="ignore"):
        found = np.log10(sizes)
    found[np.isnan(sizes)] = NAN
    return np.asarray(found)


def _stacked(graph: Graph) -> list[list[int]]:
    """The vertices that read one step of a stack, and the edge by which each step entered it."""
    slots, around = _slots(graph), past_stacks(graph, ())[1]
    return [runs(around), runs(slots[stack] + k for stack, k in around.values())]


def _source(lines: dict[int, str]) -> dict[str, Any]:
    """Each line once, and of which vertices it is."""
    of: dict[str, list[int]] = {}
    for v, line in lines.items():
        of.setdefault(line, []).append(v)
    return {line: runs(vertices) for line, vertices in of.items()}


def _packed(numbers: np.ndarray[Any, Any]) -> str:
    """Little-endian float32 in base 64."""
    with np.errstate(over="ignore"):
        return base64.b64encode(np.ascontiguousarray(numbers, "<f4").tobytes()).decode()


def _scale(scale: Scale | None, sweeps: Sequence[Graph]) -> dict[str, Any] | None:
    """One scale for the gradients of all sweeps, so that their colours can be compared."""
    if scale is None:
        return None
    others = [Scale.of(flow for v in g.vertices for flow in v.flows) for g in sweeps]
    scales = [scale, *(other for other in others if other is not None)]
    least = max(other.least for other in scales)
    return {
        "low": max(min(other.low for other in scales), math.floor(math.log10(least) + 1e-9)),
        "high": max(other.high for other in scales),
        "least": math.log10(least),
        "limit": math.log10(scale.limit) if math.isfinite(scale.limit) else None,
    }


# The graph.


def _slots(graph: Graph) -> list[int]:
    """For each vertex the number of its first input, where the inputs of all vertices are counted."""
    found, total = [], 0
    for v in graph.vertices:
        found.append(total)
        total += len(v.parents)
    return found


def _kinds(graph: Graph) -> list[dict[str, Any]]:
    """What vertices are alike, and which are."""
    groups: dict[Hashable, list[Vertex]] = {}
    for v in graph.vertices:
        label = (v.path, v.t is None, v.direction)
        key = (v.op, v.name, v.shape, v.dtype, label, v.attrs, _index(v), v.ops, len(v.parents))
        groups.setdefault(key, []).append(v)
    return [_kind(members) for members in groups.values()]


def _kind(members: list[Vertex]) -> dict[str, Any]:
    v = members[0]
    found: dict[str, Any] = {"op": v.op, "name": v.name, "sign": sign(v), "shape": list(v.shape), "dtype": v.dtype}
    found |= {"path": v.path, "leaf": v.leaf, "ids": runs(u.id for u in members), "arity": len(v.parents)}
    parents = [[-1 if p is None else p for p in u.parents] for u in members]
    if len(v.parents) > len(members):
        found["parents"] = [runs(row) for row in parents]  # for each vertex its inputs
    else:
        found["inputs"] = [runs(column) for column in zip(*parents, strict=True)]  # for each input all vertices'
    if v.t is not None:
        found["t"] = runs(u.t for u in members if u.t is not None)
    if v.direction != "forward":
        found["direction"] = v.direction
        if any(u.of is not None for u in members):
            found["of"] = runs(-1 if u.of is None else u.of for u in members)
    if v.key:
        found["index"] = _index(v)
    if v.attrs:
        found["attrs"] = dict(v.attrs)
    op = REGISTRY.get(v.op)
    if op is not None and not v.ops:
        found["rules"] = [formula(op, i) for i in range(len(op.inputs))]
        found["names"] = list(op.inputs)
    if v.ops:
        found["ops"] = list(dict.fromkeys(v.ops))
    return found


def _index(v: Vertex) -> str | int:
    """The index of a read; an integer in the place of a step's own number says by how much it is more."""
    if v.by_step and v.t is not None and v.key.lstrip("-").isdecimal():
        return int(v.key) - v.t
    return v.key


def _attention(graph: Graph) -> list[list[Any]]:
    """Of each step that attends to others the mean weight of each of them, in steps of 1/255."""
    attending = [v for v in graph.vertices if v.weights and v.t is not None]
    if sum(len(v.weights) for v in attending) > MOST_WEIGHTS:
        return []  # nobody can tell so many lines apart
    return [[v.id, base64.b64encode(bytes(_byte(w) for w in v.weights)).decode()] for v in attending]


def _byte(weight: float) -> int:
    return round(255 * min(max(weight, 0.0), 1.0)) if math.isfinite(weight) else 0


def _highlight(highlight: Highlight, slots: list[int]) -> dict[str, Any]:
    return {
        "sources": sorted(highlight.sources),
        "target": highlight.target,
        "vertices": runs(sorted(highlight.vertices)),
        "edges": runs(sorted(slots[child] + i for child, i in highlight.edges)),
        "strongest": runs(slots[child] + i for child, i in highlight.strongest),
        "paths": hex(highlight.count),
    }


# A level: a layout of all steps.


def _without_weights(graph: Graph) -> Graph:
    """The graph without the weights of attention, which the page draws itself."""
    if not any(v.weights for v in graph.vertices):
        return graph
    return replace(graph, vertices=tuple(v._replace(weights=()) if v.weights else v for v in graph.vertices))


class _Laid(NamedTuple):
    layout: Layout
    data: dict[str, Any]


def _like(level: Level) -> Level:
    """A rolled picture has the boxes of the gates, in one column."""
    return "gates" if level == "rolled" else level


def _levels(
    graph: Graph,
    title: str,
    highlight: Highlight | None,
    sweeps: Sequence[Graph],
    folds: dict[Level, Fold],
) -> list[_Laid]:
    """All levels; without time steps there is but one."""
    found: list[_Laid] = []
    packed: dict[Level, Level] = {}
    timed = any(v.t is not None for v in graph.vertices)
    for level in LEVELS if timed else LEVELS[-1:]:
        of = _like(level)
        folded = folds.get(of) or folds.setdefault(of, fold(graph, of))
        data: dict[str, Any] = {"name": level}
        if of in packed:
            data["like"] = packed[of]
        elif of != "ops":
            packed[of] = level
            data["group"] = runs(folded.group)
            data |= _numbers(folded.graph, [fold(sweep, of).graph for sweep in sweeps])
        hot = None if highlight is None else folded.highlight(highlight)
        view = show(
            _without_weights(folded.graph),
            columns=max(len(graph.vertices), 1),
            highlight=hot,
            rolled=level == "rolled",
            side_by_side=True,
        )
        layout = arrange(view, title)
        found.append(_Laid(layout, data | _places(layout)))
    return found


def _places(layout: Layout) -> dict[str, Any]:
    slots = _slots(layout.view.graph)
    lefts = [left for left, _ in layout.columns]
    width = layout.columns[0][1] - lefts[0] if lefts else 0.0
    gutter = lefts[1] - lefts[0] - width if len(lefts) > 1 else 0.0
    return {
        "width": _short(max([area.right for area in layout.boxes if area.width], default=0.0) + 28),
        "columns": _columns(layout) if lefts else None,
        "bands": _bands(layout),
        "frames": [[frame.kind, *_area(frame.area)] for frame in layout.frames if frame.kind in ("shelf", "group")],
        "texts": [[_short(t.x), _short(t.y), t.text] for t in layout.texts if _is_name(t)],
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
        place = {"top": _short(area.y), "bottom": _short(area.bottom), "first": inside[0], "last": inside[-1]}
        found.append({"name": name, "reversed": mirrored, **place})
    return found


def _is_name(text: Text) -> bool:
    return text.kind == "module" or text.text == "parameters"


def _masked(view: View) -> list[dict[str, Any]]:
    """For each band the steps that not all rows take, and how many of how many do."""
    found = []
    for band in range(len(view.bands)):
        steps = [step for step in view.masked if step.band == band]
        if steps:
            columns, live = runs(step.column for step in steps), runs(step.live[0] for step in steps)
            found.append({"band": band, "columns": columns, "live": live, "of": steps[0].live[1]})
    return found


def _boxes(layout: Layout, lefts: list[float]) -> list[dict[str, Any]]:
    """Boxes of one form, which differ in their steps alone."""
    groups: dict[Hashable, tuple[dict[str, Any], list[int], list[int]]] = {}
    vertices = layout.view.graph.vertices
    for k, box in enumerate(layout.view.boxes):
        index = None if box.vertex is None else _index(vertices[box.vertex])
        text = "" if type(index) is int else box.sign
        key = (box.band, box.role, box.name, text, box.note, index) if box.where == "step" else k
        group = groups.get(key)
        if group is None:
            area = layout.boxes[k]
            x = area.x - lefts[box.column] if box.where == "step" else area.x
            form = _form(box, Area(x, area.y, area.width, area.height))
            if type(index) is int:
                form["index"] = index
            group = groups[key] = (form, [], [])
        group[1].append(k)
        group[2].append(box.column)
    found = []
    for form, numbers, columns in groups.values():
        ids = [layout.view.boxes[k].vertex for k in numbers]
        found.append(form | {"numbers": runs(numbers), "vertices": runs(-1 if v is None else v for v in ids)})
        if form["where"] == "step":
            found[-1]["columns"] = runs(columns)
    return found


def _form(box: Box, area: Area) -> dict[str, Any]:
    found: dict[str, Any] = {"where": box.where, "name": box.name, "sign": box.sign, "note": box.note}
    found["area"] = _area(area)
    if box.band >= 0:
        found |= {"band": box.band, "role": box.role}
    if box.hidden:
        found["hidden"] = box.hidden
    if box.spread is not None:
        found["spread"] = [_logarithm(norm) for norm in box.spread]
    return found


def _lines(layout: Layout, lefts: list[float], gutter: float, slots: list[int]) -> list[dict[str, Any]]:
    """Lines of one form; points between the columns count from the left border of the line's own column."""
    view = layout.view
    boxes = view.boxes
    inside = (lefts[0] - gutter, layout.columns[-1][1] + gutter) if lefts else (math.inf, -math.inf)
    groups: dict[Hashable, tuple[dict[str, Any], list[tuple[int, int, int, int]]]] = {}
    for line, path in zip(view.lines, layout.lines, strict=True):
        source, target = boxes[line.source], boxes[line.target]
        column = target.column if target.where == "step" else source.column if source.where == "step" else -1
        left = lefts[column] if column >= 0 else 0.0
        form: Hashable = None
        points: list[Any] = []
        if line.kind in IN_STEP and source.where == target.where == "step":
            form = (source.band, source.role, target.band, target.role, line.input, source.column - target.column)
        if form is None or (line.kind, line.state, form) not in groups:
            points = _points(path, left, inside)
        if form is None:
            form = tuple(map(tuple, points))
        key = (line.kind, line.state, form)
        group = groups.get(key)
        if group is None:
            group = groups[key] = ({"kind": line.kind, "points": points}, [])
            if line.state is not None:
                group[0]["state"] = list(line.state)
        edge = _slot(view, line.source, line.target, line.input, slots)
        group[1].append((line.source, line.target, column, edge))
        if (edge < 0 or line.spread is not None) and line.norm is not None:
            # What stands for several edges has a number of its own.
            group[0].setdefault("norms", {})[len(group[1]) - 1] = _logarithm(line.norm)
    return [form | _uses(members) for form, members in groups.values()]


def _stubs(layout: Layout, lefts: list[float], slots: list[int]) -> list[dict[str, Any]]:
    view = layout.view
    groups: dict[Hashable, tuple[dict[str, Any], list[tuple[int, int, int, int]]]] = {}
    for n, (stub, (area, path)) in enumerate(zip(view.stubs, layout.stubs, strict=True)):
        target = view.boxes[stub.target]
        in_step = target.where == "step"
        left = lefts[target.column] if in_step else 0.0
        key = (target.band, target.role, stub.input, stub.label) if in_step else n
        group = groups.get(key)
        if group is None:
            moved = Area(area.x - left, area.y, area.width, area.height)
            points = [[_short(x - left), _short(y)] for x, y in path]
            group = groups[key] = ({"label": stub.label, "area": _area(moved), "points": points}, [])
        source = -1 if stub.source is None else stub.source
        edge = _slot(view, source, stub.target, stub.input, slots)
        group[1].append((source, stub.target, target.column if in_step else -1, edge))
        if (edge < 0 or stub.spread is not None) and stub.norm is not None:
            group[0].setdefault("norms", {})[len(group[1]) - 1] = _logarithm(stub.norm)
    return [form | _uses(members) for form, members in groups.values()]


def _uses(members: Sequence[tuple[int, int, int, int]]) -> dict[str, list[int]]:
    sources, targets, columns, edges = zip(*members, strict=True)
    return {"sources": runs(sources), "targets": runs(targets), "columns": runs(columns), "edges": runs(edges)}


def _slot(view: View, source: int, target: int, i: int, slots: list[int]) -> int:
    """The number of the edge of the graph that a line is, or -1 if it is none."""
    if source < 0:
        return -1
    parent, child = view.boxes[source].vertex, view.boxes[target].vertex
    if parent is None or child is None:
        return -1
    parents = view.graph.vertices[child].parents
    return slots[child] + i if 0 <= i < len(parents) and parents[i] == parent else -1


def _points(path: Path, left: float, inside: tuple[float, float]) -> list[list[float]]:
    """Points as [x, y] from the left border of the column, or [x, y, 1] where x is that of the picture."""
    low, high = inside
    return [[_short(x - left), _short(y)] if low <= x <= high else [_short(x), _short(y), 1] for x, y in path]


def _area(area: Area) -> list[float]:
    return [_short(area.x), _short(area.y), _short(area.width), _short(area.height)]


def _logarithm(norm: float) -> float:
    return round(float(np.clip(logarithms([norm])[0], -NAN, NAN)), 3)


def _short(x: float) -> float:
    rounded = round(x, 1)
    return int(rounded) if rounded == int(rounded) else rounded
