"""RNN, LSTM and GRU: layers over time, by PyTorch's names, shapes, gate order and initial distribution.

A layer projects all steps of its input at once, then takes one step after the other, each under its own label, so that
every node of the unrolled graph knows its layer and its time step.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor, scope, time_steps
from ..autograd.collector import paused
from ..errors import OptionError, ShapeError
from ..ops import concatenate, stack, swapaxes
from ..ops.index import read
from . import functional
from .cells import Elman, Gated, LongShortTerm, Recurrence, States
from .init import bound
from .layers import positive, uniform
from .module import Module

__all__ = ["GRU", "LSTM", "RNN"]


class _Recurrent(Module):
    def __init__(
        self,
        recurrence: Recurrence,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ):
        caller = type(self).__name__
        positive(caller, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        if not 0 <= dropout <= 1:
            raise OptionError(f"{caller}: got dropout={dropout}; need a probability in 0 ... 1")
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout, self.bidirectional = bias, batch_first, dropout, bidirectional
        self._recurrence = recurrence
        self._directions = ("", "_reverse") if bidirectional else ("",)
        k, rows = bound(hidden_size), recurrence.gates * hidden_size
        for layer in range(num_layers):
            width = input_size if layer == 0 else hidden_size * len(self._directions)
            for suffix in self._directions:
                place = f"l{layer}{suffix}"
                setattr(self, f"weight_ih_{place}", uniform(k, rows, width))
                setattr(self, f"weight_hh_{place}", uniform(k, rows, hidden_size))
                if bias:
                    setattr(self, f"bias_ih_{place}", uniform(k, rows))
                    setattr(self, f"bias_hh_{place}", uniform(k, rows))

    def _weights(self, place: str) -> tuple[Any, Any, Any, Any]:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        w_ih, w_hh, b_ih, b_hh = (getattr(self, f"{name}_{place}", None) for name in names)
        return w_ih, w_hh, b_ih, b_hh

    def _unroll(self, x: Any, state: States, place: str) -> tuple[Tensor, States]:
        """One layer in one direction: outputs ``(T, B, H)`` in the order of time, and the last state."""
        w_ih, w_hh, b_ih, b_hh = self._weights(place)
        cell = self._recurrence
        steps = range(len(x))
        with scope(place), paused:
            inputs = cell.project(x, w_ih, b_ih, b_hh)
            operands = cell.operands(w_hh, b_hh)
            outputs: list[Any] = [None] * len(steps)
            for t in time_steps(reversed(steps) if place.endswith("_reverse") else steps):
                state = cell.step([read(part, t)[0] for part in inputs], state, operands)
                outputs[t] = state[0]
            return stack(outputs), state

    def _run(self, x: Any, hx: States | None) -> tuple[Tensor, States]:
        """Check the shapes, run all layers, and stack the last states of all layers and directions."""
        time_axis = 1 if self.batch_first and np.ndim(x) == 3 else 0
        hx = self._check(np.shape(x), time_axis, hx)
        if time_axis:
            x = swapaxes(x, 0, 1)
        last: list[States] = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = functional.dropout(x, self.dropout, self.training)
            outputs = []
            for suffix in self._directions:
                h, final = self._unroll(x, tuple([part[len(last)] for part in hx]), f"l{layer}{suffix}")
                outputs.append(h)
                last.append(final)
            x = outputs[0] if len(outputs) == 1 else concatenate(outputs, axis=-1)
        final = tuple(stack(parts) for parts in zip(*last, strict=True))
        return (swapaxes(x, 0, 1) if time_axis else x), final

    def _check(self, shape: tuple[int, ...], time_axis: int, hx: States | None) -> States:
        caller, size = type(self).__name__, self.input_size
        if len(shape) not in (2, 3) or shape[-1] != size:
            batched = f"(B, T, {size})" if self.batch_first else f"(T, B, {size})"
            raise ShapeError(f"{caller}: got x {shape}; need {batched}, or (T, {size}) without a batch")
        if shape[time_axis] == 0:
            raise ShapeError(f"{caller}: got x {shape}, which has no time step; need at least one")
        batch = () if len(shape) == 2 else (shape[1 - time_axis],)
        expected = (self.num_layers * len(self._directions), *batch, self.hidden_size)
        names = self._recurrence.states
        if hx is None:
            dtype = self._weights("l0")[0].dtype
            return (np.zeros(expected, dtype),) * len(names)
        for part, value in zip(names, hx, strict=True):
            if np.shape(value) != expected:
                raise ShapeError(
                    f"{caller}: got {part}_0 {np.shape(value)} for x {shape}; need {expected}, "
                    f"which is (layers * directions, {'B, ' if batch else ''}hidden_size)"
                )
        return hx

    def extra_repr(self) -> str:
        """The sizes, and the options that are not the default."""
        shown = f"{self.input_size}, {self.hidden_size}"
        for option, default in (
            ("num_layers", 1),
            ("bias", True),
            ("batch_first", False),
            ("dropout", 0.0),
            ("bidirectional", False),
        ):
            if getattr(self, option) != default:
                shown += f", {option}={getattr(self, option)}"
        return shown


class RNN(_Recurrent):
    r"""An Elman network: :math:`h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})` (Elman 1990).

    Args:
        input_size: D. hidden_size: H. num_layers: L, stacked. bias: have both b.
        batch_first: x and output are ``(B, T, ...)`` in place of ``(T, B, ...)``.
        dropout: the probability with which the output of each layer but the last is dropped in training.
        bidirectional: a second direction runs from the last step to the first; outputs are joined, ``2 H``.
        nonlinearity: "tanh", "relu" or "sigmoid".

    Attributes:
        weight_ih_l0, ...: ``(H, D)``, in higher layers ``(H, directions * H)``. weight_hh_l0, ...: ``(H, H)``.
        bias_ih_l0, bias_hh_l0, ...: ``(H,)``; all at first uniform on :math:`\pm 1/\sqrt{H}`. The names of the
            second direction end in ``_reverse``.

    >>> import numpy as np, tinygrad_seq as tg
    >>> output, h_n = tg.nn.RNN(3, 5, num_layers=2)(np.ones((7, 4, 3), "float32"))
    >>> output.shape, h_n.shape
    ((7, 4, 5), (2, 4, 5))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        nonlinearity: str = "tanh",
    ):
        super().__init__(
            Elman(nonlinearity), input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional
        )

    def forward(self, x: Any, hx: Any = None) -> tuple[Tensor, Tensor]:
        """Output ``(T, B, directions * H)`` and the last state h_n.

        Args:
            x: ``(T, B, D)``, ``(B, T, D)`` with batch_first, or ``(T, D)`` without a batch.
            hx: h_0 ``(L * directions, B, H)``, zeros by default.

        Raises:
            ShapeError: for any other shape of x or hx.
        """
        output, (h_n,) = self._run(x, None if hx is None else (hx,))
        return output, h_n


