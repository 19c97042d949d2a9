"""How far gates stand open or shut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..autograd import Node, Tensor, ancestors
from ..errors import GraphError, OptionError
from .find import roots
from .table import Table, filled
from .uses import kept, live_rows

__all__ = ["Saturation", "saturation", "values"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Saturation(Table):
    """How many activations of each gate are nearly shut or open, one row for each gate and step.

    Attributes:
        gate, path, t: which gate, where and when.
        low: the share of its activations below the lower bound.
        high: the share above the upper bound.
        mean: of all activations.
        count: how many there are; rows of a batch that have ended are left out.
    """

    columns: ClassVar[tuple[str, ...]] = ("gate", "path", "t", "low", "high", "mean", "count")

    gate: Array
    path: Array
    t: Array
    low: Array
    high: Array
    mean: Array
    count: Array


def saturation(
    output: Tensor | Sequence[Tensor],
    gates: Iterable[str] = ("i", "f", "o", "r", "z"),
    low: float = 0.1,
    high: float = 0.9,
) -> Saturation:
    """The share of gate activations that are nearly shut or open (after Karpathy, Johnson and Fei-Fei 2016, fig. 5).

    A gate that is saturated passes on little of its own gradient: the slope of the sigmoid is below 0.09 there.

    Args:
        output: a Tensor, or several, below which the gates are recorded.
        gates: their names. For a tanh, "g" or "n", choose bounds of its range, such as -0.9 and 0.9.
        low: the lower bound.
        high: the upper bound.

    Raises:
        GraphError: if there is no such gate.
        OptionError: if the bounds are in the wrong order.

    >>> import numpy as np, tinygrad_seq as tg
    >>> _, (h, c) = tg.nn.LSTM(2, 3)(np.ones((5, 4, 2), "float32"))
    >>> tg.flow.saturation(h, "f").high.tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0]
    """
    if not low < high:
        raise OptionError(f"saturation: got low={low} and high={high}; need low < high")
    wanted = tuple(gates)
    nodes = ancestors(roots(output))
    named = [node for node in nodes if node.name in wanted and node.label.direction == "forward"]
    if not named:
        raise GraphError(f"saturation: there is no gate {', '.join(wanted)}; name them: tg.name(f=f)")
    known = values(nodes)
    live = {(node.label.path, node.label.t): rows for node in nodes if (rows := live_rows(node)) is not None}
    rows = []
    for node in sorted(named, key=lambda n: (n.label.path, wanted.index(n.name or ""), n.label.t or 0)):
        if node in known:
            value = known[node]
            rows_left = live.get((node.label.path, node.label.t))
            if rows_left is not None and rows_left.shape == value.shape[:1]:
                value = value[rows_left]
            count = max(value.size, 1)
            shares = [float((value < low).sum() / count), float((value > high).sum() / count)]
            rows.append((node.name, node.label.path, node.label.t, *shares, float(value.sum() / count), value.size))
    return Saturation(**filled(Saturation, rows))


def values(nodes: Iterable[Node]) -> dict[Node, Array]:
    """The value of each node that a derivative rule keeps: its own, that of a user, or of what it reads from."""
    found: dict[Node, Array] = {}
    for node in nodes:
        for name in getattr(node.op, "keeps", ()):
            owner = node if name == "y" else None
            if name in node.op.inputs:
                owner = node.parents[node.op.inputs.index(name)]
            array = kept(node, name)
            if owner is not None and isinstance(array, np.ndarray) and array.shape == owner.shape:
                found.setdefault(owner, array)
    for node in nodes:
        if node not in found and node.op.name == "getitem" and node.parents[0] in found:
            found[node] = np.asarray(found[node.parents[0]][node.attrs[0]])
    return found
