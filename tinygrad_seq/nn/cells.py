"""One step of RNN, LSTM and GRU as modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from ..autograd import Tensor
from ..errors import ShapeError
from .arguments import flags, positive
from .module import Module
from .recurrences import Elman, Gated, LongShortTerm, MinimalGated, Recurrence, States
from .recurrent import built_by, options_of, parameters
from .unroll import tensor_of
from .variants import Ablation, ElmanVariant, GatedVariant, LongShortTermVariant, chosen

__all__ = ["GRUCell", "LSTMCell", "MGUCell", "RNNCell"]


class _Cell(Module):
    def __init__(self, recurrence: Recurrence, input_size: int, hidden_size: int, bias: bool):
        positive(type(self).__name__, input_size=input_size, hidden_size=hidden_size)
        flags(type(self).__name__, bias=bias)
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        self._recurrence = recurrence
        self._names = tuple(recurrence.shapes(input_size, hidden_size, True))
        own = parameters(recurrence, input_size, hidden_size, bias)
        for name in self._names:
            setattr(self, name, own.get(name))
        built_by(self, recurrence)

    def _next(self, x: Any, hx: Any) -> States:
        caller, w = type(self).__name__, {name: getattr(self, name) for name in self._names}
        x = tensor_of(caller, x)
        shape = x.shape
        if len(shape) not in (1, 2) or shape[-1] != self.input_size:
            raise ShapeError(f"{caller}: got x {shape}; need ({self.input_size},) or (B, {self.input_size})")
        expected = (*shape[:-1], self.hidden_size)
        if hx is None:
            state: States = (np.zeros(expected, w["weight_hh"].dtype),) * len(self._recurrence.states)
        else:
            parts = [tensor_of(caller, part) for part in self._recurrence.parts(hx, caller)]
            state = tuple([h if h.dtype.kind == "f" else h.astype(w["weight_hh"].dtype) for h in parts])
        for part, value in zip(self._recurrence.states, state, strict=True):
            if value.shape != expected:
                raise ShapeError(f"{caller}: got {part} {value.shape} for x {shape}; need {expected}")
        return self._recurrence.step(self._recurrence.project(x, w), state, self._recurrence.operands(w, None))

    def _single(self, x: Any, hx: Any) -> Tensor:
        h: Tensor
        (h,) = self._next(x, hx)
        return h

    def extra_repr(self) -> str:
        """The sizes, and the options that are not the default."""
        sizes = f"{self.input_size}, {self.hidden_size}"
        return ", ".join([sizes, *(f"{k}={v}" for k, v in options_of(self).items())])


class RNNCell(_Cell):
    r"""One step of an Elman network: :math:`h' = \tanh(W_{ih} x + b_{ih} + W_{hh} h + b_{hh})`.

    Args:
        input_size: D.
        hidden_size: H.
        bias: have both b.
        nonlinearity: "tanh", "relu", "sigmoid", or a function of Tensors.
        layer_norm: as in `RNN`.

    Attributes:
        weight_ih: ``(H, D)``. weight_hh: ``(H, H)``. bias_ih, bias_hh: ``(H,)``; all at
            first uniform on :math:`\pm 1/\sqrt{H}`.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.RNNCell(3, 5)(np.ones((2, 3), "float32")).shape
    (2, 5)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str | Callable[[Any], Tensor] = "tanh",
        *,
        layer_norm: bool = False,
    ):
        options = {"nonlinearity": nonlinearity, "layer_norm": layer_norm}
        super().__init__(chosen(Elman(nonlinearity), ElmanVariant, **options), input_size, hidden_size, bias)

    def forward(self, x: Any, hx: Any = None) -> Tensor:
        """The next h ``(B, H)``, from x ``(B, D)`` and h ``(B, H)`` (zeros by default); without B as well."""
        return self._single(x, hx)


