"""The user's own program, as far as a graph knows it: the line from which something was recorded."""

from __future__ import annotations

import linecache
import sys

import numpy as np

__all__ = ["Line", "shown", "user_line"]

Line = tuple[str, int]
"""A file, and a line in it, counted from 1."""

_PACKAGES = (__file__.rpartition("autograd")[0], np.__file__.rpartition("__init__")[0])


def user_line() -> Line:
    """The innermost line outside of this package and of NumPy that is being executed."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGES):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def shown(line: Line) -> str:
    """File, number and, where the file can be read, text of a line."""
    text = linecache.getline(*line).strip()
    return f"{line[0]}:{line[1]}" + (f": {text}" if text else "")
