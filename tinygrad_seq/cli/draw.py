"""``tinygrad-seq draw``, and the pictures at the end of a demo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .. import random, viz
from ..nn.functional import cross_entropy
from ..train import CELLS, LanguageModel

__all__ = ["draw_fresh", "draw_window"]

FORMATS = {
    ".svg": "the unrolled graph of a short window, with the gradient's way",
    ".html": "the same, to look into",
    ".dot": "the same, for Graphviz",
}


def draw_window(model: LanguageModel, ids: np.ndarray[Any, Any], title: str, folder: Path) -> list[tuple[Path, str]]:
    """Write pictures of the graph of one short window, and return each file with what it is.

    Args:
        model: the model.
        ids: ``(T + 1,)`` symbols; all but the last are read, the last is the one to predict.
        title: what is drawn.
        folder: where to write.
    """
    logits, _ = model(ids[:-1, None])
    loss = cross_entropy(logits[-1], ids[-1:])
    picture = viz.draw(loss, highlight="x@0", title=title)
    written = []
    for ending, what in FORMATS.items():
        picture.save(folder / f"graph{ending}")
        written.append((folder / f"graph{ending}", what))
    return written


def draw_fresh(cell: str, steps: int, hidden: int, layers: int, seed: int, path: Path) -> None:
    """Draw a recurrent layer with random weights on random input; the loss is half the square of its last output."""
    random.seed(seed)
    layer = CELLS[cell](hidden, hidden, layers)
    x = random.generator().standard_normal((steps, 1, hidden)).astype(np.float32)
    output, _ = layer(x)
    loss = np.sum(output[-1] ** 2) / 2
    title = f"{cell.upper()}, {steps} steps: the way of the gradient from the last output to the first input"
    viz.draw(loss, highlight="x@0", title=title).save(path)
