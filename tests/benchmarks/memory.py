"""The most memory that an LSTM step takes, above what the process holds before it; a process for each peer."""

from __future__ import annotations

import statistics

from .peers import PEERS, installed
from .problem import Problem, Shape
from .process import call, forget_peak, resident
from .report import Report, Target

SHAPES = (Shape(65, 128, 32, 64), Shape(128, 256, 32, 64))


def measure(rounds: int) -> Report:
    """Megabytes of every peer, and ours over PyTorch's."""
    peers = [peer for peer in PEERS if installed(peer)]
    report = Report("Peak memory of the LSTM step: MB above the process at rest", ["(D,H,B,T)", *peers])
    for shape in SHAPES:
        found = {peer: statistics.median(call(peak, peer, *shape) for _ in range(rounds)) for peer in peers}
        report.rows.append([str(shape), *(found[peer] / 1e6 for peer in peers)])
        if "pytorch" in found:
            report.targets.append(Target(f"ours / pytorch at {shape}", found["ours"] / found["pytorch"], 1.1))
    return report


def peak(peer: str, *shape: int) -> float:
    """Bytes above those at rest, over three steps; a small problem first, for what is made once."""
    PEERS[peer](Problem("lstm", Shape(3, 4, 2, 3)))()
    step = PEERS[peer](Problem("lstm", Shape(*shape)))
    rest = resident("VmRSS")
    forget_peak()
    for _ in range(3):
        step()
    return resident("VmHWM") - rest
