"""From the norm of a gradient to a colour and a width, and the colours of everything else.

The colours run from pale to dark blue (on a dark page, from dim to bright) in equal steps of lightness, so that they
can be told apart by everybody and in grey print. The highlight is orange, which blue never turns into.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

__all__ = ["BINS", "DARK", "LIGHT", "Mark", "Scale", "Theme"]

BINS = 24
DECADES = 8
"""What is smaller than 10**-8 of the largest has vanished."""

Mark = Literal["flow", "vanished", "zero", "broken", "none"]


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
    broken: str
    faint: str
    vanished: str
    ramp: tuple[str, ...]

    def color(self, bin: int) -> str:  # noqa: A002 - the field's word
        """The colour of a bin of the scale."""
        at = bin / (BINS - 1) * (len(self.ramp) - 1)
        k = min(int(at), len(self.ramp) - 2)
        return _mix(self.ramp[k], self.ramp[k + 1], at - k)


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
    """A logarithmic scale from 10**low to 10**high; low and high are whole."""

    low: int
    high: int

    @classmethod
    def of(cls, norms: Iterable[float | None]) -> Scale | None:
        """The scale that holds these norms, the largest DECADES of it at most; None if there is nothing to show."""
        sizes = [n for n in norms if n is not None and math.isfinite(n) and n > 0]
        if not sizes:
            return None
        high = math.ceil(math.log10(max(sizes)) - 1e-9)
        low = max(math.floor(math.log10(min(sizes)) + 1e-9), high - DECADES)
        return cls(min(low, high - 1), high)

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
        return "flow" if math.log10(norm) >= self.low - 1e-9 else "vanished"

    def ticks(self) -> list[int]:
        """The exponents to write beside the scale."""
        step = 1 if self.high - self.low <= 4 else 2
        return list(range(self.high, self.low - 1, -step))[::-1]
