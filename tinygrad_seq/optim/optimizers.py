"""Optimisers: each step gives every parameter a new array, so that no recorded graph sees it change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import Array
from ..errors import DTypeError, OptionError, StateError

__all__ = ["SGD", "Adam", "Optimizer"]


class Optimizer:
    """The base of all optimisers: a list of parameters, the options, and arrays of state for each parameter."""

    slots: tuple[str, ...] = ()

    def __init__(self, params: Iterable[Tensor], **options: Any):
        self.params = list(params)
        if not self.params:
            raise OptionError(f"{type(self).__name__}: got no parameters; need at least one; pass model.parameters()")
        for p in self.params:
            if not isinstance(p, Tensor) or not p.is_leaf:
                raise DTypeError(f"{type(self).__name__}: got {type(p).__name__}; need leaf Tensors")
        for option in ("lr", "weight_decay", "eps", "momentum"):
            if option in options and not options[option] >= 0:
                raise OptionError(f"{type(self).__name__}: got {option}={options[option]}; need a number of at least 0")
        self.options = options
        self.steps = [0] * len(self.params)  # each counts its own updates, as bias corrections need
        self.state: dict[int, dict[str, Array]] = {}

    @property
    def lr(self) -> float:
        """The learning rate; may be set."""
        return float(self.options["lr"])

    @lr.setter
    def lr(self, value: float) -> None:
        self.options["lr"] = value

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.params:
            p.grad = None

    def step(self) -> None:
        """Update every parameter that has a gradient."""
        for k, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = np.asarray(p.grad)
            if self.options.get("weight_decay"):
                g = g + self.options["weight_decay"] * np.asarray(p)
            state = self.state.setdefault(k, {})
            self.steps[k] += 1
            p._replace(np.asarray(p) - self.update(g, state, self.steps[k]).astype(p.dtype, copy=False))

    def update(self, g: Array, state: dict[str, Array], k: int) -> Array:
        """What is subtracted from a parameter with gradient g at its update k = 1, 2, ...

        ``state`` holds its running averages.
        """
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """Options, step counts and a copy of the running averages, ready for `tg.io.save`."""
        state = {str(k): {name: a.copy() for name, a in slots.items()} for k, slots in self.state.items()}
        return {"options": dict(self.options), "steps": list(self.steps), "state": state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take what `state_dict` gave; checked first, then loaded whole or not at all.

        Raises:
            StateError: if an entry is missing or an average has another shape than its parameter.
        """
        new: dict[int, dict[str, Array]] = {}
        missing = {"options", "steps", "state"} - set(state)
        if missing:
            raise StateError(f"{type(self).__name__}: nothing was loaded; {', '.join(sorted(missing))} is missing")
        if not isinstance(state["steps"], list) or len(state["steps"]) != len(self.params):
            raise StateError(f"{type(self).__name__}: nothing was loaded; need steps for {len(self.params)} parameters")
        for key, slots in state["state"].items():
            k = int(key)
            if not 0 <= k < len(self.params) or set(slots) != set(self.slots):
                raise StateError(f"{type(self).__name__}: nothing was loaded; entry {key} does not belong here")
            new[k] = {name: np.array(a, dtype=self.params[k].dtype) for name, a in slots.items()}
            for name, a in new[k].items():
                if a.shape != self.params[k].shape:
                    raise StateError(
                        f"{type(self).__name__}: nothing was loaded; {name} of parameter {k} has shape {a.shape}; "
                        f"need {self.params[k].shape}"
                    )
        self.options.update(state["options"])
        self.steps = [int(n) for n in state["steps"]]
        self.state = new


class SGD(Optimizer):
    r"""Gradient descent, with momentum: :math:`v \leftarrow \mu v + (1 - d) g`, :math:`p \leftarrow p - \eta v`.

    Args:
        params: the parameters.
        lr: :math:`\eta`. momentum: :math:`\mu`. dampening: d, not used at the first step.
        weight_decay: adds this times p to g. nesterov: step along :math:`g + \mu v` (Nesterov 1983).

    >>> import tinygrad_seq as tg
    >>> p = tg.nn.Parameter([1.0])
    >>> opt = tg.optim.SGD([p], lr=0.5)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> p.tolist()
    [0.0]
    """

    slots = ("momentum",)

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ):
        if nesterov and (momentum <= 0 or dampening != 0):
            raise OptionError("SGD: got nesterov=True; need momentum above 0 and dampening=0")
        super().__init__(
            params, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov
        )

    def update(self, g: Array, state: dict[str, Array], k: int) -> Array:
        """The learning rate times the gradient, or its running average."""
        momentum = self.options["momentum"]
        if momentum:
            v = momentum * state["momentum"] + (1 - self.options["dampening"]) * g if state else g.copy()
            state["momentum"] = v
            g = g + momentum * v if self.options["nesterov"] else v
        return np.asarray(self.lr * g)


class Adam(Optimizer):
    r"""Adam (Kingma and Ba 2015, algorithm 1).

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        p &\leftarrow p - \eta \frac{m / (1 - \beta_1^k)}{\sqrt{v / (1 - \beta_2^k)} + \epsilon}

    Args:
        params: the parameters.
        lr: :math:`\eta`. betas: :math:`\beta_1, \beta_2`. eps: :math:`\epsilon`. weight_decay: adds this times p to g.

    >>> import tinygrad_seq as tg
    >>> p = tg.nn.Parameter([1.0])
    >>> opt = tg.optim.Adam([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> round(p.item(), 6)
    0.9
    """

    slots = ("m", "v")

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        if not all(0 <= beta < 1 for beta in betas):
            raise OptionError(f"Adam: got betas={betas}; need two numbers in 0 ... 1, below 1")
        super().__init__(params, lr=lr, betas=tuple(betas), eps=eps, weight_decay=weight_decay)

    def update(self, g: Array, state: dict[str, Array], k: int) -> Array:
        """The bias-corrected step."""
        beta1, beta2 = self.options["betas"]
        m, v = state.get("m", 0.0), state.get("v", 0.0)
        state["m"] = m = beta1 * m + (1 - beta1) * g
        state["v"] = v = beta2 * v + (1 - beta2) * (g * g)
        scale = self.lr / (1 - beta1**k)
        return np.asarray(scale * m / (np.sqrt(v / (1 - beta2**k)) + self.options["eps"]))
