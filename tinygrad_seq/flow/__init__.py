"""Where a gradient comes from: reads any recorded graph and its labels, knows no layer and no picture."""

from .find import find
from .frames import Frames, frames
from .horizon import Lyapunov, Memory, StepJacobians, lyapunov, memory, step_jacobians
from .ledger import Ledger, ledger
from .norms import GradientNorms, gradient_norms
from .paths import Paths, paths
from .roles import RoleNorms, role_norms
from .saturation import Saturation, saturation
from .triangle import Triangle, triangle
from .ways import Ways, ways

__all__ = [
    "Frames",
    "GradientNorms",
    "Ledger",
    "Lyapunov",
    "Memory",
    "Paths",
    "RoleNorms",
    "Saturation",
    "StepJacobians",
    "Triangle",
    "Ways",
    "find",
    "frames",
    "gradient_norms",
    "ledger",
    "lyapunov",
    "memory",
    "paths",
    "role_norms",
    "saturation",
    "step_jacobians",
    "triangle",
    "ways",
]
