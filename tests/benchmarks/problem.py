"""What is computed: a layer of random weights over a random sequence, and a loss that weighs every output."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
"""How many blocks of ``H`` rows the weights of each cell have."""


class Shape(NamedTuple):
    """The sizes of a step: ``D``, ``H``, ``B``, ``T``."""

    input: int
    hidden: int
    batch: int
    steps: int

    def __str__(self) -> str:
        return f"({','.join(map(str, self))})"


SHAPES = (
    Shape(8, 16, 4, 32),
    Shape(32, 32, 8, 50),
    Shape(65, 128, 32, 64),
    Shape(128, 256, 32, 64),
    Shape(256, 512, 64, 64),
    Shape(16, 64, 1, 1000),
)


FORMS = {
    "plain": ("l0",),
    "bidirectional": ("l0", "l0_reverse"),
    "two layers": ("l0", "l1"),
    "lengths": ("l0",),
}
"""How a layer is used, and the places of its weights."""


class Problem:
    """A layer, its input, and the loss ``sum(outputs * target)``.

    Attributes:
        cell: "rnn" (of tanh), "lstm" or "gru".
        shape: the sizes.
        form: one of `FORMS`.
        x: ``(T, B, D)``, the input, a constant.
        lengths: ``(B,)``, from half of T to T, or None.
        live: ``(T, B, 1)``, which steps count, or None.
        target: ``(T, B, directions * H)``, what the outputs are multiplied by; it is the cotangent of the outputs too.
        weights: for each place w_ih ``(G*H, D)``, w_hh ``(G*H, H)``, b_ih and b_hh ``(G*H,)``, of PyTorch's order.
    """

    def __init__(self, cell: str, shape: Shape, dtype: Any = np.float32, form: str = "plain"):
        rng = np.random.default_rng(0)
        inputs, hidden, batch, steps = shape
        rows = GATES[cell] * hidden
        bound = 1 / math.sqrt(hidden)
        self.cell = cell
        self.shape = shape
        self.x = rng.standard_normal((steps, batch, inputs)).astype(dtype)
        self.form = form
        width = hidden * (1 + (form == "bidirectional"))
        self.target = (rng.standard_normal((steps, batch, width)) / (steps * batch)).astype(dtype)
        self.lengths = self.live = None
        if form == "lengths":
            self.lengths = rng.integers(steps // 2, steps + 1, batch)
            self.live = np.arange(steps)[:, None, None] < self.lengths[:, None]
            self.target *= self.live
        self.weights = {
            place: tuple(
                rng.uniform(-bound, bound, size).astype(dtype)
                for size in [(rows, hidden if place == "l1" else inputs), (rows, hidden), (rows,), (rows,)]
            )
            for place in FORMS[form]
        }
