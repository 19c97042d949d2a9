"""Numbers between two ends, at equal distances or ratios; differentiable in the ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import NUMPY
from ..errors import OptionError
from .elementwise import multiply
from .exponential import log10, power
from .join import concatenate
from .rounding import floor
from .shape import as_tensor, astype, broadcast_arrays, expand_dims, moveaxis

__all__ = ["geomspace", "linspace", "logspace"]


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """``num`` numbers from ``start`` to ``stop``, at equal distances along a new ``axis``.

    ``endpoint=False`` leaves the last one out; with ``retstep`` the distance is returned too.

    Raises:
        OptionError: for a negative ``num``.

    >>> import tinygrad_seq as tg
    >>> tg.ops.linspace(tg.tensor(0.0), 1.0, 3).tolist()
    [0.0, 0.5, 1.0]
    """
    samples, step = _spaced("linspace", start, stop, num, endpoint)
    if dtype is not None:
        samples = astype(floor(samples) if np.dtype(dtype).kind in "iu" else samples, dtype)
    samples = moveaxis(samples, 0, axis)
    return (samples, step) if retstep else samples


def _spaced(caller: str, start: Any, stop: Any, num: int, endpoint: bool) -> tuple[Tensor, Tensor]:
    """The numbers along the first axis, and their distance."""
    if num < 0:
        raise OptionError(f"{caller}: got num={num}; need 0 or more")
    start, stop = broadcast_arrays(*_floating(start, stop))
    gaps = num - 1 if endpoint else num
    step = (stop - start) / gaps if gaps > 0 else (stop - start) * np.nan
    steps = np.arange(num, dtype=start.dtype).reshape((-1,) + (1,) * start.ndim)
    inside = (steps[: num - 1] if endpoint else steps) * (step if gaps > 0 else 0 * start) + start
    ends = [expand_dims(stop if num > 1 else start, 0)] if endpoint and num else []
    return concatenate([inside[: num - len(ends)], *ends]), step


def _floating(*numbers: Any) -> list[Tensor]:
    """Numbers in their common dtype, which is floating."""
    given = [
        x if isinstance(x, (int, float)) else as_tensor(np.asarray(x) if isinstance(x, (list, tuple)) else x)
        for x in numbers
    ]
    dtype = np.result_type(*given, 1.0)
    return [as_tensor(np.asarray(x, dtype)) if isinstance(x, (int, float)) else astype(x, dtype) for x in given]


def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Tensor:
    """``base`` to the power of each number of `linspace`; differentiable in the base too."""
    start, stop, base = broadcast_arrays(*_floating(start, stop, base))
    samples: Tensor = power(base, _spaced("logspace", start, stop, num, endpoint)[0])
    return moveaxis(samples if dtype is None else astype(samples, dtype), 0, axis)


def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Tensor:
    """``num`` numbers from ``start`` to ``stop``, at equal ratios along a new ``axis``.

    Raises:
        OptionError: for an end that is 0, ends of different sign, or a negative ``num``.
    """
    start, stop = [astype(x, np.float64) for x in broadcast_arrays(*_floating(start, stop))]  # as NumPy has it
    sign = np.sign(start.numpy())
    if not (sign * stop.numpy() > 0).all():
        raise OptionError(f"geomspace: got {start.tolist()} and {stop.tolist()}; need ends of one sign, and not 0")
    exponents, _ = _spaced("geomspace", log10(start * sign), log10(stop * sign), num, endpoint)
    inside = multiply(sign, power(10.0, exponents[1 : num - 1] if endpoint else exponents[1:]))
    ends = [expand_dims(x, 0) for x in (start, stop)]
    samples = concatenate([*ends[: min(num, 1)], inside, *ends[1 : 1 + (endpoint and num > 1)]])
    return moveaxis(samples if dtype is None else astype(samples, dtype), 0, axis)


for _call in (linspace, logspace, geomspace):
    NUMPY[getattr(np, _call.__name__)] = _call
