"""What a picture shows: which steps, which boxes, and which lines between them. No coordinates yet."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple

from .graph import Graph
from .paths import Highlight
from .places import State, Where

__all__ = [
    "Attend",
    "Box",
    "Column",
    "Every",
    "Gap",
    "Heat",
    "Line",
    "LineKind",
    "Masked",
    "Spread",
    "Step",
    "Stub",
    "Through",
    "View",
    "column_name",
    "spread_of",
]

LineKind = Literal["step", "cross", "rail", "loop", "init", "bus", "lead", "collect", "strip", "shelf"]
Spread = tuple[float, float, float]
"""The least, the middle and the largest norm of all time steps."""


def spread_of(norms: Iterable[float | None]) -> Spread | None:
    """The spread of those that there are; what is not a number counts as the largest."""
    known = sorted((x for x in norms if x is not None), key=lambda x: (math.isnan(x), x))
    return (known[0], known[len(known) // 2], known[-1]) if known else None


@dataclass(frozen=True, slots=True)
class Step:
    """A column: one time step, of one of the time axes."""

    t: int
    axis: int = 0
    count: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Gap:
    """A column that stands for the steps ``first`` to ``last``, of which there are ``count``."""

    first: int
    last: int
    count: int
    axis: int = 0


@dataclass(frozen=True, slots=True)
class Every:
    """The only column of a time axis in a rolled picture: what each of the steps ``first`` to ``last`` does."""

    first: int
    last: int
    count: int
    axis: int = 0


Column = Step | Gap | Every


def column_name(column: Column) -> str:
    """``t = 3``, ``t = 4 … 93``, ``each t = 0 … 99``."""
    if isinstance(column, Step):
        return f"t = {column.t}"
    return f"{'each ' if isinstance(column, Every) else ''}t = {column.first} … {column.last}"


class Box(NamedTuple):
    """A rectangle of the picture.

    Attributes:
        name, sign, note: what is written on it: the role, the operation, the shape.
        vertex: the id of the vertex, or None for a box that stands for ``hidden`` others.
        where: as `places.Where`, or "gap" for the steps that a gap hides.
        column, band, role: of a box in a time step. For a first state, the band and role of the state.
        strip, rank: of a box before or after: which strip, and how far to the right in it; of a first state how many
            operations it is away from the first step.
        hot, strong: gradient comes through it on a highlighted path, and on the strongest of these.
        spread: in a rolled picture the least, the middle and the largest norm; ``norm`` is the middle one.
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
    spread: Spread | None = None


class Line(NamedTuple):
    """An edge between two boxes.

    Attributes:
        source, target: positions in `View.boxes`, in the direction of the computation.
        input: which input of the target; -1 for several.
        kind: between boxes of one module and step ("step"), of two modules in one step ("cross"), of one step and the
            next ("rail"), in a rolled picture back to the same step ("loop"), from a first state ("init"), to the step
            that reads it ("bus"), from before to the first step ("lead"), from a step to what comes after ("collect"),
            within a strip or on the shelf.
        norm: of the gradient that flows along it, against its direction; None if none does.
        state: for rails and first states, what is handed on.
        hot, strong: gradient flows along it on a highlighted path, and on the strongest of these.
        spread: as of a box.
    """

    source: int
    target: int
    input: int
    kind: LineKind
    norm: float | None
    state: State | None = None
    hot: bool = False
    strong: bool = False
    spread: Spread | None = None


class Stub(NamedTuple):
    """A use of something that stands elsewhere: a label on a short line, in place of a long one.

    ``share`` is its norm as a part of the sum of the norms of all uses, drawn or not. The exact share in the gradient,
    with its sign, is in `tg.flow.ledger`.
    """

    target: int
    input: int
    label: str
    source: int | None
    norm: float | None
    hot: bool = False
    strong: bool = False
    spread: Spread | None = None
    share: float | None = None


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


@dataclass(frozen=True, slots=True)
class Masked:
    """A step of a module that not all rows take: how many of how many do."""

    column: int
    band: int
    live: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Attend:
    """From a step of an encoder to a step that attends to it, with the mean weight that it has there."""

    source: int
    target: int
    weight: float


@dataclass(frozen=True, slots=True)
class Heat:
    """The gradient of one state at every time step, drawn or not; None where there is none."""

    state: State
    name: str
    norms: tuple[float | None, ...]


@dataclass(slots=True)
class View:
    """What is shown of a graph.

    Attributes:
        steps: how many time steps the graph has; those in columns and those in gaps add up to it.
        columns: from left to right.
        bands: names of the modules that take part in time, from below to above, and whether time runs backwards.
        axis: the time axis of each band.
        boxes, lines, stubs, through: what is drawn.
        attention: from the steps of an encoder that are drawn to those of its decoder.
        masked: the steps that not all rows take.
        heat: where steps are hidden, the gradients of the states at all steps.
    """

    graph: Graph
    highlight: Highlight | None
    steps: int
    columns: list[Column]
    bands: list[tuple[str, bool]]
    axis: list[int]
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    stubs: list[Stub] = field(default_factory=list)
    through: list[Through] = field(default_factory=list)
    attention: list[Attend] = field(default_factory=list)
    masked: list[Masked] = field(default_factory=list)
    heat: list[Heat] = field(default_factory=list)

    @property
    def rolled(self) -> bool:
        """Whether all steps of a time axis are one column."""
        return any(isinstance(column, Every) for column in self.columns)

    def mirrored(self, state: State) -> bool:
        """Whether time runs backwards in the band of a state."""
        return self.bands[state[0]][1]

    def carried(self, line: Line) -> State:
        """What a line hands on: the state that it names, or what stands where it begins."""
        source = self.boxes[line.source]
        return line.state or (source.band, source.role)

    def lines_into(self) -> defaultdict[int, list[int]]:
        """The numbers of the lines within strips and on the shelf, by the box to which they go."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for n, line in enumerate(self.lines):
            if line.kind in ("strip", "shelf"):
                found[line.target].append(n)
        return found

    def stubs_of(self) -> defaultdict[int, list[int]]:
        """The numbers of the stubs at each box."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for n, stub in enumerate(self.stubs):
            found[stub.target].append(n)
        return found

    def __repr__(self) -> str:
        shown = sum(isinstance(column, Step) for column in self.columns)
        return f"<view of {shown} of {self.steps} steps, {len(self.boxes)} boxes, {len(self.lines)} lines>"
