"""An SVG picture of ours as pixels, drawn by Matplotlib: no other program, and the same on every machine.

It knows the elements and the CSS that `writers.svg` and `writers.style` write, and no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np

from .plots.canvas import matplotlib

__all__ = ["raster"]

Style = dict[str, str]
Chain = tuple[tuple[str, frozenset[str]], ...]
"""Tag and classes of an element, after those of what it is in."""

INHERITED = ("fill", "stroke", "font-size", "font-weight", "font-family")
COMMANDS = re.compile(r"([MLQVZ])([^MLQVZ]*)")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
KAPPA = 0.5523
"""How far the control points of a quarter circle are from its ends, in radii."""


def raster(svg: str, scale: float = 1.0) -> np.ndarray[Any, Any]:
    """The picture as ``(height, width, 4)`` bytes, with ``scale`` pixels for each of its units.

    Raises:
        ProgramError: if Matplotlib is not installed.
    """
    root = ET.fromstring(svg)
    _strip(root)
    rules = list(_rules(root.findtext("style") or ""))
    size = [float(root.attrib[name].removesuffix("px")) * scale for name in ("width", "height")]
    canvas = _Canvas(round(size[0]), round(size[1]), scale, rules)
    for child in root:
        canvas.draw(child, (), {})
    return np.asarray(canvas.renderer.buffer_rgba()).copy()


def _strip(root: ET.Element) -> None:
    """Names without their namespace."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]


@dataclass(slots=True)
class _Rule:
    """A selector as (tag or "", classes), from the outermost element to the innermost, and what it says."""

    parts: list[tuple[str, frozenset[str]]]
    style: Style
    weight: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.weight = sum(len(classes) for _, classes in self.parts), sum(bool(tag) for tag, _ in self.parts)

    def fits(self, chain: Chain) -> bool:
        """Whether it is about the last element of the chain."""
        last = len(chain) - 1
        for k, (tag, classes) in enumerate(reversed(self.parts)):
            while last >= 0 and not (tag in ("", chain[last][0]) and classes <= chain[last][1]):
                if k == 0:
                    return False
                last -= 1
            if last < 0:
                return False
            last -= 1
        return True


def _rules(css: str) -> Iterator[_Rule]:
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        style = {}
        for item in body.split(";"):
            name, _, value = item.partition(":")
            style[name.strip()] = value.strip()
        for selector in selectors.split(","):
            parts = [part.split(".") for part in selector.split()]
            yield _Rule([(tag, frozenset(classes)) for tag, *classes in parts], style)


