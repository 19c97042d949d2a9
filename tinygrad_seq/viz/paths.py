"""From one node to another: which nodes and edges lie between them, and which way carries most gradient."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import GraphError, OptionError
from .graph import Graph, Vertex

__all__ = ["Highlight", "between", "select"]

Edge = tuple[int, int]
"""The vertex where a value is used, and the position of the input."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """What lies on a path from one of ``sources`` to ``target``.

    Attributes:
        sources, target: the ends, in the direction of the computation.
        vertices, edges: those on any path.
        strongest: the edges of the path whose product of local gains, the norm of what flows along an edge
            over that of what arrives at its upper end, is largest; empty if no gradient was measured.
        count: how many paths there are.
    """

    sources: frozenset[int]
    target: int
    vertices: frozenset[int]
    edges: frozenset[Edge]
    strongest: tuple[Edge, ...]
    count: int


def between(graph: Graph, sources: Iterable[int], target: int, first: Iterable[Edge] | None = None) -> Highlight:
    """All paths from the values of ``sources`` to that of ``target``, in O(vertices + edges).

    The computation runs from the sources to the target. With ``first``, only paths count that begin with one of
    these edges, such as one use of a parameter.

    Raises:
        GraphError: if there is no path.
    """
    vertices = graph.vertices
    starts = frozenset(sources)
    allowed = None if first is None else frozenset(first)
    span = vertices[min(starts) : target + 1]
    counts = _count_paths(span, starts, allowed)
    if not counts.get(target):
        raise GraphError(
            f"draw: there is no path from {describe(vertices[min(starts)])} to {describe(vertices[target])}; "
            f"highlight two nodes of which one depends on the other"
        )
    on_path = {target}
    edges: set[Edge] = set()
    gain = {target: 0.0}
    step: dict[int, Edge] = {}
    for vertex in reversed(span):
        if vertex.id not in on_path:
            continue
        for i, parent in enumerate(vertex.parents):
            edge = (vertex.id, i)
            if parent not in counts or not _open(*edge, parent, starts, allowed):
                continue
            assert parent is not None
            on_path.add(parent)
            edges.add(edge)
            found = gain[vertex.id] + _log_gain(vertex, i)
            if parent not in gain or found > gain[parent]:
                gain[parent] = found
                step[parent] = edge
    strongest = []
    at = max(sorted(starts & on_path), key=lambda k: gain[k])
    if graph.measured and gain[at] > -math.inf:
        while at != target:
            strongest.append(step[at])
            at = step[at][0]
    return Highlight(starts, target, frozenset(on_path), frozenset(edges), tuple(strongest), counts[target])


def _count_paths(span: Sequence[Vertex], starts: frozenset[int], allowed: frozenset[Edge] | None) -> dict[int, int]:
    """How many paths lead to each vertex, where there are any; once it is not needed any more, a number is 1.

    There are more digits in these numbers than there are steps.
    """
    last_use = {parent: vertex.id for vertex in span for parent in vertex.parents if parent is not None}
    counts: dict[int, int] = {}
    for vertex in span:
        ways = int(vertex.id in starts)
        for i, parent in enumerate(vertex.parents):
            if parent in counts and _open(vertex.id, i, parent, starts, allowed):
                ways += counts[parent]
        for parent in vertex.parents:
            if parent in counts and last_use[parent] == vertex.id:
                counts[parent] = 1
        if ways:
            counts[vertex.id] = ways
    return counts


def _open(child: int, i: int, parent: int | None, starts: frozenset[int], allowed: frozenset[Edge] | None) -> bool:
    """Whether a path may take this edge."""
    return parent is not None and (parent not in starts or allowed is None or (child, i) in allowed)


def _log_gain(vertex: Vertex, i: int) -> float:
    """The logarithm of how much of the gradient at a vertex flows on to its input i."""
    flow = vertex.flows[i]
    if not flow or not vertex.norm or not math.isfinite(flow) or not math.isfinite(vertex.norm):
        return -math.inf
    return math.log(flow) - math.log(vertex.norm)


def select(graph: Graph, text: str) -> tuple[list[int], list[Edge] | None]:
    """The vertices that ``NAME`` or ``NAME@STEP`` means, and, for one use of a parameter, the edges of that use.

    NAME is a role ("h", "f"), a parameter ("weight_hh_l0"), an operation ("matmul"), "x" for what is read of the
    input, or "loss" for the output; a layer may stand before it ("l1/h"). STEP may be negative.

    Raises:
        OptionError: if nothing, or more than one vertex, is meant.
    """
    wanted, at, step_text = text.partition("@")
    layer, _, name = wanted.rpartition("/")
    steps = sorted({v.t for v in graph.vertices if v.t is not None})
    step = None
    if at:
        try:
            step = int(step_text)
        except ValueError:
            raise OptionError(f"draw: got {text!r}; need NAME@STEP with an integer, such as 'h@3'") from None
        if step not in steps and -len(steps) <= step < 0:
            step = steps[step]
        if step not in steps:
            known = f"the steps are {steps[0]} to {steps[-1]}" if steps else "no node has a time step; leave @ away"
            raise OptionError(f"draw: got {text!r}; {known}")
    if name in ("loss", "output") and not at:
        return [graph.outputs[0]], None
    named = [v for v in graph.vertices if name in (v.name, v.name.rpartition(".")[2], f"{v.name}:{v.op}")]
    pool = named or [v for v in graph.vertices if v.op == name]
    reads = not pool and name == "x"
    if reads:
        pool = [v for v in graph.vertices if v.by_step and v.t is not None]
    if layer:
        pool = [v for v in pool if v.leaf or f"/{v.path}".endswith(f"/{layer}")]
    found = [v for v in pool if step is None or v.t == step]
    if reads and step is not None and layer == "" and found:
        found = [v for v in found if v.path == found[0].path]  # the lowest layer
    if len(found) == 1 or (reads and step is not None and found):
        return [v.id for v in found], None
    variables = [v for v in pool if v.leaf]
    if not found and len(variables) == 1:
        used = _used_at(graph, variables[0].id, step)
        if used:
            return used
    if not found:
        roles = list(dict.fromkeys(v.name.rpartition(".")[2] for v in graph.vertices if v.name))
        where = f" at step {step}" if step is not None and pool else ""
        raise OptionError(f"draw: nothing is called {text!r}{where}; there are {', '.join(roles[:12]) or 'no names'}")
    raise OptionError(
        f"draw: {text!r} means {len(found)} nodes, such as {describe(found[0])} and {describe(found[1])}; "
        f"name the step, 'h@3', or the layer, 'l0/h@3'"
    )


def _used_at(graph: Graph, leaf: int, step: int | None) -> tuple[list[int], list[Edge]] | None:
    """Where a variable, or what was made of it alone before the first step, is used at a step."""
    made = {leaf}
    edges = []
    for vertex in graph.vertices[leaf + 1 :]:
        used = [(vertex.id, i) for i, parent in enumerate(vertex.parents) if parent in made]
        if used and vertex.t is None and len(vertex.parents) == 1:
            made.add(vertex.id)
        elif used and vertex.t == step:
            edges += used
    sources = {graph.vertices[child].parents[i] for child, i in edges}
    return (sorted(p for p in sources if p is not None), edges) if edges else None


def describe(vertex: Vertex) -> str:
    """A vertex in the words of a message: ``h at step 3``."""
    name = vertex.name or vertex.op
    return name if vertex.t is None else f"{name} at step {vertex.t}"
