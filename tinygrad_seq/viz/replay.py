"""Sweeps over the same program at other times, such as in each epoch of a training, as one graph each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..errors import DTypeError, GraphError
from ..flow import GradientNorms
from .graph import Graph

__all__ = ["align"]


def align(graph: Graph, sweeps: Iterable[GradientNorms]) -> list[Graph]:
    """The graph with the norms of each sweep in the place of its own.

    Every run of a program records a graph of its own. In those that are alike, what comes first is the same, so
    the norms are matched by order.

    Raises:
        DTypeError: for what is no sweep.
        GraphError: for a sweep that reached another number of nodes or edges than the picture's did.
    """
    nodes = [v.id for v in graph.vertices if v.norm is not None]
    edges = [(v.id, i) for v in graph.vertices for i, flow in enumerate(v.flows) if flow is not None]
    found = []
    for number, sweep in enumerate(sweeps if isinstance(sweeps, Iterable) else [sweeps]):
        if not isinstance(sweep, GradientNorms):
            raise DTypeError(f"draw: got {type(sweep).__name__} in replay; need what tg.flow.gradient_norms gives")
        if len(sweep.node) != len(nodes) or len(sweep.edge) != len(edges):
            raise GraphError(
                f"draw: got replay whose sweep {number} reached {len(sweep.node)} nodes and {len(sweep.edge)} edges, "
                f"where the picture's reached {len(nodes)} and {len(edges)}; need sweeps over the same program"
            )
        norms = {k: sweep.node[index] for k, index in zip(nodes, sorted(sweep.node), strict=True)}
        flows = {edge: sweep.edge[key] for edge, key in zip(edges, sorted(sweep.edge), strict=True)}
        found.append(
            replace(
                graph,
                vertices=tuple(
                    v._replace(norm=norms.get(v.id), flows=tuple(flows.get((v.id, i)) for i in range(len(v.parents))))
                    for v in graph.vertices
                ),
            )
        )
    return found
