"""Writing, by functions that give a new Tensor; what changes an array in place is refused, since graphs hold it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.missing import without_derivative
from ..autograd.tensor import NUMPY
from ..errors import UnsupportedError
from .elementwise import add
from .index import fixed, getitem, scatter
from .join import concatenate
from .shape import as_tensor, broadcast_to, cast_for, ravel

__all__ = ["add_at", "set_at"]


def set_at(x: Any, index: Any, values: Any) -> Tensor:
    """``x`` with ``values`` in place of ``x[index]``: a functional ``x[index] = values``.

    The values broadcast to the shape of ``x[index]``. What is replaced has a derivative of exactly 0; of a place that
    the index names twice, the last value counts. The result has the dtype of ``x``.

    Raises:
        DTypeError: for floating values in an array of integers.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.ops.set_at(np.zeros(4), [1, 3], [5.0, 6.0]).tolist()
    [0.0, 5.0, 0.0, 6.0]
    """
    old, index, new = _written("set_at", x, index, values)
    # The new elements stand behind the old ones, and each place reads one of both.
    places = np.arange(old.size).reshape(old.shape)
    places[index] = np.arange(old.size, old.size + new.size).reshape(new.shape)
    return getitem(concatenate([ravel(old), ravel(new)]), places)


def add_at(x: Any, index: Any, values: Any) -> Tensor:
    """``x`` with ``values`` added at ``x[index]``, as often as the index names a place: a functional ``np.add.at``.

    The values broadcast to the shape of ``x[index]``. The result has the dtype of ``x``.

    Raises:
        DTypeError: for floating values in an array of integers.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.ops.add_at(np.zeros(3), [0, 2, 2], 1.0).tolist()
    [1.0, 0.0, 2.0]
    """
    old, index, new = _written("add_at", x, index, values)
    return add(old, scatter(new, shape=old.shape, indices=(index,)))


def _written(caller: str, x: Any, index: Any, values: Any) -> tuple[Tensor, Any, Tensor]:
    """The array, a private index, and the values in the shape that the index reads and in the array's dtype."""
    x, index = as_tensor(x), fixed(index)
    shape = getitem(x.detach(), index).shape
    values = cast_for(caller, values, x.dtype)
    return x, index, values if values.shape == shape else broadcast_to(values, shape)


def setitem(x: Tensor, index: Any, value: Any) -> None:
    """Refuse ``x[index] = value`` and say what to write instead.

    Raises:
        UnsupportedError: always.
    """
    raise UnsupportedError(
        "t[index] = value: got an item assignment; need a Tensor that never changes, since graphs hold it; "
        "write t = tg.ops.set_at(t, index, value), tg.ops.add_at for +=, or np.where(mask, value, t)"
    )


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
    return without_derivative(call)


for _name, _remedy in INSTEAD.items():
    NUMPY[getattr(np, _name)] = refused(f"np.{_name}", _remedy)
