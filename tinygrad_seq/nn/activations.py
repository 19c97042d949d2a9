"""Activation functions as layers, for `Sequential`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ..autograd import Tensor
from ..autograd.tensor import as_array, get_default_dtype
from ..ops import where
from . import functional
from .arguments import positive
from .module import Module, Parameter

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "Tanhshrink",
]


class _Activation(Module):
    """A function of `tinygrad_seq.nn.functional`, with the options that the layer was made with."""

    function: ClassVar[Callable[..., Tensor]]
    options: tuple[str, ...] = ()

    def forward(self, x: Any) -> Tensor:
        """The function of x, which may have any shape."""
        return type(self).function(x, *[getattr(self, name) for name in self.options])

    def extra_repr(self) -> str:
        """The options."""
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in self.options)


class ReLU(_Activation):
    """``max(x, 0)``."""

    function = staticmethod(functional.relu)


class ReLU6(_Activation):
    """``min(max(x, 0), 6)``."""

    function = staticmethod(functional.relu6)


class Tanh(_Activation):
    """The hyperbolic tangent."""

    function = staticmethod(functional.tanh)


class Sigmoid(_Activation):
    """``1 / (1 + exp(-x))``. To train, leave it out, and use `BCEWithLogitsLoss`."""

    function = staticmethod(functional.sigmoid)


class LogSigmoid(_Activation):
    """``log(sigmoid(x))``, without overflow."""

    function = staticmethod(functional.logsigmoid)


class SiLU(_Activation):
    """``x * sigmoid(x)``."""

    function = staticmethod(functional.silu)


class SELU(_Activation):
    """The self-normalising `ELU`."""

    function = staticmethod(functional.selu)


class Mish(_Activation):
    """``x * tanh(softplus(x))``."""

    function = staticmethod(functional.mish)


class Softsign(_Activation):
    """``x / (1 + |x|)``."""

    function = staticmethod(functional.softsign)


class Tanhshrink(_Activation):
    """``x - tanh(x)``."""

    function = staticmethod(functional.tanhshrink)


class Hardsigmoid(_Activation):
    """``min(max(x + 3, 0), 6) / 6``."""

    function = staticmethod(functional.hardsigmoid)


class Hardswish(_Activation):
    """``x`` times `Hardsigmoid` of it."""

    function = staticmethod(functional.hardswish)


class LeakyReLU(_Activation):
    """x where it is positive, elsewhere ``negative_slope * x``."""

    function = staticmethod(functional.leaky_relu)
    options = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01):
        self.negative_slope = negative_slope


class ELU(_Activation):
    """x where it is positive, elsewhere ``alpha * (exp(x) - 1)``."""

    function = staticmethod(functional.elu)
    options = ("alpha",)

    def __init__(self, alpha: float = 1.0):
        self.alpha = alpha


class CELU(_Activation):
    """x where it is positive, elsewhere ``alpha * (exp(x / alpha) - 1)``."""

    function = staticmethod(functional.celu)
    options = ("alpha",)

    def __init__(self, alpha: float = 1.0):
        self.alpha = alpha


class GELU(_Activation):
    """x times the probability that a standard normal number is below it; ``approximate`` is "none" or "tanh"."""

    function = staticmethod(functional.gelu)
    options = ("approximate",)

    def __init__(self, approximate: str = "none"):
        self.approximate = approximate


class Softplus(_Activation):
    """``log(1 + exp(beta x)) / beta``, and x where ``beta x > threshold``."""

    function = staticmethod(functional.softplus)
    options = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        self.beta, self.threshold = beta, threshold


class Hardtanh(_Activation):
    """x held between two bounds."""

    function = staticmethod(functional.hardtanh)
    options = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0):
        self.min_val, self.max_val = min_val, max_val


class Softmax(_Activation):
    """Positive numbers that sum to 1 along axis ``dim``. To train, leave it out, and use `CrossEntropyLoss`.

    >>> import tinygrad_seq as tg
    >>> tg.nn.Softmax(dim=-1)([[1.0, 1.0]]).tolist()
    [[0.5, 0.5]]
    """

    function = staticmethod(functional.softmax)
    options = ("dim",)

    def __init__(self, dim: int = -1):
        self.dim = dim


class LogSoftmax(_Activation):
    """The logarithm of `Softmax`, without overflow."""

    function = staticmethod(functional.log_softmax)
    options = ("dim",)

    def __init__(self, dim: int = -1):
        self.dim = dim


class PReLU(Module):
    """x where it is positive, elsewhere a learnt slope times x (He 2015).

    Args:
        num_parameters: 1, or C for a slope for each index of axis 1, as in ``(N, C, ...)``.
        init: the slopes at first.

    Attributes:
        weight: the slopes, ``(1,)`` or ``(C,)``.

    >>> import tinygrad_seq as tg
    >>> tg.nn.PReLU()([-1.0, 1.0]).tolist()
    [-0.25, 1.0]
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25):
        positive("PReLU", num_parameters=num_parameters)
        self.num_parameters = num_parameters
        self.weight = Parameter(as_array([init] * num_parameters, get_default_dtype()))

    def forward(self, x: Any) -> Tensor:
        """The activation of x."""
        x = x if isinstance(x, Tensor) else Tensor(as_array(x))
        trailing = (1,) * (x.ndim - 2) if self.num_parameters > 1 else ()
        return where(x._data > 0, x, x * self.weight.reshape(-1, *trailing))

    def extra_repr(self) -> str:
        """How many slopes."""
        return f"num_parameters={self.num_parameters}"
