"""One step of each recurrence: the paper's formulas, in ordinary operations.

Each ``step`` takes what the input contributes to the gates, already projected, so that a layer projects all time
steps in one matmul; a cell projects the one step that it has. Backpropagation through time is whatever
reverse mode makes of these lines; no derivative is written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from ..autograd import Tensor, name
from ..errors import OptionError, ShapeError
from ..ops import lerp, linear, relu, sigmoid, split, tanh

__all__ = ["NONLINEARITIES", "Elman", "Gated", "LongShortTerm", "MinimalGated", "Recurrence"]

States = tuple[Any, ...]
Weights = Mapping[str, Any]
"""The parameters of one layer and direction by name; a bias that is left out is None."""

NONLINEARITIES: dict[str, Callable[[Any], Tensor]] = {"tanh": tanh, "relu": relu, "sigmoid": sigmoid}


class Recurrence:
    """What tells one kind of recurrence from another.

    Attributes:
        gates: one letter for each block of H rows in the weights.
        states: the names of the state's parts.
        emits: whether a step returns one thing more than the next state: its output, which otherwise is
            the first part of the state.
        given: all options of the formula.
        options: those that are not the default, for ``repr``.
    """

    gates: str
    states: tuple[str, ...] = ("h",)
    emits: ClassVar[bool] = False
    given: Mapping[str, Any] = MappingProxyType({})
    options: Mapping[str, Any] = MappingProxyType({})

    def parts(self, state: Any, caller: str) -> States:
        """A state, as it is passed, as a tuple of its parts.

        Raises:
            ShapeError: if it has more or fewer of them.
        """
        count = len(self.states)
        if count == 1 and not isinstance(state, tuple):
            return (state,)
        if count > 1 and isinstance(state, (tuple, list)) and len(state) == count:
            return tuple(state)
        sequence = isinstance(state, (tuple, list))
        got = f"a {type(state).__name__} of {len(state)}" if sequence else f"an array {np.shape(state)}"
        need = f"a tuple ({', '.join(self.states)})" if count > 1 else f"{self.states[0]} alone, an array"
        raise ShapeError(f"{caller}: got {got} for the state; need {need}")

    def widths(self, hidden_size: int) -> tuple[int, ...]:
        """The size of each part of the state."""
        return (hidden_size,) * len(self.states)

    def shapes(self, input_size: int, hidden_size: int, bias: bool) -> dict[str, tuple[int, ...]]:
        """The parameters by name, in the order of a state_dict."""
        rows = len(self.gates) * hidden_size
        shapes = {"weight_ih": (rows, input_size), "weight_hh": (rows, self.widths(hidden_size)[0])}
        return shapes | ({"bias_ih": (rows,), "bias_hh": (rows,)} if bias else {})

    def project(self, x: Any, w: Weights) -> tuple[Tensor, ...]:
        """What x ``(..., D)`` contributes to the gates, ``(..., gates * H)``, in one part or several."""
        return (linear(x, w["weight_ih"], None if w["bias_ih"] is None else w["bias_ih"] + w["bias_hh"]),)

    def operands(self, w: Weights, keep: Any) -> Any:
        """What every step takes besides x and the state.

        Args:
            w: the parameters.
            keep: what the hidden state is multiplied with before it enters a matmul, ``(B, H)``, or None.
        """
        return w["weight_hh"], keep

    def step(self, x: Sequence[Tensor], state: States, operands: Any) -> States:
        """The next state, from the step's own part of what `project` and `operands` return."""
        raise NotImplementedError


