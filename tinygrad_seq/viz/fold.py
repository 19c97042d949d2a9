"""From every operation to the picture in the textbook: which vertices become one box, at which level.

A fold is a graph again, with fewer vertices, so all that follows (places, view, layout) knows nothing of levels. What
an edge of it carries is exact. Values that flow to one box are one long vector, whose norm is the root of the sum of
squares; several ways of one value to one box carry the sum of their vectors.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Literal, get_args

from .direct import direct
from .graph import Edge, Graph, Vertex
from .paths import Highlight

__all__ = ["LEVELS", "Fold", "Level", "fold"]

Level = Literal["rolled", "steps", "gates", "ops"]
LEVELS: tuple[Level, ...] = get_args(Level)
Uses = list[list[tuple[int, int]]]


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
    uses = graph.uses()
    head = list(range(len(graph.vertices))) if level == "ops" else _cones(graph, uses)
    keys: list[object] = list(head)
    if level != "ops":
        _join_reads(graph, head, keys)
    if level == "steps":
        _join_cells(graph, uses, head, keys)
    for path in modules:
        _join_module(graph, path, keys)
    unknown: list[tuple[Edge, ...]] = []
    folded, group = _contract(graph, uses, keys, head, unknown)
    back = {k: v for v, k in enumerate(place) if origin.vertices[v].op == graph.vertices[k].op} if unknown else {}
    edges = [tuple((back[v], i) for v, i in several) for several in unknown]
    return Fold(folded, [-1 if k < 0 else group[k] for k in place], origin, edges)


def _region(v: Vertex) -> tuple[str, int | None, str]:
    return v.path, v.t, v.direction


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
        if _region(v) == _region(user) and all(head[u] == whole for u, _ in uses[v.id]):
            head[v.id] = whole
    return head


def _join_reads(graph: Graph, head: list[int], keys: list[object]) -> None:
    """What a module reads of its input in one step is one box."""
    for v in graph.vertices:
        if v.by_step and v.t is not None and head[v.id] == v.id:
            keys[v.id] = ("x", *_region(v), v.name)


def _join_cells(graph: Graph, uses: Uses, head: list[int], keys: list[object]) -> None:
    """Within a step of a module, all from which its states are computed is the cell."""
    vertices = graph.vertices
    carried = _carried(graph, uses, head)
    depth = [0] * len(vertices)  # how many states of its own step and module a group depends on, one after the other
    feeds: set[int] = set()  # groups from which a state of their step and module is computed
    for v in vertices:
        for p in v.parents:
            if p is not None and head[p] != head[v.id] and vertices[p].t == v.t and v.t is not None:
                more = head[p] in carried and _region(vertices[p]) == _region(v)
                depth[head[v.id]] = max(depth[head[v.id]], depth[head[p]] + more)
    for v in reversed(vertices):
        whole = head[v.id]
        if v.t is None or v.leaf or whole in carried:
            continue
        users = {head[u] for u, _ in uses[v.id] if head[u] != whole and _region(vertices[u]) == _region(v)}
        if any(u in carried or u in feeds for u in users):
            feeds.add(whole)
    for whole in feeds:
        if depth[whole] == 0 and not isinstance(keys[whole], tuple):
            keys[whole] = ("cell", *_region(vertices[whole]))


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


def _contract(
    graph: Graph, uses: Uses, keys: list[object], head: list[int], unknown: list[tuple[Edge, ...]]
) -> tuple[Graph, list[int]]:
    """The graph of the groups with the same key; a group that would be part of a cycle is left in its cones."""
    whole = [keys[h] if keys[v] == h else keys[v] for v, h in enumerate(head)]
    order, cyclic = _order(graph, uses, whole)
    if cyclic:
        # Modules that hand whole sequences to each other cannot be one box a step; each of them can.
        whole = [_apart(graph.vertices[v], key) if key in cyclic else key for v, key in enumerate(whole)]
        order, cyclic = _order(graph, uses, whole)
    if cyclic:
        whole = [head[v] if key in cyclic else key for v, key in enumerate(whole)]
        order, _ = _order(graph, uses, whole)
    number = {key: k for k, key in enumerate(order)}
    group = [number[key] for key in whole]
    members: list[list[int]] = [[] for _ in order]
    for v, k in enumerate(group):
        members[k].append(v)
    outputs = set(graph.outputs)
    vertices = [
        _vertex(graph, uses, key, k, ids, group, outputs, unknown)
        for k, (key, ids) in enumerate(zip(order, members, strict=True))
    ]
    kept = tuple(dict.fromkeys(group[k] for k in graph.outputs))
    return Graph(tuple(vertices), kept, graph.measured), group


def _apart(v: Vertex, key: object) -> object:
    return ("module", *_region(v)) if isinstance(key, tuple) and key[0] == "module" else key


def _order(graph: Graph, uses: Uses, keys: list[object]) -> tuple[list[object], set[object]]:
    """The groups in a topological order, and those that are on a cycle or behind one."""
    last = {key: v for v, key in enumerate(keys)}
    missing: defaultdict[object, int] = defaultdict(int)
    members: defaultdict[object, list[int]] = defaultdict(list)
    for vertex, key in zip(graph.vertices, keys, strict=True):
        members[key].append(vertex.id)
        missing[key] += sum(p is not None and keys[p] != key for p in vertex.parents)
    ready = [k for key, k in last.items() if not missing[key]]
    heapq.heapify(ready)
    order = []
    while ready:
        key = keys[heapq.heappop(ready)]
        order.append(key)
        for v in members[key]:
            for u, _ in uses[v]:
                if keys[u] != key:
                    missing[keys[u]] -= 1
                    if not missing[keys[u]]:
                        heapq.heappush(ready, last[keys[u]])
    return order, {key for key, count in missing.items() if count}


def _vertex(
    graph: Graph,
    uses: Uses,
    key: object,
    k: int,
    ids: list[int],
    group: list[int],
    outputs: set[int],
    unknown: list[tuple[Edge, ...]],
) -> Vertex:
    """The vertex that stands for these; what is used outside of them is its value."""
    members = [graph.vertices[n] for n in ids]
    last = members[-1]
    parents, flows = _inputs(graph, uses, k, members, group, outputs, unknown)
    kind = str(key[0]) if isinstance(key, tuple) else ""
    if len(members) == 1:
        name = last.name or ("x" if kind == "x" else "")
        return last._replace(id=k, name=name, parents=parents, flows=flows, of=last.of and group[last.of])
    values = [v for v in members if v.id in outputs or any(group[u] != k for u, _ in uses[v.id])]
    module = kind in ("cell", "module")
    same_key = kind == "x" and len({v.key for v in members}) == 1
    return last._replace(
        id=k,
        op=kind if module else last.op,
        name=_name(
            last,
            kind,
            key,
            _differentiated(graph, members),
            not last.shape and (last.id in outputs or len(members) > 2),
        ),
        parents=parents,
        flows=flows,
        norm=_total([v.norm for v in values]),
        of=last.of and group[last.of],
        attrs=(),
        by_step=kind == "x",
        key=last.key if same_key else "",
        ops=tuple(v.op for v in members),
        parts=tuple(dict.fromkeys(v.name for v in members if v.name)) if module else (),
        weights=next((v.weights for v in members if v.weights), ()),
        live=max((v.live for v in members if v.live is not None), default=None),
    )


def _inputs(
    graph: Graph,
    uses: Uses,
    k: int,
    members: list[Vertex],
    group: list[int],
    outputs: set[int],
    unknown: list[tuple[Edge, ...]],
) -> tuple[tuple[int | None, ...], tuple[float | None, ...]]:
    """From where a group gets what, each source once, and what flows back to it.

    Constants keep their places, so that the first step, whose states may be constants, has the inputs of the others.
    """
    parents: list[int | None] = []
    found: dict[int, dict[int, list[Edge]]] = {}
    for v in members:
        for i, p in enumerate(v.parents):
            if p is None:
                parents.append(None)
            elif group[p] != k:
                if group[p] not in found:
                    parents.append(group[p])
                found.setdefault(group[p], {}).setdefault(p, []).append((v.id, i))
    sums = {
        source: _total([_joined(graph, uses, p, edges, outputs, unknown) for p, edges in values.items()])
        for source, values in found.items()
    }
    return tuple(parents), tuple([None if source is None else sums[source] for source in parents])


def _name(last: Vertex, kind: str, key: object, back: str, loss: bool) -> str:
    if kind == "module":
        assert isinstance(key, tuple)
        return str(key[1]).rpartition("/")[2]
    if kind == "cell":
        return "cell"
    return last.name or ("x" if kind == "x" else back or ("loss" if loss else ""))


def _differentiated(graph: Graph, members: list[Vertex]) -> str:
    """What a part of a recorded sweep differentiates: ``∂h``."""
    names = [graph.vertices[v.of].name for v in members if v.of is not None and v.direction != "forward"]
    named = [name for name in names if name]
    return f"∂{named[-1]}" if named else ""


def _total(norms: Sequence[float | None]) -> float | None:
    """The norm of several vectors behind each other."""
    known = [x for x in norms if x is not None]
    return math.hypot(*known) if len(known) > 1 else known[0] if known else None


def _joined(
    graph: Graph, uses: Uses, source: int, edges: list[Edge], outputs: set[int], unknown: list[tuple[Edge, ...]]
) -> float | None:
    """What flows back to one value on all its ways out of one group."""
    flows = [graph.vertices[v].flows[i] for v, i in edges]
    if len(edges) == 1 or all(flow is None for flow in flows):
        return flows[0]
    if len(edges) == len(uses[source]) and source not in outputs:
        return graph.vertices[source].norm
    if tuple(edges) not in graph.together:
        unknown.append(tuple(edges))
    return graph.together.get(tuple(edges), max(flow for flow in flows if flow is not None))
