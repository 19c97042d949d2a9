"""Reverse mode: one walk over the recorded graph, from the newest node to the oldest.

A node's index is larger than those of all its parents, so when a node is the newest that is left, every
cotangent that will ever reach it has arrived. A heap of the nodes that wait is all the order that is needed:
no recursion, no visited set, no sort. Cotangents live in the sweep and are dropped as they are used.

The same walk serves both orders. With ``record=False`` the rules run on raw arrays. With ``record=True``
they run on Tensors, and what they compute is recorded like any other computation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import Any

import numpy as np

from ..errors import GraphError, RuleError
from .graph import Leaf, Node, ancestors
from .mode import MODE, Label, Mode

__all__ = ["sweep", "unbroadcast"]


Observer = Callable[[Node, int | None, Any], None]


def sweep(
    seeds: Iterable[tuple[Node, Any]],
    wanted: set[Node] | None = None,
    *,
    record: bool = False,
    observe: Observer | None = None,
) -> dict[Node, Any]:
    """The cotangents of the wanted nodes (by default, of all leaves), given those of the seeds.

    Two contributions are not computed on arrival. An input whose op has a joint rule collects its
    uses, and gets one product over all of them once the last has come: one large matmul for a weight
    used at every time step, one buffer for a sequence that is read step by step. A cotangent that broadcasting
    made larger is summed over the broadcast axes once, after its contributions have been added.

    ``observe(node, i, g)`` sees every cotangent without changing anything: with ``i`` None that of a
    node, once it is complete, otherwise what flows from the node to its input ``i``.
    """
    seeds = list(seeds)
    active = None if wanted is None else _active([node for node, _ in seeds], wanted)
    cotangents: dict[Node, Any] = {}
    uses: dict[Node, dict[tuple[Any, int], list[tuple[Any, ...]]]] = {}
    heap: list[tuple[int, Node]] = []
    found: dict[Node, Any] = {}

    for node, g in seeds:
        _add(cotangents, heap, node, g)
    outer = MODE.set(Mode(MODE.get().label, record))
    # Singular points are dealt with by the rules (see `strong`), so they need no warning.
    quiet = np.errstate(divide="ignore", invalid="ignore")
    quiet.__enter__()
    try:
        while heap:
            node = heappop(heap)[1]
            if record:
                MODE.set(Mode(Label(node.label.path, node.label.t, "backward", node.index), True))
            g = cotangents.pop(node)
            if node in uses:
                for (op, i), calls in uses.pop(node).items():
                    joined = op.joint[i](calls) if len(calls) > 1 else op.vjp[i](*calls[0])
                    g = joined if g is None else g + joined
            if g.shape != node.shape:
                g = unbroadcast(g, node.shape)
            if g.dtype is not node.dtype and g.dtype != node.dtype:
                g = g.astype(node.dtype)
            if observe is not None:
                observe(node, None, g)
            if wanted is None:
                if not node.parents:
                    _check_current(node)
                    found[node] = g
                    continue
            elif node in wanted:
                found[node] = g
            op = node.op
            broadcasts = op.broadcasts
            i = -1
            for parent in node.parents:
                i += 1
                if parent is None or (active is not None and parent not in active):
                    continue
                if op.joint[i] is not None:
                    if parent not in cotangents:
                        cotangents[parent] = None
                        heappush(heap, (-parent.index, parent))
                    calls = uses.setdefault(parent, {}).setdefault((op, i), [])
                    calls.append((g, *op.arguments(i, node, record)))
                    if observe is not None:
                        observe(node, i, unbroadcast(op.vjp[i](*calls[-1]), parent.shape))
                    continue
                pulled = op.vjp[i](g, *op.arguments(i, node, True)) if record else op.pull[i](g, node)
                if not broadcasts and pulled.shape != parent.shape:
                    raise RuleError(
                        f"{op.name}: the rule for input {i} returned shape {pulled.shape}; need {parent.shape}, "
                        f"the input's own"
                    )
                if observe is not None:
                    observe(node, i, unbroadcast(pulled, parent.shape))
                _add(cotangents, heap, parent, pulled)
    finally:
        quiet.__exit__(None, None, None)
        MODE.reset(outer)
    return found


def _add(cotangents: dict[Node, Any], heap: list[tuple[int, Node]], node: Node, g: Any) -> None:
    if node not in cotangents:
        cotangents[node] = g
        heappush(heap, (-node.index, node))
        return
    total = cotangents[node]
    if total is None:
        cotangents[node] = g
    elif total.shape == g.shape:
        cotangents[node] = total + g
    else:
        cotangents[node] = unbroadcast(total, node.shape) + unbroadcast(g, node.shape)


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum ``g`` over the axes along which an array of ``shape`` was broadcast to ``g.shape``."""
    if g.shape == shape:
        return g
    lead = g.ndim - len(shape)
    ones = tuple(i + lead for i, n in enumerate(shape) if n == 1 and g.shape[i + lead] != 1)
    summed = g.sum(axis=tuple(range(lead)) + ones)
    if summed.shape != shape:
        summed = summed.reshape(shape)
    return summed


def _active(roots: list[Node], wanted: set[Node]) -> set[Node]:
    """The nodes through which a gradient flows from the roots to the wanted nodes."""
    active: set[Node] = set()
    for node in ancestors(roots):
        _check_current(node)
        if node in wanted or any(parent in active for parent in node.parents):
            active.add(node)
    return active


def _check_current(node: Node) -> None:
    if isinstance(node, Leaf) and node.superseded:
        raise GraphError(
            f"backward: got a graph in which {node.name or 'a variable'} {node.shape} has an older value; it was "
            f"updated after the forward pass; run the forward pass again, then backward, then the update"
        )