class _Canvas:
    """Draws element after element, each with the style that the rules and its attributes give."""

    def __init__(self, width: int, height: int, scale: float, rules: list[_Rule]):
        self.mpl = matplotlib()
        self.renderer = self.mpl.backends.backend_agg.RendererAgg(width, height, 72.0)
        self.scale, self.height = scale, height
        self.place = self.mpl.transforms.Affine2D().scale(scale, -scale).translate(0, height)
        self.rules = sorted(rules, key=lambda rule: rule.weight)
        self.styles: dict[Chain, Style] = {}
        self.fonts: dict[tuple[str, float], Any] = {}

    def draw(self, element: ET.Element, outside: Chain, inherited: Style) -> None:
        """Draw an element and what is in it."""
        if element.tag in ("style", "title", "defs"):
            return
        chain = (*outside, (element.tag, frozenset(element.get("class", "").split())))
        style = {**inherited, **self._said(chain)}
        # What an attribute says is weaker than a rule.
        style = {name: value for name, value in element.attrib.items() if name not in style} | style
        if element.tag == "rect":
            if style.get("fill", "").startswith("url"):
                pattern = self._said((("path", frozenset(["hatch"])),)) | {"stroke-width": "1.6"}
                self._path(_hatching(element.attrib), pattern | {"stroke-opacity": style.get("fill-opacity", "1")})
            self._path(_rectangle(element.attrib), style)
        elif element.tag == "path":
            self._path(_curve(element.attrib["d"]), style)
        elif element.tag == "text":
            self._text(element, chain, style)
        kept = {name: style[name] for name in INHERITED if name in style}
        for child in element:
            if element.tag != "text":
                self.draw(child, chain, kept)

    def _said(self, chain: Chain) -> Style:
        if chain not in self.styles:
            found: Style = {}
            for rule in self.rules:
                if rule.fits(chain):
                    found.update(rule.style)
            self.styles[chain] = found
        return self.styles[chain]

    def _path(self, path: Any, style: Style) -> None:
        to_rgba = self.mpl.colors.to_rgba
        fill, stroke = style.get("fill", "black"), style.get("stroke", "none")
        ground = (
            None if fill == "none" or fill.startswith("url") else to_rgba(fill, float(style.get("fill-opacity", 1)))
        )
        width = float(style.get("stroke-width", 1)) * self.scale if stroke != "none" else 0.0
        pen = self.renderer.new_gc()
        pen.set_linewidth(width)
        pen.set_antialiased(True)
        pen.set_foreground(
            to_rgba("black" if stroke == "none" else stroke, float(style.get("stroke-opacity", 1))), True
        )
        pen.set_alpha(float(style.get("stroke-opacity", 1)) if stroke != "none" else None)
        pen.set_joinstyle("round" if style.get("stroke-linejoin") == "round" else "miter")
        pen.set_capstyle("round" if style.get("stroke-linecap") == "round" else "butt")
        dashes = [float(x) * self.scale for x in NUMBER.findall(style.get("stroke-dasharray", ""))]
        pen.set_dashes(0, dashes or None)
        if ground is not None and stroke != "none" and "stroke-opacity" in style:
            self._fill(path, ground)  # the opacity of a pen is that of the ground too
            ground = None
        self.renderer.draw_path(pen, path, self.place, ground)

    def _fill(self, path: Any, ground: Any) -> None:
        pen = self.renderer.new_gc()
        pen.set_linewidth(0)
        self.renderer.draw_path(pen, path, self.place, ground)

    def _text(self, element: ET.Element, chain: Chain, style: Style) -> None:
        """Words, or several pieces of them in styles of their own, one after the other."""
        pieces = [(element.text or "", style, 0.0)] if element.text else []
        for child in element:
            own = (*chain, (child.tag, frozenset(child.get("class", "").split())))
            pieces.append((child.text or "", {**style, **self._said(own)}, float(child.get("dx", 0)) * self.scale))
        sized = []
        for text, look, apart in pieces:
            font = self._font(look)
            width, _, descent = self.renderer.get_text_width_height_descent(text, font, False)
            sized.append((text, look, apart, font, width, descent))
        whole = sum(apart + width for _, _, apart, _, width, _ in sized)
        shift = {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor", "start"), 0.0)
        x, y = float(element.attrib["x"]) * self.scale - shift * whole, float(element.attrib["y"]) * self.scale
        for text, look, apart, font, width, _ in sized:
            x += apart
            pen = self.renderer.new_gc()
            pen.set_foreground(look.get("fill", "black"))
            self.renderer.draw_text(pen, x, y, text, font, 0)
            x += width

    def _font(self, style: Style) -> Any:
        # The words of a picture are measured for a wide font; this one comes with Matplotlib, and is wider.
        key = (
            style.get("font-weight", "400"),
            float(style.get("font-size", "12px").removesuffix("px")) * self.scale * 0.9,
        )
        if key not in self.fonts:
            weight = "bold" if key[0] == "700" else "normal"
            self.fonts[key] = self.mpl.font_manager.FontProperties(family="DejaVu Sans", weight=weight, size=key[1])
        return self.fonts[key]


def _rectangle(attributes: dict[str, str]) -> Any:
    Path = matplotlib().path.Path
    x, y, width, height, r = (float(attributes.get(name, 0)) for name in ("x", "y", "width", "height", "rx"))
    right, bottom, r = x + width, y + height, min(r, width / 2, height / 2)
    if not r:
        return Path([(x, y), (right, y), (right, bottom), (x, bottom), (x, y)], closed=True)
    k = r * (1 - KAPPA)
    points = [
        *((x + r, y), (right - r, y), (right - k, y), (right, y + k), (right, y + r)),
        *((right, bottom - r), (right, bottom - k), (right - k, bottom), (right - r, bottom)),
        *((x + r, bottom), (x + k, bottom), (x, bottom - k), (x, bottom - r)),
        *((x, y + r), (x, y + k), (x + k, y), (x + r, y), (x + r, y)),
    ]
    corner = [Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    return Path(points, [Path.MOVETO, *corner * 4, Path.CLOSEPOLY])


def _hatching(attributes: dict[str, str]) -> Any:
    """Lines across a rectangle, as the pattern of `writers.svg` has them."""
    Path = matplotlib().path.Path
    x, y, width, height = (float(attributes[name]) for name in ("x", "y", "width", "height"))
    points = []
    for start in np.arange(0.0, width + height, 6 * 2**0.5):
        left, right = max(start - height, 0.0), min(start, width)
        points += [(x + left, y + start - left), (x + right, y + start - right)]
    return Path(points, [Path.MOVETO, Path.LINETO] * (len(points) // 2))


def _curve(words: str) -> Any:
    Path = matplotlib().path.Path
    points: list[tuple[float, float]] = []
    codes: list[int] = []
    for command, rest in COMMANDS.findall(words):
        numbers = [float(x) for x in NUMBER.findall(rest)]
        pairs = list(zip(numbers[::2], numbers[1::2], strict=False))
        if command == "Z":
            points.append(points[0])
            codes.append(Path.CLOSEPOLY)
        elif command == "V":
            points.append((points[-1][0], numbers[0]))
            codes.append(Path.LINETO)
        else:
            points += pairs
            codes += {"M": [Path.MOVETO], "L": [Path.LINETO], "Q": [Path.CURVE3, Path.CURVE3]}[command]
    return Path(points, codes)
