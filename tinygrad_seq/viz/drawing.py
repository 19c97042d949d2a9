"""`draw`: from outputs to a picture of how they were computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import index
from typing import Any

from ..autograd import Node, Tensor
from ..autograd.collector import paused
from ..errors import DTypeError, GraphError, OptionError
from ..flow import GradientNorms, gradient_norms
from ..flow.together import norms_together
from .fold import LEVELS, Level
from .fold import fold as folded
from .graph import Edge, Graph, read
from .paths import Highlight, between, select
from .picture import Picture
from .repeats import with_time
from .replay import align
from .values import statistics

__all__ = ["draw"]

End = Tensor | Node | str


def draw(
    output: Tensor | Sequence[Tensor],
    *,
    view: Level | None = None,
    fold: Iterable[str] = (),
    gradients: bool = True,
    gradient: Any = None,
    highlight: End | tuple[End, End] | None = None,
    only: str | Iterable[str] | None = None,
    columns: int = 12,
    focus: Iterable[int] = (),
    title: str = "",
    replay: Iterable[GradientNorms] = (),
) -> Picture:
    """A picture of the graph that ``output`` was computed by: a column for each time step, a row for each role.

    Edges are coloured and weighted by the norm of the gradient that flows along them in a backward sweep from the
    output. No value and no gradient changes, and the picture keeps no array alive.

    Time steps are those that the layers and `tg.scope(name, t=t)` say. Where nothing says one, they are the times that
    the same operations are done again with the same parameters.

    Args:
        output: a Tensor, or several.
        view: how much of each step is shown. "rolled": one step, whose recurrent edges go from t to t + 1, with the
            least, the middle and the largest gradient of all steps; "steps": what goes into each step, its cell and
            its states; "gates": every value that has a name (i f g o c h, r z n h); "ops": every operation. By
            default "gates", and "ops" where nothing in a time step has a name.
        fold: paths of modules of which each step is one box: ``["encoder"]``.
        gradients: sweep backward and show where the gradient flows.
        gradient: the cotangent of the output, as for ``backward``, or one for each output; by default ones.
        highlight: the paths between two nodes, or from the output to one; if there is none the picture says so. A
            node is given as a Tensor, or as a string ``"NAME@STEP"``: a role ("h@3"), a read of the input ("x@0"),
            one use of a parameter ("weight_hh_l0@-1"), or a parameter ("weight_hh_l0"); with several layers as
            "l1/h@3".
        only: which paths to highlight: "cell" for those through no gate, in an LSTM straight along c; "hidden" for
            those without c; a gate, such as "f", for those through it and no other; or a list of roles.
        columns: how many time steps to draw at most; the others are hidden in gaps that say how many they hide.
        focus: time steps that are drawn in any case.
        title: the first line of the picture.
        replay: sweeps over the same program at other times, such as one for each epoch, from
            `tg.flow.gradient_norms`; the page has a slider for them.

    Raises:
        GraphError: if an output has no history, or does not depend on an end of ``highlight``.
        OptionError: for a level, a module, a name or a step that the graph has not.
        ShapeError: for a gradient of another shape.

    >>> import numpy as np, tinygrad_seq as tg
    >>> output, (h, c) = tg.nn.LSTM(2, 3)(np.ones((4, 1, 2), "float32"))
    >>> picture = tg.viz.draw(np.sum(h), highlight="h@0")
    >>> [column.t for column in picture.view.columns]
    [0, 1, 2, 3]
    >>> picture.save("lstm.svg")
    """
    if isinstance(output, Iterable) and not isinstance(output, Tensor):
        output = list(output)
    outputs = output if isinstance(output, list) else [output]
    if not outputs:
        raise GraphError("draw: got no output; need a Tensor, or several")
    nodes = []
    for tensor in outputs:
        if not isinstance(tensor, Tensor):
            raise DTypeError(f"draw: got {type(tensor).__name__}; need a Tensor, or several")
        if tensor.node is None:
            raise GraphError(
                f"draw: got a Tensor of shape {tensor.shape} without history; need one that was computed, outside of "
                f"no_grad, from a Tensor with requires_grad=True"
            )
        nodes.append(tensor.node)
    if isinstance(columns, bool) or not isinstance(columns, int) or columns < 1:
        raise OptionError(f"draw: got columns={columns!r}; need an integer of at least 1")
    steps = _steps(focus)
    if not isinstance(title, str):
        raise DTypeError(f"draw: got {type(title).__name__} as title; need a string")
    if only is not None and highlight is None:
        raise OptionError(f"draw: got only={only!r} without highlight; name an end, such as highlight='h@0'")
    with paused:
        norms = gradient_norms(output, gradient) if gradients else None
        graph, ids = read(nodes, norms)
        graph = with_time(graph)
        found = None if highlight is None else _highlight(graph, ids, highlight, only)
        level, modules = _level(graph, view), _modules(graph, fold)
        known = folded(graph, level, modules)
        if gradients and known.unknown:
            created = {k: node.index for node, k in ids.items()}
            groups = {(created[v], i): edges for edges in known.unknown for v, i in edges}
            graph = replace(graph, together=norms_together(output, groups, gradient))
            known = folded(graph, level, modules)
        return Picture(
            graph,
            level=level,
            folded=modules,
            known=known,
            highlight=found,
            columns=columns,
            focus=steps,
            title=title,
            values=statistics(ids),
            replay=align(graph, replay),
        )


def _level(graph: Graph, view: Level | None) -> Level:
    """The level that was asked for; by default gates, where something in a time step has a name."""
    if view is None:
        return "gates" if any(v.name and v.t is not None for v in graph.vertices) else "ops"
    if view not in LEVELS:
        raise OptionError(f"draw: got view={view!r}; need one of {', '.join(map(repr, LEVELS))}")
    return view


def _steps(focus: Iterable[int]) -> tuple[int, ...]:
    try:
        return tuple([index(t) for t in focus])
    except TypeError:
        raise OptionError(f"draw: got focus={focus!r}; need a list of time steps, such as focus=[0, 1]") from None


def _modules(graph: Graph, paths: Iterable[str]) -> tuple[str, ...]:
    if isinstance(paths, str):
        raise OptionError(f'draw: got fold={paths!r}; need a list of module paths: fold=["{paths}"]')
    wanted = tuple(paths)
    known = dict.fromkeys(v.path for v in graph.vertices if v.path)
    for path in wanted:
        if not any(other == path or other.startswith(f"{path}/") for other in known):
            raise OptionError(f"draw: got fold of {path!r}; the modules are {', '.join(known) or 'none'}")
    return wanted


def _highlight(
    graph: Graph, ids: dict[Node, int], highlight: End | tuple[End, End], only: str | Iterable[str] | None
) -> Highlight:
    if isinstance(highlight, tuple):
        if len(highlight) != 2:
            raise OptionError(f"draw: got highlight with {len(highlight)} ends; need one, or a pair")
        ends = [_end(graph, ids, end) for end in highlight]
        (sources, first), (targets, _) = sorted(ends, key=lambda end: end[0])
        return _paths(graph, sources, first, targets[-1:], only)
    return _paths(graph, *_end(graph, ids, highlight), graph.outputs, only)


def _paths(
    graph: Graph,
    sources: list[int],
    first: list[Edge] | None,
    targets: Sequence[int],
    only: str | Iterable[str] | None,
) -> Highlight:
    """The paths to the first of the targets that there is one to; if there is none the picture tells."""
    for target in targets:
        try:
            return between(graph, sources, target, first, only)
        except GraphError:
            continue
    return Highlight(frozenset(sources), targets[-1], frozenset(), frozenset(), (), 0)


def _end(graph: Graph, ids: dict[Node, int], end: End) -> tuple[list[int], list[Edge] | None]:
    if isinstance(end, str):
        return select(graph, end)
    if not isinstance(end, (Tensor, Node)):
        raise DTypeError(f"draw: got {type(end).__name__} in highlight; need a Tensor or a string such as 'h@3'")
    node = end.node if isinstance(end, Tensor) else end
    if node is None:
        raise GraphError(
            "draw: got a constant in highlight, to which no gradient flows; need requires_grad=True, or the value that "
            "was computed from it"
        )
    if node not in ids:
        raise GraphError(f"draw: got {node} in highlight, on which the output does not depend; draw what depends on it")
    return [ids[node]], None
