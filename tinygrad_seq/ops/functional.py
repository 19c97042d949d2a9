"""NumPy's functions that apply a function to parts of an array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import NUMPY
from ..errors import ShapeError
from .index import getitem
from .join import stack
from .shape import as_tensor, expand_dims, moveaxis, reshape, with_axis
from .writing import set_at

__all__ = ["apply_along_axis", "apply_over_axes", "piecewise"]


def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any) -> Tensor:
    """``func1d`` of every line of ``arr`` along ``axis``; the axes of its result replace that axis."""
    x, axis = with_axis("apply_along_axis", arr, axis)
    lines = moveaxis(x, axis, -1)
    outer = lines.shape[:-1]
    if 0 in outer:
        raise ShapeError(f"apply_along_axis: got shape {x.shape}; need no other axis of size 0")
    results = stack([as_tensor(func1d(getitem(lines, k), *args, **kwargs)) for k in np.ndindex(outer)])
    inner = results.shape[1:]
    places = range(len(outer), len(outer) + len(inner))
    return moveaxis(reshape(results, outer + inner), [*places], [axis + k for k in range(len(inner))])


def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Tensor:
    """``func(x, axis)`` over one axis after the other; the result keeps all of them."""
    x = as_tensor(a)
    for axis in np.atleast_1d(axes).tolist():
        x, axis = with_axis("apply_over_axes", x, axis)
        y = func(x, axis)
        x = y if y.ndim == x.ndim else expand_dims(y, axis)
    return x


def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Tensor:
    """Where a condition holds, its function of those elements, or its number; of several that hold the last one.

    One more function than conditions is for where none holds; without it the result there is 0.
    """
    x = as_tensor(x)
    single = not isinstance(condlist, (list, tuple)) and np.ndim(condlist) == 0
    if single or (not isinstance(condlist[0], (list, np.ndarray, Tensor)) and x.ndim):
        condlist = [condlist]
    conditions = [np.asarray(c, bool) for c in condlist]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.any(conditions, axis=0))
    elif len(funclist) != len(conditions):
        raise ShapeError(
            f"piecewise: got {len(conditions)} conditions and {len(funclist)} functions; need as many, or one more"
        )
    y = Tensor(np.zeros_like(x.numpy()))
    for condition, func in zip(conditions, funclist, strict=True):
        if not callable(func):
            y = set_at(y, condition, func)
        elif condition.any():
            y = set_at(y, condition, func(getitem(x, condition), *args, **kw))
    return y


for _call in (apply_along_axis, apply_over_axes, piecewise):
    NUMPY[getattr(np, _call.__name__)] = _call
