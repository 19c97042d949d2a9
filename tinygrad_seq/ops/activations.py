"""Activation functions, by PyTorch's names and with its conventions at their kinks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd import Tensor, differentiable, elementwise
from ..errors import OptionError
from .elementwise import add, divide, multiply, subtract
from .exponential import logistic, sigmoid
from .special import erfc
from .trigonometric import tanh

__all__ = [
    "celu",
    "elu",
    "gelu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "log_sigmoid",
    "mish",
    "relu",
    "relu6",
    "selu",
    "silu",
    "softplus",
    "softsign",
    "tanhshrink",
]

relu = elementwise(
    "relu",
    lambda x: np.maximum(x, 0),
    lambda g, y: np.where(np.greater(y, 0), g, 0),
    doc="``max(x, 0)``; the derivative at 0 is 0.",
)


@differentiable(
    lambda g, x, negative_slope: np.where(np.greater(x, 0), g, g * negative_slope),
    kind="elementwise",
)
def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """``x`` where it is positive, elsewhere ``negative_slope * x``; at 0 the derivative is ``negative_slope``.

    Maas, Hannun and Ng 2013, "Rectifier nonlinearities improve neural network acoustic models".
    """
    return np.where(x > 0, x, x * negative_slope)


def _negative(x: Any) -> Any:
    return np.where(np.greater(x, 0), 0, x)


@differentiable(
    lambda g, x, alpha: np.where(np.greater(x, 0), g, g * (alpha * np.exp(_negative(x)))),
    kind="elementwise",
)
def elu(x: Any, alpha: float = 1.0) -> Any:
    """``x`` where it is positive, elsewhere ``alpha * (exp(x) - 1)``; at 0 the derivative is ``alpha``.

    Clevert, Unterthiner and Hochreiter 2015, "Fast and accurate deep network learning by exponential linear units".
    """
    return np.where(x > 0, x, alpha * np.expm1(_negative(x)))


def selu(x: Any) -> Tensor:
    """``1.0507 * elu(x, 1.6733)``, with the constants in full, which keep mean 0 and variance 1.

    Klambauer et al. 2017, "Self-normalizing neural networks".
    """
    return multiply(1.0507009873554804934193349852946, elu(x, 1.6732632423543772848170429916717))


def celu(x: Any, alpha: float = 1.0) -> Tensor:
    """``x`` where it is positive, elsewhere ``alpha * (exp(x / alpha) - 1)``; the derivative is continuous.

    Barron 2017, "Continuously differentiable exponential linear units".

    Raises:
        OptionError: if ``alpha`` is not positive.
    """
    if not alpha > 0:
        raise OptionError(f"celu: got alpha={alpha}; need a positive number")
    return multiply(alpha, elu(divide(x, alpha)))


def _linear(x: Any, beta: float, threshold: float) -> Any:
    return np.greater(x * beta, threshold)


@differentiable(
    lambda g, x, beta, threshold: np.where(_linear(x, beta, threshold), g, g * logistic(x * beta)),
    kind="elementwise",
)
def softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """``log(1 + exp(beta x)) / beta``, and ``x`` itself where ``beta x > threshold``."""
    return np.where(_linear(x, beta, threshold), x, np.logaddexp(0, x * beta) / beta)


log_sigmoid = elementwise(
    "log_sigmoid",
    lambda x: -np.logaddexp(0, -x),
    lambda g, x: g * logistic(-x),
    doc="``log(sigmoid(x))``, without overflow or cancellation.",
)


def silu(x: Any) -> Tensor:
    """``x * sigmoid(x)``. Elfwing, Uchibe and Doya 2017, "Sigmoid-weighted linear units"."""
    return multiply(x, sigmoid(x))


def gelu(x: Any, approximate: str = "none") -> Tensor:
    """``x`` times the probability that a standard normal number is below it.

    Hendrycks and Gimpel 2016, "Gaussian error linear units".

    Args:
        x: of any shape.
        approximate: "none", or "tanh" for ``x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x**3)))``.

    Raises:
        OptionError: for another ``approximate``.
    """
    half = multiply(x, 0.5)
    if approximate == "none":
        return half * erfc(multiply(x, -math.sqrt(0.5)))
    if approximate == "tanh":
        return half * (1 + tanh(multiply(half, 2 * math.sqrt(2 / math.pi)) * (1 + (4 * 0.044715) * half * half)))
    raise OptionError(f'gelu: got approximate={approximate!r}; need "none" or "tanh"')


@differentiable(
    lambda g, x, min_val, max_val: np.where(np.greater(x, min_val) & np.less(x, max_val), g, 0),
    kind="elementwise",
)
def hardtanh(x: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """``x`` held between two bounds, at which, unlike that of `clip`, the derivative is 0."""
    return np.clip(x, min_val, max_val)


def relu6(x: Any) -> Tensor:
    """``min(max(x, 0), 6)``; the derivative at both kinks is 0."""
    return hardtanh(x, 0.0, 6.0)


def hardsigmoid(x: Any) -> Tensor:
    """``relu6(x + 3) / 6``; the derivative at both kinks is 0."""
    return divide(relu6(add(x, 3.0)), 6.0)


def hardswish(x: Any) -> Tensor:
    """``x * hardsigmoid(x)``. Howard et al. 2019, "Searching for MobileNetV3"."""
    return multiply(x, hardsigmoid(x))


def mish(x: Any) -> Tensor:
    """``x * tanh(softplus(x))``. Misra 2019, "Mish: a self regularized non-monotonic activation function"."""
    return multiply(x, tanh(softplus(x)))


softsign = elementwise(
    "softsign",
    lambda x: x / (1 + np.abs(x)),
    lambda g, x: g / (1 + np.abs(x)) / (1 + np.abs(x)),
    doc="``x / (1 + |x|)``, whose derivative at 0 is 1.",
)


def tanhshrink(x: Any) -> Tensor:
    """``x - tanh(x)``."""
    return subtract(x, tanh(x))
