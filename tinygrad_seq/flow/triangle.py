"""How much the loss of each step depends on the state of each step: one backward sweep for each loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ..autograd import Tensor
from ..autograd.sweep import sweep
from ..errors import GraphError, OptionError
from .find import find
from .norms import norm
from .seeds import seeds
from .table import Table, column

__all__ = ["Triangle", "triangle"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Triangle(Table):
    r"""How much each loss depends on each state, one row for each pair.

    Attributes:
        loss: the time step t of the loss.
        t: the time step s of the state.
        norm: :math:`\lVert \partial \mathrm{loss}_t / \partial h_s \rVert`; 0 where no gradient comes.
        reached: whether a gradient comes at all, be it one of zeros.
        state: which state it is: "LSTM/l0/h".
    """

    columns: ClassVar[tuple[str, ...]] = ("loss", "t", "norm", "reached")

    loss: Array
    t: Array
    norm: Array
    reached: Array
    state: str = field(kw_only=True)

    def by_distance(self) -> Array:
        """The geometric mean of the norms at each distance t - s = 0, 1, ..., NaN where there are none."""
        distance, use = self.loss - self.t, np.isfinite(self.norm) & (self.norm > 0) & (self.loss >= self.t)
        counts = np.bincount(distance[use])
        with np.errstate(invalid="ignore"):
            found: Array = np.exp(np.bincount(distance[use], np.log(self.norm[use])) / counts)
        return found


def triangle(losses: Tensor | Sequence[Tensor], state: str = "h", *, at: Sequence[int] | None = None) -> Triangle:
    r"""Sweep backward from each loss by itself, as far as the first state, and note what reaches the states.

    A sweep leaves out the weights and what comes before the first state. A loss that is read from a stack of all
    steps sends zeros to the later ones.

    Args:
        losses: a Tensor for each time step, summed if it has several elements, or one whose first axis is time.
        state: the role of the state, or a place such as "l0/c"; see `find`.
        at: the time steps of the losses; by default 0, 1, ... Of a long sequence take some of the losses.

    Raises:
        GraphError: if a loss has no history, nothing has the name, or several modules have.
        OptionError: if ``at`` has another length.

    >>> import numpy as np, tinygrad_seq as tg
    >>> output, _ = tg.nn.RNN(2, 3)(np.ones((4, 1, 2), "float32"))
    >>> found = tg.flow.triangle([np.sum(y) for y in output])
    >>> (found.norm.reshape(4, 4) > 0).astype(int)
    array([[1, 0, 0, 0],
           [1, 1, 0, 0],
           [1, 1, 1, 0],
           [1, 1, 1, 1]])
    """
    parts = list(losses)
    times = list(range(len(parts))) if at is None else list(at)
    if not parts or len(times) != len(parts):
        raise OptionError(f"triangle: got {len(parts)} losses, and time steps for {len(times)}; need one each")
    nodes = {node: node.label.t for node in find(parts, state) if node.label.t is not None}
    paths = dict.fromkeys(node.label.path for node in nodes)
    if len(paths) != 1:
        where = ", ".join(map(repr, paths)) or "none"
        raise GraphError(
            f'triangle: got {state!r}, which {len(paths)} modules have in time steps: {where}; need one: "l0/h"'
        )
    oldest = min(node.index for node in nodes)
    rows = []
    for time, loss in zip(times, parts, strict=True):
        found = sweep(seeds(loss, None, "triangle"), set(nodes), since=oldest)
        rows += [(time, t, norm(found[n]) if n in found else 0.0, n in found) for n, t in nodes.items()]
    called = f"{next(iter(paths))}/{state.rpartition('/')[2]}".lstrip("/")
    return Triangle(*map(column, zip(*rows, strict=True)), state=called)
