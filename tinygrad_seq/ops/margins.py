"""Losses with a margin: right by enough costs nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import Array
from ..errors import OptionError, ShapeError
from .activations import log_sigmoid, relu
from .choices import clip, maximum, minimum, where
from .classification import _class_weights, _classes
from .elementwise import absolute
from .exponential import sqrt
from .losses import alike, check_reduction, floating, held, live, reduced
from .reduce import sum

__all__ = [
    "cosine_embedding_loss",
    "cosine_similarity",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
]


def _signs(caller: str, target: Tensor, counted: Array | None) -> Tensor:
    """The targets, 1 where they do not count."""
    target = target if counted is None else where(counted, target, 1)
    wrong = np.abs(target._data) != 1
    if wrong.any():
        raise OptionError(f"{caller}: got target {target._data[wrong].flat[0]}; need 1 or -1; use 2 * yes - 1")
    return target


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean", mask: Any = None
) -> Tensor:
    """``max(0, margin - target * (input1 - input2))``: which of two shall be larger.

    Args:
        input1: of any shape.
        input2: of the same shape.
        target: of that shape: 1 where input1 shall be larger, -1 where input2 shall.
        margin: by how much.
        reduction: "mean", "sum" or "none".
        mask: booleans of that shape, or its leading axes, True for what counts.

    Raises:
        ShapeError: if the shapes differ.
        OptionError: for a target that is neither 1 nor -1.

    >>> import tinygrad_seq as tg
    >>> tg.nn.functional.margin_ranking_loss([2.0, 0.5], [1.0, 1.0], [1, 1], reduction="none").tolist()
    [0.0, 0.5]
    """
    caller = "margin_ranking_loss"
    check_reduction(caller, reduction)
    a, b, t = alike(caller, input1, input2, target)
    counted = live(caller, mask, a.shape)
    t = _signs(caller, t, counted)
    a, b = held(counted, a, b)
    return reduced(clip(margin - t * (a - b), 0), reduction, counted)


def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, reduction: str = "mean", mask: Any = None
) -> Tensor:
    """The input, a distance, where the target is 1, and ``max(0, margin - input)`` where it is -1.

    Arguments and errors are as of `margin_ranking_loss`.

    >>> import tinygrad_seq as tg
    >>> tg.nn.functional.hinge_embedding_loss([0.5, 0.25], [1, -1], reduction="none").tolist()
    [0.5, 0.75]
    """
    caller = "hinge_embedding_loss"
    check_reduction(caller, reduction)
    x, t = alike(caller, input, target)
    counted = live(caller, mask, x.shape)
    t = _signs(caller, t, counted)
    (x,) = held(counted, x)
    return reduced(where(t._data > 0, x, clip(margin - x, 0)), reduction, counted)


def soft_margin_loss(input: Any, target: Any, reduction: str = "mean", mask: Any = None) -> Tensor:
    """``log(1 + exp(-target * input))`` for targets of 1 and -1; arguments and errors as of `margin_ranking_loss`.

    >>> import tinygrad_seq as tg
    >>> round(tg.nn.functional.soft_margin_loss([2.0], [1]).item(), 4)
    0.1269
    """
    caller = "soft_margin_loss"
    check_reduction(caller, reduction)
    x, t = alike(caller, input, target)
    counted = live(caller, mask, x.shape)
    t = _signs(caller, t, counted)
    (x,) = held(counted, x)
    return reduced(-log_sigmoid(t * x), reduction, counted)


def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean"
) -> Tensor:
    """The hinge loss of classes: the mean over classes of ``max(0, margin - x[target] + x[other])**p``.

    Args:
        input: x, ``(N, C)`` or ``(C,)``: scores.
        target: integers ``(N,)`` or ``()``.
        p: 1 or 2.
        margin: by how much the right score shall be above the others.
        weight: ``(C,)``, by the class of the target.
        reduction: "mean", "sum" or "none".

    Raises:
        DTypeError: if the targets are not integers.
        ShapeError: if the shapes do not fit.
        OptionError: for a target outside 0 ... C-1, or another p.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.functional.multi_margin_loss([[0.0, 0.5, 3.0]], np.array([2])).item()
    0.0
    """
    caller = "multi_margin_loss"
    check_reduction(caller, reduction)
    x = floating(input)
    if x.ndim not in (1, 2) or p not in (1, 2):
        raise OptionError(f"{caller}: got input {x.shape} and p={p}; need (N, C) or (C,), and p=1 or p=2")
    goal, _ = _classes(caller, target, x, x.ndim - 1, -100, None)
    weight = _class_weights(caller, weight, x.shape[-1], x)
    right = np.expand_dims(goal, -1) == np.arange(x.shape[-1])
    behind = where(right, 0, relu(margin - sum(where(right, x, 0), axis=-1, keepdims=True) + x))
    losses = sum(behind if p == 1 else behind * behind, axis=-1) / x.shape[-1]
    return reduced(losses if weight is None else losses * weight[goal], reduction)


def cosine_similarity(x1: Any, x2: Any, axis: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors along ``axis``; norms below eps count as eps.

    >>> import tinygrad_seq as tg
    >>> tg.nn.functional.cosine_similarity([[3.0, 4.0]], [[4.0, 3.0]]).tolist()
    [0.9599999785423279]
    """
    a, b = floating(x1), floating(x2)
    return sum(a * b, axis=axis) / (_length(a, axis, eps) * _length(b, axis, eps))


