"""Initial biases of gates: how long a recurrent layer remembers before it has learnt anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import random
from ..autograd import Tensor
from ..errors import OptionError

__all__ = ["chrono_", "forget_gate_bias_"]


def forget_gate_bias_(layer: Any, value: float = 1.0) -> Any:
    """Open (value > 0) or shut the forget gates of an LSTM at first, in every layer and direction.

    A gate has two biases, of which only the sum matters: the forget gate's rows of ``bias_ih`` become ``value``, those
    of ``bias_hh`` 0, so that the sum is ``value``. All other rows stay. A value of 1 to 2 carries gradients over
    long spans (Gers 2000; Jozefowicz 2015). The gate f of an MGU lets in what is new: there a value below 0 does.

    Args:
        layer: an LSTM, an LSTMCell or another layer with a gate f of its own.
        value: the sum of the two biases.

    Returns:
        The layer.

    Raises:
        OptionError: for a layer without biases or a forget gate with weights of its own.

    >>> import tinygrad_seq as tg
    >>> lstm = tg.nn.init.forget_gate_bias_(tg.nn.LSTM(3, 2), 1.0)
    >>> (lstm.bias_ih_l0 + lstm.bias_hh_l0)[2:4].tolist()
    [1.0, 1.0]
    """
    for bias_ih, bias_hh in _biases("forget_gate_bias_", layer, "f"):
        _set_rows(layer, bias_ih, "f", value)
        _set_rows(layer, bias_hh, "f", 0.0)
    return layer


def chrono_(layer: Any, max_time: float, generator: np.random.Generator | None = None) -> Any:
    r"""Biases for memories of all lengths up to ``max_time`` steps (Tallec and Ollivier 2018, section 2).

    In an LSTM :math:`b_f = \log u` and :math:`b_i = -b_f`, in a GRU :math:`b_z = \log u` where z keeps, and
    :math:`-\log u` where it writes, with u uniform on 1 ... max_time - 1. As in `forget_gate_bias_`, ``bias_ih``
    takes the value and ``bias_hh`` 0.

    Args:
        layer: an LSTM or GRU, or its cell.
        max_time: the longest span, in steps, that shall be remembered; above 2.
        generator: draws; by default that which `tg.seed` restarts.

    Returns:
        The layer.

    Raises:
        OptionError: for a max_time of 2 or less, or another layer.

    >>> import tinygrad_seq as tg
    >>> lstm = tg.nn.init.chrono_(tg.nn.LSTM(3, 2), max_time=100)
    >>> (lstm.bias_ih_l0[:2] + lstm.bias_ih_l0[2:4]).tolist()
    [0.0, 0.0]
    """
    if not max_time > 2:
        raise OptionError(f"chrono_: got max_time={max_time}; need a number of steps above 2")
    gated = "z" in _gates(layer)
    sign = -1 if getattr(getattr(layer, "_recurrence", None), "update", "keep") == "write" else 1
    for bias_ih, bias_hh in _biases("chrono_", layer, "z" if gated else "if"):
        u = random.generator(generator).uniform(1, max_time - 1, bias_ih.shape[0] // len(_gates(layer)))
        for gate, value in {"z": sign * np.log(u)}.items() if gated else {"f": np.log(u), "i": -np.log(u)}.items():
            _set_rows(layer, bias_ih, gate, value)
            _set_rows(layer, bias_hh, gate, 0.0)
    return layer


def _gates(layer: Any) -> str:
    """One letter for each block of rows in the weights of a recurrent layer or cell."""
    return str(getattr(getattr(layer, "_recurrence", None), "gates", ""))


def _biases(caller: str, layer: Any, needed: str) -> Iterator[tuple[Tensor, Tensor]]:
    """The two biases of each layer and direction, once it is known that they have these gates."""
    named = dict(layer.named_parameters()) if _gates(layer) else {}
    found = [(bias, named[name.replace("ih", "hh", 1)]) for name, bias in named.items() if name.startswith("bias_ih")]
    if not found or not set(needed) <= set(_gates(layer)):
        raise OptionError(
            f"{caller}: got {type(layer).__name__}; need a layer with biases of gates {', '.join(needed)}"
        )
    yield from found


def _set_rows(layer: Any, bias: Tensor, gate: str, values: Any) -> None:
    size = bias.shape[0] // len(_gates(layer))
    at = _gates(layer).index(gate) * size
    array = bias.numpy().copy()
    array[at : at + size] = values
    bias.data = array
