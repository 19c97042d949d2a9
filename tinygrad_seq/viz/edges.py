"""The lines of a picture: how each edge of the graph between two boxes is drawn, or as a label beside its use."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, TypeVar

from .graph import Vertex
from .labels import shape_text, short_name, sign
from .places import Places, State
from .view import Line, LineKind, Stub, View, spread_of

__all__ = ["add_edges"]

L = TypeVar("L", Line, Stub)


def add_edges(view: View, places: Places, box: Mapping[int, int]) -> None:
    """Put lines and stubs into a view, of which each vertex has the box given."""
    _Edges(view, places, box).add()


class _Edges:
    """Goes through all edges once."""

    def __init__(self, view: View, places: Places, box: Mapping[int, int]):
        self.view, self.places, self.box, self.rolled = view, places, box, view.rolled
        self.state = {k: state for state, made_of in places.init.items() for k in made_of}
        self._total: dict[int, float] = {}

    def add(self) -> None:
        """Each edge; several that are drawn as one look like the strongest, in a rolled step like the middle one."""
        view, found = self.view, self.view.highlight
        lines: dict[tuple[int, int, int, LineKind, State | None], list[Line]] = {}
        stubs: dict[tuple[int, int, int], list[Stub]] = {}
        strongest = set(found.strongest) if found else ()
        for v in view.graph.vertices:
            target = self.box.get(v.id)
            if target is None:
                continue
            hidden = view.boxes[target].vertex is None
            for i, (p, norm) in enumerate(zip(v.parents, v.flows, strict=True)):
                if p is None or p not in self.box:
                    continue
                kind, state = self._kind(v, i, p)
                source = self.box[p]
                if kind is None or (kind == "stub" and hidden):
                    continue
                hot = found is not None and (v.id, i) in found.edges and norm != 0
                strong = (v.id, i) in strongest
                if kind == "stub":
                    label, share = self._stub_label(p, v.t), self._share(p, norm)
                    stub = Stub(target, i, label, source, norm, hot, strong, share=share)
                    stubs.setdefault((target, i, -1 if self.rolled else source), []).append(stub)
                else:
                    # To what is outside of time each step sends something else.
                    many = hidden or (kind == "collect" and self.rolled)
                    line = Line(source, target, -1 if many else i, kind, norm, state, hot, strong)
                    lines.setdefault((source, target, line.input, kind, state), []).append(line)
        view.lines = [self._merged(same) for same in lines.values()]
        view.stubs = [self._merged(same) for same in stubs.values()]

    def _merged(self, found: list[L]) -> L:
        first = found[0]
        if len(found) == 1 and not (self.rolled and self.view.boxes[first.target].where == "step"):
            return first
        hot, strong = any(line.hot for line in found), any(line.strong for line in found)
        spread = spread_of(line.norm for line in found)
        norm = spread and spread[1 if self.rolled and first.input >= 0 else 2]
        return first._replace(norm=norm, hot=hot, strong=strong, spread=spread if self.rolled else None)

    def _share(self, p: int, norm: float | None) -> float | None:
        """Of a use of a value with this norm, its part in the sum of those of all uses."""
        if norm is None or not math.isfinite(norm):
            return None
        if p not in self._total:
            graph = self.view.graph
            self._total[p] = sum(graph.vertices[u].flows[i] or 0.0 for u, i in graph.uses[p])
        return norm / self._total[p] if self._total[p] else 0.0

    def _kind(self, v: Vertex, i: int, p: int) -> tuple[LineKind | Literal["stub"] | None, State | None]:
        """How the edge from p to input i of v is drawn; None if both ends are hidden."""
        places = self.places
        where, column, band, boxes = places.where, places.column, places.band, self.view.boxes
        if self.box[p] == self.box[v.id] and (boxes[self.box[p]].vertex is None or not self.rolled):
            return None, None
        if where[p] == "shelf":
            return ("shelf" if where[v.id] == "shelf" else "stub"), None
        to_gap, from_gap = boxes[self.box[v.id]].where == "gap", boxes[self.box[p]].where == "gap"
        if where[v.id] == "step" and where[p] == "step":
            if column[v.id] == column[p]:
                return (None if to_gap else "step" if band[v.id] == band[p] else "cross"), None
            onward = -1 if places.reverse[band[p]] else 1
            if column[v.id] - column[p] == onward and not (to_gap and from_gap):
                within = self.rolled and places.axis[band[v.id]] == places.axis[band[p]]
                return ("loop" if within else "rail"), (band[p], places.role[p])
            return ("stub" if not to_gap and not from_gap else None), None
        if where[v.id] == "step":
            if to_gap:
                return None, None
            if where[p] == "init":
                rail = places.rails.get((band[v.id], places.role[v.id], i))
                state = self.state[p]
                first = column[v.id] == places.first(state[0])
                return ("init", state) if rail == state and first else ("stub", None)
            if v.by_step and places.strip[p] == band[v.id]:
                return "bus", None
            if where[p] == "before" and column[v.id] == 0 and places.strip[p] == band[v.id]:
                return "lead", None
            return "stub", None
        if where[v.id] == where[p] == "init" and self.state[v.id] == self.state[p] and len(v.parents) == 1:
            return "init", self.state[p]
        if where[p] == "step":
            return (None if from_gap else "collect" if where[v.id] == "after" else "stub"), None
        same = where[v.id] == where[p] and where[p] in ("before", "after") and places.strip[v.id] == places.strip[p]
        return ("strip" if same else "stub"), None

    def _stub_label(self, p: int, t: int | None) -> str:
        """The short name of a parameter, also of one that was transposed or cut; otherwise name or operation."""
        vertices = self.view.graph.vertices
        v, turned = vertices[p], ""
        while not v.leaf and not v.name and self.places.where[v.id] == "shelf":
            if v.op in ("transpose", "swapaxes"):
                turned = "" if turned else "ᵀ"
            parents = [k for k in v.parents if k is not None]
            if len(parents) != 1:
                break
            v = vertices[parents[0]]
        if v.leaf:
            return (short_name(v.name) or shape_text(v.shape)) + turned
        if self.places.where[v.id] == "shelf" and not v.name:
            names = [short_name(vertices[k].name) for k in v.parents if k is not None]
            label = (" + " if v.op == "add" else " ").join(name or "…" for name in names)
            return label if len(label) <= 14 else f"{label[:13]}…"
        label = v.name or sign(v)
        if self.rolled and v.t is not None and t is not None:
            return f"{label} t{v.t - t:+d}"
        return label if v.t is None else f"{label} t={v.t}"
