"""Padding: borders of a constant, of elements that are read again, or of what is computed from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Tensor, differentiable
from ..autograd.tensor import NUMPY
from ..errors import DTypeError, OptionError, ShapeError, UnsupportedError
from .arrange import flip
from .index import getitem
from .join import concatenate
from .order import median
from .reduce import max, mean, min
from .sequences import linspace
from .shape import as_tensor, astype, broadcast_to, moveaxis

__all__ = ["pad"]

Widths = tuple[tuple[int, int], ...]
READING = ("edge", "reflect", "symmetric", "wrap")
STATISTICS: dict[str, Callable[..., Tensor]] = {"maximum": max, "mean": mean, "median": median, "minimum": min}
MODES = ("constant", *READING, *STATISTICS, "linear_ramp")


@differentiable(
    lambda g, x_shape, widths: g[tuple([slice(b, b + n) for n, (b, _) in zip(x_shape, widths, strict=True)])],
    jvp=(lambda t, widths: np.pad(t, widths or 0),),
)
def _pad(x: Any, widths: Widths, constant_values: Any = 0) -> Any:
    return np.pad(x, widths or 0, constant_values=constant_values)


def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Tensor:
    """The array with a border before and after along each axis.

    Args:
        array: of any shape.
        pad_width: ``n``, ``(before, after)``, one such pair for each axis, or a dict from axis to either.
        mode: "constant" (``constant_values``, which are no variables), or what the border repeats: "edge",
            "reflect", "symmetric", "wrap", whose cotangents are added; or what it is computed from: "maximum",
            "mean", "median", "minimum", "linear_ramp".
        kwargs: NumPy's options of the mode: ``reflect_type``, ``stat_length``, ``end_values``.

    Raises:
        UnsupportedError: for a mode that is a function, which changes an array, or "empty", and for values that
            require a gradient.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.ops.pad(np.arange(3), (2, 1), "reflect").tolist()
    [2, 1, 0, 1, 2, 1]
    """
    x = as_tensor(array)
    if callable(mode) or mode == "empty":
        raise UnsupportedError(f"pad: got mode={mode!r}; need {', '.join(MODES)}; join a border by np.concatenate")
    if mode not in MODES:
        raise OptionError(f"pad: got mode={mode!r}; need {', '.join(MODES)}")
    for name, values in kwargs.items():
        if isinstance(values, Tensor):
            if values.requires_grad:
                raise UnsupportedError(f"pad: got {name} that require a gradient; join a border by np.concatenate")
            kwargs[name] = values.numpy()
    widths = _widths(pad_width, x.shape)
    if mode == "constant":
        values = kwargs.pop("constant_values", 0)
        if kwargs:
            raise OptionError(f"pad: got {', '.join(kwargs)}; mode constant takes constant_values alone")
        return _pad(x, widths, values if isinstance(values, (int, float)) else np.array(values))
    odd = kwargs.get("reflect_type", "even") == "odd"
    try:
        if mode in READING and not odd:  # NumPy pads the positions of each axis
            lines = [np.pad(np.arange(n), w, mode, **kwargs) for n, w in zip(x.shape, widths, strict=True)]
            return getitem(x, np.ix_(*lines))
        padded = np.pad(x.numpy(), widths or 0, mode, **kwargs)
    except ValueError as error:
        raise OptionError(f"pad: got shape {x.shape}, pad_width {pad_width} and mode={mode!r}; {error}") from error
    return _computed(x, widths, mode, **kwargs) if x.dtype.kind == "f" else Tensor(padded)


def _computed(x: Tensor, widths: Widths, mode: str, **options: Any) -> Tensor:
    """The array with borders that are computed from it, along one axis after the other."""
    given = np.broadcast_to(np.array([*options.values(), None][0], object), (x.ndim, 2)).tolist()
    for axis, ((before, after), (first, last)) in enumerate(zip(widths, given, strict=True)):
        rows = moveaxis(x, axis, 0)
        back = flip(_border(flip(rows, 0), after, mode, last), 0)
        x = moveaxis(concatenate([_border(rows, before, mode, first), rows, back]), 0, axis)
    return x


def _border(rows: Tensor, width: int, mode: str, option: Any) -> Tensor:
    """``width`` rows that come before."""
    if not width:
        return rows[:0]
    if mode in STATISTICS:
        size = rows.shape[0] if option is None else round(option)
        return broadcast_to(STATISTICS[mode](rows[:size], axis=0, keepdims=True), (width, *rows.shape[1:]))
    if mode == "linear_ramp":
        return astype(linspace(option or 0, rows[0], width, endpoint=False), rows.dtype)
    edge = 0 if mode == "symmetric" or rows.shape[0] == 1 else 1
    border = rows[:0]
    while border.shape[0] < width:  # what is there already is reflected at its first row
        part = concatenate([border, rows])
        border = concatenate([2 * part[:1] - flip(part[edge:], 0), border])
    return border[border.shape[0] - width :]


def _widths(pad_width: Any, shape: tuple[int, ...]) -> Widths:
    """How much comes before and after along each axis."""
    if isinstance(pad_width, dict):
        pairs = [(0, 0)] * len(shape)
        for axis, width in pad_width.items():
            pairs[axis] = (width, width) if isinstance(width, int) else tuple(width)
        pad_width = pairs
    widths = np.asarray(pad_width)
    if widths.dtype.kind not in "iu" and widths.size:
        raise DTypeError(f"pad: got pad_width of {widths.dtype}; need integers")
    try:
        widths = np.broadcast_to(widths, (len(shape), 2))
    except ValueError as error:
        raise ShapeError(
            f"pad: got pad_width of shape {widths.shape} for an array {shape}; need n, (before, after), or one pair "
            f"for each of the {len(shape)} axes"
        ) from error
    if (widths < 0).any():
        raise OptionError(f"pad: got pad_width {pad_width}; need no negative one; cut with a slice")
    return tuple([(before, after) for before, after in widths.tolist()])


NUMPY[np.pad] = pad
