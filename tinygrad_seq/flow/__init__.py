"""Where a gradient comes from: reads any recorded graph and its labels, knows no layer and no picture."""

from .find import find
from .frames import Frames, frames
from .horizon import Lyapunov, Memory, StepJacobians, lyapunov, memory, step_jacobians
from .ledger import Ledger, ledger
from .norms import GradientNorms, gradient_norms
from .paths import Paths, paths
from .saturation import Saturation, saturation
from .ways import Ways, ways

__all__ = [
    "Frames",
    "GradientNorms",
    "Ledger",
    "Lyapunov",
    "Memory",
    "Paths",
    "Saturation",
    "StepJacobians",
    "Ways",
    "find",
    "frames",
    "gradient_norms",
    "ledger",
    "lyapunov",
    "memory",
    "paths",
    "saturation",
    "step_jacobians",
    "ways",
]
