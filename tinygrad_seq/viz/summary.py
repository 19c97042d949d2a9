"""What a picture shows, in a few sentences, for those who do not see it."""

from __future__ import annotations

import math
from collections import defaultdict

from .labels import power_of_ten
from .legend import caption
from .view import View

__all__ = ["summary"]


def summary(view: View, title: str) -> str:
    """Title and counts, and how the gradient of each state changes from the last time step to the first."""
    graph = view.graph
    sentences = [f"{title}: {caption(view).replace('  ·  ', ', ')}."]
    if view.bands:
        names = [f"{name or 'no module'}{', backward in time' * reverse}" for name, reverse in view.bands]
        sentences.append(f"Modules through time: {'; '.join(names)}.")
    if not graph.measured:
        return " ".join(sentences)
    states: defaultdict[tuple[int, int], dict[int, tuple[str, float | None]]] = defaultdict(dict)
    handed_on = {line.state for line in view.lines if line.kind == "rail"}
    for box in view.boxes:
        if box.where == "step" and (box.band, box.role) in handed_on:
            states[box.band, box.role][box.column] = (box.name or box.sign, box.norm)
    for (band, _), by_column in sorted(states.items()):
        first, last = min(by_column), max(by_column)
        (name, a), (_, b) = by_column[first], by_column[last]
        where = f" of {view.bands[band][0]}" if len(view.bands) > 1 else ""
        sentences.append(f"The gradient of {name}{where} is {_text(b)} in the last step and {_text(a)} in the first.")
    norms = [v.norm for v in graph.vertices]
    for count, words in (
        (sum(n is None for n in norms), "get no gradient"),
        (sum(n == 0 for n in norms), "get exactly zero"),
        (sum(n is not None and not math.isfinite(n) for n in norms), "get an infinite one or none that is a number"),
    ):
        if count:
            sentences.append(f"{count:,} nodes {words}.")
    return " ".join(sentences)


def _text(norm: float | None) -> str:
    if norm is None:
        return "none"
    if norm == 0 or not math.isfinite(norm):
        return {0.0: "zero", math.inf: "infinite"}.get(norm, "not a number")
    digits, _, exponent = f"{norm:.1e}".partition("e")
    return f"{norm:.2g}" if 1e-3 <= norm < 1e4 else f"{digits} times {power_of_ten(int(exponent))}"
