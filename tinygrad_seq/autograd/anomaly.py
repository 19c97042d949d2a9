"""Where the first NaN or infinity comes from, forward or backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import AnomalyError
from .graph import Node
from .mode import Direction, Label, Mode, ModeContext
from .source import shown, user_line

__all__ = ["detect_anomaly"]


class detect_anomaly(ModeContext):  # noqa: N801 - PyTorch's name, used like a function
    """Check every value and every cotangent inside, and stop at the first that is not finite.

    The error names the operation, the user's line that applied it, its module path and time step, and the
    range of each operand. A NaN that was there before, in data or in a gradient that was given, is named where it
    comes in, unless a mask leaves it out. Infinities may come in, since masks are made of them.

    Raises:
        AnomalyError: at the operation, or at the backward rule, in which NaN or infinity arose or NaN came in.

    >>> import numpy as np, tinygrad_seq as tg
    >>> x = tg.tensor([1.0, 0.0], requires_grad=True)
    >>> with tg.autograd.detect_anomaly():
    ...     np.sum(np.sqrt(x)).backward()
    Traceback (most recent call last):
    tinygrad_seq.errors.AnomalyError: backward of sqrt: inf arose in 1 of 2 elements of the gradient of input 0, ...
    """

    def _mode(self, outer: Mode) -> Mode:
        return Mode(outer.label, outer.recording, self)

    def forward(self, op: Any, y: Any, arrays: Any, label: Label) -> Label:
        """Check a value, and label its node with the user's line."""
        line = user_line()
        if not _finite(y):
            names = op.inputs if len(op.inputs) == len(arrays) else [f"x{k}" for k in range(len(arrays))]
            where = f"{place(label)}, at {shown(line)}; operands: {_ranges(names, arrays)}"
            came = [name for name, a in zip(names, arrays, strict=True) if _nans(a)]
            if came and _nans(y):
                what = f"nan came in by {_what(arrays[list(names).index(came[0])])} of {came[0]}"
                raise AnomalyError(f"{op.name}: {what}{where}; look where that was made, or mask it")
            if _nans(y) or all(_finite(a) for a in arrays):
                raise AnomalyError(
                    f"{op.name}: {_first(y)} arose in {_what(y)} of the value{where}; "
                    f"keep them in the domain, or mask them before"
                )
        return Label(label.path, label.t, label.direction, label.of, line)

    def backward(self, node: Node, i: int | None, g: Any) -> None:
        """Check what a rule returned, and what a hook or the user gave."""
        g = g() if callable(g) else g
        if _finite(g):
            return
        direction: Direction = node.label.direction
        source = _applied(node)
        second = " (a second derivative)" if direction == "backward" else ""
        if i is None:
            raise AnomalyError(
                f"backward of {node.op.name}: {_first(g)} came in by {_what(g)} of the gradient of its value"
                f"{place(node.label)}, applied at {source}{second}; it was made by a hook, or the gradient that "
                f"backward was given, or a sum that is too large"
            )
        raise AnomalyError(
            f"backward of {node.op.name}: {_first(g)} arose in {_what(g)} of the gradient of input {i}"
            f"{place(node.label)}, applied at {source}{second}; {_advice(node)}"
        )

    def tangent(self, node: Node, t: Any) -> None:
        """Check what forward mode makes of a value."""
        if _finite(t):
            return
        raise AnomalyError(
            f"forward mode of {node.op.name}: {_first(t)} arose in {_what(t)} of the tangent of its value"
            f"{place(node.label)}, applied at {_applied(node)}; {_advice(node)}"
        )


def _applied(node: Node) -> str:
    """The line from which a node was recorded, as far as it is known."""
    line = node.label.line
    return "a line outside of detect_anomaly" if line is None else shown(line)


def _advice(node: Node) -> str:
    """What a derivative had to go by, and what to do about it."""
    kept = node.kept if isinstance(node.kept, tuple) else (node.kept,)
    operands = _ranges(node.op.keeps, kept) or "nothing"
    return f"kept: {operands}; use where or clip to keep away from the singular point"


def _finite(x: Any) -> bool:
    x = getattr(x, "_data", x)
    return x is None or bool(np.isfinite(x).all())


def _nans(x: Any) -> bool:
    x = getattr(x, "_data", x)
    return x is not None and bool(np.isnan(x).any())


def _first(x: Any) -> Any:
    """A NaN if there is one, otherwise the first infinity."""
    x = np.asarray(x)
    return np.nan if _nans(x) else x[~np.isfinite(x)].flat[0]


def _what(x: Any) -> str:
    """How many elements are NaN, or infinite where none is."""
    x = np.asarray(x)
    wrong = np.isnan(x) if _nans(x) else ~np.isfinite(x)
    return f"{int(wrong.sum())} of {x.size} elements"


def place(label: Label) -> str:
    """Where in a model something was applied: module path and time step, as a part of a sentence."""
    step = "" if label.t is None else f" at t={label.t}"
    return (f" in {label.path}" if label.path else "") + step


def _ranges(names: Any, arrays: Any) -> str:
    return ", ".join(f"{name} {_range(a)}" for name, a in zip(names, arrays, strict=False) if a is not None)


def _range(x: Any) -> str:
    x = np.asarray(x)
    known = x[~np.isnan(x)]
    if not known.size or x.dtype.kind not in "fiu":
        return f"{x.shape}"
    nans = f", {x.size - known.size} nan" if known.size < x.size else ""
    return f"{x.shape} from {known.min():.3g} to {known.max():.3g}, {int((x == 0).sum())} zeros{nans}"
