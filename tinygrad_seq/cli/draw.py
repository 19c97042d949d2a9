"""``tinygrad-seq draw``, and the pictures at the end of a demo."""

from __future__ import annotations

import sys
import tempfile
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from shutil import get_terminal_size

from .. import viz
from ..errors import ProgramError
from ..replace import replacing
from .subject import Subject

__all__ = ["Look", "draw_subject", "draw_window", "open_file", "write_all"]

FORMATS = {
    ".svg": "the unrolled graph of a window, with the gradient's way",
    ".html": "the same, to look into",
    ".dot": "the same, for Graphviz",
}
TERMINAL = Path("-")
ANIMATED = (".gif", ".apng")
COLUMNS = 8
"""Of a window of the demo; a page has all."""


@dataclass(frozen=True)
class Look:
    """How a picture is drawn, in the words of the command line; the rest is as for `viz.draw`."""

    level: str | None = None
    start: str = "loss@-1"
    end: str = "x@0"
    only: str | None = None
    gradients: bool = True
    focus: tuple[int, ...] = ()
    columns: int = 12
    fold: tuple[str, ...] = ()
    title: str | None = None
    dark: bool = False


def draw_subject(subject: Subject, look: Look, paths: Sequence[Path], show: bool) -> None:
    """Draw one picture, write it to all files or to none, and say which."""
    way = ""
    if look.end != "none":
        along = {None: "", "cell": " along the cell state", "hidden": " without the cell state"}
        way = f": from {look.start} to {look.end}{along.get(look.only, f' through {look.only}')}"
    picture = viz.draw(
        subject.outputs(look.start),
        view=look.level,  # type: ignore[arg-type]  # the parser has looked
        fold=look.fold,
        gradients=look.gradients,
        highlight=_ends(look),
        only=look.only,
        columns=look.columns,
        focus=look.focus,
        title=subject.title + way if look.title is None else look.title,
    )

    def write(path: Path) -> None:
        if path.suffix.lower() in ANIMATED:
            viz.animate(picture, path, dark=look.dark)
        else:
            picture.save(path, dark=look.dark)

    files = [path for path in paths if path != TERMINAL]
    write_all(files, write)
    if TERMINAL in paths:
        sys.stdout.write(picture.text(get_terminal_size().columns))
    if show:
        open_file(files[0])


def write_all(paths: Sequence[Path], write: Callable[[Path], None]) -> None:
    """Write files by a function that takes a path, and say so: all of them, or none if one cannot be written."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        made = [Path(folder, f"{k}{path.suffix}") for k, path in enumerate(paths)]
        files = [stack.enter_context(replacing(path, "draw")) for path in paths]
        for path, file in zip(made, files, strict=True):
            write(path)
            file.write(path.read_bytes())
    for path in paths:
        print(f"wrote {path}")


def open_file(path: Path) -> None:
    """Show a file in the browser.

    Raises:
        ProgramError: if there is none.
    """
    if not webbrowser.open(path.resolve().as_uri()):
        raise ProgramError(f"draw: found no browser; open '{path}' in one yourself")


def _ends(look: Look) -> str | tuple[str, str] | None:
    """What to highlight. A loss by itself is the whole output; of all losses it is the last one."""
    if look.end == "none":
        return None
    if look.start.startswith("loss@"):
        return look.end
    return ("loss@-1" if look.start == "loss" else look.start, look.end)


def draw_window(subject: Subject, folder: Path) -> list[tuple[Path, str]]:
    """Write pictures of the way from the last loss of a window to its first input; return each file with what it is."""
    title = f"{subject.title}: from the last loss to the first character"
    picture = viz.draw(subject.losses[-1], highlight="x@0", columns=COLUMNS, title=title)
    files = [(folder / f"graph{ending}", what) for ending, what in FORMATS.items()]
    for path, _ in files:
        picture.save(path)
    return files
