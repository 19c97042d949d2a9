"""`LRScheduler`: the learning rate as a function of the step, and `SequentialLR`, one such function after another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import DTypeError, OptionError, StateError
from ..optimizer import Optimizer

__all__ = ["LRScheduler", "SequentialLR", "at_least"]


def at_least(caller: str, low: float, **options: Any) -> None:
    """Refuse options below ``low``, or that are no numbers; where it is an integer, those that are none."""
    for name, value in options.items():
        if isinstance(value, bool) or not isinstance(value, (int, type(low))) or not value >= low:
            kind = "an integer" if isinstance(low, int) else "a number"
            raise OptionError(f"{caller}: got {name}={value!r}; need {kind} of at least {low:g}")


class LRScheduler:
    """The base of all schedules; a subclass defines `rate`, a function of the step alone.

    A schedule sets the learning rates of its optimiser when it is made, for step 0, and at every `step` call, which
    comes after that of the optimiser. Where something else changed a rate in between (a user, a second schedule that
    is stepped along), the change is carried on as a factor, so that schedules multiply, as PyTorch's do.

    Args:
        optimizer: an `Optimizer`.
        last_epoch: the step that was the last one; -1 begins.

    Attributes:
        base_lrs: for each group the rate that the schedule starts from, kept as "initial_lr" in the group.
        last_epoch: t, how many steps the schedule is in.

    >>> import tinygrad_seq as tg
    >>> class InverseRoot(tg.optim.lr_scheduler.LRScheduler):
    ...     def rate(self, base, t):
    ...         return base / (1 + t) ** 0.5
    >>> opt = tg.optim.SGD([tg.nn.Parameter([1.0])], lr=0.1)
    >>> schedule = InverseRoot(opt)
    >>> for _ in range(3):
    ...     opt.step()
    ...     schedule.step()
    >>> opt.lr
    0.05
    """

    chains = True
    """Whether a rate that something else set is carried on."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        if not isinstance(optimizer, Optimizer):
            raise DTypeError(f"{self._kind}: got {type(optimizer).__name__}; need an Optimizer")
        at_least(self._kind, -1, last_epoch=last_epoch)
        groups = optimizer.param_groups
        if last_epoch >= 0 and not all("initial_lr" in group for group in groups):
            raise OptionError(
                f"{self._kind}: got last_epoch={last_epoch} and groups without 'initial_lr', from which the schedule "
                f"started; load the optimiser's state first"
            )
        self.optimizer = optimizer
        self.base_lrs: list[Any] = [group.setdefault("initial_lr", group["lr"]) for group in groups]
        self.last_epoch = last_epoch
        self._set = self.base_lrs if last_epoch < 0 else [self.rate(base, last_epoch) for base in self.base_lrs]
        self._scale = [1.0] * len(groups)
        self.step()

    @property
    def _kind(self) -> str:
        return type(self).__name__

    def rate(self, base: float, t: int) -> float:
        """The learning rate at step t = 0, 1, ... of a group that starts from ``base``."""
        raise NotImplementedError(f"{self._kind}: need a method rate(self, base, t)")

    def step(self) -> None:
        """Go on to the next step, and set the learning rate of every group."""
        groups = self.optimizer.param_groups
        if len(groups) != len(self.base_lrs):
            raise OptionError(
                f"{self._kind}: got an optimiser of {len(groups)} groups, which had {len(self.base_lrs)}; "
                f"make a new schedule after add_param_group"
            )
        t = self.last_epoch + 1
        rates = self._rates(t)
        for i, group in enumerate(groups):
            if self.chains and group["lr"] != self._set[i] and self._set[i]:
                self._scale[i] *= group["lr"] / self._set[i]
        self._set = [rate * scale for rate, scale in zip(rates, self._scale, strict=True)]
        self.last_epoch = t
        for group, rate in zip(groups, self._set, strict=True):
            group["lr"] = rate

    def _rates(self, t: int) -> list[float]:
        return [float(self.rate(base, t)) for base in self.base_lrs]

    def get_last_lr(self) -> list[float]:
        """The learning rates that the last step set, one for each group."""
        return list(self._set)

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule is, ready for `tg.io.save`; options and functions are not in it."""
        return {
            "base_lrs": list(self.base_lrs),
            "last_epoch": self.last_epoch,
            "_last_lr": list(self._set),
            "scale": list(self._scale),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take what `state_dict` gave, here or in PyTorch; the optimiser has its rates in its own state.

        Raises:
            StateError: if an entry is missing, or is of another number of groups; nothing is loaded then.
        """
        needed = ("base_lrs", "last_epoch", "_last_lr")
        missing = [name for name in needed if name not in state] if isinstance(state, Mapping) else list(needed)
        if missing or len(state["base_lrs"]) != len(self.base_lrs):
            reason = f"{', '.join(missing)} is missing" if missing else f"need {len(self.base_lrs)} groups"
            raise StateError(f"{self._kind}: nothing was loaded; {reason}")
        self.base_lrs = [float(lr) for lr in state["base_lrs"]]
        self.last_epoch = int(state["last_epoch"])
        self._set = [float(lr) for lr in state["_last_lr"]]
        self._scale = [float(s) for s in state.get("scale", [1.0] * len(self._set))]


class SequentialLR(LRScheduler):
    """One schedule after another, each from its own step 0 on: a warm-up, then a decay.

    Args:
        optimizer: the optimiser of all of them.
        schedulers: the schedules.
        milestones: the steps at which the second, third, ... of them begins, ascending.
        last_epoch: the step that was the last one; -1 begins.

    Raises:
        OptionError: if the numbers of schedules and milestones do not fit, or a schedule is of another optimiser.

    >>> import tinygrad_seq as tg
    >>> from tinygrad_seq.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
    >>> opt = tg.optim.Adam([tg.nn.Parameter([1.0])], lr=0.1)
    >>> warm_up, decay = LinearLR(opt, start_factor=0.1, total_iters=3), CosineAnnealingLR(opt, T_max=4)
    >>> schedule, rates = SequentialLR(opt, [warm_up, decay], milestones=[3]), []
    >>> for _ in range(8):
    ...     rates.append(round(opt.lr, 3))
    ...     opt.step()
    ...     schedule.step()
    >>> rates
    [0.01, 0.04, 0.07, 0.1, 0.085, 0.05, 0.015, 0.0]
    """

    chains = False

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ):
        for schedule in schedulers:
            if not isinstance(schedule, LRScheduler) or schedule.optimizer is not optimizer:
                raise OptionError(
                    f"SequentialLR: got {type(schedule).__name__}; need schedules that are functions of the step, "
                    f"of the same optimiser"
                )
        if len(milestones) != len(schedulers) - 1 or list(milestones) != sorted(milestones):
            raise OptionError(
                f"SequentialLR: got {len(schedulers)} schedules and milestones={list(milestones)}; "
                f"need one milestone less, ascending"
            )
        self.schedulers, self.milestones = list(schedulers), list(milestones)
        super().__init__(optimizer, last_epoch)

    def _rates(self, t: int) -> list[float]:
        k = bisect_right(self.milestones, t)
        return self.schedulers[k]._rates(t - self.milestones[k - 1] if k else t)
