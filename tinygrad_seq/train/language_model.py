"""A model of text: which symbol comes next, given those before it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..autograd import Tensor, no_grad
from ..errors import OptionError
from ..nn import GRU, LSTM, RNN, Embedding, Linear, Module
from ..nn.functional import cross_entropy

__all__ = ["CELLS", "LanguageModel", "bits_per_character", "detached", "generate"]

CELLS: dict[str, type[Any]] = {"rnn": RNN, "lstm": LSTM, "gru": GRU}

Array = np.ndarray[Any, np.dtype[Any]]


class LanguageModel(Module):
    """Embedding, recurrent layers, and a linear map to the scores of the next symbol (Mikolov et al. 2010).

    Args:
        size: V, the number of symbols.
        cell: "rnn", "lstm" or "gru".
        hidden: H, the size of the state of each layer.
        layers: how many recurrent layers.
        embedding: D, the size of a symbol's vector.

    >>> import numpy as np, tinygrad_seq as tg
    >>> logits, state = LanguageModel(size=30, cell="gru", hidden=8)(np.zeros((5, 2), int))
    >>> logits.shape, state.shape
    ((5, 2, 30), (1, 2, 8))
    """

    def __init__(self, size: int, cell: str = "lstm", hidden: int = 128, layers: int = 1, embedding: int = 64):
        if cell not in CELLS:
            raise OptionError(f"LanguageModel: got cell={cell!r}; need {', '.join(map(repr, CELLS))}")
        self.embedding = Embedding(size, embedding)
        self.recurrent = CELLS[cell](embedding, hidden, layers)
        self.output = Linear(hidden, size)

    def forward(self, ids: Array, state: Any = None) -> tuple[Tensor, Any]:
        """Scores of the next symbol at every step, and the last state.

        Args:
            ids: ``(T, B)`` integers.
            state: h_0, or (h_0, c_0) for an LSTM; zeros by default.

        Returns:
            Logits ``(T, B, V)``, and the state after the last step.
        """
        outputs, state = self.recurrent(self.embedding(ids), state)
        return self.output(outputs), state


def detached(state: Any) -> Any:
    """A state's values without their history: a gradient goes no further back than here."""
    if isinstance(state, tuple):
        return tuple(detached(part) for part in state)
    return None if state is None else state.detach()


@no_grad()
def bits_per_character(
    model: LanguageModel,
    ids: Array,
    start: int,
    streams: int = 128,
    warm_up: int = 64,
    limit: int | None = None,
) -> float:
    """Bits per character of ``ids[start:]``: the mean of -log2 p over all of them, each predicted from those before.

    The characters are cut into ``streams`` stretches that are read side by side. Each begins with the ``warm_up``
    characters before it, which are read but not counted, so that no stretch starts from an empty memory.

    Args:
        model: the model, which is not changed.
        ids: ``(N,)`` the sequence.
        start: the first position that counts, at least 1.
        streams: how many stretches.
        warm_up: how many characters to read before each.
        limit: count only so many characters at the head of each stretch: an estimate from places spread
            evenly, for a part of the time.

    Raises:
        OptionError: if nothing comes before or after ``start``.
    """
    if not 1 <= start < len(ids):
        raise OptionError(f"bits_per_character: got start={start} for {len(ids)} ids; need 1 ... {len(ids) - 1}")
    count = len(ids) - start
    streams = min(streams, count)
    stretch = math.ceil(count / streams)
    warm_up = min(warm_up, start - 1)
    steps = warm_up + (stretch if limit is None else min(limit, stretch))
    first = start + stretch * np.arange(streams)
    targets = first - warm_up + np.arange(steps)[:, None]
    counted = (targets >= first) & (targets < len(ids))
    targets = targets.clip(max=len(ids) - 1)
    state: Any = None
    total = 0.0
    for at in range(0, steps, 64):
        here = targets[at : at + 64]
        logits, state = model(ids[here - 1], state)
        losses = cross_entropy(logits.reshape(here.size, -1), ids[here].reshape(-1), reduction="none")
        total += float(losses.numpy()[counted[at : at + 64].reshape(-1)].sum(dtype=np.float64))
    return total / (int(counted.sum()) * math.log(2))


def generate(
    model: LanguageModel, prompt: Array, length: int, temperature: float = 1.0, seed: int | None = None
) -> Iterator[int]:
    """Symbols drawn one after the other, each from the model's prediction after all before it.

    Args:
        model: the model.
        prompt: ``(N,)`` what comes before, at least one symbol.
        length: how many to draw.
        temperature: what the scores are divided by: below 1 the likely becomes likelier; 0 takes the likeliest.
        seed: of the random numbers; other ones each time by default.

    Raises:
        OptionError: for an empty prompt, or a negative length or temperature.

    >>> model = LanguageModel(size=5, hidden=4)
    >>> len(list(generate(model, np.array([0]), length=7, seed=0)))
    7
    """
    if len(prompt) < 1 or length < 0 or not 0 <= temperature < math.inf:
        raise OptionError(
            f"generate: got a prompt of {len(prompt)} symbols, length={length} and temperature={temperature}; "
            f"need one symbol or more, and numbers of at least 0"
        )
    return _draw(model, prompt, length, temperature, np.random.default_rng(seed))


def _draw(
    model: LanguageModel, prompt: Array, length: int, temperature: float, rng: np.random.Generator
) -> Iterator[int]:
    state: Any = None
    ids = prompt
    for _ in range(length):
        with no_grad():
            logits, state = model(ids[:, None], state)
        scores = logits.numpy()[-1, 0].astype(np.float64)
        if temperature == 0:
            symbol = int(scores.argmax())
        else:
            weights = np.exp((scores - scores.max()) / temperature).cumsum()
            symbol = int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))
        yield symbol
        ids = np.array([symbol])
