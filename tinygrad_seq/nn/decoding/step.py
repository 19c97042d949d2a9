"""What goes into decoding and comes out, and how it is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...autograd.tensor import Array
from ...errors import DTypeError, OptionError, ShapeError
from ..arguments import positive

__all__ = ["Decoded", "Step"]

Step = Callable[[Any, Any], tuple[Any, Any]]
"""``step(token, state) -> (logits, state)``."""


class Decoded(NamedTuple):
    """Sequences, and how likely the model finds them.

    Attributes:
        tokens: ``(T, B)`` integers, of a beam search ``(T, B, K)`` with the best first; the start token is left out.
            After an end token there are only end tokens.
        lengths: ``(B,)`` or ``(B, K)``: how many tokens there are, the end token with them.
        scores: ``(B,)`` or ``(B, K)``: the logarithm of their probability, see `beam` for its length penalty.
    """

    tokens: Array
    lengths: Array
    scores: Array


def checked(caller: str, start: Any, end: int | None, max_length: int) -> Array:
    """The start tokens ``(B,)``."""
    positive(caller, max_length=max_length)
    token = np.array(start)
    if token.ndim != 1:
        raise ShapeError(f"{caller}: got start {token.shape}; need (B,), a token for each row")
    if token.size and token.dtype.kind not in "iu":
        raise DTypeError(f"{caller}: got start tokens of {token.dtype}; need integers; use .astype(int)")
    if end is not None and (isinstance(end, bool) or not hasattr(end, "__index__") or end < 0):
        raise OptionError(f"{caller}: got end={end!r}; need a token, an integer of at least 0")
    tokens: Array = token.astype(np.intp)
    return tokens


def normalised(x: Array) -> Array:
    """Log-probabilities from scores, along the last axis."""
    x = x - x.max(axis=-1, keepdims=True)
    log_p: Array = x - np.log(np.exp(x).sum(axis=-1, keepdims=True))
    return log_p


def taken(caller: str, step: Step, token: Array, state: Any) -> tuple[Any, Any]:
    """What a step returns: logits and the next state."""
    result = step(token, state)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise OptionError(f"{caller}: the step returned a {type(result).__name__}; need a pair (logits, state)")
    return result[0], result[1]


def step_log_p(caller: str, logits: Any, token: Array, end: int | None) -> Array:
    """The log-probabilities of a step, ``(R, V)`` in float64, checked."""
    scores = np.asarray(logits, np.float64)
    if scores.ndim != 2 or len(scores) != len(token) or not scores.shape[1]:
        raise ShapeError(
            f"{caller}: got logits {scores.shape} of a step for {len(token)} tokens; need ({len(token)}, V)"
        )
    if end is not None and end >= scores.shape[1]:
        raise OptionError(
            f"{caller}: got end={end} and {scores.shape[1]} logits; need one of 0 ... {scores.shape[1] - 1}"
        )
    if not np.isfinite(scores.max(axis=-1)).all():
        raise OptionError(
            f"{caller}: got logits with NaN or +inf, or all -inf, from a step; need a finite one in each row"
        )
    return normalised(scores)
