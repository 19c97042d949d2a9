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


class Problem:
    """A layer, its input, and the loss ``sum(outputs * target)``.

    Attributes:
        cell: "rnn" (of tanh), "lstm" or "gru".
        shape: the sizes.
        x: ``(T, B, D)``, the input, a constant.
        target: ``(T, B, H)``, what the outputs are multiplied by; it is the cotangent of the outputs too.
        weights: w_ih ``(G*H, D)``, w_hh ``(G*H, H)``, b_ih and b_hh ``(G*H,)``, of PyTorch's gate order.
    """

    def __init__(self, cell: str, shape: Shape, dtype: Any = np.float32):
        rng = np.random.default_rng(0)
        inputs, hidden, batch, steps = shape
        rows = GATES[cell] * hidden
        bound = 1 / math.sqrt(hidden)
        self.cell = cell
        self.shape = shape
        self.x = rng.standard_normal((steps, batch, inputs)).astype(dtype)
        self.target = (rng.standard_normal((steps, batch, hidden)) / (steps * batch)).astype(dtype)
        self.weights = tuple(
            rng.uniform(-bound, bound, size).astype(dtype)
            for size in [(rows, inputs), (rows, hidden), (rows,), (rows,)]
        )
