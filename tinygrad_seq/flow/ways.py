"""By which way a gradient came: straight along a state, or through a gate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ..autograd import Node, Tensor, ancestors
from ..autograd.collector import paused
from ..ops.index import _add_at
from .find import Place, find
from .norms import norm
from .seeds import seeds
from .table import Table, filled
from .uses import pulled

__all__ = ["GATES", "STATES", "Ways", "leading_to", "share", "ways"]

GATES = ("i", "f", "g", "o", "r", "z", "n")
STATES = ("c", "h")

Way = tuple[bool, str]
"""Whether it is a gate, and what it is called."""


@dataclass(frozen=True, slots=True, repr=False)
class Ways(Table):
    """The gradient of some nodes, split by the way it took: one row for each node and way.

    Attributes:
        name, t, path: of the node.
        way: the gate through which it came, or the state along which it came straight; "" if it passed neither.
        norm: of the part.
        share: the part's projection on the whole gradient of the node, as a fraction of it; negative where
            it points the other way. The shares of a node sum to 1, which its norms do not.
        arrays: the parts themselves, in the shape of the node. Those of a node sum to its gradient.
    """

    columns: ClassVar[tuple[str, ...]] = ("name", "t", "path", "way", "norm", "share")

    name: np.ndarray[Any, Any]
    t: np.ndarray[Any, Any]
    path: np.ndarray[Any, Any]
    way: np.ndarray[Any, Any]
    norm: np.ndarray[Any, Any]
    share: np.ndarray[Any, Any]
    arrays: tuple[np.ndarray[Any, Any], ...] = field(default=())


def ways(
    output: Tensor | Sequence[Tensor],
    source: Place | Iterable[Place],
    gradient: Any = None,
    *,
    gates: Iterable[str] = GATES,
    states: Iterable[str] = STATES,
    by_layer: bool = False,
) -> Ways:
    r"""Split the gradient with respect to a state or an input by the way that it took.

    The gradient is a sum over all paths from the source to the output of the product of the Jacobians along the path.
    Each path belongs to exactly one way:

    - the **first gate** that the path enters, read from the source on: of an LSTM's :math:`c_s`, what comes back over
      :math:`h_s` into the input gate of step s + 1, whatever happens after that, is way "i";
    - if it enters none, the source's own role if that is a state, otherwise the first **state** on the path. For an
      LSTM "c" is the way straight through the cell state,
      :math:`\prod_{k=s+1}^{t} \mathrm{diag}(f_k)`, then out through :math:`o_t \tanh(c_t)`; for a GRU "h" is
      the way :math:`\prod \mathrm{diag}(z_k)` past the candidates; an RNN without gates has "h" alone;
    - "" if it passes nothing that has a name.

    So a way splits the whole exactly, and what is not straight is told by the gate where the straight way was left.

    Args:
        output: a Tensor, or several: loss_t.
        source: a Tensor, a node, or a place such as "l0/c@3" or "h", which means all steps; see `find`. What a layer
            makes of all inputs at once is not cut into steps: ask for x and take the row s of each array.
        gradient: the cotangent of the output, by default ones.
        gates: which names are gates.
        states: which names are states. All other names are passed over.
        by_layer: tell the gates of different layers apart: "l1/f".

    Returns:
        A `Ways` table. One sweep serves all sources, at the cost of as many plain sweeps as there are ways.

    Raises:
        GraphError: if the output does not depend on a source.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.seed(0)
    >>> _, (h, c) = tg.nn.LSTM(2, 3)(np.ones((4, 1, 2), "float32"))
    >>> tg.flow.ways(np.sum(h), "c@1").way.tolist()
    ['c', 'f', 'g', 'i', 'o']
    """
    start = seeds(output, gradient, "ways")
    sources = find(output, source)
    kinds = dict.fromkeys(gates, True) | dict.fromkeys(states, False)
    found = _split(start, set(sources), kinds, by_layer)
    rows = []
    for node in sources:
        parts = found.get(node, {})
        total = sum(parts.values(), np.zeros(node.shape, node.dtype))
        for (_, way), part in sorted(parts.items()):
            rows.append((node.name or "", node.label.t, node.label.path, way, norm(part), share(part, total), part))
    return Ways(**filled(Ways, rows), arrays=tuple([row[-1] for row in rows]))


def share(part: Any, total: Any) -> float:
    """The projection of a part on the whole, as a fraction of the whole."""
    size = norm(total)
    if size == 0:
        return 0.0
    return float(np.vdot(np.divide(part, size, dtype=np.float64), np.divide(total, size, dtype=np.float64)))


def leading_to(sources: set[Node], outputs: Iterable[Node]) -> list[Node]:
    """The nodes on any path from a source to an output, in creation order."""
    oldest = min(node.index for node in sources)
    order = ancestors(outputs, oldest - 1)
    active = set(sources)
    for node in order:
        if not active.isdisjoint(node.parents):
            active.add(node)
    return [node for node in order if node in active]


def _split(
    start: list[tuple[Node, Any]], sources: set[Node], kinds: dict[str, bool], by_layer: bool
) -> dict[Node, dict[Way, Any]]:
    """A sweep in which each cotangent is a sum of parts, one for each way that a path from its node on is."""
    order = leading_to(sources, [node for node, _ in start])
    active = set(order)
    parts: dict[Node, _Parts] = {}
    for node, g in start:
        if node in active:
            parts.setdefault(node, _Parts(node)).add((False, ""), g)
    found: dict[Node, dict[Way, Any]] = {}
    with np.errstate(divide="ignore", invalid="ignore"), paused:
        for node in reversed(order):
            arrived = parts.pop(node, None)
            if arrived is None:
                continue
            kind = kinds.get(node.name or "")
            called = f"{node.label.path}/{node.name}" if by_layer and node.label.path else node.name or ""
            renamed = _Parts(node)
            for way, g in arrived.by_way.items():
                gated = kind is None or (way[0] and not kind)
                renamed.add(way if gated else (kind or False, called), g)
            if node in sources:
                # Its own name tells what is straight, but a gate is not on the way that begins there.
                found[node] = dict((renamed if kind is False else arrived).by_way)
            for i, parent in enumerate(node.parents):
                if parent in active:
                    into = parts.setdefault(parent, _Parts(parent))
                    for way, g in renamed.by_way.items():
                        into.flow(way, node, i, g)
    return found


class _Parts:
    """The parts of one node's cotangent; sums are made in place, in arrays that nobody else holds."""

    def __init__(self, node: Node):
        self.node = node
        self.by_way: dict[Way, Any] = {}
        self._own: set[Way] = set()

    def add(self, way: Way, g: Any) -> None:
        if way in self.by_way:
            self._mine(way)[...] += g
        else:
            self.by_way[way] = g if g.dtype == self.node.dtype else g.astype(self.node.dtype)

    def flow(self, way: Way, user: Node, i: int, g: Any) -> None:
        """Add what flows back here from a user of the value, as its input ``i``."""
        if user.op.name == "getitem":
            _add_at(self._mine(way), user.attrs[0], g)
        else:
            self.add(way, pulled(user, i, g))

    def _mine(self, way: Way) -> Any:
        if way not in self._own:
            self._own.add(way)
            old = self.by_way.get(way)
            self.by_way[way] = np.zeros(self.node.shape, self.node.dtype) if old is None else np.array(old)
        return self.by_way[way]