def _length(x: Tensor, axis: int, eps: float) -> Tensor:
    return sqrt(maximum(sum(x * x, axis=axis), eps * eps))


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean", mask: Any = None
) -> Tensor:
    """``1 - cos`` of two vectors where the target is 1, and ``max(0, cos - margin)`` where it is -1.

    Args:
        input1: ``(N, D)`` or ``(D,)``.
        input2: of the same shape.
        target: ``(N,)`` or ``()``, of 1 and -1.
        margin: up to which cosine two vectors count as different.
        reduction: "mean", "sum" or "none".
        mask: booleans ``(N,)``, True for what counts.

    Raises:
        ShapeError: if the shapes do not fit.
        OptionError: for a target that is neither 1 nor -1.

    >>> import tinygrad_seq as tg
    >>> tg.nn.functional.cosine_embedding_loss([[1.0, 0.0]], [[0.0, 1.0]], [1]).item()
    1.0
    """
    caller = "cosine_embedding_loss"
    check_reduction(caller, reduction)
    a, b = alike(caller, input1, input2)
    t = floating(target)
    if a.ndim not in (1, 2) or t.shape != a.shape[:-1]:
        raise ShapeError(f"{caller}: got inputs {a.shape} and target {t.shape}; need (N, D) and (N,), or (D,) and ()")
    counted = live(caller, mask, t.shape)
    t = _signs(caller, t, counted)
    a, b = held(None if counted is None else counted[..., None], a, b)
    cosine = sum(a * b, axis=-1) / sqrt((sum(a * a, axis=-1) + 1e-12) * (sum(b * b, axis=-1) + 1e-12))
    return reduced(where(t._data > 0, 1 - cosine, clip(cosine - margin, 0)), reduction, counted)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
    mask: Any = None,
) -> Tensor:
    """``max(0, d(anchor, positive) - d(anchor, negative) + margin)``, d the p-norm of ``x - y + eps``.

    Args:
        anchor: ``(N, D)`` or ``(D,)``.
        positive: of the same shape, what shall be near.
        negative: of the same shape, what shall be far.
        margin: by how much the negative shall be farther away.
        p: of the norm.
        eps: keeps the norm away from 0.
        swap: take the distance of positive and negative where that is less than the anchor's (Balntas 2016).
        reduction: "mean", "sum" or "none".
        mask: booleans ``(N,)``, True for what counts.

    Raises:
        ShapeError: if the shapes differ.

    >>> import tinygrad_seq as tg
    >>> round(tg.nn.functional.triplet_margin_loss([[0.0]], [[1.0]], [[1.5]]).item(), 4)
    0.5
    """
    caller = "triplet_margin_loss"
    check_reduction(caller, reduction)
    a, b, c = alike(caller, anchor, positive, negative)
    counted = live(caller, mask, a.shape[:-1])
    a, b, c = held(None if counted is None else counted[..., None], a, b, c)
    away = _distance(a, c, p, eps)
    if swap:
        away = minimum(away, _distance(b, c, p, eps))
    return reduced(clip(_distance(a, b, p, eps) - away + margin, 0), reduction, counted)


def _distance(a: Tensor, b: Tensor, p: float, eps: float) -> Tensor:
    gap = a - b + eps
    return sqrt(sum(gap * gap, axis=-1)) if p == 2 else sum(absolute(gap) ** p, axis=-1) ** (1 / p)
