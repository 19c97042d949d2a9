"""How an operation is applied: the function that users call, made from an `Op`.

Each unwraps its inputs, computes the value, and records a node if an input has one. The forms that
run at every node of a recurrent net are written out; all others are served by the general one.
"""

from __future__ import annotations

import functools
import itertools
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from ..errors import AxisError, DTypeError, OptionError, ShapeError, UnsupportedError
from .graph import INDEX, Node
from .mode import MODE
from .op import REQUIRED, Kind, Op, Rule
from .tensor import NUMPY, Tensor, as_array

__all__ = ["differentiable", "elementwise", "like_numpy"]

ndarray = np.ndarray


def constant(x: Any, beside: Sequence[Any] = (), natural: bool = False) -> Any:
    """An operand that is no Tensor: Python numbers stay weak, arrays are copied so that nobody can change them.

    Lists of numbers get the default dtype, or a wider one that a Tensor ``beside`` them has. ``natural`` keeps
    NumPy's dtype for lists, for inputs that are indices or masks.
    """
    if type(x) in (float, int, bool) or x is None or (isinstance(x, np.generic) and x.dtype.kind in "fiub"):
        return x
    return np.array(x) if natural else as_array(x, beside=beside)


def _explain(op: Op, arrays: Sequence[Any], error: ValueError | TypeError) -> NoReturn:
    """Raise NumPy's refusal to compute a value as an error that says of which operation, shapes and types."""
    given = [str(np.shape(x)) for x in arrays if x is not None]
    shapes = " and ".join(given if len(given) < 7 else [*list(dict.fromkeys(given))[:6], f"... ({len(given)} arrays)"])
    if isinstance(error, np.exceptions.AxisError):
        raise AxisError(f"{op.name}: got {shapes}; {error}") from error
    if type(error) is TypeError:
        kinds = " and ".join([str(getattr(x, "dtype", type(x).__name__)) for x in arrays])
        raise DTypeError(f"{op.name}: got {kinds}; {error}") from error
    if type(error) is not ValueError:  # such as that of a singular matrix
        try:
            raise error
        finally:
            del error  # which would hold this frame, and this frame it
    if op.kind == "elementwise":
        why = "which do not broadcast; need sizes that are equal or 1, from the last axis on; reshape one of them"
        raise ShapeError(f"{op.name}: got shapes {shapes}, {why}") from error
    raise ShapeError(f"{op.name}: got {shapes}; {error}") from error


def _unary(op: Op) -> Callable[..., Tensor]:
    value = op.value
    keep_x, keep_y = op.keeps == op.inputs, op.keeps == ("y",)

    def call(x: Any) -> Tensor:
        if isinstance(x, Tensor):
            array = x._data
            parent = x._node
        else:
            array, parent = as_array(x), None
        try:
            y = value(array)
        except (ValueError, TypeError) as error:
            _explain(op, (array,), error)
        if type(y) is not ndarray:
            y = np.asarray(y)
        mode = MODE.get()
        if parent is None or not mode.plain:
            return op.record(y, (array,), (parent,), ())
        kept = y if keep_y else array if keep_x else None
        return Tensor(y, Node(op, (parent,), kept, (), parent.shape, y.dtype, mode.label, next(INDEX)))

    return call


def _binary(op: Op) -> Callable[..., Tensor]:
    value = op.value
    both, first, second = op.plan((True, True)), op.plan((True, False)), op.plan((False, True))

    def call(a: Any, b: Any) -> Tensor:
        if isinstance(a, Tensor):
            x = a._data
            p = a._node
        else:
            x, p = constant(a, (b,)), None
        if isinstance(b, Tensor):
            z = b._data
            q = b._node
        else:
            z, q = constant(b, (a,)), None
        try:
            y = value(x, z)
        except (ValueError, TypeError) as error:
            _explain(op, (x, z), error)
        if type(y) is not ndarray:
            y = np.asarray(y)
        mode = MODE.get()
        if not mode.plain or (p is None and q is None):
            return op.record(y, (x, z), (p, q), ())
        plan = first if q is None else second if p is None else both
        kept = plan((x, z, y, None)) if plan else None
        return Tensor(y, Node(op, (p, q), kept, (), y.shape, y.dtype, mode.label, next(INDEX)))

    return call


