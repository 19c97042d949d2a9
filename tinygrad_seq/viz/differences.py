"""What two graphs differ in: in structure, and in the gradient that reaches each node."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..autograd import Tensor
from ..errors import DTypeError
from .drawing import draw
from .graph import Graph, Vertex
from .picture import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Change", "Diff", "Pair", "diff"]

Subject = Tensor | Sequence[Tensor] | Picture | Graph
SHOWN = 12
"""How many lines of each kind are printed at most."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A node of both graphs.

    Attributes:
        a, b: the vertex in each.
        ratio: the norm of the gradient in b over that in a; None where one has no gradient, or both are zero.
    """

    a: Vertex
    b: Vertex

    @property
    def ratio(self) -> float | None:
        """1 where nothing changed, inf where the gradient in a is zero."""
        x, y = self.a.norm, self.b.norm
        if x is None or y is None or (x == 0 and y == 0):
            return None
        return y / x if x else math.inf


@dataclass(frozen=True, slots=True)
class Change:
    """A node of both graphs that is not the same in them: what differs, and its value in each."""

    pair: Pair
    field: str
    a: Any
    b: Any


@dataclass(frozen=True, eq=False, repr=False)
class Diff:
    """What `diff` returns; ``print`` shows it.

    Attributes:
        a, b: the graphs.
        pairs: nodes that both have, in the order of b.
        removed: nodes that only a has.
        added: nodes that only b has.
        changed: what differs in nodes that both have: the operation, its attributes, the shape, the dtype, the inputs.
        renamed: modules of a and what they are called in b, where a name is only in one of the two and what comes
            after its first part is the same: "RNN/l0" and "LSTM/l0".
    """

    a: Graph
    b: Graph
    pairs: tuple[Pair, ...]
    removed: tuple[Vertex, ...]
    added: tuple[Vertex, ...]
    changed: tuple[Change, ...]
    renamed: dict[str, str]

    @property
    def same(self) -> bool:
        """Whether the structure is the same; gradients may differ."""
        return not (self.removed or self.added or self.changed)

    @cached_property
    def rows(self) -> tuple[tuple[str, str, int | None, float | None, float | None, float | None], ...]:
        """Module path, role or operation, time step, norm in a, norm in b and ratio of each node that both have."""
        return tuple((p.b.path, p.b.name or p.b.op, p.b.t, p.a.norm, p.b.norm, p.ratio) for p in self.pairs)

    def by_role(self) -> dict[str, float]:
        """The geometric mean of the ratios of each named role, over all time steps."""
        return _means((f"{v.path} {v.name}".strip(), p.ratio) for p in self.pairs if (v := p.b).name)

    def by_step(self) -> dict[int, float]:
        """The geometric mean of the ratios of the named roles at each time step."""
        return _means((p.b.t, p.ratio) for p in self.pairs if p.b.name and p.b.t is not None)

    def plot(self, *, ax: Axes | None = None, dark: bool = False, title: str = "") -> Figure:
        """The ratio of the gradients, by role and time step; see `plots.ratio`."""
        from .plots.ratio import ratio  # noqa: PLC0415 - Matplotlib is an extra

        return ratio(self, ax=ax, dark=dark, title=title)

    def __repr__(self) -> str:
        return "\n".join(_told(self))


def diff(a: Subject, b: Subject) -> Diff:
    """Compare two graphs, or two runs of one program: what differs in structure, and by how much in gradient.

    Nodes are matched by module path, time step, direction and role; those without a role by their operations,
    in order, within the same module and step.

    Args:
        a: outputs, whose gradient is taken, or a picture or its graph.
        b: likewise.

    Raises:
        DTypeError: for anything else.
        GraphError: if an output has no history.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.seed(0)
    >>> x = np.ones((3, 1, 2), "float32")
    >>> lstm = tg.nn.LSTM(2, 3)
    >>> before = tg.viz.draw(np.sum(lstm(x)[0][-1]))
    >>> lstm.bias_hh_l0.data = np.repeat([0, 5, 0, 0], 3).astype("float32")  # remember
    >>> found = tg.viz.diff(before, np.sum(lstm(x)[0][-1]))
    >>> found.same, found.by_step()[0] > found.by_step()[2]
    (True, True)
    """
    first, second = _graph(a), _graph(b)
    renamed = _renamed(first, second)
    matched, removed, added = _match(first, second, renamed)
    pairs = tuple(Pair(first.vertices[i], second.vertices[j]) for i, j in matched)
    partner = dict(matched)
    changes = tuple(change for pair in pairs for change in _changes(pair, partner))
    return Diff(
        first,
        second,
        pairs,
        tuple(first.vertices[i] for i in removed),
        tuple(second.vertices[j] for j in added),
        changes,
        renamed,
    )


def _graph(subject: Any) -> Graph:
    if isinstance(subject, Graph):
        return subject
    if isinstance(subject, Picture):
        return subject.graph
    if isinstance(subject, (Tensor, list, tuple)):
        return draw(subject).graph
    raise DTypeError(f"diff: got {type(subject).__name__}; need a Tensor, several, a Picture or its graph")


def _renamed(a: Graph, b: Graph) -> dict[str, str]:
    """Modules of a and b whose paths differ in the first part alone, where only one of each is left to match."""
    paths = [dict.fromkeys(v.path for v in graph.vertices) for graph in (a, b)]
    tails: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
    for side, (own, others) in enumerate((paths, paths[::-1])):
        for path in own:
            if path and path not in others:
                tails[side].setdefault(path.partition("/")[2], []).append(path)
    return {
        left[0]: tails[1][tail][0]
        for tail, left in tails[0].items()
        if len(left) == 1 and len(tails[1].get(tail, ())) == 1
    }


def _match(a: Graph, b: Graph, renamed: dict[str, str]) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """The vertices that belong together, in the order of b, and those that are left of a and of b."""
    regions: defaultdict[tuple[str, int | None, str], tuple[list[Vertex], list[Vertex]]]
    regions = defaultdict(lambda: ([], []))
    for side, graph in enumerate((a, b)):
        for v in graph.vertices:
            path = v.path if side else renamed.get(v.path, v.path)
            regions[path, v.t, v.direction][side].append(v)
    matched: list[tuple[int, int]] = []
    for left, right in regions.values():
        matched += _pairs(left, right)
    matched.sort(key=lambda pair: pair[1])
    of_a, of_b = {i for i, _ in matched}, {j for _, j in matched}
    removed = [v.id for v in a.vertices if v.id not in of_a]
    return matched, removed, [v.id for v in b.vertices if v.id not in of_b]


def _pairs(left: list[Vertex], right: list[Vertex]) -> Iterator[tuple[int, int]]:
    """Within one module, step and direction: first by name, then by operation, in order."""
    named: tuple[dict[tuple[str, int], int], dict[tuple[str, int], int]] = ({}, {})
    plain: tuple[list[Vertex], list[Vertex]] = ([], [])
    for side, vertices in enumerate((left, right)):
        count: Counter[str] = Counter()
        for v in vertices:
            if v.name:
                named[side][v.name, count[v.name]] = v.id
                count[v.name] += 1
            else:
                plain[side].append(v)
    yield from ((named[0][key], j) for key, j in named[1].items() if key in named[0])
    words = [[(v.op, v.key if v.by_step else "") for v in vertices] for vertices in plain]
    head = 0  # most often all are alike, which needs no search
    while head < min(map(len, words)) and words[0][head] == words[1][head]:
        yield plain[0][head].id, plain[1][head].id
        head += 1
    for i, j, size in SequenceMatcher(None, words[0][head:], words[1][head:]).get_matching_blocks():
        for k in range(head, head + size):
            yield plain[0][i + k].id, plain[1][j + k].id


def _changes(pair: Pair, partner: dict[int, int]) -> Iterator[Change]:
    a, b = pair.a, pair.b
    for field in ("op", "attrs", "key", "shape", "dtype"):
        if getattr(a, field) != getattr(b, field):
            yield Change(pair, field, getattr(a, field), getattr(b, field))
    inputs = tuple(None if p is None else partner.get(p, -1) for p in a.parents)
    if inputs != b.parents:
        yield Change(pair, "inputs", a.parents, b.parents)


def _means(ratios: Iterable[tuple[Any, float | None]]) -> dict[Any, float]:
    """The geometric mean for each key of those that are finite and positive."""
    logs: dict[Any, list[float]] = {}
    for key, ratio in ratios:
        found = logs.setdefault(key, [])
        if ratio is not None and 0 < ratio < math.inf:
            found.append(math.log(ratio))
    return {key: math.exp(math.fsum(found) / len(found)) for key, found in logs.items() if found}


def _told(found: Diff) -> Iterator[str]:
    count = (len(found.a.vertices), len(found.b.vertices))
    if found.same:
        yield f"<diff: the same structure, {count[1]} nodes>"
    else:
        numbers = f"{len(found.removed)} nodes removed, {len(found.added)} added, {len(found.changed)} changes"
        yield f"<diff of {count[0]} and {count[1]} nodes: {numbers}>"
    yield from _cut([f"~ {old} is {new}" for old, new in found.renamed.items()])
    yield from _grouped("-", [(v.path, v.name or v.op, v.t) for v in found.removed])
    yield from _grouped("+", [(v.path, v.name or v.op, v.t) for v in found.added])
    changes = [(c.pair.b.path, f"{c.pair.b.name or c.pair.b.op}: {_change(c)}", c.pair.b.t) for c in found.changed]
    yield from _grouped("~", changes)
    roles, steps = found.by_role(), found.by_step()
    if roles:
        yield "gradient, b / a, by role (geometric mean over time):"
        yield from _cut([f"  {role}  ×{ratio:.3g}" for role, ratio in roles.items()])
    if steps:
        yield "by time step (geometric mean over roles):"
        yield from _cut([f"  t={t}  ×{ratio:.3g}" for t, ratio in sorted(steps.items())])


def _change(change: Change) -> str:
    if change.field == "inputs":
        return "other inputs"
    return f"{change.field} {change.a or 'none'} -> {change.b or 'none'}"


def _grouped(sign: str, items: list[tuple[str, str, int | None]]) -> Iterator[str]:
    """What is alike in several time steps is one line."""
    groups: dict[tuple[str, str], list[int | None]] = {}
    for path, what, t in items:
        groups.setdefault((path, what), []).append(t)
    lines = []
    for (path, what), steps in groups.items():
        times = sorted(t for t in steps if t is not None)
        where = "" if not times else f" at t={times[0]}" + (f"…{times[-1]}" if times[-1] > times[0] else "")
        many = f" ({len(steps)} nodes)" if len(steps) > 1 else ""
        lines.append(f"{sign} {path + ' ' if path else ''}{what}{where}{many}")
    yield from _cut(lines)


def _cut(lines: list[str]) -> list[str]:
    if len(lines) <= SHOWN + 1:
        return lines
    half = SHOWN // 2
    return [*lines[:half], f"  … {len(lines) - 2 * half} more", *lines[-half:]]
