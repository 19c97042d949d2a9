"""Beam search: several prefixes at once, the most probable ones."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ...autograd import no_grad
from ...autograd.tensor import Array
from ...errors import OptionError, ShapeError
from ...func.structure import map_structure
from ..arguments import positive
from .step import Decoded, Step, checked, step_log_p, taken

__all__ = ["beam"]


def beam(
    step: Step,
    state: Any,
    start: Any,
    end: int | None,
    max_length: int = 100,
    width: int = 4,
    length_penalty: float = 0.0,
) -> Decoded:
    r"""The K most probable sequences that a beam search finds, best first.

    A sequence is over at its end token, or when it has ``max_length`` tokens. At each step the ``width`` most probable
    prefixes that are not over go on. Of all sequences that were found over, those with the highest score are returned,

    .. math:: \text{score}(y) = \frac{\log p(y)}{|y|^\alpha}

    with :math:`|y|` the length and :math:`\alpha` the length penalty: 0 compares probabilities, which favours what is
    short, 1 the mean log-probability of a token. The search stops once nothing that goes on could come among the
    returned. It is exact when the width is no less than the number of prefixes.

    Args:
        step: the model, ``step(token, state) -> (logits, state)``.
        state: the first state; rows of its arrays are repeated and reordered, numbers are left as they are.
        start: ``(B,)`` integers: the token that each row begins with.
        end: the token that ends a row, or None.
        max_length: the most tokens.
        width: K, how many prefixes go on, and how many sequences are returned. If there are fewer sequences, the
            others have a score of -inf.
        length_penalty: alpha.

    Raises:
        ShapeError, DTypeError: for a start that is no row of integers, logits that are not ``(R, V)``, or a state whose
            arrays have other than R rows.
        OptionError: for an option out of range, an end token that is none, or logits with NaN.

    >>> import numpy as np, tinygrad_seq as tg
    >>> p = np.array([[0.0, 0.5, 0.5], [0.4, 0.3, 0.3], [0.9, 0.0, 0.1]])  # of the next token, after each; 0 ends
    >>> step = lambda token, state: (np.log(p[token] + 1e-9), state)
    >>> tg.nn.decoding.greedy(step, None, [0], end=0).tokens[:, 0].tolist()
    [1, 0]
    >>> found = tg.nn.decoding.beam(step, None, [0], end=0, width=2)
    >>> found.tokens[:, 0, 0].tolist(), np.exp(found.scores[0]).round(3).tolist()
    ([2, 0], [0.45, 0.2])
    """
    token = checked("beam", start, end, max_length)
    positive("beam", width=width)
    if not length_penalty >= 0:
        raise OptionError(f"beam: got length_penalty={length_penalty}; need a number of at least 0")
    rows = np.arange(len(token))[:, None]
    last = -1 if end is None else end
    prefixes, log_p = np.full((len(token), 1, max_length), max(last, 0)), np.zeros((len(token), 1))
    over = Decoded(prefixes[:, :0], np.zeros((len(token), 0), int), log_p[:, :0])
    with no_grad():
        for t in range(max_length):
            logits, state = taken("beam", step, token, state)
            new = step_log_p("beam", logits, token, end)
            each = log_p[..., None] + new.reshape(*log_p.shape, new.shape[1])
            ends = (np.arange(each.shape[-1]) == last) | (t + 1 == max_length)
            ended, scores, _ = _continued(prefixes, np.where(ends, each, -np.inf), t, width)
            over = _merged(over, ended, t + 1, scores / (t + 1) ** length_penalty, width)
            prefixes, log_p, parents = _continued(prefixes, np.where(ends, -np.inf, each), t, width)
            reachable = log_p[:, 0] / max_length**length_penalty
            if (over.scores[:, -1] >= reachable).all():
                break
            state = map_structure(partial(_reordered, len(token), (rows * each.shape[1] + parents).ravel()), state)
            token = prefixes[..., t].ravel()
    return Decoded(np.moveaxis(over.tokens, 2, 0)[: over.lengths.max(initial=0)], over.lengths, over.scores)


def _reordered(count: int, order: Array, part: Any) -> Any:
    """An array of the state, in the order of the prefixes that go on."""
    shape = np.shape(part)
    if not shape:
        return part
    if shape[0] != count:
        raise ShapeError(f"beam: got an array {shape} in the state of {count} rows; need the rows on its first axis")
    return part[order]


def _continued(prefixes: Array, scores: Array, t: int, n: int) -> tuple[Array, Array, Array]:
    """The n best continuations of prefixes ``(B, K, T)``, scored ``(B, K, V)``, with their scores and parents."""
    flat = scores.reshape(len(scores), scores.shape[1] * scores.shape[2])
    best = np.argsort(-flat, axis=-1, kind="stable")[:, :n]
    parents, tokens = np.divmod(best, scores.shape[-1])
    longer = np.take_along_axis(prefixes, parents[..., None], axis=1)
    longer[..., t] = tokens
    return longer, np.take_along_axis(flat, best, axis=-1), parents


def _merged(over: Decoded, tokens: Array, length: int, scores: Array, n: int) -> Decoded:
    """The n best of the sequences that were over before, and of these, all of one length."""
    lengths = np.concatenate([over.lengths, np.full(scores.shape, length)], axis=1)
    scores = np.concatenate([over.scores, scores], axis=1)
    best = np.argsort(-scores, axis=-1, kind="stable")[:, :n]
    tokens = np.take_along_axis(np.concatenate([over.tokens, tokens], axis=1), best[..., None], axis=1)
    return Decoded(tokens, np.take_along_axis(lengths, best, axis=-1), np.take_along_axis(scores, best, axis=-1))
