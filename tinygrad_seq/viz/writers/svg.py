"""SVG, written without any program."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from ..layered import Path
from ..layout import Area, Layout
from ..scale import BLANK, Mark, Theme
from ..view import Box, Stub, column_name
from .curves import HEAD, corners, direction, shortened
from .style import css

__all__ = ["body", "svg"]


HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path class="hatch" d="M1 0V6" stroke-width="1.6"/></pattern></defs>'
)
WIDTHS: dict[Mark, float] = {"broken": 2.5, "exploded": 5.0}
"""Of lines that are not healthy, where it is not 1.1."""


def svg(layout: Layout, theme: Theme) -> str:
    """The whole file."""
    width, height = _n(layout.width), _n(layout.height)
    title = layout.texts[0].text
    size = f'width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}" role="img">',
        f"<title>{_escape(title)}</title>",
        f"<style>\n{css(theme)}\n</style>",
        f'<rect class="page" {size}/>',
        *body(layout),
        "</svg>\n",
    ]
    return "\n".join(lines)


def body(layout: Layout) -> Iterator[str]:
    """The elements, from the back to the front; how they look is in the style."""
    if layout.view.masked:
        yield HATCH
    for frame in layout.frames:
        radius = 4 if frame.kind in ("cell", "column") else 8
        kind = "band" if frame.kind == "module" else frame.kind
        yield _rect(frame.area, f"frame {kind}", radius)
    for attend, path in zip(layout.view.attention, layout.attention, strict=True):
        ends = f"of t = {_time(layout, attend.target)} to t = {_time(layout, attend.source)}"
        yield (
            f'<g class="attention"><title>attention {ends}: {attend.weight:.2g}</title>'
            f'<path class="attend" d="{_path(path)}" stroke-width="{_n(attend_width(attend.weight))}"/></g>'
        )
    yield from _halos(layout)
    yield from _lines(layout)
    for k, (box, area) in enumerate(zip(layout.view.boxes, layout.boxes, strict=True)):
        yield _box(layout, k, box, area)
    for n, path in enumerate(layout.through):
        through = layout.view.through[n]
        yield f'<path class="line none" d="{_path(path)}" stroke-width="1.5" stroke-dasharray="5 4"/>'
        if through.strong:
            yield f'<path class="halo" d="{_path(path)}" stroke-width="3" stroke-dasharray="5 4"/>'
    for n, (stub, (area, _)) in enumerate(zip(layout.view.stubs, layout.stubs, strict=True)):
        yield _pill(layout, n, stub, area)
    yield from _legend(layout)
    for text in layout.texts:
        anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
        yield f'<text class="{text.kind}" x="{_n(text.x)}" y="{_n(text.y)}"{anchor}>{_escape(text.text)}</text>'


def _time(layout: Layout, box: int) -> str:
    column = layout.view.columns[layout.view.boxes[box].column]
    return column_name(column).removeprefix("t = ")


def attend_width(weight: float) -> float:
    """How wide a line is that has this weight of attention."""
    return 0.5 + 7.0 * min(max(weight, 0.0), 1.0) if math.isfinite(weight) else 0.5


def _halos(layout: Layout) -> Iterator[str]:
    """Behind all lines: what is highlighted, the strongest path on top."""
    view = layout.view
    paths = [(line.hot, line.strong, path) for line, path in zip(view.lines, layout.lines, strict=True)]
    paths += [(stub.hot, stub.strong, path) for stub, (_, path) in zip(view.stubs, layout.stubs, strict=True)]
    for strong in (False, True):
        for hot, is_strong, path in paths:
            if hot and is_strong == strong:
                kind = "halo" if strong else "halo weak"
                yield f'<path class="{kind}" d="{_path(path)}" stroke-width="{9 if strong else 7}"/>'


def _lines(layout: Layout) -> Iterator[str]:
    """The faintest first, so that where lines run together the strongest is seen."""
    view = layout.view
    found = [(line.norm, "line", n, layout.lines[n]) for n, line in enumerate(view.lines)]
    found += [(stub.norm, "stub-line", n, layout.stubs[n][1]) for n, stub in enumerate(view.stubs)]
    found.sort(key=lambda item: faintness(item[0]))
    for norm, kind, n, path in found:
        look, width = appearance(layout, norm)
        head = _head(path, width)
        yield (
            f'<g class="edge" data-{kind}="{n}"><title>{_flow_title(layout, norm, "")}</title>'
            f'<path class="line {look}" d="{_path(shortened(path))}" stroke-width="{width}"/>'
            f'<path class="head {look}" d="{head}"/></g>'
        )


def faintness(norm: float | None) -> float:
    """What lines are sorted by before they are drawn, those with no gradient first, those that are not finite last."""
    return -1.0 if norm is None else math.inf if math.isnan(norm) else norm


def appearance(layout: Layout, norm: float | None) -> tuple[str, float]:
    """The class and the width of a line that carries this norm."""
    scale = layout.scale
    if scale is None:
        return ("none", 1.2) if norm is None else ("g12", 1.2)
    mark = scale.mark(norm)
    if mark == "flow":
        assert norm is not None
        return f"g{scale.bin(norm)}", scale.width(norm)
    return mark, WIDTHS.get(mark, 1.1)


def _flow_title(layout: Layout, norm: float | None, what: str) -> str:
    start = f"{what}: " if what else ""
    if layout.scale is None:
        return what or "edge"
    return f"{start}no gradient" if norm is None else f"{start}gradient {norm:.3g}"


def _box(layout: Layout, k: int, box: Box, area: Area) -> str:
    kind = "box gap" if box.where == "gap" else "box"
    hot = " strong" if box.strong else " hot" if box.hot else ""
    x, y = area.x + area.width / 2, area.y + area.height / 2
    parts = [
        f'<g class="{kind}{hot}" data-box="{k}">',
        f"<title>{_escape(_box_title(layout, box))}</title>",
        _rect(area, "body", 6 if box.where == "gap" else 4),
    ]
    if box.where == "gap":
        return "".join([*parts, "</g>"])
    if layout.scale is not None:
        x += 2
        look, _ = appearance(layout, box.norm)
        parts.append(_rect(Area(area.x + 2.5, area.y + 4, 3, area.height - 8), f"bar {look}", 1.5))
    name = f'<tspan class="name">{_escape(box.name)}</tspan>' if box.name else ""
    apart = ' dx="4"' if box.name else ""
    sign = f'<tspan class="sign"{apart}>{_escape(box.sign)}</tspan>' if box.sign else ""
    parts.append(f'<text x="{_n(x)}" y="{_n(y - 2.5)}" text-anchor="middle">{name}{sign}</text>')
    parts.append(
        f'<text class="note" x="{_n(x)}" y="{_n(y + 10.5)}" text-anchor="middle">{_escape(box.note)}</text></g>'
    )
    return "".join(parts)


def _pill(layout: Layout, n: int, stub: Stub, area: Area) -> str:
    x, y = _n(area.x + area.width / 2), _n(area.y + 11.2)
    return (
        f'<g class="pill{" hot" if stub.hot else ""}" data-stub="{n}">'
        f"<title>{_escape(_flow_title(layout, stub.norm, stub.label) + _share(stub))}</title>{_rect(area, '', 8)}"
        f'<text x="{x}" y="{y}" text-anchor="middle">{_escape(stub.label)}</text></g>'
    )


def _share(stub: Stub) -> str:
    return "" if stub.share is None else f", {stub.share:.1%} of the norms of all uses"


def _box_title(layout: Layout, box: Box) -> str:
    if box.vertex is None:
        return f"{box.sign}, {box.note}"
    v = layout.view.graph.vertices[box.vertex]
    words = [f"{v.name} = {v.op}" if v.name else v.op, str(v.shape), v.dtype]
    if v.path:
        words.append(v.path)
    if v.norm is not None:
        words.append(f"gradient {v.norm:.3g}")
    return ", ".join(words)


def _legend(layout: Layout) -> Iterator[str]:
    for shade in layout.heat:
        yield from _shade(shade.area, shade.mark, shade.bin)
    if layout.ticks:
        yield f'<path class="tick" d="{"".join(map(_path, layout.ticks))}"/>'
    for k, area in layout.ramp:
        yield _rect(area, f"ramp g{k}", 0)
    for sample in layout.samples:
        if sample.hot or sample.strong:
            kind = "halo" if sample.strong else "halo weak"
            yield f'<path class="{kind}" d="{_path(sample.path)}" stroke-width="{9 if sample.strong else 7}"/>'
        if sample.attention:
            yield f'<path class="attend" d="{_path(sample.path)}" stroke-width="4"/>'
            continue
        look, width = str(sample.mark), WIDTHS.get(sample.mark, 1.6)
        if sample.mark == "flow":
            look, width = appearance(layout, sample.norm)
        yield f'<path class="line {look}" d="{_path(sample.path)}" stroke-width="{width}"/>'


def _shade(area: Area, mark: Mark, step: int) -> Iterator[str]:
    """A piece of the strip; what is no colour of the scale has the line of the legend, which no colour resembles."""
    if mark not in BLANK:
        yield _rect(area, f"heat {f'g{step}' if step >= 0 else mark}", 0)
        return
    middle = area.y + area.height / 2
    yield _rect(area, "heat column", 0)
    if mark != "none":
        yield f'<path class="line {mark}" d="{_path([(area.x, middle), (area.right, middle)])}" stroke-width="1.6"/>'


def _path(path: Path) -> str:
    words = [f"M{_n(path[0][0])} {_n(path[0][1])}"]
    for before, corner, after in corners(path):
        words.append(f"L{_n(before[0])} {_n(before[1])}Q{_n(corner[0])} {_n(corner[1])} {_n(after[0])} {_n(after[1])}")
    words.append(f"L{_n(path[-1][0])} {_n(path[-1][1])}")
    return "".join(words)


def _head(path: Path, width: float) -> str:
    (x, y), (dx, dy) = path[-1], direction(path)
    half = 2.4 + width * 0.55
    bx, by = x - dx * HEAD, y - dy * HEAD
    return f"M{_n(x)} {_n(y)}L{_n(bx - dy * half)} {_n(by + dx * half)}L{_n(bx + dy * half)} {_n(by - dx * half)}Z"


def _rect(area: Area, kind: str, radius: float) -> str:
    rounded = f' rx="{_n(radius)}"' if radius else ""
    named = f' class="{kind}"' if kind else ""
    return (
        f'<rect{named} x="{_n(area.x)}" y="{_n(area.y)}" width="{_n(area.width)}" height="{_n(area.height)}"{rounded}/>'
    )


def _n(x: float) -> str:
    """A number with one decimal at most."""
    return f"{x:.1f}".removesuffix(".0")


def _escape(text: str) -> str:
    """Safe in text and attributes, and without characters that XML does not know."""
    return escape("".join(c if c.isprintable() else "�" for c in text))
