"""The backward pass as a moving picture: stop by stop, the gradients that are known."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..autograd import Tensor
from ..errors import GraphError, OptionError
from ..replace import replacing
from .drawing import draw
from .frames import Frame, frames
from .layout import Area, Layout, Sample, Shade
from .picture import Picture
from .plots.canvas import theme_of
from .view import Step, View

__all__ = ["animate", "stops"]

Array = np.ndarray[Any, Any]
FORMATS = {".gif": "GIF", ".png": "PNG", ".apng": "PNG"}


def animate(
    picture: Picture | Tensor | Sequence[Tensor],
    path: str | os.PathLike[str],
    *,
    seconds: float = 0.6,
    dark: bool = False,
    scale: float = 1.0,
) -> None:
    """Write a GIF or an animated PNG of the backward pass, one frame for each time step that it comes through.

    The current step has an orange bar; the last frame, which stands four times as long, is the picture itself. Time
    steps that the picture hides share a frame.

    Args:
        picture: what `draw` returns, or what it takes.
        path: ending in .gif, .png or .apng. Only GIF is limited to 256 colours.
        seconds: how long a frame stands.
        dark: colours for a dark page.
        scale: pixels for each unit of the picture.

    Raises:
        GraphError: if the picture was drawn without gradients.
        OptionError: for another suffix, or seconds or a scale that are not positive.
        ProgramError: if Matplotlib is not installed.
        FileAccessError: if the file cannot be written.

    >>> import numpy as np, tinygrad_seq as tg
    >>> output, _ = tg.nn.GRU(2, 3)(np.ones((5, 1, 2), "float32"))
    >>> tg.viz.animate(np.sum(output[-1]), "backward.gif")  # doctest: +SKIP
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise OptionError(f"animate: got '{path}', whose suffix is {suffix or 'missing'}; need .gif, .png or .apng")
    if not seconds > 0 or not scale > 0:
        raise OptionError(f"animate: got seconds={seconds} and scale={scale}; need more than 0")
    picture = picture if isinstance(picture, Picture) else draw(picture)
    from .raster import raster  # noqa: PLC0415 - needed only here
    from .writers.svg import svg  # noqa: PLC0415 - as above

    theme = theme_of(dark)
    pixels = [raster(svg(layout, theme), scale)[..., :3] for layout in stops(picture)]
    from PIL import Image  # noqa: PLC0415 - comes with Matplotlib

    if suffix == ".gif":
        pixels, palette = _in_one_palette(pixels)
    images: list[Any] = [Image.fromarray(frame) for frame in pixels]
    if suffix == ".gif":
        for image in images:
            image.putpalette(palette)
    each = round(1000 * seconds)
    options = {"save_all": True, "append_images": images[1:], "loop": 0}
    with replacing(path, "animate") as file:
        images[0].save(file, FORMATS[suffix], duration=[each] * (len(images) - 1) + [4 * each], **options)


