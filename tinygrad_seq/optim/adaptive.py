"""Optimisers that give each element a rate of its own, by the size of its past gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.tensor import Array
from .optimizer import Group, Optimizer, Params, State

__all__ = ["Adadelta", "Adagrad", "RMSprop"]


class RMSprop(Optimizer):
    r"""Steps over the root of the mean of squares (Tieleman and Hinton 2012, lecture 6e).

    .. math::
        v &\leftarrow \alpha v + (1 - \alpha) g^2 \\
        b &\leftarrow \mu b + g / (\sqrt{v} + \epsilon), \qquad p \leftarrow p - \eta b

    Args:
        params: the parameters, or groups of them.
        lr: :math:`\eta`. alpha: :math:`\alpha`. eps: :math:`\epsilon`. weight_decay: adds this times p to g.
        momentum: :math:`\mu`. centered: take from v the square of the running mean of g (Graves 2013).
        maximize: go up, not down.

    >>> import tinygrad_seq as tg
    >>> p = tg.nn.Parameter([1.0])
    >>> opt = tg.optim.RMSprop([p], lr=0.01)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> round(p.item(), 4)
    0.9
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ):
        options = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__(params, {**options, "centered": centered, "maximize": maximize})

    def start(self, p: Array, group: Group) -> State:
        """No updates, and averages of 0."""
        names = ["square_avg"] + ["momentum_buffer"] * bool(group["momentum"]) + ["grad_avg"] * bool(group["centered"])
        return {"step": 0, **{name: np.zeros_like(p) for name in names}}

    def update(self, p: Array, g: Array, state: State, group: Group) -> Any:
        """The gradient over its root mean square, or the running sum of that."""
        alpha = group["alpha"]
        state["step"] += 1
        state["square_avg"] = v = alpha * state["square_avg"] + (1 - alpha) * (g * g)
        if group["centered"]:
            state["grad_avg"] = mean = alpha * state["grad_avg"] + (1 - alpha) * g
            v = v - mean * mean
        b = g / (np.sqrt(v) + group["eps"])
        if group["momentum"]:
            state["momentum_buffer"] = b = group["momentum"] * state["momentum_buffer"] + b
        return group["lr"] * b


class Adagrad(Optimizer):
    r"""Steps over the root of the sum of squares (Duchi, Hazan and Singer 2011).

    .. math:: s \leftarrow s + g^2, \qquad p \leftarrow p - \frac{\eta}{1 + (k - 1) d} \frac{g}{\sqrt{s} + \epsilon}

    Args:
        params: the parameters, or groups of them.
        lr: :math:`\eta`. lr_decay: d. weight_decay: adds this times p to g.
        initial_accumulator_value: s at first. eps: :math:`\epsilon`.
        maximize: go up, not down.

    >>> import tinygrad_seq as tg
    >>> p = tg.nn.Parameter([1.0])
    >>> opt = tg.optim.Adagrad([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> round(p.item(), 6)
    0.9
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ):
        options = {"lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay}
        options |= {"initial_accumulator_value": initial_accumulator_value, "eps": eps}
        super().__init__(params, {**options, "maximize": maximize})

    def start(self, p: Array, group: Group) -> State:
        """No updates, and a sum that may be above 0."""
        return {"step": 0, "sum": np.full_like(p, group["initial_accumulator_value"])}

    def update(self, p: Array, g: Array, state: State, group: Group) -> Any:
        """The gradient over the root of its sum of squares."""
        rate = group["lr"] / (1 + state["step"] * group["lr_decay"])
        state["step"] += 1
        state["sum"] = s = state["sum"] + g * g
        return rate * g / (np.sqrt(s) + group["eps"])


class Adadelta(Optimizer):
    r"""Steps of the size of past steps (Zeiler 2012, algorithm 1).

    .. math::
        v &\leftarrow \rho v + (1 - \rho) g^2, \quad \delta = g \sqrt{u + \epsilon} / \sqrt{v + \epsilon} \\
        u &\leftarrow \rho u + (1 - \rho) \delta^2, \quad p \leftarrow p - \eta \delta

    Args:
        params: the parameters, or groups of them.
        lr: :math:`\eta`. rho: :math:`\rho`. eps: :math:`\epsilon`. weight_decay: adds this times p to g.
        maximize: go up, not down.

    >>> import tinygrad_seq as tg
    >>> p = tg.nn.Parameter([1.0])
    >>> opt = tg.optim.Adadelta([p])
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> p.item() < 1
    True
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ):
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize})

    def start(self, p: Array, group: Group) -> State:
        """No updates, and averages of 0."""
        return {"step": 0, "square_avg": np.zeros_like(p), "acc_delta": np.zeros_like(p)}

    def update(self, p: Array, g: Array, state: State, group: Group) -> Any:
        """The gradient, scaled to the size of past steps."""
        rho, eps = group["rho"], group["eps"]
        state["step"] += 1
        state["square_avg"] = v = rho * state["square_avg"] + (1 - rho) * (g * g)
        delta = g * np.sqrt((state["acc_delta"] + eps) / (v + eps))
        state["acc_delta"] = rho * state["acc_delta"] + (1 - rho) * (delta * delta)
        return group["lr"] * delta
