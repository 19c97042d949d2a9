"""The words and the key of a picture: title, caption, colour scale, kinds of lines."""

from __future__ import annotations

import math

from .labels import power_of_ten
from .layout import Area, Layout, Sample, Text, text_width
from .paths import Highlight, describe
from .scale import BINS, Mark, Scale
from .view import Every, Gap, View

__all__ = ["add_legend"]

RAMP = 216.0
LINE = 17.0

MARKS: tuple[tuple[Mark, str], ...] = (
    ("vanished", "vanished: less than 10⁻⁸ of the largest"),
    ("exploded", "exploded: over 10⁴ times the gradient at the output"),
    ("zero", "exactly zero"),
    ("broken", "infinite or not a number"),
    ("none", "no gradient"),
)


def add_legend(layout: Layout, title: str, left: float, top: float) -> tuple[float, float]:
    """Put the title above and the key below, whose upper left corner is given; returns its lower right one."""
    view, scale = layout.view, layout.scale
    rolled = any(isinstance(column, Every) for column in view.columns)
    name = title or ("Rolled graph" if rolled else "Unrolled graph" if view.steps else "Graph")
    layout.texts.insert(0, Text("title", left, left + 10, name))
    layout.texts.insert(1, Text("caption", left, left + 27, caption(view)))
    x, deepest = left, top
    if scale is not None:
        x, deepest = _add_ramp(layout, scale, left, top)
    samples = _samples(layout)
    for k, (sample, text) in enumerate(samples):
        y = top + LINE * k
        sample.path.extend([(x, y - 3), (x + 30, y - 3)])
        layout.samples.append(sample)
        layout.texts.append(Text("legend", x + 38, y, text))
    if samples:
        x += 38 + max(text_width(text, 9.5) for _, text in samples) + 36
    notes = ["Arrows: computation; gradients flow against them."]
    if scale is not None:
        notes.append("Bar at the left of a box: ‖∂L/∂value‖.")
        notes.append("Vectors that flow into a box add up to its gradient; their norms do not.")
    if any(box.spread for box in view.boxes):
        notes.append("In a box: its least · median · largest gradient of all steps. Colours: the median.")
    if any(through.factor is not None for through in view.through):
        notes.append("Gaps: the gradient before the hidden steps over that after them.")
    if view.graph.found:
        notes.append("Time steps: what is done again with the same parameters. tg.scope(name, t=t) labels them.")
    if view.masked:
        notes.append("Hatched: rows that have ended keep their state.")
    for k, note in enumerate(notes):
        layout.texts.append(Text("legend", x, top + LINE * k, note))
    right = x + max(text_width(note, 9.5) for note in notes)
    return right, max(deepest, top + LINE * (max(len(samples), len(notes)) - 1))


def _add_ramp(layout: Layout, scale: Scale, left: float, top: float) -> tuple[float, float]:
    """The colour bar, as thick as the lines are; returns where the next part begins and where this one ends."""
    words = "gradient along an edge, ‖vector-Jacobian product‖"
    layout.texts.append(Text("heading", left, top, words))
    x, y = left + 10, top + 14
    for k in range(BINS):
        tall = 3.0 + 11.0 * k / (BINS - 1)
        layout.ramp.append((k, Area(x + RAMP * k / BINS, y - tall / 2, RAMP / BINS, tall)))
    for tick in scale.ticks():
        at = x + RAMP * (tick - scale.low) / (scale.high - scale.low)
        layout.texts.append(Text("legend", at, y + 22, power_of_ten(tick), "middle"))
    return x + max(RAMP, text_width(words, 10, bold=True)) + 40, y + 22


def _samples(layout: Layout) -> list[tuple[Sample, str]]:
    """The kinds of lines that the picture has, without their places, and what they mean."""
    highlight, scale = layout.view.highlight, layout.scale
    found: list[tuple[Sample, str]] = []
    if highlight is not None:
        norm = None if scale is None else 10.0**scale.high
        if highlight.strongest:
            found.append((Sample([], "flow", norm, strong=True), "path with the most gradient"))
        if highlight.count > bool(highlight.strongest):
            others = "other paths between the ends" if highlight.strongest else "paths between the ends"
            found.append((Sample([], "flow", norm, hot=True), others))
    if layout.view.attention:
        found.append((Sample([], "none", attention=True), "attention, as wide as its mean weight"))
    if scale is not None:
        norms = [line.norm for line in layout.view.lines] + [stub.norm for stub in layout.view.stubs]
        norms += [box.norm for box in layout.view.boxes if box.where != "gap"]
        marks = {scale.mark(norm) for norm in norms} | {shade.mark for shade in layout.heat if shade.mark != "none"}
        found += [(Sample([], mark), text) for mark, text in MARKS if mark in marks]
    return found


def caption(view: View) -> str:
    """How much there is, and how much of it is drawn."""
    graph = view.graph
    words = [_count(len(graph.vertices), "node")]
    if view.steps:
        words.insert(0, _count(view.steps, "time step") + (", found by repetition" if graph.found else ""))
    on_shelf = [box.vertex for box in view.boxes if box.where == "shelf" and box.vertex is not None]
    parameters = sum(graph.vertices[k].leaf for k in on_shelf)
    if parameters:
        words.append(_count(parameters, "parameter"))
    hidden = sum(column.count for column in view.columns if isinstance(column, Gap))
    if hidden:
        words.append(f"{_count(hidden, 'step')} not drawn")
    if view.highlight is not None:
        words.append(way(view, view.highlight))
    return "  ·  ".join(words)


def way(view: View, found: Highlight) -> str:
    """How many paths are highlighted, and between what; also if there is nothing to be seen of them."""
    ends = [describe(view.graph.vertices[k]) for k in (min(found.sources), found.target)]
    count = _count(found.count, "path") if found.count else "no path"
    hot = [box.hot for box in view.boxes] + [line.hot for line in view.lines] + [stub.hot for stub in view.stubs]
    return f"{count} from {ends[0]} to {ends[1]}" + ", without any gradient" * (found.count > 0 and not any(hot))


def _count(count: int, what: str) -> str:
    if count < 10**6:
        return f"{count:,} {what}{'' if count == 1 else 's'}"
    return f"about {power_of_ten(round(math.log10(count)))} {what}s"
