"""The command line: ``tinygrad-seq`` and ``python -m tinygrad_seq``."""

from .main import main

__all__ = ["main"]
