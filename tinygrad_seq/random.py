"""The package's source of randomness: one NumPy generator, which `seed` restarts."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["generator", "seed"]

_state: dict[str, np.random.Generator] = {"generator": np.random.default_rng()}


def seed(n: Any) -> None:
    """Restart the generator that initialisation and dropout draw from.

    >>> import tinygrad_seq as tg
    >>> tg.seed(0)
    >>> first = tg.nn.Linear(2, 2).weight.tolist()
    >>> tg.seed(0)
    >>> tg.nn.Linear(2, 2).weight.tolist() == first
    True
    """
    _state["generator"] = np.random.default_rng(n)


def generator() -> np.random.Generator:
    """The generator in use."""
    return _state["generator"]
