"""`Tensor`: an array and, where a derivative may be asked, the node that remembers how it came about.

NumPy's protocols (NEP 13 and NEP 18) lead ``np.exp(t)`` or ``np.concatenate([t, a])`` to the operations here,
so the derivative rules themselves are plain NumPy: they run on arrays in a first-order sweep and on
Tensors in a recorded one.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DTypeError, GraphError, ShapeError, UnsupportedError
from .graph import INDEX, RETAIN, Leaf, Node
from .hooks import RemovableHandle
from .mode import MODE
from .sweep import sweep

__all__ = ["Array", "Tensor", "get_default_dtype", "name", "set_default_dtype", "tensor"]

Array = np.ndarray[Any, np.dtype[Any]]

NUMPY: dict[Any, Callable[..., Any]] = {}
"""The function here for each NumPy function or ufunc that has one."""

ndarray = np.ndarray
_default_dtype: np.dtype[Any] = np.dtype("float32")


def set_default_dtype(dtype: Any) -> None:
    """Set the dtype that Python numbers and lists get: ``"float32"`` (the default) or ``"float64"``.

    Raises:
        DTypeError: for a dtype that is not a floating one.
    """
    global _default_dtype  # noqa: PLW0603 - a process-wide setting, as NumPy's print options are
    new = _dtype("set_default_dtype", dtype)
    if new.kind != "f":
        raise DTypeError(f'set_default_dtype: got {new}; need a floating dtype: "float32" or "float64"')
    _default_dtype = new


def get_default_dtype() -> np.dtype[Any]:
    """The dtype that Python numbers and lists get."""
    return _default_dtype


def as_array(data: Any, dtype: Any = None, caller: str = "tensor", beside: Sequence[Any] = ()) -> Array:
    """A private array of ``data``: arrays keep their dtype, numbers and lists get the default one.

    If they are operands ``beside`` a Tensor of a wider floating dtype, they get that, and lose no digit; integers
    beside Tensors of integers stay integers.

    Raises:
        DTypeError: for complex numbers, text, objects, and for lists that hold Tensors that
            require a gradient (their history would be lost).
        ShapeError: for nested lists of different lengths.
    """
    if isinstance(data, Tensor):
        data = data._data
    if isinstance(data, (ndarray, np.generic)) or hasattr(data, "__array__"):
        array = np.array(data)
    else:
        _refuse_tensors(data, caller)
        try:
            array = np.array(data)
        except ValueError as error:
            raise ShapeError(
                f"{caller}: got nested lists of different lengths; need the same length; pad them"
            ) from error
        if dtype is None and array.dtype.kind in "iuf":
            dtypes = [x.dtype for x in beside if isinstance(x, Tensor)]
            floating = [d for d in dtypes if d.kind == "f"]
            if array.dtype.kind == "f" or floating or not dtypes:
                dtype = np.result_type(_default_dtype, *(floating or dtypes))
    if array.dtype.kind not in "fiub":
        raise _not_real(caller, array.dtype)
    if dtype is None:
        return array
    dtype = _dtype(caller, dtype)
    if dtype.kind not in "fiub":
        raise _not_real(caller, dtype)
    return array.astype(dtype, copy=False)


def _dtype(caller: str, given: Any) -> np.dtype[Any]:
    try:
        found: np.dtype[Any] = np.dtype(given)
    except TypeError as error:
        raise DTypeError(f'{caller}: got {given!r}, which is no dtype; need one of NumPy, such as "float32"') from error
    return found


def _not_real(caller: str, dtype: np.dtype[Any]) -> DTypeError:
    hint = "; keep real and imaginary part as two tensors" if dtype.kind == "c" else ""
    return DTypeError(f"{caller}: got dtype {dtype}; need real numbers, integers or booleans{hint}")


def _refuse_tensors(data: Any, caller: str) -> None:
    lists = [data] if isinstance(data, (list, tuple)) else []
    while lists:
        for item in lists.pop():
            if isinstance(item, (list, tuple)):
                lists.append(item)
            elif isinstance(item, Tensor) and item.requires_grad:
                raise DTypeError(
                    f"{caller}: got a list of Tensors, whose history would be lost; use np.stack(list) instead"
                )


class Tensor:
    """An array that remembers how it was computed.

    Make one with `tensor`. It takes part in NumPy's operators, functions, indexing and methods; see
    `tinygrad_seq.ops` for all of them.

    >>> import numpy as np, tinygrad_seq as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> y = np.sum(x * x)
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.], dtype=float32)
    """

    __slots__ = ("__weakref__", "_data", "_node")

    def __init__(self, data: Array, node: Node | None = None):
        """Take ``data`` without a copy, unlike `tensor`, which is what users call."""
        self._data = data if node is not None or type(data) is ndarray else as_array(data)
        self._node = node

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""
        shape: tuple[int, ...] = self._data.shape
        return shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The element type."""
        return self._data.dtype

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._data.size

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._data.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._data.nbytes

    @property
    def strides(self) -> tuple[int, ...]:
        """Bytes from one element to the next along each axis."""
        return self._data.strides

    def tobytes(self, order: Any = "C") -> bytes:
        """The elements as bytes, in row-major order or another."""
        return self._data.tobytes(order)

    @property
    def node(self) -> Node | None:
        """The history: None for a constant, a `Leaf` for a variable, otherwise the last operation."""
        return self._node

    @property
    def requires_grad(self) -> bool:
        """Whether derivatives with respect to this Tensor, or through it, can be taken.

        May be set on a Tensor that no operation made. Setting it to True on integers is a DTypeError.
        """
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if bool(value) == self.requires_grad:
            return
        if not self.is_leaf:
            raise GraphError(
                "requires_grad: got a Tensor that an operation made; need a leaf; use .detach() for a constant"
            )
        self._node = new_leaf(self._data) if value else None

    @property
    def is_leaf(self) -> bool:
        """True for constants and variables, False for results of recorded operations."""
        return self._node is None or not self._node.parents

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward` has added up here, or None. May be set to None or a Tensor of this shape."""
        node = self._node
        if isinstance(node, Leaf):
            return node.grad
        retained = node and node.hooks and node.hooks.get(RETAIN)
        return retained.grad if isinstance(retained, _Retained) else None

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        node = self._node
        if not isinstance(node, Leaf):
            if value is None:
                if node is not None and node.hooks is not None and RETAIN in node.hooks:
                    node.hooks[RETAIN] = _Retained()
                return
            raise GraphError("grad: got a Tensor without a gradient slot; need a leaf with requires_grad=True")
        if value is not None and (not isinstance(value, Tensor) or value.shape != node.shape):
            got = f"shape {value.shape}" if isinstance(value, Tensor) else type(value).__name__
            raise ShapeError(f"grad: got {got}; need None or a Tensor of shape {node.shape}")
        node.grad = value

    @property
    def data(self) -> Array:
        """The array, read-only. Setting it gives a leaf a new array of the same shape and dtype.

        Graphs that were recorded with the old value refuse to go backward.
        """
        return self.numpy()

    @data.setter
    def data(self, value: Any) -> None:
        if not self.is_leaf:
            raise GraphError("data: got a Tensor that an operation made; only a leaf's array can be replaced")
        array = as_array(value, self._data.dtype, "data")
        if array.shape != self._data.shape:
            raise ShapeError(f"data: got shape {array.shape}; need {self._data.shape}, the Tensor's own")
        self._replace(array)

    def _replace(self, array: Array) -> None:
        """Give this leaf a private array of the same shape, without a copy."""
        old = self._node
        self._data = array
        if isinstance(old, Leaf):
            new = Leaf(array.shape, array.dtype, old.label)
            new.name, new.grad = old.name, old.grad
            old.superseded = True
            self._node = new

    def numpy(self) -> Array:
        """The values as a read-only array that shares memory; writing into it is refused by NumPy."""
        array: Any = self._data
        while isinstance(array, ndarray):  # a view could be made writeable again if what it views is
            array.flags.writeable = False
            array = array.base
        return self._data.view()

    def item(self, *index: Any) -> Any:
        """The only element, or the one at an index, as a Python number: ``t.item()``, ``t.item(1, 2)``.

        Raises:
            ShapeError: if there is not exactly one element, and no index.
        """
        if index:
            return self._data.item(*index)
        if self._data.size != 1:
            raise ShapeError(f"item: got shape {self.shape}; need exactly one element; index it first")
        return self._data.item()

    def tolist(self) -> Any:
        """The values as nested Python lists."""
        return self._data.tolist()

    def detach(self) -> Tensor:
        """The same values, without history."""
        return Tensor(self._data)

    def backward(self, gradient: Any = None, create_graph: bool = False, *, retain_graph: bool | None = None) -> None:
        """Add to ``x.grad`` of every leaf x the gradient of this Tensor.

        Args:
            gradient: the cotangent, of this Tensor's shape; optional only for one element, where it is 1.
            create_graph: record the sweep, so that the gradients can be differentiated again.
            retain_graph: PyTorch's, without effect: a graph stays as long as something refers to it.

        Raises:
            GraphError: if nothing here requires a gradient, or a variable was updated since.
            ShapeError: if ``gradient`` is missing or of another shape.
        """
        seed = cotangent(self, gradient, create_graph, "backward")
        assert self._node is not None  # cotangent() has checked
        found = sweep([(self._node, seed)], record=create_graph)
        for leaf, g in found.items():
            g = g if isinstance(g, Tensor) else Tensor(np.asarray(g))
            assert isinstance(leaf, Leaf)
            if leaf.grad is None:
                leaf.grad = g
            else:
                leaf.grad = leaf.grad + g if create_graph else Tensor(leaf.grad._data + g._data)

    def register_hook(self, hook: Callable[[Tensor], Any]) -> RemovableHandle:
        """Have ``hook`` called with the gradient of this Tensor in every backward sweep that reaches it.

        What the hook returns, unless None, goes on in the gradient's place. Hooks run in the order in which they
        were registered.

        Returns:
            What removes the hook: ``handle.remove()``.

        Raises:
            GraphError: if the Tensor has no history, so that no gradient reaches it.

        >>> import tinygrad_seq as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_hook(lambda g: g * 10)
        >>> (x * x).sum().backward()
        >>> x.grad.tolist()
        [20.0, 40.0]
        """
        if self._node is None:
            raise GraphError("register_hook: got a Tensor without history; need requires_grad=True")
        node, key = self._node, next(INDEX)
        node.hooks = {**(node.hooks or {}), key: lambda g: hook(g if isinstance(g, Tensor) else Tensor(np.asarray(g)))}

        def remove() -> None:
            if node.hooks is not None:
                node.hooks = {k: h for k, h in node.hooks.items() if k != key} or None

        return RemovableHandle(remove)

    def retain_grad(self) -> None:
        """Keep the gradient of a result in ``.grad`` too, as leaves do.

        >>> import tinygrad_seq as tg
        >>> x = tg.tensor(3.0, requires_grad=True)
        >>> y = x * 2
        >>> y.retain_grad()
        >>> (y * y).backward()
        >>> y.grad.item()
        12.0
        """
        node = self._node
        if node is None:
            raise GraphError("retain_grad: got a Tensor without history; need requires_grad=True")
        if not isinstance(node, Leaf):
            node.hooks = {**(node.hooks or {}), RETAIN: _Retained()}

    def __getattr__(self, name: str) -> Any:
        """Say what to write for a method that PyTorch has, or a function of NumPy's that is no method.

        Raises:
            AbsentNameError: always, or AttributeError for a name that nobody has.
        """
        if name.startswith("__"):  # NumPy looks for some of these, often
            raise AttributeError(name)
        from ..pytorch import absent  # noqa: PLC0415 - only for the message
        from .op import REGISTRY  # noqa: PLC0415 - which knows this module

        raise absent("Tensor", name, f"{type(self).__name__!r} object", REGISTRY)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        view = self.numpy()
        if copy or (dtype is not None and np.dtype(dtype) != view.dtype):
            return view.astype(dtype or view.dtype)
        return view

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        if kwargs.pop("out", None) is not None:
            raise UnsupportedError(
                f"np.{name}: got out= or an in-place operator on an array, which cannot hold the history of a Tensor; "
                f"write a = a + t instead of a += t"
            )
        function = NUMPY.get(ufunc if method == "__call__" else (ufunc, method))
        if function is None:
            raise _missing(ufunc, method)
        if method in ("reduce", "accumulate", "reduceat"):
            kwargs.setdefault("axis", 0)
        elif kwargs:
            inputs = _in_dtype(name, function, inputs, kwargs.pop("dtype", None))
            if kwargs.keys() - ({"axis"} if ufunc.signature == "(n),(n)->()" else set()):
                raise UnsupportedError(
                    f"np.{name}: got {'=, '.join(kwargs)}=; need dtype= alone; use np.where after it"
                )
        return function(*inputs, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        function = NUMPY.get(func) or NUMPY.get(f"{func.__module__}.{func.__name__}")
        if function is None:
            raise _missing(func, "__call__")
        if kwargs.pop("out", None) is not None:
            raise UnsupportedError(
                f"np.{func.__name__}: got out=; an array cannot hold the history of a Tensor; use the returned one"
            )
        if not args and kwargs:  # by NumPy's name, which need not be ours
            args = (kwargs.pop(next(iter(inspect.signature(func).parameters), ""), None),)
        return function(*args, **kwargs)

    def __reduce__(self) -> Any:
        """Pickle and copy a leaf with its gradient; a result would lose its history, so it refuses."""
        if not self.is_leaf:
            raise GraphError("copy or pickle: got a result, whose history would be lost; use .detach() for its values")
        node = self._node if isinstance(self._node, Leaf) else None
        grad = None if node is None or node.grad is None else node.grad._data
        return _restored, (type(self), self._data, node is not None, grad, node and node.name)

    def __len__(self) -> int:
        if not self._data.ndim:
            raise DTypeError("len: got a Tensor of shape (); need at least one axis; use .item() for the number")
        return len(self._data)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise ShapeError(
                f"bool: got a Tensor of shape {self.shape}, whose truth is ambiguous; use .any() or .all()"
            )
        return bool(self._data.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self._data.dtype.kind not in "iu" or self._data.size != 1:
            raise DTypeError(f"index: got shape {self.shape} {self.dtype}; need one integer")
        return int(self._data.item())

    def __format__(self, spec: str) -> str:
        return format(self._data.item(), spec) if spec and self._data.size == 1 else format(str(self), spec)

    def __repr__(self) -> str:
        body = np.array2string(self._data, separator=", ", prefix="tensor(")
        history = ""
        if isinstance(self._node, Leaf):
            history = ", requires_grad=True"
        elif self._node is not None:
            history = f", op={self._node.op.name}"
        return f"tensor({body}, dtype={self.dtype}{history})"

    __hash__ = object.__hash__

    if TYPE_CHECKING:  # ops/methods.py attaches NumPy's operators and methods, one function for each

        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __floordiv__(self, other: Any) -> Tensor: ...
        def __rfloordiv__(self, other: Any) -> Tensor: ...
        def __mod__(self, other: Any) -> Tensor: ...
        def __rmod__(self, other: Any) -> Tensor: ...
        def __and__(self, other: Any) -> Tensor: ...
        def __or__(self, other: Any) -> Tensor: ...
        def __xor__(self, other: Any) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __rmatmul__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __lt__(self, other: Any) -> Tensor: ...
        def __le__(self, other: Any) -> Tensor: ...
        def __gt__(self, other: Any) -> Tensor: ...
        def __ge__(self, other: Any) -> Tensor: ...
        def __eq__(self, other: object) -> Tensor: ...  # type: ignore[override]
        def __ne__(self, other: object) -> Tensor: ...  # type: ignore[override]
        def __getitem__(self, index: Any) -> Tensor: ...


# What depends on shape and dtype alone.
NUMPY[np.shape] = lambda a: a.shape
NUMPY[np.ndim] = lambda a: a.ndim
for _like in (np.zeros_like, np.ones_like, np.empty_like, np.full_like):
    NUMPY[_like] = lambda t, *args, _like=_like, **kwargs: Tensor(_like(t._data, *args, **kwargs))
NUMPY[np.size] = lambda a, axis=None: a.size if axis is None else math.prod([a.shape[k] for k in np.atleast_1d(axis)])


def _restored(kind: type[Tensor], array: Array, variable: bool, grad: Array | None, name: str | None) -> Tensor:
    """A leaf from its parts, as `Tensor.__reduce__` gives them."""
    new = kind.__new__(kind)
    new._data = np.array(array)
    new._node = new_leaf(new._data) if variable else None
    if isinstance(new._node, Leaf):
        new._node.name = name
        new._node.grad = None if grad is None else Tensor(np.array(grad))
    return new


class _Retained:
    """A hook that adds up what it sees."""

    def __init__(self) -> None:
        self.grad: Tensor | None = None

    def __call__(self, g: Any) -> None:
        new = g if isinstance(g, Tensor) else Tensor(np.asarray(g))
        self.grad = new if self.grad is None else self.grad + new


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of a private copy of ``data``.

    Args:
        data: a number, nested lists, an array or a Tensor (its values, without history). Arrays keep their dtype;
            Python numbers and lists get the default one (`set_default_dtype`), lists of booleans stay boolean.
        dtype: another dtype.
        requires_grad: make it a variable, whose derivatives can be asked.

    Raises:
        DTypeError: for complex numbers, text or objects, and for ``requires_grad`` on integers or booleans.

    >>> import tinygrad_seq as tg
    >>> tg.tensor([[1, 2], [3, 4]])
    tensor([[1., 2.],
            [3., 4.]], dtype=float32)
    """
    array = as_array(data, dtype)
    return Tensor(array, new_leaf(array) if requires_grad else None)


NOTES: ContextVar[dict[str, Tensor] | None] = ContextVar("tinygrad_seq_notes", default=None)
"""Where `name` also keeps what it names, while a layer is asked to show its gates."""


def name(**tensors: Tensor) -> None:
    """Name the role of each value in the graph: a gate, a state. A picture shows it; nothing else changes.

    Raises:
        DTypeError: for a value that is no Tensor.

    >>> import tinygrad_seq as tg
    >>> a = tg.tensor([0.5], requires_grad=True)
    >>> f = tg.ops.sigmoid(a)
    >>> tg.name(f=f)
    >>> f.node.name
    'f'
    """
    for role, value in tensors.items():
        if not isinstance(value, Tensor):
            raise DTypeError(f"name: got {type(value).__name__} for {role}; need a Tensor")
    for role, value in tensors.items():
        if value._node is not None:
            value._node.name = role
    notes = NOTES.get()
    if notes is not None:
        notes.update(tensors)


def new_leaf(array: Array) -> Leaf:
    if array.dtype.kind != "f":
        raise DTypeError(
            f"requires_grad: got dtype {array.dtype}; need a floating dtype; use tensor(data, dtype='float32')"
        )
    return Leaf(array.shape, array.dtype, MODE.get().label)


def cotangent(output: Tensor, gradient: Any, record: bool, caller: str) -> Any:
    """The seed of a sweep from ``output``: checked, and a Tensor if the sweep is recorded."""
    if not isinstance(output, Tensor) or output._node is None:
        raise GraphError(
            f"{caller}: got an output that does not depend on any Tensor with requires_grad=True"
            f"{'' if MODE.get().recording else ' (and no_grad is on)'}; need one that does"
        )
    if gradient is None:
        if output.size != 1:
            raise ShapeError(
                f"{caller}: got an output of shape {output.shape} and no gradient; need one element; "
                f"sum it, or give gradient= of that shape"
            )
        seed: Any = np.ones(output.shape, output.dtype)
    else:
        seed = gradient if isinstance(gradient, Tensor) else as_array(gradient, caller=caller)
        if seed.shape != output.shape:
            raise ShapeError(f"{caller}: got a gradient of shape {seed.shape}; need {output.shape}, the output's own")
    if record:
        return seed if isinstance(seed, Tensor) else Tensor(seed)
    return seed._data if isinstance(seed, Tensor) else seed


def _in_dtype(name: str, function: Any, inputs: tuple[Any, ...], dtype: Any) -> tuple[Any, ...]:
    """The operands in the dtype in which NumPy's ``dtype=`` lets a ufunc compute; Python numbers are weak anyway."""
    if dtype is None:
        return inputs
    if not getattr(function, "differentiable", True) or _dtype(name, dtype).kind != "f":
        raise UnsupportedError(f"np.{name}: got dtype={np.dtype(dtype)}; need a floating one; use .astype after it")
    return tuple([x if isinstance(x, (int, float)) else _cast(name, x, dtype) for x in inputs])


def _cast(name: str, x: Any, dtype: Any) -> Any:
    return x.astype(dtype) if isinstance(x, Tensor) else as_array(x, dtype, name)


def _missing(function: Any, method: str) -> UnsupportedError:
    from .missing import explained  # noqa: PLC0415 - only for the message

    return UnsupportedError(explained(function, method, NUMPY))
