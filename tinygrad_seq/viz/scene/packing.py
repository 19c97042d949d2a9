"""Numbers made small: of an unrolled graph, every list of integers is a few runs."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import numpy as np

__all__ = ["NAN", "logarithm", "logarithms", "packed", "runs", "short"]

NAN = 1e30
"""Stands for the logarithm of what is not a number, for "not a number" means that there is no gradient."""


def runs(numbers: Iterable[int]) -> list[int]:
    """Integers as ``[start, step, count, ...]``.

    >>> runs([3, 5, 7, 7, 7])
    [3, 2, 3, 7, 0, 2]
    """
    found: list[int] = []
    start = step = count = 0
    for k in numbers:
        if count == 1:
            step, count = k - start, 2
        elif count and k == start + step * count:
            count += 1
        else:
            if count:
                found += (start, step, count)
            start, step, count = k, 0, 1
    return [*found, start, step, count] if count else found


def logarithms(norms: Iterable[float | None]) -> np.ndarray[Any, Any]:
    """To the base of 10; NaN where there is no gradient, -inf for zero, `NAN` for what is not a number."""
    sizes = np.array([-1.0 if n is None else n for n in norms])
    with np.errstate(all="ignore"):
        found = np.log10(sizes)
    found[np.isnan(sizes)] = NAN
    return np.asarray(found)


def packed(numbers: np.ndarray[Any, Any]) -> str:
    """Little-endian float32 in base 64."""
    with np.errstate(over="ignore"):
        return base64.b64encode(np.ascontiguousarray(numbers, "<f4").tobytes()).decode()


def logarithm(norm: float) -> float:
    """One of `logarithms`, as a number in text."""
    return round(float(np.clip(logarithms([norm])[0], -NAN, NAN)), 3)


def short(x: float) -> float:
    """A coordinate."""
    rounded = round(x, 1)
    return int(rounded) if rounded == int(rounded) else rounded
