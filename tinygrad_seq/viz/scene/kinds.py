"""The graph: what its vertices have alike is told once, with the runs of those that have it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from ...autograd import REGISTRY
from ...autograd.program import formula
from ..graph import Graph, Vertex
from ..labels import sign
from .packing import logarithms, packed, runs

__all__ = ["index_of", "numbers", "slots_of"]


def numbers(graph: Graph, sweeps: Iterable[Graph]) -> dict[str, Any]:
    """What there is of each vertex and each edge; those of other sweeps over the graph beside its own."""
    return {
        "kinds": _kinds(graph),
        "norms": [packed(logarithms(v.norm for v in g.vertices)) for g in (graph, *sweeps)],
        "flows": [packed(logarithms(flow for v in g.vertices for flow in v.flows)) for g in (graph, *sweeps)],
    }


def slots_of(graph: Graph) -> list[int]:
    """For each vertex the number of its first input, where the inputs of all vertices are counted."""
    found, total = [], 0
    for v in graph.vertices:
        found.append(total)
        total += len(v.parents)
    return found


def _kinds(graph: Graph) -> list[dict[str, Any]]:
    """What vertices are alike, and which are."""
    groups: dict[Hashable, list[Vertex]] = {}
    for v in graph.vertices:
        label = (v.path, v.t is None, v.direction)
        key = (v.op, v.name, v.shape, v.dtype, label, v.attrs, index_of(v), v.ops, len(v.parents))
        groups.setdefault(key, []).append(v)
    return [_kind(members) for members in groups.values()]


def _kind(members: list[Vertex]) -> dict[str, Any]:
    v = members[0]
    found: dict[str, Any] = {"op": v.op, "name": v.name, "sign": sign(v), "shape": list(v.shape), "dtype": v.dtype}
    found |= {"path": v.path, "leaf": v.leaf, "ids": runs(u.id for u in members), "arity": len(v.parents)}
    parents = [[-1 if p is None else p for p in u.parents] for u in members]
    if len(v.parents) > len(members):
        found["parents"] = [runs(row) for row in parents]  # for each vertex its inputs
    else:
        found["inputs"] = [runs(column) for column in zip(*parents, strict=True)]  # for each input all vertices'
    if v.t is not None:
        found["t"] = runs(u.t for u in members if u.t is not None)
    if v.direction != "forward":
        found["direction"] = v.direction
        if any(u.of is not None for u in members):
            found["of"] = runs(-1 if u.of is None else u.of for u in members)
    if v.key:
        found["index"] = index_of(v)
    if v.attrs:
        found["attrs"] = dict(v.attrs)
    op = REGISTRY.get(v.op)
    if op is not None and not v.ops:
        found["rules"] = [formula(op, i) for i in range(len(op.inputs))]
        found["names"] = list(op.inputs)
    if v.ops:
        found["ops"] = list(dict.fromkeys(v.ops))
    return found


def index_of(v: Vertex) -> str | int:
    """The index of a read; an integer in the place of a step's own number says by how much it is more."""
    if v.by_step and v.t is not None and v.key.lstrip("-").isdecimal():
        return int(v.key) - v.t
    return v.key
