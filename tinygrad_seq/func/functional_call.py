"""Calling a module with other parameters than its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..autograd import Tensor
from ..autograd.tensor import as_array
from ..errors import StateError

__all__ = ["functional_call"]


def functional_call(module: Any, params: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
    """Call ``module(*args, **kwargs)`` with the given parameters in place of its own, which stay untouched.

    Args:
        module: a `tinygrad_seq.nn.Module`.
        params: arrays or Tensors by dotted name, as in ``dict(module.named_parameters())``; for names that are
            not given, the module's own are used.
        *args: passed on.
        **kwargs: passed on.

    Raises:
        StateError: for a name that the module does not have, or another shape; nothing is called then.

    >>> import numpy as np, tinygrad_seq as tg
    >>> layer = tg.nn.Linear(2, 1)
    >>> f = lambda params: tg.func.functional_call(layer, params, np.ones((1, 2), "float32")).sum()
    >>> {name: g.tolist() for name, g in tg.func.grad(f)(layer.state_dict()).items()}
    {'weight': [[1.0, 1.0]], 'bias': [1.0]}
    """
    own = dict(module.named_parameters())
    new: dict[str, Tensor] = {}
    for name, value in params.items():
        if name not in own:
            raise StateError(f"functional_call: got {name!r}; need one of {', '.join(own)}")
        value = value if isinstance(value, Tensor) else Tensor(as_array(value))
        if value.shape != own[name].shape:
            raise StateError(f"functional_call: got {name} of shape {value.shape}; need {own[name].shape}")
        new[name] = value
    before = {name: (own[name]._data, own[name]._node) for name in new}
    try:
        for name, value in new.items():
            own[name]._data, own[name]._node = value._data, value._node
        return module(*args, **kwargs)
    finally:
        for name, (array, node) in before.items():
            own[name]._data, own[name]._node = array, node
