"""One token after the other, the best or one that is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...autograd import no_grad
from ...autograd.tensor import Array
from ...errors import OptionError
from ...random import generator as default_generator
from ..arguments import positive
from .step import Decoded, Step, checked, normalised, step_log_p, taken

__all__ = ["greedy", "sample"]


def greedy(step: Step, state: Any, start: Any, end: int | None = None, max_length: int = 100) -> Decoded:
    """At each step the most probable token, until the end token or ``max_length`` tokens.

    Args:
        step: the model, ``step(token, state) -> (logits, state)``.
        state: the first state.
        start: ``(B,)`` integers: the token that each row begins with.
        end: the token that ends a row, or None.
        max_length: the most tokens.

    Raises:
        ShapeError, DTypeError: for a start that is no row of integers, or logits that are not ``(B, V)``.
        OptionError: for a max_length that is not positive, an end token that is none, or logits with NaN.

    >>> import numpy as np, tinygrad_seq as tg
    >>> count = lambda token, state: (np.eye(6)[(token + 1) % 6] * 9, state)
    >>> found = tg.nn.decoding.greedy(count, None, start=[0, 3], end=5)
    >>> found.tokens.T.tolist(), found.lengths.tolist()
    ([[1, 2, 3, 4, 5], [4, 5, 5, 5, 5]], [5, 2])
    """
    return _roll("greedy", step, state, start, end, max_length, lambda log_p: log_p.argmax(axis=-1))


def sample(
    step: Step,
    state: Any,
    start: Any,
    end: int | None = None,
    max_length: int = 100,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: np.random.Generator | None = None,
) -> Decoded:
    """At each step a token drawn from the model's distribution, until the end token or ``max_length`` tokens.

    Args:
        step: the model, ``step(token, state) -> (logits, state)``.
        state: the first state.
        start: ``(B,)`` integers: the token that each row begins with.
        end: the token that ends a row, or None.
        max_length: the most tokens.
        temperature: what logits are divided by: below 1 the probable becomes more probable.
        top_k: draw among the so many most probable tokens (Fan, Lewis and Dauphin 2018).
        top_p: draw among the fewest most probable tokens whose probabilities reach this sum (Holtzman et al. 2020).
        generator: the source of randomness, by default the one that `tg.seed` restarts.

    Returns:
        The tokens, their lengths, and their log-probabilities under the model, whatever the other options are.

    Raises:
        ShapeError, DTypeError: for a start that is no row of integers, or logits that are not ``(B, V)``.
        OptionError: for an option out of range, an end token that is none, or logits with NaN.

    >>> import numpy as np, tinygrad_seq as tg
    >>> coin = lambda token, state: (np.zeros((len(token), 2)), state)
    >>> found = tg.nn.decoding.sample(coin, None, [0], max_length=8, generator=np.random.default_rng(0))
    >>> found.tokens.shape, round(float(np.exp(found.scores[0])) * 2**8, 6)
    ((8, 1), 1.0)
    """
    if not temperature > 0:
        raise OptionError(f"sample: got temperature={temperature}; need a positive number; use greedy for 0")
    if top_k is not None:
        positive("sample", top_k=top_k)
    if top_p is not None and not 0 < top_p <= 1:
        raise OptionError(f"sample: got top_p={top_p}; need a probability above 0, at most 1")
    rng = default_generator(generator)

    def choose(log_p: Array) -> Array:
        return draw(log_p / temperature, top_k, top_p, rng)

    return _roll("sample", step, state, start, end, max_length, choose)


def draw(scores: Array, top_k: int | None, top_p: float | None, rng: np.random.Generator) -> Array:
    """A token for each row, drawn with the probabilities softmax(scores), or among the likeliest."""
    order = np.argsort(-scores, axis=-1, kind="stable")
    p = np.exp(normalised(np.take_along_axis(scores, order, axis=-1)))
    if top_p is not None:
        p[np.cumsum(p, axis=-1) - p >= top_p] = 0
    if top_k is not None:
        p[:, top_k:] = 0
    reached = np.cumsum(p, axis=-1)
    place = (reached > rng.random((len(p), 1)) * reached[:, -1:]).argmax(axis=-1)
    token: Array = order[np.arange(len(p)), place]
    return token


def _roll(
    caller: str,
    step: Step,
    state: Any,
    start: Any,
    end: int | None,
    max_length: int,
    choose: Callable[[Array], Array],
) -> Decoded:
    token = checked(caller, start, end, max_length)
    live, lengths, scores = np.ones(len(token), bool), np.zeros(len(token), int), np.zeros(len(token))
    tokens: list[Array] = []
    with no_grad():
        while live.any() and len(tokens) < max_length:
            logits, state = taken(caller, step, token, state)
            log_p = step_log_p(caller, logits, token, end)
            token = np.where(live, choose(log_p), 0 if end is None else end)
            tokens.append(token)
            lengths += live
            scores += np.where(live, log_p[np.arange(len(token)), token], 0)
            if end is not None:
                live &= token != end
    return Decoded(np.array(tokens, np.intp).reshape(len(tokens), len(lengths)), lengths, scores)
