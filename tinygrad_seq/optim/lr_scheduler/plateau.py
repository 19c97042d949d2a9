"""`ReduceLROnPlateau`: a schedule by what training achieves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ...errors import DTypeError, OptionError, StateError
from ..optimizer import Optimizer
from .schedule import at_least

__all__ = ["ReduceLROnPlateau"]

STATE = ("best", "num_bad_epochs", "cooldown_counter", "last_epoch")


class ReduceLROnPlateau:
    """Times ``factor`` whenever a metric has not improved for more than ``patience`` steps.

    Args:
        optimizer: an `Optimizer`.
        mode: "min" for a loss, "max" for an accuracy.
        factor: what a rate is multiplied with, below 1.
        patience: how many steps without improvement are borne.
        threshold, threshold_mode: by how much a metric has to be better, as a share ("rel") or as such ("abs").
        cooldown: how many steps after a reduction are not counted.
        min_lr: a bound, or one for each group.
        eps: a smaller change is not made.

    Raises:
        OptionError: for options out of range.

    >>> import tinygrad_seq as tg
    >>> opt = tg.optim.SGD([tg.nn.Parameter([1.0])], lr=1.0)
    >>> schedule = tg.optim.lr_scheduler.ReduceLROnPlateau(opt, factor=0.5, patience=1)
    >>> for loss in [3.0, 2.0, 2.0, 2.0]:
    ...     schedule.step(loss)
    >>> opt.lr
    0.5
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0,
        eps: float = 1e-8,
    ):
        if not isinstance(optimizer, Optimizer):
            raise DTypeError(f"ReduceLROnPlateau: got {type(optimizer).__name__}; need an Optimizer")
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs") or not 0 <= factor < 1:
            raise OptionError(
                f"ReduceLROnPlateau: got mode={mode!r}, threshold_mode={threshold_mode!r}, factor={factor}; "
                f'need "min" or "max", "rel" or "abs", and a factor in 0 ... 1, below 1'
            )
        at_least("ReduceLROnPlateau", 0, patience=patience, cooldown=cooldown)
        at_least("ReduceLROnPlateau", 0.0, threshold=threshold, eps=eps)
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode, self.cooldown, self.eps = threshold, threshold_mode, cooldown, eps
        groups = len(optimizer.param_groups)
        self.min_lrs = list(min_lr) if isinstance(min_lr, (list, tuple)) else [min_lr] * groups
        if len(self.min_lrs) != groups:
            raise OptionError(
                f"ReduceLROnPlateau: got min_lr={min_lr}; need a number, or one for each of {groups} groups"
            )
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = self.last_epoch = 0

    def step(self, metrics: Any) -> None:
        """Take the metric of another step, a number or a Tensor of one; NaN is no improvement."""
        metric = float(metrics.item() if hasattr(metrics, "item") else metrics)
        self.last_epoch += 1
        if self._is_better(metric):
            self.best, self.num_bad_epochs = metric, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
            for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                rate = max(group["lr"] * self.factor, least)
                if group["lr"] - rate > self.eps:
                    group["lr"] = rate

    def _is_better(self, metric: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            return sign * metric > sign * self.best * (1 + sign * self.threshold)
        return sign * metric > sign * self.best + self.threshold

    def get_last_lr(self) -> list[float]:
        """The learning rates, one for each group."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """What has been counted so far, ready for `tg.io.save`."""
        return {name: getattr(self, name) for name in STATE}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take what `state_dict` gave.

        Raises:
            StateError: if an entry is missing; nothing is loaded then.
        """
        missing = [name for name in STATE if not isinstance(state, Mapping) or name not in state]
        if missing:
            raise StateError(f"ReduceLROnPlateau: nothing was loaded; {', '.join(missing)} is missing")
        for name in STATE:
            setattr(self, name, state[name])
