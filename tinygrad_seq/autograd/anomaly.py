"""Where the first NaN or infinity comes from, forward or backward."""

from __future__ import annotations

import linecache
import sys
from typing import Any

import numpy as np

from ..errors import AnomalyError
from .graph import Node
from .mode import Direction, Label, Mode, ModeContext

__all__ = ["detect_anomaly"]

_PACKAGES = (__file__.rpartition("autograd")[0], np.__file__.rpartition("__init__")[0])


class _SourceLabel(Label):
    """A label that also knows the user's line of source that recorded the node."""

    __slots__ = ("source",)

    def __init__(self, label: Label, source: str):
        super().__init__(label.path, label.t, label.direction, label.of)
        self.source = source


class detect_anomaly(ModeContext):  # noqa: N801 - PyTorch's name, used like a function
    """Check every value and every cotangent inside, and stop at the first that is not finite.

    The error names the operation, the user's line that applied it, its module path and time step, and the
    range of each operand. An operation whose operands are already not finite is not to blame and passes.

    Raises:
        AnomalyError: at the operation, or at the backward rule, in which NaN or infinity arose.

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
        source = _user_line()
        if not _finite(y) and all(_finite(a) for a in arrays):
            raise AnomalyError(
                f"{op.name}: {_what(y)} of the value{_place(label)}, at {source}; "
                f"operands: {_operands(op, arrays)}; keep them in the domain, or mask them before"
            )
        return _SourceLabel(label, source)

    def backward(self, node: Node, i: int | None, g: Any) -> None:
        """Check what a rule returned."""
        if i is None:
            return
        g = g() if callable(g) else g
        if _finite(g):
            return
        kept = node.kept if isinstance(node.kept, tuple) else (node.kept,)
        operands = ", ".join(
            f"{name} {_range(a)}" for name, a in zip(node.op.keeps, kept, strict=False) if a is not None
        )
        direction: Direction = node.label.direction
        source = getattr(node.label, "source", "a line outside of detect_anomaly")
        raise AnomalyError(
            f"backward of {node.op.name}: {_what(g)} of the gradient of input {i}{_place(node.label)}, applied at "
            f"{source}{' (a second derivative)' if direction == 'backward' else ''}; kept: {operands or 'nothing'}; "
            f"use where or clip to keep away from the singular point"
        )


def _user_line() -> str:
    """The innermost line outside of this package and of NumPy."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGES):
        frame = frame.f_back
    path, line = frame.f_code.co_filename, frame.f_lineno
    return f"{path}:{line}: {linecache.getline(path, line).strip()}".rstrip(": ")


def _finite(x: Any) -> bool:
    x = getattr(x, "_data", x)
    return not isinstance(x, np.ndarray) or x.dtype.kind != "f" or bool(np.isfinite(x).all())


def _what(x: Any) -> str:
    x = np.asarray(x)
    wrong = x[~np.isfinite(x)]
    return f"{wrong.flat[0]} arose in {wrong.size} of {x.size} elements"


def _place(label: Label) -> str:
    step = "" if label.t is None else f" at t={label.t}"
    return (f" in {label.path}" if label.path else "") + step


def _operands(op: Any, arrays: Any) -> str:
    names = op.inputs if len(op.inputs) == len(arrays) else [f"x{k}" for k in range(len(arrays))]
    return ", ".join(f"{name} {_range(a)}" for name, a in zip(names, arrays, strict=True))


def _range(x: Any) -> str:
    x = np.asarray(x)
    if not x.size or x.dtype.kind not in "fiu":
        return f"{x.shape}"
    return f"{x.shape} from {x.min():.3g} to {x.max():.3g}, {int((x == 0).sum())} zeros"
