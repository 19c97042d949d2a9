"""A picture from the JSON that one was saved as."""

from __future__ import annotations

import json
from typing import Any

from ..autograd.collector import paused
from ..errors import FileFormatError
from .fold import LEVELS
from .graph import Graph, Vertex
from .paths import Highlight
from .picture import Picture
from .writers.json import FORMAT, KIND, VERSION

__all__ = ["from_json"]


def from_json(text: str) -> Picture:
    """The picture whose ``.json()`` this is; it can be written in every format again.

    Raises:
        FileFormatError: if the text is something else, was cut, or comes from a newer version.

    >>> import tinygrad_seq as tg
    >>> w = tg.tensor(0.9, requires_grad=True)
    >>> text = tg.viz.draw(w * w).json()
    >>> tg.viz.from_json(text).json() == text
    True
    """
    try:
        with paused:
            data = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise FileFormatError(
            f"from_json: got text that is not JSON: {error}; need what Picture.json() gives"
        ) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise FileFormatError("from_json: got JSON of something else; need what Picture.json() gives")
    if data.get("version") != VERSION:
        raise FileFormatError(
            f"from_json: got version {data.get('version')!r}; this release reads {VERSION}; draw the picture again"
        )
    try:
        with paused:
            return _picture(data)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, AssertionError) as error:
        raise FileFormatError(
            f"from_json: got a damaged picture ({type(error).__name__}: {error}); draw and save it again"
        ) from error


def _picture(data: dict[str, Any]) -> Picture:
    kinds = [{key: _tuples(kind[key]) for key in KIND} for kind in data["kinds"]]
    vertices = tuple([_vertex(k, row, kinds[row["kind"]]) for k, row in enumerate(data["vertices"])])
    together = {_tuples(several["edges"]): float(several["norm"]) for several in data["together"]}
    graph = Graph(vertices, tuple(data["outputs"]), data["measured"], together, data.get("found", False))
    options = data["options"]
    if options["view"] not in LEVELS or not all(0 <= k < len(vertices) for k in graph.outputs):
        raise ValueError("there is no such level or output")
    return Picture(
        graph,
        level=options["view"],
        folded=tuple(options["fold"]),
        highlight=None if options["highlight"] is None else _highlight(options["highlight"]),
        columns=options["columns"],
        focus=tuple(options["focus"]),
        title=options["title"],
    )


def _vertex(k: int, row: dict[str, Any], kind: dict[str, Any]) -> Vertex:
    parents = tuple(row["parents"])
    if any(p is not None and not 0 <= p < k for p in parents):
        raise ValueError(f"vertex {k} depends on a later one")
    flows = row.get("flows", [None] * len(parents))
    return Vertex(
        id=k,
        parents=parents,
        key=row.get("key", ""),
        by_step=row.get("by_step", False),
        t=row.get("t"),
        of=row.get("of"),
        norm=_number(row.get("norm")),
        flows=tuple([_number(flow) for flow in flows]),
        live=_tuples(row.get("live")),
        weights=tuple([float(x) for x in row.get("weights", ())]),
        **kind,
    )


def _highlight(found: dict[str, Any]) -> Highlight:
    count = found["paths"]
    return Highlight(
        sources=frozenset(found["sources"]),
        target=found["target"],
        vertices=frozenset(found["vertices"]),
        edges=frozenset(_tuples(found["edges"])),
        strongest=_tuples(found["strongest"]),
        count=int(count, 0) if isinstance(count, str) else count,
    )


def _tuples(value: Any) -> Any:
    return tuple([_tuples(item) for item in value]) if isinstance(value, list) else value


def _number(x: float | str | None) -> float | None:
    return float(x) if isinstance(x, str) else x
