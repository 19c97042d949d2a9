"""Who contributed to a weight's gradient: bars for the time steps, stacked by gate or by module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...errors import OptionError
from ...flow import Ledger
from .canvas import SERIES, axes_on, dress, figure_of, legend_below, matplotlib, theme_of, tick_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ledger", "shares"]

BARS = 100
"""How many bars are drawn at most; where there are more steps, neighbours add up."""


def ledger(
    data: Ledger,
    by: Literal["gate", "path"] = "gate",
    *,
    ax: Axes | None = None,
    dark: bool = False,
    title: str = "",
) -> Figure:
    """The share of each time step in the gradient of a weight, as stacked bars.

    A share is the projection of a contribution on the whole gradient. Shares add up to 1 over all bars, so they can be
    stacked, which norms can not; what is below zero points against the whole. Uses outside of time are left out,
    and the title of the axis says how much they are.

    Args:
        data: what `tg.flow.ledger` returns.
        by: what the colours tell apart: "gate" or "path".
        ax: where to draw; by default a new figure.
        dark: colours for a dark page.
        title: the first line.

    Returns:
        The figure.

    Raises:
        OptionError: for another ``by``, or if no use belongs to a time step.
        ProgramError: if Matplotlib is not installed.
    """
    steps, width, parts = shares(data, by)
    theme = theme_of(dark)
    ax = axes_on(ax, 2.9, dark)
    rest = float(sum(share for share, t in zip(data.share, data.t.tolist(), strict=True) if t is None))
    outside = f" ({rest:.1%} outside of time)" if abs(rest) > 5e-4 else ""
    what = "time step t" if width == 1 else f"time step t, {width} steps a bar"
    dress(ax, title or "Which step the gradient of the weight is from", what + outside, "share", theme, grid=True)
    above, below = np.zeros(len(steps)), np.zeros(len(steps))
    at, colors = steps + (width - 1) / 2, SERIES[theme.name]
    for k, (name, part) in enumerate(parts.items()):
        base = np.where(part >= 0, above, below)
        ax.bar(
            at,
            part,
            width * 0.86,
            base,
            color=colors[k % len(colors)],
            edgecolor=theme.page,
            linewidth=0.4,
            label=name or "not named",
        )
        above, below = above + np.maximum(part, 0), below + np.minimum(part, 0)
    ax.axhline(0, color=theme.outline, linewidth=0.8)
    fine = 0 if max(above.max(), -below.min()) > 0.05 else 1
    ax.yaxis.set_major_formatter(matplotlib().ticker.PercentFormatter(1.0, fine))
    ax.set_xlim(steps[0] - 0.8, steps[-1] + width - 0.2)
    tick_whole(ax.xaxis)
    legend_below(ax, theme, columns=6)
    return figure_of(ax)


def shares(data: Ledger, by: str) -> tuple[Any, int, dict[str, Any]]:
    """First step of each bar, steps a bar, and by gate or path the share of each bar."""
    if by not in ("gate", "path"):
        raise OptionError(f'ledger: got by={by!r}; need "gate" or "path"')
    inside = np.array([t is not None for t in data.t.tolist()], bool)
    if not inside.any():
        raise OptionError("ledger: got no use in a time step; need a weight that is used in some: tg.scope(t=t)")
    t = data.t[inside].astype(int)
    width = -(-(int(np.ptp(t)) + 1) // BARS)
    steps = np.arange(t.min(), t.max() + 1, width)
    keys = getattr(data, by)[inside]
    parts = {}
    for key in dict.fromkeys(keys.tolist()):
        here = keys == key
        parts[key] = np.bincount((t[here] - t.min()) // width, data.share[inside][here], len(steps))
    return steps, width, parts
