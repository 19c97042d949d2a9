"""What changes an array in place is refused, and the message says what to write instead: graphs hold the arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.tensor import NUMPY
from ..errors import UnsupportedError

INSTEAD = {
    "copyto": "np.where(mask, source, t), or np.broadcast_to(t, shape) to fill an array",
    "fill_diagonal": "np.where(np.eye(n, dtype=bool), value, t)",
    "place": "np.where(mask, values, t), or tg.ops.set_at(t, mask, values)",
    "put": "tg.ops.set_at(np.ravel(t), indices, values).reshape(t.shape)",
    "put_along_axis": "tg.ops.set_at(t, index, values)",
    "putmask": "np.where(mask, values, t)",
}
"""What to write instead of NumPy's function."""

INSTEAD_OF_METHOD = {
    "fill": "np.full_like(t, value)",
    "itemset": "tg.ops.set_at(t, index, value)",
    "partition": "np.partition(t, kth)",
    "put": INSTEAD["put"],
    "resize": "np.resize(t, shape)",
    "setfield": "tg.ops.set_at(t, index, values)",
    "sort": "np.sort(t, axis)",
}
"""What to write instead of an array's method."""


def refused(name: str, remedy: str) -> Callable[..., Any]:
    """A function that raises, whatever it is given."""

    def call(*args: Any, **kwargs: Any) -> Any:
        raise UnsupportedError(
            f"{name} changes an array in place, which cannot hold the history of a Tensor; use {remedy}"
        )

    call.__name__ = name.rpartition(".")[2]
    call.__doc__ = f"Refused: use ``{remedy}``."
    return call


for _name, _remedy in INSTEAD.items():
    NUMPY[getattr(np, _name)] = refused(f"np.{_name}", _remedy)
