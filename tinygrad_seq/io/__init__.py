"""State on disk: one file, checksummed, without pickle."""

from .checkpoint import load, save

__all__ = ["load", "save"]
