"""From every operation to the picture in the textbook: which vertices become one box, at which level.

A fold is a graph again, with fewer vertices, so all that follows (places, view, layout) knows nothing of levels. What
an edge of it carries is exact. Values that flow to one box are one long vector, whose norm is the root of the sum of
squares; several ways of one value to one box carry the sum of their vectors.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Literal, get_args

from .contract import Contraction, region
from .direct import direct
from .graph import Edge, Graph, Uses
from .paths import Highlight
from .places import Places, place

__all__ = ["LEVELS", "Fold", "Level", "fold"]

Level = Literal["rolled", "steps", "gates", "ops"]
LEVELS: tuple[Level, ...] = get_args(Level)


class Fold:
    """A graph in which each vertex stands for one or more of another.

    Attributes:
        graph: the vertices that are left.
        group: for each vertex of the other graph, the one that it is part of, or -1.
        unknown: the edges, of the other graph, along which several vectors flow to one value that the graph has no
            norm of the sum of; the largest one stands for it.
    """

    def __init__(self, graph: Graph, group: list[int], origin: Graph, unknown: Sequence[tuple[Edge, ...]] = ()):
        self.graph, self.group, self._origin, self.unknown = graph, group, origin, unknown

    @cached_property
    def places(self) -> Places:
        """Where in a picture what is left belongs, a decoder beside its encoder."""
        return place(self.graph, side_by_side=True)

    def highlight(self, found: Highlight) -> Highlight:
        """The same paths between what is left; their number is that of the paths in the whole graph."""
        if self.graph is self._origin:
            return found
        group, vertices = self.group, self._origin.vertices
        place = [
            {parent: i for i, parent in enumerate(vertex.parents) if parent is not None}
            for vertex in self.graph.vertices
        ]

        def onto(edges: Collection[Edge]) -> list[Edge]:
            kept = []
            for child, i in edges:
                parent = vertices[child].parents[i]
                assert parent is not None
                whole, source = group[child], group[parent]
                if whole >= 0 and source in place[whole]:
                    kept.append((whole, place[whole][source]))
            return kept

        return Highlight(
            sources=frozenset(group[k] for k in found.sources),
            target=group[found.target],
            vertices=frozenset(group[k] for k in found.vertices) - {-1},
            edges=frozenset(onto(found.edges)),
            strongest=tuple(onto(found.strongest)),
            count=found.count,
        )


def fold(graph: Graph, level: Level, modules: Sequence[str] = ()) -> Fold:
    """The graph at a level, with each step of the given modules in one box."""
    if level == "ops" and not modules:
        return Fold(graph, list(range(len(graph.vertices))), graph)
    origin, place = graph, list(range(len(graph.vertices)))
    if level != "ops":
        graph, place = direct(graph)
    uses = graph.uses
    head = list(range(len(graph.vertices))) if level == "ops" else _cones(graph, uses)
    keys: list[object] = list(head)
    if level != "ops":
        _join_reads(graph, head, keys)
    if level == "steps":
        _join_cells(graph, uses, head, keys)
    for path in modules:
        _join_module(graph, path, keys)
    whole = Contraction(graph, uses, keys, head)
    back = {k: v for v, k in enumerate(place) if origin.vertices[v].op == graph.vertices[k].op} if whole.unknown else {}
    edges = [tuple((back[v], i) for v, i in several) for several in whole.unknown]
    return Fold(whole.contracted, [-1 if k < 0 else whole.group[k] for k in place], origin, edges)


def _cones(graph: Graph, uses: Uses) -> list[int]:
    """For each vertex the one that it helps to compute, and nothing else: a gate, a state, a read, a shared value.

    All that leaves a group leaves it from its last vertex, so the groups have no cycles.
    """
    vertices = graph.vertices
    head = list(range(len(vertices)))
    outputs = set(graph.outputs)
    for v in reversed(vertices):
        if v.leaf or v.id in outputs or (v.by_step and v.t is not None) or not uses[v.id]:
            continue
        whole = head[uses[v.id][0][0]]
        user = vertices[whole]
        if v.name and not (v.name == user.name and user.op == "where"):
            continue
        if region(v) == region(user) and all(head[u] == whole for u, _ in uses[v.id]):
            head[v.id] = whole
    return head


def _join_reads(graph: Graph, head: list[int], keys: list[object]) -> None:
    """What a module reads of its input in one step is one box."""
    for v in graph.vertices:
        if v.by_step and v.t is not None and head[v.id] == v.id:
            keys[v.id] = ("x", *region(v), v.name)


def _join_cells(graph: Graph, uses: Uses, head: list[int], keys: list[object]) -> None:
    """Within a step of a module, all from which its states are computed is the cell."""
    vertices = graph.vertices
    carried = _carried(graph, uses, head)
    depth = [0] * len(vertices)  # how many states of its own step and module a group depends on, one after the other
    feeds: set[int] = set()  # groups from which a state of their step and module is computed
    for v in vertices:
        for p in v.parents:
            if p is not None and head[p] != head[v.id] and vertices[p].t == v.t and v.t is not None:
                more = head[p] in carried and region(vertices[p]) == region(v)
                depth[head[v.id]] = max(depth[head[v.id]], depth[head[p]] + more)
    for v in reversed(vertices):
        whole = head[v.id]
        if v.t is None or v.leaf or whole in carried:
            continue
        users = {head[u] for u, _ in uses[v.id] if head[u] != whole and region(vertices[u]) == region(v)}
        if any(u in carried or u in feeds for u in users):
            feeds.add(whole)
    for whole in feeds:
        if depth[whole] == 0 and not isinstance(keys[whole], tuple):
            keys[whole] = ("cell", *region(vertices[whole]))


def _carried(graph: Graph, uses: Uses, head: list[int]) -> set[int]:
    """The groups that one step hands to the next, and those that play their part in the last step."""
    vertices = graph.vertices
    roles = {
        (v.path, v.direction, v.name or v.op)
        for v in vertices
        if v.t is not None and any(vertices[u].t not in (None, v.t) for u, _ in uses[v.id])
    }
    return {
        v.id
        for v in vertices
        if v.t is not None and head[v.id] == v.id and (v.path, v.direction, v.name or v.op) in roles
    }


def _join_module(graph: Graph, path: str, keys: list[object]) -> None:
    inside = [v for v in graph.vertices if not v.leaf and (v.path == path or v.path.startswith(f"{path}/"))]
    unrolled = any(v.t is not None for v in inside)
    for v in inside:
        # What comes before all steps of a module, or after them, cannot be in one box with the other.
        if v.t is not None or not unrolled:
            keys[v.id] = ("module", path, v.t, v.direction)
