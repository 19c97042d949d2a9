"""Schedules in steps and straight lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any

from ...errors import OptionError
from ..optimizer import Optimizer
from .schedule import LRScheduler, at_least

__all__ = ["ConstantLR", "ExponentialLR", "LambdaLR", "LinearLR", "MultiStepLR", "StepLR"]


class StepLR(LRScheduler):
    """``base * gamma**(t // step_size)``: times gamma every ``step_size`` steps.

    >>> import tinygrad_seq as tg
    >>> opt = tg.optim.SGD([tg.nn.Parameter([1.0])], lr=1.0)
    >>> schedule = tg.optim.lr_scheduler.StepLR(opt, step_size=2, gamma=0.5)
    >>> [schedule.rate(1.0, t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1):
        at_least("StepLR", 1, step_size=step_size)
        at_least("StepLR", 0.0, gamma=gamma)
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int) -> float:
        """The rate at step t."""
        return float(base * self.gamma ** (t // self.step_size))


class MultiStepLR(LRScheduler):
    """Times gamma at each of the milestones, which are steps.

    >>> import tinygrad_seq as tg
    >>> opt = tg.optim.SGD([tg.nn.Parameter([1.0])], lr=1.0)
    >>> schedule = tg.optim.lr_scheduler.MultiStepLR(opt, milestones=[1, 4], gamma=0.5)
    >>> [schedule.rate(1.0, t) for t in range(5)]
    [1.0, 0.5, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1):
        self.milestones, self.gamma = sorted(milestones), gamma
        for milestone in self.milestones:
            at_least("MultiStepLR", 0, milestone=milestone)
        at_least("MultiStepLR", 0.0, gamma=gamma)
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int) -> float:
        """The rate at step t."""
        return float(base * self.gamma ** bisect_right(self.milestones, t))


class ExponentialLR(LRScheduler):
    """``base * gamma**t``.

    >>> import tinygrad_seq as tg
    >>> opt = tg.optim.SGD([tg.nn.Parameter([1.0])], lr=1.0)
    >>> schedule = tg.optim.lr_scheduler.ExponentialLR(opt, gamma=0.5)
    >>> [schedule.rate(1.0, t) for t in range(3)]
    [1.0, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1):
        at_least("ExponentialLR", 0.0, gamma=gamma)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int) -> float:
        """The rate at step t."""
        return float(base * self.gamma**t)


class LambdaLR(LRScheduler):
    """``base * f(t)`` for a function of yours, or one for each group.

    >>> import tinygrad_seq as tg
    >>> opt = tg.optim.SGD([tg.nn.Parameter([1.0])], lr=1.0)
    >>> schedule = tg.optim.lr_scheduler.LambdaLR(opt, lambda t: 1 / (1 + t))
    >>> [schedule.rate(1.0, t) for t in range(3)]
    [1.0, 0.5, 0.3333333333333333]
    """

    chains = False

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ):
        groups = len(getattr(optimizer, "param_groups", ()))
        self.lr_lambdas: list[Any] = list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * groups
        if len(self.lr_lambdas) != groups or not all(map(callable, self.lr_lambdas)):
            raise OptionError(
                f"LambdaLR: got lr_lambda of {len(self.lr_lambdas)}; need a function for each of {groups} groups"
            )
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int) -> float:
        """The rate of the first group at step t."""
        return float(base * self.lr_lambdas[0](t))

    def _rates(self, t: int) -> list[float]:
        return [float(base * f(t)) for base, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class LinearLR(LRScheduler):
    """A straight line from ``base * start_factor`` to ``base * end_factor`` in ``total_iters`` steps: a warm-up.

    >>> import tinygrad_seq as tg
    >>> opt = tg.optim.SGD([tg.nn.Parameter([1.0])], lr=1.0)
    >>> schedule = tg.optim.lr_scheduler.LinearLR(opt, start_factor=0.5, total_iters=2)
    >>> [schedule.rate(1.0, t) for t in range(4)]
    [0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ):
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise OptionError(
                f"LinearLR: got start_factor={start_factor} and end_factor={end_factor}; "
                f"need 0 ... 1, the first above 0; set lr to the highest rate"
            )
        at_least("LinearLR", 1, total_iters=total_iters)
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int) -> float:
        """The rate at step t."""
        share = min(t, self.total_iters) / self.total_iters
        return base * (self.start_factor + (self.end_factor - self.start_factor) * share)


class ConstantLR(LRScheduler):
    """``base * factor`` before step ``total_iters``, from then on ``base``.

    >>> import tinygrad_seq as tg
    >>> opt = tg.optim.SGD([tg.nn.Parameter([1.0])], lr=1.0)
    >>> schedule = tg.optim.lr_scheduler.ConstantLR(opt, factor=0.5, total_iters=2)
    >>> [schedule.rate(1.0, t) for t in range(4)]
    [0.5, 0.5, 1.0, 1.0]
    """

    def __init__(self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1):
        if not 0 < factor <= 1:
            raise OptionError(f"ConstantLR: got factor={factor}; need 0 ... 1, above 0")
        at_least("ConstantLR", 1, total_iters=total_iters)
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, base: float, t: int) -> float:
        """The rate at step t."""
        return base * self.factor if t < self.total_iters else base
