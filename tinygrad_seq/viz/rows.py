"""In which row each role of a time step stands, so that what runs through time runs straight.

The computation of a step rises from row 0. Three things make a cell of it, as textbooks draw it:

- A state that takes a short way through the step (the cell state of an LSTM: times f, plus i g) has that way in one
  row, so that the state is a straight line through all steps.
- A state that takes the long way (h through the gates) enters at the left of a row and leaves at the right of the
  same row.
- What lies between the former and the latter (the tanh of the cell state) hangs from the one towards the other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Rows", "assign_rows"]

LEVEL = 4
"""The longest way through a step, in roles, that is laid along one row."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The row of each role, from below, and where in its row it wants to be: -1 leftmost, 1 rightmost, or None."""

    row: list[int]
    pin: list[float | None]


def assign_rows(
    count: int, edges: Iterable[tuple[int, int]], rails: Sequence[tuple[int, int]], bottom: Iterable[int] = ()
) -> Rows:
    """Rows for ``count`` roles.

    Args:
        count: how many roles there are; edges and rails name them by number.
        edges: (source, target) within a step.
        rails: (state, the role of the next step that takes it).
        bottom: roles that read the input, and so stand in row 0.
    """
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for u, v in edges:
        above[u].append(v)
        below[v].append(u)
    order = _topological(above, below)
    depth = _heights(order, below, list(range(count)))
    pin: list[float | None] = [None] * count

    group = list(range(count))  # roles of one group share a row
    folded: list[tuple[int, int]] = []
    states = sorted({state for state, _ in rails}, key=lambda s: (depth[s], s))
    on_rail: set[int] = set()
    for state in states:
        entries = [d for s, d in rails if s == state]
        way = _shortest(entries, state, above)
        if way and len(way) <= LEVEL and not on_rail.intersection(way) and not _detour(way, above, below):
            on_rail.update(way)
            for k, role in enumerate(way):
                group[role] = way[0]
                pin[role] = -1 + 2 * k / (len(way) - 1) if len(way) > 1 else None
        elif way and state not in on_rail:
            folded.append((state, way[0]))

    late = _reachable([s for s, _ in folded], above) | {s for s, _ in folded}
    late -= on_rail
    hanging = _hanging(order, above, on_rail, late)
    rising = [v for v in order if v not in late and v not in hanging]
    row = _heights(_by_group(rising, group, depth), below, group)
    for v in rising:
        upper = [row[u] for u in above[v] if u not in late and u not in hanging]
        if not below[v] and upper and v not in on_rail:
            row[v] = min(upper) - 1
    lowest = min((row[v] for v in rising), default=0)
    for v in bottom:
        row[v] = lowest
    for state, entry in folded:
        if state in late:
            row[state] = row[entry] if entry not in late else lowest
            pin[state] = 1.0
            if pin[entry] is None:
                pin[entry] = -1.0
    exits = {s for s, _ in folded}
    for v in order:
        if v in late and v not in exits:
            row[v] = max(row[u] for u in below[v]) + 1
            pin[v] = 1.0
    floor = max((row[s] for s in exits), default=lowest)
    for v in order:
        if v in hanging:
            row[v] = max(min(row[u] for u in below[v]) - 1, floor + 1)
            pin[v] = 1.0
    lowest = min(row, default=0)
    return Rows([r - lowest for r in row], pin)


def _topological(above: list[list[int]], below: list[list[int]]) -> list[int]:
    missing = [len(b) for b in below]
    ready = deque(v for v, m in enumerate(missing) if not m)
    order = []
    while ready:
        v = ready.popleft()
        order.append(v)
        for u in above[v]:
            missing[u] -= 1
            if not missing[u]:
                ready.append(u)
    # Roles are matched between steps by order, so a cycle is possible; its members come last.
    return order + sorted(set(range(len(above))).difference(order))


def _heights(order: Sequence[int], below: list[list[int]], group: list[int]) -> list[int]:
    """The longest way up to each role, the same for all of a group."""
    height = [0] * len(below)
    members: dict[int, list[int]] = {}
    for v in order:
        members.setdefault(group[v], []).append(v)
    done: set[int] = set()
    placed = set(order)
    for v in order:
        if group[v] in done:
            continue
        done.add(group[v])
        same = members[group[v]]
        found = max((height[u] + 1 for w in same for u in below[w] if u in placed and group[u] != group[v]), default=0)
        for w in same:
            height[w] = found
    return height


def _by_group(rising: list[int], group: list[int], depth: list[int]) -> list[int]:
    """In an order in which every role of a group comes after all that lies below any of them."""
    last: dict[int, int] = {}
    for v in rising:
        last[group[v]] = max(last.get(group[v], 0), depth[v])
    return sorted(rising, key=lambda v: (last[group[v]], depth[v], v))


def _shortest(entries: list[int], state: int, above: list[list[int]]) -> list[int]:
    """The shortest way from one of the entries to the state, both included; empty if there is none."""
    before: dict[int, int | None] = dict.fromkeys(entries)
    queue = deque(entries)
    while queue:
        v = queue.popleft()
        if v == state:
            way = [v]
            while (u := before[way[-1]]) is not None:
                way.append(u)
            return way[::-1]
        for u in above[v]:
            if u not in before:
                before[u] = v
                queue.append(u)
    return []


def _reachable(starts: Iterable[int], onward: list[list[int]]) -> set[int]:
    """All that can be reached from the starts by one edge or more."""
    seen: set[int] = set()
    waiting = list(starts)
    while waiting:
        for u in onward[waiting.pop()]:
            if u not in seen:
                seen.add(u)
                waiting.append(u)
    return seen


def _detour(way: list[int], above: list[list[int]], below: list[list[int]]) -> bool:
    """Whether something leaves this way and comes back to it, so that one row cannot hold it."""
    return bool((_reachable(way, above) & _reachable(way, below)) - set(way))


def _hanging(order: list[int], above: list[list[int]], on_rail: set[int], late: set[int]) -> set[int]:
    """What depends on a straight state and is used by what comes late, and by nothing else."""
    after_rail = _reachable(on_rail, above) - on_rail - late
    hanging: set[int] = set()
    for v in reversed(order):
        if v in after_rail and above[v] and all(u in late or u in hanging for u in above[v]):
            hanging.add(v)
    return hanging
