"""A chain of a million operations on one element: what remains is what the engine itself costs."""

from __future__ import annotations

import gc
import itertools
import statistics
import time
import tracemalloc
from typing import Any

import numpy as np

from .process import call, resident
from .report import Report, Target
from .timing import exponent

LENGTHS = (125_000, 250_000, 500_000, 1_000_000)
PARTS = ("forward", "backward", "release")


def measure(rounds: int) -> Report:
    """Time against length, and bytes a node, each with the array of one element that ``tanh`` keeps."""
    report = Report(
        "A chain of n times tanh on one element: microseconds a node",
        ["", *(f"n = {n:,}" for n in LENGTHS), "exponent"],
    )
    found = [[seconds(n) for n in LENGTHS] for _ in range(rounds)]
    for part, name in enumerate(PARTS):
        times = [statistics.median(row[k][part] for row in found) for k in range(len(LENGTHS))]
        slope = exponent(LENGTHS, times)
        report.rows.append([name, *(1e6 * t / n for t, n in zip(times, LENGTHS, strict=True)), slope])
        if name == "backward":
            report.targets.append(Target("backward of the chain, exponent of n", slope, 1.1))
    n = LENGTHS[-1]
    report.targets.append(Target(f"bytes a node, resident memory, n = {n:,}", call(bytes_resident, n), 400))
    report.targets.append(Target(f"bytes a node, tracemalloc, n = {n:,}", call(bytes_traced, n), 400))
    return report


def chain(n: int) -> tuple[Any, Any]:
    """A variable, and tanh of it n times over."""
    import tinygrad_seq as tg

    x = y = tg.tensor(np.ones(1, np.float32), requires_grad=True)
    for _ in range(n):
        y = tg.ops.tanh(y)
    return x, y


def seconds(n: int) -> tuple[float, float, float]:
    """Processor time of forward, backward, and letting the graph go."""
    gc.collect()
    marks = [time.process_time()]
    x, y = chain(n)
    marks.append(time.process_time())
    y.backward()
    marks.append(time.process_time())
    assert x.grad is not None
    del y
    marks.append(time.process_time())
    forward, backward, release = (b - a for a, b in itertools.pairwise(marks))
    return forward, backward, release


def bytes_resident(n: int) -> float:
    """What the process grew by, for each node of a live graph."""
    chain(10)
    before = resident("VmRSS")
    graph = chain(n)
    return (resident("VmRSS") - before) / n if graph else 0.0


def bytes_traced(n: int) -> float:
    """What Python and NumPy asked for, for each node of a live graph."""
    chain(10)
    tracemalloc.start()
    graph = chain(n)
    return tracemalloc.get_traced_memory()[0] / n if graph else 0.0
