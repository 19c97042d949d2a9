"""Adam and its kin: steps along the mean of the gradients, over the root of the mean of their squares."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.tensor import Array
from .optimizer import Group, Optimizer, Params, State

__all__ = ["Adam", "AdamW", "NAdam"]


class Adam(Optimizer):
    r"""Adam (Kingma and Ba 2015, algorithm 1).

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        p &\leftarrow p - \eta \frac{m / (1 - \beta_1^k)}{\sqrt{v / (1 - \beta_2^k)} + \epsilon}

    Args:
        params: the parameters, or groups of them.
        lr: :math:`\eta`. betas: :math:`\beta_1, \beta_2`. eps: :math:`\epsilon`. weight_decay: adds this times p to g.
        amsgrad: divide by the largest v so far (Reddi 2018).
        maximize: go up, not down. decoupled_weight_decay: decay as `AdamW` does.

    >>> import tinygrad_seq as tg
    >>> p = tg.nn.Parameter([1.0])
    >>> opt = tg.optim.Adam([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> round(p.item(), 6)
    0.9
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ):
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
        super().__init__(params, {**options, "maximize": maximize, "decoupled_weight_decay": decoupled_weight_decay})

    def start(self, p: Array, group: Group) -> State:
        """No updates, and averages of 0."""
        names = ["exp_avg", "exp_avg_sq"] + ["max_exp_avg_sq"] * bool(group["amsgrad"])
        return {"step": 0, **{name: np.zeros_like(p) for name in names}}

    def update(self, p: Array, g: Array, state: State, group: Group) -> Any:
        """The bias-corrected step."""
        beta1, beta2 = group["betas"]
        state["step"] = k = state["step"] + 1
        state["exp_avg"] = m = beta1 * state["exp_avg"] + (1 - beta1) * g
        state["exp_avg_sq"] = v = beta2 * state["exp_avg_sq"] + (1 - beta2) * (g * g)
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = v = np.maximum(state["max_exp_avg_sq"], v)
        scale = group["lr"] / (1 - beta1**k)
        return scale * m / (np.sqrt(v / (1 - beta2**k)) + group["eps"])


class AdamW(Adam):
    r"""`Adam` whose weight decay :math:`\lambda` stays out of the averages (Loshchilov and Hutter 2019).

    Every step first makes :math:`p \leftarrow (1 - \eta \lambda) p`, then that of Adam, of the gradient alone.

    >>> import tinygrad_seq as tg
    >>> p = tg.nn.Parameter([1.0])
    >>> opt = tg.optim.AdamW([p], lr=0.1, weight_decay=0.5)
    >>> (0 * p).sum().backward()
    >>> opt.step()
    >>> round(p.item(), 6)
    0.95
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True)


class NAdam(Optimizer):
    r"""`Adam` with Nesterov's momentum (Dozat 2016).

    .. math::
        \mu_k &= \beta_1 (1 - 0.96^{k \psi} / 2), \quad \pi_k = \mu_1 \mu_2 \cdots \mu_k \\
        p &\leftarrow p - \eta \left( \frac{\mu_{k+1}}{1 - \pi_{k+1}} m + \frac{1 - \mu_k}{1 - \pi_k} g \right)
            \Big/ \left( \sqrt{v / (1 - \beta_2^k)} + \epsilon \right)

    Args:
        params: the parameters, or groups of them.
        lr, betas, eps, weight_decay, maximize, decoupled_weight_decay: as of `Adam`.
        momentum_decay: :math:`\psi`.

    >>> import tinygrad_seq as tg
    >>> p = tg.nn.Parameter([1.0])
    >>> opt = tg.optim.NAdam([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> p.item() < 1
    True
    """

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ):
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        options |= {"momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay}
        super().__init__(params, {**options, "maximize": maximize})

    def start(self, p: Array, group: Group) -> State:
        """No updates, an empty product, and averages of 0."""
        return {"step": 0, "mu_product": 1.0, "exp_avg": np.zeros_like(p), "exp_avg_sq": np.zeros_like(p)}

    def update(self, p: Array, g: Array, state: State, group: Group) -> Any:
        """The bias-corrected step, one momentum ahead."""
        beta1, beta2 = group["betas"]
        state["step"] = k = state["step"] + 1
        mu, ahead = (beta1 * (1 - 0.5 * 0.96 ** (j * group["momentum_decay"])) for j in (k, k + 1))
        state["mu_product"] = product = state["mu_product"] * mu
        state["exp_avg"] = m = beta1 * state["exp_avg"] + (1 - beta1) * g
        state["exp_avg_sq"] = v = beta2 * state["exp_avg_sq"] + (1 - beta2) * (g * g)
        mean = ahead / (1 - product * ahead) * m + (1 - mu) / (1 - product) * g
        return group["lr"] * mean / (np.sqrt(v / (1 - beta2**k)) + group["eps"])
