"""Losses of scores and the classes that are right: one of many, or yes and no."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import Array
from ..errors import AxisError, DTypeError, OptionError, ShapeError
from .activations import log_sigmoid
from .choices import where
from .exponential import log
from .losses import alike, check_reduction, floating, held, live, reduced, weights
from .reduce import log_softmax, sum

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "nll_loss"]


def cross_entropy(
    logits: Any,
    targets: Any,
    weight: Any = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
    mask: Any = None,
    axis: int | None = None,
) -> Tensor:
    """The negative log-likelihood of the target classes under ``softmax(logits)``, in nats.

    Args:
        logits: ``(C,)``, ``(N, C)`` or ``(N, C, ...)``: unnormalised scores, the classes on axis 1, or on ``axis``.
        targets: integers in 0 ... C-1, of the shape of the logits without the class axis; or probabilities of the
            classes, of the shape of the logits.
        weight: ``(C,)``, a weight for each class; the mean is over the weights of the targets.
        ignore_index: integer targets of this value contribute nothing, neither to the loss nor to a gradient.
        label_smoothing: the share, in 0 ... 1, of the target's weight that is spread over all classes.
        reduction: "mean" (over targets that count), "sum" or "none".
        mask: booleans of the targets' shape, or its leading axes, True for what counts; the others are as if ignored.
        axis: where the classes are: -1 for sequences of logits ``(T, B, C)`` with targets ``(T, B)``.

    Raises:
        DTypeError: if the targets are neither integers nor probabilities of the logits' shape.
        ShapeError: if the shapes do not fit.
        OptionError: for a target outside 0 ... C-1, naming it, or an unknown reduction.

    >>> import numpy as np, tinygrad_seq as tg
    >>> loss = tg.nn.functional.cross_entropy(tg.tensor([[2.0, 0.0, 0.0]]), np.array([0]))
    >>> round(loss.item(), 4)
    0.2395
    >>> logits, ids, valid = np.zeros((5, 2, 3)), np.ones((5, 2), int), np.arange(5)[:, None] < [5, 3]
    >>> round(tg.nn.functional.cross_entropy(logits, ids, mask=valid, axis=-1).item(), 4)
    1.0986
    """
    caller = "cross_entropy"
    check_reduction(caller, reduction)
    if not 0 <= label_smoothing <= 1:
        raise OptionError(f"{caller}: got label_smoothing={label_smoothing}; need 0 ... 1")
    logits = floating(logits)
    axis = _class_axis(caller, logits, axis)
    classes = logits.shape[axis]
    weight = _class_weights(caller, weight, classes, logits)
    if _dtype(targets).kind == "f" and np.shape(targets) == logits.shape:
        return _of_probabilities(logits, targets, weight, label_smoothing, reduction, mask, axis)
    goal, valid = _classes(caller, targets, logits, axis, ignore_index, mask)
    log_p = log_softmax(_live_logits(logits, valid, axis), axis=axis)
    losses, shares = _picked(log_p, goal, weight, axis)
    if label_smoothing:
        spread = -sum(log_p if weight is None else log_p * _along(weight, axis, logits.ndim), axis=axis)
        losses = losses * (1 - label_smoothing) + spread * (label_smoothing / classes)
    return reduced(losses, reduction, valid, shares)


def nll_loss(
    log_probabilities: Any,
    targets: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    mask: Any = None,
    axis: int | None = None,
) -> Tensor:
    """The negative log-likelihood of the target classes: `cross_entropy` of what is a `log_softmax` already.

    Args:
        log_probabilities: ``(C,)``, ``(N, C)`` or ``(N, C, ...)``.
        targets: integers, of that shape without the class axis.
        weight: ``(C,)``, as of `cross_entropy`, as are all that follow, and the errors.
        ignore_index: a target that does not count.
        reduction: "mean", "sum" or "none".
        mask: True for what counts.
        axis: where the classes are.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.functional.nll_loss([[-0.5, -1.5]], np.array([1])).item()
    1.5
    """
    check_reduction("nll_loss", reduction)
    log_p = floating(log_probabilities)
    axis = _class_axis("nll_loss", log_p, axis)
    weight = _class_weights("nll_loss", weight, log_p.shape[axis], log_p)
    goal, valid = _classes("nll_loss", targets, log_p, axis, ignore_index, mask)
    losses, shares = _picked(_live_logits(log_p, valid, axis), goal, weight, axis)
    return reduced(losses, reduction, valid, shares)


def _dtype(x: Any) -> np.dtype[Any]:
    return x.dtype if isinstance(x, Tensor) else np.asarray(x).dtype


def _class_axis(caller: str, logits: Tensor, axis: int | None) -> int:
    if logits.ndim == 0:
        raise ShapeError(f"{caller}: got logits of shape (); need an axis of classes")
    if axis is None:
        return min(1, logits.ndim - 1)
    if not -logits.ndim <= axis < logits.ndim:
        raise AxisError(
            f"{caller}: got axis={axis} for logits {logits.shape}; need {-logits.ndim} ... {logits.ndim - 1}"
        )
    return axis % logits.ndim


def _class_weights(caller: str, weight: Any, classes: int, logits: Tensor) -> Array | None:
    if weight is None:
        return None
    array = np.asarray(weight).astype(logits.dtype)
    if array.shape != (classes,):
        raise ShapeError(f"{caller}: got weight of shape {array.shape}; need ({classes},), one for each class")
    return array


def _classes(
    caller: str, targets: Any, logits: Tensor, axis: int, ignore_index: int, mask: Any
) -> tuple[Array, Array | None]:
    """The target classes, 0 where they do not count, and where they do count, or None for everywhere."""
    goal = np.array(targets)
    if goal.dtype.kind not in "iu":
        raise DTypeError(
            f"{caller}: got targets of dtype {goal.dtype}; need integers; use .astype(int)"
            + (f", or probabilities of shape {logits.shape}" if caller == "cross_entropy" else "")
        )
    expected = logits.shape[:axis] + logits.shape[axis + 1 :]
    if goal.shape != expected:
        last = goal.shape == logits.shape[:-1]
        hint = "; use axis=-1 where the last axis is that of the classes" if last else ""
        raise ShapeError(f"{caller}: got logits {logits.shape} and targets {goal.shape}; need targets {expected}{hint}")
    valid = goal != ignore_index
    marked = live(caller, mask, goal.shape)
    if marked is not None:
        valid = valid & marked
    classes = logits.shape[axis]
    wrong = valid & ((goal < 0) | (goal >= classes))
    if wrong.any():
        raise OptionError(
            f"{caller}: got target {goal[wrong].flat[0]} for {classes} classes; need 0 ... {classes - 1}, "
            f"or ignore_index={ignore_index}"
        )
    return (goal, None) if valid.all() else (np.where(valid, goal, 0), valid)


def _live_logits(logits: Tensor, valid: Array | None, axis: int) -> Tensor:
    """The logits with 0 where the target does not count."""
    return logits if valid is None else where(np.expand_dims(valid, axis), logits, 0)


def _along(weight: Array, axis: int, ndim: int) -> Array:
    """Weights of classes, to be multiplied with what has them on ``axis``."""
    return weight.reshape(weight.shape + (1,) * (ndim - axis - 1))


def _picked(log_p: Tensor, goal: Array, weight: Array | None, axis: int) -> tuple[Tensor, Array | None]:
    """The weighted negative log-probability of each target, and the weights."""
    where_: list[Any] = list(np.indices(goal.shape, sparse=True))
    where_.insert(axis, goal)
    losses = -log_p[tuple(where_)]
    return (losses, None) if weight is None else (losses * weight[goal], weight[goal])


def _of_probabilities(
    logits: Tensor, targets: Any, weight: Array | None, smoothing: float, reduction: str, mask: Any, axis: int
) -> Tensor:
    counted = live("cross_entropy", mask, logits.shape[:axis] + logits.shape[axis + 1 :])
    goal = floating(targets, logits.dtype)
    if counted is not None:
        goal = _live_logits(goal, counted, axis)
    if (goal._data < 0).any() or not np.isfinite(goal._data).all():
        raise OptionError("cross_entropy: got probabilities below 0, or not finite; need softmax(...) or one_hot(...)")
    if smoothing:
        goal = goal * (1 - smoothing) + smoothing / logits.shape[axis]
    if weight is not None:
        goal = goal * _along(weight, axis, logits.ndim)
    return reduced(
        -sum(goal * log_softmax(_live_logits(logits, counted, axis), axis=axis), axis=axis), reduction, counted
    )


def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", mask: Any = None
) -> Tensor:
    """The negative log-likelihood ``-t log(p) - (1 - t) log(1 - p)`` of yes and no.

    Each logarithm is at least -100, and its derivative where it is held there is 0. From scores, not probabilities,
    `binary_cross_entropy_with_logits` is exact.

    Args:
        input: p, probabilities of any shape.
        target: t, in 0 ... 1, of the same shape.
        weight: multiplies the losses; of a shape that broadcasts to the input's.
        reduction: "mean", "sum" or "none".
        mask: booleans of the input's shape, or its leading axes, True for what counts.

    Raises:
        ShapeError: if the shapes differ.
        OptionError: for an input or a target outside 0 ... 1.

    >>> import tinygrad_seq as tg
    >>> round(tg.nn.functional.binary_cross_entropy([0.9, 0.2], [1.0, 0.0]).item(), 4)
    0.1643
    """
    caller = "binary_cross_entropy"
    check_reduction(caller, reduction)
    p, t = alike(caller, input, target)
    counted = live(caller, mask, p.shape)
    p, t = held(counted, p, t)
    _check_shares(caller, "input", p, "; use binary_cross_entropy_with_logits for scores")
    _check_shares(caller, "target", t)
    losses = -(t * _bounded_log(p) + (1 - t) * _bounded_log(1 - p))
    if weight is not None:
        losses = losses * weights(caller, weight, losses)
    return reduced(losses, reduction, counted)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    pos_weight: Any = None,
    mask: Any = None,
) -> Tensor:
    """`binary_cross_entropy` of ``sigmoid(input)``, without overflow: the loss of a sigmoid head.

    Args:
        input: scores of any shape.
        target: in 0 ... 1, of the same shape.
        weight: multiplies the losses; of a shape that broadcasts to the input's.
        reduction: "mean", "sum" or "none".
        pos_weight: multiplies what the target adds, so that more than 1 makes a "no" in its place dearer; broadcasts.
        mask: booleans of the input's shape, or its leading axes, True for what counts.

    Raises:
        ShapeError: if the shapes do not fit.
        OptionError: for a target outside 0 ... 1.

    >>> import tinygrad_seq as tg
    >>> round(tg.nn.functional.binary_cross_entropy_with_logits([2.0, -1.0], [1.0, 0.0]).item(), 4)
    0.2201
    """
    caller = "binary_cross_entropy_with_logits"
    check_reduction(caller, reduction)
    x, t = alike(caller, input, target)
    counted = live(caller, mask, x.shape)
    x, t = held(counted, x, t)
    _check_shares(caller, "target", t)
    yes = t if pos_weight is None else t * weights(caller, pos_weight, t)
    losses = -(yes * log_sigmoid(x) + (1 - t) * log_sigmoid(-x))
    if weight is not None:
        losses = losses * weights(caller, weight, losses)
    return reduced(losses, reduction, counted)


def _check_shares(caller: str, name: str, x: Tensor, hint: str = "") -> None:
    outside = ~((x._data >= 0) & (x._data <= 1))
    if outside.any():
        raise OptionError(f"{caller}: got {name} {x._data[outside].flat[0]}; need 0 ... 1{hint}")


def _bounded_log(p: Tensor) -> Tensor:
    """The logarithm, or -100 if that is more."""
    inside = p._data > np.exp(-100.0)
    return where(inside, log(where(inside, p, 1)), -100)
