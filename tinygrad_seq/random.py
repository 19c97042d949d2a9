"""The package's source of randomness: one NumPy generator, which `seed` restarts."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import OptionError

__all__ = ["generator", "seed"]

_state: dict[str, np.random.Generator] = {}  # made when first asked for: importing numpy.random takes a while


def seed(n: Any) -> None:
    """Restart the generator that initialisation and dropout draw from.

    Raises:
        OptionError: for what is no integer of at least 0.

    >>> import tinygrad_seq as tg
    >>> tg.seed(0)
    >>> first = tg.nn.Linear(2, 2).weight.tolist()
    >>> tg.seed(0)
    >>> tg.nn.Linear(2, 2).weight.tolist() == first
    True
    """
    try:
        _state["generator"] = np.random.default_rng(n)
    except (TypeError, ValueError) as error:
        raise OptionError(f"seed: got {n!r}; need an integer of at least 0") from error


def generator(given: np.random.Generator | None = None) -> np.random.Generator:
    """The generator that is given, or else the one in use.

    Raises:
        OptionError: for what is no generator, such as a seed.
    """
    if given is not None:
        if not isinstance(given, np.random.Generator):
            raise OptionError(f"generator: got {given!r}; need one of NumPy's; use np.random.default_rng(seed)")
        return given
    if "generator" not in _state:
        _state["generator"] = np.random.default_rng()
    return _state["generator"]
