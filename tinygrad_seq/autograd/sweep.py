"""Reverse mode: one walk over the recorded graph, from the newest node to the oldest.

A node's index is larger than those of all its parents, so when its turn comes, every cotangent that will
ever reach it has arrived: no recursion, and no counting of consumers. Cotangents live in the sweep, not on the
nodes, and are dropped as they are used.

The same walk serves both orders. With ``record=False`` the rules run on raw arrays. With ``record=True``
they run on Tensors, and what they compute is recorded like any other computation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..errors import GraphError, RuleError
from .collector import paused
from .graph import RETAIN, Leaf, Node, ancestors
from .mode import MODE, Label, Mode

__all__ = ["push", "sweep", "unbroadcast"]


Observer = Callable[[Node, int | None, Any], None]


def sweep(
    seeds: Iterable[tuple[Node, Any]],
    wanted: set[Node] | None = None,
    *,
    record: bool = False,
    observe: Observer | None = None,
    careful: bool = True,
    since: int = -1,
    order: list[Node] | None = None,
) -> dict[Node, Any]:
    """The cotangents of the wanted nodes (by default, of all leaves), given those of the seeds.

    Two contributions are not computed on arrival. An input whose op has a joint rule collects its
    uses, and gets one product over all of them once the last has come: one large matmul for a weight
    used at every time step, one buffer for a sequence that is read step by step. A cotangent that broadcasting
    made larger is summed over the broadcast axes once, after its contributions have been added.

    ``observe(node, i, g)`` sees every cotangent without changing anything: with ``i`` None that of a
    node, once it is complete, otherwise what flows from the node to its input ``i``, or, where that is not computed
    alone, a function that computes it. It sees one walk, the careful one, which is slower; with
    ``careful=False`` the plain one, and a careful one after that if a gradient came out as NaN. Gradients that a
    Tensor retains stay as they are then. Below nodes
    that are older than the index ``since`` the sweep does not go. ``order`` is what `ancestors` of the seeds gives, for
    who has it already.
    """
    seeds = list(seeds)
    order = ancestors([node for node, _ in seeds], since) if order is None else order
    for node in order:
        if not node.parents and isinstance(node, Leaf) and node.superseded:
            raise GraphError(
                f"backward: got a graph in which {node.name or 'a variable'} {node.shape} has an older value; it was "
                f"updated after the forward pass; run the forward pass again, then backward, then the update"
            )
    active = None if wanted is None else _leading_to(wanted, order)
    mode = MODE.get()
    outer = MODE.set(Mode(mode.label, record, mode.watch))
    retain = observe is None
    if mode.watch is not None:
        observe = _both(mode.watch.backward, observe)
    try:
        # Singular points are dealt with by the rules (see `strong`), so they need no warning.
        with np.errstate(divide="ignore", invalid="ignore"), paused:
            # Whoever looks on must see one walk, so that is then the careful one.
            looked_on = mode.watch is not None or (observe is not None and careful)
            strong = looked_on or any(node.hooks is not None for node in order)
            found = _walk(order, seeds, wanted, active, record, observe, since, strong, retain)
            if not strong and any(np.isnan(_squares(g)) for g in found.values()):
                # A branch that a mask did not take may have given 0 * inf somewhere; that counts as 0.
                found = _walk(order, seeds, wanted, active, record, observe, since, True, retain)
            return found
    finally:
        MODE.reset(outer)


def _walk(
    order: list[Node],
    seeds: list[tuple[Node, Any]],
    wanted: set[Node] | None,
    active: set[Node] | None,
    record: bool,
    observe: Observer | None,
    since: int,
    strong: bool,
    retain: bool,
) -> dict[Node, Any]:
    cotangents: dict[Node, Any] = {}
    uses: dict[Node, tuple[Any, list[Any], list[Node]]] = {}  # a port, and cotangent and node of each use
    broad: set[Node] = set()  # whose cotangent has still to be summed over broadcast axes
    found: dict[Node, Any] = {}
    for node, g in seeds:
        cotangents[node] = cotangents[node] + g if node in cotangents else g

    for node in reversed(order):
        g = cotangents.pop(node, None)
        if record:
            at = node.label
            MODE.set(Mode(Label(at.path, at.t, "backward", node.index, at.line), True, MODE.get().watch))
        if node in uses:
            shared, gs, users = uses.pop(node)
            joined = shared.join(gs, users, record)
            if joined.shape != node.shape:
                joined = unbroadcast(joined, node.shape)
            g = joined if g is None else joined + unbroadcast(g, node.shape)
        elif node in broad:
            g = unbroadcast(g, node.shape)
        if g is None:
            continue
        if g.dtype is not node.dtype and g.dtype != node.dtype:
            g = g.astype(node.dtype)
        if node.hooks is not None:
            g = _hooked(node, g, record, retain)
        if observe is not None:
            observe(node, None, g)
        parents = node.parents
        if node in wanted if wanted is not None else not parents:
            found[node] = g
        if not parents or node.index < since:
            continue
        op = node.op
        ports = op.ports or op.variadic_ports(len(parents))
        i = -1
        for parent in parents:  # counted by hand: zip costs as much as a rule
            i += 1
            if parent is None or (active is not None and parent not in active):
                continue
            port: Any = ports[i]  # there is one: an input without a rule has no parent
            if port.joint is not None:
                use = uses.get(parent)
                if use is None:
                    use = uses[parent] = (port, [], [])
                if use[0] is port:
                    use[1].append(g)
                    use[2].append(node)
                    if observe is not None:
                        observe(node, i, partial(_alone, port, g, node, record, parent.shape))
                    continue
            pulled = port.apply(g, node, True) if record else port.pull(g, node)
            if strong and op.kind == "elementwise":
                pulled = _strong(pulled, g, node)
            try:
                shape = pulled.shape
            except AttributeError:
                shape = type(pulled).__name__
            if shape != parent.shape:
                if not op.broadcasts or not isinstance(shape, tuple):
                    raise RuleError(
                        f"{op.name}: the rule for input {i} returned {shape}; need an array of "
                        f"shape {parent.shape}, the input's own"
                    )
                broad.add(parent)
            if observe is not None:
                observe(node, i, pulled if shape == parent.shape else unbroadcast(pulled, parent.shape))
            total = cotangents.get(parent)
            if total is None:
                cotangents[parent] = pulled
            elif total.shape == shape:
                cotangents[parent] = total + pulled
            else:
                cotangents[parent] = unbroadcast(total, parent.shape) + unbroadcast(pulled, parent.shape)
    return found


def _alone(port: Any, g: Any, node: Node, record: bool, shape: tuple[int, ...]) -> Any:
    """What one of the uses contributes that are computed jointly."""
    return unbroadcast(port.apply(g, node, record), shape)


def _squares(g: Any) -> Any:
    """The sum of the squares of an array or a Tensor, which is NaN if one of the elements is."""
    plain = getattr(g, "_data", g)
    return np.vdot(plain, plain)


def _strong(pulled: Any, g: Any, node: Node) -> Any:
    """What an elementwise rule returned, but exactly 0 where its cotangent is 0 and the rule was singular.

    In the derivative of a derivative the two change places: what a mask did not take at first order comes as the
    factor 0 beside an infinite cotangent, and counts as 0 too.
    """
    plain, cotangent = getattr(pulled, "_data", pulled), getattr(g, "_data", g)
    lost = (cotangent == 0) & ~np.isfinite(plain)
    if node.label.direction == "backward":
        lost |= np.isinf(cotangent) & np.isnan(plain)
    return np.where(lost, 0, pulled) if lost.any() else pulled


def _both(first: Observer, second: Observer | None) -> Observer:
    if second is None:
        return first

    def observe(node: Node, i: int | None, g: Any) -> None:
        first(node, i, g)
        second(node, i, g)

    return observe


def _hooked(node: Node, g: Any, record: bool, retain: bool) -> Any:
    """The cotangent after the hooks, each of which may replace it."""
    for key, hook in list((node.hooks or {}).items()):
        new = hook(g) if retain or key != RETAIN else None
        if new is None:
            continue
        new = new if record or isinstance(new, np.ndarray) else np.asarray(new)
        if new.shape != node.shape:
            raise RuleError(f"hook: got a gradient of shape {new.shape} from a hook; need {node.shape}")
        g = new
    return g


def push(
    tangents: dict[Node, Any],
    outputs: Sequence[Node],
    *,
    record: bool = False,
    since: int = -1,
    order: list[Node] | None = None,
) -> dict[Node, Any]:
    """Forward mode: the tangents of the outputs, given those of some nodes.

    It walks the recorded graph in creation order, and drops each tangent after its last use. ``record=True`` makes the
    result differentiable again. ``order`` is that of `sweep`.
    """
    found: dict[Any, Any] = dict(tangents)
    order = ancestors(outputs, since) if order is None else order
    last = {parent: node for node in order for parent in node.parents} | {node: node for node in outputs}
    watch = MODE.get().watch
    outer = MODE.set(Mode(MODE.get().label, record, watch))
    try:
        with np.errstate(divide="ignore", invalid="ignore"), paused:
            for node in order:
                parents = node.parents
                if not parents or node.index <= since or node in found:
                    continue
                if record:
                    at = node.label
                    MODE.set(Mode(Label(at.path, at.t, "forward", node.index, at.line), True, watch))
                total = None
                if node.op.variadic:
                    arrived = [found.get(parent) for parent in parents]
                    if any(t is not None for t in arrived):
                        total = node.op.push_all(arrived, node, record)
                else:
                    i = -1
                    for parent in parents:
                        i += 1
                        t = found.get(parent)
                        if t is not None:
                            port: Any = node.op.ports[i]
                            part = port.push_recorded(t, node) if record else port.push(t, node)
                            total = part if total is None else total + part
                if total is None:
                    continue
                found[node] = total if total.shape == node.shape and total.dtype == node.dtype else _fitted(total, node)
                if watch is not None:
                    watch.tangent(node, total)
                for parent in parents:
                    if last[parent] is node:
                        found.pop(parent, None)
    finally:
        MODE.reset(outer)
    return found


def _fitted(t: Any, node: Node) -> Any:
    """A tangent in the shape and dtype of the node's value."""
    if t.shape != node.shape:
        if not node.op.broadcasts:
            raise RuleError(
                f"{node.op.name}: the forward rule returned shape {t.shape}; need {node.shape}, the value's own"
            )
        t = np.broadcast_to(t, node.shape)
    return t if t.dtype == node.dtype else t.astype(node.dtype)


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum ``g`` over the axes along which an array of ``shape`` was broadcast to ``g.shape``."""
    if g.shape == shape:
        return g
    lead = g.ndim - len(shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, g.shape[lead:], strict=True)):
        raise RuleError(
            f"a rule returned a cotangent of shape {g.shape} for an input of shape {shape}; need the input's"
        )
    ones = tuple(i + lead for i, n in enumerate(shape) if n == 1 and g.shape[i + lead] != 1)
    summed = g.sum(axis=tuple(range(lead)) + ones)
    if summed.shape != shape:
        summed = summed.reshape(shape)
    return summed


def _leading_to(wanted: set[Node], order: list[Node]) -> set[Node]:
    """The nodes, out of some in creation order, through which a gradient flows to the wanted ones."""
    active = set(wanted)
    for node in order:
        for parent in node.parents:
            if parent in active:
                active.add(node)
                break
    return active
