"""Where the time steps lie in values that hold many of them: in what is computed for all steps at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..autograd import Node

__all__ = ["Axis", "at_position", "step_axes"]

Axis = tuple[int, tuple[int | None, ...]]
"""An axis of a value, and the time step of each position along it."""

_SAME_SHAPE = {"softmax", "log_softmax", "masked_softmax", "standardize", "astype"}


def step_axes(nodes: Iterable[Node]) -> dict[Node, Axis]:
    """The axis of time of each node without a time step of its own that has one.

    It is found where steps are read from a value, ``x[t]`` under the label t, or where values with labels are stacked,
    and followed through operations that leave it in place.
    """
    order = list(nodes)
    found = _read(order)
    for node in reversed(order):
        if node in found:
            for i, parent in enumerate(node.parents):
                if parent is not None and parent.label.t is None and parent not in found:
                    axis, steps = found[node]
                    below = _below(node, i, axis)
                    if below is not None and node.op.name != "concatenate":
                        found[parent] = below, steps
                    elif node.op.name == "concatenate" and axis == _axis(node):
                        found[parent] = axis, steps[node.attrs[1][i] : node.attrs[1][i + 1]]
    for node in order:
        if node not in found and node.parents and node.label.t is None:
            above = _above(node, found)
            if above is not None:
                found[node] = above
    return found


def at_position(node: Node, axis: int, k: int) -> Node:
    """A node as it would be, had its operation been applied to position ``k`` of an axis alone."""
    shape = (*node.shape[:axis], 1, *node.shape[axis + 1 :])
    attrs, name = node.attrs, node.op.name
    if name == "getitem" and isinstance(attrs[0], np.ndarray):
        attrs = (attrs[0][_only(axis, k)],)
    only_rows = {"linear": "x", "matmul": "a"}.get(name)
    several = len(node.op.keeps) > 1
    cut = tuple(
        [
            array if only_rows not in (None, keep) else _cut(array, node.shape, axis, k)
            for keep, array in zip(node.op.keeps, (node.kept or ()) if several else (node.kept,), strict=False)
        ]
    )
    kept = cut if several else cut[0] if cut else None
    return Node(node.op, node.parents, kept, attrs, shape, node.dtype, node.label, node.index)


def _only(axis: int, k: int) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(k, k + 1))


def _cut(array: Any, shape: tuple[int, ...], axis: int, k: int) -> Any:
    """A kept array, which may have been broadcast to ``shape``, at one position."""
    if not isinstance(array, np.ndarray):
        return array
    at = axis - (len(shape) - array.ndim)
    return array[_only(at, k)] if at >= 0 and array.shape[at] == shape[axis] else array


def _read(order: list[Node]) -> dict[Node, Axis]:
    """What is read step by step."""
    steps: dict[Node, dict[int, dict[int, int]]] = {}
    for node in order:
        if node.op.name != "getitem" or node.label.t is None or node.label.direction != "forward":
            continue
        parent, index = node.parents[0], node.attrs[0]
        axis = _integer_axis(index)
        if parent is not None and parent.label.t is None and axis is not None:
            k = int(index[axis] if isinstance(index, tuple) else index) % parent.shape[axis]
            steps.setdefault(parent, {}).setdefault(axis, {})[k] = node.label.t
    found = {}
    for parent, by_axis in steps.items():
        axis, known = max(by_axis.items(), key=lambda item: len(item[1]))
        found[parent] = axis, tuple([known.get(k) for k in range(parent.shape[axis])])
    return found


def _integer_axis(index: Any) -> int | None:
    """The axis that ``x[t]`` or ``x[:, t]`` reads one position of."""
    if isinstance(index, (int, np.integer)):
        return 0
    if isinstance(index, tuple):
        for axis, part in enumerate(index):
            if isinstance(part, (int, np.integer)):
                return axis
            if not isinstance(part, slice):
                return None
    return None


def _axis(node: Node) -> int:
    return int(node.attrs[0] % len(node.shape))


def _above(node: Node, found: dict[Node, Axis]) -> Axis | None:
    """The axis of time of a value, from those of its inputs, or from what is stacked."""
    op = node.op.name
    if op == "stack":
        steps = [None if parent is None else parent.label.t for parent in node.parents]
        return (_axis(node), tuple(steps)) if None not in steps and len(set(steps)) == len(steps) else None
    known = [(i, *found[parent]) for i, parent in enumerate(node.parents) if parent is not None and parent in found]
    if op == "concatenate" and known and known[0][1] == _axis(node):
        cuts = node.attrs[1]
        joined: list[int | None] = [None] * cuts[-1]
        for i, _, steps_of_part in known:
            joined[cuts[i] : cuts[i + 1]] = steps_of_part
        return _axis(node), tuple(joined)
    for i, axis, steps_below in known:
        for above in range(len(node.shape)):
            if _below(node, i, above) == axis:
                return above, steps_below
    return None


def _below(node: Node, i: int, axis: int) -> int | None:
    """The axis of input ``i`` whose positions are those of an axis of the value, if there is one."""
    parent = node.parents[i]
    assert parent is not None
    op, ndim = node.op, len(node.shape)
    before: int | None = None
    if op.kind == "elementwise":
        before = axis - (ndim - len(parent.shape))
    elif op.name in ("linear", "matmul"):
        before = axis if i == 0 and axis < ndim - 1 else axis - (ndim - len(parent.shape)) if i == 2 else None
    elif op.name in _SAME_SHAPE:
        before = axis
    elif op.name == "concatenate":
        before = axis if axis != _axis(node) else None
    elif op.name == "swapaxes":
        a, b = (k % ndim for k in node.attrs)
        before = {a: b, b: a}.get(axis, axis)
    elif op.name == "transpose":
        before = ndim - 1 - axis if node.attrs[0] is None else node.attrs[0][axis] % ndim
    elif op.name == "getitem":
        before = _read_axis(node.attrs[0], axis)
    if before is None or not 0 <= before < len(parent.shape) or parent.shape[before] != node.shape[axis]:
        return None
    return before


def _read_axis(index: Any, axis: int) -> int | None:
    """The axis of the input, where an index of integers and slices leaves one as it is."""
    at = 0
    for before, part in enumerate(index if isinstance(index, tuple) else (index,)):
        if isinstance(part, (int, np.integer)):
            continue
        if not isinstance(part, slice):
            return None
        if at == axis:
            return before if part.step in (None, 1) else None
        at += 1
    return len(index if isinstance(index, tuple) else (index,)) + axis - at
