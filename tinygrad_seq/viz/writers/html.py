"""HTML: one page with everything in it, that needs no network."""

from __future__ import annotations

import json
import re
from html import escape
from importlib.resources import files

from ..layout import Layout
from ..scale import DARK, LIGHT
from .json import contents
from .style import css
from .svg import body

__all__ = ["html"]


def html(layout: Layout) -> str:
    """The page: the SVG picture, its data, and a script to move in it."""
    folder = files(__package__.rpartition(".")[0]) / "page"

    def part(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    width, height = f"{layout.width:.0f}", f"{layout.height:.0f}"
    parts = {
        "title": escape(layout.texts[0].text),
        "style": part("page.css") + css(LIGHT) + "\n" + css(DARK, under="[data-theme=dark] "),
        "picture": f'<svg id="picture" role="img" aria-labelledby="title" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}"><title id="title">{escape(layout.texts[0].text)}</title>\n'
        + "\n".join(body(layout))
        + "\n</svg>",
        # "<" is written so that nothing in the data ends the script.
        "data": json.dumps(_data(layout), ensure_ascii=True, allow_nan=False).replace("<", "\\u003c"),
        "script": part("page.js"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], part("page.html"))


def _data(layout: Layout) -> dict[str, object]:
    """What the script needs: nodes, edges and uses, without the places that the picture has already."""
    found = contents(layout)
    places = {"x", "y", "width", "height", "points"}
    return {
        key: [{k: v for k, v in item.items() if k not in places} for item in found[key]]
        for key in ("nodes", "edges", "uses")
    } | {"measured": layout.scale is not None}
