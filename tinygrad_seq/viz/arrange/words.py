"""Behind the boxes, and beside them: frames with the names of modules and steps, and what is written on gaps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ..layout import Area, Frame, FrameKind, Layout, Text, text_width
from ..view import Gap, column_name
from .grid import OUTER, Grid
from .part import Part

__all__ = ["add_frames", "add_gap_words"]


def add_gap_words(layout: Layout) -> None:
    """By what factor gradients change behind a gap, and how many steps it hides, where no state runs through."""
    view = layout.view
    for through, path in zip(view.through, layout.through, strict=True):
        (start, y), (end, _) = path
        if through.factor is not None:
            layout.texts.append(Text("factor", (start + end) / 2, y - 5, f"gradient ×{through.factor:.2g}", "middle"))
    for k, box in enumerate(view.boxes):
        if box.where != "gap":
            continue
        area = layout.boxes[k]
        pairs = zip(view.through, layout.through, strict=True)
        ways = [path[0][1] for through, path in pairs if (through.column, through.state[0]) == (box.column, box.band)]
        _, y = max((b - a, (a + b) / 2) for a, b in pairwise(sorted([area.y - 8, *ways, area.bottom])))
        x = area.x + area.width / 2
        layout.texts.append(Text("gap", x, y - 1, box.sign, "middle"))
        layout.texts.append(Text("gapnote", x, y + 11, box.note, "middle"))


def add_frames(layout: Layout, grid: Grid) -> None:
    """Columns, bands, the steps of each, and the modules beside them, with their names."""
    view = layout.view
    frames: list[Frame] = []
    for (left, right), column in zip(grid.columns, view.columns, strict=True):
        top = grid.header[column.axis]
        words = "⋯" if isinstance(column, Gap) else column_name(column)
        layout.texts.append(Text("step", (left + right) / 2, top + 17, words, "middle"))
        if not isinstance(column, Gap):
            low = max(low for axis, (_, low) in zip(view.axis, grid.bands, strict=True) if axis == column.axis)
            frames.append(Frame("column", Area.between(left, top, right, low + 6.0)))
    for band, ((name, _), (top, low)) in enumerate(zip(view.bands, grid.bands, strict=True)):
        columns = grid.columns_of(band)
        left, right = grid.columns[columns[0]][0] - 5, grid.columns[columns[-1]][1] + 5
        frames.append(Frame("module", Area.between(left, top, right, low)))
        above = min([y for (b, _), y in grid.loop.items() if b == band and y < top], default=top)
        layout.texts.append(Text("module", left + 2, above - 5, name or "no module"))
    drawn = {(box.column, box.band) for box in view.boxes if box.where == "step"}
    frames += [Frame("cell", grid.step(*place)) for place in sorted(drawn)]
    for masked in view.masked:
        area, (live, rows) = grid.step(masked.column, masked.band), masked.live
        kind: FrameKind = "partly" if live else "masked"
        frames.append(Frame(kind, area))
        words = f"{live} of {rows} rows" if live else "no row"
        layout.texts.append(Text("factor", area.right - 4, area.y - 4, words, "end"))
    labels: list[Area] = []
    for part in grid.parts.values():
        frames += _groups(layout, grid, part, labels)
    for state, y in grid.loop.items():
        left, right = grid.columns[grid.columns_of(state[0])[0]]
        words = "t → t − 1" if view.mirrored(state) else "t → t + 1"
        module = text_width(view.bands[state[0]][0] or "no module", 11, bold=True)
        aside = left + module + 8.0 + text_width(words, 9) / 2  # of its name
        x = max((left + right) / 2, aside) if y < grid.bands[state[0]][0] else (left + right) / 2
        layout.texts.append(Text("factor", x, y - 5.0, words, "middle"))
    layout.frames[:0] = frames


def _groups(layout: Layout, grid: Grid, part: Part, labels: list[Area]) -> Iterator[Frame]:
    """Frames around neighbours in a strip that belong to one module, where no foreign box is in the way."""
    view = layout.view
    runs: list[tuple[str, list[int]]] = []
    for k in sorted(part.boxes, key=lambda k: view.boxes[k].rank):
        vertex = view.boxes[k].vertex
        path = "" if vertex is None else view.graph.vertices[vertex].path
        if runs and runs[-1][0] == path:
            runs[-1][1].append(k)
        else:
            runs.append((path, [k]))
    for path, ids in runs:
        areas = [layout.boxes[k] for k in ids] + [layout.stubs[n][0] for k in ids for n in grid.stubs_of[k]]
        whole = Area.between(
            min(a.x for a in areas), min(a.y for a in areas), max(a.right for a in areas), max(a.bottom for a in areas)
        ).grown(5, 5)
        if not path or any(whole.meets(layout.boxes[k]) for k in part.boxes if k not in ids):
            continue
        yield Frame("group", whole)
        x, y = (whole.right + 5, whole.y + whole.height / 2 + 4) if part.falls else (whole.x + 1, whole.y - 4)
        words = Area(x, y - 10, text_width(path, 11, bold=True), 12)
        taken = [*part.areas().values(), *(label for label, _ in part.stubs().values()), *labels]
        if not any(words.meets(other) for other in taken):
            labels.append(words)
            layout.texts.append(Text("module", x, y, path))
            layout.width = max(layout.width, words.right + OUTER)
