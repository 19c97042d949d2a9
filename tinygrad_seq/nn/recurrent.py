"""RNN, LSTM, GRU and their relatives: layers over time, by PyTorch's names, shapes, gate order and distribution.

The formulas stand in `recurrences` and `variants`; how one is taken through time, layers and directions, in `unroll`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Unpack

import numpy as np

from ..autograd import Tensor
from ..errors import OptionError
from ..random import generator
from .arguments import flags, positive
from .init import bound, zeros_
from .layers import uniform
from .module import Module, Parameter
from .recurrences import Elman, Gated, LongShortTerm, MinimalGated, Recurrence, Weights
from .unroll import Stack, Unrolled
from .variants import Ablation, ElmanVariant, GatedVariant, LongShortTermVariant, chosen

__all__ = ["GRU", "IRNN", "LSTM", "MGU", "RNN"]

OPTIONS: dict[str, Any] = {
    "num_layers": 1,
    "bias": True,
    "batch_first": False,
    "dropout": 0.0,
    "bidirectional": False,
    "recurrent_dropout": 0.0,
    "variational": False,
    "zoneout": 0.0,
    "residual": False,
}
"""What ``repr`` shows where it is not as here."""


def parameters(recurrence: Recurrence, input_size: int, hidden_size: int, bias: bool) -> dict[str, Parameter]:
    """Fresh parameters: uniform on 1 / sqrt(H), but for gains of 1 and biases of 0 of a normalisation."""
    k, fresh = bound(hidden_size), {}
    for name, shape in recurrence.shapes(input_size, hidden_size, bias).items():
        fresh[name] = uniform(k, *shape)
        if name.startswith("norm"):
            fresh[name].data = np.full(shape, name.endswith("weight"), fresh[name].dtype)
    return fresh


def options_of(module: Any) -> dict[str, Any]:
    """The options of a layer or cell that are not the default."""
    own = {option: getattr(module, option, default) for option, default in OPTIONS.items()}
    changed = {option: value for option, value in own.items() if value != OPTIONS[option]}
    return {**changed, **module._recurrence.options}


def built_by(module: Module, recurrence: Recurrence) -> None:
    """Show the options of the formula, and refuse that they, the sizes or the biases be set from now on."""
    for option, value in recurrence.given.items():
        setattr(module, option, value)
    module._fixed += ("input_size", "hidden_size", "bias", *recurrence.given)


class _Recurrent(Unrolled):
    """A recurrence with parameters of its own in each layer and direction."""

    def __init__(
        self,
        recurrence: Recurrence,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        **stack: Unpack[Stack],
    ):
        positive(type(self).__name__, input_size=input_size, hidden_size=hidden_size)
        flags(type(self).__name__, bias=bias)
        super().__init__(recurrence, num_layers, batch_first, dropout, bidirectional, **stack)
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        self._names = tuple(recurrence.shapes(input_size, hidden_size, True))
        for place in self._places():
            below = recurrence.widths(hidden_size)[0] * len(self._directions)
            width = below if place.removesuffix("_reverse") != "l0" else input_size
            for name, parameter in parameters(recurrence, width, hidden_size, bias).items():
                setattr(self, f"{name}_{place}", parameter)
        built_by(self, recurrence)

    def _weights(self, place: str) -> Weights:
        return {name: getattr(self, f"{name}_{place}", None) for name in self._names}

    def _features(self) -> int:
        return self.input_size

    def _width(self) -> int:
        return self.hidden_size

    def _dtype(self, x: Tensor) -> Any:
        return self._weights("l0")["weight_hh"].dtype

    def extra_repr(self) -> str:
        """The sizes, and the options that are not the default."""
        sizes = f"{self.input_size}, {self.hidden_size}"
        return ", ".join([sizes, *(f"{k}={v}" for k, v in options_of(self).items())])

    def _single(self, x: Any, hx: Any, lengths: Any, record: bool) -> tuple[Any, ...]:
        """What a layer with one part of state returns."""
        output, (h_n,), recording = self._run(x, hx, lengths, record)
        return (output, h_n, recording) if record else (output, h_n)


class RNN(_Recurrent):
    r"""An Elman network: :math:`h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})` (Elman 1990).

    Args:
        input_size: D.
        hidden_size: H.
        num_layers: L, stacked.
        bias: have both b.
        batch_first: x and output are ``(B, T, ...)`` in place of ``(T, B, ...)``.
        dropout: the probability with which the output of each layer but the last is dropped in training.
        bidirectional: a second direction runs from the last step to the first; outputs are joined, ``2 H``.
        nonlinearity: "tanh", "relu", "sigmoid", or a function of Tensors in the place of tanh.
        layer_norm: normalise what tanh is taken of: :math:`\tanh(\mathrm{LN}(W_{ih} x_t + \dots))` (Ba, Kiros and
            Hinton 2016, equation 4).
        **stack: `recurrent_dropout`, `variational`, `zoneout`, `residual`, see `Stack`.

    Attributes:
        weight_ih_l0, ...: ``(H, D)``, in higher layers ``(H, directions * H)``.
        weight_hh_l0, ...: ``(H, H)``.
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
        nonlinearity: str | Callable[[Any], Tensor] = "tanh",
        *,
        layer_norm: bool = False,
        **stack: Unpack[Stack],
    ):
        recurrence = chosen(Elman(nonlinearity), ElmanVariant, nonlinearity=nonlinearity, layer_norm=layer_norm)
        super().__init__(
            recurrence, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, **stack
        )

    def forward(self, x: Any, hx: Any = None, lengths: Any = None, record: bool = False) -> tuple[Any, ...]:
        """Output ``(T, B, directions * H)`` and the last state h_n ``(L * directions, B, H)``.

        Args:
            x: ``(T, B, D)``, ``(B, T, D)`` with batch_first, or ``(T, D)`` without a batch.
            hx: h_0 ``(L * directions, B, H)``, zeros by default.
            lengths: how many steps of each row count, integers ``(B,)`` in any order, zeros too. What stands after
                them, NaN too, changes no value and no gradient; the output is 0 there, h_n is the state at each
                row's own end, and the reverse direction starts there.
            record: also return every h_t, by layer and direction: ``recording["l0"]["h"]``, ``(T, B, H)``.

        Raises:
            ShapeError: for any other shape of x, hx or lengths.
            OptionError: for a length outside 0 ... T.
            DTypeError: for lengths that are no integers.
        """
        return self._single(x, hx, lengths, record)


