"""From a graph to what is shown of it: its steps in columns or gaps, its boxes, and the lines between them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar

from .columns import choose_columns, heat_of, wanted_columns
from .graph import Graph, Vertex
from .labels import shape_text, short_name, sign, spread_text
from .paths import Highlight
from .places import Places, State, Where, place
from .strips import ranks_of, thinned
from .view import Attend, Box, Column, Every, Gap, Line, LineKind, Masked, Spread, Step, Stub, Through, View

__all__ = ["show", "spread_of"]

L = TypeVar("L", Line, Stub)


def show(
    graph: Graph,
    *,
    columns: int = 12,
    focus: Iterable[int] = (),
    highlight: Highlight | None = None,
    rolled: bool = False,
    side_by_side: bool = False,
) -> View:
    """The view with at most ``columns`` time steps, of which ``focus`` and the ends of the highlight are some.

    With ``rolled`` all steps are in one column; with ``side_by_side`` a decoder's columns come after its encoder's.

    Raises:
        OptionError: if ``focus`` has a step that the graph has not, or ``columns`` is less than 1.
    """
    places = place(graph, side_by_side)
    wanted = wanted_columns(graph, places, focus, highlight)
    heat = heat_of(graph, places)
    chosen = choose_columns(places, columns, wanted, heat)
    if rolled and len(places.steps) > 1:
        chosen = [_every(places, axis) for axis in sorted(set(places.axes))]
    view = _Builder(graph, places, chosen, highlight).build()
    if any(isinstance(column, Gap) for column in chosen):
        view.heat = heat
    assert sum(column.count for column in view.columns) == view.steps
    return view


def _every(places: Places, axis: int) -> Every:
    steps = [t for t, a in zip(places.steps, places.axes, strict=True) if a == axis]
    return Every(steps[0], steps[-1], len(steps), axis)


class _Builder:
    """Collects boxes, then lines, in one pass over the vertices each."""

    def __init__(self, graph: Graph, places: Places, columns: list[Column], highlight: Highlight | None):
        self.graph = graph
        self.places = places
        self.highlight = highlight
        # The vertices of the strongest path: the upper end of each of its edges, and where it begins.
        steps = highlight.strongest if highlight else ()
        self.strong_edges = set(steps)
        self.strong: set[int | None] = {graph.vertices[child].parents[i] for child, i in steps}
        self.strong.update(child for child, _ in steps)
        bands = list(zip(places.bands, places.reverse, strict=True))
        self.view = View(graph, highlight, len(places.steps), columns, bands, places.axis)
        self.column: list[int] = []  # where each time step is drawn
        for k, column in enumerate(columns):
            self.column += [k] * column.count
        self.box: dict[int, int] = {}  # vertex to box; hidden ones share the box that stands for them
        self.gap: dict[tuple[int, int], int] = {}
        self.state: dict[int, State] = {}  # which state a vertex before the first step stands for
        self.rolled = any(isinstance(column, Every) for column in columns)

    def build(self) -> View:
        self._boxes_in_time()
        self._boxes_in_strips()
        self._masked()
        self._attention()
        self._lines()
        self._through()
        return self.view

    def _add(self, box: Box) -> int:
        self.view.boxes.append(box)
        return len(self.view.boxes) - 1

    def _hot(self, v: int) -> bool:
        """Whether a vertex is highlighted; what carries no gradient at all is not."""
        return self.highlight is not None and v in self.highlight.vertices and self.graph.vertices[v].norm != 0

    def _box(self, v: Vertex, where: Where, **place: Any) -> None:
        name = v.name.rpartition(".")[2] if v.leaf and where != "shelf" else v.name
        if v.leaf and not name:
            name = "variable"
        self.box[v.id] = self._add(
            Box(
                name,
                sign(v),
                shape_text(v.shape),
                v.id,
                where,
                norm=v.norm,
                hot=self._hot(v.id),
                strong=v.id in self.strong,
                **place,
            )
        )

    def _boxes_in_time(self) -> None:
        places = self.places
        hidden: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        every: defaultdict[tuple[int, int], list[Vertex]] = defaultdict(list)
        for v in self.graph.vertices:
            k, band = v.id, places.band[v.id]
            if places.where[k] == "step":
                column = self.column[places.column[k]]
                if isinstance(self.view.columns[column], Step):
                    self._box(v, "step", column=column, band=band, role=places.role[k])
                elif self.rolled:
                    every[band, places.role[k]].append(v)
                else:
                    hidden[column, band].append(k)
        for (band, role), members in every.items():
            self._box_of_all(members, band, role)
        for state, made_of in places.init.items():
            for rank, k in enumerate(made_of):
                self._box(self.graph.vertices[k], "init", band=state[0], role=state[1], rank=rank)
                self.state[k] = state
        for (column, band), ids in sorted(hidden.items()):
            gap = self.view.columns[column]
            assert isinstance(gap, Gap)
            hot = any(map(self._hot, ids))
            box = Box(
                "",
                f"{gap.count} steps",
                f"t = {gap.first} … {gap.last}",
                None,
                "gap",
                column,
                band,
                hot=hot,
                hidden=len(ids),
            )
            self.gap[column, band] = self._add(box)
            self.box.update(dict.fromkeys(ids, self.gap[column, band]))

    def _masked(self) -> None:
        """The steps that not all rows take; of several states the one that most take."""
        live: dict[tuple[int, int], tuple[int, int]] = {}
        for box in self.view.boxes:
            found = self.graph.vertices[box.vertex].live if box.vertex is not None and box.where == "step" else None
            if found is not None and not self.rolled:
                place = (box.column, box.band)
                live[place] = max(found, live.get(place, found))
        self.view.masked = [Masked(*place, rows) for place, rows in sorted(live.items()) if rows[0] < rows[1]]

    def _attention(self) -> None:
        """From the highest encoder that has as many steps as there are weights; its steps are drawn by their state."""
        places, boxes = self.places, self.view.boxes
        state = {band: max(role for b, role in places.rails.values() if b == band) for band, _ in places.rails.values()}
        drawn = {
            (box.band, box.role, self.view.columns[box.column]): k for k, box in enumerate(boxes) if box.column >= 0
        }
        for k, box in enumerate(boxes):
            weights = self.graph.vertices[box.vertex].weights if box.vertex is not None and box.where == "step" else ()
            if not weights or self.rolled:
                continue
            for band in sorted(state, reverse=True):
                begin = bisect_left(places.axes, places.axis[band])
                steps = places.steps[begin : bisect_right(places.axes, places.axis[band])]
                if places.axis[band] < places.axis[box.band] and len(steps) == len(weights):
                    sources = [drawn.get((band, state[band], Step(t, places.axis[band]))) for t in steps]
                    self.view.attention += [
                        Attend(source, k, weight)
                        for source, weight in zip(sources, weights, strict=True)
                        if source is not None
                    ]
                    break

    def _box_of_all(self, members: list[Vertex], band: int, role: int) -> None:
        """What the steps have in one role, with the gradients of all of them."""
        first = members[0]
        self._box(first, "step", column=self.column[self.places.column[first.id]], band=band, role=role)
        k = self.box[first.id]
        spread = spread_of([v.norm for v in members])
        self.view.boxes[k] = replace(
            self.view.boxes[k],
            sign="[t]" if first.by_step else self.view.boxes[k].sign,
            note=spread_text(spread) or self.view.boxes[k].note,
            norm=spread and spread[1],
            spread=spread,
            hot=any(self._hot(v.id) for v in members),
            strong=any(v.id in self.strong for v in members),
            hidden=len(members) - 1,
        )
        self.box.update((v.id, k) for v in members)

    def _boxes_in_strips(self) -> None:
        places = self.places
        groups: defaultdict[tuple[Where, int], list[int]] = defaultdict(list)
        ranks: dict[int, int] = {}
        modules = self._modules_of_namesakes()
        for v in self.graph.vertices:
            if places.where[v.id] == "shelf":
                ranks[v.id] = max((ranks[p] + 1 for p in v.parents if p in ranks), default=0)
                self._box(v._replace(name=modules.get(v.id, v.name)), "shelf", rank=ranks[v.id])
            elif places.where[v.id] in ("before", "after"):
                groups[places.where[v.id], places.strip[v.id]].append(v.id)
        for (where, strip), ids in sorted(groups.items()):
            ranks = ranks_of(self.graph, ids, from_the_right=where == "before")
            for rank, (kept, hidden) in enumerate(thinned(ids, ranks)):
                for k in kept:
                    self._box(self.graph.vertices[k], where, strip=strip, rank=rank)
                if hidden:
                    hot = any(map(self._hot, hidden))
                    box = Box(
                        "",
                        f"{len(hidden)} ops",
                        "hidden",
                        None,
                        where,
                        strip=strip,
                        rank=rank,
                        hot=hot,
                        hidden=len(hidden),
                    )
                    self.box.update(dict.fromkeys(hidden, self._add(box)))

    def _modules_of_namesakes(self) -> dict[int, str]:
        """Parameters of one name in several modules, as ``GRUCell.weight_ih``, by the module that uses them first."""
        namesakes: defaultdict[str, list[int]] = defaultdict(list)
        for v in self.graph.vertices:
            if self.places.where[v.id] == "shelf" and v.leaf and v.name:
                namesakes[v.name].append(v.id)
        several = {k for ids in namesakes.values() if len(ids) > 1 for k in ids}
        module: dict[int, str] = {}
        for v in self.graph.vertices:
            for p in several.intersection(p for p in v.parents if p is not None):
                module.setdefault(p, v.path.replace("/", "."))
        names = {k: f"{path}.{self.graph.vertices[k].name}" for k, path in module.items() if path}
        return names if len(set(names.values())) > 1 else {}

    def _lines(self) -> None:
        """Each edge; several that are drawn as one look like the strongest, in a rolled step like the middle one."""
        lines: dict[tuple[int, int, int, LineKind, State | None], list[Line]] = {}
        stubs: dict[tuple[int, int, int], list[Stub]] = {}
        total: defaultdict[int, float] = defaultdict(float)
        for v in self.graph.vertices:
            for p, flow in zip(v.parents, v.flows, strict=True):
                if p is not None and flow is not None:
                    total[p] += flow
        for v in self.graph.vertices:
            for i, p in enumerate(v.parents):
                if p is None or v.id not in self.box or p not in self.box:
                    continue
                hot = self.highlight is not None and (v.id, i) in self.highlight.edges and v.flows[i] != 0
                strong = (v.id, i) in self.strong_edges
                kind, state = self._kind(v, i, p)
                source, target, norm = self.box[p], self.box[v.id], v.flows[i]
                if kind is None:
                    continue
                hidden = self.view.boxes[target].vertex is None
                if kind == "stub":
                    if not hidden:
                        share = (
                            None if norm is None or not math.isfinite(norm) else norm / total[p] if total[p] else 0.0
                        )
                        stub = Stub(target, i, self._stub_label(p, v.t), source, norm, hot, strong, share=share)
                        stubs.setdefault((target, i, -1 if self.rolled else source), []).append(stub)
                    continue
                # To what is outside of time each step sends something else.
                many = hidden or (kind == "collect" and self.rolled)
                line = Line(source, target, -1 if many else i, kind, norm, state, hot, strong)
                lines.setdefault((source, target, line.input, kind, state), []).append(line)
        self.view.lines = [self._merged(found) for found in lines.values()]
        self.view.stubs = [self._merged(found) for found in stubs.values()]

    def _merged(self, found: list[L]) -> L:
        norms, first = [line.norm for line in found], found[0]
        if len(found) == 1 and not (self.rolled and self.view.boxes[first.target].where == "step"):
            return first
        hot, strong = any(line.hot for line in found), any(line.strong for line in found)
        spread = spread_of(norms)
        norm = spread and spread[1 if self.rolled and first.input >= 0 else 2]
        return replace(first, norm=norm, hot=hot, strong=strong, spread=spread if self.rolled else None)

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
        vertices = self.graph.vertices
        v, turned = vertices[p], ""
        while not v.leaf and not v.name and self.places.where[v.id] == "shelf":
            if v.op in ("transpose", "swapaxes"):
                turned = "" if turned else "ᵀ"
            parents = [k for k in v.parents if k is not None]
            if len(parents) != 1:
                break
            v = vertices[parents[0]]
        if v.leaf:
            return (short_name(v.name) or "variable") + turned
        if self.places.where[v.id] == "shelf" and not v.name:
            names = [short_name(vertices[k].name) for k in v.parents if k is not None]
            label = (" + " if v.op == "add" else " ").join(name or "…" for name in names)
            return label if len(label) <= 14 else f"{label[:13]}…"
        label = v.name or sign(v)
        if self.rolled and v.t is not None and t is not None:
            return f"{label} t{v.t - t:+d}"
        return label if v.t is None else f"{label} t={v.t}"

    def _through(self) -> None:
        """The states that run on behind each gap, and by what factor their gradient changes."""
        lines, boxes = self.view.lines, self.view.boxes
        last_before: dict[tuple[int, State], float | None] = {}
        marks: defaultdict[tuple[int, State], list[bool]] = defaultdict(lambda: [False, False])
        for line in lines:
            for end in (line.source, line.target):
                if line.kind == "rail" and boxes[end].where == "gap":
                    assert line.state is not None
                    found = marks[boxes[end].column, line.state]
                    found[:] = [found[0] or line.hot, found[1] or line.strong]
        for box in boxes:
            if box.where == "step":
                last_before[box.column, (box.band, box.role)] = box.norm
        for (column, state), (hot, strong) in marks.items():
            onward = -1 if self.places.reverse[state[0]] else 1
            before, after = last_before.get((column - onward, state)), last_before.get((column + onward, state))
            factor = before / after if before is not None and after else None
            self.view.through.append(Through(column, state, factor, hot, strong))


def spread_of(norms: Sequence[float | None]) -> Spread | None:
    """The least, the middle and the largest of those that there are; what is not a number counts as the largest."""
    known = sorted((x for x in norms if x is not None), key=lambda x: (math.isnan(x), x))
    return (known[0], known[len(known) // 2], known[-1]) if known else None
