"""Who contributed to the gradient of a weight: each use of it by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ..autograd import Node, Tensor, ancestors
from ..autograd.sweep import sweep
from ..errors import GraphError
from .blocks import blocks
from .find import Place, find_among
from .norms import norm, norm_of_product
from .seeds import seeds
from .steps import Axis, at_position, step_axes
from .table import Table, filled
from .uses import factors, pulled, rows_read

__all__ = ["Ledger", "ledger"]

Array = np.ndarray[Any, Any]
_VIEWS = {"transpose", "swapaxes", "reshape", "expand_dims", "squeeze", "astype", "copy", "broadcast_to", "flip"}


@dataclass(frozen=True, slots=True, repr=False)
class Ledger(Table):
    """The contributions to the gradient of a weight, one row for each use, time step and gate.

    Attributes:
        t, path, direction: the label of the use; t is None where a use belongs to no step.
        gate: the name that this part of the product flows to: "i", "f", "g", "o", "h", ...; "" if none.
        op: the operation that used the weight.
        norm: of the contribution.
        share: its projection on the whole gradient, as a fraction of it; negative where it points the other
            way. The shares sum to 1, which the norms do not.
        total: the gradient.
        where: for each row, the index into the weight where its contribution stands; it is 0 elsewhere.
        arrays: with ``arrays=True`` the contributions at ``where``.
    """

    columns: ClassVar[tuple[str, ...]] = ("t", "path", "direction", "gate", "op", "norm", "share")

    t: Array
    path: Array
    direction: Array
    gate: Array
    op: Array
    norm: Array
    share: Array
    total: Array
    where: tuple[Any, ...] = field(default=())
    arrays: tuple[Array, ...] = field(default=())

    def contribution(self, row: int) -> Array:
        """The contribution of one row, in the shape of the weight.

        Raises:
            GraphError: if the ledger was made without ``arrays=True``.
        """
        if not self.arrays:
            raise GraphError("contribution: got a ledger of norms alone; make it with ledger(..., arrays=True)")
        whole = np.zeros(self.total.shape, self.total.dtype)
        whole[self.where[row]] = self.arrays[row]
        return whole

    def by(self, *names: str) -> dict[Any, float]:
        """The shares, added up by one column or several: ``by("t")``, ``by("gate")``, ``by("path", "gate")``."""
        found: dict[Any, float] = {}
        for *key, share in zip(*[getattr(self, name).tolist() for name in names], self.share.tolist(), strict=True):
            where = key[0] if len(names) == 1 else tuple(key)
            found[where] = found.get(where, 0.0) + share
        return found


def ledger(output: Tensor | Sequence[Tensor], weight: Place, gradient: Any = None, *, arrays: bool = False) -> Ledger:
    """Split the gradient of a weight by its uses: by time step, module path and gate.

    A weight that is used in one product for all steps, as the input projection of a layer is, is split by the steps of
    that product's operand. The parts of a product that flow to different gates are told apart by following
    them to the values that `tinygrad_seq.name` named. What is made of the weight alone, such as its transpose or
    the sum of two biases, counts as the weight.

    Args:
        output: a Tensor, or several.
        weight: a Tensor, usually a parameter, a node, or a place such as "weight_hh_l0"; see `find`.
        gradient: the cotangent of the output, by default ones.
        arrays: keep the contributions themselves, which takes as much memory as T weights.

    Returns:
        A `Ledger`. The contributions sum to the gradient, to rounding.

    Raises:
        GraphError: if the output does not depend on the weight, or a place means several.

    >>> import numpy as np, tinygrad_seq as tg
    >>> lstm = tg.nn.LSTM(2, 3)
    >>> _, (h, c) = lstm(np.ones((5, 1, 2), "float32"))
    >>> found = tg.flow.ledger(np.sum(h), lstm.weight_ih_l0)
    >>> len(found), sorted(set(found.gate.tolist()))
    (20, ['f', 'g', 'i', 'o'])
    >>> round(sum(found.by("t").values()), 5)
    1.0
    """
    start = seeds(output, gradient, "ledger")
    order = ancestors([node for node, _ in start])
    (leaf,) = _one(find_among(order, weight), weight)
    made = _made_of(leaf, order)
    users: dict[Node, list[tuple[Node, int]]] = {}
    for node in order:
        for i, parent in enumerate(node.parents):
            if parent is not None:
                users.setdefault(parent, []).append((node, i))
    uses = {user: None for node in made for user, _ in users.get(node, ()) if user not in made}
    axes = step_axes(order)
    entries: list[_Entry] = [_Entry(node, None, "", node, ..., g) for node, g in start if node in made]

    def observe(node: Node, i: int | None, g: Any) -> None:
        if i is None and node in uses:
            for k, parent in enumerate(node.parents):
                if parent in made and parent is not None:
                    entries.extend(_entries(node, k, g, axes.get(node), users))

    found = sweep(start, {leaf}, observe=observe)
    total = found.get(leaf, np.zeros(leaf.shape, leaf.dtype))
    entries.sort(key=lambda entry: (entry.user.index, -1 if entry.t is None else entry.t))
    with np.errstate(divide="ignore", invalid="ignore"):
        entries = [entry if entry.to is leaf else _carried(entry, leaf, made) for entry in entries]
    return _written(entries, np.asarray(total), arrays)


def _one(found: list[Node], weight: Any) -> list[Node]:
    if len(found) != 1:
        raise GraphError(f"ledger: {weight!r} means {len(found)} nodes; name the layer, or give the Tensor")
    return found


@dataclass(slots=True)
class _Entry:
    """One contribution: to what, where, and of which factors it is the product, or the array itself."""

    user: Node
    t: int | None
    gate: str
    to: Node
    where: Any
    array: Any
    pair: tuple[Any, Any] | None = None

    def dense(self) -> Any:
        return self.array if self.pair is None else self.pair[0].T @ self.pair[1]


def _made_of(leaf: Node, order: list[Node]) -> dict[Node, None]:
    """The weight, and what is made of it alone."""
    made = {leaf: None}
    for node in order:
        inputs = [parent for parent in node.parents if parent is not None]
        if not inputs or not any(parent in made for parent in inputs):
            continue
        index = node.attrs[0] if node.op.name == "getitem" else None
        view = node.op.name in _VIEWS or (index is not None and _slices(index))
        mixed = node.op.kind == "elementwise" and node.label.t is None
        if view or (mixed and all(_beside(parent, node, made) for parent in inputs)):
            made[node] = None
    return made


def _beside(parent: Node, node: Node, made: dict[Node, None]) -> bool:
    """Whether a parent is, or could be, a weight of the same shape."""
    return parent.shape == node.shape and (parent in made or not parent.parents)


def _slices(index: Any) -> bool:
    return all(isinstance(part, slice) for part in (index if isinstance(index, tuple) else (index,)))


def _entries(user: Node, i: int, g: Any, axis: Axis | None, users: dict[Node, list[tuple[Node, int]]]) -> list[_Entry]:
    """What one use contributes, by step and gate."""
    to = user.parents[i]
    assert to is not None
    cut = blocks(user, users)
    last = {"linear": (None, 0, -1), "matmul": (None, -1)}.get(user.op.name, (-1,) * len(user.parents))[i]
    width = user.shape[-1] if user.shape else 1
    if last is None or user.op.name == "getitem" or not to.shape or to.shape[last] != width:
        last, cut = None, [("+".join(name for name, *_ in cut if name), 0, width)]
    if user.label.t is not None or axis is None or not _row_by_row(user, i, axis[0]):
        return _by_gate(user, i, g, user.label.t, to, last, cut)
    found = []
    for k, t in enumerate(axis[1]):
        only = (*(slice(None),) * axis[0], slice(k, k + 1))
        if t is None and not g[only].any():
            continue  # nothing reads it: a step after the end of every row
        found += _by_gate(at_position(user, axis[0], k), i, g[only], t, to, last, cut)
    return found


def _row_by_row(user: Node, i: int, axis: int) -> bool:
    """Whether each position of an axis uses the weight by itself, in the same way."""
    to = user.parents[i]
    assert to is not None
    if user.op.name == "getitem":
        return isinstance(user.attrs[0], np.ndarray) and axis < user.attrs[0].ndim
    if user.op.name in ("linear", "matmul"):
        return i > 0 and len(to.shape) <= 2 and axis < len(user.shape) - 1
    lead = len(user.shape) - len(to.shape)
    return user.op.kind == "elementwise" and (axis < lead or to.shape[axis - lead] == 1)


def _by_gate(
    user: Node, i: int, g: Any, t: int | None, to: Node, last: int | None, cut: list[tuple[str, int, int]]
) -> list[_Entry]:
    pair = factors(user, i, g)
    if pair is None:
        rows = rows_read(user, g)
        if rows is not None:
            return [_Entry(user, t, cut[0][0], to, rows[0], rows[1])]
        whole = pulled(user, i, g)
        if last is None:
            return [_Entry(user, t, cut[0][0], to, ..., whole)]
        return [_Entry(user, t, name, to, (..., slice(a, b)), whole[..., a:b]) for name, a, b in cut]
    left, right = pair
    if user.op.name == "linear":
        return [_Entry(user, t, name, to, slice(a, b), None, (left[:, a:b], right)) for name, a, b in cut]
    return [_Entry(user, t, name, to, (..., slice(a, b)), None, (left, right[:, a:b])) for name, a, b in cut]


def _written(entries: list[_Entry], total: Array, arrays: bool) -> Ledger:
    size = norm(total)
    unit = np.divide(total, size or 1.0, dtype=np.float64)
    rows: list[tuple[Any, ...]] = []
    for entry in entries:
        label = entry.user.label
        at = unit[entry.where]
        if entry.pair is None:
            length, along = norm(entry.array), np.vdot(entry.array, at)
        else:
            length, along = norm_of_product(*entry.pair, entry.dense), np.vdot(entry.pair[0] @ at, entry.pair[1])
        along = float(along / size) if size else 0.0
        rows.append((entry.t, label.path, label.direction, entry.gate, entry.user.op.name, length, along, entry))
    return Ledger(
        **filled(Ledger, rows),
        total=total,
        where=tuple([row[-1].where for row in rows]),
        arrays=tuple([np.asarray(row[-1].dense()) for row in rows]) if arrays else (),
    )


def _carried(entry: _Entry, leaf: Node, made: dict[Node, None]) -> _Entry:
    """A contribution to something that is made of the weight, as one to the weight."""
    whole = np.zeros(entry.to.shape, entry.to.dtype)
    whole[entry.where] = entry.dense()
    cotangents = {entry.to: whole}
    for node in reversed(made):
        if node in cotangents and node is not leaf:
            g = cotangents.pop(node)
            for i, parent in enumerate(node.parents):
                if parent in made and parent is not None:
                    back = pulled(node, i, g)
                    cotangents[parent] = cotangents[parent] + back if parent in cotangents else back
    return _Entry(entry.user, entry.t, entry.gate, leaf, ..., cotangents[leaf])
