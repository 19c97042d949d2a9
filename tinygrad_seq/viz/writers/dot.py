"""DOT, built with the graphviz package, in which every position is given: ``neato -n2`` draws what the SVG shows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from ..layered import Path
from ..layout import Area, Layout, Text, text_width
from ..scale import BLANK, Mark, Theme
from ..view import column_name
from .curves import cubics, direction
from .style import SIZES
from .svg import WIDTHS, attend_width, faintness

if TYPE_CHECKING:
    import graphviz  # type: ignore[import-untyped]

__all__ = ["dot", "plain_dot"]

STYLES: dict[Mark, str] = {"vanished": "dotted", "zero": "dashed", "broken": "dashed"}
ARROW = 7.0
PLAIN = 2000
"""With more boxes than this, labels are plain and there are no tooltips, so that Graphviz needs half the time."""


def dot(layout: Layout, theme: Theme) -> str:
    """The source text."""
    return _Dot(layout, theme).text()


def plain_dot(layout: Layout, theme: Theme) -> str:
    """The source text without places: each time step a cluster, from left to right, each use a stub of its own."""
    import graphviz

    view, scale = layout.view, layout.scale
    graph: graphviz.Digraph = graphviz.Digraph(
        "picture",
        comment=f"{_printable(layout.texts[0].text)}; to draw it: dot -Tpng",
        graph_attr={"rankdir": "LR", "bgcolor": theme.page, "fontname": "Arial", "fontcolor": theme.soft},
        node_attr={"fontname": "Arial", "shape": "box", "height": "0.3", "color": theme.outline},
        edge_attr={"arrowsize": "0.6"},
    )
    look = _Dot(layout, theme).look
    inside: dict[int, list[int]] = {}
    for k, box in enumerate(view.boxes):
        inside.setdefault(box.column, []).append(k)
    for column, members in sorted(inside.items()):
        part = graphviz.Digraph(f"cluster_{column}") if column >= 0 else graph
        if column >= 0:
            part.attr(label=_safe(column_name(view.columns[column])), color=theme.module)
        for k in members:
            box = view.boxes[k]
            first = (f"<b>{_safe(box.name)}</b> " if box.name else "") + _safe(box.sign)
            part.node(f"box{k}", label=f"<{first}<br/>{_safe(box.note)}>", fontcolor=theme.ink)
        if column >= 0:
            graph.subgraph(part)
    for k, stub in enumerate(view.stubs):
        graph.node(f"use{k}", label=f"<{_safe(stub.label)}>", style="rounded", fontcolor=theme.ink)
        graph.edge(f"use{k}", f"box{stub.target}", **look(stub.norm))
    for line in view.lines:
        tip = {} if scale is None else {"tooltip": "no gradient" if line.norm is None else f"gradient {line.norm:.3g}"}
        graph.edge(f"box{line.source}", f"box{line.target}", **look(line.norm), **tip)
    return str(graph.source)


class _Dot:
    def __init__(self, layout: Layout, theme: Theme):
        import graphviz

        self.layout, self.theme = layout, theme
        self.graph: graphviz.Digraph = graphviz.Digraph(
            "picture",
            comment=f"{_printable(layout.texts[0].text)}; to draw it: neato -n2 -Tpng",
            graph_attr={"bgcolor": theme.page, "outputorder": "nodesfirst", "splines": "true", "pad": "0"},
            node_attr={"fontname": "Arial", "fixedsize": "shape", "margin": "0", "fontcolor": theme.ink},
        )
        self.points = 0
        self.plain = len(layout.boxes) > PLAIN
        if self.plain:
            self.graph.attr("node", fontsize="9")

    def text(self) -> str:
        layout, theme = self.layout, self.theme
        self._node("page", Area(0, 0, layout.width, layout.height), style="invis")
        for k, frame in enumerate(layout.frames):
            plain = frame.kind == "column"
            fill = {"column": theme.column, "module": theme.page, "shelf": theme.shelf, "masked": theme.gap}.get(
                frame.kind, theme.cell
            )
            self._node(
                f"frame{k}", frame.area, style="filled,rounded", fillcolor=fill, color=fill if plain else theme.module
            )
        self._boxes()
        self._stubs()
        for k, shade in enumerate(layout.heat):
            blank = shade.mark in BLANK
            color = theme.color(shade.bin) if shade.bin >= 0 else theme.column if blank else theme.of(shade.mark)
            self._node(f"heat{k}", shade.area, style="filled", fillcolor=color, color=color, penwidth="0")
        for k, area in layout.ramp:
            self._node(f"ramp{k}", area, style="filled", fillcolor=theme.color(k), color=theme.color(k), penwidth="0")
        for k, text in enumerate(layout.texts):
            self._text(f"text{k}", text)
        self._edges()
        return str(self.graph.source)

    def _node(self, name: str, area: Area, label: str = "", **attrs: str) -> None:
        x, y = area.x + area.width / 2, self.layout.height - area.y - area.height / 2
        self.graph.node(
            name,
            label=label,
            shape=attrs.pop("shape", "box"),
            pos=f"{_n(x)},{_n(y)}",
            width=_inches(area.width),
            height=_inches(area.height),
            **attrs,
        )

    def _boxes(self) -> None:
        layout, theme = self.layout, self.theme
        for k, (box, area) in enumerate(zip(layout.view.boxes, layout.boxes, strict=True)):
            outline = theme.hot if box.hot or box.strong else theme.outline
            width = "2.5" if box.strong else "1.5" if box.hot else "1"
            first = (f"<b>{_safe(box.name)}</b> " if box.name else "") + _safe(box.sign)
            note = f'<font point-size="9" color="{theme.soft}">{_safe(box.note)}</font>'
            label = f'<<font point-size="11">{first}</font><br/>{note}>'
            if self.plain:
                label = _quoted(f"{box.name} {box.sign}".strip(), box.note)
            attrs = {"style": "filled", "fillcolor": theme.box, "color": outline, "penwidth": width}
            if box.where == "gap":
                label = ""
                attrs |= {"style": "filled,dashed", "fillcolor": theme.gap}
            elif layout.scale is not None and layout.scale.mark(box.norm) == "flow":
                assert box.norm is not None
                bar = theme.color(layout.scale.bin(box.norm))
                attrs |= {"style": "striped", "fillcolor": f"{bar};{4 / area.width:.3f}:{theme.box}"}
            if box.norm is not None and not self.plain:
                attrs["tooltip"] = f"gradient {box.norm:.3g}"
            self._node(f"box{k}", area, label, **attrs)

    def _stubs(self) -> None:
        theme = self.theme
        for k, (stub, (area, _)) in enumerate(zip(self.layout.view.stubs, self.layout.stubs, strict=True)):
            label = _quoted(stub.label) if self.plain else f'<<font point-size="9">{_safe(stub.label)}</font>>'
            outline = theme.hot if stub.hot else theme.outline
            self._node(
                f"use{k}", area, label, style="filled,rounded", fillcolor=theme.page, color=outline, penwidth="0.8"
            )

    def _text(self, name: str, text: Text) -> None:
        size = SIZES[text.kind]
        bold = text.kind in ("title", "step", "module", "heading")
        width = text_width(text.text, size, bold) + 8
        x = text.x - {"start": 0.0, "middle": width / 2, "end": width}[text.anchor]
        area = Area(x, text.y - size, width, size * 1.3)
        words = _safe(text.text)
        align = {"start": "left", "middle": "center", "end": "right"}[text.anchor]
        color = self.theme.ink if text.kind == "title" else self.theme.soft
        font = f'<font point-size="{size:g}" color="{color}">{f"<b>{words}</b>" if bold else words}</font>'
        head = f'<table border="0" cellborder="0" cellspacing="0" cellpadding="0" width="{width:.0f}">'
        table = f'<{head}<tr><td align="{align}">{font}</td></tr></table>>'
        self._node(name, area, table, shape="plain")

    def _edges(self) -> None:
        layout, view = self.layout, self.layout.view
        for strong in (False, True):
            for line, path in zip(view.lines, layout.lines, strict=True):
                if line.hot and line.strong == strong:
                    self._halo(f"box{line.source}", f"box{line.target}", path, strong)
            for k, (stub, (_, path)) in enumerate(zip(view.stubs, layout.stubs, strict=True)):
                if stub.hot and stub.strong == strong:
                    self._halo(f"use{k}", f"box{stub.target}", path, strong)
        lines = [
            (line.norm, f"box{line.source}", f"box{line.target}", path)
            for line, path in zip(view.lines, layout.lines, strict=True)
        ]
        lines += [
            (stub.norm, f"use{k}", f"box{stub.target}", path)
            for k, (stub, (_, path)) in enumerate(zip(view.stubs, layout.stubs, strict=True))
        ]
        for norm, source, target, path in sorted(lines, key=lambda line: faintness(line[0])):
            tip = "no gradient" if norm is None else f"gradient {norm:.3g}"
            told = layout.scale is not None and not self.plain
            self._edge(source, target, path, self.look(norm), tooltip=tip if told else "", labeltooltip="")
        for through, path in zip(view.through, layout.through, strict=True):
            color = self.theme.hot if through.strong else self.theme.outline
            look = {"color": color, "penwidth": "2" if through.strong else "1.2", "style": "dashed"}
            self._edge(*self._ends(path), path, look | {"arrowhead": "none"})
        for attend, path in zip(view.attention, layout.attention, strict=True):
            look = {
                "color": self.theme.attention + "8c",
                "penwidth": _n(attend_width(attend.weight)),
                "arrowhead": "none",
            }
            self._edge(*self._ends(path), path, look)
        for path in layout.ticks:
            self._edge(*self._ends(path), path, {"color": self.theme.soft, "penwidth": "1.5", "arrowhead": "none"})
        for sample in layout.samples:
            ends = self._ends(sample.path)
            if sample.hot or sample.strong:
                self._halo(*ends, sample.path, sample.strong)
            if sample.attention:
                look = {"color": self.theme.attention, "penwidth": "4", "arrowhead": "none"}
                self._edge(*ends, sample.path, look)
                continue
            look = self.look(sample.norm) if sample.mark == "flow" else self._marked(sample.mark)
            self._edge(*ends, sample.path, look | {"arrowhead": "none"})

    def look(self, norm: float | None) -> dict[str, str]:
        """How a line looks that carries this norm."""
        scale = self.layout.scale
        if scale is None:
            return {"color": self.theme.outline, "penwidth": "1.2"}
        mark = scale.mark(norm)
        if mark != "flow":
            return self._marked(mark)
        assert norm is not None
        return {"color": self.theme.color(scale.bin(norm)), "penwidth": _n(scale.width(norm))}

    def _marked(self, mark: Mark) -> dict[str, str]:
        theme = self.theme
        color = theme.of(mark)
        return {"color": color, "penwidth": _n(WIDTHS.get(mark, 1.1)), "style": STYLES.get(mark, "solid")}

    def _halo(self, source: str, target: str, path: Path, strong: bool) -> None:
        color = self.theme.hot if strong else self.theme.hot + "4d"
        look = {"color": color, "penwidth": "9" if strong else "7", "arrowhead": "none"}
        self._edge(source, target, path, look)

    def _edge(self, source: str, target: str, path: Path, look: dict[str, str], **attrs: Any) -> None:
        height = self.layout.height
        ends = ""
        if look.get("arrowhead") != "none":
            (x, y), (dx, dy) = path[-1], direction(path)
            ends = f"e,{_n(x)},{_n(height - y)} "
            path = [*path[:-1], (x - dx * ARROW, y - dy * ARROW)]
        points = " ".join(f"{_n(x)},{_n(height - y)}" for x, y in cubics(path))
        kept = {key: value for key, value in (look | attrs).items() if value}
        self.graph.edge(source, target, pos=ends + points, arrowsize="0.6", **kept)

    def _ends(self, path: Path) -> tuple[str, str]:
        """Two invisible nodes at the ends of a line that joins no boxes."""
        names = []
        for x, y in (path[0], path[-1]):
            names.append(f"point{self.points}")
            self.points += 1
            self._node(names[-1], Area(x, y, 0.01, 0.01), shape="point", style="invis")
        return names[0], names[1]


def _inches(pixels: float) -> str:
    return f"{pixels / 72:.4f}".rstrip("0").rstrip(".")


def _n(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")


def _quoted(*lines: str) -> str:
    """Text in a plain label: nothing in it is markup or an escape."""
    import graphviz

    plain = [_printable(line).replace("\\", "\\\\") for line in lines]
    quoted: str = graphviz.nohtml("\\n".join(plain))
    return quoted


def _safe(text: str) -> str:
    """Text in an HTML-like label: nothing in it is markup or an escape."""
    return escape(_printable(text)).replace("\\", "&#92;")


def _printable(text: str) -> str:
    """Text on one line, which a file can hold."""
    return "".join(c if c.isprintable() else "�" for c in text)
