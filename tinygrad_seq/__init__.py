"""Reverse-mode automatic differentiation for sequence models, in NumPy.

    import tinygrad_seq as tg

Tensors follow NumPy, layers and optimisers follow PyTorch.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from . import autograd, errors, func, nn, ops, optim, viz
from .autograd import Tensor, enable_grad, get_default_dtype, name, no_grad, scope, set_default_dtype, tensor
from .pytorch import absent
from .random import seed

if TYPE_CHECKING:
    from . import data, flow, io

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


def __getattr__(name: str) -> ModuleType:
    """Load on first use what a program may do without, so that the import takes little longer than NumPy's."""
    if name not in ("data", "flow", "io"):
        raise absent(__name__, name, f"module {__name__!r}", dir(ops))
    return import_module(f".{name}", __name__)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
