"""One training run, as a whole that can be stopped after any update, saved, loaded and gone on with, bit for bit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from .. import random
from ..autograd import Tensor
from ..data import Windows
from ..errors import OptionError, StateError
from ..nn.functional import cross_entropy
from ..optim import Adam, clip_grad_norm_
from .language_model import LanguageModel, detached

__all__ = ["MINUTES", "Options", "Row", "Run", "usual_rate"]

MINUTES = 0.6
WARM_UP = 20
ROWS = 20
RATES = {"rnn": 0.004, "lstm": 0.015, "gru": 0.006}


def usual_rate(cell: str, hidden: int) -> float:
    """A learning rate that has worked well on text: found by trial with 192 units, and less for more of them."""
    return RATES[cell] * min(1.0, math.sqrt(192 / hidden))


@dataclass(frozen=True)
class Options:
    """Everything that a run's result depends on, beside the text.

    Attributes:
        cell, hidden, layers, embedding: of the `LanguageModel`.
        length: T, the steps in a window, which is how far back gradients go.
        streams: B, how many places of the text are read side by side.
        updates: how many updates the run has; the learning rate follows from it.
        lr: the highest learning rate.
        clip: the largest norm of the gradient.
        seed: of the initial parameters.
    """

    cell: str = "lstm"
    hidden: int = 192
    layers: int = 1
    embedding: int = 64
    length: int = 64
    streams: int = 16
    updates: int = 1000
    lr: float = RATES["lstm"]
    clip: float = 1.0
    seed: int = 0

    def rate(self, update: int) -> float:
        """The learning rate of an update, counted from 0: a linear rise, then half a cosine down to a hundredth."""
        rise = min(1.0, (update + 1) / WARM_UP)
        fall = 0.505 + 0.495 * math.cos(math.pi * min(1.0, update / self.updates))
        return self.lr * rise * fall


class Row(NamedTuple):
    """A point of the loss curve: the mean loss in training since the last row, and that on held-out text."""

    updates: int
    characters: int
    train_bits: float
    held_out_bits: float


class Run:
    """A `LanguageModel` in training, by truncated backpropagation through time.

    Every update takes the next window of every stream, goes on from the state that the last one ended in, and
    differentiates through this window alone (Williams and Peng 1990). At the end of the text it starts again, from a
    state of zeros. Gradients are clipped by their joint norm (Pascanu 2013), the optimiser is Adam.

    Args:
        options: see `Options`.
        ids: ``(N,)`` the training text.
        size: V, the number of symbols.

    Raises:
        OptionError: for options that are out of range, or a text shorter than a window of all streams.

    >>> import numpy as np
    >>> run = Run(Options(hidden=8, length=5, streams=2, updates=3), np.arange(20) % 4, size=4)
    >>> losses = [run.step() for _ in range(3)]
    >>> run.done
    True
    """

    def __init__(self, options: Options, ids: np.ndarray[Any, Any], size: int):
        if options.updates < 1 or not 0 < options.lr < math.inf:
            raise OptionError(f"Run: got updates={options.updates} and lr={options.lr}; need numbers above 0")
        self.options = options
        self.windows = Windows(ids, options.length, options.streams)
        random.seed(options.seed)
        self.model = LanguageModel(size, options.cell, options.hidden, options.layers, options.embedding)
        self.optimizer = Adam(self.model.parameters(), lr=options.lr)
        self.updates = 0
        self.rows: list[Row] = []
        self._state: Any = None
        self._since_row: list[float] = []

    @property
    def done(self) -> bool:
        """Whether all updates have been made."""
        return self.updates >= self.options.updates

    @property
    def characters(self) -> int:
        """How many characters have been read in training."""
        return self.updates * self.options.length * self.options.streams

    @property
    def row_is_due(self) -> bool:
        """Whether the loss curve gets a row after this update: at the end, and at regular steps before it."""
        return self.done or self.updates % math.ceil(self.options.updates / ROWS) == 0

    def step(self) -> float:
        """Make one update, and return the loss of its window before it, in bits per character.

        Raises:
            OptionError: if the loss is not finite; the parameters are as they were.
        """
        k = self.updates % len(self.windows)
        x, y = self.windows[k]
        logits, state = self.model(x, self._state if k else None)
        loss = cross_entropy(logits.reshape(y.size, -1), y.reshape(-1))
        bits = float(loss.item()) / math.log(2)
        if not math.isfinite(bits):
            raise OptionError(f"training: the loss is {bits} at update {self.updates + 1}; need a lower learning rate")
        self.optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(self.model.parameters(), self.options.clip)
        self.optimizer.lr = self.options.rate(self.updates)
        self.optimizer.step()
        self._state = detached(state)
        self.updates += 1
        self._since_row.append(bits)
        return bits

    def add_row(self, held_out_bits: float) -> Row:
        """Add a point to the loss curve."""
        row = Row(self.updates, self.characters, float(np.mean(self._since_row)), held_out_bits)
        self.rows.append(row)
        self._since_row = []
        return row

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on, ready for `tg.io.save`."""
        return {
            "options": asdict(self.options),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "state": _arrays(self._state),
            "updates": self.updates,
            "rows": [tuple(row) for row in self.rows],
            "since_row": self._since_row,
        }

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on from where `state_dict` was taken.

        Raises:
            StateError: if it is of another kind or size of model.
        """
        needed = {"options", "model", "optimizer", "state", "updates", "rows", "since_row"}
        if not isinstance(saved, Mapping) or not needed <= set(saved):
            raise StateError(f"Run: got a state without {', '.join(sorted(needed))}; need one of Run.state_dict()")
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self._state = _tensors(saved["state"])
        self.updates = saved["updates"]
        self.rows = [Row(*row) for row in saved["rows"]]
        self._since_row = list(saved["since_row"])


def _arrays(state: Any) -> Any:
    if isinstance(state, tuple):
        return tuple(_arrays(part) for part in state)
    return None if state is None else state.numpy()


def _tensors(state: Any) -> Any:
    if isinstance(state, tuple):
        return tuple(_tensors(part) for part in state)
    return None if state is None else Tensor(state)
