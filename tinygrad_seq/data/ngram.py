"""Models that only count: what a recurrent network has to beat."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import OptionError

__all__ = ["NGram"]

Array = np.ndarray[Any, np.dtype[Any]]


class NGram:
    r"""An n-gram model with interpolated Witten-Bell smoothing.

    .. math::
        p_n(c \mid h) = \frac{N(h c) + U(h)\, p_{n-1}(c \mid h')}{N(h) + U(h)}, \qquad p_0(c) = 1 / V

    N counts, U(h) is the number of different characters that have followed the context h, and h' is h without its
    first character; in a context that was never seen, :math:`p_n = p_{n-1}`. Every character has a
    probability above 0, and they sum to 1. (Witten and Bell 1991, method C; the interpolated form as in Chen and
    Goodman 1999.)

    Args:
        ids: ``(N,)`` the training sequence, integers in 0 ... size - 1.
        order: n: 0 is uniform, 1 looks at frequencies alone, 2 at the character before, and so on.
        size: V, how many different characters there are.

    Raises:
        OptionError: for a negative order, or ids outside 0 ... size - 1.

    >>> model = NGram(np.array([0, 1, 0, 1, 0]), order=2, size=3)
    >>> model.probabilities(np.array([0])).round(3)
    array([0.175, 0.794, 0.032])
    """

    def __init__(self, ids: Array, order: int, size: int):
        if order < 0 or size < 1:
            raise OptionError(f"NGram: got order={order} and size={size}; need order >= 0 and size >= 1")
        if len(ids) and (ids.min() < 0 or ids.max() >= size):
            raise OptionError(f"NGram: got ids {ids.min()} ... {ids.max()}; need 0 ... {size - 1}")
        self.order, self.size = order, size
        self._tables: list[_Table] = []
        contexts = np.zeros(len(ids) + 1, np.int64)
        for n in range(1, order + 1):
            keys = _keys(contexts, ids, n, size)
            self._tables.append(_Table(keys, size))
            contexts = self._tables[-1].number(keys)

    def bits(self, ids: Array, start: int) -> float:
        """Bits per character of ``ids[start:]``, each predicted from those before it, also those before ``start``.

        Raises:
            OptionError: if there are fewer than ``order - 1`` characters before ``start``, or none after it.
        """
        before = max(self.order - 1, 0)
        if not before <= start < len(ids):
            raise OptionError(
                f"bits: got start={start} for {len(ids)} ids; need {before} or more before it and one after it"
            )
        seen = ids[start - before :]
        p = np.full(len(ids) - start, 1 / self.size)
        contexts = np.zeros(len(seen) + 1, np.int64)
        for n, table in enumerate(self._tables, 1):
            keys = _keys(contexts, seen, n, self.size)
            p = table.mix(keys[-len(p) :], p)
            contexts = table.number(keys)
        return abs(float(np.log2(p).mean()))

    def probabilities(self, context: Array) -> Array:
        """The probability of each next character, ``(V,)``, after the characters ``context``."""
        p = np.full(self.size, 1 / self.size)
        for n, table in enumerate(self._tables[: len(context) + 1], 1):
            last = context[len(context) - n + 1 :]
            number = np.zeros(1, np.int64)
            for k, shorter in enumerate(self._tables[: n - 1]):
                number = shorter.number(_keys(number, last[k : k + 1], 1, self.size))
            p = table.mix(_keys(np.repeat(number, self.size), np.arange(self.size), 1, self.size), p)
        return p


class _Table:
    """How often each n-gram came, and how often and with how many sequels each context did.

    An n-gram has a key, made of the number of its context and its last character, and a number among all
    n-grams that came, which is that of a context for n-grams one longer. So keys stay small, however long the n-gram.
    """

    def __init__(self, keys: Array, size: int):
        self._size = size
        self._grams, self._counts = np.unique(keys, return_counts=True)
        self._contexts, first = np.unique(self._grams // size, return_index=True)
        self._sequels = np.diff(np.append(first, len(self._grams)))
        self._totals = np.add.reduceat(self._counts, first) if len(first) else first

    def number(self, keys: Array) -> Array:
        """The number of each n-gram, -1 for those that never came."""
        return _look_up(self._grams, np.arange(len(self._grams)), keys, -1)

    def mix(self, keys: Array, lower: Array) -> Array:
        """The probabilities of n-grams, given those of their last n - 1 characters."""
        count = _look_up(self._grams, self._counts, keys, 0)
        total = _look_up(self._contexts, self._totals, keys // self._size, 0)
        sequels = _look_up(self._contexts, self._sequels, keys // self._size, 0)
        return np.where(total > 0, (count + sequels * lower) / np.maximum(total + sequels, 1), lower)


def _look_up(keys: Array, values: Array, wanted: Array, otherwise: int) -> Array:
    """The value of each wanted key; ``keys`` are sorted."""
    if not len(keys):
        return np.full(len(wanted), otherwise)
    at = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], otherwise)


def _keys(contexts: Array, ids: Array, n: int, size: int) -> Array:
    """The key of the n-gram that begins at each place, ``(len(ids) - n + 1,)``; -1 where its context is unknown."""
    last = ids[n - 1 :].astype(np.int64)
    contexts = contexts[: len(last)]
    return np.where(contexts >= 0, contexts * size + last, -1)
