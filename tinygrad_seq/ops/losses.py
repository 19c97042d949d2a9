"""Losses of one number and its target; what all losses share: shapes, masks, weights and the mean.

Every loss takes a ``mask``, for sequences of unequal length: booleans of the losses' shape, or of its leading axes,
such as ``(T, B)`` for losses ``(T, B, D)``. The mean is over what is marked True; what is not contributes nothing, and
its gradient is exactly 0, whatever stands there, NaN too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import Array, as_array
from ..errors import DTypeError, OptionError, ShapeError
from .choices import clip, where
from .elementwise import absolute, divide, multiply, subtract
from .exponential import exp, log
from .reduce import mean, sum

__all__ = ["huber_loss", "kl_div", "l1_loss", "mse_loss", "smooth_l1_loss"]

REDUCTIONS = ("mean", "sum", "none")


def floating(x: Any, dtype: np.dtype[Any] | None = None) -> Tensor:
    """``x`` as a Tensor; a constant gets the floating dtype, so that targets of another do not change the loss's."""
    x = x if isinstance(x, Tensor) else Tensor(as_array(x))
    fits = dtype is None or dtype.kind != "f" or x.dtype == dtype or x.requires_grad
    return x if fits else Tensor(x._data.astype(dtype))


def alike(caller: str, input: Any, *targets: Any) -> list[Tensor]:
    """Input and targets as Tensors, which must be of one shape."""
    first = floating(input)
    for target in targets:
        if np.shape(target) != first.shape:
            raise ShapeError(f"{caller}: got shapes {first.shape} and {np.shape(target)}; need the same")
    return [first, *[floating(target, first.dtype) for target in targets]]


def live(caller: str, mask: Any, shape: tuple[int, ...]) -> Array | None:
    """A mask as booleans that broadcast to losses of ``shape``."""
    if mask is None:
        return None
    array = np.array(mask)
    if array.dtype.kind != "b":
        raise DTypeError(
            f"{caller}: got a mask of {array.dtype}; need booleans, True for what counts; use .astype(bool)"
        )
    if array.shape != shape[: array.ndim]:
        raise ShapeError(f"{caller}: got a mask {array.shape} for losses {shape}; need that shape or its leading axes")
    return array.reshape(array.shape + (1,) * (len(shape) - array.ndim))


def held(mask: Array | None, *xs: Tensor) -> list[Tensor]:
    """The operands with 0 where the mask is False: nothing that stands there reaches the loss or a gradient."""
    return list(xs) if mask is None else [where(mask, x, 0) for x in xs]


def check_reduction(caller: str, reduction: str, known: tuple[str, ...] = REDUCTIONS) -> None:
    """Refuse a way of reducing that is not one of the known."""
    if reduction not in known:
        names = ", ".join(f'"{name}"' for name in known[:-1])
        raise OptionError(f'{caller}: got reduction={reduction!r}; need {names} or "{known[-1]}"')


def reduced(losses: Tensor, reduction: str, mask: Array | None = None, shares: Any = None) -> Tensor:
    """The losses themselves, their sum, or their mean: over ``shares``, or over what the mask has."""
    if mask is not None:
        losses = where(mask, losses, 0)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return sum(losses)
    if mask is None and shares is None:
        return mean(losses)
    counted = np.broadcast_to(True if mask is None else mask, losses.shape)
    total = np.where(counted, 1 if shares is None else shares, 0).sum()
    return divide(sum(losses), np.asarray(total, losses.dtype))


def _of_elements(
    caller: str,
    loss: Callable[[Tensor, Tensor], Tensor],
    input: Any,
    target: Any,
    reduction: str,
    weight: Any,
    mask: Any,
) -> Tensor:
    check_reduction(caller, reduction)
    x, t = alike(caller, input, target)
    counted = live(caller, mask, x.shape)
    losses = loss(*held(counted, x, t))
    if weight is None:
        return reduced(losses, reduction, counted)
    weight = weights(caller, weight, losses)
    return reduced(multiply(losses, weight), reduction, counted, weight)


def weights(caller: str, weight: Any, losses: Tensor) -> Array:
    """Weights as an array of the losses' shape and dtype."""
    array = np.asarray(weight).astype(losses.dtype)
    try:
        return np.broadcast_to(array, losses.shape)
    except ValueError as error:
        raise ShapeError(
            f"{caller}: got weight of shape {array.shape} for losses {losses.shape}; need one that broadcasts to it"
        ) from error