class IRNN(RNN):
    r"""An Elman network of rectifiers whose recurrent weights begin as the identity (Le, Jaitly and Hinton 2015).

    :math:`h_t = \mathrm{relu}(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})` with :math:`W_{hh} = s I`, biases 0,
    and :math:`W_{ih}` normal with standard deviation 0.001: at first the state forgets nothing, or, with s < 1,
    by the factor s at each step.

    Args:
        input_size: D.
        hidden_size: H.
        scale: s.
        **options: those of `RNN`.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.IRNN(3, 2).weight_hh_l0.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, input_size: int, hidden_size: int, scale: float = 1.0, **options: Any):
        super().__init__(input_size, hidden_size, nonlinearity="relu", **options)
        for name, parameter in self.named_parameters():
            if name.startswith("weight_hh"):
                parameter.data = scale * np.eye(hidden_size, dtype=parameter.dtype)
            elif name.startswith("weight_ih"):
                parameter.data = 0.001 * generator().standard_normal(parameter.shape).astype(parameter.dtype)
            elif name.startswith("bias"):
                zeros_(parameter)


class LSTM(_Recurrent):
    r"""Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000).

    .. math::
        i_t, f_t, o_t &= \sigma(W_{i\cdot} x_t + b_{i\cdot} + W_{h\cdot} h_{t-1} + b_{h\cdot}) \\
        g_t &= \tanh(W_{ig} x_t + b_{ig} + W_{hg} h_{t-1} + b_{hg}) \\
        c_t &= f_t c_{t-1} + i_t g_t, \qquad h_t = o_t \tanh(c_t)

    Args:
        input_size: D.
        hidden_size: H.
        num_layers: L, stacked.
        bias: have both b.
        batch_first: x and output are ``(B, T, ...)`` in place of ``(T, B, ...)``.
        dropout: the probability with which the output of each layer but the last is dropped in training.
        bidirectional: a second direction runs from the last step to the first; outputs are joined, ``2 H``.
        proj_size: P, 0 or less than H: :math:`h_t = W_{hr} (o_t \tanh(c_t))` has size P (Sak, Senior and Beaufays
            2014).
        peepholes: "diagonal" adds :math:`w_{ci} \odot c_{t-1}` to what i is the sigmoid of, likewise
            :math:`w_{cf} \odot c_{t-1}` to f and :math:`w_{co} \odot c_t` to o (Gers and Schmidhuber 2000; Graves
            2013, equations 7 to 11). "full" adds :math:`W_{ci} c_{t-1}`, and so on, with whole matrices.
        coupled: :math:`f_t = 1 - i_t`, without weights of its own (Greff et al. 2017, CIFG).
        forget_gate: without it :math:`c_t = c_{t-1} + i_t g_t` (Hochreiter and Schmidhuber 1997).
        layer_norm: :math:`\mathrm{LN}(W_i x_t) + \mathrm{LN}(W_h h_{t-1}) + b` for the gates together and
            :math:`h_t = o_t \tanh(\mathrm{LN}(c_t))` (Ba, Kiros and Hinton 2016, equations 20 to 22).
        ablate: gates held at a number, for experiments: ``{"f": 1.0}`` never forgets, ``{"o": 0.0}`` says nothing.
        **stack: `recurrent_dropout`, `variational`, `zoneout`, `residual`, see `Stack`.

    Attributes:
        weight_ih_l0, ...: ``(4 H, D)``, in higher layers ``(4 H, directions * H)``, rows in the order i, f, g, o
            (without f where it is coupled or missing).
        weight_hh_l0, ...: ``(4 H, H)``, ``(4 H, P)`` with a projection.
        bias_ih_l0, bias_hh_l0, ...: ``(4 H,)``; all at first uniform on :math:`\pm 1/\sqrt{H}`.
        weight_hr_l0, ...: ``(P, H)``.
        weight_ci_l0, weight_cf_l0, weight_co_l0, ...: peepholes, ``(H,)`` or ``(H, H)``.
        norm_ih_weight_l0, norm_ih_bias_l0, norm_hh_..., norm_c_...: gains and biases of the normalisations,
            ``(4 H,)`` and ``(H,)``, at first 1 and 0. The names of the second direction end in ``_reverse``.

    >>> import numpy as np, tinygrad_seq as tg
    >>> output, (h_n, c_n) = tg.nn.LSTM(3, 5, batch_first=True)(np.ones((4, 7, 3), "float32"))
    >>> output.shape, h_n.shape, c_n.shape
    ((4, 7, 5), (1, 4, 5), (1, 4, 5))
    >>> _, _, recording = tg.nn.LSTM(3, 5, peepholes="diagonal")(np.ones((7, 4, 3), "float32"), record=True)
    >>> recording["l0"]["f"].shape
    (7, 4, 5)
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
        proj_size: int = 0,
        *,
        peepholes: Literal["diagonal", "full"] | None = None,
        coupled: bool = False,
        forget_gate: bool = True,
        layer_norm: bool = False,
        ablate: Ablation | None = None,
        **stack: Unpack[Stack],
    ):
        positive("LSTM", hidden_size=hidden_size)
        whole = isinstance(proj_size, (int, np.integer)) and not isinstance(proj_size, bool)
        if not whole or not 0 <= proj_size < hidden_size:
            raise OptionError(
                f"LSTM: got proj_size={proj_size!r} for hidden_size={hidden_size}; need 0 (none) "
                f"or an integer below {hidden_size}"
            )
        recurrence = chosen(
            LongShortTerm(),
            LongShortTermVariant,
            proj_size=proj_size,
            peepholes=peepholes,
            coupled=coupled,
            forget_gate=forget_gate,
            layer_norm=layer_norm,
            ablate=ablate,
        )
        super().__init__(
            recurrence, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, **stack
        )

    def forward(self, x: Any, hx: Any = None, lengths: Any = None, record: bool = False) -> tuple[Any, ...]:
        """Output ``(T, B, directions * H)`` and the last state (h_n, c_n), each ``(L * directions, B, H)``.

        With a projection h, and so the output, has size P in place of H.

        Args:
            x: ``(T, B, D)``, ``(B, T, D)`` with batch_first, or ``(T, D)`` without a batch.
            hx: (h_0, c_0), each ``(L * directions, B, H)``, zeros by default.
            lengths: how many steps of each row count, integers ``(B,)`` in any order, zeros too. What stands after
                them, NaN too, changes no value and no gradient; the output is 0 there, the last state is that at
                each row's own end, and the reverse direction starts there.
            record: also return all gates and states, by layer and direction: ``recording["l0"]["f"]`` is the
                Tensor of all f_t, ``(T, B, H)``; likewise i, g, o, c and h.

        Raises:
            ShapeError: for any other shape of x, hx or lengths.
            OptionError: for a length outside 0 ... T.
            DTypeError: for lengths that are no integers.
        """
        output, (h_n, c_n), recording = self._run(x, hx, lengths, record)
        return (output, (h_n, c_n), recording) if record else (output, (h_n, c_n))


