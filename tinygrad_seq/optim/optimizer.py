"""`Optimizer`: groups of parameters with options, the state of each parameter, and the step that all optimisers share.

A step gives every parameter a new array, so that no recorded graph sees it change.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..autograd import Tensor, enable_grad
from ..autograd.tensor import Array
from ..errors import DTypeError, OptionError, StateError

__all__ = ["Group", "Optimizer", "Params", "State"]

Group = dict[str, Any]
State = dict[str, Any]
Params = Iterable[Tensor] | Iterable[Group]

AT_LEAST_0 = ("lr", "weight_decay", "eps", "momentum", "lr_decay", "initial_accumulator_value", "momentum_decay")
SHARES = ("alpha", "rho")
SCHEDULED = ("name", "initial_lr", "max_lr", "min_lr", "base_momentum", "max_momentum")
"""What a group may hold beside parameters and options: a name, and what schedules note."""


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real)


class Optimizer:
    """The base of all optimisers; a subclass defines `start` and `update`, the two halves of its formula.

    Args:
        params: Tensors, or dictionaries with "params" and the options that differ for them, which makes groups.
        defaults: the options, by name, of every group that does not give its own.

    Attributes:
        param_groups: a list of dictionaries with "params" and every option; options may be set there.
        state: for each parameter that has been updated, what `start` made, as it is now.

    Raises:
        OptionError: for no parameters, one given twice, an option out of range or unknown; nothing is changed.
        DTypeError: for what is no leaf Tensor.

    >>> import numpy as np, tinygrad_seq as tg
    >>> class SignDescent(tg.optim.Optimizer):
    ...     def __init__(self, params, lr=0.1):
    ...         super().__init__(params, {"lr": lr})
    ...
    ...     def update(self, p, g, state, group):
    ...         return group["lr"] * np.sign(g)
    >>> p = tg.nn.Parameter([1.0])
    >>> opt = SignDescent([p])
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> round(p.item(), 6)
    0.9
    """

    def __init__(self, params: Params, defaults: Mapping[str, Any]):
        self.defaults = dict(defaults)
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, State] = {}
        if isinstance(params, (Tensor, Mapping, set, frozenset)) or not isinstance(params, Iterable):
            raise DTypeError(
                f"{self._kind}: got a {type(params).__name__}; need a list of Tensors or of groups, whose order is "
                f"kept; pass model.parameters()"
            )
        given: list[Any] = list(params)
        if not given:
            raise OptionError(f"{self._kind}: got no parameters; need at least one; pass model.parameters()")
        for group in given if all(isinstance(item, Mapping) for item in given) else [{"params": given}]:
            self.add_param_group(group)

    @property
    def _kind(self) -> str:
        return type(self).__name__

    @property
    def lr(self) -> float:
        """The learning rate of the first group; setting it sets that of every group."""
        return float(self.param_groups[0]["lr"])

    @lr.setter
    def lr(self, value: float) -> None:
        self.check({"lr": value})
        for group in self.param_groups:
            group["lr"] = value

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that are out of range; a subclass may add to it."""
        for name, value in options.items():
            if name in AT_LEAST_0 and not (_is_number(value) and 0 <= value < math.inf):
                raise OptionError(f"{self._kind}: got {name}={value!r}; need a number of at least 0")
            if name in SHARES and not (_is_number(value) and 0 <= value <= 1):
                raise OptionError(f"{self._kind}: got {name}={value!r}; need a number in 0 ... 1")
        betas = options.get("betas", (0, 0))
        pair = isinstance(betas, (tuple, list)) and len(betas) == 2 and all(map(_is_number, betas))
        if not pair or not all(0 <= beta < 1 for beta in betas):
            raise OptionError(f"{self._kind}: got betas={betas}; need two numbers in 0 ... 1, below 1")

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters, for example of layers that are trained from now on, with options of their own.

        Args:
            group: "params", a Tensor or several, and any of the options.
        """
        given = group.get("params", ())
        params = [given] if isinstance(given, Tensor) else list(given)
        seen = {id(p) for other in self.param_groups for p in other["params"]}
        for p in params:
            if not isinstance(p, Tensor) or not p.is_leaf:
                raise DTypeError(f"{self._kind}: got {type(p).__name__}; need leaf Tensors; pass model.parameters()")
            if id(p) in seen:
                raise OptionError(
                    f"{self._kind}: got a parameter of shape {p.shape} twice; need each once, or it moves twice as far"
                )
            seen.add(id(p))
        unknown = [name for name in group if name not in ("params", *self.defaults, *SCHEDULED)]
        if unknown or not params:
            raise OptionError(
                f"{self._kind}: got a group with {', '.join(map(repr, group))}; need 'params', at least one, "
                f"and any of {', '.join(map(repr, self.defaults))}"
            )
        options = {**self.defaults, **group}
        self.check(options)
        self.param_groups.append({**options, "params": params})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or with ``set_to_none=False`` make those that there are zeros."""
        for p in self._all():
            p.grad = None if set_to_none or p.grad is None else Tensor(np.zeros(p.shape, p.dtype))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients anew; called before the update.

        Returns:
            What the closure returned, or None.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            decay, decoupled = group.get("weight_decay"), group.get("decoupled_weight_decay")
            for p in group["params"]:
                if p.grad is None:
                    continue
                w, g = np.asarray(p), np.asarray(p.grad)
                if group.get("maximize"):
                    g = -g
                if decay and not decoupled:
                    g = g + decay * w
                state = self.state.get(p)
                if state is None:
                    state = self.state[p] = self.start(w, group)
                if decay and decoupled:
                    w = w * (1 - group["lr"] * decay)
                p._replace(np.asarray(w - self.update(w, g, state, group), p.dtype))
        return loss

    def start(self, p: Array, group: Group) -> State:
        """The state of a parameter before its first update: numbers, arrays of its shape, or None for one to come."""
        return {}

    def update(self, p: Array, g: Array, state: State, group: Group) -> Any:
        """What is subtracted from parameter p, whose gradient is g; changes ``state``, reads options in ``group``."""
        raise NotImplementedError(f"{self._kind}: need a method update(self, p, g, state, group)")

    def state_dict(self) -> dict[str, Any]:
        """Options and a copy of the state, in PyTorch's layout, where a parameter is its position; see `tg.io.save`."""
        place = {p: k for k, p in enumerate(self._all())}
        state = {
            place[p]: {name: np.copy(v) if isinstance(v, np.ndarray) else v for name, v in slots.items()}
            for p, slots in self.state.items()
            if slots
        }
        groups = [{**group, "params": [place[p] for p in group["params"]]} for group in self.param_groups]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take what `state_dict` gave, here or in PyTorch; checked first, then loaded whole or not at all.

        Raises:
            StateError: if groups or entries differ from this optimiser's, or an array has another shape than
                its parameter.
            OptionError: if an option is out of range.
        """
        if not isinstance(state, Mapping) or not {"state", "param_groups"} <= set(state):
            raise self._misfit("need 'state' and 'param_groups', of state_dict()")
        groups = list(state["param_groups"])
        sizes, own = [len(g.get("params", ())) for g in groups], [len(g["params"]) for g in self.param_groups]
        if sizes != own:
            raise self._misfit(f"got groups of {sizes} parameters; need {own}")
        for group in groups:
            missing = set(self.defaults) - set(group)
            if missing:
                raise self._misfit(f"{', '.join(sorted(missing))} is missing")
            self.check(group)
        places = [k for group in groups for k in group["params"]]
        params = dict(zip(places, self._all(), strict=True))
        options = {k: group for group in groups for k in group["params"]}
        new: dict[Tensor, State] = {}
        for k, slots in state["state"].items():
            if k not in params:
                raise self._misfit(f"entry {k!r} belongs to none of the parameters {places}")
            new[params[k]] = self._slots(k, slots, params[k], options[k])
        for group, saved in zip(self.param_groups, groups, strict=True):
            group.update({name: value for name, value in saved.items() if name != "params"})
        self.state = {p: slots for p, slots in new.items() if slots}

    def _slots(self, k: Any, given: Mapping[str, Any], p: Tensor, group: Group) -> State:
        """One parameter's state, of the right types."""
        given = {name: value for name, value in given.items() if value is not None}
        start = self.start(np.asarray(p), group)
        if given and set(given) != set(start):
            raise self._misfit(f"parameter {k} has {', '.join(given)}; need {', '.join(start) or 'nothing'}")
        new: State = {}
        for name, value in given.items():
            array = np.asarray(value)
            shape = np.shape(start[name]) if start[name] is not None else p.shape
            if array.shape != shape:
                raise self._misfit(f"{name} of parameter {k} has shape {array.shape}; need {shape}")
            plain = isinstance(start[name], (int, float))
            new[name] = type(start[name])(array) if plain else np.array(array, dtype=p.dtype)
        return new

    def _misfit(self, reason: str) -> StateError:
        return StateError(f"{self._kind}: nothing was loaded; {reason}")

    def _all(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def __repr__(self) -> str:
        groups = [
            ", ".join(f"{n}={v!r}" for n, v in group.items() if n != "params") + f", {len(group['params'])} parameters"
            for group in self.param_groups
        ]
        return f"{self._kind}({'; '.join(groups)})"
