"""The look of an SVG picture, as CSS rules from a theme; the HTML page has them twice, for light and dark."""

from __future__ import annotations

from ..scale import BINS, Theme

__all__ = ["SIZES", "css"]

SIZES: dict[str, float] = {
    "title": 16,
    "caption": 11,
    "step": 12,
    "module": 11,
    "heading": 10,
    "legend": 9.5,
    "factor": 9,
    "gap": 11,
    "gapnote": 9,
}
"""The font size of each kind of text, in pixels."""

FONT = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"


def css(theme: Theme, under: str = "") -> str:
    """The rules, one a line; ``under`` is put before each selector."""
    rules = [
        ("text", f"font-family: {FONT}; fill: {theme.ink}"),
        (".page", f"fill: {theme.page}"),
        *((f".{kind}", f"font-size: {size:g}px; fill: {theme.soft}") for kind, size in SIZES.items()),
        (".title, .step, .module, .heading", "font-weight: 700"),
        # Lines may run under these words.
        (".module, .factor, .step", f"paint-order: stroke; stroke: {theme.page}; stroke-opacity: 0.8; stroke-width: 3"),
        (".title", f"fill: {theme.ink}"),
        (".frame", "stroke-width: 1"),
        (".column", f"fill: {theme.column}; stroke: none"),
        (".band", f"fill: none; stroke: {theme.module}; stroke-width: 1.5"),
        (".cell", f"fill: {theme.cell}; stroke: {theme.module}"),
        (".attend", f"fill: none; stroke: {theme.attention}; stroke-opacity: 0.55; stroke-linejoin: round"),
        (".hatch", f"fill: none; stroke: {theme.outline}"),
        (".partly", f"fill: url(#hatch); fill-opacity: 0.3; stroke: {theme.module}"),
        (".masked", f"fill: url(#hatch); fill-opacity: 0.9; stroke: {theme.module}"),
        (".group", f"fill: {theme.cell}; stroke: {theme.module}"),
        (".shelf", f"fill: {theme.shelf}; stroke: {theme.module}"),
        (".tick", f"fill: none; stroke: {theme.soft}; stroke-width: 1.5"),
        (".box .body", f"fill: {theme.box}; stroke: {theme.outline}; stroke-width: 1"),
        (".gap .body", f"fill: {theme.gap}; stroke: {theme.outline}; stroke-dasharray: 4 3"),
        (".box .name", "font-size: 11.5px; font-weight: 700"),
        (".box .sign", "font-size: 11px; font-weight: 400"),
        (".box .note", f"font-size: 9px; fill: {theme.soft}"),
        (".box.hot .body", f"stroke: {theme.hot}; stroke-opacity: 0.55; stroke-width: 1.5"),
        (".box.strong .body", f"stroke: {theme.hot}; stroke-width: 2.5"),
        (".pill rect", f"fill: {theme.page}; stroke: {theme.outline}; stroke-width: 0.8"),
        (".pill text", "font-size: 9px"),
        (".pill.hot rect", f"stroke: {theme.hot}; stroke-width: 1.6"),
        (".line", "fill: none; stroke-linejoin: round"),
        (
            ".halo",
            f"fill: none; stroke: {theme.hot}; stroke-opacity: 0.9; stroke-linejoin: round; stroke-linecap: round",
        ),
        (".halo.weak", "stroke-opacity: 0.3"),
        (".vanished", f"stroke: {theme.vanished}; fill: {theme.vanished}; stroke-dasharray: 1.5 2.5"),
        (".zero", f"stroke: {theme.outline}; fill: {theme.outline}; stroke-dasharray: 6 3"),
        (".exploded", f"stroke: {theme.exploded}; fill: {theme.exploded}"),
        (".none", f"stroke: {theme.faint}; fill: {theme.faint}"),
        (".broken", f"stroke: {theme.broken}; fill: {theme.broken}; stroke-dasharray: 8 2 2 2"),
    ]
    rules += [(f".g{k}", f"stroke: {theme.color(k)}; fill: {theme.color(k)}") for k in range(BINS)]
    rules.append((".line", "fill: none"))
    rules.append((".head, .bar, .ramp, .heat", "stroke: none"))
    return "\n".join(f"{under}{selector} {{ {body} }}" for selector, body in rules)
