"""Two runs compared: by what factor the gradient of each role changed at every time step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import GraphError
from ..differences import Diff
from ..labels import power_of_ten
from .canvas import SIZE, axes_on, dress, dress_bar, figure_of, legend_below, matplotlib, theme_of, tick_whole
from .heat import short_paths

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ratio"]


def ratio(data: Diff, *, ax: Axes | None = None, dark: bool = False, title: str = "") -> Figure:
    """The norm of the gradient in b over that in a, by role and time step, on a logarithmic scale.

    Orange is more gradient, blue is less, and the page's colour is no change; a cell without a ratio is hatched.

    Args:
        data: what `tg.viz.diff` returns.
        ax: where to draw; by default a new figure.
        dark: colours for a dark page.
        title: the first line.

    Returns:
        The figure.

    Raises:
        GraphError: if no named value of a time step has a gradient in both.
        ProgramError: if Matplotlib is not installed.
    """
    names, steps, logs = ratios(data)
    mpl, theme = matplotlib(), theme_of(dark)
    ax = axes_on(ax, 1.25 + 0.2 * len(names), dark)
    dress(ax, title or "Gradient of b over that of a", "time step t", "", theme)
    top = max(float(np.nanmax(np.abs(logs), initial=0.0)), math.log10(1.1))
    ends = ["#2f6db5", theme.page, "#d9700a"] if not dark else ["#4ea3e6", theme.page, "#ff9d1e"]
    colors = mpl.colors.LinearSegmentedColormap.from_list("ratio", ends)
    ax.set_facecolor(theme.gap)
    ax.patch.set(hatch="////", edgecolor=theme.faint, linewidth=0)
    half = 0.5 * (steps[-1] - steps[0]) / max(len(steps) - 1, 1) if len(steps) > 1 else 0.5
    image = ax.imshow(
        logs,
        aspect="auto",
        interpolation="nearest",
        cmap=colors,
        vmin=-top,
        vmax=top,
        extent=(steps[0] - half, steps[-1] + half, len(names) - 0.5, -0.5),
    )
    for r in range(1, len(names)):
        ax.axhline(r - 0.5, color=theme.module, linewidth=0.6)
    ax.set_yticks(range(len(names)), names, parse_math=False)
    tick_whole(ax.xaxis)
    if np.isnan(logs).any():
        words = "no ratio: a gradient is zero, missing or not finite"
        look = {"facecolor": theme.gap, "edgecolor": theme.faint, "linewidth": 0.6}
        legend_below(ax, theme, [mpl.patches.Patch(hatch="////", label=words, **look)])
    bar = figure_of(ax).colorbar(image, ax=ax, pad=0.015, fraction=0.05, aspect=18)
    factors = factors_within(top)
    bar.set_ticks([math.log10(factor) for factor in factors], labels=[_times(factor) for factor in factors])
    dress_bar(bar, theme, "gradient, b / a")
    bar.ax.yaxis.label.set_fontsize(SIZE)
    return figure_of(ax)


def factors_within(top: float) -> list[float]:
    """Round factors from 10**-top to 10**top, at most three above 1 and as many below."""
    if top >= 2:
        step = math.ceil(math.floor(top) / 3)
        powers = range(step, math.floor(top) + 1, step)
        above = [10.0**power for power in powers]
    else:
        steps = (3, 10, 30) if top >= 1 else (1.5, 2, 3, 5) if top >= 0.3 else (1.05, 1.1, 1.2, 1.5)
        above = [float(factor) for factor in steps if math.log10(factor) <= top][-3:]
    return [*(1 / factor for factor in reversed(above)), 1.0, *above]


def _times(factor: float) -> str:
    """Factors below 1 are divisions."""
    sign, size = ("×", factor) if factor >= 1 else ("÷", 1 / factor)
    return f"{sign} {power_of_ten(round(math.log10(size)))}" if size > 99 else f"{sign} {size:.3g}"


def ratios(data: Diff) -> tuple[list[str], list[int], Any]:
    """Rows, time steps, and the decimal logarithm of each ratio, NaN where there is none."""
    cells: dict[tuple[str, str], dict[int, float]] = {}
    for pair in data.pairs:
        v, found = pair.b, pair.ratio
        if v.name and v.t is not None and v.direction == "forward":
            usable = found is not None and 0 < found < math.inf
            cells.setdefault((v.path, v.name), {})[v.t] = math.log10(found) if usable and found else math.nan
    if all(math.isnan(log) for row in cells.values() for log in row.values()):
        raise GraphError("diff: no named value of a time step has a gradient in both graphs; need some to plot")
    steps = sorted({t for row in cells.values() for t in row})
    short = short_paths(dict.fromkeys(path for path, _ in cells))
    logs = np.array([[row.get(t, math.nan) for t in steps] for row in cells.values()])
    return [f"{short[path]} {name}".strip() for path, name in cells], steps, logs
