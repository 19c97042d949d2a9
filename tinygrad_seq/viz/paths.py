"""From one node to another: which nodes and edges lie between them, and which way carries most gradient."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..errors import GraphError, OptionError
from ..flow.paths import local_gain, roles
from ..flow.routes import Edge, routes
from .direct import read_of, stacks_steps
from .graph import Graph, Vertex

__all__ = ["Highlight", "between", "past_stacks", "select"]


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


def between(
    graph: Graph,
    sources: Iterable[int],
    target: int,
    first: Iterable[Edge] | None = None,
    only: str | Iterable[str] | None = None,
) -> Highlight:
    """All paths from the values of ``sources`` to that of ``target``, in O(vertices + edges).

    The computation runs from the sources to the target. With ``first``, only paths count that begin with one of
    these edges, such as one use of a parameter; with ``only``, those along some roles, as for `flow.paths`. A path
    that comes into a stack as one step and leaves it as another is none.

    Raises:
        GraphError: if there is no path.
        OptionError: for a role that is none.
    """
    vertices, starts = graph.vertices, frozenset(sources)
    leaving = None if first is None else frozenset(first)
    parents, around = past_stacks(graph, starts | {child for child, _ in leaving or ()})
    closed, through = roles([v.name if v.parents else None for v in vertices], only, "draw")
    found = routes(
        parents,
        starts,
        target,
        first=leaving,
        closed=closed,
        through=through,
        log_gain=lambda v, i: local_gain(vertices[v].flows[i], vertices[v].norm),
    )
    if not found.count:
        raise GraphError(
            f"draw: there is no path from {describe(vertices[min(starts)])} to {describe(vertices[target])}; "
            f"highlight two nodes of which one depends on the other"
        )
    strongest = found.strongest if graph.measured else ()
    back = {(read, 0): (stack, k) for read, (stack, k) in around.items() if (read, 0) in found.edges}
    return Highlight(
        starts,
        target,
        found.vertices.union(stack for stack, _ in back.values()),
        found.edges.union(back.values()),
        tuple([edge for after in strongest for edge in ([back[after], after] if after in back else [after])]),
        found.count,
    )


def past_stacks(graph: Graph, kept: Collection[int]) -> tuple[list[tuple[int | None, ...]], dict[int, Edge]]:
    """The parents of each vertex, where one that reads a step of a stack depends on that step alone.

    And for each read the edge by which its step enters the stack. Stacks that are ``kept`` stay as they are.
    """
    parents = [v.parents for v in graph.vertices]
    around: dict[int, Edge] = {}
    for v in graph.vertices:
        stack = v.parents[0] if v.op == "getitem" else None
        if stack is None or stack in kept or not stacks_steps(graph, stack):
            continue
        k = read_of(graph, v.id, stack)
        if k is not None:
            parents[v.id] = (graph.vertices[stack].parents[k], *v.parents[1:])
            around[v.id] = (stack, k)
    return parents, around


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
