"""Convolution, correlation and interpolation of sequences, and angles without jumps."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor, differentiable
from ..autograd.tensor import NUMPY
from ..errors import OptionError, ShapeError
from .choices import where
from .elementwise import add, multiply
from .join import concatenate
from .rounding import remainder
from .shape import as_tensor, as_tensors, astype, atleast_1d, axis_of

__all__ = ["convolve", "correlate", "interp", "unwrap"]


@differentiable(
    lambda g, v: np.convolve(g, v[::-1])[v.shape[0] - 1 : g.shape[0]],
    lambda g, a: np.convolve(g, a[::-1])[a.shape[0] - 1 : g.shape[0]],
    kind="linear",
)
def _convolve(a: Any, v: Any) -> Any:
    return np.convolve(a, v)


def _one_axis(name: str, a: Any, v: Any) -> tuple[Tensor, Tensor]:
    a, v = as_tensors(a, v)
    if a.ndim != 1 or v.ndim != 1 or not a.size or not v.size:
        raise ShapeError(f"{name}: got shapes {a.shape} and {v.shape}; need two sequences, (N,) and (M,)")
    return a, v


def _middle(name: str, full: Tensor, long: int, short: int, mode: str, spare: int) -> Tensor:
    """The part of the full result that NumPy's mode means."""
    if mode == "full":
        return full
    if mode not in ("same", "valid"):
        raise OptionError(f'{name}: got mode={mode!r}; need "full", "same" or "valid"')
    start, size = ((short - spare) // 2, long) if mode == "same" else (short - 1, long - short + 1)
    return full[start : start + size]


def convolve(a: Any, v: Any, mode: str = "full") -> Tensor:
    """The discrete convolution ``y[n] = sum_m a[m] v[n - m]`` of two sequences."""
    a, v = _one_axis("convolve", *atleast_1d(*as_tensors(a, v)))
    return _middle("convolve", _convolve(a, v), max(a.size, v.size), min(a.size, v.size), mode, 1)


def correlate(a: Any, v: Any, mode: str = "valid") -> Tensor:
    """The cross-correlation ``y[k] = sum_n a[n + k] v[n]`` of two sequences."""
    a, v = _one_axis("correlate", a, v)
    # NumPy exchanges the two if v is longer, which moves the middle of an even number to the other side.
    spare = 1 if a.size >= v.size else 0
    return _middle("correlate", _convolve(a, v[::-1]), max(a.size, v.size), min(a.size, v.size), mode, spare)


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Tensor:
    """Linear interpolation at x between the points (xp, fp), xp ascending; differentiable in all three.

    Outside of xp the value is the first or last of fp, or ``left`` and ``right``. At a point itself the
    derivative in x is that of the piece to its right. With ``period`` x and xp, in any order, are taken modulo that,
    and there is no outside.

    Raises:
        ShapeError: if xp and fp are not two sequences of one length.
        OptionError: for a period of 0.
    """
    x, xp, fp = [astype(part, np.float64) for part in (x, xp, fp)]  # as NumPy has it
    if xp.ndim != 1 or xp.shape != fp.shape or not xp.size:
        raise ShapeError(f"interp: got xp {xp.shape} and fp {fp.shape}; need two sequences of one length, (N,)")
    if period is not None:
        if not period:
            raise OptionError(f"interp: got period={period}; need another number than 0")
        turn = abs(period)
        order = np.argsort(np.mod(xp.numpy(), turn))
        x, xp, fp, left, right = remainder(x, turn), remainder(xp, turn)[order], fp[order], None, None
        xp = concatenate([xp[-1:] - turn, xp, xp[:1] + turn])
        fp = concatenate([fp[-1:], fp, fp[:1]])
    first, last = fp[0] if left is None else left, fp[-1] if right is None else right
    if xp.size == 1:
        inside: Any = fp[0] + 0 * x
    else:
        k = np.clip(np.searchsorted(xp.numpy(), x.numpy(), side="right") - 1, 0, xp.size - 2)
        inside = fp[k] + (x - xp[k]) * ((fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k]))
    return where(x < xp[0], first, where(x > xp[-1], last, inside))


def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi) -> Tensor:
    """Angles without jumps: to each along ``axis`` so many periods are added that it is near to the one before it.

    Steps below ``discont``, by default half of the period, are left as they are. The number of periods is constant,
    so that the derivative is that of ``p``, and in the period the number itself.
    """
    x = as_tensor(p)
    x = x if x.dtype.kind == "f" else astype(x, np.float64)
    axis = axis_of("unwrap", axis, x.shape)
    turn = float(period)
    steps = np.diff(x.numpy(), axis=axis)
    near = np.mod(steps + turn / 2, turn) - turn / 2
    near = np.where((near == -turn / 2) & (steps > 0), turn / 2, near)
    turns = np.rint((near - steps) / turn)
    turns = np.where(np.abs(steps) < (turn / 2 if discont is None else discont), 0, turns).cumsum(axis)
    first = np.zeros_like(turns.take([0], axis)) if x.shape[axis] > 1 else np.zeros(x.shape)
    return add(x, multiply(np.concatenate([first, turns], axis).astype(x.dtype), period))


NUMPY[np.convolve], NUMPY[np.correlate], NUMPY[np.interp] = convolve, correlate, interp
NUMPY[np.unwrap] = unwrap
