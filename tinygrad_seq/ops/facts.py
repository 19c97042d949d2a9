"""What NumPy's functions tell about a Tensor's shape, dtype and positions: no derivative, and no variable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.missing import without_derivative
from ..autograd.tensor import NUMPY
from .shape import astype, broadcast_to

FACTS = (
    *("can_cast", "common_type", "iscomplexobj", "isrealobj", "may_share_memory", "min_scalar_type"),
    *("result_type", "shares_memory"),
    *("array2string", "array_repr", "array_str", "save", "savetxt", "savez", "savez_compressed"),
)
"""Functions whose results are no arrays."""

POSITIONS = (
    *("diag_indices_from", "ix_", "ravel_multi_index", "tril_indices_from", "triu_indices_from", "unravel_index"),
)
"""Functions whose results are indices."""


def _plain(given: Any) -> Any:
    """The same arguments with arrays in place of Tensors."""
    if isinstance(given, Tensor):
        return given.numpy()
    if isinstance(given, (tuple, list)):
        return type(given)(map(_plain, given))
    return given


def _fact(function: Callable[..., Any]) -> Callable[..., Any]:
    return without_derivative(
        lambda *args, **kwargs: function(*_plain(args), **{k: _plain(v) for k, v in kwargs.items()})
    )


def _position(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        found = _fact(function)(*args, **kwargs)
        return tuple([Tensor(np.array(k)) for k in found]) if isinstance(found, tuple) else Tensor(np.array(found))

    return without_derivative(call)


def _full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    device: Any = None,
) -> Tensor:
    if not isinstance(fill_value, Tensor):
        return Tensor(np.full_like(_plain(a), fill_value, dtype, order, subok, shape))
    filled = astype(fill_value, np.result_type(a) if dtype is None else dtype)
    return broadcast_to(filled, np.shape(a) if shape is None else shape)


for _name in FACTS:
    NUMPY[getattr(np, _name)] = _fact(getattr(np, _name))
for _name in POSITIONS:
    NUMPY[getattr(np, _name)] = _position(getattr(np, _name))
NUMPY[np.full_like] = _full_like
