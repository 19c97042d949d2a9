"""The paths between two values: how many there are, what lies on them, and which carries most gradient."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..autograd import Node, Tensor, ancestors
from ..errors import OptionError
from .find import Place, find_among, roots
from .norms import GradientNorms, gradient_norms
from .routes import routes
from .table import Table, filled
from .ways import GATES

__all__ = ["Paths", "local_gain", "paths", "roles"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Paths(Table):
    """All paths from some sources to a target; as a table, the strongest of them, from the source on.

    Attributes:
        op, name, t, path: of each node on the strongest path.
        gain: the share of its gradient's norm that flows on to the node before it.
        sources, target: the ends.
        nodes: those on any path, in the order of their creation; none if there is no path.
        edges: those on any path, each as the node that uses a value, and the position of the input.
        strongest: the edges of the strongest path.
        log_gain: the logarithm of the product of its gains.
        count: how many paths there are, exactly.
    """

    columns: ClassVar[tuple[str, ...]] = ("op", "name", "t", "path", "gain")

    op: Array
    name: Array
    t: Array
    path: Array
    gain: Array
    sources: tuple[Node, ...]
    target: Node
    nodes: tuple[Node, ...]
    edges: tuple[tuple[Node, int], ...]
    strongest: tuple[tuple[Node, int], ...]
    log_gain: float
    count: int

    def __bool__(self) -> bool:
        """Whether there is a path."""
        return self.count > 0

    def __repr__(self) -> str:
        """How many paths there are, and the strongest."""
        ends = f"from {_said(self.sources[0])}{' and others' * (len(self.sources) > 1)} to {_said(self.target)}"
        if not self.count:
            return f"no path {ends}"
        number = f"{self.count:,}" if self.count < 10**9 else f"about 10^{len(str(self.count)) - 1}"
        head = f"{number} path{'s' * (self.count > 1)} {ends}, over {len(self.nodes)} nodes"
        return head if not len(self) else f"{head}; the strongest:\n{Table.__repr__(self)}"


def paths(
    source: Place | Iterable[Place],
    target: Tensor | Node,
    *,
    only: str | Iterable[str] | None = None,
    norms: GradientNorms | None = None,
) -> Paths:
    r"""Everything between a source and a target: descendants of the one that are ancestors of the other.

    The strongest path is the one with the largest product of local gains: along an edge, the norm of what flows back
    over it divided by the norm of the gradient that arrives at its upper end.

    Args:
        source: a Tensor, a node, or a place below the target such as "l0/h@3"; see `find`.
        target: a Tensor or a node.
        only: which roles a path may pass: "cell" for no gate at all, which in an LSTM is straight along c and out
            over h; "hidden" for everything but c; one gate, such as "f", for paths that enter it, and no other
            gate; or a list of roles, ["c", "h", "i"]. Nodes without a name are open to all.
        norms: what `gradient_norms` returned, if it is at hand; by default a sweep from the target.

    Returns:
        `Paths`, which is false if there is no path.

    Raises:
        GraphError: if the target does not depend on the source, or on nothing of that name.
        OptionError: for a role that is none.

    >>> import numpy as np, tinygrad_seq as tg
    >>> _, (h, c) = tg.nn.LSTM(2, 3)(np.ones((4, 1, 2), "float32"))
    >>> tg.flow.paths("c@0", h, only="cell").count, tg.flow.paths("c@0", h).count
    (1, 115)
    """
    (end,) = [target] if isinstance(target, Node) else roots([target])
    order = ancestors([end])
    sources = find_among(order, source)
    ids = {node: k for k, node in enumerate(order)}
    if norms is None:
        norms = gradient_norms(target if isinstance(target, Tensor) else _as_tensor(end))
    closed, through = roles([node.name if node.parents else None for node in order], only, "paths")
    found = routes(
        [[None if parent is None else ids[parent] for parent in node.parents] for node in order],
        [ids[node] for node in sources],
        ids[end],
        closed=closed,
        through=through,
        log_gain=lambda v, i: local_gain(norms.edge.get((order[v].index, i)), norms.node.get(order[v].index)),
    )
    rows: list[tuple[Any, ...]] = []
    for v, i in found.strongest:
        user = order[v]
        gain = math.exp(local_gain(norms.edge.get((user.index, i)), norms.node.get(user.index)))
        rows.append((user.op.name, user.name or "", user.label.t, user.label.path, gain))
    return Paths(
        **filled(Paths, rows),
        sources=tuple(sources),
        target=end,
        nodes=tuple([order[v] for v in sorted(found.vertices)]),
        edges=tuple([(order[v], i) for v, i in sorted(found.edges)]),
        strongest=tuple([(order[v], i) for v, i in found.strongest]),
        log_gain=found.log_gain,
        count=found.count,
    )


def local_gain(flow: float | None, norm: float | None) -> float:
    """The logarithm of how much of the gradient at a node flows on along an edge."""
    if not flow or not norm or not math.isfinite(flow) or not math.isfinite(norm):
        return -math.inf
    return math.log(flow) - math.log(norm)


def _as_tensor(node: Node) -> Tensor:
    return Tensor(np.broadcast_to(np.zeros((), node.dtype), node.shape), node)


def _said(node: Node) -> str:
    name = node.name or node.op.name
    return name if node.label.t is None else f"{name} at step {node.label.t}"


def roles(
    names: Sequence[str | None], only: str | Iterable[str] | None, caller: str
) -> tuple[list[int], list[int] | None]:
    """Which of the nodes that have these names are closed to a path, and which it has to pass one of; see `paths`."""
    if only is None:
        return [], None
    if only == "cell":
        return [k for k, name in enumerate(names) if name in GATES], None
    if only == "hidden":
        return [k for k, name in enumerate(names) if name == "c"], None
    known = {name for name in names if name}
    wanted = list(only) if isinstance(only, Iterable) and not isinstance(only, str) else [only]
    unknown = [role for role in wanted if role not in known]
    if unknown:
        raise OptionError(
            f"{caller}: got only={unknown[0]!r}; need 'cell', 'hidden', or roles: {', '.join(sorted(known)) or 'none'}"
        )
    if isinstance(only, str):
        shut = [k for k, name in enumerate(names) if name in GATES and name != only]
        return shut, [k for k, name in enumerate(names) if name == only]
    return [k for k, name in enumerate(names) if name and name not in wanted], None
