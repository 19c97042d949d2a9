"""A loop that reads one sequence step by step: if each read cost O(T) in backward, the loop would be O(T^2)."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from .peers import installed
from .report import Report, Target
from .timing import exponent, in_turns

LENGTHS = (400, 800, 1600, 3200)
WIDTH = (16, 64)


def measure(rounds: int) -> Report:
    """Time of backward against T, ours and PyTorch's."""
    report = Report(
        f"Backward of h = h + xs[t] * xs[t], xs (T, {WIDTH[0]}, {WIDTH[1]}): ms",
        ["", *(f"T = {n}" for n in LENGTHS), "exponent"],
    )
    calls = {f"ours {n}": ours(n) for n in LENGTHS}
    if installed("pytorch"):  # which takes 9 s at the greatest length, so that is left out
        calls |= {f"pytorch {n}": pytorch(n) for n in LENGTHS[:-1]}
    times = in_turns(calls, rounds)
    for peer in ("ours", "pytorch"):
        medians = [statistics.median(times[f"{peer} {n}"]) for n in LENGTHS if f"{peer} {n}" in times]
        if medians:
            slope = exponent(LENGTHS[: len(medians)], medians)
            missing = [""] * (len(LENGTHS) - len(medians))
            report.rows.append([peer, *(1000 * t for t in medians), *missing, slope])
        if peer == "ours":
            report.targets.append(Target("backward of reads, exponent of T", slope, 1.1))
    return report


def ours(steps: int) -> Callable[[], Any]:
    """Backward alone: the graph is kept."""
    import tinygrad_seq as tg

    xs = tg.tensor(np.ones((steps, *WIDTH), np.float32), requires_grad=True)
    h = loop(xs, steps).sum()
    return lambda: tg.autograd.grad(h, xs)


def pytorch(steps: int) -> Callable[[], Any]:
    """The same."""
    import torch

    torch.set_num_threads(1)
    xs = torch.ones((steps, *WIDTH), requires_grad=True)
    h = loop(xs, steps).sum()
    return lambda: torch.autograd.grad(h, xs, retain_graph=True)


def loop(xs: Any, steps: int) -> Any:
    """A recurrence that needs nothing but its reads."""
    h = xs[0]
    for t in range(1, steps):
        h = h + xs[t] * xs[t]
    return h
