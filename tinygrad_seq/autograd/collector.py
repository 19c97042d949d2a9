"""Python's cyclic garbage collector, paused while a long graph is recorded or swept.

Recording allocates many small objects that live on, which makes the collector walk all live objects
again and again; it never finds anything, for graphs have no cycles and are freed by reference counts.
"""

from __future__ import annotations

import gc
from _thread import allocate_lock  # threading would take a while to import

__all__ = ["paused"]


class _Paused:
    """A context manager that may be entered by several threads at once; the last to leave restores."""

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._inside = 0
        self._restore = False

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._restore = gc.isenabled()
                gc.disable()
            self._inside += 1

    def __exit__(self, *exc: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._restore:
                gc.enable()


paused = _Paused()
