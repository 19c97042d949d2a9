"""Transforms of functions, by the names of JAX and torch.func; they nest in any order."""

from ..ops import stop_gradient
from .checkpoint import checkpoint, scan
from .functional_call import functional_call
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

__all__ = [
    "checkpoint",
    "functional_call",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "scan",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]
