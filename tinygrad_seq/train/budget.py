"""How many updates fit into a number of minutes, by arithmetic and not by the clock.

A run that ended when its time is up would make as many updates as the machine happened to manage, and would never give
the same result twice. So minutes are turned into updates beforehand, by what an update takes on a slow core.
"""

from __future__ import annotations

from .run import Options

__all__ = ["updates_in"]

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
# Seconds of one core of a small virtual machine, with one BLAS thread, fitted to 23 sizes from (hidden 16, 1 stream) to
# (hidden 512, 2 layers, 64 streams), which they meet to a fifth, and then raised by a fifth for slower cores.
PER_STEP = {"rnn": 28e-6, "lstm": 115e-6, "gru": 115e-6}
PER_FLOP = 1.65e-11
PER_PARAMETER = 24e-9
PER_ELEMENT = 9e-9


def updates_in(minutes: float, options: Options, size: int) -> int:
    """The number of updates that a slow core makes in so many minutes, at least 1.

    Args:
        minutes: the budget.
        options: the sizes; its ``updates`` does not matter.
        size: V, the number of symbols.

    >>> updates_in(1, Options(hidden=128), 100) > updates_in(1, Options(hidden=256), 100)
    True
    """
    o, gates = options, GATES[options.cell]
    widths = [o.embedding] + [o.hidden] * (o.layers - 1)
    weights = sum(gates * o.hidden * (width + o.hidden) for width in widths) + o.hidden * size
    symbols = o.length * o.streams
    seconds = (
        o.length * o.layers * PER_STEP[o.cell]
        + 6 * symbols * weights * PER_FLOP
        + (weights + size * o.embedding) * PER_PARAMETER
        + symbols * (o.layers * gates * o.hidden + size) * PER_ELEMENT
    )
    return max(1, round(60 * minutes / seconds))
