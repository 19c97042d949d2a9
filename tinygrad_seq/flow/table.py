"""What the measurements return: columns of equal length that print as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

__all__ = ["Table", "column", "filled"]

_SHOWN = 20
"""How many rows are printed at most; the others are counted."""


class Table:
    """The base of frozen dataclasses whose fields in ``columns`` are arrays, one element for each row.

    Data comes first: `to_dict` is what a plot or a data frame takes, `rows` what ``csv.writer`` takes.
    """

    __slots__ = ()
    columns: ClassVar[tuple[str, ...]]

    def __len__(self) -> int:
        return len(getattr(self, self.columns[0]))

    def to_dict(self) -> dict[str, list[Any]]:
        """The columns by name, as lists of Python's own numbers and strings."""
        return {name: getattr(self, name).tolist() for name in self.columns}

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The names of the columns, and then one tuple for each row."""
        yield self.columns
        yield from zip(*self.to_dict().values(), strict=True)

    def __repr__(self) -> str:
        head, *rows = [tuple(map(_cell, row)) for row in self.rows()]
        hidden = len(rows) - _SHOWN
        if hidden > 1:
            rows[_SHOWN // 2 : -(_SHOWN // 2)] = [("...",) + ("",) * (len(head) - 1)]
        widths = [max(map(len, cells)) for cells in zip(head, *rows, strict=True)]
        right = [isinstance(value[0], (int, float)) if value else False for value in self.to_dict().values()]
        lines = [
            "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)).rstrip()
            for row in [head, *rows]
        ]
        return "\n".join([*lines, *([f"({len(self)} rows)"] if hidden > 1 else [])])


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def filled(kind: type[Table], rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """The columns of a kind of table by name, from rows that begin with its cells."""
    cells = list(zip(*rows, strict=True)) or [()] * len(kind.columns)
    return {name: column(values) for name, values in zip(kind.columns, cells, strict=False)}


def column(values: Iterable[Any]) -> np.ndarray[Any, Any]:
    """An array of numbers or strings; of objects where a time step is None."""
    listed = list(values)
    if any(value is None for value in listed):
        return np.array(listed, object)
    return np.array(listed) if listed else np.array([], object)
