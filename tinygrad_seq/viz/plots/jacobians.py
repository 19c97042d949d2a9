"""How a step stretches and shrinks what goes through it: singular values of the step Jacobians over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...flow.horizon import StepJacobians
from .canvas import SERIES, axes_on, dots, dress, figure_of, legend_below, theme_of, tick_powers, tick_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["jacobians"]


def jacobians(data: StepJacobians, *, ax: Axes | None = None, dark: bool = False, title: str = "") -> Figure:
    r"""All singular values of :math:`\partial s_t / \partial s_{t-1}` at every step, averaged over the batch.

    A gradient in the direction of a singular vector grows by its singular value on its way back through the step:
    above 1 it grows, below it fades. The largest, the median and the smallest are lines; the area between holds
    the others, darker between the quartiles.

    Args:
        data: what `tg.flow.step_jacobians` returns.
        ax: where to draw; by default a new figure.
        dark: colours for a dark page.
        title: the first line.

    Returns:
        The figure.

    Raises:
        ProgramError: if Matplotlib is not installed.
    """
    theme = theme_of(dark)
    ax = axes_on(ax, 2.7, dark)
    dress(ax, title or "Singular values of the step Jacobians", "time step t", "singular value", theme, grid=True)
    with np.errstate(divide="ignore"):
        values = np.exp(np.log(data.singular_values).mean(axis=1))  # geometric, as factors multiply
    order = np.argsort(data.t, kind="stable")
    t, values = data.t[order].astype(int), values[order]
    floor = max(float(values[values > 0].min(initial=1.0)), float(values.max(initial=1.0)) * 1e-8)
    values = np.maximum(values, floor)
    colors = SERIES[theme.name]
    quarter = [np.quantile(values, q, axis=1) for q in (0, 0.25, 0.5, 0.75, 1)]
    ax.fill_between(t, quarter[0], quarter[4], color=theme.ramp[2], alpha=0.22, linewidth=0)
    ax.fill_between(t, quarter[1], quarter[3], color=theme.ramp[2], alpha=0.35, linewidth=0)
    ax.plot(t, quarter[4], color=colors[1], linewidth=1.4, label="largest", **dots(t))
    ax.plot(t, quarter[2], color=theme.ramp[4], linewidth=1.4, label="median", **dots(t))
    ax.plot(t, quarter[0], color=colors[2], linewidth=1.4, label="smallest", **dots(t))
    ax.plot(t, np.abs(data.radius[order]), color=theme.soft, linewidth=0.9, linestyle=":", label="spectral radius")
    ax.axhline(1.0, color=theme.ink, linewidth=0.8, linestyle=(0, (4, 3)))
    tick_powers(ax)
    tick_whole(ax.xaxis)
    legend_below(ax, theme, columns=4)
    return figure_of(ax)
