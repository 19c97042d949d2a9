"""Paths of straight pieces, made round at the corners."""

from __future__ import annotations

from ..layered import Path

__all__ = ["HEAD", "Point", "corners", "cubics", "direction", "shortened"]

Point = tuple[float, float]

ROUND = 5.0
HEAD = 6.0
"""The length of an arrow head."""


def corners(path: Path) -> list[tuple[Point, Point, Point]]:
    """For each corner where the curve begins, the corner itself, and where the curve ends."""
    found = []
    for a, b, c in zip(path, path[1:], path[2:], strict=False):
        r = min(ROUND, _distance(a, b) / 2, _distance(b, c) / 2)
        found.append((_towards(b, a, r), b, _towards(b, c, r)))
    return found


def cubics(path: Path) -> list[Point]:
    """The control points of a cubic spline that is the path with round corners: 3 n + 1 points."""
    points = [path[0]]

    def curve(c1: Point, c2: Point, end: Point) -> None:
        points.extend((c1, c2, end))

    def line(end: Point) -> None:
        start = points[-1]
        curve(_between(start, end, 1 / 3), _between(start, end, 2 / 3), end)

    for before, corner, after in corners(path):
        line(before)
        curve(_between(before, corner, 2 / 3), _between(after, corner, 2 / 3), after)
    line(path[-1])
    return points


def shortened(path: Path) -> Path:
    """The path up to where its arrow head begins."""
    by = min(HEAD - 1, _distance(path[-2], path[-1]) * 0.6)
    return [*path[:-1], _towards(path[-1], path[-2], by)]


def direction(path: Path) -> Point:
    """The unit vector in which the path ends."""
    (x0, y0), (x1, y1) = path[-2], path[-1]
    whole = _distance(path[-2], path[-1]) or 1.0
    return (x1 - x0) / whole, (y1 - y0) / whole


def _distance(a: Point, b: Point) -> float:
    """Pieces are horizontal or vertical, so this is the Euclidean distance."""
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _between(a: Point, b: Point, part: float) -> Point:
    return a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part


def _towards(a: Point, b: Point, by: float) -> Point:
    whole = _distance(a, b)
    return _between(a, b, by / whole if whole else 0.0)
