"""A graph with fewer vertices: each stands for a group of another graph's, with what flows into it and out of it."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Hashable, Sequence

from .graph import Edge, Graph, Uses, Vertex

__all__ = ["Contraction", "region"]

Key = Hashable
"""What the vertices of a group have in common. A tuple begins with what the group is."""


class Contraction:
    """The graph of the groups with the same key; a group that would be part of a cycle is left in its cones.

    Attributes:
        contracted: the graph.
        group: for each vertex of the other graph, the one that it is part of.
        unknown: the edges of the other graph along which several vectors flow to one value that it has no norm of
            the sum of.
    """

    def __init__(self, graph: Graph, uses: Uses, keys: Sequence[Key], head: Sequence[int]):
        self.graph, self.uses = graph, uses
        self.unknown: list[tuple[Edge, ...]] = []
        self._outputs = set(graph.outputs)
        whole = [keys[h] if keys[v] == h else keys[v] for v, h in enumerate(head)]
        order, cyclic = self._order(whole)
        if cyclic:
            # Modules that hand whole sequences to each other cannot be one box a step; each of them can.
            whole = [_apart(graph.vertices[v], key) if key in cyclic else key for v, key in enumerate(whole)]
            order, cyclic = self._order(whole)
        if cyclic:
            whole = [head[v] if key in cyclic else key for v, key in enumerate(whole)]
            order, _ = self._order(whole)
        number = {key: k for k, key in enumerate(order)}
        self.group = [number[key] for key in whole]
        members: list[list[Vertex]] = [[] for _ in order]
        for vertex, k in zip(graph.vertices, self.group, strict=True):
            members[k].append(vertex)
        vertices = [self._vertex(k, *found) for k, found in enumerate(zip(order, members, strict=True))]
        outputs = tuple(dict.fromkeys(self.group[k] for k in graph.outputs))
        self.contracted = Graph(tuple(vertices), outputs, graph.measured, found=graph.found)

    def _order(self, keys: Sequence[Key]) -> tuple[list[Key], set[Key]]:
        """The groups in a topological order, and those that are on a cycle or behind one."""
        last = {key: v for v, key in enumerate(keys)}
        missing: defaultdict[Key, int] = defaultdict(int)
        members: defaultdict[Key, list[int]] = defaultdict(list)
        for vertex, key in zip(self.graph.vertices, keys, strict=True):
            members[key].append(vertex.id)
            missing[key] += sum(p is not None and keys[p] != key for p in vertex.parents)
        ready = [k for key, k in last.items() if not missing[key]]
        heapq.heapify(ready)
        order = []
        while ready:
            key = keys[heapq.heappop(ready)]
            order.append(key)
            for v in members[key]:
                for u, _ in self.uses[v]:
                    if keys[u] != key:
                        missing[keys[u]] -= 1
                        if not missing[keys[u]]:
                            heapq.heappush(ready, last[keys[u]])
        return order, {key for key, count in missing.items() if count}

    def _vertex(self, k: int, key: Key, members: Sequence[Vertex]) -> Vertex:
        """The vertex that stands for these; what is used outside of them is its value."""
        last = members[-1]
        parents, flows = self._inputs(k, members)
        kind = str(key[0]) if isinstance(key, tuple) else ""
        of = last.of and self.group[last.of]
        if len(members) == 1:
            name = last.name or ("x" if kind == "x" else "")
            return last._replace(id=k, name=name, parents=parents, flows=flows, of=of)
        values = [v for v in members if v.id in self._outputs or any(self.group[u] != k for u, _ in self.uses[v.id])]
        module = kind in ("cell", "module")
        same_key = kind == "x" and len({v.key for v in members}) == 1
        return last._replace(
            id=k,
            op=kind if module else last.op,
            name=self._name(key, kind, members),
            parents=parents,
            flows=flows,
            norm=_total([v.norm for v in values]),
            of=of,
            attrs=(),
            by_step=kind == "x",
            key=last.key if same_key else "",
            ops=tuple(v.op for v in members),
            parts=tuple(dict.fromkeys(v.name for v in members if v.name)) if module else (),
            weights=next((v.weights for v in members if v.weights), ()),
            live=max((v.live for v in members if v.live is not None), default=None),
        )

    def _name(self, key: Key, kind: str, members: Sequence[Vertex]) -> str:
        if isinstance(key, tuple) and kind == "module":
            return str(key[1]).rpartition("/")[2]
        if kind == "cell":
            return "cell"
        last = members[-1]
        if last.name or kind == "x":
            return last.name or "x"
        # What a part of a recorded sweep differentiates; the gradient of several gates side by side is that of none.
        whole = [self.graph.vertices[v.of] for v in members if v.of is not None and v.direction != "forward"]
        back = [f"∂{v.name}" for v in whole if v.name and v.shape == last.shape][-1:]
        loss = not last.shape and (last.id in self._outputs or len(members) > 2)
        return back[0] if back else "loss" if loss else ""

    def _inputs(self, k: int, members: Sequence[Vertex]) -> tuple[tuple[int | None, ...], tuple[float | None, ...]]:
        """From where a group gets what, each source once, and what flows back to it.

        Constants keep their places, so that the first step, whose states may be constants, has the inputs of the
        others.
        """
        parents: list[int | None] = []
        found: dict[int, dict[int, list[Edge]]] = {}
        for v in members:
            for i, p in enumerate(v.parents):
                if p is None:
                    parents.append(None)
                elif self.group[p] != k:
                    if self.group[p] not in found:
                        parents.append(self.group[p])
                    found.setdefault(self.group[p], {}).setdefault(p, []).append((v.id, i))
        sums = {
            source: _total([self._joined(p, edges) for p, edges in values.items()]) for source, values in found.items()
        }
        return tuple(parents), tuple([None if source is None else sums[source] for source in parents])

    def _joined(self, source: int, edges: Sequence[Edge]) -> float | None:
        """What flows back to one value on all its ways out of one group."""
        flows = [self.graph.vertices[v].flows[i] for v, i in edges]
        if len(edges) == 1 or all(flow is None for flow in flows):
            return flows[0]
        if len(edges) == len(self.uses[source]) and source not in self._outputs:
            return self.graph.vertices[source].norm
        several = tuple(edges)
        if several not in self.graph.together:
            self.unknown.append(several)
        return self.graph.together.get(several, max(flow for flow in flows if flow is not None))


def region(v: Vertex) -> tuple[str, int | None, str]:
    """The module, the time step and the direction of a vertex."""
    return v.path, v.t, v.direction


def _apart(v: Vertex, key: Key) -> Key:
    return ("module", *region(v)) if isinstance(key, tuple) and key[0] == "module" else key


def _total(norms: Sequence[float | None]) -> float | None:
    """The norm of several vectors behind each other."""
    known = [x for x in norms if x is not None]
    return math.hypot(*known) if len(known) > 1 else known[0] if known else None
