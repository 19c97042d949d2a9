"""How long ``import tinygrad_seq`` takes, beside ``import numpy``; a fresh interpreter each, taking turns."""

from __future__ import annotations

import statistics
import tempfile

from .process import python
from .report import Report, Target
from .timing import ratio

MODULES = ("numpy", "tinygrad_seq")


def measure(rounds: int) -> Report:
    """Milliseconds of the import statement alone, without the start of the interpreter."""
    seconds: dict[str, list[float]] = {module: [] for module in MODULES}
    with tempfile.TemporaryDirectory() as cache:  # byte code is written, and read, whatever the environment says
        environment = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}
        for k in range(-1, rounds):  # the round before the first fills the cache
            for module in MODULES[:: 1 if k % 2 else -1]:
                code = f"import time; t = time.process_time(); import {module}; print(time.process_time() - t)"
                taken = float(python(code, **environment))
                if k >= 0:
                    seconds[module].append(taken)
    medians = [1000 * statistics.median(seconds[module]) for module in MODULES]
    above = ratio(seconds["tinygrad_seq"], seconds["numpy"])
    report = Report("Import: ms", ["", *MODULES], [["import", *medians]])
    report.targets.append(Target("import tinygrad_seq / import numpy", above, 1.3))
    return report
