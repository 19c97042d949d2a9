"""What NumPy has and Tensors do not take: the error, which names the nearest function that does."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["explained", "without_derivative"]

INSTEAD = {
    "at": "tg.ops.set_at(x, index, values), or tg.ops.add_at for np.add.at",
    "numpy.fft": "np.cos and np.sin of the angles, times the sequence, for the two parts of its spectrum",
    "numpy.linalg.eig": "np.linalg.eigh, of symmetric matrices",
    "numpy.linalg.eigvals": "np.linalg.eigvalsh, of symmetric matrices",
    "numpy.lib.scimath.arccos": "np.arccos",
    "numpy.lib.scimath.arcsin": "np.arcsin",
    "numpy.lib.scimath.arctanh": "np.arctanh",
    "numpy.lib.scimath.log": "np.log",
    "numpy.lib.scimath.log10": "np.log10",
    "numpy.lib.scimath.log2": "np.log2",
    "numpy.lib.scimath.logn": "np.log(x) / np.log(n)",
    "numpy.lib.scimath.power": "np.power",
    "numpy.lib.scimath.sqrt": "np.sqrt",
    "numpy.roots": "np.linalg.eigvalsh, of symmetric matrices",
    "numpy.sort_complex": "np.sort",
}
"""What to use for what changes an array in place, or is complex, by the names of function, module and ufunc method."""

HOW_TO_ADD = '''    @tg.autograd.differentiable(lambda g, x, y: ..., jvp=(lambda t, x, y: ...,), numpy=[{path}])
    def {name}(x):
        """The value, and by what rule it is differentiated."""
        return {path}(x)'''


def without_derivative(call: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, marked as one that no error may name: it refuses, or its results are constants."""
    call.differentiable = False  # type: ignore[attr-defined]
    return call


def explained(function: Any, method: str, known: Mapping[Any, Callable[..., Any]]) -> str:
    """Why NumPy's function, or the method of a ufunc, does not take Tensors, and what in ``known`` is near to it."""
    where = f"{getattr(function, '__module__', None) or 'numpy'}.{function.__name__}"
    path = _path(function) if method == "__call__" else f"{_path(function)}.{method}"
    instead = INSTEAD.get(method) or INSTEAD.get(where) or INSTEAD.get(where.rpartition(".")[0])
    if instead is not None:
        why = "changes an array in place" if method == "at" else "has complex values, and Tensors are real"
        return f"{path}: {why}; use {instead}"
    if not function.__name__.isidentifier():  # of np.frompyfunc
        return f"{path}: is not NumPy's own, and has no derivative; apply what it is made of to the Tensors"
    works = {f.__name__: f for f, call in known.items() if callable(f) and getattr(call, "differentiable", True)}
    (near,) = difflib.get_close_matches(function.__name__, sorted(works), n=1, cutoff=0)
    text = (
        f"{path}: has no derivative here; the nearest that has is {_path(works[near])}; "
        f"use .detach().numpy() for values alone, or add"
    )
    return (
        f"{text} an Op"
        if method != "__call__"
        else f"{text} it:\n{HOW_TO_ADD.format(name=function.__name__, path=path)}"
    )


def _path(function: Any) -> str:
    """Where a user finds a function of NumPy."""
    module = getattr(function, "__module__", None) or "numpy"
    return f"{module}.{function.__name__}".replace("numpy.lib.scimath", "np.emath").replace("numpy", "np", 1)
