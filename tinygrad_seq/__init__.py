"""Reverse-mode automatic differentiation for sequence models, in NumPy."""

from . import autograd, ops
from .autograd import Tensor, enable_grad, get_default_dtype, no_grad, scope, set_default_dtype, tensor

__version__ = "0.1.0"

__all__ = [
    "Tensor",
    "autograd",
    "enable_grad",
    "get_default_dtype",
    "no_grad",
    "ops",
    "scope",
    "set_default_dtype",
    "tensor",
]
