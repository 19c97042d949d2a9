"""Reverse-mode automatic differentiation for sequence models, in NumPy.

    import tinygrad_seq as tg

Tensors follow NumPy, layers and optimisers follow PyTorch.
"""

from . import autograd, data, errors, flow, func, io, nn, ops, optim, viz
from .autograd import Tensor, enable_grad, get_default_dtype, name, no_grad, scope, set_default_dtype, tensor
from .random import seed

__version__ = "0.1.0"

__all__ = [
    "Tensor",
    "autograd",
    "data",
    "enable_grad",
    "errors",
    "flow",
    "func",
    "get_default_dtype",
    "io",
    "name",
    "nn",
    "no_grad",
    "ops",
    "optim",
    "scope",
    "seed",
    "set_default_dtype",
    "tensor",
    "viz",
]
