"""NumPy's operators and methods on Tensors: each is the operation of the same name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..autograd import Tensor
from ..errors import OptionError
from . import (
    arrange,
    choices,
    comparisons,
    cumulative,
    diagonals,
    elementwise,
    exponential,
    index,
    linalg,
    order,
    products,
    reduce,
    rounding,
    selection,
    shape,
    writing,
)


def _reflected(call: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lambda b, a: call(a, b)


def _sizes(call: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """``x.reshape(2, 3)`` and ``x.reshape((2, 3))`` are the same."""

    @functools.wraps(call)
    def method(x: Tensor, *sizes: Any, **options: Any) -> Tensor:
        return call(x, sizes[0] if len(sizes) == 1 else sizes or None, **options)

    return method


def _compress(x: Tensor, condition: Any, axis: int | None = None, out: None = None) -> Tensor:
    """The parts along ``axis`` for which the condition, of one axis, holds; None flattens first."""
    return selection.compress(condition, x, axis, out)


OPERATORS: dict[str, Callable[..., Any]] = {
    "__neg__": elementwise.negative,
    "__pos__": elementwise.positive,
    "__abs__": elementwise.absolute,
    "__add__": elementwise.add,
    "__sub__": elementwise.subtract,
    "__mul__": elementwise.multiply,
    "__truediv__": elementwise.divide,
    "__floordiv__": rounding.floor_divide,
    "__mod__": rounding.remainder,
    "__divmod__": rounding.divmod,
    "__pow__": exponential.power,
    "__matmul__": linalg.matmul,
    "__lt__": comparisons.less,
    "__le__": comparisons.less_equal,
    "__gt__": comparisons.greater,
    "__ge__": comparisons.greater_equal,
    "__eq__": comparisons.equal,
    "__ne__": comparisons.not_equal,
    "__and__": comparisons.bitwise_and,
    "__or__": comparisons.bitwise_or,
    "__xor__": comparisons.bitwise_xor,
    "__lshift__": comparisons.left_shift,
    "__rshift__": comparisons.right_shift,
    "__invert__": comparisons.invert,
    "__getitem__": index.getitem,
    "__setitem__": writing.setitem,
    "__contains__": lambda x, value: bool((x == value).numpy().any()),
}
REFLECTED = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "matmul"),
    *("and", "or", "xor", "lshift", "rshift"),
)
METHODS: dict[str, Callable[..., Any]] = {
    "all": comparisons.all,
    "any": comparisons.any,
    "argmax": order.argmax,
    "argmin": order.argmin,
    "argpartition": order.argpartition,
    "argsort": order.argsort,
    "astype": shape.astype,
    "choose": selection.choose,
    "clip": choices.clip,
    "conj": elementwise.conjugate,
    "conjugate": elementwise.conjugate,
    "compress": _compress,
    "copy": shape.copy,
    "cumprod": cumulative.cumprod,
    "cumsum": cumulative.cumsum,
    "diagonal": diagonals.diagonal,
    "dot": products.dot,
    "max": reduce.max,
    "mean": reduce.mean,
    "min": reduce.min,
    "nonzero": order.nonzero,
    "prod": reduce.prod,
    "ravel": shape.ravel,
    "flatten": shape.ravel,
    "repeat": arrange.repeat,
    "reshape": _sizes(shape.reshape),
    "round": rounding.round,
    "searchsorted": order.searchsorted,
    "squeeze": shape.squeeze,
    "std": reduce.std,
    "sum": reduce.sum,
    "swapaxes": shape.swapaxes,
    "take": selection.take,
    "trace": diagonals.trace,
    "transpose": _sizes(shape.transpose),
    "var": reduce.var,
}

KEYWORDS = {
    "dim": "axis=",
    "keepdim": "keepdims=",
    "unbiased": "ddof=",
    "correction": "ddof=",
    "start_dim": "t.reshape",
}
"""What PyTorch calls an argument, and what it is here."""


def _of_numpy(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """The same method; where PyTorch's keyword is not taken, the error says NumPy's."""

    @functools.wraps(call)
    def method(*args: Any, **kwargs: Any) -> Any:
        for theirs in kwargs:
            if theirs in KEYWORDS:
                raise OptionError(f"t.{name}: got {theirs}=; Tensors follow NumPy; use {KEYWORDS[theirs]}")
        return call(*args, **kwargs)

    return method


for _name, _call in OPERATORS.items():
    setattr(Tensor, _name, _call)
for _name in REFLECTED:
    setattr(Tensor, f"__r{_name}__", _reflected(OPERATORS[f"__{_name}__"]))
for _name, _call in METHODS.items():
    setattr(Tensor, _name, _of_numpy(_name, _call))
for _name, _remedy in writing.INSTEAD_OF_METHOD.items():
    setattr(Tensor, _name, writing.refused(f"t.{_name}", _remedy))
Tensor.T = property(shape.transpose)  # type: ignore[attr-defined]
Tensor.mT = property(shape.matrix_transpose)  # type: ignore[attr-defined]
Tensor.flat = property(shape.ravel)  # type: ignore[attr-defined]
Tensor.real = property(shape.as_tensor)  # type: ignore[attr-defined]
Tensor.imag = property(comparisons.imag)  # type: ignore[attr-defined]
