"""Plain text for a terminal: a row for each value, a character for each time step."""

from __future__ import annotations

import math
from collections import Counter

from ..graph import Vertex
from ..labels import power_of_ten, sign
from ..legend import caption
from ..paths import describe
from ..scale import Mark, Scale
from ..view import View

__all__ = ["text"]

BLOCKS = "▁▂▃▄▅▆▇█"
MARKS: dict[Mark, str] = {"vanished": ".", "exploded": "^", "zero": "0", "broken": "!", "none": " "}
WORDS: dict[Mark, str] = {
    "vanished": "less than 10⁻⁸ of the largest",
    "exploded": "over 10⁴ times the gradient at the output",
    "zero": "exactly zero",
    "broken": "infinite or not a number",
}
MOST = 24
"""How many values outside of time are listed."""


def text(view: View, scale: Scale | None, title: str, width: int = 100) -> str:
    """The text, whose lines have at most ``width`` characters where a name is not longer."""
    lines = [title, caption(view)]
    rows = _rows(view)
    steps = sorted({v.t for v in view.graph.vertices if v.t is not None})
    if steps:
        lines += ["", f"t = {steps[0]} … {steps[-1]}, from left to right"]
    place = {t: k for k, t in enumerate(steps)}
    label = max((len(name) for _, name in rows), default=0)
    room = min(len(steps), max(width - label - 26, 10))
    module = None
    used: set[str] = set()
    for (path, name), members in rows.items():
        if path != module:
            lines.append(path or "no module")
            module = path
        cells = _cells([(place[v.t], v.norm) for v in members if v.t is not None], len(steps), room, scale)
        used.update(cells)
        lines.append(f"  {name:<{label}}  {cells}  {_range(members, scale)}".rstrip())
    for heading, where in (("before", ("before", "init")), ("after", ("after",)), ("parameters", ("shelf",))):
        boxes = [box for box in view.boxes if box.where in where]
        if boxes:
            lines += ["", heading]
        for box in boxes[:MOST]:
            words = " ".join(word for word in (box.name, box.sign) if word)
            size = "" if scale is None or box.vertex is None else _size(box.norm)
            lines.append(f"  {words:<28}  {box.note:<14}  {size}".rstrip())
        if len(boxes) > MOST:
            lines.append(f"  and {len(boxes) - MOST} more")
    lines += _path(view)
    if scale is not None:
        ends = f"{BLOCKS[0]} {power_of_ten(scale.low)} … {BLOCKS[-1]} {power_of_ten(scale.high)}"
        keys = [f"{MARKS[mark]} {words}" for mark, words in WORDS.items() if MARKS[mark] in used]
        lines += ["", "norm of the gradient: " + "; ".join([ends, *keys])]
    return "\n".join(map(_plain, lines)) + "\n"


def _rows(view: View) -> dict[tuple[str, str], list[Vertex]]:
    """What each module computes in its steps, by name; what has none only where nothing in the module has one."""
    found: dict[tuple[str, str], dict[str, list[Vertex]]] = {}
    named: set[tuple[str, str]] = set()
    count: Counter[tuple[str, str, int, str]] = Counter()
    for v in view.graph.vertices:
        if v.t is not None:
            module = (v.path, v.direction)
            name = v.name or f"({sign(v)})"
            count[*module, v.t, name] += 1
            if not v.name and count[*module, v.t, name] > 1:
                name += f" {count[*module, v.t, name]}"  # the second of its kind in a step
            found.setdefault(module, {}).setdefault(name, []).append(v)
            if v.name:
                named.add(module)
    rows = {}
    for (path, direction), roles in found.items():
        whole = path if direction == "forward" else f"{path} backward".lstrip()
        for name, members in roles.items():
            if members[0].name or (path, direction) not in named:
                rows[whole, name] = members
    return rows


def _cells(norms: list[tuple[int, float | None]], steps: int, room: int, scale: Scale | None) -> str:
    """A character for each step, or for several, of which the largest counts."""
    largest: dict[int, float | None] = {}
    for k, norm in norms:
        cell = k * room // steps
        known = largest.setdefault(cell, norm)
        if norm is not None and (known is None or math.isnan(norm) or norm > known):
            largest[cell] = norm
    return "".join(_character(largest[k], scale) if k in largest else " " for k in range(room))


def _character(norm: float | None, scale: Scale | None) -> str:
    if scale is None:
        return "■"
    mark = scale.mark(norm)
    if mark != "flow" or norm is None:
        return MARKS[mark]
    return BLOCKS[min(int(scale.part(norm) * len(BLOCKS)), len(BLOCKS) - 1)]


def _range(members: list[Vertex], scale: Scale | None) -> str:
    norms = [v.norm for v in members if v.norm is not None]
    if scale is None or not norms:
        return ""
    low, high = min(norms), max(norms)
    return _size(low) if low == high else f"{_size(low)} … {_size(high)}"


def _size(norm: float | None) -> str:
    return "no gradient" if norm is None else f"{norm:.3g}"


def _path(view: View) -> list[str]:
    """The highlighted path with the most gradient, from end to end."""
    highlight, vertices = view.highlight, view.graph.vertices
    if highlight is None or not highlight.strongest:
        return []
    child, i = highlight.strongest[0]
    first = vertices[child].parents[i]
    walk = [*([] if first is None else [first]), *(child for child, _ in highlight.strongest)]
    names = [describe(vertices[k]) for k in walk]
    if len(names) > 12:
        names = [*names[:6], f"… {len(names) - 12} more …", *names[-6:]]
    return ["", "path with the most gradient", *(f"  {name}" for name in names)]


def _plain(words: str) -> str:
    """Nothing that moves the cursor or changes colours."""
    return "".join(c if c.isprintable() else "�" for c in words)