class LSTMCell(_Cell):
    r"""One step of a long short-term memory.

    .. math::
        i, f, o &= \sigma(W_{i\cdot} x + b_{i\cdot} + W_{h\cdot} h + b_{h\cdot}) \\
        g &= \tanh(W_{ig} x + b_{ig} + W_{hg} h + b_{hg}) \\
        c' &= f c + i g, \qquad h' = o \tanh(c')

    Args:
        input_size: D.
        hidden_size: H.
        bias: have both b.
        peepholes, coupled, forget_gate, layer_norm, ablate: as in `LSTM`.

    Attributes:
        weight_ih: ``(4 H, D)``, rows in the order i, f, g, o. weight_hh: ``(4 H, H)``. bias_ih,
            bias_hh: ``(4 H,)``; all at first uniform on :math:`\pm 1/\sqrt{H}`.

    >>> import numpy as np, tinygrad_seq as tg
    >>> h, c = tg.nn.LSTMCell(3, 5)(np.ones((2, 3), "float32"))
    >>> h.shape, c.shape
    ((2, 5), (2, 5))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        peepholes: Literal["diagonal", "full"] | None = None,
        coupled: bool = False,
        forget_gate: bool = True,
        layer_norm: bool = False,
        ablate: Ablation | None = None,
    ):
        recurrence = chosen(
            LongShortTerm(),
            LongShortTermVariant,
            peepholes=peepholes,
            coupled=coupled,
            forget_gate=forget_gate,
            layer_norm=layer_norm,
            ablate=ablate,
        )
        super().__init__(recurrence, input_size, hidden_size, bias)

    def forward(self, x: Any, hx: Any = None) -> tuple[Tensor, Tensor]:
        """The next (h, c), each ``(B, H)``, from x ``(B, D)`` and (h, c) (zeros by default); without B as well."""
        h, c = self._next(x, hx)
        return h, c


class GRUCell(_Cell):
    r"""One step of a gated recurrent unit, with the reset after the matmul as in PyTorch.

    .. math::
        r, z &= \sigma(W_{i\cdot} x + b_{i\cdot} + W_{h\cdot} h + b_{h\cdot}) \\
        n &= \tanh(W_{in} x + b_{in} + r (W_{hn} h + b_{hn})) \\
        h' &= (1 - z) n + z h

    Args:
        input_size: D.
        hidden_size: H.
        bias: have both b.
        reset, update, layer_norm, ablate: as in `GRU`.

    Attributes:
        weight_ih: ``(3 H, D)``, rows in the order r, z, n. weight_hh: ``(3 H, H)``. bias_ih,
            bias_hh: ``(3 H,)``; all at first uniform on :math:`\pm 1/\sqrt{H}`.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.GRUCell(3, 5)(np.ones((2, 3), "float32")).shape
    (2, 5)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        reset: Literal["after", "before"] = "after",
        update: Literal["keep", "write"] = "keep",
        layer_norm: bool = False,
        ablate: Ablation | None = None,
    ):
        options = {"reset": reset, "update": update, "layer_norm": layer_norm, "ablate": ablate}
        super().__init__(chosen(Gated(), GatedVariant, **options), input_size, hidden_size, bias)

    def forward(self, x: Any, hx: Any = None) -> Tensor:
        """The next h ``(B, H)``, from x ``(B, D)`` and h ``(B, H)`` (zeros by default); without B as well."""
        return self._single(x, hx)


class MGUCell(_Cell):
    r"""One step of a minimal gated unit (Zhou, Wu, Zhang and Zhou 2016).

    .. math::
        f &= \sigma(W_{if} x + b_{if} + W_{hf} h + b_{hf}) \\
        n &= \tanh(W_{in} x + b_{in} + W_{hn} (f h) + b_{hn}) \\
        h' &= (1 - f) h + f n

    Args:
        input_size: D.
        hidden_size: H.
        bias: have both b.

    Attributes:
        weight_ih: ``(2 H, D)``, rows in the order f, n. weight_hh: ``(2 H, H)``. bias_ih, bias_hh: ``(2 H,)``.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.MGUCell(3, 5)(np.ones((2, 3), "float32")).shape
    (2, 5)
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True):
        super().__init__(MinimalGated(), input_size, hidden_size, bias)

    def forward(self, x: Any, hx: Any = None) -> Tensor:
        """The next h ``(B, H)``, from x ``(B, D)`` and h ``(B, H)`` (zeros by default); without B as well."""
        return self._single(x, hx)
