"""Operations on the shape alone: the same elements in the same order, in other axes or another dtype."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..autograd import Tensor, differentiable, elementwise
from ..autograd.sweep import unbroadcast
from ..autograd.tensor import NUMPY, as_array
from ..errors import AxisError, DTypeError, OptionError, ShapeError

__all__ = [
    "astype",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "broadcast_to",
    "copy",
    "expand_dims",
    "matrix_transpose",
    "meshgrid",
    "moveaxis",
    "permute_dims",
    "ravel",
    "reshape",
    "rollaxis",
    "squeeze",
    "swapaxes",
    "transpose",
]


def as_tensor(x: Any, *beside: Any) -> Tensor:
    """A Tensor as it is; anything else as a constant, in the dtype that it has ``beside`` other operands."""
    return x if isinstance(x, Tensor) else Tensor(as_array(x, beside=beside))


def as_tensors(*xs: Any) -> list[Tensor]:
    """All operands of one operation."""
    return [as_tensor(x, *xs) for x in xs]


def whole(sizes: Any) -> Any:
    """A size or an axis, or a tuple of them, which nobody can change any more."""
    if type(sizes) in (int, tuple) or sizes is None:
        return sizes
    return operator.index(sizes) if np.ndim(sizes) == 0 else tuple(map(operator.index, sizes))


def axes_of(caller: str, axis: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The axis or axes, counted from the front; all of them for None.

    Raises:
        AxisError: for an axis that the array does not have, or that is named twice.
        DTypeError: for what is no integer.
    """
    try:
        return normalize_axis_tuple(range(len(shape)) if axis is None else axis, len(shape))
    except ValueError as error:
        need = f"need one of its {len(shape)} axes, and none twice"
        raise AxisError(f"{caller}: got axis {axis} for shape {shape}; {need}") from error
    except TypeError as error:
        raise DTypeError(f"{caller}: got axis {axis!r} for shape {shape}; need integers or None") from error


def axis_of(caller: str, axis: Any, shape: tuple[int, ...]) -> int:
    """One axis, counted from the front; see `axes_of`."""
    axes = axes_of(caller, axis, shape)
    if axis is None or len(axes) != 1:
        raise AxisError(f"{caller}: got axis {axis} for shape {shape}; need one axis")
    return axes[0]


def with_axis(caller: str, x: Any, axis: Any) -> tuple[Tensor, int]:
    """The array, flattened if ``axis`` is None, and the axis counted from the front; see `axes_of`."""
    x = ravel(x) if axis is None else as_tensor(x)
    return x, 0 if axis is None else axis_of(caller, axis, x.shape)


def _reordered(caller: str, reorder: Callable[..., Any], a: Any, *places: Any) -> Tensor:
    """The axes as NumPy puts those of an empty array, whose sizes are the numbers of its axes."""
    try:
        return transpose(a, reorder(np.empty(range(np.ndim(a))), *map(whole, places)).shape)
    except ValueError as error:
        raise AxisError(f"{caller}: got shape {np.shape(a)}; {error}") from error


@differentiable(lambda g, x_shape: np.reshape(g, x_shape), kind="linear")
def _reshape(x: Any, shape: Any) -> Any:
    return np.reshape(x, shape)


def reshape(x: Any, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: bool | None = None) -> Tensor:
    """The same elements in another shape, of which one size may be -1.

    ``order`` is "C", the last index changing fastest, or "F", the first one; "A" is "F" for an array that lies so in
    memory. ``copy`` changes nothing, as a Tensor never changes. ``newshape`` is NumPy's older name of ``shape``.

    >>> import numpy as np
    >>> np.reshape(np.arange(6), (2, 3), order="F").tolist()
    [[0, 2, 4], [1, 3, 5]]
    """
    shape = whole(newshape if shape is None else shape)
    if order == "C":
        return _reshape(x, shape)
    if order not in ("F", "A"):
        raise OptionError(f'reshape: got order={order!r}; need "C", "F" or "A"')
    if order == "A" and not as_tensor(x).numpy().flags.fnc:
        return _reshape(x, shape)
    return transpose(_reshape(transpose(x), shape[::-1] if isinstance(shape, tuple) else shape))


