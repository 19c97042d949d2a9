"""Losses as layers: made once with their options, then called with input and target, and a mask for sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor
from ..ops.losses import REDUCTIONS, check_reduction
from . import functional
from .module import Module

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
]


class _Loss(Module):
    """A loss of `tinygrad_seq.nn.functional`, with the options that the layer was made with.

    Weights are buffers, so that they are in the state_dict, as PyTorch's are.
    """

    function: str
    options: tuple[str, ...] = ()
    reduction: str

    def __init__(self, reduction: str = "mean", **options: Any):
        check_reduction(type(self).__name__, reduction, (*REDUCTIONS, "batchmean")[: 3 + (self.function == "kl_div")])
        self.options = tuple(options)
        for name, value in options.items():
            if name in ("weight", "pos_weight"):
                self.register_buffer(name, value)
            else:
                setattr(self, name, value)
        self.reduction = reduction

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        """The loss of what the function takes: input, target, and ``mask=`` where it takes one."""
        options = {name: getattr(self, name) for name in self.options}
        loss: Tensor = getattr(functional, self.function)(*args, **options, reduction=self.reduction, **kwargs)
        return loss

    def extra_repr(self) -> str:
        """The options that are no arrays."""
        shown = {name: getattr(self, name) for name in (*self.options, "reduction")}
        return ", ".join(f"{k}={v!r}" for k, v in shown.items() if not isinstance(v, (np.ndarray, type(None))))


class CrossEntropyLoss(_Loss):
    """The loss of logits and classes; see `tinygrad_seq.nn.functional.cross_entropy`.

    Args:
        weight: ``(C,)``, a weight for each class, or None.
        ignore_index: a target that does not count.
        reduction: "mean", "sum" or "none".
        label_smoothing: the share, in 0 ... 1, that is spread over all classes.
        axis: where the classes are; -1 for logits ``(T, B, C)``.

    >>> import numpy as np, tinygrad_seq as tg
    >>> loss = tg.nn.CrossEntropyLoss(axis=-1)
    >>> logits, ids, valid = np.zeros((5, 2, 3)), np.ones((5, 2), int), np.arange(5)[:, None] < [5, 3]
    >>> round(loss(logits, ids, mask=valid).item(), 4)
    1.0986
    """

    function = "cross_entropy"

    def __init__(
        self,
        weight: Any = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
        axis: int | None = None,
    ):
        super().__init__(
            reduction, weight=weight, ignore_index=ignore_index, label_smoothing=label_smoothing, axis=axis
        )


class NLLLoss(_Loss):
    """The loss of log-probabilities and classes; see `tinygrad_seq.nn.functional.nll_loss`."""

    function = "nll_loss"

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean", axis: int | None = None):
        super().__init__(reduction, weight=weight, ignore_index=ignore_index, axis=axis)


class BCELoss(_Loss):
    """The loss of probabilities, yes or no; see `tinygrad_seq.nn.functional.binary_cross_entropy`."""

    function = "binary_cross_entropy"

    def __init__(self, weight: Any = None, reduction: str = "mean"):
        super().__init__(reduction, weight=weight)


class BCEWithLogitsLoss(_Loss):
    """The loss of scores, yes or no; see `tinygrad_seq.nn.functional.binary_cross_entropy_with_logits`."""

    function = "binary_cross_entropy_with_logits"

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None):
        super().__init__(reduction, weight=weight, pos_weight=pos_weight)


class MSELoss(_Loss):
    """Squared error; see `tinygrad_seq.nn.functional.mse_loss`."""

    function = "mse_loss"

    def __init__(self, reduction: str = "mean"):
        super().__init__(reduction)


class L1Loss(_Loss):
    """Absolute error; see `tinygrad_seq.nn.functional.l1_loss`."""

    function = "l1_loss"

    def __init__(self, reduction: str = "mean"):
        super().__init__(reduction)


class SmoothL1Loss(_Loss):
    """Absolute error, smooth below beta; see `tinygrad_seq.nn.functional.smooth_l1_loss`."""

    function = "smooth_l1_loss"

    def __init__(self, reduction: str = "mean", beta: float = 1.0):
        super().__init__(reduction, beta=beta)


class HuberLoss(_Loss):
    """Squared error, a line beyond delta; see `tinygrad_seq.nn.functional.huber_loss`."""

    function = "huber_loss"

    def __init__(self, reduction: str = "mean", delta: float = 1.0):
        super().__init__(reduction, delta=delta)


class KLDivLoss(_Loss):
    """The Kullback-Leibler divergence; see `tinygrad_seq.nn.functional.kl_div`."""

    function = "kl_div"

    def __init__(self, reduction: str = "mean", log_target: bool = False):
        super().__init__(reduction, log_target=log_target)


class MarginRankingLoss(_Loss):
    """Which of two shall be larger; see `tinygrad_seq.nn.functional.margin_ranking_loss`."""

    function = "margin_ranking_loss"

    def __init__(self, margin: float = 0.0, reduction: str = "mean"):
        super().__init__(reduction, margin=margin)


class HingeEmbeddingLoss(_Loss):
    """Whether a distance shall be small; see `tinygrad_seq.nn.functional.hinge_embedding_loss`."""

    function = "hinge_embedding_loss"

    def __init__(self, margin: float = 1.0, reduction: str = "mean"):
        super().__init__(reduction, margin=margin)


class SoftMarginLoss(_Loss):
    """The loss of scores for 1 and -1; see `tinygrad_seq.nn.functional.soft_margin_loss`."""

    function = "soft_margin_loss"

    def __init__(self, reduction: str = "mean"):
        super().__init__(reduction)


class MultiMarginLoss(_Loss):
    """The hinge loss of classes; see `tinygrad_seq.nn.functional.multi_margin_loss`."""

    function = "multi_margin_loss"

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean"):
        super().__init__(reduction, p=p, margin=margin, weight=weight)


class CosineEmbeddingLoss(_Loss):
    """Whether two vectors shall point the same way; see `tinygrad_seq.nn.functional.cosine_embedding_loss`."""

    function = "cosine_embedding_loss"

    def __init__(self, margin: float = 0.0, reduction: str = "mean"):
        super().__init__(reduction, margin=margin)


class TripletMarginLoss(_Loss):
    """What shall be near, what far; see `tinygrad_seq.nn.functional.triplet_margin_loss`."""

    function = "triplet_margin_loss"

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, reduction: str = "mean"
    ):
        super().__init__(reduction, margin=margin, p=p, eps=eps, swap=swap)