class Elman(Recurrence):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or another nonlinearity (Elman 1990)."""

    gates = "h"

    def __init__(self, nonlinearity: str | Callable[[Any], Tensor] = "tanh"):
        if not callable(nonlinearity) and nonlinearity not in NONLINEARITIES:
            raise OptionError(
                f"RNN: got nonlinearity={nonlinearity!r}; need one of {', '.join(map(repr, NONLINEARITIES))}, "
                "or a function of Tensors"
            )
        known = nonlinearity if callable(nonlinearity) else NONLINEARITIES[nonlinearity]
        self.activation = known if known in NONLINEARITIES.values() else partial(checked, known)

    def step(self, x: Sequence[Tensor], state: States, operands: Any) -> States:
        """The next hidden state."""
        (h,), (weight, keep) = state, operands
        kept = h if keep is None else h * keep
        h = self.activation(linear(kept, weight, x[0]))
        name(h=h)
        return (h,)


def checked(nonlinearity: Callable[[Any], Tensor], a: Tensor) -> Tensor:
    """What a function of the user's makes of a preactivation.

    Raises:
        ShapeError: if it returns something of another kind, shape or dtype.
    """
    h = nonlinearity(a)
    if not isinstance(h, Tensor) or (h.shape, h.dtype) != (a.shape, a.dtype):
        got = f"{h.shape} {h.dtype}" if isinstance(h, Tensor) else type(h).__name__
        raise ShapeError(f"RNN: nonlinearity got {a.shape} {a.dtype} and returned {got}; need a Tensor like it")
    return h


class LongShortTerm(Recurrence):
    """i, f, o = sigmoid(...), g = tanh(...), c' = f c + i g, h' = o tanh(c') (Gers, Schmidhuber and Cummins 2000)."""

    gates = "ifgo"
    states = ("h", "c")

    def step(self, x: Sequence[Tensor], state: States, operands: Any) -> States:
        """The next hidden and cell state."""
        (h, c), (weight, keep) = state, operands
        kept = h if keep is None else h * keep
        i, f, g, o = split(linear(kept, weight, x[0]), 4, axis=-1)
        i, f, g, o = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
        c = f * c + i * g
        h = o * tanh(c)
        name(i=i, f=f, g=g, o=o, c=c, h=h)
        return h, c


class Gated(Recurrence):
    """r, z = sigmoid(...), n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h.

    The form of cuDNN and PyTorch, which resets after the matmul; after Cho et al. (2014).
    """

    gates = "rzn"

    def project(self, x: Any, w: Weights) -> tuple[Tensor, ...]:
        """The contributions to r and z, and to n; the recurrent biases come with the recurrent products."""
        weight = w["weight_ih"]
        return tuple(split(linear(x, weight, w["bias_ih"]), [2 * weight.shape[0] // 3], axis=-1))

    def operands(self, w: Weights, keep: Any) -> Any:
        """The recurrent weights and biases, and the mask."""
        return w["weight_hh"], w["bias_hh"], keep

    def step(self, x: Sequence[Tensor], state: States, operands: Any) -> States:
        """The next hidden state."""
        (x_rz, x_n), (h,), (weight, bias, keep) = x, state, operands
        kept = h if keep is None else h * keep
        rz, n = split(linear(kept, weight, bias), [x_rz.shape[-1]], axis=-1)
        r, z = split(sigmoid(x_rz + rz), 2, axis=-1)
        n = tanh(x_n + r * n)
        h = lerp(n, h, z)
        name(r=r, z=z, n=n, h=h)
        return (h,)


class MinimalGated(Recurrence):
    """f = sigmoid(...), n = tanh(W_in x + b_in + W_hn (f h) + b_hn), h' = (1 - f) h + f n (Zhou et al. 2016)."""

    gates = "fn"

    def project(self, x: Any, w: Weights) -> tuple[Tensor, ...]:
        """The contributions to f and to n."""
        return tuple(split(super().project(x, w)[0], 2, axis=-1))

    def operands(self, w: Weights, keep: Any) -> Any:
        """The recurrent weights of f and of n, and the mask."""
        return *split(w["weight_hh"], 2), keep

    def step(self, x: Sequence[Tensor], state: States, operands: Any) -> States:
        """The next hidden state."""
        (x_f, x_n), (h,), (w_f, w_n, keep) = x, state, operands
        kept = h if keep is None else h * keep
        f = sigmoid(linear(kept, w_f, x_f))
        n = tanh(linear(f * kept, w_n, x_n))
        h = lerp(h, n, f)
        name(f=f, n=n, h=h)
        return (h,)