def _ternary(op: Op) -> Callable[..., Tensor]:
    value = op.value
    plans = {used: op.plan(used) for used in itertools.product((False, True), repeat=3)}

    def call(a: Any = REQUIRED, b: Any = REQUIRED, c: Any = None, **named: Any) -> Tensor:
        if named or b is REQUIRED:
            given = [x for x in (a, b) if x is not REQUIRED] + ([] if c is None else [c])
            a, b, c = _bind(op, op.inputs, (REQUIRED, REQUIRED, None), tuple(given), named)
        if isinstance(a, Tensor):
            x = a._data
            p = a._node
        else:
            x, p = constant(a, (b, c)), None
        if isinstance(b, Tensor):
            z = b._data
            q = b._node
        else:
            z, q = constant(b, (a, c)), None
        if isinstance(c, Tensor):
            w = c._data
            r = c._node
        else:
            w, r = constant(c, (a, b)), None
        try:
            y = value(x, z, w)
        except (ValueError, TypeError) as error:
            _explain(op, (x, z, w), error)
        if type(y) is not ndarray:
            y = np.asarray(y)
        mode = MODE.get()
        if not mode.plain or (p is None and q is None and r is None):
            return op.record(y, (x, z, w), (p, q, r), ())
        plan = plans[p is not None, q is not None, r is not None]
        kept = plan((x, z, w, y, None)) if plan else None
        return Tensor(y, Node(op, (p, q, r), kept, (), y.shape, y.dtype, mode.label, next(INDEX)))

    return call


def _unary_with_attrs(op: Op) -> Callable[..., Tensor]:
    value, names, defaults = op.value, op.inputs + op.attrs, op.defaults
    count, complete = len(defaults), REQUIRED not in defaults

    def call(x: Any, *attrs: Any, **kwargs: Any) -> Tensor:
        if not attrs and not kwargs and complete:
            attrs = defaults
        elif kwargs or len(attrs) != count or not _PLAIN.issuperset(map(type, attrs)):
            attrs = _bind(op, names, (REQUIRED, *defaults), (x, *attrs), kwargs)[1:]
        if isinstance(x, Tensor):
            array = x._data
            parent = x._node
        else:
            array, parent = as_array(x), None
        try:
            y = value(array, *attrs)
        except (ValueError, TypeError) as error:
            _explain(op, (array,), error)
        if type(y) is not ndarray:
            y = np.asarray(y)
        mode = MODE.get()
        if parent is None or not mode.plain:
            return op.record(y, (array,), (parent,), attrs)
        kept = op.kept((array,), y, (parent,)) if op.keeps else None
        return Tensor(y, Node(op, (parent,), kept, attrs, y.shape, y.dtype, mode.label, next(INDEX)))

    return call


def _general(op: Op) -> Callable[..., Tensor]:
    value, names, defaults = op.value, op.inputs + op.attrs, op.defaults
    count = len(op.inputs)
    natural = [rule is None for rule in op.vjp]
    incomplete = REQUIRED in defaults

    def call(*args: Any, **kwargs: Any) -> Tensor:
        if kwargs or len(args) != count or incomplete:
            args = _bind(op, names, (*(REQUIRED,) * count, *defaults), args, kwargs)
        arrays, parents = [], []
        for x, as_is in zip(args[:count], natural, strict=True):
            if isinstance(x, Tensor):
                arrays.append(x._data)
                parents.append(None if as_is else x._node)
            else:
                arrays.append(constant(x, args[:count], as_is))
                parents.append(None)
        attrs = args[count:] or defaults
        try:
            y = value(*arrays, *attrs)
        except (ValueError, TypeError) as error:
            _explain(op, arrays, error)
        return op.record(y, arrays, tuple(parents), attrs)

    return call


def _variadic(op: Op) -> Callable[..., Tensor]:
    value, names, defaults = op.value, op.attrs, op.defaults

    def call(*xs: Any, **kwargs: Any) -> Tensor:
        attrs = tuple(kwargs.values())
        if tuple(kwargs) != names or not _PLAIN.issuperset(map(type, attrs)):
            attrs = _bind(op, names, defaults, (), kwargs)
        arrays = tuple([x._data if isinstance(x, Tensor) else constant(x, xs) for x in xs])
        parents = tuple([x._node if isinstance(x, Tensor) else None for x in xs])
        try:
            y = value(*arrays, **dict(zip(names, attrs, strict=True)))
        except (ValueError, TypeError) as error:
            _explain(op, arrays, error)
        return op.record(y, arrays, parents, attrs)

    return call


