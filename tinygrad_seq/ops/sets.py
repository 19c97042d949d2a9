"""Arrays as sets: distinct elements, unions, intersections and differences, each sorted.

What is chosen is constant, so that a result is a reading of the inputs; of equal elements the first has the derivative.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import NUMPY
from .comparisons import constant
from .index import getitem
from .join import concatenate
from .shape import as_tensor, ravel, with_axis

__all__ = [
    "intersect1d",
    "isin",
    "setdiff1d",
    "setxor1d",
    "union1d",
    "unique",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]

isin = constant(np.isin)


def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    **options: bool,
) -> Any:
    """The distinct elements, or those along ``axis``, sorted; of equal ones the first has the derivative.

    The indices and counts that NumPy's ``unique`` can return beside them are constants.
    """
    x = as_tensor(ar)
    line, along = with_axis("unique", x, axis)
    _, index, inverse, counts = np.unique(x.numpy(), True, True, True, axis, **options)
    distinct = line[(slice(None),) * along + (index,)]
    asked = ((return_index, index), (return_inverse, inverse), (return_counts, counts))
    others = [Tensor(found) for wanted, found in asked if wanted]
    return (distinct, *others) if others else distinct


class UniqueAllResult(NamedTuple):
    """The distinct elements, where each first stands, where each element is among them, and how often each occurs."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCountsResult(NamedTuple):
    """The distinct elements, and how often each occurs."""

    values: Any
    counts: Any


class UniqueInverseResult(NamedTuple):
    """The distinct elements, and where each element is among them."""

    values: Any
    inverse_indices: Any


def unique_all(x: Any, /) -> UniqueAllResult:
    """The distinct elements, sorted, with all that `unique` can tell of them."""
    return UniqueAllResult(*unique(x, True, True, True, equal_nan=False))


def unique_counts(x: Any, /) -> UniqueCountsResult:
    """The distinct elements, sorted, and how often each occurs."""
    return UniqueCountsResult(*unique(x, return_counts=True, equal_nan=False))


def unique_inverse(x: Any, /) -> UniqueInverseResult:
    """The distinct elements, sorted, and where each element is among them."""
    return UniqueInverseResult(*unique(x, return_inverse=True, equal_nan=False))


def unique_values(x: Any, /) -> Tensor:
    """The distinct elements, sorted."""
    return unique(x, equal_nan=False)  # type: ignore[no-any-return]


def union1d(ar1: Any, ar2: Any) -> Tensor:
    """What is in one of two arrays, or in both."""
    return unique(concatenate([ar1, ar2], None))  # type: ignore[no-any-return]


def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """What is in both arrays, as it stands in the first; with the indices, constants, if asked for."""
    a, b = ravel(ar1), ravel(ar2)
    _, first, second = np.intersect1d(a.numpy(), b.numpy(), assume_unique, True)
    common = getitem(a, first)
    return (common, Tensor(first), Tensor(second)) if return_indices else common


def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Tensor:
    """What is in the first array and not in the second."""
    x = ravel(ar1) if assume_unique else unique(ar1)
    return getitem(x, ~isin(x, ar2))


def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Tensor:
    """What is in one of two arrays, but not in both."""
    both, counts = unique(
        concatenate([x if assume_unique else unique(x) for x in (ar1, ar2)], None),
        return_counts=True,
    )
    return getitem(both, counts == 1)


for _call in (
    *(intersect1d, setdiff1d, setxor1d, union1d),
    *(unique, unique_all, unique_counts, unique_inverse, unique_values),
):
    NUMPY[getattr(np, _call.__name__)] = _call
