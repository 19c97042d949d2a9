"""Clipping of gradients, against explosion."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ..autograd import Tensor
from ..errors import OptionError

__all__ = ["clip_grad_norm_"]


def clip_grad_norm_(params: Tensor | Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients together so that their joint Euclidean norm is at most ``max_norm`` (Pascanu 2013).

    Args:
        params: parameters; those without a gradient are passed over.
        max_norm: the largest norm allowed, above 0.

    Returns:
        The norm before clipping.

    Raises:
        OptionError: if max_norm is not above 0.

    >>> import tinygrad_seq as tg
    >>> p = tg.nn.Parameter([3.0, 4.0])
    >>> (p * p).sum().backward()
    >>> round(tg.optim.clip_grad_norm_([p], 1.0), 4)
    10.0
    >>> [round(x, 4) for x in p.grad.tolist()]
    [0.6, 0.8]
    """
    if not max_norm > 0:
        raise OptionError(f"clip_grad_norm_: got max_norm={max_norm}; need a number above 0")
    params = [params] if isinstance(params, Tensor) else params
    found = [(p, np.asarray(p.grad)) for p in params if p.grad is not None]
    total = math.sqrt(sum(float(np.vdot(g, g)) for _, g in found))
    if total > max_norm:
        for p, g in found:
            p.grad = Tensor(g * np.asarray(max_norm / (total + 1e-6), g.dtype))
    return total
