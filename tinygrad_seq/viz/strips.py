"""What stands before and after the time steps: how far each vertex is along its strip, and which are left out."""

from __future__ import annotations

from collections import defaultdict

from .graph import Graph

__all__ = ["ranks_of", "thinned"]

MAX_RANKS = 14
MAX_IN_RANK = 16


def ranks_of(graph: Graph, ids: list[int], from_the_right: bool) -> dict[int, int]:
    """How many steps each vertex is from the left, along edges among these; inputs stand beside their first use."""
    inside = set(ids)
    rank: dict[int, int] = {}
    users: defaultdict[int, list[int]] = defaultdict(list)
    for k in ids:
        parents = [p for p in graph.vertices[k].parents if p in inside]
        for p in parents:
            users[p].append(k)
        rank[k] = max((rank[p] + 1 for p in parents), default=0)
    last = max(rank.values())
    for k in reversed(ids):
        # A variable, and what is read of it, stands beside its first use.
        if from_the_right or all(
            p is None or p not in inside or graph.vertices[p].leaf for p in graph.vertices[k].parents
        ):
            rank[k] = min((rank[u] - 1 for u in users[k]), default=last if from_the_right else rank[k])
    return rank


def thinned(ids: list[int], ranks: dict[int, int]) -> list[tuple[list[int], list[int]]]:
    """For each rank that is drawn, the vertices that are shown and those that are not."""
    last = max(ranks.values())
    by_rank: list[list[int]] = [[] for _ in range(last + 1)]
    for k in ids:
        by_rank[ranks[k]].append(k)
    drawn: list[tuple[list[int], list[int]]] = []
    head, tail = MAX_RANKS // 2 - 1, MAX_RANKS // 2
    middle = [] if last < MAX_RANKS else [k for group in by_rank[head : last + 1 - tail] for k in group]
    for rank, group in enumerate(by_rank):
        if middle and head <= rank <= last - tail:
            if rank == head:
                drawn.append(([], middle))
            continue
        if len(group) > MAX_IN_RANK:
            half = MAX_IN_RANK // 2
            drawn.append((group[:half] + group[-half:], group[half:-half]))
        else:
            drawn.append((group, []))
    return drawn
