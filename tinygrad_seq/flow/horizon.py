"""How far back a gradient reaches: Jacobians of the steps, their growth, and the length of a memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from ..autograd import Node, Tensor
from ..autograd.collector import paused
from ..errors import GraphError, OptionError, ShapeError
from .find import find
from .norms import gradient_norms
from .table import Table, column
from .uses import pulled_together
from .ways import leading_to

__all__ = [
    "Lyapunov",
    "Memory",
    "StepJacobians",
    "jacobian",
    "lyapunov",
    "memory",
    "step_jacobians",
]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, repr=False)
class StepJacobians(Table):
    r"""The Jacobians :math:`\partial s_t / \partial s_{t-1}` of a state from step to step, one row for each step.

    Attributes:
        t: the later step of each.
        path: the module path.
        largest, smallest: singular values, over the batch.
        radius: the largest absolute eigenvalue, over the batch.
        jacobians: ``(steps, B, n, n)``, n the size of the state (h and c side by side are ``2 H``).
        singular_values: ``(steps, B, n)``, falling.
    """

    columns: ClassVar[tuple[str, ...]] = ("t", "path", "largest", "smallest", "radius")

    t: Array
    path: Array
    largest: Array
    smallest: Array
    radius: Array
    jacobians: Array
    singular_values: Array

    def product(self, t: int, s: int) -> Array:
        r""":math:`\partial s_t / \partial s_s`, ``(B, n, n)``: the product of the steps s + 1 ... t, in that order.

        Raises:
            OptionError: for steps that are not there, or s after t.
        """
        order = self.t.tolist()
        # A second direction goes from the last step to the first.
        back = len(order) > 1 and order[0] > order[-1]
        first = s - 1 if back else s + 1
        if t == s:
            return np.broadcast_to(np.eye(self.jacobians.shape[-1]), self.jacobians.shape[1:])
        if first not in order or t not in order or order.index(first) > order.index(t):
            raise OptionError(f"product: got t={t} and s={s}; the steps are {order[0]} to {order[-1]}; need s before t")
        total: Array = self.jacobians[order.index(first)]
        for k in range(order.index(first) + 1, order.index(t) + 1):
            total = self.jacobians[k] @ total
        return total


def step_jacobians(
    output: Tensor | Sequence[Tensor], state: str | Sequence[str] = "h", path: str | None = None
) -> StepJacobians:
    r"""The Jacobian of each step of a recurrence, :math:`\partial s_t / \partial s_{t-1}`.

    Everything else that a step takes is held fixed. With several roles, s is all of them side by side:
    ``("h", "c")`` for the whole state of an LSTM, of which "h" alone tells only what does not come over c.

    Args:
        output: a Tensor, or several, below which the steps are recorded.
        state: the role, or roles, of the state.
        path: the module path, or its end, if there is more than one: "l0".

    Raises:
        GraphError: if no such states are recorded, or states of several modules.

    The rows of a batch are taken as independent, which they are in all recurrences here. The cost is that of one
    sweep with n rows for each row of the batch. A state is an array ``(B, H)``, or ``(H,)``, which counts as B = 1.

    >>> import numpy as np, tinygrad_seq as tg
    >>> _, (h, c) = tg.nn.LSTM(2, 3)(np.ones((5, 4, 2), "float32"))
    >>> tg.flow.step_jacobians(h, ("h", "c")).jacobians.shape
    (4, 4, 6, 6)
    """
    names = (state,) if isinstance(state, str) else tuple(state)
    by_step: dict[int, dict[str, Node]] = {}
    paths = set()
    for name in names:
        for node in find(output, name if path is None else f"{path}/{name}"):
            if node.label.t is not None and node.label.direction == "forward":
                by_step.setdefault(node.label.t, {})[name] = node
                paths.add(node.label.path)
    if len(paths) != 1:
        raise GraphError(
            f"step_jacobians: got states {', '.join(names)} of {len(paths)} modules: {', '.join(sorted(paths))}; "
            f"name one: path={min(paths, default='l0')!r}"
        )
    whole = [nodes for nodes in by_step.values() if len(nodes) == len(names)]
    whole.sort(key=lambda nodes: max(node.index for node in nodes.values()))
    if len(whole) < 2:
        raise GraphError(f"step_jacobians: got {len(whole)} steps with {', '.join(names)}; need two or more")
    states = [[nodes[name] for name in names] for nodes in whole]
    found = np.stack([jacobian(after, before) for before, after in pairwise(states)])
    singular = np.linalg.svd(found, compute_uv=False)
    radius = np.abs(np.linalg.eigvals(found)).max((1, 2))
    return StepJacobians(
        column(nodes[0].label.t for nodes in states[1:]),
        column([*paths] * len(found)),
        singular.max((1, 2)),
        singular.min((1, 2)),
        radius,
        found,
        singular,
    )


def jacobian(after: Sequence[Node], before: Sequence[Node]) -> Array:
    """The Jacobian of some nodes, side by side, by others that are held apart: ``(B, n, m)``.

    A path that runs through one of the nodes before ends there.
    """
    batch = {node.shape[0] if len(node.shape) > 1 else 1 for node in (*after, *before)}
    if len(batch) != 1:
        raise ShapeError(f"jacobian: got states {', '.join(str(n.shape) for n in (*after, *before))}; need one batch")
    (B,) = batch
    sizes = [int(np.prod(node.shape[1:] if len(node.shape) > 1 else node.shape)) for node in after]
    order = leading_to(set(before), after)
    rows = []
    for node, size in zip(after, sizes, strict=True):
        basis = np.repeat(np.eye(size, dtype=node.dtype)[:, None], B, axis=1)
        found = _pull(order, node, basis.reshape(size, *node.shape), set(before))
        parts = [found.get(b, np.zeros((size, *b.shape), b.dtype)).reshape(size, B, -1) for b in before]
        rows.append(np.concatenate(parts, axis=2))
    return np.concatenate(rows).swapaxes(0, 1)


def _pull(order: list[Node], node: Node, seeds: Any, stops: set[Node]) -> dict[Node, Any]:
    """The cotangents of the stops, through which no gradient flows on, for several seeds at once."""
    active, found = set(order), {}
    cotangents = {node: seeds}
    with np.errstate(divide="ignore", invalid="ignore"), paused:
        for user in reversed(order):
            g = cotangents.pop(user, None)
            if g is None:
                continue
            if user in stops:
                found[user] = g
                continue
            for i, parent in enumerate(user.parents):
                if parent in active:
                    back = pulled_together(user, i, g)
                    cotangents[parent] = cotangents[parent] + back if parent in cotangents else back
    return found


@dataclass(frozen=True, slots=True, repr=False)
class Lyapunov(Table):
    """Lyapunov exponents of a product of Jacobians, one row for each, falling.

    Attributes:
        exponent: the mean over the batch; positive where gradients explode, negative where they vanish.
        by_row: ``(B, n)``, for each row of the batch.
    """

    columns: ClassVar[tuple[str, ...]] = ("exponent",)

    exponent: Array
    by_row: Array


def lyapunov(jacobians: StepJacobians | Any) -> Lyapunov:
    r"""Lyapunov exponents: how fast a small change of the state grows, in nats a step.

    By the QR method (Benettin, Galgani, Giorgilli and Strelcyn 1980; Engelken, Wolf and Abbott 2023 for recurrent
    nets): :math:`Q_t R_t = J_t Q_{t-1}`, :math:`\lambda_k = \frac{1}{T} \sum_t \ln |R_t[k, k]|`.

    Args:
        jacobians: what `step_jacobians` returns, or an array ``(T, n, n)`` or ``(T, B, n, n)``.

    Raises:
        ShapeError: for arrays of another shape.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.flow.lyapunov(np.tile(np.diag([np.e, 1 / np.e]), (10, 1, 1))).exponent.tolist()
    [1.0, -1.0]
    """
    steps = np.asarray(jacobians.jacobians if isinstance(jacobians, StepJacobians) else jacobians, np.float64)
    if steps.ndim not in (3, 4) or steps.shape[-1] != steps.shape[-2] or not len(steps):
        raise ShapeError(f"lyapunov: got Jacobians of shape {steps.shape}; need (T, n, n) or (T, B, n, n)")
    steps = steps if steps.ndim == 4 else steps[:, None]
    q = np.broadcast_to(np.eye(steps.shape[-1]), steps.shape[1:])
    total = np.zeros(steps.shape[1:-1])
    with np.errstate(divide="ignore"):  # a direction that is lost at once has the exponent -inf
        for step in steps:
            q, r = np.linalg.qr(step @ q)
            total += np.log(np.abs(np.diagonal(r, axis1=-2, axis2=-1)))
    by_row = -np.sort(-total / len(steps), axis=1)
    return Lyapunov(by_row.mean(axis=0), by_row)


@dataclass(frozen=True, slots=True, repr=False)
class Memory(Table):
    """The gradient that reaches a state at each step, and how long the memory is.

    Attributes:
        t, path, name: of the state.
        norm: of dL/dh_t.
        relative: the norm as a fraction of the largest of its path.
        length: by path, the effective memory length in steps, see `memory`.
        reach: by path, the most steps back at which ``relative`` is at least 1 / e.
    """

    columns: ClassVar[tuple[str, ...]] = ("name", "path", "t", "norm", "relative")

    name: Array
    path: Array
    t: Array
    norm: Array
    relative: Array
    length: dict[str, float]
    reach: dict[str, int]


def memory(output: Tensor | Sequence[Tensor], state: str = "h", gradient: Any = None) -> Memory:
    r"""The norm of :math:`\partial L / \partial h_t` at each step, and how many steps back it reaches.

    With :math:`a_t = \lVert \partial L / \partial h_t \rVert` the **effective memory length** is
    :math:`\sum_t a_t / \max_t a_t`. Of a loss at the last step whose gradient falls by a factor :math:`\lambda` at
    each step it is :math:`1 / (1 - \lambda)`; of one that does not fall, T.

    Args:
        output: a Tensor, or several; for the memory of one moment, the loss of one step.
        state: the role of the state, or a place such as "l0/c"; see `find`.
        gradient: the cotangent of the output, by default ones.

    >>> import numpy as np, tinygrad_seq as tg
    >>> h, decay = tg.tensor([1.0], requires_grad=True), 0.5
    >>> for t in range(20):
    ...     with tg.scope("leaky", t=t):
    ...         h = h * decay
    ...         tg.name(h=h)
    >>> found = tg.flow.memory(h)
    >>> round(found.length["leaky"], 4), found.reach["leaky"]
    (2.0, 1)
    """
    nodes = [node for node in find(output, state) if node.label.t is not None]
    norms = gradient_norms(output, gradient).node
    nodes.sort(key=lambda node: (node.label.path, node.label.t))
    by_path: dict[str, list[float]] = {}
    for node in nodes:
        by_path.setdefault(node.label.path, []).append(norms.get(node.index, 0.0))
    length: dict[str, float] = {}
    reach: dict[str, int] = {}
    relative: list[float] = []
    for path, values in by_path.items():
        sizes = np.array(values)
        top = sizes.max()
        part = sizes / top if top > 0 else np.zeros(len(sizes))
        relative += part.tolist()
        length[path] = float(part.sum())
        near = np.flatnonzero(part >= 1 / np.e)
        reach[path] = int(abs(near - part.argmax()).max()) if top > 0 else 0
    return Memory(
        column(node.name for node in nodes),
        column(node.label.path for node in nodes),
        column(node.label.t for node in nodes),
        column(size for values in by_path.values() for size in values),
        column(relative),
        length,
        reach,
    )
