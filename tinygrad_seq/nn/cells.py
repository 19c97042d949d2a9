"""One step of each recurrence: the paper's formulas, in ordinary operations.

Each ``step`` takes what the input contributes to the gates, already projected, so that a layer projects all time
steps in one matmul; a cell projects the one step that it has. Backpropagation through time is whatever
reverse mode makes of these lines; no derivative is written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from ..autograd import Tensor, name
from ..errors import OptionError, ShapeError
from ..ops import linear, relu, sigmoid, split, tanh
from .init import bound
from .layers import positive, uniform
from .module import Module, Parameter

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]

States = tuple[Any, ...]
NONLINEARITIES: dict[str, Callable[[Any], Tensor]] = {"tanh": tanh, "relu": relu, "sigmoid": sigmoid}


class Recurrence:
    """What tells one kind of recurrence from another.

    Attributes:
        gates: how many blocks of H rows the weights have.
        states: the names of the state's parts, each ``(B, H)``.
    """

    gates: ClassVar[int]
    states: ClassVar[tuple[str, ...]]

    def project(self, x: Any, weight: Tensor, bias_ih: Any, bias_hh: Any) -> tuple[Tensor, ...]:
        """What x ``(..., D)`` contributes to the gates, ``(..., gates * H)``, in one part or several."""
        return (linear(x, weight, bias_ih if bias_ih is None else bias_ih + bias_hh),)

    def operands(self, weight: Tensor, bias_hh: Any) -> tuple[Any, ...]:
        """What every step multiplies the hidden state with."""
        return (weight,)

    def step(self, x: Sequence[Tensor], state: States, operands: tuple[Any, ...]) -> States:
        """The next state."""
        raise NotImplementedError


class Elman(Recurrence):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or another nonlinearity (Elman 1990)."""

    gates = 1
    states = ("h",)

    def __init__(self, nonlinearity: str = "tanh"):
        if nonlinearity not in NONLINEARITIES:
            raise OptionError(
                f"RNN: got nonlinearity={nonlinearity!r}; need one of {', '.join(map(repr, NONLINEARITIES))}"
            )
        self._activation = NONLINEARITIES[nonlinearity]

    def step(self, x: Sequence[Tensor], state: States, operands: tuple[Any, ...]) -> States:
        """The next hidden state."""
        h = self._activation(linear(state[0], operands[0], x[0]))
        name(h=h)
        return (h,)


class LongShortTerm(Recurrence):
    """i, f, o = sigmoid(...), g = tanh(...), c' = f c + i g, h' = o tanh(c') (Gers, Schmidhuber and Cummins 2000)."""

    gates = 4
    states = ("h", "c")

    def step(self, x: Sequence[Tensor], state: States, operands: tuple[Any, ...]) -> States:
        """The next hidden and cell state."""
        h, c = state
        i, f, g, o = split(linear(h, operands[0], x[0]), 4, axis=-1)
        i, f, g, o = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
        c = f * c + i * g
        h = o * tanh(c)
        name(i=i, f=f, g=g, o=o, c=c, h=h)
        return h, c


