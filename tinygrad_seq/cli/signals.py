"""Ctrl-C, and being asked to end, while there is something to save."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any, Self

__all__ = ["StopRequest", "Stopped"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """The user stopped a command, which has saved what it had."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status


class StopRequest:
    """Within the block the first Ctrl-C is noted in ``status``, and nothing else; a second one acts as ever."""

    def __init__(self) -> None:
        self.status: int | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.status = 128 + number
        self.__exit__()
