"""What a picture shows: which steps, which boxes, and which lines between them. No coordinates yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from ..errors import OptionError
from .graph import Graph, Vertex
from .labels import shape_text, short_name, sign
from .paths import Highlight
from .places import Places, State, Where, place

__all__ = ["Box", "Gap", "Line", "Step", "Stub", "View", "show"]

MAX_RANKS = 14
MAX_IN_RANK = 16

LineKind = Literal["step", "cross", "rail", "init", "bus", "lead", "collect", "strip", "shelf"]


@dataclass(frozen=True, slots=True)
class Step:
    """A column: one time step."""

    t: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A column that stands for the steps ``first`` to ``last``, of which there are ``count``."""

    first: int
    last: int
    count: int


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the picture.

    Attributes:
        name, sign, note: what is written on it: the role, the operation, the shape.
        vertex: the id of the vertex, or None for a box that stands for ``hidden`` others.
        where: as `places.Where`, or "gap" for the steps that a gap hides.
        column, band, role: of a box in a time step. For a first state, the band and role of the state.
        strip, rank: of a box before or after: which strip, and how far to the right in it; of a first state how many
            operations it is away from the first step.
        hot, strong: gradient comes through it on a highlighted path, and on the strongest of these.
    """

    name: str
    sign: str
    note: str
    vertex: int | None
    where: Where | Literal["gap"]
    column: int = -1
    band: int = -1
    role: int = -1
    strip: int = -1
    rank: int = 0
    hidden: int = 0
    norm: float | None = None
    hot: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """An edge between two boxes.

    Attributes:
        source, target: positions in `View.boxes`, in the direction of the computation.
        input: which input of the target.
        kind: between boxes of one module and step ("step"), of two modules in one step ("cross"), of one step and the
            next ("rail"), from a first state ("init"), to the step that reads it ("bus"), from before to the first
            step ("lead"), from a step to what comes after ("collect"), within a strip or on the shelf.
        norm: of the gradient that flows along it, against its direction; None if none does.
        state: for rails and first states, what is handed on.
        hot, strong: gradient flows along it on a highlighted path, and on the strongest of these.
    """

    source: int
    target: int
    input: int
    kind: LineKind
    norm: float | None
    state: State | None = None
    hot: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Stub:
    """A use of something that stands elsewhere: a label on a short line, in place of a long one."""

    target: int
    input: int
    label: str
    source: int | None
    norm: float | None
    hot: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Through:
    """A state that runs on behind a gap.

    ``factor`` is the norm of its gradient before the gap over that after it, or None.
    """

    column: int
    state: State
    factor: float | None
    hot: bool
    strong: bool


@dataclass(slots=True)
class View:
    """What is shown of a graph.

    Attributes:
        steps: how many time steps the graph has; those in columns and those in gaps add up to it.
        columns: from left to right.
        bands: names of the modules that take part in time, from below to above, and whether time runs backwards.
        boxes, lines, stubs, through: what is drawn.
    """

    graph: Graph
    highlight: Highlight | None
    steps: int
    columns: list[Step | Gap]
    bands: list[tuple[str, bool]]
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    stubs: list[Stub] = field(default_factory=list)
    through: list[Through] = field(default_factory=list)

    def __repr__(self) -> str:
        shown = sum(isinstance(column, Step) for column in self.columns)
        return f"<view of {shown} of {self.steps} steps, {len(self.boxes)} boxes, {len(self.lines)} lines>"


def show(graph: Graph, *, columns: int = 12, focus: Iterable[int] = (), highlight: Highlight | None = None) -> View:
    """The view with at most ``columns`` time steps: the first, the last, ``focus`` and the ends of the highlight.

    Raises:
        OptionError: if ``focus`` has a step that the graph has not, or ``columns`` is less than 1.
    """
    places = place(graph)
    wanted = _wanted(graph, places, focus, highlight)
    return _Builder(graph, places, _columns(places.steps, columns, wanted), highlight).build()


def _wanted(graph: Graph, places: Places, focus: Iterable[int], highlight: Highlight | None) -> set[int]:
    """The columns that must be shown."""
    wanted = set()
    for t in focus:
        if t not in places.steps:
            known = f"{places.steps[0]} to {places.steps[-1]}" if places.steps else "none, for no node has a time step"
            raise OptionError(f"draw: got focus on step {t}; the steps are {known}")
        wanted.add(places.steps.index(t))
    if highlight is not None:
        ends = {*highlight.sources, highlight.target}
        begins = [child for child, i in highlight.edges if graph.vertices[child].parents[i] in highlight.sources]
        columns = {places.column[child] for child in begins}
        if len(columns) == 1 and all(places.column[source] < 0 for source in highlight.sources):
            ends |= set(begins)  # one use of what stands outside of time
        wanted |= {places.column[end] for end in ends} - {-1}
    return wanted


def _columns(steps: list[int], limit: int, wanted: set[int]) -> list[Step | Gap]:
    """Steps and gaps in order; a gap hides two steps at least."""
    if limit < 1:
        raise OptionError(f"draw: got columns={limit}; need at least 1")
    n = len(steps)
    shown = set(range(n)) if n <= limit else set(wanted)
    left, right = 0, n - 1
    while len(shown) < min(limit, n):
        shown.add(right)
        if len(shown) < limit:
            shown.add(left)
        left, right = left + 1, right - 1
    columns: list[Step | Gap] = []
    k = 0
    while k < n:
        stop = k
        while stop < n and stop not in shown:
            stop += 1
        if stop - k > 1:
            columns.append(Gap(steps[k], steps[stop - 1], stop - k))
            k = stop
        else:
            columns.append(Step(steps[k]))
            k += 1
    return columns


class _Builder:
    """Collects boxes, then lines, in one pass over the vertices each."""

    def __init__(self, graph: Graph, places: Places, columns: list[Step | Gap], highlight: Highlight | None):
        self.graph = graph
        self.places = places
        self.highlight = highlight
        # The vertices of the strongest path: the upper end of each of its edges, and where it begins.
        steps = highlight.strongest if highlight else ()
        self.strong_edges = set(steps)
        self.strong: set[int | None] = {graph.vertices[child].parents[i] for child, i in steps}
        self.strong.update(child for child, _ in steps)
        bands = list(zip(places.bands, places.reverse, strict=True))
        self.view = View(graph, highlight, len(places.steps), columns, bands)
        self.column: list[int] = []  # where each time step is drawn
        for k, column in enumerate(columns):
            self.column += [k] * (1 if isinstance(column, Step) else column.count)
        self.box: dict[int, int] = {}  # vertex to box; hidden ones share the box that stands for them
        self.gap: dict[tuple[int, int], int] = {}
        self.state: dict[int, State] = {}  # which state a vertex before the first step stands for

    def build(self) -> View:
        self._boxes_in_time()
        self._boxes_in_strips()
        self._lines()
        return self.view

    def _add(self, box: Box) -> int:
        self.view.boxes.append(box)
        return len(self.view.boxes) - 1

    def _hot(self, v: int) -> bool:
        """Whether a vertex is highlighted; what carries no gradient at all is not."""
        return self.highlight is not None and v in self.highlight.vertices and self.graph.vertices[v].norm != 0

    def _box(self, v: Vertex, where: Where, **place: int) -> None:
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
        for v in self.graph.vertices:
            k, band = v.id, places.band[v.id]
            if places.where[k] == "step":
                column = self.column[places.column[k]]
                if isinstance(self.view.columns[column], Step):
                    self._box(v, "step", column=column, band=band, role=places.role[k])
                else:
                    hidden[column, band].append(k)
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

    def _boxes_in_strips(self) -> None:
        places = self.places
        groups: defaultdict[tuple[Where, int], list[int]] = defaultdict(list)
        ranks: dict[int, int] = {}
        for v in self.graph.vertices:
            if places.where[v.id] == "shelf":
                ranks[v.id] = max((ranks[p] + 1 for p in v.parents if p in ranks), default=0)
                self._box(v, "shelf", rank=ranks[v.id])
            elif places.where[v.id] in ("before", "after"):
                groups[places.where[v.id], places.strip[v.id]].append(v.id)
        for (where, strip), ids in sorted(groups.items()):
            ranks = _ranks(self.graph, ids, from_the_right=where == "before")
            for rank, (kept, hidden) in enumerate(_thin(ids, ranks)):
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

    def _lines(self) -> None:
        merged: dict[tuple[int, int, int, State | None], Line] = {}
        stubs: dict[tuple[int, int, int], Stub] = {}
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
                        stubs[target, i, source] = Stub(target, i, self._stub_label(p), source, norm, hot, strong)
                    continue
                # Several lines into one hidden box are drawn as one, as strong as the strongest.
                key = (source, target, -1 if hidden else i, state)
                if key in merged:
                    old = merged[key]
                    norm = max((x for x in (old.norm, norm) if x is not None), default=None)
                    hot, strong = hot or old.hot, strong or old.strong
                merged[key] = Line(source, target, i, kind, norm, state, hot, strong)
        self.view.lines = list(merged.values())
        self.view.stubs = list(stubs.values())
        self._through()

    def _kind(self, v: Vertex, i: int, p: int) -> tuple[LineKind | Literal["stub"] | None, State | None]:
        """How the edge from p to input i of v is drawn; None if both ends are hidden."""
        places = self.places
        where, column, band, boxes = places.where, places.column, places.band, self.view.boxes
        if self.box[p] == self.box[v.id]:
            return None, None
        if where[p] == "shelf":
            return ("shelf" if where[v.id] == "shelf" else "stub"), None
        to_gap, from_gap = boxes[self.box[v.id]].where == "gap", boxes[self.box[p]].where == "gap"
        if where[v.id] == "step" and where[p] == "step":
            if column[v.id] == column[p]:
                return (None if to_gap else "step" if band[v.id] == band[p] else "cross"), None
            onward = -1 if places.reverse[band[p]] else 1
            if column[v.id] - column[p] == onward and not (to_gap and from_gap):
                return "rail", (band[p], places.role[p])
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

    def _stub_label(self, p: int) -> str:
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
        return label if v.t is None else f"{label} t={v.t}"

    def _through(self) -> None:
        """The states that run on behind each gap, and by what factor their gradient changes."""
        lines, boxes, vertices = self.view.lines, self.view.boxes, self.graph.vertices
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
        del vertices
        for (column, state), (hot, strong) in marks.items():
            before, after = last_before.get((column - 1, state)), last_before.get((column + 1, state))
            factor = before / after if before is not None and after else None
            self.view.through.append(Through(column, state, factor, hot, strong))


def _ranks(graph: Graph, ids: list[int], from_the_right: bool) -> dict[int, int]:
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


def _thin(ids: list[int], ranks: dict[int, int]) -> list[tuple[list[int], list[int]]]:
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
