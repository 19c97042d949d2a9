"""What a graph is, and how derivatives move through it.

Read in this order: `mode` (what is recorded), `graph` (Node), `sweep` (reverse mode, and
forward mode), `tensor`, `op` (the record of an operation), `apply` (its application), `derivatives`.
"""

from .anomaly import detect_anomaly
from .apply import differentiable, elementwise
from .derivatives import grad
from .gradcheck import gradcheck, gradgradcheck
from .graph import Leaf, Node, ancestors
from .heap import keep_freed_memory
from .mode import Label, enable_grad, no_grad, scope, time_steps
from .op import REGISTRY, Op
from .program import Program, explain, formula, trace
from .tensor import Tensor, get_default_dtype, name, set_default_dtype, tensor

keep_freed_memory()

__all__ = [
    "REGISTRY",
    "Label",
    "Leaf",
    "Node",
    "Op",
    "Program",
    "Tensor",
    "ancestors",
    "detect_anomaly",
    "differentiable",
    "elementwise",
    "enable_grad",
    "explain",
    "formula",
    "get_default_dtype",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "name",
    "no_grad",
    "scope",
    "set_default_dtype",
    "tensor",
    "time_steps",
    "trace",
]
