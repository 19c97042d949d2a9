"""``tinygrad-seq plot``: one measurement of the gradient, as a plot or as numbers."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from .. import flow
from .draw import open_file, write_all
from .subject import Subject

__all__ = ["PLOTS", "Plot", "plot_subjects"]

LINE = 64
"""How many characters a line of a title has room for."""
MOST = 100
"""Of how many losses the triangle has a row at most; each takes a sweep."""
DATES = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {}}
"""What keeps the day of its writing out of a file, which shall be the same each time."""
HEADINGS = {
    "heat": "Gradient by role and time",
    "triangle": "Gradient of each loss by each state",
    "jacobians": "Singular values of the step Jacobians",
    "gates": "Activations of the gates",
    "ledger": "Shares in the gradient of {weight}",
    "memory": "How far back the gradient reaches",
    "compare": "Gradient by role and time",
}


@dataclass(frozen=True)
class Plot:
    """What to measure, in the words of the command line."""

    start: str = "loss@-1"
    state: str = "h"
    weight: str = "weight_hh_l0"
    title: str | None = None
    dark: bool = False


def plot_subjects(kind: str, subjects: Sequence[Subject], ask: Plot, paths: Sequence[Path], show: bool) -> None:
    """Measure the subject, or several to compare, and write the plot and its numbers."""
    made = PLOTS[kind](subjects, ask)
    title = f"{HEADINGS[kind].format(weight=ask.weight)}\n{_together(subjects)}" if ask.title is None else ask.title
    write_all(paths, lambda path: made.write(path, title, ask.dark))
    if show:
        open_file(paths[0])


def _together(subjects: Sequence[Subject]) -> str:
    """What is plotted, in lines that fit; several cells differ in their names, and one of them may have options."""
    longest = max(subjects, key=lambda subject: len(subject.title))
    names = ", ".join(subject.name.upper() for subject in subjects) if len(subjects) > 1 else ""
    title = names + longest.title.removeprefix(longest.name.upper()) if names else longest.title
    return "\n".join(wrap(title, LINE))


@dataclass(frozen=True)
class Made:
    """A measurement.

    Attributes:
        plot: by title and darkness the figure.
        rows: the numbers, the names of the columns first.
    """

    plot: Callable[..., Any]
    rows: Iterable[Sequence[Any]]

    def write(self, path: Path, title: str, dark: bool) -> None:
        """Write a file in the format of its ending."""
        suffix = path.suffix.lower()
        if suffix == ".csv":
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(self.rows)
        else:
            save_figure(self.plot(title=title, dark=dark), path)


def save_figure(figure: Any, path: Path) -> None:
    """Write a figure, the same bytes each time."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "tinygrad-seq"}):
        figure.savefig(path, metadata=DATES[path.suffix.lower()])


def _heat(subjects: Sequence[Subject], ask: Plot) -> Made:
    found = _roles(subjects[0], ask)
    return Made(partial(_plots().heat, found), found.rows())


def _roles(subject: Subject, ask: Plot) -> flow.RoleNorms:
    """What reaches each role but the losses, which the gradient comes from."""
    found = flow.role_norms(subject.outputs(ask.start))
    kept = found.name != "loss"
    return replace(found, **{name: getattr(found, name)[kept] for name in found.columns})


def _triangle(subjects: Sequence[Subject], ask: Plot) -> Made:
    losses = subjects[0].losses
    at = sorted({round(t) for t in np.linspace(0, len(losses) - 1, MOST)})
    found = flow.triangle([losses[t] for t in at], ask.state, at=at)
    return Made(partial(_plots().triangle, found), found.rows())


def _jacobians(subjects: Sequence[Subject], ask: Plot) -> Made:
    path, _, state = ask.state.rpartition("/")
    found = flow.step_jacobians(subjects[0].losses[-1], state, path or None)
    return Made(partial(_plots().jacobians, found), found.rows())


def _gates(subjects: Sequence[Subject], ask: Plot) -> Made:
    return Made(partial(_plots().gates, subjects[0].gates), _activations(subjects[0].gates))


def _activations(gates: Mapping[str, Any]) -> Iterable[Sequence[Any]]:
    yield ("name", "t", "row", "unit", "value")
    for name, values in gates.items():
        yield from ((name, *index, value) for index, value in np.ndenumerate(values.numpy()))


def _ledger(subjects: Sequence[Subject], ask: Plot) -> Made:
    found = flow.ledger(subjects[0].outputs(ask.start), ask.weight)
    return Made(partial(_plots().ledger, found), found.rows())


def _memory(subjects: Sequence[Subject], ask: Plot) -> Made:
    found = flow.memory(subjects[0].outputs(ask.start), ask.state)
    return Made(partial(_plots().memory, found), found.rows())


def _compare(subjects: Sequence[Subject], ask: Plot) -> Made:
    found = {subject.name.upper(): _roles(subject, ask) for subject in subjects}
    rows: list[Sequence[Any]] = [("cell", *flow.RoleNorms.columns)]
    for cell, table in found.items():
        rows += [(cell, *row) for row in list(table.rows())[1:]]
    return Made(partial(_plots().compare, found, ask.state), rows)


PLOTS: dict[str, Callable[[Sequence[Subject], Plot], Made]] = {
    "heat": _heat,
    "triangle": _triangle,
    "jacobians": _jacobians,
    "gates": _gates,
    "ledger": _ledger,
    "memory": _memory,
    "compare": _compare,
}


def _plots() -> Any:
    from ..viz import plots

    return plots
