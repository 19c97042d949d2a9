"""Where a gradient comes from: reads any recorded graph and its labels, knows no layer and no picture."""

from .norms import GradientNorms, gradient_norms

__all__ = ["GradientNorms", "gradient_norms"]