def _bind(
    op: Op, names: tuple[str, ...], defaults: tuple[Any, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, ...]:
    """Positional and keyword arguments in the order of ``names``."""
    bound = [*args, *defaults[len(args) :]]
    for name, given in kwargs.items():
        if name not in names or names.index(name) < len(args):
            raise OptionError(f"{op.name}: got an unexpected argument {name!r}; it takes {', '.join(names)}")
        bound[names.index(name)] = given
    if "out" in names and bound[names.index("out")] is not None:
        raise UnsupportedError(f"{op.name}: got out=; an array cannot hold the history; use the returned Tensor")
    missing = [n for n, b in zip(names, bound, strict=False) if b is REQUIRED]
    if missing or len(bound) > len(names):
        raise OptionError(
            f"{op.name}: got {len(args)} arguments; need {', '.join(names)}"
            + (f"; {', '.join(missing)} is missing" if missing else "")
        )
    return tuple([x if name in op.inputs else _fixed(op, name, x) for name, x in zip(names, bound, strict=True)])


_PLAIN = frozenset({int, float, bool, str, tuple, type(None)})
"""Types of attributes that need no `_fixed`."""


def _fixed(op: Op, name: str, given: Any) -> Any:
    """An attribute that nobody can change any more; arrays among the inputs are copied later.

    Raises:
        UnsupportedError: for a Tensor that requires a gradient, which an attribute would lose.
    """
    if type(given) in (list, tuple):
        return tuple([_fixed(op, name, x) for x in given])
    if not isinstance(given, Tensor):
        return given.copy() if isinstance(given, ndarray) else given
    if given._node is not None:
        raise UnsupportedError(
            f"{op.name}: got a Tensor that requires a gradient as {name}=, which has no derivative here; "
            f"need a constant; use .detach()"
        )
    return given._data.copy()


def elementwise(
    name: str, value: Callable[..., Any], *vjp: Rule | None, numpy: Sequence[Any] = (), doc: str = ""
) -> Callable[..., Tensor]:
    """Register an operation of one element of each (broadcast) input, and return the function that applies it.

    A ufunc as ``value`` makes NumPy's own function work on Tensors; ``numpy`` lists others that shall do so.
    """
    op = Op(name, value, vjp, kind="elementwise", broadcasts=len(vjp) > 1)
    call = _publish(_caller(op), op, [value, *numpy] if isinstance(value, np.ufunc) else numpy)
    call.__doc__ = doc or f"NumPy's ``{name}``, element by element."
    return call


def differentiable(
    *vjp: Rule | None,
    variadic: Rule | None = None,
    jvp: Sequence[Rule | None] | Rule = (),
    joint: Sequence[Rule | None] = (),
    kind: Kind = "",
    broadcasts: bool = False,
    numpy: Sequence[Any] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Tensor]]:
    """Register the decorated value function as an operation with these rules.

    The first parameters are the array inputs, one for each rule; the others are attributes.

    >>> import numpy as np, tinygrad_seq as tg
    >>> @tg.autograd.differentiable(lambda g, x, n: g * n * x ** (n - 1))
    ... def monomial(x, n):
    ...     return x**n
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> monomial(x, 2).backward()
    >>> x.grad
    tensor(6., dtype=float32)
    """

    def register(value: Callable[..., Any]) -> Callable[..., Tensor]:
        op = Op(
            value.__name__.lstrip("_"), value, variadic or vjp, jvp=jvp, joint=joint, kind=kind, broadcasts=broadcasts
        )
        return _publish(functools.wraps(value)(_caller(op)), op, numpy)

    return register


def like_numpy(call: Callable[..., Tensor]) -> Callable[..., Any]:
    """An operation for use in rules, that behaves as NumPy's functions do: of arrays alone it makes an array."""
    op: Op = call.op  # type: ignore[attr-defined]

    @functools.wraps(call)
    def either(*args: Any, **kwargs: Any) -> Any:
        for x in args:
            if isinstance(x, Tensor):
                return call(*args, **kwargs)
        return op.value(*args, **kwargs)

    return either


def _caller(op: Op) -> Callable[..., Tensor]:
    """The function that applies ``op``: the general one, or a shorter one for the forms that are called most."""
    if op.variadic:
        return _variadic(op)
    if len(op.inputs) == 1 and op.vjp[0] is not None:
        simple = op.kind == "elementwise" and not op.attrs and len(op.keeps) < 2
        return _unary(op) if simple else _unary_with_attrs(op)
    if op.attrs or None in op.vjp or len(op.inputs) > 3:
        return _general(op)
    return _binary(op) if len(op.inputs) == 2 else _ternary(op)


def _publish(call: Callable[..., Tensor], op: Op, numpy: Sequence[Any]) -> Callable[..., Tensor]:
    call.__name__ = call.__qualname__ = op.name
    call.__module__ = sys._getframe(2).f_globals["__name__"]  # where it is defined, and pickle finds it
    call.op = op  # type: ignore[attr-defined]
    op.call = call
    for function in numpy:
        NUMPY[function] = call
    return call
