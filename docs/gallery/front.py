"""The picture at the top of the README: `python docs/gallery/front.py` draws it anew."""

from pathlib import Path

import numpy as np

import tinygrad_seq as tg

PATH = Path(__file__).parents[1] / "_static" / "lstm.svg"
TITLE = "LSTM, 4 steps: the way of the gradient from the last output to the first input"


def front() -> tg.viz.Picture:
    tg.seed(0)
    x = np.random.default_rng(0).normal(size=(4, 1, 8)).astype("float32")
    output, _ = tg.nn.LSTM(8, 8)(x)
    return tg.viz.draw(np.mean(output[-1] ** 2), highlight="x@0", title=TITLE)


if __name__ == "__main__":
    front().save(PATH)
