"""Clipping of gradients, against explosion."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..autograd import Tensor
from ..errors import GraphError, OptionError

__all__ = ["clip_grad_norm_", "clip_grad_value_"]

Params = Tensor | Iterable[Tensor]


def clip_grad_norm_(params: Params, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False) -> float:
    """Scale all gradients together so that their joint norm is at most ``max_norm`` (Pascanu 2013).

    Args:
        params: parameters; those without a gradient are passed over.
        max_norm: the largest norm allowed, above 0.
        norm_type: p of the norm, above 0; ``math.inf`` for the largest absolute value.
        error_if_nonfinite: refuse a norm that is infinite or NaN, which otherwise makes gradients 0 or NaN.

    Returns:
        The norm before clipping.

    Raises:
        OptionError: if max_norm or norm_type is not above 0.
        GraphError: for a norm that is not finite, if asked for; no gradient is changed then.

    >>> import tinygrad_seq as tg
    >>> p = tg.nn.Parameter([3.0, 4.0])
    >>> (p * p).sum().backward()
    >>> round(tg.optim.clip_grad_norm_([p], 1.0), 4)
    10.0
    >>> [round(x, 4) for x in p.grad.tolist()]
    [0.6, 0.8]
    """
    norm_type = float(norm_type)
    if not max_norm > 0 or not norm_type > 0:
        raise OptionError(f"clip_grad_norm_: got max_norm={max_norm}, norm_type={norm_type}; need numbers above 0")
    found = _with_gradients(params)
    total = _norm([g for _, g in found], norm_type)
    if error_if_nonfinite and not math.isfinite(total):
        raise GraphError(
            f"clip_grad_norm_: the norm of the gradients is {total}; nothing was clipped; "
            f"use tg.autograd.detect_anomaly() to find where it arises"
        )
    if not total <= max_norm:
        for p, g in found:
            p.grad = Tensor(g * np.asarray(max_norm / (total + 1e-6), g.dtype))
    return total


def clip_grad_value_(params: Params, clip_value: float) -> None:
    """Hold each element of the gradients within ``-clip_value ... clip_value``.

    Args:
        params: parameters; those without a gradient are passed over.
        clip_value: the largest absolute value allowed, above 0.

    Raises:
        OptionError: if clip_value is not above 0.

    >>> import tinygrad_seq as tg
    >>> p = tg.nn.Parameter([0.1, 4.0])
    >>> (p * p).sum().backward()
    >>> tg.optim.clip_grad_value_([p], 1.0)
    >>> [round(x, 4) for x in p.grad.tolist()]
    [0.2, 1.0]
    """
    if not clip_value > 0:
        raise OptionError(f"clip_grad_value_: got clip_value={clip_value}; need a number above 0")
    for p, g in _with_gradients(params):
        p.grad = Tensor(np.clip(g, -clip_value, clip_value))


def _with_gradients(params: Params) -> list[tuple[Tensor, Any]]:
    params = [params] if isinstance(params, Tensor) else params
    return [(p, np.asarray(p.grad)) for p in params if p.grad is not None]


def _norm(gradients: list[Any], p: float) -> float:
    if p == math.inf:
        return max((float(np.abs(g).max(initial=0)) for g in gradients), default=0.0)
    if p == 2:
        return math.sqrt(sum(float(np.vdot(g, g)) for g in gradients))
    return float(sum(float((np.abs(g) ** p).sum()) for g in gradients) ** (1 / p))
