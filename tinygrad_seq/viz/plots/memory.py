"""How the gradient fades on its way back: its norm over time, and the slope that the Lyapunov exponent foretells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...flow.horizon import Lyapunov, Memory
from .canvas import SERIES, axes_on, dots, dress, figure_of, legend, symbol, theme_of, tick_powers, tick_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["memory"]


def memory(
    data: Memory, lyapunov: Lyapunov | None = None, *, ax: Axes | None = None, dark: bool = False, title: str = ""
) -> Figure:
    r"""The norm of :math:`\partial L / \partial h_t` at every step, a line for each layer, on a logarithmic scale.

    With exponents a broken line has their slope: :math:`\lambda_1` nats a step, from where the gradient comes in. It is
    what a long product of the step Jacobians does on average; the gradient follows it where it lies in the slowest
    direction.

    Args:
        data: what `tg.flow.memory` returns.
        lyapunov: what `tg.flow.lyapunov` returns.
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
    names = list(dict.fromkeys(data.name.tolist()))
    called = names[0] if len(names) == 1 else "v"
    dress(
        ax,
        title or "How far back the gradient reaches",
        "time step t",
        rf"$\|\partial L/\partial {symbol(called)}_t\|$",
        theme,
        grid=True,
    )
    ax.set_yscale("log")
    colors = SERIES[theme.name]
    for k, path in enumerate(dict.fromkeys(data.path.tolist())):
        here = data.path == path
        norms = np.where(data.norm[here] > 0, data.norm[here], np.nan)
        label = f"{path}: memory of {data.length[path]:.1f} steps".removeprefix(": ")
        ax.plot(data.t[here], norms, color=colors[k % len(colors)], linewidth=1.4, label=label, **dots(norms))
    if lyapunov is not None and len(data):
        slope = float(lyapunov.exponent[0])
        top = _start(data, slope)
        back = np.abs(data.t[data.path == data.path[top]] - data.t[top])
        line = data.norm[top] * np.exp(slope * back)
        label = f"slope of λ₁ = {slope:.3f} nats a step".replace("-", "−")
        t = data.t[data.path == data.path[top]]
        low, high = ax.get_ylim()
        ax.plot(t, line, color=theme.ink, linewidth=1.0, linestyle=(0, (4, 3)), label=label)
        ax.set_ylim(min(low, max(line.min(), low / 10)), high)
    tick_powers(ax)
    tick_whole(ax.xaxis)
    legend(ax, theme)
    return figure_of(ax)


def _start(data: Memory, slope: float) -> int:
    """The row from which the slope begins: where the gradient comes in, the largest of one that fades on its way."""
    top = int(np.nanargmax(data.norm))
    if slope <= 0:
        return top
    there = np.flatnonzero((data.path == data.path[top]) & (data.norm > 0))
    return int(there[np.abs(data.t[there] - data.t[top]).argmax()])