def mse_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None, mask: Any = None) -> Tensor:
    """Squared error ``(input - target)**2``, its mean by default.

    Args:
        input: of any shape.
        target: of the same shape.
        reduction: "mean" (weighted by ``weight``), "sum" or "none".
        weight: of a shape that broadcasts to the input's.
        mask: see the module; the mean is over what is True.

    Raises:
        ShapeError: if the shapes differ (they are not broadcast, which is nearly always a mistake).
        DTypeError: for a mask that is not boolean.
        OptionError: for an unknown reduction.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.functional.mse_loss(tg.tensor([1.0, 2.0]), tg.tensor([0.0, 0.0])).item()
    2.5
    >>> x, valid = tg.tensor([1.0, np.nan], requires_grad=True), np.array([True, False])
    >>> tg.nn.functional.mse_loss(x, [0.0, 0.0], mask=valid).backward()
    >>> x.grad.tolist()
    [2.0, 0.0]
    """

    def loss(x: Tensor, t: Tensor) -> Tensor:
        error = subtract(x, t)
        return error * error

    return _of_elements("mse_loss", loss, input, target, reduction, weight, mask)


def l1_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None, mask: Any = None) -> Tensor:
    """Absolute error ``|input - target|``, its mean by default; arguments and errors as of `mse_loss`.

    >>> import tinygrad_seq as tg
    >>> tg.nn.functional.l1_loss([1.0, 2.0], [0.0, 0.0]).item()
    1.5
    """
    return _of_elements("l1_loss", lambda x, t: absolute(x - t), input, target, reduction, weight, mask)


def huber_loss(
    input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None, mask: Any = None
) -> Tensor:
    """Half the squared error up to ``delta``, from there on a line of slope delta (Huber 1964).

    With e the error: ``e**2 / 2`` where ``|e| <= delta``, otherwise ``delta * (|e| - delta / 2)``. Other arguments
    and errors as of `mse_loss`; but the mean is not over the weights, as it is not in PyTorch.

    Raises:
        OptionError: if delta is not above 0.

    >>> import tinygrad_seq as tg
    >>> tg.nn.functional.huber_loss([0.5, 3.0], [0.0, 0.0], reduction="none").tolist()
    [0.125, 2.5]
    """
    if not delta > 0:
        raise OptionError(f"huber_loss: got delta={delta}; need a number above 0")

    def loss(x: Tensor, t: Tensor) -> Tensor:
        losses = _huber(x - t, delta)
        return losses if weight is None else losses * weights("huber_loss", weight, losses)

    return _of_elements("huber_loss", loss, input, target, reduction, None, mask)


def _huber(error: Tensor, delta: float) -> Tensor:
    near = clip(error, -delta, delta)
    return near * (error - 0.5 * near)


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0, mask: Any = None) -> Tensor:
    """`huber_loss` over ``beta``: near the absolute error, but smooth where that is below beta (Girshick 2015).

    Other arguments and errors as of `mse_loss`; for beta = 0 it is `l1_loss`.

    Raises:
        OptionError: if beta is below 0.

    >>> import tinygrad_seq as tg
    >>> tg.nn.functional.smooth_l1_loss([0.5, 3.0], [0.0, 0.0], reduction="none").tolist()
    [0.125, 2.5]
    """
    if not beta >= 0:
        raise OptionError(f"smooth_l1_loss: got beta={beta}; need a number of at least 0")
    loss = (lambda x, t: _huber(x - t, beta) / beta) if beta else (lambda x, t: absolute(x - t))
    return _of_elements("smooth_l1_loss", loss, input, target, reduction, None, mask)


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False, mask: Any = None) -> Tensor:
    """The Kullback-Leibler divergence ``target * (log(target) - input)`` of each element; input are log-probabilities.

    Args:
        input: log-probabilities, of any shape.
        target: probabilities of the same shape, or their logarithms.
        reduction: "mean" over elements, "batchmean" (the divergence itself: the sum, over the size of axis 0 or, with a
            mask, over how many are True), "sum" or "none".
        log_target: whether the target are logarithms.
        mask: see the module.

    Raises:
        ShapeError: if the shapes differ.
        OptionError: for negative probabilities, or an unknown reduction.

    >>> import numpy as np, tinygrad_seq as tg
    >>> loss = tg.nn.functional.kl_div(np.log([[0.5, 0.5]]), [[1.0, 0.0]], reduction="batchmean")
    >>> round(loss.item(), 4)
    0.6931
    """
    check_reduction("kl_div", reduction, ("mean", "batchmean", "sum", "none"))
    x, t = alike("kl_div", input, target)
    counted = live("kl_div", mask, x.shape)
    x, t = held(counted, x, t)
    if log_target:
        losses = exp(t) * (t - x)
    else:
        if (t._data < 0).any():
            raise OptionError(f"kl_div: got a target of {t._data.min()}; need probabilities; or log_target=True")
        some = t._data > 0
        losses = where(some, t * log(where(some, t, 1)), 0) - t * x
    if reduction != "batchmean":
        return reduced(losses, reduction, counted)
    rows = x.shape[0] if counted is None else counted.sum()
    return divide(reduced(losses, "sum", counted), np.asarray(rows, losses.dtype))
