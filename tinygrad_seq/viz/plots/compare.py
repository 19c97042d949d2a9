"""Several models side by side: where the gradient goes in each, on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import OptionError
from ...flow.roles import RoleNorms
from ..scale import Scale
from .canvas import SERIES, SIZE, dots, dress, figure_on, heading, legend, symbol, theme_of, tick_powers, tick_whole
from .grid import marks
from .heat import color_bar, paint, patches, role_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

__all__ = ["compare"]

STYLES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.5, 1, 1.5)))


def compare(
    models: Mapping[str, RoleNorms],
    state: str = "h",
    *,
    figure: Figure | SubFigure | None = None,
    dark: bool = False,
    title: str = "",
) -> Figure | SubFigure:
    """The gradient of each role over time, a heat map for each model, and below that of one state in all of them.

    All share one scale, so that a colour means the same everywhere.

    Args:
        models: by name what `tg.flow.role_norms` returns.
        state: which role to compare; where several layers have it, the last one's.
        figure: where to draw; by default a new figure.
        dark: colours for a dark page.
        title: the first line.

    Returns:
        The figure.

    Raises:
        OptionError: if there is no model, or one without the state.
        ProgramError: if Matplotlib is not installed.
    """
    if not models:
        raise OptionError("compare: got no model; need some: compare({'LSTM': tg.flow.role_norms(loss)})")
    for name, data in models.items():
        if state not in data.name:
            raise OptionError(f"compare: got state {state!r}, which {name!r} has not; need a role that all have")
    theme = theme_of(dark)
    grids = {name: role_grid(data) for name, data in models.items()}
    sizes = [size for found in grids.values() for size in found.norms[found.reached].tolist()]
    scale = Scale.of(sizes, max(data.start for data in models.values()))
    rows = max(len(found.rows) for found in grids.values())
    figure = figure_on(figure, 3.4 + 0.16 * rows, dark)
    heading(figure, title or "Where the gradient goes", theme)
    layout = figure.add_gridspec(2, len(grids), height_ratios=(0.5 + 0.16 * rows, 1.6))
    axes = [figure.add_subplot(layout[0, k]) for k in range(len(grids))]
    what = np.concatenate([marks(found, scale).ravel() for found in grids.values()])
    for ax, (name, found) in zip(axes, grids.items(), strict=True):
        dress(ax, "", "time step t", "", theme)
        ax.set_title(
            name, fontsize=SIZE, color=theme.ink, loc="left", pad=3, y=len(found.rows) / rows, parse_math=False
        )
        paint(ax, found, scale, theme)
        ax.set_yticks(range(len(found.rows)), found.rows, parse_math=False)
        # Rows are equally high everywhere, and the states stand side by side at the bottom.
        ax.set_ylim(len(found.rows) - 0.5, len(found.rows) - rows - 0.5)
        ax.spines["top"].set_visible(len(found.rows) == rows)
        for side in ("left", "right"):
            ax.spines[side].set_bounds(len(found.rows) - 0.5, -0.5)
        tick_whole(ax.xaxis, 5)
    color_bar(figure, axes, scale, theme, r"$\|\partial L/\partial v\|$")
    handles = patches(what, theme)
    if handles:
        style = {"fontsize": SIZE - 1, "labelcolor": theme.ink, "frameon": False}
        figure.legend(handles=handles, loc="outside lower left", ncols=2, handlelength=1.8, **style)
    below = figure.add_subplot(layout[1, :])
    dress(below, "", "time step t", rf"$\|\partial L/\partial {symbol(state)}_t\|$", theme, grid=True)
    for k, (name, data) in enumerate(models.items()):
        t, norms = _last(data, state)
        color = SERIES[theme.name][k % len(SERIES[theme.name])]
        below.plot(t, norms, color=color, linewidth=1.5, linestyle=STYLES[k % len(STYLES)], label=name, **dots(t))
    tick_powers(below)
    # All steps, as above: a line ends where the gradient is zero.
    first, last = (pick([pick(found.columns) for found in grids.values()]) for pick in (min, max))
    if first < last:
        aside = 0.02 * (last - first)
        below.set_xlim(first - aside, last + aside)
    tick_whole(below.xaxis)
    legend(below, theme)
    return figure


def _last(data: RoleNorms, state: str) -> tuple[Any, Any]:
    """Steps and norms of the last layer that has the state; NaN where a logarithm is none."""
    path = data.path[data.name == state][-1]
    here = (data.path == path) & (data.name == state)
    return data.t[here], np.where(data.norm[here] > 0, data.norm[here], np.nan)
