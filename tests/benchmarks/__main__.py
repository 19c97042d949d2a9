"""The command line of the benchmarks; see the package's docstring for how to use it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
from pathlib import Path

import numpy as np

from . import __doc__ as usage
from . import chain, import_time, memory, page, reads, train_step, transforms
from .peers import PEERS, installed
from .problem import FORMS, GATES, SHAPES, Shape

MEASURES = ("step", "forms", "chain", "reads", "memory", "imports", "page", "transforms")


def main() -> None:
    """Run the measures that are asked for, and print each as it is done."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=usage, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("measures", nargs="*", metavar="measure", help=f"of {', '.join(MEASURES)}; all by default")
    parser.add_argument("--cell", action="append", choices=GATES, help="may be given again; all by default")
    parser.add_argument("--shape", action="append", type=shape, metavar="D,H,B,T", help="may be given again")
    parser.add_argument("--peer", action="append", choices=PEERS, help="may be given again; all by default")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="medians are over this many (7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    options = parser.parse_args()
    unknown = set(options.measures) - set(MEASURES)
    if unknown or options.rounds < 1:
        got = ", ".join(unknown) or f"--rounds {options.rounds}"
        parser.error(f"got {got}; need measures of {', '.join(MEASURES)}, and at least one round")

    peers = ["ours", *(p for p in PEERS if p != "ours" and p in (options.peer or PEERS) and installed(p))]
    measures = {
        "step": lambda: train_step.measure(options.cell or GATES, options.shape or SHAPES, peers, options.rounds),
        "forms": lambda: train_step.measure(
            options.cell or GATES,
            options.shape or SHAPES,
            peers,
            options.rounds,
            [form for form in FORMS if form != "plain"],
        ),
        "chain": lambda: chain.measure(min(options.rounds, 3)),
        "reads": lambda: reads.measure(options.rounds),
        "memory": lambda: memory.measure(min(options.rounds, 3)),
        "imports": lambda: import_time.measure(options.rounds),
        "page": lambda: page.measure(options.rounds),
        "transforms": lambda: transforms.measure(options.rounds),
    }
    reports = []
    for name in options.measures or MEASURES:
        reports.append(measures[name]())
        reports[-1].show()
    if options.json:
        machine = {"python": platform.python_version(), "numpy": np.__version__, "processor": platform.machine()}
        found = {"machine": machine, "reports": [dataclasses.asdict(report) for report in reports]}
        options.json.write_text(json.dumps(found, indent=1) + "\n")


def shape(text: str) -> Shape:
    """``65,128,32,64``."""
    sizes = [int(part) for part in text.split(",")]
    if len(sizes) != len(Shape._fields) or min(sizes) < 1:
        raise argparse.ArgumentTypeError(f"got {text}; need four sizes, D,H,B,T")
    return Shape(*sizes)


if __name__ == "__main__":
    main()
