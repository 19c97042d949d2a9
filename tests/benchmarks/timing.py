"""How time is taken: the contestants in turn, again and again, so that whatever the machine does meets all of them.

Times are processor time. With one thread that is what a clock on the wall shows on a machine that does
nothing else, and it stays so when the machine does.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

PATIENCE = 0.03
"""Seconds that a contestant runs in each round, at least once."""


def in_turns(contestants: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Seconds of one call, for each contestant in each round; every round starts with another contestant.

    The garbage collector stays on, as it is for users, but does not see what was there before: an imported
    PyTorch has some 100,000 objects, and no contestant shall pay for walking them.
    """
    names = list(contestants)
    repeats = {name: _repeats(contestants[name]) for name in names}
    times: dict[str, list[float]] = {name: [] for name in names}
    gc.collect()
    gc.freeze()
    try:
        for k in range(rounds):
            for name in names[k % len(names) :] + names[: k % len(names)]:
                gc.collect()
                times[name].append(_seconds(contestants[name], repeats[name]) / repeats[name])
    finally:
        gc.unfreeze()
    return times


def _repeats(call: Callable[[], Any]) -> int:
    call()
    return max(1, math.ceil(PATIENCE / _seconds(call, 1)))


def _seconds(call: Callable[[], Any], repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        call()
    return time.process_time() - start


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median over rounds of the ratio within the round."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def exponent(sizes: Sequence[int], times: Sequence[float]) -> float:
    """The slope of log time over log size: 1 is linear, 2 quadratic."""
    return statistics.linear_regression([math.log(n) for n in sizes], [math.log(t) for t in times]).slope
