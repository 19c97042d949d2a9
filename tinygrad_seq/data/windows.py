"""Windows for truncated backpropagation through time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np

from ..errors import IndexingError, OptionError

__all__ = ["Windows", "held_out_split"]

Array = np.ndarray[Any, np.dtype[Any]]


def held_out_split(ids: Array, share: float = 0.1) -> tuple[Array, Array]:
    """The first part for training, and the last ``share`` of the sequence, held out.

    Both are contiguous, so nothing in the held-out part stands between two characters that were trained on.

    >>> held_out_split(np.arange(10), share=0.2)
    (array([0, 1, 2, 3, 4, 5, 6, 7]), array([8, 9]))
    """
    if not 0 < share < 1:
        raise OptionError(f"held_out_split: got share={share}; need a number between 0 and 1")
    cut = round(len(ids) * (1 - share))
    return ids[:cut], ids[cut:]


class Windows(Sequence[tuple[Array, Array]]):
    """A sequence, cut into parallel streams and these into windows, each with its targets.

    Stream b is the b-th of ``streams`` equal stretches. Window k + 1 goes on in every stream where window k ended, so
    that a state can be carried from one to the next and the gradient be cut between them (truncated backpropagation
    through time; Williams and Peng 1990). The last characters, too few for a window in every stream, are left out.

    Args:
        ids: ``(N,)`` the sequence.
        length: T, the steps in a window.
        streams: B, the streams.

    ``windows[k]`` is a pair of arrays ``(T, B)``: inputs, and targets, which are the inputs one step later.

    Raises:
        OptionError: if a size is not positive, or ids are too few for one window.

    >>> windows = Windows(np.arange(13), length=3, streams=2)
    >>> len(windows)
    2
    >>> x, y = windows[1]
    >>> x.T
    array([[ 3,  4,  5],
           [ 9, 10, 11]])
    >>> y.T
    array([[ 4,  5,  6],
           [10, 11, 12]])
    """

    def __init__(self, ids: Array, length: int, streams: int):
        if length < 1 or streams < 1:
            raise OptionError(f"Windows: got length={length} and streams={streams}; need at least 1 each")
        need = length * streams + 1
        if len(ids) < need:
            raise OptionError(
                f"Windows: got {len(ids)} ids for {streams} streams and windows of {length}; need at least {need}; "
                f"use fewer streams, shorter windows or a longer text"
            )
        self.length, self.streams = length, streams
        stretch = (len(ids) - 1) // streams
        self._x = ids[: stretch * streams].reshape(streams, stretch).T
        self._y = ids[1 : stretch * streams + 1].reshape(streams, stretch).T
        self._count = stretch // length

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, k: int) -> tuple[Array, Array]: ...
    @overload
    def __getitem__(self, k: slice) -> list[tuple[Array, Array]]: ...
    def __getitem__(self, k: int | slice) -> tuple[Array, Array] | list[tuple[Array, Array]]:
        if isinstance(k, slice):
            return [self[i] for i in range(*k.indices(len(self)))]
        if not -len(self) <= k < len(self):
            raise IndexingError(f"Windows: got window {k} of {len(self)}; need {-len(self)} ... {len(self) - 1}")
        start = k % len(self) * self.length
        steps = slice(start, start + self.length)
        return self._x[steps], self._y[steps]
