"""What is being recorded right now, and under which label.

One `ContextVar` holds both, so that recording an operation costs a single look-up, and threads,
generators and asynchronous tasks each see their own.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar, Token
from typing import Any, Literal, ParamSpec, Protocol, TypeVar

from ..errors import OptionError
from .source import Line, user_line

__all__ = ["Label", "Mode", "enable_grad", "no_grad", "scope", "time_steps"]

Direction = Literal["forward", "backward"]
P = ParamSpec("P")
R = TypeVar("R")


class Label:
    """Where a node belongs: module path, time step, and sweep direction.

    ``path`` is the module path, such as ``"encoder/lstm/l0"``; ``t`` the time step or None;
    ``direction`` tells a node of the function itself from a node of its recorded derivative, for which
    ``of`` is the index of the node that it differentiates. ``line`` is where the user's program entered the innermost
    scope or called the layer.
    """

    __slots__ = ("direction", "line", "of", "path", "t")

    def __init__(
        self,
        path: str = "",
        t: int | None = None,
        direction: Direction = "forward",
        of: int | None = None,
        line: Line | None = None,
    ):
        self.path = path
        self.t = t
        self.direction: Direction = direction
        self.of = of
        self.line = line

    def __repr__(self) -> str:
        step = "" if self.t is None else f" t={self.t}"
        back = "" if self.direction == "forward" else " backward"
        return f"<{self.path or '.'}{step}{back}>"


class Watch(Protocol):
    """What looks at every operation and at every cotangent, see `anomaly`."""

    def forward(self, op: Any, y: Any, arrays: Any, label: Label) -> Label:
        """Look at a value as it is computed; the label that its node gets."""

    def backward(self, node: Any, i: int | None, g: Any) -> None:
        """Look at a cotangent: of a node, or on its way to input ``i``."""

    def tangent(self, node: Any, t: Any) -> None:
        """Look at the tangent of a value."""


class Mode:
    """The recording flag, the label that new nodes get, and who watches; ``plain`` is recording unwatched."""

    __slots__ = ("label", "plain", "recording", "watch")

    def __init__(self, label: Label, recording: bool, watch: Watch | None = None):
        self.label = label
        self.recording = recording
        self.watch = watch
        self.plain = recording and watch is None


MODE: ContextVar[Mode] = ContextVar("tinygrad_seq_mode", default=Mode(Label(), True))  # noqa: B039 - a Mode is never changed


class ModeContext:
    """A re-entrant context manager, and decorator, that replaces the mode for a while."""

    def __init__(self) -> None:
        self._tokens: list[Token[Mode]] = []

    def _mode(self, outer: Mode) -> Mode:
        raise NotImplementedError  # pragma: no cover - each of the subclasses has its own

    def __enter__(self) -> None:
        self._tokens.append(MODE.set(self._mode(MODE.get())))

    def __exit__(self, *exc: object) -> None:
        MODE.reset(self._tokens.pop())

    def __call__(self, f: Callable[P, R]) -> Callable[P, R]:
        """The function with the mode inside, wherever its body runs: a generator's between its yields.

        Raises:
            OptionError: for an asynchronous generator.
        """
        if inspect.isasyncgenfunction(f):
            raise OptionError(f"{type(self).__name__}: got the asynchronous generator {f.__name__}; use with inside it")
        wrap = self._function
        if inspect.isgeneratorfunction(f):
            wrap = self._generator
        elif inspect.iscoroutinefunction(f):
            wrap = self._coroutine
        return functools.wraps(f)(wrap(f))

    def _function(self, f: Callable[..., Any]) -> Callable[..., Any]:
        def inside(*args: Any, **kwargs: Any) -> Any:
            token = MODE.set(self._mode(MODE.get()))
            try:
                return f(*args, **kwargs)
            finally:
                MODE.reset(token)

        return inside

    def _coroutine(self, f: Callable[..., Any]) -> Callable[..., Any]:
        async def inside(*args: Any, **kwargs: Any) -> Any:
            token = MODE.set(self._mode(MODE.get()))
            try:
                return await f(*args, **kwargs)
            finally:
                MODE.reset(token)

        return inside

    def _generator(self, f: Callable[..., Any]) -> Callable[..., Any]:
        def inside(*args: Any, **kwargs: Any) -> Any:
            running = f(*args, **kwargs)
            resume, sent = self._function(running.send), None
            while True:
                try:
                    item = resume(sent)
                except StopIteration as end:
                    return end.value
                try:
                    resume, sent = self._function(running.send), (yield item)
                except GeneratorExit:
                    self._function(running.close)()
                    raise
                except BaseException as error:
                    resume, sent = self._function(running.throw), error

        return inside


class no_grad(ModeContext):  # noqa: N801 - PyTorch's name, used like a function
    """Record nothing inside: results are constants.

    >>> import tinygrad_seq as tg
    >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> with tg.no_grad():
    ...     y = w * 2
    >>> y.requires_grad
    False
    """

    def _mode(self, outer: Mode) -> Mode:
        return Mode(outer.label, False, outer.watch)


class enable_grad(ModeContext):  # noqa: N801 - PyTorch's name, used like a function
    """Record inside, also within a surrounding `no_grad`."""

    def _mode(self, outer: Mode) -> Mode:
        return Mode(outer.label, True, outer.watch)


class scope(ModeContext):  # noqa: N801 - used like a function
    """Label what is recorded inside: a step down the module path, a time step, or both.

    Scopes nest: names are joined by ``/``; an inner ``t`` replaces the outer one.

    >>> import tinygrad_seq as tg
    >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> with tg.scope("decoder", t=3):
    ...     y = w * 2
    >>> y.node.label
    <decoder t=3>
    """

    def __init__(self, name: str = "", t: int | None = None):
        if type(name) is not str or (t is not None and not hasattr(t, "__index__")):
            raise OptionError(
                f'scope: got name {name!r} and t {t!r}; need a string and an integer: scope("decoder", t=3)'
            )
        self._tokens = []
        self._name = name
        self._t = t

    def _mode(self, outer: Mode) -> Mode:
        label, name, t = outer.label, self._name, self._t
        path = f"{label.path}/{name}" if name and label.path else name or label.path
        inner = Label(path, label.t if t is None else t, label.direction, label.of, user_line())
        return Mode(inner, outer.recording, outer.watch)


def time_steps(steps: Iterable[int]) -> Iterator[int]:
    """Go through the time steps; what is recorded in the body of the loop is labelled with its step.

    The same as ``with scope(t=t):`` around the body, at less cost.

    >>> import tinygrad_seq as tg
    >>> h = tg.tensor([0.5], requires_grad=True)
    >>> for t in tg.autograd.time_steps(range(2)):
    ...     h = h * h
    >>> h.node.label.t
    1
    """
    outer = MODE.get()
    label, recording, watch = outer.label, outer.recording, outer.watch
    try:
        for t in steps:
            MODE.set(Mode(Label(label.path, t, label.direction, label.of, label.line), recording, watch))
            yield t
    finally:
        MODE.set(outer)
