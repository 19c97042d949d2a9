"""Norms of gradients as colours: by role and time, and by loss and time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...flow.roles import RoleNorms
from ..labels import power_of_ten
from ..scale import BINS, Mark, Scale, Theme
from .canvas import axes_on, color_map, dress, dress_bar, figure_of, legend_below, matplotlib, theme_of, tick_whole
from .grid import MARKS, Grid, grid, marks, pooled, runs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["HATCHES", "NAMES", "color_bar", "heat", "key", "paint", "patches", "role_grid", "short_paths"]

NAMES: dict[Mark, str] = {
    "vanished": "vanished: < 10⁻⁸ of the largest",
    "exploded": "exploded: > 10⁴ × the gradient at the loss",
    "zero": "exactly zero",
    "broken": "infinite or NaN",
    "none": "no gradient",
}
HATCHES: dict[Mark, str] = {"vanished": "....", "exploded": "||||", "zero": "----", "broken": "xxxx", "none": "////"}
"""Patterns, so that a mark is told from a colour in grey print as well."""


def heat(data: RoleNorms, *, ax: Axes | None = None, dark: bool = False, title: str = "") -> Figure:
    """The gradient of each role of each layer at every time step, as a heat map on a logarithmic scale.

    What vanished, exploded, is exactly zero, is not finite, or has no gradient has a pattern of its own. Over more
    than 500 steps a cell shows the largest of its steps.

    Args:
        data: what `tg.flow.role_norms` returns; with ``roles=["h"]`` there is a row for each layer.
        ax: where to draw; by default a new figure.
        dark: colours for a dark page.
        title: the first line.

    Returns:
        The figure: ``heat(data).savefig("heat.pdf")``.

    Raises:
        ProgramError: if Matplotlib is not installed.
    """
    found, theme = role_grid(data), theme_of(dark)
    scale = Scale.of(found.norms[found.reached].tolist(), data.start)
    ax = axes_on(ax, 1.25 + 0.2 * len(found.rows), dark)
    dress(ax, title or "Gradient by role and time", "time step t", "", theme)
    paint(ax, found, scale, theme)
    ax.set_yticks(range(len(found.rows)), found.rows, parse_math=False)
    color_bar(ax.get_figure(), ax, scale, theme, r"$\|\partial L/\partial v\|$")
    key(ax, marks(found, scale), theme)
    return figure_of(ax)


def role_grid(data: RoleNorms) -> Grid:
    """Rows by layer, and within a layer by role; a module path is written as short as it tells them apart."""
    short = short_paths(dict.fromkeys(data.path.tolist()))
    names = [f"{short[p]} {name}".strip() for p, name in zip(data.path.tolist(), data.name.tolist(), strict=True)]
    return grid(names, data.t.tolist(), data.norm, data.reached)


def short_paths(paths: Iterable[str]) -> dict[str, str]:
    """The ends of the paths, from where they differ."""
    paths = list(paths)
    parts = [path.split("/") for path in paths]
    common = 0
    while all(len(p) > common for p in parts) and len({p[common] for p in parts}) == 1:
        common += 1
    return {path: "/".join(p[common:]) for path, p in zip(paths, parts, strict=True)}


def paint(ax: Axes, found: Grid, scale: Scale | None, theme: Theme, blank: np.ndarray[Any, Any] | None = None) -> None:
    """Draw the cells; those that are ``blank`` stay the page's. Rows are numbered from the top."""
    mpl = matplotlib()
    found = pooled(found)
    what = marks(found, scale)
    if blank is not None:
        what = np.where(blank, -1, what)
    first, last = found.columns[0], found.columns[-1]
    R, C = what.shape
    step = (last - first) / (C - 1) if C > 1 else 1.0
    left = first - step / 2
    colors = np.zeros((R, C, 4))
    ramp = np.array([mpl.colors.to_rgba(theme.color(k)) for k in range(BINS)])
    for r, c in np.argwhere(what == 0):
        assert scale is not None
        colors[r, c] = ramp[scale.bin(float(found.norms[r, c]))]
    ax.imshow(colors, aspect="auto", interpolation="nearest", extent=(left, left + C * step, R - 0.5, -0.5), zorder=1)
    for mark in NAMES:
        patches = [mpl.patches.Rectangle((left + c * step, r - 0.5), n * step, 1) for r, c, n in runs(what, mark)]
        if patches:
            face, edge = mark_colors(mark, theme)
            ax.add_collection(
                mpl.collections.PatchCollection(
                    patches, facecolor=face, edgecolor=edge, hatch=HATCHES[mark], linewidth=0, zorder=2
                ),
                autolim=False,
            )
    if R <= 40:
        for r in range(1, R):
            ax.axhline(r - 0.5, color=theme.page, linewidth=0.8, zorder=3)
    ax.set_xlim(left, left + C * step)
    tick_whole(ax.xaxis)


def mark_colors(mark: Mark, theme: Theme) -> tuple[str, str]:
    """Ground and pattern."""
    strong = mark in ("exploded", "broken")
    return (theme.of(mark), theme.page) if strong else (theme.page if mark != "vanished" else theme.gap, theme.of(mark))


def color_bar(figure: Any, axes: Any, scale: Scale | None, theme: Theme, label: str) -> None:
    """The scale, at the right of the axes."""
    if scale is None:
        return
    mpl = matplotlib()
    colors = mpl.cm.ScalarMappable(mpl.colors.Normalize(scale.low, scale.high), color_map(theme))
    bar = figure.colorbar(colors, ax=axes, pad=0.015, fraction=0.05, aspect=18)
    bar.set_ticks(scale.ticks(), labels=[power_of_ten(tick) for tick in scale.ticks()])
    dress_bar(bar, theme, label)


def key(ax: Axes, what: Any, theme: Theme) -> None:
    """What the patterns mean that occur, below the plot."""
    handles = patches(what, theme)
    if handles:
        legend_below(ax, theme, handles)


def patches(what: Any, theme: Theme) -> list[Any]:
    """A sample of each mark that occurs, with its name."""
    Patch, found = matplotlib().patches.Patch, []
    for mark, name in NAMES.items():
        if (what == MARKS.index(mark)).any():
            face, edge = mark_colors(mark, theme)
            style = {"facecolor": face, "edgecolor": edge, "hatch": HATCHES[mark], "linewidth": 0.4}
            found.append(Patch(**style, label=name))
    return found
