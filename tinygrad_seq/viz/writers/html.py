"""HTML: one page with everything in it, that needs no network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

from ..scale import BINS, DARK, LIGHT, Theme

__all__ = ["html"]

SCRIPTS = "data scale camera pen numbers heat boxes draw paths search panel export hits pointer actions start".split()
"""The parts of the script, in order; each uses what those before it say."""

COLORS = "page ink soft box outline column module cell shelf gap hot attention broken faint vanished exploded".split()


def html(scene: Mapping[str, Any]) -> str:
    """The page that shows a `scene`.

    Its policy lets no script run but its own, whatever is in a name.
    """
    folder = files(__package__.rpartition(".")[0]) / "page"

    def part(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    script = '(() => {\n"use strict";\n' + "\n".join(part(f"{name}.js") for name in SCRIPTS) + "})();\n"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    data = {**scene, "themes": {theme.name: _colors(theme) for theme in (LIGHT, DARK)}}
    parts = {
        "allowed": f"'sha256-{digest}'",
        "title": _text(scene["title"]),
        "caption": _text(scene["caption"]),
        "summary": _text(scene["summary"]),
        "style": "\n".join(map(_variables, (LIGHT, DARK))) + "\n" + part("page.css"),
        # "<" is written so that nothing in the data ends the script.
        "data": json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c"),
        "script": script,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], part("page.html"))


def _colors(theme: Theme) -> dict[str, Any]:
    return {
        "name": theme.name,
        **{name: getattr(theme, name) for name in COLORS},
        "bins": [theme.color(k) for k in range(BINS)],
    }


def _variables(theme: Theme) -> str:
    """The colours for the style sheet."""
    colors = {name: getattr(theme, name) for name in COLORS}
    colors |= {"strong": theme.color(BINS * 2 // 3), "hot-ink": theme.hot}
    rules = "; ".join(f"--{name}: {value}" for name, value in colors.items())
    where = ":root" if theme is LIGHT else "[data-theme=dark]"
    return f"{where} {{ {rules}; color-scheme: {theme.name}; }}"


def _text(words: str) -> str:
    """Safe in text and attributes; a lone surrogate is no character of UTF-8."""
    return escape(words.encode("utf-8", "replace").decode())
