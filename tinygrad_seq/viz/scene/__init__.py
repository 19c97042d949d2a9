"""What the page gets: the graph with its numbers, and the layout of all time steps at each level, made small.

What every time step has alike is stored once: a vertex of each kind (`kinds`), a box and a line of each form (`forms`).
Which vertices, boxes and steps these are is stored as *runs*, flat lists ``[start, step, count, ...]`` (`packing`): of
an unrolled graph, every list of numbers is a few of them. Norms are stored as logarithms, four bytes each.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...autograd.collector import paused
from ..arrange import arrange
from ..fold import LEVELS, Fold, Level, fold
from ..graph import Graph
from ..layout import Layout
from ..legend import caption
from ..paths import Highlight, past_stacks
from ..scale import Scale
from ..show import show
from ..summary import summary
from ..values import Values
from .forms import forms
from .kinds import numbers, slots_of
from .packing import NAN, logarithms, packed, runs

__all__ = ["NAN", "logarithms", "runs", "scene"]

MOST_WEIGHTS = 200_000


def scene(
    graph: Graph,
    title: str,
    highlight: Highlight | None = None,
    values: Values | None = None,
    sweeps: Sequence[Graph] = (),
    start: Level = "ops",
    known: Fold | None = None,
    folded: Sequence[str] = (),
) -> dict[str, Any]:
    """The page's data: dictionaries, lists, numbers and strings.

    ``sweeps`` are the graph with the norms of other sweeps over it, ``start`` is the level to be seen first, and
    ``known`` the graph at that level, if there is one. ``folded`` are the modules that are folded at first.
    """
    steps = sorted({v.t for v in graph.vertices if v.t is not None})
    with paused:
        levels, whole = _levels(graph, title, highlight, sweeps, {_like(start): known} if known else {})
    title = whole.texts[0].text
    return {
        "format": "tinygrad_seq page",
        "version": 1,
        "title": title,
        "caption": caption(whole.view),
        "summary": summary(whole.view, title),
        "steps": runs(steps),
        "measured": graph.measured,
        "scale": _scale(whole.scale, sweeps),
        "outputs": list(graph.outputs),
        **numbers(graph, sweeps),
        "values": None if values is None else {"ids": runs(values.ids), "numbers": packed(np.array(values.numbers))},
        "source": {} if values is None else _source(values.lines),
        "attention": _attention(graph),
        "stacked": _stacked(graph),
        "highlight": None if highlight is None else _highlight(highlight, slots_of(graph)),
        "start": start,
        "folded": list(folded),
        "levels": levels,
    }


def _stacked(graph: Graph) -> list[list[int]]:
    """The vertices that read one step of a stack, and the edge by which each step entered it."""
    slots, around = slots_of(graph), past_stacks(graph, ())[1]
    return [runs(around), runs(slots[stack] + k for stack, k in around.values())]


def _source(lines: dict[int, str]) -> dict[str, Any]:
    """Each line once, and of which vertices it is."""
    of: dict[str, list[int]] = {}
    for v, line in lines.items():
        of.setdefault(line, []).append(v)
    return {line: runs(vertices) for line, vertices in of.items()}


def _scale(scale: Scale | None, sweeps: Sequence[Graph]) -> dict[str, Any] | None:
    """One scale for the gradients of all sweeps, so that their colours can be compared."""
    if scale is None:
        return None
    others = [Scale.of(flow for v in g.vertices for flow in v.flows) for g in sweeps]
    scales = [scale, *(other for other in others if other is not None)]
    least = max(other.least for other in scales)
    return {
        "low": max(min(other.low for other in scales), math.floor(math.log10(least) + 1e-9)),
        "high": max(other.high for other in scales),
        "least": math.log10(least),
        "limit": math.log10(scale.limit) if math.isfinite(scale.limit) else None,
    }


def _highlight(highlight: Highlight, slots: list[int]) -> dict[str, Any]:
    return {
        "sources": sorted(highlight.sources),
        "target": highlight.target,
        "vertices": runs(sorted(highlight.vertices)),
        "edges": runs(sorted(slots[child] + i for child, i in highlight.edges)),
        "strongest": runs(slots[child] + i for child, i in highlight.strongest),
        "paths": hex(highlight.count),
    }


def _without_weights(graph: Graph) -> Graph:
    """The graph without the weights of attention, which the page draws itself."""
    if not any(v.weights for v in graph.vertices):
        return graph
    return replace(graph, vertices=tuple(v._replace(weights=()) if v.weights else v for v in graph.vertices))


def _like(level: Level) -> Level:
    """A rolled picture has the boxes of the gates, in one column."""
    return "gates" if level == "rolled" else level


def _levels(
    graph: Graph, title: str, highlight: Highlight | None, sweeps: Sequence[Graph], folds: dict[Level, Fold]
) -> tuple[list[dict[str, Any]], Layout]:
    """All levels, and the layout of the last, which has the whole graph; without time steps there is but one."""
    found: list[dict[str, Any]] = []
    told: dict[Level, Level] = {}
    timed = any(v.t is not None for v in graph.vertices)
    for level in LEVELS if timed else LEVELS[-1:]:
        of = _like(level)
        folded = folds.get(of) or folds.setdefault(of, fold(graph, of))
        data: dict[str, Any] = {"name": level}
        if of in told:
            data["like"] = told[of]
        elif of != "ops":
            told[of] = level
            data["group"] = runs(folded.group)
            data |= numbers(folded.graph, [fold(sweep, of).graph for sweep in sweeps])
        view = show(
            _without_weights(folded.graph),
            columns=max(len(graph.vertices), 1),
            highlight=None if highlight is None else folded.highlight(highlight),
            rolled=level == "rolled",
            places=folded.places,
        )
        layout = arrange(view, title)
        found.append(data | forms(layout))
    return found, layout


def _attention(graph: Graph) -> list[list[Any]]:
    """Of each step that attends to others the mean weight of each of them, in steps of 1/255."""
    attending = [v for v in graph.vertices if v.weights and v.t is not None]
    if sum(len(v.weights) for v in attending) > MOST_WEIGHTS:
        return []  # nobody can tell so many lines apart
    return [[v.id, base64.b64encode(bytes(_byte(w) for w in v.weights)).decode()] for v in attending]


def _byte(weight: float) -> int:
    return round(255 * min(max(weight, 0.0), 1.0)) if math.isfinite(weight) else 0
