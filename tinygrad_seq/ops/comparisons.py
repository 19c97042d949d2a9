"""Functions whose results are constants: comparisons, logic, bits and divisors, kinds of numbers, one-hot codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Tensor, get_default_dtype
from ..autograd.missing import without_derivative
from ..autograd.tensor import NUMPY
from ..errors import DTypeError, OptionError

__all__ = [
    "all",
    "allclose",
    "angle",
    "any",
    "array_equal",
    "array_equiv",
    "bitwise_and",
    "bitwise_count",
    "bitwise_or",
    "bitwise_xor",
    "equal",
    "gcd",
    "greater",
    "greater_equal",
    "imag",
    "invert",
    "isclose",
    "iscomplex",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "lcm",
    "left_shift",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "one_hot",
    "packbits",
    "right_shift",
    "signbit",
    "unpackbits",
]


def of_values(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function of the values alone: arrays become Tensors without history, a bool stays one."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return _tensors(function(*map(values, args), **{key: values(x) for key, x in kwargs.items()}))

    call.__name__ = call.__qualname__ = function.__name__
    call.__doc__ = f"NumPy's ``{function.__name__}``, whose result is a constant."
    return without_derivative(call)


def constant(function: Callable[..., Any]) -> Callable[..., Any]:
    """`of_values`, to which NumPy's function leads."""
    NUMPY[function] = call = of_values(function)
    return call


def values(x: Any) -> Any:
    """Arrays in place of Tensors, also in lists and tuples of them."""
    if isinstance(x, (list, tuple)):
        return type(x)(map(values, x))
    return x._data if isinstance(x, Tensor) else x


def _tensors(y: Any) -> Any:
    if isinstance(y, (list, tuple)):
        return type(y)(map(_tensors, y))
    return Tensor(np.asarray(y)) if isinstance(y, (np.ndarray, np.generic)) else y


equal = constant(np.equal)
not_equal = constant(np.not_equal)
less = constant(np.less)
less_equal = constant(np.less_equal)
greater = constant(np.greater)
greater_equal = constant(np.greater_equal)
isclose = constant(np.isclose)
allclose = constant(np.allclose)
array_equal = constant(np.array_equal)
array_equiv = constant(np.array_equiv)

logical_and = constant(np.logical_and)
logical_or = constant(np.logical_or)
logical_xor = constant(np.logical_xor)
logical_not = constant(np.logical_not)
bitwise_and = constant(np.bitwise_and)
bitwise_or = constant(np.bitwise_or)
bitwise_xor = constant(np.bitwise_xor)
bitwise_count = constant(np.bitwise_count)
invert = constant(np.invert)
left_shift = constant(np.left_shift)
right_shift = constant(np.right_shift)
gcd = constant(np.gcd)
lcm = constant(np.lcm)
all = constant(np.all)
any = constant(np.any)

isnan = constant(np.isnan)
isinf = constant(np.isinf)
isposinf = constant(np.isposinf)
isneginf = constant(np.isneginf)
isfinite = constant(np.isfinite)
signbit = constant(np.signbit)
isreal = constant(np.isreal)
packbits = constant(np.packbits)
unpackbits = constant(np.unpackbits)
iscomplex = constant(np.iscomplex)
imag = constant(np.imag)
angle = constant(np.angle)


def one_hot(x: Any, num_classes: int = -1, dtype: Any = None) -> Tensor:
    """Vectors of zeros with a 1 at each index of ``x``, of any shape ``(...)``: ``(..., num_classes)``.

    Args:
        x: integers in 0 ... num_classes-1.
        num_classes: -1 for the largest index and one more.
        dtype: by default the floating one (`get_default_dtype`), ready for a product; PyTorch's are integers.

    Raises:
        DTypeError: if ``x`` is not of integers.
        OptionError: for an index outside 0 ... num_classes-1, naming it, or nothing to count the classes by.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.ops.one_hot(np.array([0, 2]), 3)
    tensor([[1., 0., 0.],
            [0., 0., 1.]], dtype=float32)
    """
    index = np.asarray(values(x))
    if index.dtype.kind not in "iu":
        raise DTypeError(f"one_hot: got indices of dtype {index.dtype}; need integers; use .astype(int)")
    if num_classes < 0:
        if not index.size:
            raise OptionError("one_hot: got no index to count the classes by; give num_classes")
        num_classes = int(index.max()) + 1
    if index.size and (index.min() < 0 or index.max() >= num_classes):
        wrong = index[(index < 0) | (index >= num_classes)].flat[0]
        raise OptionError(f"one_hot: got index {wrong} for {num_classes} classes; need 0 ... {num_classes - 1}")
    return Tensor((index[..., None] == np.arange(num_classes)).astype(dtype or get_default_dtype()))