def ravel(a: Any, order: str = "C") -> Tensor:
    """The elements along one axis; in ``order`` "F" the first index changes fastest, not the last one.

    In "K" it is the index of neighbours in memory; "A" is "F" for an array that lies so in memory. Both are about the
    memory of ``a.numpy()``: what an operation returns need not lie as what NumPy's own returns.
    """
    if order == "C":
        return _reshape(a, -1)
    if order == "K":
        return _reshape(transpose(a, _in_memory(as_tensor(a).numpy())), -1)
    if order not in ("F", "A"):
        raise OptionError(f'ravel: got order={order!r}; need "C", "F", "A" or "K"')
    return reshape(a, -1, order)


def _in_memory(x: Any) -> tuple[int, ...]:
    """The axes by their strides, largest first; as in NumPy, one that repeats its elements moves for no other."""
    strides = [abs(stride) if size > 1 else 0 for stride, size in zip(x.strides, x.shape, strict=True)]
    axes: list[int] = []
    for axis in reversed(range(x.ndim)):
        place = len(axes)
        for k in reversed(range(place)):
            if strides[axis] and strides[axes[k]]:
                if strides[axes[k]] <= strides[axis]:
                    break
                place = k
        axes.insert(place, axis)
    return tuple(axes[::-1])


@differentiable(
    lambda g, axes: np.transpose(g, None if axes is None else tuple(np.argsort([k % g.ndim for k in axes]).tolist())),
    kind="linear",
    numpy=[np.transpose],
)
def transpose(a: Any, axes: Any = None) -> Any:
    """The axes in another order; reversed by default."""
    if isinstance(axes, tuple) and len(axes) != a.ndim:
        hint = f"; use swapaxes{axes} to exchange two" if len(axes) == 2 else ""
        raise ShapeError(f"transpose: got axes {axes} for shape {a.shape}; need one for each of {a.ndim}{hint}")
    return a.transpose() if axes is None else np.transpose(a, axes)


permute_dims = transpose


@differentiable(lambda g, axis1, axis2: np.swapaxes(g, axis1, axis2), kind="linear", numpy=[np.swapaxes])
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    return np.swapaxes(a, axis1, axis2)


def matrix_transpose(x: Any) -> Tensor:
    """The last two axes exchanged: the transpose of each matrix of a stack."""
    if np.ndim(x) < 2:
        raise ShapeError(f"matrix_transpose: got shape {np.shape(x)}; need at least two axes")
    return swapaxes(x, -1, -2)


def moveaxis(a: Any, source: Any, destination: Any) -> Tensor:
    """The axes ``source`` at the places ``destination``, the others in their old order."""
    return _reordered("moveaxis", np.moveaxis, a, source, destination)


def rollaxis(a: Any, axis: int, start: int = 0) -> Tensor:
    """The axis moved to before ``start``; `moveaxis` is easier to read."""
    return _reordered("rollaxis", np.rollaxis, a, axis, start)


@differentiable(lambda g, a_shape: np.reshape(g, a_shape), kind="linear", numpy=[np.expand_dims])
def expand_dims(a: Any, axis: Any) -> Any:
    """New axes of size 1."""
    return np.expand_dims(a, axis)


@differentiable(lambda g, a_shape: np.reshape(g, a_shape), kind="linear", numpy=[np.squeeze])
def squeeze(a: Any, axis: Any = None) -> Any:
    """Without the axes of size 1."""
    return np.squeeze(a, axis)


def _at_least(arrays: tuple[Any, ...], new: tuple[tuple[int, ...], ...]) -> Any:
    """Each with new axes, as told for each number of axes; one array alone, several in a tuple."""
    tensors = [as_tensor(x) for x in arrays]
    made = tuple([expand_dims(x, new[x.ndim]) if x.ndim < len(new) else x for x in tensors])
    return made[0] if len(made) == 1 else made


def atleast_1d(*arys: Any) -> Any:
    """Each array with at least one axis; several in a tuple."""
    return _at_least(arys, ((0,),))


def atleast_2d(*arys: Any) -> Any:
    """Each array with at least two axes: (N,) becomes (1, N)."""
    return _at_least(arys, ((0, 1), (0,)))


def atleast_3d(*arys: Any) -> Any:
    """Each array with at least three axes: (N,) becomes (1, N, 1), and (M, N) becomes (M, N, 1)."""
    return _at_least(arys, ((0, 1, 2), (0, 2), (2,)))