def _in_one_palette(pixels: list[Array]) -> tuple[list[Array], bytes]:
    """Frames of positions in a palette, the same for all so that nothing flickers, and the palette.

    It has the 256 commonest colours as they are; any other becomes the closest of these.
    """
    packed = [(frame.astype(np.uint32) << np.array([16, 8, 0], np.uint32)).sum(axis=-1) for frame in pixels]
    colors, counts = np.unique(np.stack(packed), return_counts=True)
    palette = _rgb(np.sort(colors[np.argsort(-counts, kind="stable")[:256]]))
    found = []
    for frame in packed:
        own, where = np.unique(frame, return_inverse=True)
        # In blocks, as a frame may have many colours.
        closest = [_distance(block, palette).argmin(axis=1) for block in np.array_split(_rgb(own), len(own) // 999 + 1)]
        found.append(np.concatenate(closest).astype(np.uint8)[where.reshape(frame.shape)])
    return found, palette.astype(np.uint8).tobytes()


def _rgb(packed: Array) -> Array:
    return np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=-1).astype(np.int64)


def _distance(a: Array, b: Array) -> Array:
    found: Array = np.square(a[:, None] - b).sum(axis=-1)
    return found


def stops(picture: Picture) -> Iterator[Layout]:
    """The picture as it is at each stop of the backward pass that changes what is drawn; the last is its own layout.

    Raises:
        GraphError: if it was drawn without gradients.
    """
    graph, layout = picture.fold.graph, picture.layout
    found = frames(graph)
    if not found:
        raise GraphError("animate: got a picture without gradients; draw it with gradients=True")
    done: set[tuple[int, int]] = set()
    before: View | None = None
    for frame in found[:-1]:
        done.update((pull.vertex, pull.input) for pull in frame.pulls)
        view = _known(layout.view, frame.known, done)
        if before is None or (view.boxes, view.lines, view.stubs) != (before.boxes, before.lines, before.stubs):
            yield _at(layout, view, frame, found[-1].stop)
        before = view
    yield layout


def _known(view: View, known: frozenset[int], done: set[tuple[int, int]]) -> View:
    """The view without the gradients that are not known yet."""
    boxes = view.boxes

    def flows(source: int | None, target: int, i: int) -> bool:
        vertex = boxes[target].vertex
        if vertex is not None and i >= 0:
            return (vertex, i) in done
        start = None if source is None else boxes[source].vertex
        return start in known or (start is None and vertex in known)

    return replace(
        view,
        boxes=[box if box.vertex in known else box._replace(norm=None, spread=None) for box in boxes],
        lines=[
            line if flows(line.source, line.target, line.input) else line._replace(norm=None) for line in view.lines
        ],
        stubs=[
            stub if flows(stub.source, stub.target, stub.input) else stub._replace(norm=None) for stub in view.stubs
        ],
    )


def _at(layout: Layout, view: View, frame: Frame, last: int) -> Layout:
    """The layout of a stop: a bar over the current step, and what it is in place of the caption."""
    where = "the outputs" if not frame.stop else "outside of time" if frame.t is None else f"time step {frame.t}"
    caption = replace(layout.texts[1], text=f"backward pass, stop {frame.stop} of {last}: {where}")
    texts = [text for text in layout.texts[2:] if text.kind != "factor"]
    samples = list(layout.samples)
    tops = [item.area.y for item in layout.frames if item.kind == "column"]
    for column, (left, right) in zip(view.columns, layout.columns, strict=True):
        if isinstance(column, Step) and column.t == frame.t and frame.t is not None and tops:
            samples.append(Sample([(left + 4, min(tops)), (right - 4, min(tops))], "none", strong=True))
    shades = list(_shades(layout, view, frame.known))
    return replace(layout, view=view, texts=[layout.texts[0], caption, *texts], samples=samples, heat=shades)


def _shades(layout: Layout, view: View, known: frozenset[int]) -> Iterator[Shade]:
    """The strip below the picture, as far as it is known."""
    tops = sorted({shade.area.y for shade in layout.heat})
    for heat, top in zip(view.heat, tops, strict=True):
        path = view.bands[heat.state[0]][0]
        states = sorted(
            (v.t, v.id) for v in view.graph.vertices if (v.path, v.name) == (path, heat.name) and v.t is not None
        )
        if len(states) != len(heat.norms):
            continue
        row = [shade for shade in layout.heat if shade.area.y == top]
        left, right = min(shade.area.x for shade in row), max(shade.area.right for shade in row)
        there = np.array([False, *(vertex in known for _, vertex in states), False])
        edges = left + (right - left) * np.flatnonzero(there[1:] != there[:-1]) / len(states)
        for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            for shade in row:
                x, end = max(a, shade.area.x), min(b, shade.area.right)
                if end > x:
                    yield replace(shade, area=Area(x, top, end - x, shade.area.height))
