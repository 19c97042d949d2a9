"""The C library's heap: what a graph frees is kept for the next one."""

from __future__ import annotations

import contextlib
import sys

import numpy as np

__all__ = ["keep_freed_memory"]


def keep_freed_memory() -> None:
    """Have glibc keep up to 64 MiB of freed memory, by freeing one array of 31 MiB.

    A training step frees its whole graph at once. By default glibc gives such memory back to the system and asks
    for it again in the next step, page by page, which can take as long as the step itself. It stops once it has seen
    a large block freed, as most programs that use NumPy show it sooner or later. This array is never written to, so
    it costs two system calls and no memory. Where ``MALLOC_`` variables set glibc's thresholds, they hold; other C
    libraries do not care.
    """
    if sys.platform == "linux":  # pragma: no branch - elsewhere there is nothing to do
        with contextlib.suppress(MemoryError):
            np.empty(31 << 20, np.uint8)
