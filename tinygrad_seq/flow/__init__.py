"""Where a gradient comes from: reads any recorded graph and its labels, knows no layer and no picture."""

from .find import find
from .horizon import Lyapunov, Memory, StepJacobians, lyapunov, memory, step_jacobians
from .ledger import Ledger, ledger
from .norms import GradientNorms, gradient_norms
from .saturation import Saturation, saturation
from .ways import Ways, ways

__all__ = [
    "GradientNorms",
    "Ledger",
    "Lyapunov",
    "Memory",
    "Saturation",
    "StepJacobians",
    "Ways",
    "find",
    "gradient_norms",
    "ledger",
    "lyapunov",
    "memory",
    "saturation",
    "step_jacobians",
    "ways",
]
