"""Padding: borders of a constant, or of elements that are read again."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor, differentiable
from ..autograd.tensor import NUMPY
from ..errors import DTypeError, OptionError, ShapeError, UnsupportedError
from .index import getitem
from .shape import as_tensor

__all__ = ["pad"]

Widths = tuple[tuple[int, int], ...]
READING = ("edge", "reflect", "symmetric", "wrap")
COMPUTING = ("empty", "linear_ramp", "maximum", "mean", "median", "minimum")


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
            "reflect", "symmetric", "wrap". The cotangents of what is repeated are added.
        kwargs: NumPy's options of the mode.

    Raises:
        UnsupportedError: for modes that compute what they fill in.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.ops.pad(np.arange(3), (2, 1), "reflect").tolist()
    [2, 1, 0, 1, 2, 1]
    """
    x = as_tensor(array)
    if mode != "constant" and mode not in READING:
        if callable(mode) or mode in COMPUTING:
            raise UnsupportedError(
                f"pad: got mode={mode!r}; need constant, {', '.join(READING)}; join a border by np.concatenate"
            )
        raise OptionError(f"pad: got mode={mode!r}; need constant, {', '.join(READING)}")
    widths = _widths(pad_width, x.shape)
    if mode != "constant":
        if kwargs.get("reflect_type", "even") != "even":
            raise UnsupportedError('pad: got reflect_type="odd"; need "even"; subtract it from twice the edge')
        # NumPy pads the positions of each axis.
        try:
            lines = [np.pad(np.arange(n), w, mode, **kwargs) for n, w in zip(x.shape, widths, strict=True)]
        except ValueError as error:
            raise OptionError(f"pad: got shape {x.shape}, pad_width {pad_width} and mode={mode!r}; {error}") from error
        return getitem(x, np.ix_(*lines))
    values = kwargs.pop("constant_values", 0)
    if kwargs:
        raise OptionError(f"pad: got {', '.join(kwargs)}; mode constant takes constant_values alone")
    if isinstance(values, Tensor):
        if values.requires_grad:
            raise UnsupportedError("pad: got constant_values that require a gradient; join a border by np.concatenate")
        values = values.numpy()
    return _pad(x, widths, values if isinstance(values, (int, float)) else np.array(values))


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
