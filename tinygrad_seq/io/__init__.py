"""State on disk: one file, checksummed, without pickle."""

from ..replace import replacing
from .checkpoint import load, save

__all__ = ["load", "replacing", "save"]