class LSTM(_Recurrent):
    r"""Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000).

    .. math::
        i_t, f_t, o_t &= \sigma(W_{i\cdot} x_t + b_{i\cdot} + W_{h\cdot} h_{t-1} + b_{h\cdot}) \\
        g_t &= \tanh(W_{ig} x_t + b_{ig} + W_{hg} h_{t-1} + b_{hg}) \\
        c_t &= f_t c_{t-1} + i_t g_t, \qquad h_t = o_t \tanh(c_t)

    Args:
        input_size: D. hidden_size: H. num_layers: L, stacked. bias: have both b.
        batch_first: x and output are ``(B, T, ...)`` in place of ``(T, B, ...)``.
        dropout: the probability with which the output of each layer but the last is dropped in training.
        bidirectional: a second direction runs from the last step to the first; outputs are joined, ``2 H``.

    Attributes:
        weight_ih_l0, ...: ``(4 H, D)``, in higher layers ``(4 H, directions * H)``, rows in the order i, f, g, o.
        weight_hh_l0, ...: ``(4 H, H)``. bias_ih_l0, bias_hh_l0, ...: ``(4 H,)``; all at
            first uniform on :math:`\pm 1/\sqrt{H}`. The names of the second direction end in ``_reverse``.

    >>> import numpy as np, tinygrad_seq as tg
    >>> output, (h_n, c_n) = tg.nn.LSTM(3, 5, batch_first=True)(np.ones((4, 7, 3), "float32"))
    >>> output.shape, h_n.shape, c_n.shape
    ((4, 7, 5), (1, 4, 5), (1, 4, 5))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ):
        super().__init__(
            LongShortTerm(), input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional
        )

    def forward(self, x: Any, hx: Any = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Output ``(T, B, directions * H)`` and the last state (h_n, c_n).

        Args:
            x: ``(T, B, D)``, ``(B, T, D)`` with batch_first, or ``(T, D)`` without a batch.
            hx: (h_0, c_0), each ``(L * directions, B, H)``, zeros by default.

        Raises:
            ShapeError: for any other shape of x or hx.
        """
        if hx is not None and (not isinstance(hx, (tuple, list)) or len(hx) != 2):
            raise ShapeError("LSTM: got hx that is no pair; need (h_0, c_0)")
        output, (h_n, c_n) = self._run(x, None if hx is None else tuple(hx))
        return output, (h_n, c_n)


class GRU(_Recurrent):
    r"""A gated recurrent unit, with the reset after the matmul as in PyTorch (after Cho et al. 2014).

    .. math::
        r_t, z_t &= \sigma(W_{i\cdot} x_t + b_{i\cdot} + W_{h\cdot} h_{t-1} + b_{h\cdot}) \\
        n_t &= \tanh(W_{in} x_t + b_{in} + r_t (W_{hn} h_{t-1} + b_{hn})) \\
        h_t &= (1 - z_t) n_t + z_t h_{t-1}

    Args:
        input_size: D. hidden_size: H. num_layers: L, stacked. bias: have both b.
        batch_first: x and output are ``(B, T, ...)`` in place of ``(T, B, ...)``.
        dropout: the probability with which the output of each layer but the last is dropped in training.
        bidirectional: a second direction runs from the last step to the first; outputs are joined, ``2 H``.

    Attributes:
        weight_ih_l0, ...: ``(3 H, D)``, in higher layers ``(3 H, directions * H)``, rows in the order r, z, n.
        weight_hh_l0, ...: ``(3 H, H)``. bias_ih_l0, bias_hh_l0, ...: ``(3 H,)``; all at
            first uniform on :math:`\pm 1/\sqrt{H}`. The names of the second direction end in ``_reverse``.

    >>> import numpy as np, tinygrad_seq as tg
    >>> output, h_n = tg.nn.GRU(3, 5, bidirectional=True)(np.ones((7, 4, 3), "float32"))
    >>> output.shape, h_n.shape
    ((7, 4, 10), (2, 4, 5))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ):
        super().__init__(Gated(), input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)

    def forward(self, x: Any, hx: Any = None) -> tuple[Tensor, Tensor]:
        """Output ``(T, B, directions * H)`` and the last state h_n.

        Args:
            x: ``(T, B, D)``, ``(B, T, D)`` with batch_first, or ``(T, D)`` without a batch.
            hx: h_0 ``(L * directions, B, H)``, zeros by default.

        Raises:
            ShapeError: for any other shape of x or hx.
        """
        output, (h_n,) = self._run(x, None if hx is None else (hx,))
        return output, h_n
