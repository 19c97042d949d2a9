"""Every exception that the package raises.

Each class also subclasses the built-in exception that a caller would expect, so
``except ValueError`` works for a shape and ``except TypeError`` for a dtype.
"""

from __future__ import annotations

__all__ = [
    "AbsentNameError",
    "AnomalyError",
    "AxisError",
    "DTypeError",
    "FileAccessError",
    "FileFormatError",
    "GradcheckError",
    "GraphError",
    "IndexingError",
    "OptionError",
    "ProgramError",
    "RuleError",
    "ShapeError",
    "StateError",
    "TinygradSeqError",
    "UnsupportedError",
]


class TinygradSeqError(Exception):
    """The base of every error that tinygrad_seq raises on purpose."""


class ShapeError(TinygradSeqError, ValueError):
    """Shapes that do not fit together."""


class DTypeError(TinygradSeqError, TypeError):
    """A dtype or a type of object that the operation cannot take."""


class IndexingError(TinygradSeqError, IndexError):
    """An index that is out of range, or that is none."""


class AxisError(TinygradSeqError, ValueError, IndexError):
    """An axis that an array does not have, or that is named twice."""


class OptionError(TinygradSeqError, ValueError):
    """An option, an index or a value outside what is allowed."""


class GraphError(TinygradSeqError, RuntimeError):
    """A derivative was asked of a graph that cannot give it."""


class AnomalyError(GraphError, FloatingPointError):
    """NaN or infinity arose inside of `detect_anomaly`."""


class GradcheckError(TinygradSeqError, AssertionError):
    """A derivative that finite differences do not confirm."""


class RuleError(TinygradSeqError, RuntimeError):
    """A derivative rule broke its contract, for example by the shape of what it returned."""


class UnsupportedError(TinygradSeqError, TypeError, NotImplementedError):
    """A NumPy feature that has no derivative here, or not yet."""


class AbsentNameError(TinygradSeqError, AttributeError):
    """A name that PyTorch or NumPy has, and is another one here; the message says which."""


class StateError(TinygradSeqError, ValueError):
    """A state_dict that does not fit its module; nothing has been loaded."""


class FileFormatError(TinygradSeqError, ValueError):
    """A file that is not what it should be: damaged, cut off, or of another format."""


class FileAccessError(TinygradSeqError, OSError):
    """A file or folder that is missing, or that cannot be read or written."""


class ProgramError(TinygradSeqError, RuntimeError):
    """Another program that is needed, such as Graphviz, is not installed or failed."""
