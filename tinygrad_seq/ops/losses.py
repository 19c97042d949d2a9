"""Losses, as compositions of the other operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import as_array
from ..errors import DTypeError, OptionError, ShapeError
from .elementwise import divide, subtract
from .reduce import log_softmax, mean, sum

__all__ = ["cross_entropy", "mse_loss"]


def reduced(losses: Tensor, reduction: str, caller: str) -> Tensor:
    """The losses themselves, their sum or their mean."""
    if reduction == "mean":
        return mean(losses)
    if reduction == "sum":
        return sum(losses)
    if reduction == "none":
        return losses
    raise OptionError(f'{caller}: got reduction={reduction!r}; need "mean", "sum" or "none"')


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Tensor:
    """Squared error ``(input - target)**2``, its mean by default.

    Raises:
        ShapeError: if the shapes differ (they are not broadcast, which is nearly always a mistake).

    >>> import tinygrad_seq as tg
    >>> tg.nn.functional.mse_loss(tg.tensor([1.0, 2.0]), tg.tensor([0.0, 0.0])).item()
    2.5
    """
    if np.shape(input) != np.shape(target):
        raise ShapeError(f"mse_loss: got shapes {np.shape(input)} and {np.shape(target)}; need the same")
    error = subtract(input, target)
    return reduced(error * error, reduction, "mse_loss")


def cross_entropy(
    logits: Any,
    targets: Any,
    weight: Any = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of the target classes under ``softmax(logits)``, in nats.

    Args:
        logits: ``(C,)``, ``(N, C)`` or ``(N, C, ...)``: unnormalised scores, the classes on axis 1.
        targets: integers in 0 ... C-1, of the shape of the logits without the class axis.
        weight: ``(C,)``, a weight for each class; the mean is over the weights of the targets.
        ignore_index: targets of this value contribute nothing, neither to the loss nor to a gradient.
        label_smoothing: the share, in 0 ... 1, of the target's weight that is spread over all classes.
        reduction: "mean" (over targets that are not ignored), "sum" or "none".

    Raises:
        DTypeError: if the targets are not integers.
        ShapeError: if the shapes do not fit.
        OptionError: for a target outside 0 ... C-1, naming it, or an unknown reduction.

    >>> import numpy as np, tinygrad_seq as tg
    >>> loss = tg.nn.functional.cross_entropy(tg.tensor([[2.0, 0.0, 0.0]]), np.array([0]))
    >>> round(loss.item(), 4)
    0.2395
    """
    logits = logits if isinstance(logits, Tensor) else Tensor(as_array(logits))
    goal = np.array(targets._data if isinstance(targets, Tensor) else targets)
    if goal.dtype.kind not in "iu":
        raise DTypeError(f"cross_entropy: got targets of dtype {goal.dtype}; need integers; use .astype(int)")
    if logits.ndim == 0:
        raise ShapeError("cross_entropy: got logits of shape (); need an axis of classes")
    axis = 0 if logits.ndim == 1 else 1
    expected = logits.shape[:axis] + logits.shape[axis + 1 :]
    if goal.shape != expected:
        hint = f"; reshape the logits to (-1, {logits.shape[-1]}) and the targets to (-1,)" if logits.ndim > 2 else ""
        raise ShapeError(
            f"cross_entropy: got logits {logits.shape} and targets {goal.shape}; need targets {expected}{hint}"
        )
    classes = logits.shape[axis]
    valid = goal != ignore_index
    wrong = valid & ((goal < 0) | (goal >= classes))
    if wrong.any():
        raise OptionError(
            f"cross_entropy: got target {goal[wrong].flat[0]} for {classes} classes; need 0 ... {classes - 1}, "
            f"or ignore_index={ignore_index}"
        )
    log_p = log_softmax(logits, axis=axis)
    goal = np.where(valid, goal, 0)
    where: list[Any] = list(np.indices(goal.shape, sparse=True))
    where.insert(axis, goal)
    dtype = logits.dtype
    share = valid.astype(dtype)
    if weight is not None:
        weight = np.asarray(weight).astype(dtype)
        if weight.shape != (classes,):
            raise ShapeError(
                f"cross_entropy: got weight of shape {weight.shape}; need ({classes},), one for each class"
            )
        share = share * weight[goal]
    losses: Any = np.where(valid, -log_p[tuple(where)], 0)
    if weight is not None:
        losses = losses * share
    if label_smoothing:
        if not 0 <= label_smoothing <= 1:
            raise OptionError(f"cross_entropy: got label_smoothing={label_smoothing}; need 0 ... 1")
        spread = log_p if weight is None else log_p * weight.reshape((classes,) + (1,) * (logits.ndim - axis - 1))
        smooth = np.where(valid, -sum(spread, axis=axis), 0)
        losses = losses * (1 - label_smoothing) + smooth * (label_smoothing / classes)
    if reduction == "mean":
        return divide(sum(losses), share.sum())
    return reduced(losses, reduction, "cross_entropy")
