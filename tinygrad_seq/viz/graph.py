"""The recorded graph without its arrays: what a picture may hold on to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ..autograd import Leaf, Node, ancestors
from ..flow import GradientNorms
from ..flow.uses import live_rows

__all__ = ["Edge", "Graph", "Uses", "Vertex", "read"]


Edge = tuple[int, int]
"""The vertex where a value is used, and the position of the input."""

Uses = list[list[Edge]]
"""For each vertex the edges along which its value goes on."""


class Vertex(NamedTuple):
    """One node of the recorded graph.

    Attributes:
        id: the position in `Graph.vertices`; every parent's is smaller.
        op: the operation's name, "variable" for a leaf.
        name: the role that `tg.name` gave, or the name of a parameter; may be empty.
        parents: the id of each input; None for a constant.
        attrs: the operation's attributes as (name, text).
        key: for a read, the index as text, otherwise empty; ``by_step`` says that it holds an integer and
            no array, and what is read belongs to no time step, as in ``xs[t]``.
        path, t, direction: the node's label; of a sweep through a recorded sweep, "backward 2", and so on.
        of: the id of the vertex that this one differentiates, or None.
        norm: of the gradient that reaches the node; None if none does, or none was taken.
        flows: the norm of what flows back to each input; None likewise.
        ops: where several vertices were made one (see `fold`), their operations in order, otherwise empty.
        parts: the names of those which a reader of the picture would look for.
        live: of a state that rows keep once they have ended, how many of how many rows go on.
        weights: of attention, the mean weight of each position.
    """

    id: int
    op: str
    name: str
    parents: tuple[int | None, ...]
    attrs: tuple[tuple[str, str], ...]
    key: str
    by_step: bool
    shape: tuple[int, ...]
    dtype: str
    path: str
    t: int | None
    direction: str
    of: int | None
    leaf: bool
    norm: float | None
    flows: tuple[float | None, ...]
    ops: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    live: tuple[int, int] | None = None
    weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class Graph:
    """All vertices in the order of their creation, and which of them are the outputs.

    ``together`` has the norm of what flows to one value along several edges, (vertex, input), where a fold needs it;
    ``found`` says that time steps are not those of labels (see `repeats`).
    """

    vertices: tuple[Vertex, ...]
    outputs: tuple[int, ...]
    measured: bool
    together: dict[tuple[Edge, ...], float] = field(default_factory=dict)
    found: bool = False

    @cached_property
    def uses(self) -> Uses:
        """For each vertex the (vertex, input position) where its value is used, in order."""
        found: Uses = [[] for _ in self.vertices]
        for vertex in self.vertices:
            for i, parent in enumerate(vertex.parents):
                if parent is not None:
                    found[parent].append((vertex.id, i))
        return found

    def __repr__(self) -> str:
        return f"<graph of {len(self.vertices)} vertices>"


def read(outputs: Iterable[Node], norms: GradientNorms | None = None) -> tuple[Graph, dict[Node, int]]:
    """The graph above the outputs, and the id of each node in it."""
    roots = list(outputs)
    nodes = ancestors(roots)
    ids = {node: k for k, node in enumerate(nodes)}
    by_index = {node.index: k for k, node in enumerate(nodes)}
    dtypes: dict[Any, str] = {}
    vertices: list[Vertex] = []
    for k, node in enumerate(nodes):
        dtype = dtypes.get(node.dtype) or dtypes.setdefault(node.dtype, str(node.dtype))
        of = None if node.label.of is None else by_index.get(node.label.of)
        direction: str = node.label.direction
        if of is not None and of < k and vertices[of].direction != "forward":
            direction = f"backward {int(vertices[of].direction.partition(' ')[2] or 1) + 1}"
        vertices.append(_vertex(k, node, dtype, direction, of, ids, norms))
    return Graph(tuple(vertices), tuple(dict.fromkeys(ids[root] for root in roots)), norms is not None), ids


def _vertex(
    k: int,
    node: Node,
    dtype: str,
    direction: str,
    of: int | None,
    ids: dict[Node, int],
    norms: GradientNorms | None,
) -> Vertex:
    label, key, by_step = node.label, "", False
    attrs = tuple(zip(node.op.attrs, node.attrs, strict=False))
    if node.op.name == "getitem":
        ((_, index),) = attrs
        parts = index if isinstance(index, tuple) else (index,)
        key = ", ".join(map(_index_text, parts))
        whole = node.parents[0]
        by_step = any(type(part) is int for part in parts) and not any(hasattr(part, "dtype") for part in parts)
        by_step &= whole is None or whole.label.t is None
        attrs = ()
    return Vertex(
        id=k,
        op=node.op.name,
        name=node.name or "",
        parents=tuple([None if parent is None else ids[parent] for parent in node.parents]),
        attrs=tuple([(name, _attr_text(value)) for name, value in attrs if value is not None]),
        key=key,
        by_step=by_step,
        shape=node.shape,
        dtype=dtype,
        path=label.path,
        t=label.t,
        direction=direction,
        of=of,
        leaf=isinstance(node, Leaf),
        norm=norms.node.get(node.index) if norms else None,
        flows=tuple([norms.edge.get((node.index, i)) if norms else None for i in range(len(node.parents))]),
        live=_live(node),
        weights=_weights(node) if node.name == "attention" else (),
    )


def _live(node: Node) -> tuple[int, int] | None:
    """How many rows take a step that rows take only up to their own length, and how many there are."""
    rows = live_rows(node)
    return None if rows is None else (int(np.count_nonzero(rows)), rows.size)


def _weights(node: Node) -> tuple[float, ...]:
    kept = node.kept if isinstance(node.kept, tuple) else (node.kept,)
    for value in kept:
        if isinstance(value, np.ndarray) and value.shape == node.shape and value.ndim and value.size:
            return tuple(value.reshape(-1, value.shape[-1]).mean(axis=0, dtype=np.float64).tolist())
    return ()


def _index_text(part: Any) -> str:
    if isinstance(part, slice):
        cut = ("" if part.start is None else str(part.start)) + ":" + ("" if part.stop is None else str(part.stop))
        return cut if part.step is None else f"{cut}:{part.step}"
    if part is Ellipsis:
        return "…"
    if isinstance(part, np.ndarray) and part.ndim:
        return f"array{_shape_text(part.shape)}"
    return str(part)


def _shape_text(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def _attr_text(value: Any) -> str:
    """Short, and without the contents of an array."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"array{_shape_text(value.shape)}"
    if isinstance(value, (tuple, list)) and len(value) > 8:
        return f"{len(value)} entries"
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"
