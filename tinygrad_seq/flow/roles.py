"""How much gradient reaches each role (h, c, a gate) of each layer at each time step."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ..autograd import Tensor, ancestors
from ..errors import GraphError, OptionError
from .find import roots
from .norms import gradient_norms, norm
from .seeds import seeds
from .table import Table, column

__all__ = ["RoleNorms", "role_norms"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, repr=False)
class RoleNorms(Table):
    r"""The gradient of every named value in time, one row for each role and time step.

    Attributes:
        path, name, t: module path, role and time step.
        norm: :math:`\lVert \partial L / \partial v \rVert`; 0 where no gradient comes.
        reached: whether a gradient comes at all, be it one of zeros.
        start: the norm of the gradient that the sweep began with.
    """

    columns: ClassVar[tuple[str, ...]] = ("path", "name", "t", "norm", "reached")

    path: Array
    name: Array
    t: Array
    norm: Array
    reached: Array
    start: float = field(kw_only=True)


def role_norms(
    output: Tensor | Sequence[Tensor], gradient: Any = None, *, roles: Collection[str] | None = None
) -> RoleNorms:
    """Sweep backward once, and order the norms of all named values by layer, role and time step.

    With one role, ``roles=["h"]``, there is a row for each layer and step. Several values of one role and step, as
    in a module that is called twice, count as one vector.

    Args:
        output: a Tensor, or several, whose gradients are added.
        gradient: the cotangent of the output, or one for each; by default ones.
        roles: which roles to take; by default all.

    Raises:
        GraphError: if an output has no history, or no value in a time step has a name.
        OptionError: for a role that the graph has not.
        ShapeError: for a cotangent of another shape.

    >>> import numpy as np, tinygrad_seq as tg
    >>> output, _ = tg.nn.GRU(2, 3)(np.ones((5, 1, 2), "float32"))
    >>> table = tg.flow.role_norms(np.sum(output[-1]), roles=["h", "z"])
    >>> table.name.tolist()
    ['z', 'z', 'z', 'z', 'z', 'h', 'h', 'h', 'h', 'h']
    >>> bool(table.norm[5] < table.norm[9])
    True
    """
    start = math.hypot(*(norm(g) for _, g in seeds(output, gradient, "role_norms")))
    cells: dict[tuple[str, str], dict[int, float | None]] = {}
    found = gradient_norms(output, gradient).node
    for node in ancestors(roots(output)):
        label = node.label
        if node.name and label.t is not None and label.direction == "forward":
            row = cells.setdefault((label.path, node.name), {})
            sizes = [size for size in (row.get(label.t), found.get(node.index)) if size is not None]
            row[label.t] = math.hypot(*sizes) if sizes else None
    if not cells:
        raise GraphError(
            "role_norms: got a graph in which no value of a time step has a name; need some: "
            'with tg.scope("rnn", t=t): ...; tg.name(h=h)'
        )
    known = dict.fromkeys(name for _, name in cells)
    wanted = [roles] if isinstance(roles, str) else known if roles is None else list(roles)
    for role in wanted:
        if role not in known:
            raise OptionError(f"role_norms: got role {role!r}; need some of {', '.join(map(repr, known))}")
    rows = [
        (path, name, t, size or 0.0, size is not None)
        for (path, name), row in cells.items()
        if name in wanted
        for t, size in sorted(row.items())
    ]
    return RoleNorms(*map(column, zip(*rows, strict=True)), start=start)