@differentiable(lambda g, x_shape: unbroadcast(g, x_shape), kind="linear")
def _broadcast_to(x: Any, shape: Any) -> Any:
    return np.broadcast_to(x, shape)


def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Tensor:
    """The elements repeated to a larger shape; the cotangents of the repetitions are added."""
    return _broadcast_to(array, whole(shape))


def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Tensor, ...]:
    """All arrays in the one shape to which they broadcast."""
    tensors = as_tensors(*args)
    try:
        shape = np.broadcast_shapes(*[x.shape for x in tensors])
    except ValueError as error:
        raise ShapeError(
            f"broadcast_arrays: got shapes {' and '.join(str(x.shape) for x in tensors)}, which do not broadcast; "
            f"need sizes that are equal or 1, from the last axis on"
        ) from error
    return tuple([x if x.shape == shape else _broadcast_to(x, shape) for x in tensors])


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Tensor, ...]:
    """The coordinates of a grid, from those along each axis.

    With ``indexing`` "xy" the first two axes are exchanged: (M,) and (N,) give (N, M); with "ij" they give
    (M, N). ``sparse`` leaves the sizes at 1 where nothing varies.
    """
    if indexing not in ("xy", "ij"):
        raise OptionError(f'meshgrid: got indexing={indexing!r}; need "xy" or "ij"')
    places = list(range(len(xi)))
    if indexing == "xy":
        places[:2] = places[1::-1]
    lines = [_reshape(x, (1,) * k + (-1,) + (1,) * (len(xi) - k - 1)) for x, k in zip(xi, places, strict=True)]
    return tuple(lines) if sparse else broadcast_arrays(*lines)


@differentiable(lambda g: g, kind="linear")
def _astype(x: Any, dtype: Any) -> Any:
    return x.astype(dtype)


def astype(
    x: Any,
    dtype: Any,
    order: str = "K",
    casting: Any = "unsafe",
    subok: bool = True,
    copy: bool = True,
    *,
    device: Any = None,
) -> Tensor:
    """The elements in another dtype; the cotangent goes back in the old one. Integers and booleans are constants.

    Raises:
        DTypeError: for a dtype that is not real, or to which ``casting`` does not lead.
    """
    dtype = np.dtype(dtype)
    if dtype.kind not in "fiub":
        raise DTypeError(f"astype: got {dtype}; need real numbers, integers or booleans")
    x = as_tensor(x) if hasattr(x, "dtype") else Tensor(as_array(x, dtype))  # numbers and lists need no detour
    if not np.can_cast(x.dtype, dtype, casting):
        raise DTypeError(f'astype: got {x.dtype} to {dtype} with casting="{casting}"; use casting="unsafe"')
    return _astype(x if dtype.kind == "f" else x.detach(), dtype)


def cast_for(caller: str, values: Any, dtype: Any) -> Tensor:
    """Values in the dtype of the array that they go into.

    Raises:
        DTypeError: if they are floating and the array is not, since their derivatives would be lost.
    """
    if not hasattr(values, "dtype"):
        values = astype(values, dtype) if dtype.kind == "f" else np.asarray(values)
    values = as_tensor(values)
    if values.dtype.kind == "f" and dtype.kind != "f":
        raise DTypeError(
            f"{caller}: got {values.dtype} values for a {dtype} array; need a floating array; "
            f'use x.astype("{values.dtype}")'
        )
    return values if values.dtype == dtype else astype(values, dtype)


_copy = elementwise("copy", lambda x: np.array(x), lambda g: g)


def copy(a: Any, order: str = "K", subok: bool = False) -> Tensor:
    """The same elements, with their history; `Tensor.detach` leaves the history behind."""
    return _copy(a)


for _call in (
    *(reshape, ravel, moveaxis, rollaxis, atleast_1d, atleast_2d, atleast_3d, broadcast_to, broadcast_arrays),
    *(matrix_transpose, meshgrid, copy),
):
    NUMPY[getattr(np, _call.__name__)] = _call
NUMPY[getattr(np, "astype", astype)] = astype  # NumPy has it since 2.1
NUMPY[np.linalg.matrix_transpose] = matrix_transpose
