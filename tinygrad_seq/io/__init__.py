"""State on disk, without pickle, and the exchange of weights and models with other frameworks."""

from .checkpoint import load, save
from .conventions import from_convention, to_convention
from .keras import from_keras, to_keras
from .onnx import to_onnx
from .safetensors import load_safetensors, save_safetensors

__all__ = [
    "from_convention",
    "from_keras",
    "load",
    "load_safetensors",
    "save",
    "save_safetensors",
    "to_convention",
    "to_keras",
    "to_onnx",
]
