"""State on disk, without pickle, and the exchange of weights and models with other frameworks."""

from .checkpoint import load, save
from .conventions import from_convention, to_convention
from .keras import from_keras, to_keras

__all__ = ["from_convention", "from_keras", "load", "save", "to_convention", "to_keras"]
