"""What a graph is, and how derivatives move through it.

Read in this order: `mode` (what is recorded), `graph` (Node), `sweep` (reverse mode, and
forward mode), `tensor`, `op` (the record of an operation), `apply` (its application), `derivatives`.
"""

from .apply import differentiable, elementwise
from .derivatives import grad
from .graph import Leaf, Node, ancestors
from .mode import Label, enable_grad, no_grad, scope, time_steps
from .op import REGISTRY, Op
from .tensor import Tensor, get_default_dtype, name, set_default_dtype, tensor

__all__ = [
    "REGISTRY",
    "Label",
    "Leaf",
    "Node",
    "Op",
    "Tensor",
    "ancestors",
    "differentiable",
    "elementwise",
    "enable_grad",
    "get_default_dtype",
    "grad",
    "name",
    "no_grad",
    "scope",
    "set_default_dtype",
    "tensor",
    "time_steps",
]
