"""One use of a value by itself, without what other uses contribute to its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Node
from ..autograd.sweep import unbroadcast
from ..ops.index import scatter

__all__ = ["factors", "kept", "live_rows", "pulled", "pulled_together", "reads_once", "rows_read"]


def pulled(node: Node, i: int, g: Any) -> Any:
    """What flows back from a node to its input ``i``, given the cotangent of the node."""
    parent = node.parents[i]
    ports = node.op.ports or node.op.variadic_ports(len(node.parents))
    port = ports[i]
    assert parent is not None
    assert port is not None
    back = port.pull(g, node)
    if node.op.kind == "elementwise" and not np.isfinite(back).all():
        back = np.where((g == 0) & ~np.isfinite(back), 0, back)  # what a mask did not take, as in a sweep
    return unbroadcast(back, parent.shape)


def pulled_together(node: Node, i: int, gs: Any) -> Any:
    """`pulled` for several cotangents at once, stacked along a first axis."""
    parent = node.parents[i]
    assert parent is not None
    op, shape = node.op, (len(gs), *parent.shape)
    if op.name == "getitem" and reads_once(node):
        index = node.attrs[0]
        back = np.zeros(shape, gs.dtype)
        back[(slice(None), *index) if isinstance(index, tuple) else (slice(None), index)] += gs
        return back
    by_rows = op.kind == "elementwise" and len(parent.shape) == len(node.shape)
    if by_rows or (op.name == "linear" and i != 1 and len(parent.shape) == len(node.shape) == 2):
        port = op.ports[i]
        assert port is not None
        back = port.pull(gs, node)
        if op.kind != "elementwise" or np.isfinite(back).all():
            return back if back.shape == shape else unbroadcast(back, shape)
    return np.stack([pulled(node, i, g) for g in gs])


def reads_once(node: Node) -> bool:
    """Whether a node reads parts of its input of which no element is read twice."""
    if node.op.name != "getitem":
        return False
    index = node.attrs[0]
    if type(index) is int:
        return True
    for part in index if type(index) is tuple else (index,):
        if type(part) is not slice and isinstance(part, np.ndarray) and part.dtype.kind in "iu":
            return False
    return True


def rows_read(node: Node, g: Any) -> tuple[Any, Any] | None:
    """Where integers read a table by its first axis: the rows, each once, and what flows back to each."""
    if node.op.name != "getitem" or not isinstance(node.attrs[0], np.ndarray) or node.attrs[0].dtype.kind not in "iu":
        return None
    parent = node.parents[0]
    assert parent is not None
    rows, place = np.unique(node.attrs[0] % parent.shape[0], return_inverse=True)
    return rows, scatter(g, shape=(len(rows), *parent.shape[1:]), indices=(place.reshape(node.attrs[0].shape),))


def factors(node: Node, i: int, g: Any) -> tuple[Any, Any] | None:
    """Matrices A ``(N, m)`` and B ``(N, n)`` of which ``A.T @ B`` is what a product contributes to its weight.

    They are far smaller than their product where N, the batch, is. None for what is no product by a matrix.
    """
    if node.op.name == "linear" and i == 1:
        return _rows(g), _rows(kept(node, "x"))
    if node.op.name == "matmul" and i == 1 and node.parents[1] is not None and len(node.parents[1].shape) == 2:
        return _rows(kept(node, "a")), _rows(g)
    return None


def kept(node: Node, name: str) -> Any:
    """What a node keeps under the name that its rules give it, or None."""
    keeps = node.op.keeps
    if name not in keeps:
        return None
    return node.kept if len(keeps) == 1 else node.kept[keeps.index(name)]


def live_rows(node: Node) -> Any:
    """Which rows ``(B,)`` take the step whose state a node is, where the others have ended and keep theirs; or None.

    A layer with lengths chooses what is new where a row lives; zoneout, by a mask that may look alike, what is old.
    """
    rows = kept(node, "condition") if node.op.name == "where" and node.name and node.label.t is not None else None
    if not isinstance(rows, np.ndarray) or rows.dtype != bool or rows.ndim == 0 or not 0 < rows.size == len(rows):
        return None
    new = node.parents[node.op.inputs.index("a")]
    return rows.reshape(-1) if new is not None and new.label.t == node.label.t else None


def _rows(x: Any) -> Any:
    return x if x.ndim == 2 else x.reshape(-1, x.shape[-1])
