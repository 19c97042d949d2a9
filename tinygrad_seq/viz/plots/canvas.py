"""What all plots share: Matplotlib, imported when it is needed; the look of a page in light and in dark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import ProgramError
from ..scale import BINS, DARK, LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure, SubFigure

__all__ = [
    "SERIES",
    "SIZE",
    "WIDTH",
    "axes_on",
    "color_map",
    "dots",
    "dress",
    "dress_bar",
    "figure_of",
    "figure_on",
    "figure_with",
    "heading",
    "legend",
    "legend_below",
    "matplotlib",
    "symbol",
    "theme_of",
    "tick_powers",
    "tick_whole",
]

WIDTH = 6.3
"""Inches: the text of a book's page."""
SIZE = 8.5
"""Points."""

SERIES = {
    "light": ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#444444", "#e69f00"),
    "dark": ("#56b4e9", "#ff8a3d", "#2fc99a", "#e79bc6", "#f0e442", "#9fd3ee", "#c8ced8", "#e69f00"),
}
"""Colours that everybody can tell apart (Okabe and Ito 2008), for lines and bars."""


def matplotlib() -> Any:
    """The package, or an error that says how to get it."""
    try:
        import matplotlib as mpl
        import matplotlib.backends.backend_agg
        import matplotlib.figure
    except ImportError:
        raise ProgramError(
            'plots: Matplotlib is not installed; need the extra "plot": pip install "tinygrad_seq[plot]"'
        ) from None
    return mpl


def theme_of(dark: bool) -> Theme:
    """The colours, which are those of the pictures."""
    return DARK if dark else LIGHT


def figure_with(width: float, height: float, dark: bool) -> Figure:
    """An empty figure, in inches; it belongs to nobody but the caller, unlike those of pyplot."""
    figure: Figure = matplotlib().figure.Figure(figsize=(width, height), layout="constrained", dpi=200)
    figure.set_facecolor(theme_of(dark).page)
    return figure


def axes_on(ax: Axes | None, height: float, dark: bool) -> Axes:
    """The axes that were given, or those of a new figure."""
    return figure_with(WIDTH, height, dark).add_subplot() if ax is None else ax


def figure_on(figure: Figure | SubFigure | None, height: float, dark: bool) -> Figure | SubFigure:
    """The figure that was given, or a new one."""
    return figure_with(WIDTH, height, dark) if figure is None else figure


def figure_of(ax: Axes) -> Figure:
    """The whole figure that axes are part of."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def dress(ax: Axes, title: str, across: str, upwards: str, theme: Theme, grid: bool = False) -> None:
    """Title, names of the axes with their units, and the colours of everything."""
    ax.set_facecolor(theme.page)
    ax.set_title(title, fontsize=SIZE + 1.5, fontweight="bold", color=theme.ink, loc="left", pad=7, parse_math=False)
    ax.set_xlabel(across, fontsize=SIZE, color=theme.soft)
    ax.set_ylabel(upwards, fontsize=SIZE, color=theme.soft)
    ax.tick_params(which="both", labelsize=SIZE - 0.5, colors=theme.soft, labelcolor=theme.ink, length=2.5, width=0.6)
    for side, spine in ax.spines.items():
        spine.set_edgecolor(theme.outline)
        spine.set_linewidth(0.6)
        spine.set_visible(not grid or side in ("left", "bottom"))
    if grid:
        ax.grid(True, color=theme.module, linewidth=0.5)
        ax.set_axisbelow(True)


def dress_bar(bar: Any, theme: Theme, label: str) -> None:
    """The same for the bar that explains colours."""
    bar.set_label(label, fontsize=SIZE, color=theme.soft)
    bar.solids.set_edgecolor("face")  # no seams in a vector format
    bar.ax.tick_params(labelsize=SIZE - 0.5, colors=theme.soft, labelcolor=theme.ink, length=2.5, width=0.6)
    bar.outline.set_edgecolor(theme.outline)
    bar.outline.set_linewidth(0.6)


def tick_whole(axis: Any, count: int = 9) -> None:
    """Ticks at round integers, such as time steps."""
    locator = matplotlib().ticker.MaxNLocator(nbins=count, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
    axis.set_major_locator(locator)


def tick_powers(ax: Axes) -> None:
    """Upwards a logarithmic scale, with ticks at powers of ten; where there are hardly any, between them too."""
    ticker = matplotlib().ticker
    ax.set_yscale("log")
    ax.minorticks_off()
    low, high = ax.get_ylim()
    if high < 100 * low:
        ax.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5) if high > 5 * low else range(1, 10)))
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:.3g}")


def dots(steps: Any) -> dict[str, Any]:
    """The marks of a line, where it has so few steps that it would hardly be one."""
    return {"marker": "o", "markersize": 3} if len(steps) < 12 else {}


def symbol(name: str) -> str:
    """A value's name in a formula."""
    return name if name.isascii() and name.isalnum() else "v"


def color_map(theme: Theme) -> ListedColormap:
    """The colours of the pictures, from little gradient to much."""
    found: ListedColormap = matplotlib().colors.ListedColormap([theme.color(k) for k in range(BINS)])
    return found


def heading(figure: Figure | SubFigure, title: str, theme: Theme) -> None:
    """The title of several axes."""
    style = {"fontsize": SIZE + 1.5, "fontweight": "bold", "color": theme.ink, "parse_math": False}
    figure.suptitle(title, x=0.01, ha="left", **style)


def legend(ax: Axes, theme: Theme, handles: Sequence[Any] | None = None, **place: Any) -> None:
    """A key without a frame."""
    options: dict[str, Any] = place if handles is None else {"handles": handles, **place}
    ax.legend(fontsize=SIZE - 1, frameon=False, labelcolor=theme.ink, **options)


def legend_below(ax: Axes, theme: Theme, handles: Sequence[Any] | None = None, columns: int = 3) -> None:
    """A key below the plot and the name of its axis."""
    shift = matplotlib().transforms.ScaledTranslation(0, -32 / 72, figure_of(ax).dpi_scale_trans)
    place = {"loc": "upper left", "bbox_to_anchor": (0, 0), "bbox_transform": ax.transAxes + shift}
    legend(ax, theme, handles, ncols=columns, borderaxespad=0, borderpad=0, handlelength=1.8, **place)
