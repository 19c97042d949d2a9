"""From the norm of a gradient to a colour and a width, and the colours of everything else.

The colours run from pale to dark blue (on a dark page, from dim to bright) in equal steps of lightness, so that they
can be told apart by everybody and in grey print. The highlight is orange, which blue never turns into. What is no
flow of a healthy size has a mark of its own: vanished, exploded, exactly zero, not finite, or no gradient at all.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

__all__ = ["BINS", "BLANK", "DARK", "GROWTH", "LIGHT", "Mark", "Scale", "Theme"]

BINS = 24
DECADES = 8
"""What is smaller than 10**-8 of the largest has vanished."""

GROWTH = 4
"""What is larger than 10**4 times the gradient that the sweep began with has exploded."""

Mark = Literal["flow", "vanished", "exploded", "zero", "broken", "none"]


BLANK: tuple[Mark, ...] = ("vanished", "zero", "none")
"""What has no colour where areas are coloured: any would seem to be more than the faintest of the scale."""


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a picture, by what they are for."""

    name: str
    page: str
    ink: str
    soft: str
    box: str
    outline: str
    column: str
    module: str
    cell: str
    shelf: str
    gap: str
    hot: str
    exploded: str
    attention: str
    broken: str
    faint: str
    vanished: str
    ramp: tuple[str, ...]

    def color(self, bin: int) -> str:  # noqa: A002 - the field's word
        """The colour of a bin of the scale."""
        at = bin / (BINS - 1) * (len(self.ramp) - 1)
        k = min(int(at), len(self.ramp) - 2)
        return _mix(self.ramp[k], self.ramp[k + 1], at - k)

    def of(self, mark: Mark) -> str:
        """The colour of a line that is not on the scale."""
        colors = {"zero": self.outline, "broken": self.broken, "vanished": self.vanished, "exploded": self.exploded}
        return colors.get(mark, self.faint)


LIGHT = Theme(
    name="light",
    page="#ffffff",
    ink="#1c2330",
    soft="#657084",
    box="#ffffff",
    outline="#8d99ab",
    column="#f5f7fa",
    module="#dde4ee",
    cell="#fbfcfe",
    shelf="#f5f7fa",
    gap="#eef1f6",
    hot="#f08a00",
    exploded="#b3260f",
    attention="#0d8a72",
    broken="#d4006a",
    faint="#b4bdca",
    vanished="#8493a8",
    ramp=("#c6d3e3", "#90b4d6", "#5a90c4", "#3568a8", "#263f85", "#1b1a52"),
)
DARK = Theme(
    name="dark",
    page="#12161d",
    ink="#e6ebf3",
    soft="#97a3b6",
    box="#1d2430",
    outline="#66748a",
    column="#171c25",
    module="#2f3a4a",
    cell="#1a202b",
    shelf="#171c25",
    gap="#222a37",
    hot="#ff9d1e",
    exploded="#ff6a4d",
    attention="#3fc9ab",
    broken="#ff5aa8",
    faint="#4a5669",
    vanished="#6d7c93",
    ramp=("#344558", "#33628a", "#3585b8", "#5cacd8", "#9fd3ee", "#eefaff"),
)


def _mix(a: str, b: str, part: float) -> str:
    pairs = [(int(a[i : i + 2], 16), int(b[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(x + (y - x) * part):02x}" for x, y in pairs)


@dataclass(frozen=True, slots=True)
class Scale:
    """A logarithmic scale from 10**low to 10**high; low and high are whole.

    What is below ``least`` has vanished, and what is above ``limit`` has exploded.
    """

    low: int
    high: int
    least: float = 0.0
    limit: float = math.inf

    @classmethod
    def of(cls, norms: Iterable[float | None], start: float | None = None) -> Scale | None:
        """The scale that holds these norms, the largest DECADES of it at most; None if there are no norms.

        ``start`` is the norm of the gradient that the sweep began with.
        """
        limit = start * 10.0**GROWTH if start and math.isfinite(start) else math.inf
        known = [n for n in norms if n is not None]
        if not known:
            return None
        sizes = [n for n in known if math.isfinite(n) and n > 0] or [1.0]  # if all are zero or broken they have marks
        least = max(max(sizes) * 10.0**-DECADES, math.ulp(0.0))
        high = min(math.ceil(math.log10(max(sizes)) - 1e-9), sys.float_info.max_10_exp)
        low = math.floor(math.log10(max(min(sizes), least)) + 1e-9)
        return cls(min(low, high - 1), high, least, limit)

    def part(self, norm: float) -> float:
        """Where a positive norm lies between the ends, 0 to 1."""
        return min(max((math.log10(norm) - self.low) / (self.high - self.low), 0.0), 1.0)

    def bin(self, norm: float) -> int:
        """The colour of a norm, 0 to BINS - 1."""
        return min(int(self.part(norm) * BINS), BINS - 1)

    def width(self, norm: float) -> float:
        """The width of a line that carries this norm."""
        return round(1.0 + 3.0 * self.part(norm), 1)

    def mark(self, norm: float | None) -> Mark:
        """What kind of line it is."""
        if norm is None:
            return "none"
        if not math.isfinite(norm):
            return "broken"
        if norm == 0:
            return "zero"
        if norm > self.limit:
            return "exploded"
        return "flow" if norm >= (self.least or 10.0**self.low) else "vanished"

    def ticks(self) -> list[int]:
        """The exponents to write beside the scale."""
        step = 1 if self.high - self.low <= 4 else 2
        return list(range(self.high, self.low - 1, -step))[::-1]
