"""``tinygrad-seq diff``: what differs between two pictures, or two models that read one text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from .. import viz
from ..data import read_text
from .draw import open_file, write_all
from .plot import LINE, save_figure
from .subject import trained

__all__ = ["print_diff"]


def print_diff(
    first: Path, second: Path, text: str | None, steps: int | None, paths: Sequence[Path], dark: bool, show: bool
) -> None:
    """Print what differs, and write a plot of the ratio of the gradients."""
    found = viz.diff(*[_subject(path, text, steps) for path in (first, second)])
    print(found)
    title = "\n".join(["Gradient of b over that of a", *wrap(f"a: {first}, b: {second}", LINE)])
    write_all(paths, lambda path: save_figure(found.plot(dark=dark, title=title), path))
    if show:
        open_file(paths[0])


def _subject(path: Path, text: str | None, steps: int | None) -> Any:
    """A picture that draw has written as JSON, or the last loss of a model."""
    if path.suffix.lower() != ".json":
        return trained(path, text, steps).losses[-1]
    return viz.from_json(read_text(path))
