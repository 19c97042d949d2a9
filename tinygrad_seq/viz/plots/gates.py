"""What gates do at every step: a raster of activations in which one sees where they are saturated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import OptionError, ShapeError
from ..scale import LIGHT
from .canvas import (
    SIZE,
    color_map,
    dress,
    dress_bar,
    figure_on,
    heading,
    legend_below,
    matplotlib,
    theme_of,
    tick_whole,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

__all__ = ["gates"]

GATES = {"i": "input gate", "f": "forget gate", "o": "output gate", "r": "reset gate", "z": "update gate"}


def gates(
    recording: Mapping[str, Any],
    *,
    row: int = 0,
    names: Sequence[str] = tuple(GATES),
    low: float = 0.1,
    high: float = 0.9,
    figure: Figure | SubFigure | None = None,
    dark: bool = False,
    title: str = "",
) -> Figure | SubFigure:
    """The activation of every unit of each gate at every time step; saturated ones are marked.

    A gate that is shut (below ``low``) or open (above ``high``) passes on little gradient of its own: the sigmoid is
    flat there (after Karpathy, Johnson and Fei-Fei 2016, figure 5; `tg.flow.saturation` has the shares as numbers).

    Args:
        recording: by the gate's name its activations ``(T, B, H)`` or ``(T, H)``: ``recording["l0"]`` of a layer that
            was called with ``record=True``.
        row: which row of the batch.
        names: which gates to draw, of those that there are.
        low: the lower bound of saturation.
        high: the upper bound.
        figure: where to draw; by default a new figure.
        dark: colours for a dark page.
        title: the first line.

    Returns:
        The figure.

    Raises:
        OptionError: if there is none of the gates, or the bounds are in the wrong order.
        ShapeError: for activations of another shape.
        ProgramError: if Matplotlib is not installed.
    """
    if not low < high:
        raise OptionError(f"gates: got low={low} and high={high}; need low < high")
    found = {name: _activations(name, recording[name], row) for name in names if name in recording}
    if not found:
        raise OptionError(f"gates: got {', '.join(recording) or 'nothing'}; need some of {', '.join(names)}")
    theme, mpl = theme_of(dark), matplotlib()
    figure = figure_on(figure, 0.75 + 1.15 * len(found), dark)
    heading(figure, title or "What the gates do", theme)
    axes = np.atleast_1d(figure.subplots(len(found), 1, sharex=True))
    colors = color_map(theme).with_extremes(over=theme.hot, under=LIGHT.exploded)
    for ax, (name, values) in zip(axes, found.items(), strict=True):
        last = ax is axes[-1]
        dress(ax, "", "time step t" if last else "", "unit", theme)
        image = ax.imshow(values.T, aspect="auto", interpolation="nearest", cmap=colors, vmin=low, vmax=high)
        shut, open_ = float((values < low).mean()), float((values > high).mean())
        words = f"{name}  {GATES.get(name, '')}: {shut:.0%} shut, {open_:.0%} open"
        ax.set_title(words, fontsize=SIZE, color=theme.ink, loc="left", pad=3)
        tick_whole(ax.yaxis, 4)
        tick_whole(ax.xaxis)
    bar = figure.colorbar(image, ax=list(axes), pad=0.015, fraction=0.04, aspect=30, extend="both")
    dress_bar(bar, theme, "activation")
    handles = [
        mpl.patches.Patch(facecolor=theme.hot, label=f"open: over {high:g}"),
        mpl.patches.Patch(facecolor=LIGHT.exploded, label=f"shut: under {low:g}"),
    ]
    legend_below(axes[-1], theme, handles)
    return figure


def _activations(name: str, values: Any, row: int) -> np.ndarray[Any, Any]:
    array = np.asarray(values)
    if array.ndim not in (2, 3):
        raise ShapeError(f"gates: got {name} of shape {array.shape}; need (T, B, H), or (T, H)")
    if array.ndim == 2:
        return array
    if not -array.shape[1] <= row < array.shape[1]:
        raise OptionError(f"gates: got row={row} of a batch of {array.shape[1]}")
    chosen: np.ndarray[Any, Any] = array[:, row]
    return chosen
