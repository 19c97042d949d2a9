"""Which of the operations that a function applied is wrong: each is checked again by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .anomaly import place
from .graph import Node, ancestors
from .mode import Label, Mode, ModeContext
from .tensor import Array, Tensor

__all__ = ["culprit"]

Function = Callable[..., Any]


class _Operands(Label):
    """A label that also holds what the operation was applied to."""

    __slots__ = ("arrays",)

    def __init__(self, label: Label, arrays: Sequence[Any]):
        super().__init__(label.path, label.t, label.direction, label.of, label.line)
        self.arrays = tuple(arrays)


class _Recorder(ModeContext):
    """Record, and keep the operands of each operation."""

    def _mode(self, outer: Mode) -> Mode:
        return Mode(outer.label, True, self)

    def forward(self, op: Any, y: Any, arrays: Any, label: Label) -> Label:
        return _Operands(label, arrays)

    def backward(self, node: Any, i: int | None, g: Any) -> None:
        pass

    def tangent(self, node: Any, t: Any) -> None:
        pass


def culprit(run: Callable[[], Sequence[Tensor]], right: Callable[[Function, list[Array]], bool]) -> str:
    """The first operation, in the order of application, that is not right by itself; nothing if each is.

    Args:
        run: applies the function and returns its outputs.
        right: whether the derivatives of the function that it gets are, at the arrays that it gets.

    Returns:
        The operation's name, with its module path and time step: ``"tanh in encoder at t=3"``.
    """
    with _Recorder():
        outputs = run()
    for node in ancestors([y.node for y in outputs if y.node is not None]):
        label = node.label
        # A leaf has no operation, and what `checkpoint` runs again has one for each function.
        if isinstance(label, _Operands) and not right(*_alone(node, label.arrays)):
            return f"{node.op.name}{place(label)}"
    return ""


def _alone(node: Node, arrays: tuple[Any, ...]) -> tuple[Function, list[Array]]:
    """The operation of a node as a function of the operands that have a history, and these."""
    op = node.op
    free = [i for i, parent in enumerate(node.parents) if parent is not None]
    attrs = dict(zip(op.attrs, node.attrs, strict=False))

    def call(*xs: Any) -> Tensor:
        given = list(arrays)
        for i, x in zip(free, xs, strict=True):
            given[i] = x
        return op.call(*given, **attrs)

    return call, [np.asarray(arrays[i]) for i in free]
