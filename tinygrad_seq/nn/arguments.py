"""What layers ask of their arguments: sizes, flags, probabilities, lengths."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.tensor import Array
from ..errors import DTypeError, OptionError, ShapeError

__all__ = ["flags", "positive", "probability", "row_lengths"]


def positive(caller: str, **sizes: Any) -> None:
    """Refuse sizes that are not positive integers."""
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
            raise OptionError(f"{caller}: got {name}={size!r}; need an integer of at least 1")


def flags(caller: str, **options: Any) -> None:
    """Refuse options that are neither True nor False."""
    for name, value in options.items():
        if not isinstance(value, (bool, np.bool_)):
            hint = "; give other options by name" if isinstance(value, str) else ""
            raise OptionError(f"{caller}: got {name}={value!r}; need True or False{hint}")


def probability(caller: str, **options: Any) -> None:
    """Refuse options that are no numbers from 0 to 1."""
    for name, p in options.items():
        if not isinstance(p, (int, float, np.number)) or not 0 <= p <= 1:
            raise OptionError(f"{caller}: got {name}={p!r}; need a probability in 0 ... 1")


def row_lengths(caller: str, lengths: Any, batch: int, most: int, of: str, what: str = "length") -> Array:
    """How many steps of each row count, as integers ``(B,)``.

    Args:
        caller: whom errors name.
        lengths: integers in 0 ... ``most``, one for each row.
        batch: B.
        most: how many steps there are.
        of: what has them, for errors: "x (5, 3, 4)".
        what: what one of the lengths is called.
    """
    rows = np.asarray(lengths)
    if rows.size and rows.dtype.kind not in "iu":
        raise DTypeError(f"{caller}: got {what}s of dtype {rows.dtype}; need integers; use .astype(int)")
    if rows.shape != (batch,):
        raise ShapeError(f"{caller}: got {what}s {rows.shape} for {of}; need ({batch},), one for each row of the batch")
    for row, length in enumerate(rows.tolist()):
        if not 0 <= length <= most:
            raise OptionError(f"{caller}: got {what} {length} in row {row} for {of}; need 0 ... {most}")
    return rows.astype(np.intp)
