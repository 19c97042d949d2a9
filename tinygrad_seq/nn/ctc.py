"""Connectionist temporal classification: the likelihood of labels, summed over all their alignments (Graves 2006)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor, name, time_steps
from ..autograd.collector import paused
from ..autograd.tensor import Array
from ..errors import DTypeError, OptionError, ShapeError
from ..ops import concatenate, divide, logsumexp, mean, negative, stack, where
from ..ops.losses import check_reduction, reduced
from ..ops.shape import as_tensor
from .arguments import flags, row_lengths
from .module import Module

__all__ = ["CTCLoss", "check_blank", "ctc_loss"]


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    r"""The negative log-likelihood of label sequences, whichever way they are aligned to the time steps.

    An alignment says a label or the blank at each step; merging what is repeated, then removing the blanks, leaves the
    targets. With :math:`l'` the targets with a blank before, between and after them,

    .. math::
        \alpha_t(s) = p_t(l'_s) \left(\alpha_{t-1}(s) + \alpha_{t-1}(s - 1) + [l'_s \ne \text{blank}, l'_s \ne l'_{s-2}]
        \, \alpha_{t-1}(s - 2)\right), \qquad p(l) = \alpha_T(|l'|) + \alpha_T(|l'| - 1)

    in logarithms, five operations a step for all rows and labels. Every order of derivatives is that of these lines.
    Graves et al. 2006, "Connectionist temporal classification", equations 6 to 8.

    Args:
        log_probs: ``(T, N, C)``, or ``(T, C)`` without a batch: logarithms of probabilities, as `log_softmax` gives.
        targets: ``(N, S)`` integers, padded with anything; or all targets one after the other, ``(sum of lengths,)``.
        input_lengths: ``(N,)`` integers in 0 ... T. What comes after may be NaN, and its gradient is 0.
        target_lengths: ``(N,)`` integers.
        blank: the class that is no label.
        reduction: "none" gives ``(N,)``, "sum" the sum; "mean" divides each loss by the target's length, at least 1,
            and takes the mean over the batch.
        zero_infinity: count a target that is too long to be aligned as 0, not as infinity. Its gradient is 0 anyway.

    Raises:
        ShapeError: for shapes that do not fit together.
        DTypeError: for targets or lengths that are no integers, or log_probs that are no floats.
        OptionError: for a length, a target or a blank out of range, a target that is the blank, or another reduction.

    >>> import numpy as np, tinygrad_seq as tg
    >>> log_probs = np.log(np.full((2, 1, 3), 1 / 3))
    >>> loss = tg.nn.functional.ctc_loss(log_probs, [[1]], [2], [1])
    >>> round(float(np.exp(-loss.item())) * 9, 6)  # of nine paths three are aligned: 1 1, 1 blank, blank 1
    3.0
    """
    log_probs = as_tensor(log_probs)
    lengths, labels, sizes, single = _checked(log_probs, targets, input_lengths, target_lengths, blank)
    check_reduction("ctc_loss", reduction)
    if single:
        log_probs = log_probs[:, None]
    steps, batch = log_probs.shape[:2]
    states = np.full((batch, 2 * labels.shape[1] + 1), blank)
    states[:, 1::2] = labels
    place, rows = np.arange(states.shape[1]), np.arange(batch)[:, None]
    # Column 0 of what a step reads is log 0, column s + 1 is state s.
    skips = states != blank
    skips[:, 2:] &= states[:, 2:] != states[:, :-2]
    before = np.stack([states * 0 + place + 1, states * 0 + place, np.where(skips, place - 1, 0)], axis=-1)
    live = np.arange(steps)[:, None] < lengths
    with paused:
        says = where(live[..., None], log_probs[:, rows, states], 0.0)
        nothing = np.full((batch, 1), -np.inf, log_probs.dtype)
        # Before the first step, all is at the first blank.
        alpha = as_tensor(np.where(place == 0, 0, nothing))
        alphas = [alpha]
        for t in time_steps(range(steps)):
            alpha = logsumexp(concatenate([nothing, alpha], axis=1)[rows[..., None], before], axis=-1) + says[t]
            name(alpha=alpha)
            alphas.append(alpha)
        last = stack(alphas)[lengths, rows[:, 0]]
    ends = (place == 2 * sizes[:, None]) | (place == 2 * sizes[:, None] - 1)
    losses = negative(logsumexp(where(ends, last, -np.inf), axis=-1))
    if zero_infinity:
        losses = where(np.isinf(losses.numpy()), 0.0, losses)
    if reduction == "mean":
        return mean(divide(losses, np.maximum(sizes, 1).astype(losses.dtype)))
    return reduced(losses[0] if single else losses, reduction)


def _checked(
    log_probs: Tensor, targets: Any, input_lengths: Any, target_lengths: Any, blank: int
) -> tuple[Array, Array, Array, bool]:
    """Input lengths ``(N,)``, targets ``(N, S)`` padded with the blank, their lengths, and whether it is one row."""
    shape = log_probs.shape
    if log_probs.dtype.kind != "f":
        raise DTypeError(f"ctc_loss: got log_probs of {log_probs.dtype}; need floats; use log_softmax of the logits")
    if log_probs.ndim not in (2, 3) or not shape[-1]:
        raise ShapeError(f"ctc_loss: got log_probs {shape}; need (T, N, C), or (T, C) without a batch")
    single = log_probs.ndim == 2
    batch = 1 if single else shape[1]
    check_blank("ctc_loss", blank, shape[-1])
    goal = np.array(targets)
    if goal.size and goal.dtype.kind not in "iu":
        raise DTypeError(f"ctc_loss: got targets of {goal.dtype}; need integers; use .astype(int)")
    goal = goal.astype(np.intp)
    given = [[x] if single and np.ndim(x) == 0 else x for x in (input_lengths, target_lengths)]
    most = goal.shape[-1] if goal.ndim else 0
    lengths = row_lengths("ctc_loss", given[0], batch, shape[0], f"log_probs {shape}", "input_length")
    sizes = row_lengths("ctc_loss", given[1], batch, most, f"targets {goal.shape}", "target_length")
    if goal.ndim == 1 and not single:
        if sizes.sum() != len(goal):
            raise ShapeError(f"ctc_loss: got {len(goal)} targets and target_lengths that sum to {sizes.sum()}")
        padded = np.full((batch, sizes.max(initial=0)), blank)
        padded[np.arange(padded.shape[1]) < sizes[:, None]] = goal
        goal = padded
    elif single and goal.ndim == 1:
        goal = goal[None]
    if goal.ndim != 2 or len(goal) != batch:
        raise ShapeError(f"ctc_loss: got targets {goal.shape} for log_probs {shape}; need ({batch}, S), or one axis")
    inside = np.arange(goal.shape[1]) < sizes[:, None]
    wrong = inside & ((goal < 0) | (goal >= shape[-1]) | (goal == blank))
    if wrong.any():
        bad = goal[wrong][0]
        told = "the blank" if bad == blank else f"outside 0 ... {shape[-1] - 1}"
        raise OptionError(f"ctc_loss: got target {bad}, which is {told}; need labels of the {shape[-1]} classes")
    return lengths, np.where(inside, goal, blank)[:, : sizes.max(initial=0)], sizes, single


def check_blank(caller: str, blank: Any, classes: int) -> None:
    """Refuse a blank that is no class."""
    if isinstance(blank, bool) or not hasattr(blank, "__index__") or not 0 <= blank < classes:
        raise OptionError(f"{caller}: got blank={blank!r} for {classes} classes; need 0 ... {classes - 1}")


class CTCLoss(Module):
    """`functional.ctc_loss` as a module, with its options.

    Args:
        blank: the class that is no label. reduction: "mean", "sum" or "none".
        zero_infinity: count a target that is too long to be aligned as 0, not as infinity.

    >>> import numpy as np, tinygrad_seq as tg
    >>> logits = tg.tensor(np.zeros((5, 2, 4)), requires_grad=True)
    >>> loss = tg.nn.CTCLoss()(tg.ops.log_softmax(logits), [[1, 2, 2], [3, 0, 0]], [5, 3], [3, 1])
    >>> loss.shape
    ()
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False):
        check_reduction("CTCLoss", reduction)
        flags("CTCLoss", zero_infinity=zero_infinity)
        self.blank, self.reduction, self.zero_infinity = blank, reduction, zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Tensor:
        """The loss of log_probs ``(T, N, C)`` for targets ``(N, S)``, see `functional.ctc_loss`."""
        options = self.blank, self.reduction, self.zero_infinity
        return ctc_loss(log_probs, targets, input_lengths, target_lengths, *options)

    def extra_repr(self) -> str:
        """The options."""
        return f"blank={self.blank}, reduction={self.reduction!r}, zero_infinity={self.zero_infinity}"
