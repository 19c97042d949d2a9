"""From the rows of a table to a grid of norms that can be coloured, each with its mark."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from ..scale import Mark, Scale

__all__ = ["MARKS", "Grid", "grid", "marks", "pooled", "runs"]

Array = np.ndarray[Any, Any]

MARKS: tuple[Mark, ...] = get_args(Mark)
FLOW, BROKEN = MARKS.index("flow"), MARKS.index("broken")
CELLS = 500
"""How many columns are drawn at most; where there are more, a cell has the largest norm of its steps."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Norms ``(R, C)``, NaN included.

    ``reached`` says where there is any, ``rows`` and ``columns`` of what.
    """

    rows: list[Any]
    columns: list[Any]
    norms: Array
    reached: Array


def grid(rows: Sequence[Any], columns: Sequence[Any], norms: Array, reached: Array) -> Grid:
    """The grid of a table in which each row of the grid and each column comes many times; columns ascend."""
    row_of = {key: k for k, key in enumerate(dict.fromkeys(rows))}
    column_of = {key: k for k, key in enumerate(sorted(set(columns)))}
    found = Grid(
        list(row_of),
        list(column_of),
        np.zeros((len(row_of), len(column_of))),
        np.zeros((len(row_of), len(column_of)), bool),
    )
    at = [row_of[key] for key in rows], [column_of[key] for key in columns]
    found.norms[at], found.reached[at] = norms, reached
    return found


def marks(grid: Grid, scale: Scale | None) -> Array:
    """For each cell the position of its mark in `MARKS`."""
    scale = scale or Scale(0, 1)
    found = np.full(grid.norms.shape, MARKS.index("none"))
    for at in np.argwhere(grid.reached):
        found[tuple(at)] = MARKS.index(scale.mark(float(grid.norms[tuple(at)])))
    return found


def pooled(grid: Grid, cells: int = CELLS) -> Grid:
    """With ``cells`` columns at most, each the largest of its steps, NaN before all numbers."""
    C = len(grid.columns)
    if cells >= C:
        return grid
    starts = np.arange(cells) * C // cells
    norms = np.where(grid.reached, grid.norms, -math.inf)
    largest = np.maximum.reduceat(norms, starts, axis=1)
    reached = np.logical_or.reduceat(grid.reached, starts, axis=1)
    return Grid(grid.rows, [grid.columns[k] for k in starts], np.where(reached, largest, 0.0), reached)


def runs(found: Array, mark: Mark) -> Iterator[tuple[int, int, int]]:
    """Row, first column and number of cells wherever neighbours have the mark."""
    wanted = MARKS.index(mark)
    for r, row in enumerate(found):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], row == wanted, [False]]).astype(int)))
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            yield r, start, end - start
