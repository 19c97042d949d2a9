"""Gradient descent."""

from __future__ import annotations

from typing import Any

from ..autograd.tensor import Array
from ..errors import OptionError
from .optimizer import Group, Optimizer, Params, State

__all__ = ["SGD"]


class SGD(Optimizer):
    r"""Gradient descent, with momentum: :math:`v \leftarrow \mu v + (1 - d) g`, :math:`p \leftarrow p - \eta v`.

    Args:
        params: the parameters, or groups of them.
        lr: :math:`\eta`. momentum: :math:`\mu`. dampening: d, not used at the first step.
        weight_decay: adds this times p to g. nesterov: step along :math:`g + \mu v` (Nesterov 1983).
        maximize: go up, not down.

    Raises:
        OptionError: for nesterov without momentum, or with dampening.

    >>> import tinygrad_seq as tg
    >>> p = tg.nn.Parameter([1.0])
    >>> opt = tg.optim.SGD([p], lr=0.5)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> p.tolist()
    [0.0]
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ):
        options = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        super().__init__(params, {**options, "nesterov": nesterov, "maximize": maximize})

    def check(self, options: Any) -> None:
        """Refuse options that are out of range, or do not go together."""
        super().check(options)
        if options.get("nesterov") and (not options["momentum"] or options["dampening"]):
            raise OptionError("SGD: got nesterov=True; need momentum above 0 and dampening=0")

    def start(self, p: Array, group: Group) -> State:
        """The running average, which the first gradient begins."""
        return {"momentum_buffer": None} if group["momentum"] else {}

    def update(self, p: Array, g: Array, state: State, group: Group) -> Any:
        """The learning rate times the gradient, or times its running average."""
        momentum = group["momentum"]
        if momentum:
            v = state.get("momentum_buffer")
            v = g.copy() if v is None else momentum * v + (1 - group["dampening"]) * g
            state["momentum_buffer"] = v
            g = g + momentum * v if group["nesterov"] else v
        return group["lr"] * g
