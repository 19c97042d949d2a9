"""A step that is read from a stack of steps is that step: the way round by the stack is left out."""

from __future__ import annotations

import re

from .graph import Graph

__all__ = ["direct"]

INTEGER = re.compile(r"-?\d+")


def direct(graph: Graph) -> tuple[Graph, list[int]]:
    """The graph without stacks of which single steps are read, and nothing else, and where each vertex is in it.

    What flows along an edge stays the same. A read is where the step is that it reads; a stack is nowhere, -1.
    """
    uses = graph.uses
    same: dict[int, int] = {}  # a read, and what it is
    gone: set[int] = set()
    for stack in graph.vertices:
        if not stacks_steps(graph, stack.id) or stack.id in graph.outputs:
            continue
        read = {user: read_of(graph, user, stack.id) for user, _ in uses[stack.id]}
        steps = {user: None if k is None else stack.parents[k] for user, k in read.items()}
        if steps and all(step is not None and user not in graph.outputs for user, step in steps.items()):
            gone.add(stack.id)
            same.update((user, step) for user, step in steps.items() if step is not None)
    if not gone:
        return graph, list(range(len(graph.vertices)))
    place: list[int] = []
    kept = 0
    for v in graph.vertices:
        if v.id in gone:
            place.append(-1)
        elif v.id in same:
            place.append(place[same[v.id]])
        else:
            place.append(kept)
            kept += 1
    vertices = tuple(
        v._replace(
            id=place[v.id],
            parents=tuple([None if p is None else place[p] for p in v.parents]),
            of=None if v.of is None or place[v.of] < 0 else place[v.of],
        )
        for v in graph.vertices
        if v.id not in gone and v.id not in same
    )
    together = {tuple((place[v], i) for v, i in edges): norm for edges, norm in graph.together.items()}
    outputs = tuple(place[k] for k in graph.outputs)
    return Graph(vertices, outputs, graph.measured, together, graph.found), place


def stacks_steps(graph: Graph, vertex: int) -> bool:
    """Whether it is a stack whose first axis is that of the steps."""
    found = graph.vertices[vertex]
    return found.op == "stack" and dict(found.attrs).get("axis", "0") == "0"


def read_of(graph: Graph, user: int, stack: int) -> int | None:
    """Which input of a stack a user reads, if it does just that."""
    read, steps = graph.vertices[user], graph.vertices[stack].parents
    if read.op != "getitem" or not INTEGER.fullmatch(read.key) or not -len(steps) <= int(read.key) < len(steps):
        return None
    return int(read.key) % len(steps)