class Gated(Recurrence):
    """r, z = sigmoid(...), n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h.

    The form of cuDNN and PyTorch, which resets after the matmul; after Cho et al. (2014).
    """

    gates = 3
    states = ("h",)

    def project(self, x: Any, weight: Tensor, bias_ih: Any, bias_hh: Any) -> tuple[Tensor, ...]:
        """The contributions to r and z, and to n; the recurrent biases come with the recurrent products."""
        return tuple(split(linear(x, weight, bias_ih), [2 * weight.shape[0] // 3], axis=-1))

    def operands(self, weight: Tensor, bias_hh: Any) -> tuple[Any, ...]:
        """The recurrent weights and biases."""
        return weight, bias_hh

    def step(self, x: Sequence[Tensor], state: States, operands: tuple[Any, ...]) -> States:
        """The next hidden state."""
        (x_rz, x_n), (h,) = x, state
        rz, n = split(linear(h, *operands), [x_rz.shape[-1]], axis=-1)
        r, z = split(sigmoid(x_rz + rz), 2, axis=-1)
        n = tanh(x_n + r * n)
        h = n + z * (h - n)
        name(r=r, z=z, n=n, h=h)
        return (h,)


class _Cell(Module):
    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(self, recurrence: Recurrence, input_size: int, hidden_size: int, bias: bool):
        positive(type(self).__name__, input_size=input_size, hidden_size=hidden_size)
        self.input_size, self.hidden_size = input_size, hidden_size
        self._recurrence = recurrence
        k, rows = bound(hidden_size), recurrence.gates * hidden_size
        self.weight_ih = uniform(k, rows, input_size)
        self.weight_hh = uniform(k, rows, hidden_size)
        self.bias_ih = uniform(k, rows) if bias else None
        self.bias_hh = uniform(k, rows) if bias else None

    def _next(self, x: Any, state: States | None) -> States:
        shape = np.shape(x)
        caller = type(self).__name__
        if len(shape) not in (1, 2) or shape[-1] != self.input_size:
            raise ShapeError(f"{caller}: got x {shape}; need ({self.input_size},) or (B, {self.input_size})")
        expected = (*shape[:-1], self.hidden_size)
        if state is None:
            state = (np.zeros(expected, self.weight_hh.dtype),) * len(self._recurrence.states)
        for part, value in zip(self._recurrence.states, state, strict=True):
            if np.shape(value) != expected:
                raise ShapeError(f"{caller}: got {part} {np.shape(value)} for x {shape}; need {expected}")
        inputs = self._recurrence.project(x, self.weight_ih, self.bias_ih, self.bias_hh)
        return self._recurrence.step(inputs, state, self._recurrence.operands(self.weight_hh, self.bias_hh))

    def extra_repr(self) -> str:
        """The sizes."""
        return f"{self.input_size}, {self.hidden_size}"


class RNNCell(_Cell):
    r"""One step of an Elman network: :math:`h' = \tanh(W_{ih} x + b_{ih} + W_{hh} h + b_{hh})`.

    Args:
        input_size: D. hidden_size: H. bias: have both b. nonlinearity: "tanh", "relu" or "sigmoid".

    Attributes:
        weight_ih: ``(H, D)``. weight_hh: ``(H, H)``. bias_ih, bias_hh: ``(H,)``; all at
            first uniform on :math:`\pm 1/\sqrt{H}`.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.RNNCell(3, 5)(np.ones((2, 3), "float32")).shape
    (2, 5)
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh"):
        super().__init__(Elman(nonlinearity), input_size, hidden_size, bias)

    def forward(self, x: Any, hx: Any = None) -> Tensor:
        """The next h ``(B, H)``, from x ``(B, D)`` and h ``(B, H)`` (zeros by default); without B as well."""
        h: Tensor
        (h,) = self._next(x, None if hx is None else (hx,))
        return h


class LSTMCell(_Cell):
    r"""One step of a long short-term memory.

    .. math::
        i, f, o &= \sigma(W_{i\cdot} x + b_{i\cdot} + W_{h\cdot} h + b_{h\cdot}) \\
        g &= \tanh(W_{ig} x + b_{ig} + W_{hg} h + b_{hg}) \\
        c' &= f c + i g, \qquad h' = o \tanh(c')

    Args:
        input_size: D. hidden_size: H. bias: have both b.

    Attributes:
        weight_ih: ``(4 H, D)``, rows in the order i, f, g, o. weight_hh: ``(4 H, H)``. bias_ih,
            bias_hh: ``(4 H,)``; all at first uniform on :math:`\pm 1/\sqrt{H}`.

    >>> import numpy as np, tinygrad_seq as tg
    >>> h, c = tg.nn.LSTMCell(3, 5)(np.ones((2, 3), "float32"))
    >>> h.shape, c.shape
    ((2, 5), (2, 5))
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True):
        super().__init__(LongShortTerm(), input_size, hidden_size, bias)

    def forward(self, x: Any, hx: Any = None) -> tuple[Tensor, Tensor]:
        """The next (h, c), each ``(B, H)``, from x ``(B, D)`` and (h, c) (zeros by default); without B as well."""
        if hx is not None and (not isinstance(hx, (tuple, list)) or len(hx) != 2):
            raise ShapeError("LSTMCell: got hx that is no pair; need (h, c)")
        h, c = self._next(x, None if hx is None else tuple(hx))
        return h, c


class GRUCell(_Cell):
    r"""One step of a gated recurrent unit, with the reset after the matmul as in PyTorch.

    .. math::
        r, z &= \sigma(W_{i\cdot} x + b_{i\cdot} + W_{h\cdot} h + b_{h\cdot}) \\
        n &= \tanh(W_{in} x + b_{in} + r (W_{hn} h + b_{hn})) \\
        h' &= (1 - z) n + z h

    Args:
        input_size: D. hidden_size: H. bias: have both b.

    Attributes:
        weight_ih: ``(3 H, D)``, rows in the order r, z, n. weight_hh: ``(3 H, H)``. bias_ih,
            bias_hh: ``(3 H,)``; all at first uniform on :math:`\pm 1/\sqrt{H}`.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.GRUCell(3, 5)(np.ones((2, 3), "float32")).shape
    (2, 5)
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True):
        super().__init__(Gated(), input_size, hidden_size, bias)

    def forward(self, x: Any, hx: Any = None) -> Tensor:
        """The next h ``(B, H)``, from x ``(B, D)`` and h ``(B, H)`` (zeros by default); without B as well."""
        h: Tensor
        (h,) = self._next(x, None if hx is None else (hx,))
        return h
