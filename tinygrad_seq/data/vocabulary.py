"""Symbols and their numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import OptionError

__all__ = ["Vocabulary"]


class Vocabulary:
    """Characters, numbered from 0 in the order given.

    Args:
        characters: different ones, such as ``sorted(set(text))``.

    Raises:
        OptionError: if there is none, one comes twice, or something is longer than one character.

    >>> vocabulary = Vocabulary(sorted(set("hello")))
    >>> vocabulary.encode("hole")
    array([1, 3, 2, 0])
    >>> vocabulary.decode([1, 0, 2, 2, 3])
    'hello'
    >>> len(vocabulary)
    4
    """

    def __init__(self, characters: Iterable[str]):
        self.characters = tuple(characters)
        if not self.characters or any(len(c) != 1 for c in self.characters):
            raise OptionError(f"Vocabulary: got {self.characters[:5]!r}; need one or more single characters")
        if len(set(self.characters)) != len(self.characters):
            twice = next(c for c in self.characters if self.characters.count(c) > 1)
            raise OptionError(f"Vocabulary: got {twice!r} twice; need different characters")
        points = np.array([ord(c) for c in self.characters])
        self._order: np.ndarray[Any, np.dtype[np.intp]] = np.argsort(points)
        self._points = points[self._order]

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> np.ndarray[Any, np.dtype[np.intp]]:
        """The numbers of the characters, ``(T,)``.

        Raises:
            OptionError: for a character that the vocabulary does not have, naming it.
        """
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        found = np.searchsorted(self._points, points).clip(max=len(self) - 1)
        known = self._points[found] == points
        if not known.all():
            unknown = sorted({text[k] for k in np.flatnonzero(~known)})
            raise OptionError(
                f"encode: got {', '.join(map(repr, unknown[:5]))}{' ...' if len(unknown) > 5 else ''}, not among the "
                f"{len(self)} characters of the vocabulary; leave them out"
            )
        return self._order[found.astype(np.intp)]

    def decode(self, ids: Any) -> str:
        """The text of some numbers ``(T,)``: the opposite of `encode`."""
        return "".join(self.characters[i] for i in np.asarray(ids).tolist())
