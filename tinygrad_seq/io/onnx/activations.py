"""Each activation function as ONNX's nodes, by the function that its layer applies."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...nn import functional
from .graph import Symbol

__all__ = ["ACTIVATIONS"]


def unary(op: str, **attributes: Any) -> Callable[[Symbol], Symbol]:
    """An operation of ONNX's own, element by element."""
    return lambda x: x.graph.node(op, x, axes=x.axes, like=x, **attributes)


def _clip(x: Any, low: float, high: float) -> Any:
    return np.minimum(np.maximum(x, low), high)


def _gelu(x: Symbol, approximate: str) -> Any:
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    return 0.5 * x * (1 + unary("Erf")(x / math.sqrt(2)))


def _softplus(x: Symbol, beta: float, threshold: float) -> Any:
    # Past the threshold the layer returns x itself, which is the same but for exp(-threshold).
    return unary("Softplus")(x * beta) / beta


ACTIVATIONS: dict[Any, Callable[..., Any]] = {
    functional.relu: unary("Relu"),
    functional.tanh: unary("Tanh"),
    functional.sigmoid: unary("Sigmoid"),
    functional.softsign: unary("Softsign"),
    functional.mish: unary("Mish"),
    functional.selu: unary("Selu"),
    functional.hardsigmoid: unary("HardSigmoid", alpha=1 / 6, beta=0.5),
    functional.hardswish: unary("HardSwish"),
    functional.leaky_relu: lambda x, slope: unary("LeakyRelu", alpha=float(slope))(x),
    functional.elu: lambda x, alpha: unary("Elu", alpha=float(alpha))(x),
    functional.celu: lambda x, alpha: alpha * unary("Elu")(x / alpha),
    functional.softmax: lambda x, axis: unary("Softmax", axis=axis)(x),
    functional.log_softmax: lambda x, axis: unary("LogSoftmax", axis=axis)(x),
    functional.softplus: _softplus,
    functional.logsigmoid: lambda x: -unary("Softplus")(-x),
    functional.silu: lambda x: x * unary("Sigmoid")(x),
    functional.gelu: _gelu,
    functional.relu6: lambda x: _clip(x, 0, 6),
    functional.hardtanh: _clip,
    functional.tanhshrink: lambda x: x - np.tanh(x),
}
