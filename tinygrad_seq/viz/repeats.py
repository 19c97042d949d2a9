"""The time steps of a loop that nobody labelled: what is done again and again with the same parameters."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from .graph import Graph, Vertex

__all__ = ["LOOP", "with_time"]

MOST = 3
"""How often an operation with the same parameters may occur in a step."""

LOOP = "unlabelled loop"
"""The module of what belongs to none, in a loop that was found."""


def with_time(graph: Graph) -> Graph:
    """The graph with time steps, where no label has one and a loop is found; otherwise as it is.

    A loop is a run of operations that repeats itself, each time with the same parameters, and hands something on from
    one time to the next. What repeats itself as often without that, such as a product for each input, shares its steps.
    """
    if any(v.t is not None for v in graph.vertices):
        return graph
    ops = [v.id for v in graph.vertices if not v.leaf and v.direction == "forward"]
    loops = _loops(graph, ops)
    counts = {loop.count: loop for loop in reversed(loops) if loop.recurrent}
    numbers = {id(loop): k for k, loop in enumerate(loop for loop in loops if loop.recurrent)}
    place: dict[int, tuple[int, str]] = {}
    for loop in loops:
        home = loop if loop.recurrent else counts.get(loop.count)
        if home is not None:
            number = numbers[id(home)]
            path = f"{LOOP} {number + 1}" if number else LOOP
            place.update({v: (t, path) for v, t in loop.step.items()})
    if not place:
        return graph
    vertices: list[Vertex] = []
    for v in graph.vertices:
        known = place.get(v.id)
        if known is None and v.of is not None and vertices[v.of].t is not None:
            known = place[v.id] = (vertices[v.of].t or 0, vertices[v.of].path)  # a gradient has the label of its value
        vertices.append(v if known is None else v._replace(t=known[0], path=v.path or known[1]))
    return replace(graph, vertices=tuple(vertices), found=True)


@dataclass(slots=True)
class _Loop:
    """The time step of each vertex of a loop, and whether one step depends on the step before."""

    step: dict[int, int]
    count: int
    recurrent: bool


def _loops(graph: Graph, ops: list[int]) -> list[_Loop]:
    """All loops, each found from the first of its operations that has a parameter which is used again."""
    uses = Counter(p for k in ops for p in graph.vertices[k].parents if p is not None and graph.vertices[p].leaf)
    kinds: list[Hashable] = [_kind(graph, k, uses) for k in ops]
    positions: defaultdict[Hashable, list[int]] = defaultdict(list)
    for at, (k, kind) in enumerate(zip(ops, kinds, strict=True)):
        v = graph.vertices[k]
        if v.op != "getitem" and any(p is not None and uses[p] > 1 for p in v.parents):
            positions[kind].append(at)
    free = [True] * len(ops)
    candidates = [found for places in positions.values() for found in _candidates(graph, ops, kinds, places)]
    found: list[_Loop] = []
    for *_, run in sorted(candidates, key=lambda candidate: candidate[:4]):
        bounds = _bounds(kinds, run, free)
        if bounds and all(free[bounds[0] : bounds[-1]]):
            free[bounds[0] : bounds[-1]] = [False] * (bounds[-1] - bounds[0])
            step = {ops[at]: t for t, (a, b) in enumerate(pairwise(bounds)) for at in range(a, b)}
            found.append(_Loop(step, len(bounds) - 1, _recurrent(graph, step)))
    return sorted(found, key=lambda loop: next(iter(loop.step)))


class _Candidate(NamedTuple):
    """A run; in order, what explains the most comes first, then what has steps alike, and few operations in each."""

    explained: int
    unlike: bool
    often: int
    first: int
    run: _Run


def _candidates(graph: Graph, ops: list[int], kinds: list[Hashable], places: list[int]) -> Iterator[_Candidate]:
    """Runs of the places of one kind; of every second or third place only where all do not make one."""
    free = [True] * len(ops)
    for often in range(1, MOST + 1):
        complete = False
        for run in (run for start in range(often) for run in _runs(places[start::often])):
            bounds = _bounds(kinds, run, free)
            if bounds:
                unlike = not _alike(graph, ops, bounds)
                complete |= len(run.places) >= len(places) - 1 and not unlike
                yield _Candidate(bounds[0] - bounds[-1], unlike, often, bounds[0], run)
        if complete:
            return


@dataclass(slots=True)
class _Run:
    """Places of one kind at equal distances, and the place ``before``, at a smaller one."""

    places: list[int]
    period: int
    before: int | None


def _runs(places: list[int]) -> Iterator[_Run]:
    begin = 0
    while begin + 1 < len(places):
        period, end = places[begin + 1] - places[begin], begin + 1
        while end + 1 < len(places) and places[end + 1] - places[end] == period:
            end += 1
        before = places[begin - 1] if begin and places[begin] - places[begin - 1] < period else None
        yield _Run(places[begin : end + 1], period, before)
        begin = end


def _kind(graph: Graph, k: int, uses: Counter[int]) -> Hashable:
    """What an operation has in common with the same one in another step."""
    v = graph.vertices[k]
    parameters = tuple(p if p is not None and uses[p] > 1 else -1 for p in v.parents)
    return v.op, v.name, v.path, v.attrs, "" if v.by_step else v.key, v.shape, v.dtype, parameters


def _bounds(kinds: list[Hashable], found: _Run, free: list[bool]) -> list[int] | None:
    """Where each step begins, and where the last one ends, of what repeats itself around a run of places.

    A first step may have less than the others, as there is no state yet; its place is the one before the run.
    """
    run, period = found.places, found.period
    first, last = run[0], run[-1] + 1
    if any(kinds[at] != kinds[at + period] for at in range(first, run[-2])):
        return None
    # What leads up to the place in every step.
    starts = [first] if found.before is None else [found.before, first]
    back = 0
    while back < min(period - 1, starts[0]) and free[starts[0] - back - 1]:
        if len({kinds[at - back - 1] for at in (*starts, first + period)}) > 1:
            break
        back += 1
    while last < len(kinds) and last - first < period * len(run) - back and kinds[last] == kinds[last - period]:
        last += 1
    if len(run) == 2 and last - first + back < period * 2:
        return None  # nothing else tells where a step ends
    return [*(at - back for at in starts), *(at - back for at in run[1:]), last]


def _alike(graph: Graph, ops: list[int], bounds: list[int]) -> bool:
    """Whether all steps but the first and the last take the same of each other's values, and give the same away."""
    steps = list(enumerate(pairwise(bounds)))
    place = {ops[at]: (t, end - at) for t, (start, end) in steps for at in range(start, end)}

    def role(v: int, t: int) -> Hashable:
        taken = [None if p is None or p not in place else place[p] for p in graph.vertices[v].parents]
        away = any(user not in place for user, _ in graph.uses[v])
        return away, tuple([known and (t - known[0], known[1]) for known in taken])

    return len({tuple([role(ops[at], t) for at in range(*step)]) for t, step in steps[1:-1]}) <= 1


def _recurrent(graph: Graph, step: dict[int, int]) -> bool:
    return any(p is not None and step.get(p, t) == t - 1 for k, t in step.items() for p in graph.vertices[k].parents)
