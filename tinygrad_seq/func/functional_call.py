"""Calling a module with other parameters and buffers than its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import as_array
from ..errors import StateError

__all__ = ["functional_call"]


def functional_call(module: Any, params: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
    """Call ``module(*args, **kwargs)`` with the given parameters in place of its own, which stay untouched.

    Args:
        module: a `tinygrad_seq.nn.Module`.
        params: arrays or Tensors by dotted name, as in ``dict(module.named_parameters())``, or a whole state_dict, with
            buffers; for names that are not given, the module's own are used. Buffers are used as arrays, and what the
            call makes of them, such as a running mean, is dropped.
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
    slots = {path: slot for path, *slot in module._slots(every=True) if not isinstance(slot[-1], Tensor)}  # the buffers
    known = {**own, **{path: value for path, (_, _, value) in slots.items()}}
    given: dict[str, Tensor] = {}
    for name, value in params.items():
        if name not in known:
            raise StateError(f"functional_call: got {name!r}; need one of {', '.join(known)}")
        value = value if isinstance(value, Tensor) else Tensor(as_array(value))
        if value.shape != known[name].shape:
            raise StateError(f"functional_call: got {name} of shape {value.shape}; need {known[name].shape}")
        given[name] = value
    before = {name: (own[name]._data, own[name]._node) for name in given if name in own}
    try:
        for name in before:
            own[name]._data, own[name]._node = given[name]._data, given[name]._node
        for path, (owner, name, value) in slots.items():
            setattr(owner, name, np.array(given.get(path, value)))
        return module(*args, **kwargs)
    finally:
        for name, (array, node) in before.items():
            own[name]._data, own[name]._node = array, node
        for owner, name, value in slots.values():
            setattr(owner, name, value)
