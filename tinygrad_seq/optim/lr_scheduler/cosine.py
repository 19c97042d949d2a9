"""Schedules along halves of cosines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from ...errors import OptionError
from ..optimizer import Optimizer
from .schedule import LRScheduler, at_least

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts", "OneCycleLR"]


def _cosine(start: float, end: float, share: float) -> float:
    """From start to end along half a cosine, as ``share`` goes from 0 to 1."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def _line(start: float, end: float, share: float) -> float:
    return start + (end - start) * share


class CosineAnnealingLR(LRScheduler):
    """Half a cosine from ``base`` down to ``eta_min`` in ``T_max`` steps, and up again (Loshchilov and Hutter 2017).

    >>> import tinygrad_seq as tg
    >>> opt = tg.optim.SGD([tg.nn.Parameter([1.0])], lr=1.0)
    >>> schedule = tg.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=4)
    >>> [round(schedule.rate(1.0, t), 3) for t in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.146]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1):
        at_least("CosineAnnealingLR", 1, T_max=T_max)
        at_least("CosineAnnealingLR", 0.0, eta_min=eta_min)
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int) -> float:
        """The rate at step t."""
        return _cosine(base, self.eta_min, t / self.T_max)


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine down to ``eta_min`` in ``T_0`` steps, then again, each ``T_mult`` times as long as the last.

    SGDR (Loshchilov and Hutter 2017).

    >>> import tinygrad_seq as tg
    >>> opt = tg.optim.SGD([tg.nn.Parameter([1.0])], lr=1.0)
    >>> schedule = tg.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=2, T_mult=2)
    >>> [round(schedule.rate(1.0, t), 3) for t in range(7)]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]
    """

    chains = False

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1):
        at_least("CosineAnnealingWarmRestarts", 1, T_0=T_0, T_mult=T_mult)
        at_least("CosineAnnealingWarmRestarts", 0.0, eta_min=eta_min)
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        super().__init__(optimizer, last_epoch)

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next step, or to ``epoch``, which may be a fraction."""
        if epoch is not None:
            at_least("CosineAnnealingWarmRestarts", 0.0, epoch=epoch)
            self.last_epoch = epoch - 1  # type: ignore[assignment]
        super().step()

    def rate(self, base: float, t: float) -> float:
        """The rate at step t."""
        length = self.T_0
        if self.T_mult == 1:
            t = t % length
        while t >= length:
            t, length = t - length, length * self.T_mult
        return _cosine(base, self.eta_min, t / length)


class OneCycleLR(LRScheduler):
    """Up from ``max_lr / div_factor`` to ``max_lr``, then down to the first over ``final_div_factor`` (Smith 2018).

    Args:
        optimizer: the optimiser, whose learning rate is replaced.
        max_lr: the highest rate, or one for each group.
        total_steps: how many steps the cycle has; or give epochs and steps_per_epoch.
        epochs, steps_per_epoch: total_steps, in two factors.
        pct_start: the share of the steps that goes up.
        anneal_strategy: "cos" or "linear".
        cycle_momentum: move the momentum (or the first of betas) from max_momentum to base_momentum and back.
        base_momentum, max_momentum: see there.
        div_factor, final_div_factor: see above.
        three_phase: go down to the first rate in as many steps as up, and from there to the last.
        last_epoch: the step that was the last one; -1 begins.

    Raises:
        OptionError: for options out of range, an optimiser without momentum, or a step after the last.

    >>> import tinygrad_seq as tg
    >>> opt = tg.optim.Adam([tg.nn.Parameter([1.0])])
    >>> schedule = tg.optim.lr_scheduler.OneCycleLR(opt, max_lr=1.0, total_steps=10)
    >>> [round(schedule.rate(0.04, t), 3) for t in range(10)]
    [0.04, 0.52, 1.0, 0.95, 0.812, 0.611, 0.389, 0.188, 0.05, 0.0]
    """

    chains = False

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ):
        if total_steps is None:
            at_least("OneCycleLR", 1, epochs=epochs, steps_per_epoch=steps_per_epoch)
            total_steps = epochs * steps_per_epoch  # type: ignore[operator]
        at_least("OneCycleLR", 1, total_steps=total_steps)
        at_least("OneCycleLR", 1.0, div_factor=div_factor, final_div_factor=final_div_factor)
        if not 0 <= pct_start <= 1 or anneal_strategy not in ("cos", "linear"):
            raise OptionError(
                f"OneCycleLR: got pct_start={pct_start} and anneal_strategy={anneal_strategy!r}; "
                f'need a share in 0 ... 1, and "cos" or "linear"'
            )
        self.total_steps, self.three_phase = total_steps, three_phase
        self.div_factor, self.final_div_factor = div_factor, final_div_factor
        self.base_momentum, self.max_momentum, self.cycle_momentum = base_momentum, max_momentum, cycle_momentum
        self._curve = _cosine if anneal_strategy == "cos" else _line
        up = float(pct_start * total_steps) - 1
        self._ends = [up, 2 * up, total_steps - 1.0] if three_phase else [up, total_steps - 1.0]
        self._start(optimizer, max_lr, last_epoch)
        super().__init__(optimizer, last_epoch)

    def _start(self, optimizer: Optimizer, max_lr: float | Sequence[float], last_epoch: int) -> None:
        """Note the first and the highest rate in the groups, once all is known to be right."""
        groups = getattr(optimizer, "param_groups", [])
        highest: list[Any] = list(max_lr) if isinstance(max_lr, (list, tuple)) else [max_lr] * len(groups)
        if len(highest) != len(groups) or not all(rate > 0 for rate in highest):
            raise OptionError(f"OneCycleLR: got max_lr={max_lr}; need a number above 0, or one for each group")
        if self.cycle_momentum and not any({"momentum", "betas"} & set(group) for group in groups[:1]) and groups:
            raise OptionError("OneCycleLR: got an optimiser without momentum or betas; need cycle_momentum=False")
        for group, rate in zip(groups, highest, strict=True) if last_epoch == -1 else ():
            group["initial_lr"], group["max_lr"] = rate / self.div_factor, rate

    def _between(self, first: float, top: float, last: float, t: int) -> float:
        """What goes from first to top to last, in the phases of the cycle, at step t."""
        values = [first, top, first, last] if self.three_phase else [first, top, last]
        k = next((k for k, end in enumerate(self._ends) if t <= end), len(self._ends) - 1)
        start, end = self._ends[k - 1] if k else 0.0, self._ends[k]
        return self._curve(values[k], values[k + 1], (t - start) / (end - start) if end > start else 1.0)

    def rate(self, base: float, t: int) -> float:
        """The rate at step t."""
        return self._between(base, base * self.div_factor, base / self.final_div_factor, t)

    def step(self) -> None:
        """Go on to the next step, and set learning rates and momentum."""
        t = self.last_epoch + 1
        if t > self.total_steps:
            raise OptionError(f"OneCycleLR: got step {t} of {self.total_steps}; need more total_steps")
        super().step()
        for group in self.optimizer.param_groups if self.cycle_momentum else ():
            momentum = self._between(self.max_momentum, self.base_momentum, self.max_momentum, t)
            if "betas" in group:
                group["betas"] = (momentum, *group["betas"][1:])
            else:
                group["momentum"] = momentum

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule is, and how long."""
        return {**super().state_dict(), "total_steps": self.total_steps}
