"""Which loss learns from which state: a triangular map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...flow.triangle import Triangle
from ..scale import Scale
from .canvas import axes_on, dress, figure_of, symbol, theme_of, tick_whole
from .grid import grid, marks, pooled
from .heat import color_bar, key, paint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["triangle"]


def triangle(data: Triangle, *, ax: Axes | None = None, dark: bool = False, title: str = "") -> Figure:
    """How much the loss at time t depends on the state at time s: a row for each loss, a column for each state.

    The diagonal is what a loss gets from its own step; a memory is what stays dark far from it. Where s is after t and
    no gradient comes, the map is blank.

    Args:
        data: what `tg.flow.triangle` returns.
        ax: where to draw; by default a new figure.
        dark: colours for a dark page.
        title: the first line.

    Returns:
        The figure.

    Raises:
        ProgramError: if Matplotlib is not installed.
    """
    theme = theme_of(dark)
    order = np.argsort(data.loss, kind="stable")
    loss, t = data.loss[order].tolist(), data.t[order].tolist()
    found = pooled(grid(loss, t, data.norm[order], data.reached[order]))
    scale = Scale.of(found.norms[found.reached].tolist())
    ax = axes_on(ax, 4.6, dark)
    name = data.state.rpartition("/")[2]
    dress(ax, title or f"Which loss learns from which {name}", "state at time step s", "loss at time step t", theme)
    later = np.array(found.columns)[None, :] > np.array(found.rows)[:, None]
    blank = later & (found.norms == 0)
    paint(ax, found, scale, theme, blank)
    tick_whole(ax.yaxis)
    ax.yaxis.set_major_formatter(lambda k, _: str(found.rows[int(k)]) if 0 <= k < len(found.rows) else "")
    label = rf"$\|\partial\,\mathrm{{loss}}_t/\partial {symbol(name)}_s\|$"
    color_bar(ax.get_figure(), ax, scale, theme, label)
    key(ax, np.where(blank, -1, marks(found, scale)), theme)
    return figure_of(ax)
