"""Numbers that must be taken in a process of their own, and how much memory a process holds (on Linux)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[2]

# Large arrays go back to the system when they are freed, small ones when the heap's end is free: the memory of a
# process is then what is alive in it. (Otherwise glibc moves both limits as it goes.)
GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}


def call(function: Callable[..., float], *args: Any) -> float:
    """The number that ``function(*args)`` returns in a fresh interpreter."""
    code = f"from {function.__module__} import {function.__name__} as f; print(f(*{args!r}))"
    return float(python(code, **GIVE_BACK))


def python(code: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=TOP,
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise SystemExit(run.stderr)
    return run.stdout


def resident(which: str) -> int:
    """Bytes of memory: ``VmRSS`` now, ``VmHWM`` at the highest since `forget_peak`."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(which):
            return int(line.split()[1]) * 1024
    raise LookupError(f"/proc/self/status has no line {which}")


def forget_peak() -> None:
    """Let ``VmHWM`` start again from what is held now."""
    Path("/proc/self/clear_refs").write_text("5")
