"""The command line: ``tinygrad-seq`` and ``python -m tinygrad_seq``."""

from .app import main

__all__ = ["main"]
