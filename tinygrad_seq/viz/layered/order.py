"""The order of items in rows, and where in its row each one stands: few lines cross, and they run straight."""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Hashable, Sequence
from itertools import pairwise

from .items import Borders, Item

__all__ = ["Ordered", "spread"]

GAP = 12.0  # between neighbours in a row
LANE = 12.0  # the width that a line takes which passes a row
LANE_GAP = 4.0  # between two lines that pass a row


class Ordered:
    """Elements, which are the items and then a lane for each row that a line passes, in their places.

    Attributes:
        count: of the items.
        row, half, x: of each element its row, half its width, and its middle.
        rows: the elements of each row, from left to right.
        up, down: the neighbours of each element in the next row and in the one before.
        chains: the elements that each edge visits.
        souths: those that each line from below visits.
    """

    def __init__(self, items: Sequence[Item], edges: Sequence[tuple[int, int]], borders: Borders):
        self.items, self.edges, self.borders = items, edges, borders
        self.count = len(items)
        self.row = [item.row for item in items]
        self.half = [item.width / 2 for item in items]
        self.pin = [item.pin or 0.0 for item in items]
        self.rows: list[list[int]] = [[] for _ in range(max(self.row) + 1)]
        for k, r in enumerate(self.row):
            self.rows[r].append(k)
        self.up: list[list[int]] = [[] for _ in items]  # neighbours in the next row
        self.down: list[list[int]] = [[] for _ in items]
        self._next: dict[int, int] = {}  # which lane a line takes after an item, or after another lane
        self.beside: dict[int, int] = {}  # the lane in which lines leave an item to the right and fall
        self._lanes: dict[tuple[str, Hashable, int], int] = {}
        self.chains = [self._chain(u, v) for u, v in edges]
        self.souths = [self._from_below(key, v) for key, v in borders.south]
        self.x: list[float] = []
        self._sort()
        self._set_x()

    def _lane(self, kind: str, owner: Hashable, row: int) -> int:
        """The lane of one source in one row, shared by all of its lines."""
        if (kind, owner, row) not in self._lanes:
            k = len(self.row)
            self._lanes[kind, owner, row] = k
            self.row.append(row)
            self.half.append(LANE / 2)
            self.pin.append(0.0)
            self.up.append([])
            self.down.append([])
            self.rows[row].append(k)
        return self._lanes[kind, owner, row]

    def _link(self, low: int, high: int) -> None:
        if high not in self.up[low]:
            self.up[low].append(high)
            self.down[high].append(low)

    def _chain(self, u: int, v: int) -> list[int]:
        """The elements that the edge from u to v visits."""
        chain = [u]
        if self.row[v] > self.row[u]:
            for r in range(self.row[u] + 1, self.row[v]):
                chain.append(self._lane("rise", u, r))
                self._next[chain[-2]] = chain[-1]
        elif self.row[v] < self.row[u]:
            for r in range(self.row[u], self.row[v], -1):
                chain.append(self._lane("fall", u, r))
                if r < self.row[u]:
                    self._next[chain[-2]] = chain[-1]
            self.beside[u] = chain[1]
        chain.append(v)
        for a, b in pairwise(chain):
            if self.row[a] != self.row[b]:
                self._link(*((a, b) if self.row[a] < self.row[b] else (b, a)))
        return chain

    def _from_below(self, key: Hashable, v: int) -> list[int]:
        chain = [self._lane("south", key, r) for r in range(self.row[v])] + [v]
        for a, b in pairwise(chain):
            self._link(a, b)
        return chain

    def _sort(self) -> None:
        """Sort each row so that few lines cross: by the mean place of the neighbours, back and forth."""
        glued = set(self.beside.values())  # these follow their item
        self.rows = [sorted([k for k in row if k not in glued], key=lambda k: self.pin[k]) for row in self.rows]
        best, fewest = [row[:] for row in self.rows], self._crossings()
        for sweep in range(8):
            if not fewest:
                break
            upwards = sweep % 2 == 0
            place = {k: float(i) for row in self.rows for i, k in enumerate(row)}
            for r in range(len(self.rows)) if upwards else reversed(range(len(self.rows))):
                row = self.rows[r]
                for k in row:
                    near = self._neighbours(k, upwards)
                    if near:
                        place[k] = sum(place.get(n, place[k]) for n in near) / len(near)
                row.sort(key=lambda k: (self.pin[k], place[k]))
                for i, k in enumerate(row):
                    place[k] = float(i)
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [row[:] for row in self.rows], crossings
        self.rows = best
        self._swap_neighbours()
        for r, row in enumerate(self.rows):
            self.rows[r] = [k for u in row for k in ([u, self.beside[u]] if u in self.beside else [u])]

    def _neighbours(self, k: int, upwards: bool) -> list[int]:
        own = self.down[k] if upwards else self.up[k]
        if k in self.beside and upwards:
            own = own + self.down[self.beside[k]]
        return own

    def _crossings(self) -> int:
        return sum(self._crossings_above(r) for r in range(len(self.rows) - 1))

    def _crossings_above(self, r: int) -> int:
        place = {k: i for i, k in enumerate(self.rows[r + 1])}
        crossings = 0
        passed: list[int] = []
        for k in self.rows[r]:
            ends = sorted(place[n] for n in self.up[k] if n in place)
            for end in ends:
                crossings += len(passed) - bisect_right(passed, end)
            for end in ends:
                insort(passed, end)
        return crossings

    def _swap_neighbours(self) -> None:
        """Exchange neighbours in a row while that removes crossings."""
        if len(self.row) > 400:
            return
        for _ in range(4):
            improved = False
            for r, row in enumerate(self.rows):
                for i in range(len(row) - 1):
                    if self.pin[row[i]] != self.pin[row[i + 1]]:
                        continue
                    before = self._around(r)
                    if not before:
                        break
                    row[i], row[i + 1] = row[i + 1], row[i]
                    if self._around(r) < before:
                        improved = True
                    else:
                        row[i], row[i + 1] = row[i + 1], row[i]
            if not improved:
                return

    def _around(self, r: int) -> int:
        lower = self._crossings_above(r - 1) if r else 0
        return lower + (self._crossings_above(r) if r + 1 < len(self.rows) else 0)

    def _set_x(self) -> None:
        """Pull each element to the mean of its neighbours, row by row, with distance kept within the row."""
        self.x = [0.0] * len(self.row)
        distances = []
        for row in self.rows:
            at, distance = 0.0, []
            for a, b in zip([None, *row], row, strict=False):
                gap = 0.0 if a is None else self.half[a] + self.half[b] + (GAP if max(a, b) < self.count else LANE_GAP)
                at += gap
                distance.append(gap)
                self.x[b] = at
            for k in row:
                self.x[k] -= at / 2
            distances.append(distance)
        near = [[self.up[k] + self.down[k] or [k] for k in row] for row in self.rows]
        weights = [[float(len(self.up[k] + self.down[k])) or 0.2 for k in row] for row in self.rows]
        for sweep in range(12):
            for r in range(len(self.rows)) if sweep % 2 == 0 else reversed(range(len(self.rows))):
                wanted = [sum([self.x[n] for n in neighbours]) / len(neighbours) for neighbours in near[r]]
                for k, x in zip(self.rows[r], spread(wanted, weights[r], distances[r]), strict=True):
                    self.x[k] = x
        self._straighten(distances)
        left = min(x - h for x, h in zip(self.x, self.half, strict=True))
        self.x = [x - left for x in self.x]

    def _straighten(self, distances: list[list[float]]) -> None:
        """Put the lanes of a line exactly above each other, and below them what it comes from, where there is room."""
        before = {lane: k for k, lane in self._next.items()}
        starts = [lane for lane, k in before.items() if k not in before]
        place = {k: (r, i) for r, row in enumerate(self.rows) for i, k in enumerate(row)}

        def room(k: int) -> tuple[float, float]:
            r, i = place[k]
            row, distance = self.rows[r], distances[r]
            low = self.x[row[i - 1]] + distance[i] if i else -math.inf
            high = self.x[row[i + 1]] - distance[i + 1] if i + 1 < len(row) else math.inf
            return low, max(low, high)

        for start in starts * 2:
            source = before[start]
            x = self.x[source]
            lanes = [start]
            while lanes[-1] in self._next:
                lanes.append(self._next[lanes[-1]])
            while lanes:
                low, high, length = -math.inf, math.inf, 0
                for lane in lanes:
                    lower, upper = room(lane)
                    if max(low, lower) > min(high, upper):
                        break
                    low, high, length = max(low, lower), min(high, upper), length + 1
                x = min(max(x, low), high)
                for lane in lanes[:length]:
                    self.x[lane] = x
                lanes = lanes[length:]
            if self.up[source] == [start]:
                low, high = room(source)
                self.x[source] = min(max(self.x[start], low), high)
        # What all lines fall on stands below the middle of them.
        for v in {chain[-1] for chain in self.chains if self.row[chain[0]] > self.row[chain[-1]]}:
            if not self.down[v]:
                low, high = room(v)
                self.x[v] = min(max(sum(self.x[k] for k in self.up[v]) / len(self.up[v]), low), high)


def spread(wanted: Sequence[float], weights: Sequence[float], distances: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones, by least squares, of which each keeps its distance from the one before.

    Pool adjacent violators: what is too near is moved as one block.
    """
    blocks: list[tuple[float, float, int]] = []  # mean, weight, length
    offset, offsets = 0.0, []
    for x, weight, distance in zip(wanted, weights, distances, strict=True):
        offset += distance
        offsets.append(offset)
        mean, total, length = x - offset, weight, 1
        while blocks and blocks[-1][0] > mean:
            other, other_total, other_length = blocks.pop()
            mean = (mean * total + other * other_total) / (total + other_total)
            total += other_total
            length += other_length
        blocks.append((mean, total, length))
    means = [mean for mean, _, length in blocks for _ in range(length)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]
