"""Which modules share a time axis: a decoder's time begins when its encoder's has ended."""

from __future__ import annotations

from collections import defaultdict

from .graph import Graph

__all__ = ["time_axes"]


def time_axes(graph: Graph, band: list[int], bands: int) -> list[int]:
    """The number of the time axis of each band; ``band`` is that of each vertex, -1 outside of time.

    Bands that hand each other something in each step, or whose steps read the steps of the other, share one. A band
    that gets what it has from another only as a whole (its last state, all its states to attend to) comes later.
    """
    steps: list[set[int]] = [set() for _ in range(bands)]
    onward: set[int] = set()  # bands with a state
    behind = [0] * len(graph.vertices)  # the bands that a vertex outside of time was computed from, as bits
    edges: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    shared: set[tuple[int, int]] = set()
    feeds: set[tuple[int, int]] = set()
    for v in graph.vertices:
        b = band[v.id]
        if v.t is not None and b >= 0:
            steps[b].add(v.t)
        for p in v.parents:
            if p is None:
                continue
            a, parent = band[p], graph.vertices[p]
            if b < 0:
                behind[v.id] |= behind[p] | (1 << a if a >= 0 else 0)
            elif a >= 0 and parent.t is not None and v.t is not None:
                if a != b:
                    edges[a, b].append((parent.t, v.t))
                elif parent.t != v.t:
                    onward.add(b)
            elif a < 0 and behind[p]:
                sources = [k for k in range(bands) if behind[p] >> k & 1 and k != b]
                (shared if v.by_step else feeds).update((k, b) for k in sources)
    for (a, b), pairs in edges.items():
        near = sum(abs(s - t) <= 1 for s, t in pairs)
        alike = len({s for s, _ in pairs}) > 1 or len(steps[a]) == len(steps[b]) == 1
        (shared if 2 * near >= len(pairs) and alike else feeds).add((a, b))
    group = _joined(bands, shared)
    return _ranks(group, feeds, onward)


def _joined(bands: int, pairs: set[tuple[int, int]]) -> list[int]:
    """For each band the lowest one that it is joined to."""
    group = list(range(bands))
    for a, b in sorted(pairs):
        low, high = sorted((group[a], group[b]))
        group = [low if k == high else k for k in group]
    return group


def _ranks(group: list[int], feeds: set[tuple[int, int]], onward: set[int]) -> list[int]:
    """How many groups with states come before that of each band; one axis for all if groups feed each other."""
    moving = {group[b] for b in onward}
    later = {(group[a], group[b]) for a, b in feeds if group[a] != group[b] and {group[a], group[b]} <= moving}
    rank = dict.fromkeys(group, 0)
    for _ in rank:
        changed = [(a, b) for a, b in sorted(later) if rank[b] <= rank[a]]
        if not changed:
            return [rank[g] for g in group]
        for a, b in changed:
            rank[b] = max(rank[b], rank[a] + 1)
    return [0] * len(group)
