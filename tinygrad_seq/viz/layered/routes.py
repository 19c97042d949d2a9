"""Lines between items in rows: where they end on an item, and at what height they cross from one place to another."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from itertools import pairwise

from .items import Path, Placed, simplify
from .order import Ordered, spread

__all__ = ["Routes"]

TRACK = 8.0  # between parallel lines in the space between two rows
SPACE = 18.0  # between two rows with nothing but straight lines
PORT = 8.0  # between lines that end on the same side of an item
MARGIN = 7.0  # between a corner of an item and the next line that ends there


@dataclass(slots=True)
class _Net:
    """What one source draws in the space above one row: a horizontal from ``left`` to ``right``."""

    left: float
    right: float
    rises: list[float] = field(default_factory=list)  # where lines go on upwards
    comes: list[float] = field(default_factory=list)  # where they come from below
    outside: bool = False  # it goes on beyond the left or the right border
    track: int = -1

    def meets(self, other: _Net) -> bool:
        """Whether the two cannot share a height; beyond the borders, what leaves meets what comes in."""
        near = self.left < other.right + 5 and other.left < self.right + 5
        return near or (self.outside and other.outside)


class Routes:
    """Ports on the items, tracks in the spaces, and the paths that follow from both."""

    def __init__(self, base: Ordered):
        self.base, self.chains, self.souths = base, base.chains, base.souths
        self.x = base.x
        self.width = max(x + h for x, h in zip(base.x, base.half, strict=True))
        self.ports: dict[tuple[int, str, Hashable], float] = {}
        self.exits: dict[int, float] = {}
        self.nets: defaultdict[int, dict[Hashable, _Net]] = defaultdict(dict)
        items_in = [[k for k in row if k < base.count] for row in base.rows]
        self.leftmost = {row[0] for row in items_in if row}
        self.rightmost = {row[-1] for row in items_in if row}
        self.right_of = {a: b for row in items_in for a, b in pairwise(row)}

    def placed(self) -> Placed:
        """Everything in its place."""
        self._entries()
        self._ports()
        for e, chain in enumerate(self.chains):
            self._reserve(e, chain)
        for key, v in self.channel_west:
            port = self.ports[v, "bottom", ("west", key)]
            self._segment(self._row(v) - 1, ("west", key), 0.0, port, rises=True, outside=True)
        for key, v in self.channel_back:
            port = self.ports[v, "bottom", ("back", key)]
            self._segment(self._row(v) - 1, ("back", key), self.width, port, rises=True, outside=True)
        for _, u in self.channel_east:
            self._segment(self._row(u), u, self.x[u], self.width, comes=True, outside=True)
        for (key, _), chain in zip(self.base.borders.south, self.souths, strict=True):
            for a, b in pairwise(chain):
                self._hop(a, b, ("south", key), ("south", key))
        self._tracks()
        self._heights()
        return self._draw()

    def _row(self, k: int) -> int:
        return self.base.row[k]

    def _entries(self) -> None:
        """Which lines across the left and right border run straight along a row."""
        borders = self.base.borders
        self.straight_west: dict[int, Hashable] = {}
        self.channel_west = []
        for key, v in borders.west:
            if v in self.leftmost and v not in self.straight_west:
                self.straight_west[v] = key
            else:
                self.channel_west.append((key, v))
        self.channel_back = list(borders.back)
        self.channel_east = [(key, u) for key, u in borders.east if u not in self.rightmost]

    def _ports(self) -> None:
        """Where on the lower and upper side of each item its lines end: below their other end if they can."""
        wants: defaultdict[tuple[int, str], list[tuple[float, Hashable]]] = defaultdict(list)
        for e, chain in enumerate(self.chains):
            u, v, last = chain[0], chain[-1], chain[-2]
            if self._row(u) == self._row(v):
                if self.right_of.get(u) != v:
                    wants[v, "top"].append((self.x[u], e))
            else:
                wants[v, "bottom" if self._row(u) < self._row(v) else "top"].append((self.x[last], e))
        for side, entries in (("west", self.channel_west), ("back", self.channel_back)):
            for key, v in entries:
                wants[v, "bottom"].append((-1e9 if side == "west" else 1e9, (side, key)))
        for (key, v), chain in zip(self.base.borders.south, self.souths, strict=True):
            wants[v, "bottom"].append((self.x[chain[-2]] if len(chain) > 1 else self.x[v], ("south", key)))
        leaving = {chain[0] for chain in self.chains if self._row(chain[-1]) >= self._row(chain[0])}
        leaving.update(u for _, u in self.base.borders.east)
        for (v, side), ends in wants.items():
            ends.sort(key=lambda end: end[0])
            if side == "top" and v in leaving:
                # The line that leaves from the middle keeps its place, under the key None.
                ends.insert(bisect_right([x for x, _ in ends], self.x[v]), (self.x[v], None))
            self._share_side(v, side, ends)
        self._exits()

    def _share_side(self, v: int, side: str, ends: list[tuple[float, Hashable]]) -> None:
        """Places on one side of an item for lines that want to end at the given x, which are in order."""
        center, reach = self.x[v], max(self.base.half[v] - MARGIN, 0.0)
        last = len(ends) - 1
        middle = next((i for i, (_, key) in enumerate(ends) if key is None), None)
        room = 2 * reach / max(last, 1) if middle is None else reach / max(middle, last - middle, 1)
        step = min(PORT, room)
        wanted = [min(max(x, center - reach), center + reach) for x, _ in ends]
        weights = [1e6 if i == middle else 1.0 for i in range(last + 1)]
        for i, x in enumerate(spread(wanted, weights, [0.0] + [step] * last)):
            low, high = center - reach + i * step, center + reach - (last - i) * step
            self.ports[v, side, ends[i][1]] = min(max(x, low), high)

    def _exits(self) -> None:
        """An item whose lines all rise to one place has its exit below that place, if it is wide enough."""
        goals: defaultdict[int, set[float]] = defaultdict(set)
        for e, chain in enumerate(self.chains):
            u, above = chain[0], chain[1]
            if self._row(above) > self._row(u):
                goals[u].add(self._end(above, "bottom", e))
            elif self._row(chain[-1]) == self._row(u):
                goals[u].update((-math.inf, math.inf))
        for _, u in self.channel_east:
            goals[u].update((-math.inf, math.inf))
        for u, goal in goals.items():
            reach = max(self.base.half[u] - MARGIN, 0.0)
            if len(goal) == 1 and (u, "top", None) not in self.ports:
                (x,) = goal
                if abs(x - self.x[u]) <= reach:
                    self.exits[u] = x

    def _exit(self, u: int) -> float:
        return self.exits.get(u, self.x[u])

    def _end(self, k: int, side: str, key: Hashable) -> float:
        """Where a line meets an element: at a port of an item, or where it leaves it; in the middle of a lane."""
        return self.ports.get((k, side, key), self._exit(k) if side == "top" else self.x[k])

    def _segment(
        self,
        channel: int,
        net: Hashable,
        a: float,
        b: float,
        *,
        comes: bool = False,
        rises: bool = False,
        outside: bool = False,
    ) -> None:
        """Reserve the horizontal from a to b above row ``channel``; a line comes from below at a, or rises at b."""
        found = self.nets[channel].setdefault(net, _Net(min(a, b), max(a, b)))
        found.left, found.right = min(found.left, a, b), max(found.right, a, b)
        if comes:
            found.comes.append(a)
        if rises:
            found.rises.append(b)
        found.outside |= outside

    def _hop(self, low: int, high: int, net: Hashable, key: Hashable, falls: bool = False) -> None:
        """Reserve what a line needs between neighbours in two rows; what is all but straight is made straight."""
        a, b = self._end(low, "top", key), self._end(high, "bottom", key)
        if abs(a - b) > 0.5:
            self._segment(self._row(low), net, a, b, comes=True, rises=True)
        elif falls:
            self._move_end(low, "top", key, b)
        else:
            self._move_end(high, "bottom", key, a)

    def _move_end(self, k: int, side: str, key: Hashable, x: float) -> None:
        if k < self.base.count:
            self.ports[k, side, key] = x
        else:
            self.x[k] = x

    def _reserve(self, e: int, chain: list[int]) -> None:
        u, v = chain[0], chain[-1]
        if self._row(u) == self._row(v):
            if self.right_of.get(u) != v:
                port = self.ports[v, "top", e]
                self._segment(self._row(u), u, self.x[u], port, comes=True)
                self._segment(self._row(u), u, port, self.x[u], comes=True)
            return
        for a, b in pairwise(chain):
            if self._row(a) < self._row(b):
                self._hop(a, b, u, e)
            elif self._row(a) > self._row(b):
                self._hop(b, a, ("fall", u), e, falls=True)

    def _tracks(self) -> None:
        """Give each net a height of its own among those that it would touch."""
        for nets in self.nets.values():
            ordered = _from_below(list(nets.values()))
            tracks: list[list[_Net]] = []
            for net, least in ordered:
                track = max((other.track + 1 for other in least if other.track >= 0), default=0)
                while track < len(tracks) and any(map(net.meets, tracks[track])):
                    track += 1
                while track >= len(tracks):
                    tracks.append([])
                tracks[track].append(net)
                net.track = track

    def _heights(self) -> None:
        """The lower edge of each row, and of each track above it."""
        rows = self.base.rows
        self.bottom: list[float] = []
        self.tall: list[float] = []
        self.track_y: dict[int, float] = {}
        at = self._space(-1, 0.0)
        for r, row in enumerate(rows):
            self.bottom.append(at)
            self.tall.append(max((self.base.items[k].height for k in row if k < self.base.count), default=0.0))
            at += self.tall[-1]
            if r + 1 < len(rows) or self.nets.get(r):
                at = self._space(r, at)
        self.height = at

    def _space(self, r: int, at: float) -> float:
        tracks = 1 + max((net.track for net in self.nets.get(r, {}).values()), default=-1)
        space = 0.0 if r < 0 and not tracks else SPACE + TRACK * max(tracks - 1, 0)
        self.track_y[r] = at + (space - TRACK * max(tracks - 1, 0)) / 2
        return at + space

    def _middle(self, k: int) -> float:
        return self.bottom[self._row(k)] + self.tall[self._row(k)] / 2

    def _edge(self, k: int, side: str) -> float:
        """The height of the upper or lower side of an element; a lane passes the row from one to the other."""
        half = self.base.items[k].height / 2 if k < self.base.count else self.tall[self._row(k)] / 2
        return self._middle(k) + (half if side == "top" else -half)

    def _track(self, channel: int, net: Hashable) -> float:
        return self.track_y[channel] + TRACK * self.nets[channel][net].track

    def _draw(self) -> Placed:
        base = self.base
        placed = Placed(self.width, self.height)
        placed.centers = [(self.x[k], self._middle(k)) for k in range(base.count)]
        for e, chain in enumerate(self.chains):
            placed.lines.append(simplify(self._line(e, chain)))
        for key, v in base.borders.west:
            if self.straight_west.get(v) == key:
                y = self._middle(v)
                path = [(0.0, y), (self.x[v] - base.half[v], y)]
            else:
                path = self._from_side(0.0, "west", key, v)
            placed.west[key] = simplify(path)
        for key, v in base.borders.back:
            placed.back[key] = simplify(self._from_side(self.width, "back", key, v))
        for key, u in base.borders.east:
            if u in self.rightmost:
                y = self._middle(u)
                path = [(self.x[u] + base.half[u], y), (self.width, y)]
            else:
                y = self._track(self._row(u), u)
                path = [(self.x[u], self._edge(u, "top")), (self.x[u], y), (self.width, y)]
            placed.east[key] = simplify(path)
        for (key, v), chain in zip(base.borders.south, self.souths, strict=True):
            path = [(self._end(chain[0], "bottom", ("south", key)), 0.0)]
            for a, b in pairwise(chain):
                path += self._between(a, b, ("south", key), ("south", key))
            path.append((self._end(v, "bottom", ("south", key)), self._edge(v, "bottom")))
            placed.south[key] = simplify(path)
        return placed

    def _from_side(self, border: float, side: str, key: Hashable, v: int) -> Path:
        x, y = self.ports[v, "bottom", (side, key)], self._track(self._row(v) - 1, (side, key))
        return [(border, y), (x, y), (x, self._edge(v, "bottom"))]

    def _between(self, low: int, high: int, net: Hashable, key: Hashable) -> Path:
        a, b = self._end(low, "top", key), self._end(high, "bottom", key)
        path = [(a, self._edge(low, "top"))]
        if abs(a - b) > 0.5:
            y = self._track(self._row(low), net)
            path += [(a, y), (b, y)]
        else:
            b = a
        return [*path, (b, self._edge(high, "bottom"))]

    def _line(self, e: int, chain: list[int]) -> Path:
        u, v = chain[0], chain[-1]
        half = self.base.half
        if self._row(u) == self._row(v):
            if self.right_of.get(u) == v:
                return [(self.x[u] + half[u], self._middle(u)), (self.x[v] - half[v], self._middle(v))]
            y, x = self._track(self._row(u), u), self.ports[v, "top", e]
            return [(self.x[u], self._edge(u, "top")), (self.x[u], y), (x, y), (x, self._edge(v, "top"))]
        path: Path = []
        for a, b in pairwise(chain):
            if self._row(a) < self._row(b):
                path += self._between(a, b, u, e)
            elif self._row(a) == self._row(b):
                path += [(self.x[a] + half[a], self._middle(a)), (self.x[b], self._middle(a))]
            else:
                path += reversed(self._between(b, a, ("fall", u), e))
        return path


def _from_below(nets: list[_Net]) -> list[tuple[_Net, list[_Net]]]:
    """The nets in an order in which they can be stacked, each with those that must lie below it.

    Where a line comes from below at the place at which another goes on upwards, the former must lie lower, or the
    two would run on top of each other.
    """
    lower: list[list[int]] = [[] for _ in nets]
    for a, high in enumerate(nets):
        for b, low in enumerate(nets):
            if a != b and any(abs(x - y) < 5 for x in high.rises for y in low.comes):
                lower[a].append(b)
    order: list[int] = []
    waiting = sorted(range(len(nets)), key=lambda k: (nets[k].left, nets[k].right))
    while waiting:
        k = next((k for k in waiting if all(b not in waiting for b in lower[k])), waiting[0])
        waiting.remove(k)
        order.append(k)
    return [(nets[k], [nets[b] for b in lower[k]]) for k in order]
