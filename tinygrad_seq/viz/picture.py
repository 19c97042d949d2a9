"""`Picture`: a view of a graph, laid out, as text in several formats or as a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from ..autograd.collector import paused
from ..errors import OptionError, ProgramError
from ..replace import replacing
from .arrange import arrange
from .fold import Fold, Level, fold
from .frames import Frame, frames
from .graph import Graph
from .layout import Layout
from .paths import Highlight
from .scale import DARK, LIGHT, Theme
from .show import show
from .values import Values
from .view import View

__all__ = ["Picture"]

TIMEOUT = 30
"""How many seconds Graphviz may take."""

NOTEBOOK = 10**6
"""How many bytes a notebook shall save with a picture; it has a longer page as SVG."""

ENDS = {"png": (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"), "pdf": (b"%PDF-", b"%%EOF")}
"""How a file that is whole begins and ends."""


class Picture:
    """What `draw` returns. It holds numbers and names, no array, and shows itself in a notebook.

    There it is the page of `html`, or, where that is longer than a megabyte, the `svg`.

    Attributes:
        graph: all nodes of the recorded graph, without their arrays.
        view: which of them are drawn, and how they hang together.
        layout: where.

    >>> import tinygrad_seq as tg
    >>> w = tg.tensor(0.9, requires_grad=True)
    >>> h = tg.tensor(1.0)
    >>> for t in range(3):
    ...     with tg.scope("decay", t=t):
    ...         h = h * w
    >>> picture = tg.viz.draw(h)
    >>> picture.graph
    <graph of 4 vertices>
    >>> picture.mermaid().splitlines()[0]
    'flowchart LR'
    """

    def __init__(
        self,
        graph: Graph,
        *,
        level: Level = "ops",
        folded: Sequence[str] = (),
        known: Fold | None = None,
        highlight: Highlight | None = None,
        columns: int = 12,
        focus: tuple[int, ...] = (),
        title: str = "",
        values: Values | None = None,
        replay: Sequence[Graph] = (),
    ):
        self.graph = graph
        self.level = level
        self._page = (highlight, values, tuple(replay))
        self._whole = highlight
        self._asked: dict[str, Any] = {
            "view": level,
            "fold": list(folded),
            "columns": columns,
            "focus": list(focus),
            "title": title,
        }
        self.fold: Fold = known or fold(graph, level, folded)
        found = None if highlight is None else self.fold.highlight(highlight)
        self._options = (found, columns, focus, title)
        self.view: View = show(
            self.fold.graph,
            columns=columns,
            focus=focus,
            highlight=found,
            rolled=level == "rolled",
            places=self.fold.places,
        )

    @cached_property
    def layout(self) -> Layout:
        """Where everything is."""
        return arrange(self.view, self._options[-1])

    def __repr__(self) -> str:
        shown = sum(box.vertex is not None for box in self.view.boxes)
        return f"<picture of {shown} of {len(self.graph.vertices)} nodes>"

    def svg(self, dark: bool = False) -> str:
        """A vector picture; no program is needed."""
        from .writers.svg import svg  # noqa: PLC0415 - a writer is loaded when it is used

        return svg(self.layout, _theme(dark))

    def html(self) -> str:
        """A page that needs no network and shows all time steps: from a heat map of the whole to each single number.

        Move, zoom, search, fold, hover for numbers, click two boxes for the paths between them, and go through the
        backward pass step by step; the key ``?`` tells all keys.
        """
        from .scene import scene  # noqa: PLC0415 - as above
        from .writers.html import html  # noqa: PLC0415 - as above

        highlight, values, replay = self._page
        folded = self._asked["fold"]
        known = None if folded else self.fold
        with paused:
            return html(scene(self.graph, self._options[-1], highlight, values, replay, self.level, known, folded))

    def frames(self) -> list[Frame]:
        """The backward pass in stops, one for each time step that it comes through, as the page plays it.

        Stop 0 has the gradients of the outputs; at the last everything is known. See `frames.Frame`.

        >>> import numpy as np, tinygrad_seq as tg
        >>> output, _ = tg.nn.RNN(2, 3)(np.ones((3, 1, 2), "float32"))
        >>> [frame.t for frame in tg.viz.draw(np.sum(output[-1])).frames()]
        [None, None, 2, 1, 0, None]
        """
        return frames(self.graph)

    def dot(self, dark: bool = False, plain: bool = False) -> str:
        """Graphviz source in which all places are given: ``neato -n2`` draws this same picture.

        With ``plain`` the source has no places, and a cluster for each time step: ``dot`` arranges it.
        """
        from .writers.dot import dot, plain_dot  # noqa: PLC0415 - as above

        return plain_dot(self.layout, _theme(dark)) if plain else dot(self.layout, _theme(dark))

    def json(self) -> str:
        """All that is drawn, with its numbers and places; the field ``version`` says what the fields mean.

        `from_json` reads it.
        """
        from .writers.json import json  # noqa: PLC0415 - as above

        with paused:
            return json(self.layout, self.graph, self._asked, self._whole)

    def text(self, width: int = 100) -> str:
        """Plain text for a terminal: a row for each value, a character for each time step."""
        from .writers.text import text  # noqa: PLC0415 - as above

        return text(self.view, self.layout.scale, self.layout.texts[0].text, width)

    def mermaid(self, dark: bool = False) -> str:
        """A Mermaid flowchart, with fewer time steps if it would be more than Mermaid draws."""
        from .writers.mermaid import LIMIT, mermaid  # noqa: PLC0415 - as above

        highlight, columns, focus, _ = self._options
        view = self.view
        while len(view.lines) + len(view.stubs) > LIMIT and columns > 1:
            columns, focus = columns // 2, ()
            view = show(self.fold.graph, columns=columns, focus=focus, highlight=highlight)
        return mermaid(view, self.layout.scale, _theme(dark))

    def save(self, path: str | os.PathLike[str], dark: bool = False) -> None:
        """Write a file in the format of its suffix: .svg .html .dot .json .mmd .txt, and with Graphviz .png and .pdf.

        The file is written aside and renamed.

        Raises:
            OptionError: for another suffix.
            ProgramError: for .png and .pdf if Graphviz is not installed, fails or takes more than 30 s.
            FileAccessError: if the file cannot be written.
        """
        suffix = Path(path).suffix.lower()
        if suffix in (".png", ".pdf"):
            content = _graphviz(self.dot(dark), suffix[1:])
        elif suffix == ".html":
            content = self.html().encode()
        elif suffix == ".json":
            content = self.json().encode()
        elif suffix == ".txt":
            content = self.text().encode()
        elif suffix in _WRITERS:
            content = _WRITERS[suffix](self, dark).encode()
        else:
            raise OptionError(
                f"save: got '{path}', whose suffix is {suffix or 'missing'}; "
                f"need .svg, .html, .dot, .json, .mmd, .txt, .png or .pdf"
            )
        with replacing(path, "save") as file:
            file.write(content)

    def _repr_svg_(self) -> str | None:
        return _for_notebook(self.svg())

    def _repr_html_(self) -> str | None:
        height = min(max(round(self.layout.height * 960 / self.layout.width) + 60, 360), 800)
        return _for_notebook(
            f'<iframe srcdoc="{escape(self.html())}" style="width: 100%; height: {height}px; border: 0" '
            f'title="{escape(self.layout.texts[0].text)}"></iframe>'
        )


_WRITERS = {".svg": Picture.svg, ".dot": Picture.dot, ".gv": Picture.dot, ".mmd": Picture.mermaid}


def _for_notebook(text: str) -> str | None:
    """None, at which a notebook takes the next form, if this one is too long for it."""
    data = text.encode("utf-8", "replace")  # half of a surrogate pair is no character of UTF-8
    return data.decode() if len(data) < NOTEBOOK else None


def _theme(dark: bool) -> Theme:
    return DARK if dark else LIGHT


def _graphviz(source: str, form: str) -> bytes:
    """The source drawn by Graphviz, at the places that it gives."""
    import subprocess  # noqa: PLC0415 - slow to import, and seldom needed

    try:
        done = subprocess.run(
            ["neato", "-n2", f"-T{form}"], input=source.encode(), capture_output=True, timeout=TIMEOUT, check=False
        )
    except FileNotFoundError:
        raise ProgramError(
            f"save: .{form} is drawn by Graphviz, whose program neato is not installed; install Graphviz "
            f"(apt install graphviz, brew install graphviz), or save as .svg or .html, which need no program"
        ) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        what = f"took more than {TIMEOUT} s" if isinstance(error, subprocess.TimeoutExpired) else str(error)
        raise ProgramError(f"save: Graphviz's neato failed: {what}; save as .svg or .html instead") from error
    start, end = ENDS[form]
    if done.returncode or not (done.stdout.startswith(start) and done.stdout.rstrip().endswith(end)):
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message, and no whole file"]
        raise ProgramError(f"save: Graphviz's neato failed: {lines[0]}; save as .svg or .html instead")
    return done.stdout
