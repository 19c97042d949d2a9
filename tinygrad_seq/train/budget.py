"""How many updates fit into a number of minutes, by arithmetic and not by the clock.

A run that ended when its time is up would make as many updates as the machine happened to manage, and would never give
the same result twice. So minutes are turned into updates beforehand, by what an update takes on a slow core.
"""

from __future__ import annotations

from .run import Options

__all__ = ["updates_in"]

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
# Seconds of one core of a small virtual machine, with one BLAS thread, fitted to 24 sizes from (hidden 16, 1 stream) to
# (hidden 512, 64 streams) and 2 layers, which they meet to a seventh, and then raised by a tenth for slower cores.
PER_UPDATE = 0.7e-3
PER_STEP = {"rnn": 11e-6, "lstm": 73e-6, "gru": 80e-6}
PER_FLOP = 1.09e-11
PER_WEIGHT = 0.87e-9  # of those that every step reads anew
PER_ELEMENT = 10.1e-9
PER_SCORE = 16.6e-9


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
        PER_UPDATE
        + o.length * o.layers * (PER_STEP[o.cell] + gates * o.hidden**2 * PER_WEIGHT)
        + 6 * symbols * weights * PER_FLOP
        + symbols * (o.layers * gates * o.hidden * PER_ELEMENT + size * PER_SCORE)
    )
    return max(1, round(60 * minutes / seconds))
