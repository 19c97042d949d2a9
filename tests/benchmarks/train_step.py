"""A training step of RNN, LSTM and GRU, forward and backward, by everybody who can."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .peers import PEERS, Step
from .problem import Problem, Shape
from .report import Report, Target
from .timing import in_turns, ratio

BESIDE = ("hand", "tuned", "pytorch", "unbound")
"""Peers that ours is divided by; all others are divided by ours."""

LIMITS: dict[tuple[str, str], tuple[float, float | None]] = {
    ("ours", "hand"): (1.7, 3.5),
    ("ours", "pytorch"): (0.65, 1.0),
    ("mygrad", "ours"): (4.0, None),
    ("hips", "ours"): (5.5, None),
}
"""Geometric mean and worst of two peers' times: at most this over another peer, at least this over ours."""


def measure(
    cells: Iterable[str], shapes: Sequence[Shape], peers: Sequence[str], rounds: int, forms: Sequence[str] = ("plain",)
) -> Report:
    """Every cell in every form at every shape: milliseconds of each peer, and its time over ours."""
    pairs = [("ours", p) if p in BESIDE else (p, "ours") for p in peers if p != "ours"]
    report = Report(
        f"Training step, float32, one thread: ms, and ratios of times (medians of {rounds} rounds)",
        ["layer", "form", "(D,H,B,T)", *(f"{peer} ms" for peer in peers), *map("/".join, pairs)],
    )
    ratios: dict[tuple[str, str], list[float]] = {pair: [] for pair in pairs}
    for cell, form in itertools.product(cells, forms):
        check(cell, Shape(3, 5, 2, 7), peers, np.float64, 1e-12, form)
        for shape in shapes:
            steps = check(cell, shape, peers, np.float32, 1e-4, form)
            times = in_turns(steps, rounds)
            for (above, below), found in ratios.items():
                found.append(ratio(times[above], times[below]))
            milliseconds = [1000 * statistics.median(times[peer]) for peer in peers]
            report.rows.append([cell, form, str(shape), *milliseconds, *(found[-1] for found in ratios.values())])
    means = [statistics.geometric_mean(found) for found in ratios.values()]
    report.rows.append(["geometric mean", "", "", *("" for _ in peers), *means])
    for (above, below), mean in zip(pairs, means, strict=True):
        if (above, below) in LIMITS:
            limit, worst = LIMITS[above, below]
            report.targets.append(Target(f"{above} / {below}, geometric mean", mean, limit, at_least=below == "ours"))
            if worst is not None:
                report.targets.append(Target(f"{above} / {below}, worst", max(ratios[above, below]), worst))
    return report


def check(
    cell: str, shape: Shape, peers: Sequence[str], dtype: Any, tolerance: float, form: str = "plain"
) -> dict[str, Step]:
    """The steps of all peers, once their losses and gradients are known to agree."""
    problem = Problem(cell, shape, dtype, form)
    names = ["loss", *(f"{w} {place}" for place in problem.weights for w in ("w_ih", "w_hh", "b_ih", "b_hh"))]
    steps = {peer: PEERS[peer](problem) for peer in peers}
    found = {peer: [np.asarray(value) for value in step()] for peer, step in steps.items()}
    expected = found[peers[0]]
    for peer, values in found.items():
        for name, value, right in zip(names, values, expected, strict=True):
            error = np.linalg.norm(value - right) / np.linalg.norm(right)
            if not error <= tolerance or value.dtype != dtype:
                raise SystemExit(
                    f"{cell} {form} {shape}: {peer} and {peers[0]} differ by {error:.1e} in {name} (as {value.dtype})"
                )
    return steps
