"""Mermaid: a flowchart for places that draw it from text, without our layout."""

from __future__ import annotations

from ..legend import way
from ..scale import Mark, Scale, Theme
from ..view import Box, Gap, View, column_name
from .svg import WIDTHS

__all__ = ["LIMIT", "mermaid"]

LIMIT = 500
"""How many edges Mermaid draws before it refuses."""


DASHES: dict[Mark, str] = {
    "vanished": ",stroke-dasharray:1 2",
    "zero": ",stroke-dasharray:6 3",
    "broken": ",stroke-dasharray:8 2",
}


def mermaid(view: View, scale: Scale | None, theme: Theme) -> str:
    """The text; where there are more edges than Mermaid draws, the last ones are left out, and it says so."""
    lines = ["flowchart LR"]
    hidden = sum(column.count for column in view.columns if isinstance(column, Gap))
    if hidden:
        lines.append(f"  %% {hidden} of {view.steps} time steps are hidden")
    if view.highlight is not None and not view.highlight.count:
        lines.append(f"  %% {_words(way(view, view.highlight))}")
    outside: list[int] = []
    inside: dict[int, list[int]] = {}
    for k, box in enumerate(view.boxes):
        (inside.setdefault(box.column, []) if box.column >= 0 else outside).append(k)
    lines += [f"  {_node(k, view.boxes[k])}" for k in outside]
    for column, members in sorted(inside.items()):
        lines.append(f'  subgraph step{column}["{column_name(view.columns[column])}"]')
        lines += [f"    {_node(k, view.boxes[k])}" for k in members]
        lines.append("  end")
    edges = [(line.source, line.target, line.norm, line.hot, "") for line in view.lines]
    edges += [(s.source, s.target, s.norm, s.hot, s.label) for s in view.stubs if s.source is not None]
    if len(edges) > LIMIT:
        lines.append(f"  %% {len(edges) - LIMIT} of {len(edges)} edges are left out; Mermaid draws {LIMIT} at most")
    styles: dict[str, list[int]] = {}
    for n, (source, target, norm, hot, label) in enumerate(edges[:LIMIT]):
        arrow = "-.->" if label else "-->"
        words = f"|{_words(label)}|" if label else ""
        lines.append(f"  n{source} {arrow}{words} n{target}")
        styles.setdefault(_style(norm, hot, scale, theme), []).append(n)
    for style, numbers in sorted(styles.items(), key=lambda item: item[1]):
        lines.append(f"  linkStyle {','.join(map(str, numbers))} {style}")
    return "\n".join(lines) + "\n"


def _node(k: int, box: Box) -> str:
    words = " ".join(word for word in (box.name, box.sign) if word)
    return f'n{k}["{_words(words)}<br/>{_words(box.note)}"]'


def _style(norm: float | None, hot: bool, scale: Scale | None, theme: Theme) -> str:
    mark = "none" if scale is None else scale.mark(norm)
    if scale is None or norm is None or mark != "flow":
        color, width = theme.of(mark), WIDTHS.get(mark, 1.0)
    else:
        color, width = theme.color(scale.bin(norm)), scale.width(norm)
    dashes = DASHES.get(mark, "")
    return f"stroke:{theme.hot if hot else color},stroke-width:{width:g}px{dashes}"


def _words(text: str) -> str:
    """Text in which nothing is syntax: everything but letters, digits and spaces as a character code."""
    plain = "".join(c if c.isprintable() else "�" for c in text)
    return "".join(c if c.isalnum() or c == " " else f"#{ord(c)};" for c in plain)
