"""What a layout is: the places of all that a view shows, in pixels, to the right and downwards."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple

from .layered import Path
from .scale import Mark, Scale
from .view import Box, View

__all__ = [
    "BOX_HEIGHT",
    "PILL_HEIGHT",
    "TRUNK",
    "Area",
    "Frame",
    "FrameKind",
    "Layout",
    "Sample",
    "Shade",
    "Text",
    "box_width",
    "pill_width",
    "text_width",
]

BOX_HEIGHT = 34.0
PILL_HEIGHT = 16.0
TRUNK = 9.0
"""The distance between lines that run beside each other."""

FrameKind = Literal["column", "module", "cell", "group", "shelf", "partly", "masked"]
TextKind = Literal["title", "caption", "step", "module", "legend", "factor", "heading", "gap", "gapnote"]


class Area(NamedTuple):
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def between(cls, left: float, top: float, right: float, bottom: float) -> Area:
        """The rectangle with these borders."""
        return cls(left, top, right - left, bottom - top)

    @property
    def right(self) -> float:
        """The x of the right border."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the lower border."""
        return self.y + self.height

    def meets(self, other: Area) -> bool:
        """Whether the two have a point in common that is not on their borders."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def grown(self, x: float, y: float) -> Area:
        """With a margin on each side."""
        return Area(self.x - x, self.y - y, self.width + 2 * x, self.height + 2 * y)


@dataclass(frozen=True, slots=True)
class Frame:
    """A background: a time step's column, a module's band, one step of it (that some or no rows take), the shelf."""

    kind: FrameKind
    area: Area


@dataclass(frozen=True, slots=True)
class Text:
    """Words beside the boxes; y is that of the baseline."""

    kind: TextKind
    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"


@dataclass(frozen=True, slots=True)
class Sample:
    """A line in the legend: with a norm of its own, or of a kind that has none."""

    path: Path
    mark: Mark
    norm: float | None = None
    strong: bool = False
    hot: bool = False
    attention: bool = False


@dataclass(frozen=True, slots=True)
class Shade:
    """A piece of the heat strip: a bin of the scale, or -1 and a mark."""

    mark: Mark
    bin: int
    area: Area


@dataclass(slots=True)
class Layout:
    """The places of all that a view shows.

    Attributes:
        width, height: of the picture.
        boxes, lines, stubs, through: as in the view, in the same order; a stub is its label and its line.
        columns: left and right border of each column.
        frames, texts: what stands behind the boxes and beside them; the first text is the title.
        attention: as in the view, in the same order.
        heat, ticks: the strip of all steps, and marks under those that are drawn.
        samples, ramp: the legend: lines that are explained, and the colour bar, an area for each bin.
    """

    view: View
    scale: Scale | None
    width: float = 0.0
    height: float = 0.0
    boxes: list[Area] = field(default_factory=list)
    lines: list[Path] = field(default_factory=list)
    stubs: list[tuple[Area, Path]] = field(default_factory=list)
    through: list[Path] = field(default_factory=list)
    columns: list[tuple[float, float]] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    attention: list[Path] = field(default_factory=list)
    heat: list[Shade] = field(default_factory=list)
    ticks: list[Path] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    ramp: list[tuple[int, Area]] = field(default_factory=list)

    def taken(self) -> list[Area]:
        """Where boxes and the labels of stubs stand, of those that have their places."""
        return [area for area in (*self.boxes, *(label for label, _ in self.stubs)) if area.width]

    def __repr__(self) -> str:
        return f"<layout of {len(self.boxes)} boxes, {self.width:.0f} x {self.height:.0f}>"


@lru_cache(maxsize=4096)  # every step has the same words
def text_width(text: str, size: float, bold: bool = False) -> float:
    """About how wide a text is in a wide sans-serif font."""
    narrow = sum(c in "iljtf.,:;|[]()' " for c in text)
    return size * ((len(text) - narrow) * (0.66 if bold else 0.61) + narrow * 0.36)


def box_width(box: Box) -> float:
    """What a box needs for its words."""
    gap = 4.0 if box.name and box.sign else 0.0
    first = text_width(box.name, 11.5, bold=True) + gap + text_width(box.sign, 11)
    return math.ceil(max(first, text_width(box.note, 9), 30.0)) + 14.0


def pill_width(label: str) -> float:
    """What the label of a stub needs."""
    return math.ceil(text_width(label, 9)) + 12.0
