"""State on disk: one file, checksummed, without pickle."""

from .checkpoint import load, save
from .replace import replacing

__all__ = ["load", "replacing", "save"]