class GRU(_Recurrent):
    r"""A gated recurrent unit, by default with the reset after the matmul as in PyTorch (after Cho et al. 2014).

    .. math::
        r_t, z_t &= \sigma(W_{i\cdot} x_t + b_{i\cdot} + W_{h\cdot} h_{t-1} + b_{h\cdot}) \\
        n_t &= \tanh(W_{in} x_t + b_{in} + r_t (W_{hn} h_{t-1} + b_{hn})) \\
        h_t &= (1 - z_t) n_t + z_t h_{t-1}

    Args:
        input_size: D.
        hidden_size: H.
        num_layers: L, stacked.
        bias: have both b.
        batch_first: x and output are ``(B, T, ...)`` in place of ``(T, B, ...)``.
        dropout: the probability with which the output of each layer but the last is dropped in training.
        bidirectional: a second direction runs from the last step to the first; outputs are joined, ``2 H``.
        reset: "after" the matmul as above, or "before" it, as in the paper: :math:`n_t = \tanh(W_{in} x_t + b_{in}
            + W_{hn} (r_t h_{t-1}) + b_{hn})` (Cho et al. 2014, equation 8; Keras with reset_after=False).
        update: what z does. "keep" as above (Cho et al. 2014, equation 7, PyTorch, Keras), or "write":
            :math:`h_t = (1 - z_t) h_{t-1} + z_t n_t` (Chung et al. 2014, equation 1).
        layer_norm: :math:`\mathrm{LN}(W_{i\cdot} x_t) + b_{i\cdot}` and :math:`\mathrm{LN}(W_{h\cdot} h_{t-1}) +
            b_{h\cdot}`, for r with z and for n (Ba, Kiros and Hinton 2016, equations 23 to 25, which reset after the
            matmul and write with z).
        ablate: gates held at a number, for experiments: ``{"r": 1.0}`` never resets.
        **stack: `recurrent_dropout`, `variational`, `zoneout`, `residual`, see `Stack`.

    Attributes:
        weight_ih_l0, ...: ``(3 H, D)``, in higher layers ``(3 H, directions * H)``, rows in the order r, z, n.
        weight_hh_l0, ...: ``(3 H, H)``.
        bias_ih_l0, bias_hh_l0, ...: ``(3 H,)``; all at first uniform on :math:`\pm 1/\sqrt{H}`.
        norm_ih_rz_weight_l0, norm_ih_rz_bias_l0, norm_ih_n_..., norm_hh_...: gains and biases of the normalisations,
            at first 1 and 0. The names of the second direction end in ``_reverse``.

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
        *,
        reset: Literal["after", "before"] = "after",
        update: Literal["keep", "write"] = "keep",
        layer_norm: bool = False,
        ablate: Ablation | None = None,
        **stack: Unpack[Stack],
    ):
        recurrence = chosen(Gated(), GatedVariant, reset=reset, update=update, layer_norm=layer_norm, ablate=ablate)
        super().__init__(
            recurrence, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, **stack
        )

    def forward(self, x: Any, hx: Any = None, lengths: Any = None, record: bool = False) -> tuple[Any, ...]:
        """Output ``(T, B, directions * H)`` and the last state h_n ``(L * directions, B, H)``.

        Args:
            x: ``(T, B, D)``, ``(B, T, D)`` with batch_first, or ``(T, D)`` without a batch.
            hx: h_0 ``(L * directions, B, H)``, zeros by default.
            lengths: how many steps of each row count, see `RNN.forward`.
            record: also return every gate and state by layer and direction: ``recording["l0"]["z"]``, ``(T, B, H)``;
                likewise r, n and h.

        Raises:
            ShapeError: for any other shape of x, hx or lengths.
            OptionError: for a length outside 0 ... T.
            DTypeError: for lengths that are no integers.
        """
        return self._single(x, hx, lengths, record)


class MGU(_Recurrent):
    r"""A minimal gated unit: a GRU with one gate (Zhou, Wu, Zhang and Zhou 2016).

    .. math::
        f_t &= \sigma(W_{if} x_t + b_{if} + W_{hf} h_{t-1} + b_{hf}) \\
        n_t &= \tanh(W_{in} x_t + b_{in} + W_{hn} (f_t h_{t-1}) + b_{hn}) \\
        h_t &= (1 - f_t) h_{t-1} + f_t n_t

    Args:
        input_size: D.
        hidden_size: H.
        num_layers: L, stacked.
        bias: have both b.
        batch_first: x and output are ``(B, T, ...)`` in place of ``(T, B, ...)``.
        dropout: the probability with which the output of each layer but the last is dropped in training.
        bidirectional: a second direction runs from the last step to the first; outputs are joined, ``2 H``.
        **stack: `recurrent_dropout`, `variational`, `zoneout`, `residual`, see `Stack`.

    Attributes:
        weight_ih_l0, ...: ``(2 H, D)``, rows in the order f, n; the others as in `GRU`.

    >>> import numpy as np, tinygrad_seq as tg
    >>> output, h_n = tg.nn.MGU(3, 5)(np.ones((7, 4, 3), "float32"))
    >>> output.shape, h_n.shape
    ((7, 4, 5), (1, 4, 5))
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
        **stack: Unpack[Stack],
    ):
        super().__init__(
            MinimalGated(), input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, **stack
        )

    def forward(self, x: Any, hx: Any = None, lengths: Any = None, record: bool = False) -> tuple[Any, ...]:
        """Output ``(T, B, directions * H)`` and the last state h_n; the arguments are those of `RNN.forward`."""
        return self._single(x, hx, lengths, record)
