"""`Op`: one operation, as data. Its value, its derivative rules and what it keeps stand in one record.

    tanh = elementwise("tanh", np.tanh, lambda g, y: g - g * (y * y))
    multiply = elementwise("multiply", np.multiply, lambda g, b: g * b, lambda g, a: g * a)

What a rule *names* is what a node *keeps*. The parameters of a rule after the cotangent ``g`` are found by name:

    an input's name     that input's array
    y                   the value
    an attribute's name the attribute
    <input>_shape       the shape of the rule's own input; nothing is kept

An operation of any number of inputs (``def concatenate(*xs, axis)``) has one rule for all of them, whose
second parameter is ``i``, the input's position; it may also name ``xs`` and ``shapes``, those of all inputs.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Sequence
from operator import attrgetter, itemgetter
from typing import Any, Literal

import numpy as np

from ..errors import OptionError, RuleError, UnsupportedError
from .graph import INDEX, Node
from .mode import MODE
from .tensor import NUMPY, Tensor, as_array

__all__ = ["REGISTRY", "Op", "differentiable", "elementwise"]

REGISTRY: dict[str, Op] = {}
"""Every operation by name."""

Rule = Callable[..., Any]
Kind = Literal["elementwise", "linear", ""]
ndarray = np.ndarray


class Port:
    """One input of an operation: its rule, and where the rule's arguments are found on a node.

    Attributes:
        rule: from the cotangent of the value, and the arguments it names, to the cotangent of this input.
        joint: optionally, the rule for several uses of one array at once: it takes a list of argument tuples of
            ``rule`` and returns the sum of what ``rule`` returns for each.
        pull: ``rule`` as a function of cotangent and node.
        arguments: the arguments of ``rule`` after the cotangent, from a node.
        recorded: the same for a recorded sweep: what is kept has its history.
    """

    __slots__ = ("arguments", "joint", "pull", "recorded", "rule")

    def __init__(self, rule: Rule, joint: Rule | None, sources: list[Source]):
        self.rule = rule
        self.joint = joint
        self.arguments = _together([source.plain for source in sources])
        self.recorded = _together([source.recorded for source in sources])
        self.pull = _pull(rule, sources)

    def given(self, node: Node, record: bool) -> tuple[Any, ...]:
        """The arguments of ``rule`` after the cotangent."""
        return self.recorded(node) if record else self.arguments(node)

    def apply(self, g: Any, node: Node, record: bool) -> Any:
        """The cotangent of this input, given that of the node's value."""
        return self.rule(g, *self.recorded(node)) if record else self.pull(g, node)


class Source:
    """Where one argument of a rule is found on a node: plain, or with its history.

    ``place`` is -1 if the argument is all that the node keeps, k if it is item k of that, otherwise None.
    """

    __slots__ = ("place", "plain", "recorded")

    def __init__(
        self,
        plain: Callable[[Node], Any],
        recorded: Callable[[Node], Any] | None = None,
        place: int | None = None,
    ):
        self.plain = plain
        self.recorded = recorded or plain
        self.place = place


def _together(sources: list[Callable[[Node], Any]]) -> Callable[[Node], tuple[Any, ...]]:
    if len(sources) == 1:
        (one,) = sources
        return lambda node: (one(node),)
    if len(sources) == 2:
        first, second = sources
        return lambda node: (first(node), second(node))
    return lambda node: tuple([source(node) for source in sources])


def _pull(rule: Rule, sources: list[Source]) -> Rule:
    """The rule as a function of cotangent and node; the forms that run at every node have no detour."""
    if not sources:
        return lambda g, node: rule(g)
    if len(sources) > 1:
        return lambda g, node: rule(g, *[source.plain(node) for source in sources])
    plain, place = sources[0].plain, sources[0].place
    if place is None:
        return lambda g, node: rule(g, plain(node))
    if place < 0:
        return lambda g, node: rule(g, node.kept)
    return lambda g, node: rule(g, node.kept[place])


class Op:
    """One differentiable operation.

    Attributes:
        name: NumPy's name where it has one.
        value: computes the value from arrays and attributes.
        vjp: for each input the rule from the cotangent of the value to that of the input; None where
            the input has no derivative (an index, a mask). A variadic operation has one.
        kind: "elementwise" (the Jacobian is diagonal), "linear" (in each input by itself), or "".
        broadcasts: whether inputs broadcast; the engine then sums cotangents back to the inputs' shapes.
        inputs, attrs: the names of the array inputs and of the attributes.
        keeps: what a node keeps, by name.
        ports: for each input how a sweep finds its rule's arguments; see also `variadic_ports`.
        call: the function that users call.
    """

    call: Callable[..., Tensor]

    def __init__(
        self,
        name: str,
        value: Callable[..., Any],
        vjp: Sequence[Rule | None] | Rule,
        *,
        joint: Sequence[Rule | None] = (),
        kind: Kind = "",
        broadcasts: bool = False,
    ):
        self.name = name
        self.value = value
        self.kind = kind
        self.broadcasts = broadcasts
        self.variadic = callable(vjp)
        self.vjp: tuple[Rule | None, ...] = (vjp,) if callable(vjp) else tuple(vjp)
        names, defaults = _parameters(value)
        self.inputs = tuple(names[: len(self.vjp)])
        self.attrs = tuple(names[len(self.vjp) :])
        self.defaults = tuple(defaults[len(self.vjp) :])
        first = 2 if self.variadic else 1
        self.wants = [() if r is None else tuple(inspect.signature(r).parameters)[first:] for r in self.vjp]
        self.keeps = self._resolve()
        self._plans: dict[tuple[bool, ...], Callable[[Any], Any] | None] = {}
        joint = tuple(joint) or (None,) * len(self.vjp)
        self._variadic_ports: dict[int, tuple[Port, ...]] = {}
        self.ports = (
            ()
            if self.variadic
            else tuple(
                rule and Port(rule, joint[i], [self._source(i, want) for want in self.wants[i]])
                for i, rule in enumerate(self.vjp)
            )
        )
        REGISTRY[name] = self

    def __repr__(self) -> str:
        return f"<op {self.name}({', '.join(self.inputs + self.attrs)})>"

    def variadic_ports(self, count: int) -> tuple[Port, ...]:
        """The ports of a variadic operation that was applied to ``count`` inputs."""
        if count not in self._variadic_ports:
            self._variadic_ports[count] = tuple([self._variadic_port(i) for i in range(count)])
        return self._variadic_ports[count]

    def _variadic_port(self, i: int) -> Port:
        rule: Any = self.vjp[0]
        return Port(lambda g, *args: rule(g, i, *args), None, [self._source(i, want) for want in self.wants[0]])

    def _resolve(self) -> tuple[str, ...]:
        """What a node keeps: the arrays that the rules name. Unknown names are an error of the record."""
        keeps: list[str] = []
        arrays = ("y", "xs", "shapes") if self.variadic else ("y", *self.inputs)
        for i, wants in enumerate(self.wants):
            for want in wants:
                if want in arrays:
                    if want not in keeps:
                        keeps.append(want)
                elif want not in self.attrs and (self.variadic or want != f"{self.inputs[i]}_shape"):
                    raise RuleError(f"{self.name}: a rule names {want!r}, which is no input, attribute, y or shape")
        return tuple(keeps)

    def _source(self, i: int, want: str) -> Source:
        """Where the argument ``want`` of the rule for input ``i`` is found on a node."""
        if want in self.attrs:
            j = self.attrs.index(want)
            return Source(lambda node: node.attrs[j])
        if want not in self.keeps:
            return Source(lambda node: node.parents[i].shape)  # type: ignore[union-attr]
        place = self.keeps.index(want) if len(self.keeps) > 1 else -1
        kept: Callable[[Node], Any] = attrgetter("kept") if place < 0 else lambda node: node.kept[place]
        if want == "y":
            return Source(kept, lambda node: Tensor(kept(node), node), place)
        if want == "xs":
            return Source(
                kept, lambda node: [_with_history(x, p) for x, p in zip(kept(node), node.parents, strict=True)], place
            )
        if want == "shapes":
            return Source(kept, place=place)
        of = self.inputs.index(want)
        return Source(kept, lambda node: _with_history(kept(node), node.parents[of]), place)

    def kept(self, arrays: Sequence[Any], y: Any, parents: tuple[Node | None, ...]) -> Any:
        """What the node of this application keeps: of ``keeps``, what differentiable inputs need."""
        if not self.keeps:
            return None
        if self.variadic:
            found = {"y": y, "xs": arrays, "shapes": [np.shape(a) for a in arrays]}
            return found[self.keeps[0]] if len(self.keeps) == 1 else tuple([found[k] for k in self.keeps])
        used = tuple([p is not None for p in parents])
        if used not in self._plans:
            self._plans[used] = self.plan(used)
        plan = self._plans[used]
        return plan and plan((*arrays, y, None))

    def plan(self, used: tuple[bool, ...]) -> Callable[[Any], Any] | None:
        """From (inputs ..., value, None) to what is kept, if just the ``used`` inputs are differentiable."""
        if not self.keeps:
            return None
        needed = {want for i, u in enumerate(used) if u for want in self.wants[i]}
        places = {**{n: i for i, n in enumerate(self.inputs)}, "y": len(self.inputs)}
        absent = len(self.inputs) + 1
        return itemgetter(*[places[k] if k in needed else absent for k in self.keeps])

    def record(
        self,
        y: Any,
        arrays: Sequence[Any],
        parents: tuple[Node | None, ...],
        attrs: tuple[Any, ...],
    ) -> Tensor:
        """The result ``y`` as a Tensor, with a node if an input has one and recording is on."""
        if type(y) is not ndarray:
            y = np.asarray(y)
        mode = MODE.get()
        if not mode.recording or parents.count(None) == len(parents):
            return Tensor(y)
        kept = self.kept(arrays, y, parents)
        return Tensor(y, Node(self, parents, kept, attrs, y.shape, y.dtype, mode.label, next(INDEX)))


def _parameters(value: Callable[..., Any]) -> tuple[list[str], list[Any]]:
    if isinstance(value, np.ufunc):
        return (["x"], [None]) if value.nin == 1 else (["a", "b"], [None, None])
    found = inspect.signature(value).parameters.values()
    return [p.name for p in found], [None if p.default is p.empty else p.default for p in found]


def _with_history(array: Any, parent: Node | None) -> Any:
    return array if parent is None else Tensor(array, parent)


def constant(x: Any, natural: bool = False) -> Any:
    """An operand that is no Tensor: Python numbers stay weak, arrays are copied so that nobody can change them.

    ``natural`` keeps NumPy's dtype for lists, for inputs that are indices or masks.
    """
    if type(x) in (float, int, bool) or x is None or isinstance(x, np.generic):
        return x
    return np.array(x) if natural else as_array(x)


def _unary(op: Op) -> Callable[..., Tensor]:
    value = op.value
    keep_x, keep_y = op.keeps == ("x",), op.keeps == ("y",)
    assert keep_x or keep_y or not op.keeps

    def call(x: Any) -> Tensor:
        if isinstance(x, Tensor):
            array = x._data
            parent = x._node
        else:
            array, parent = constant(x), None
        y = value(array)
        if type(y) is not ndarray:
            y = np.asarray(y)
        if parent is None:
            return Tensor(y)
        mode = MODE.get()
        if not mode.recording:
            return Tensor(y)
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
            x, p = constant(a), None
        if isinstance(b, Tensor):
            z = b._data
            q = b._node
        else:
            z, q = constant(b), None
        y = value(x, z)
        if type(y) is not ndarray:
            y = np.asarray(y)
        if p is None and q is None:
            return Tensor(y)
        mode = MODE.get()
        if not mode.recording:
            return Tensor(y)
        plan = first if q is None else second if p is None else both
        kept = plan((x, z, y, None)) if plan else None
        return Tensor(y, Node(op, (p, q), kept, (), y.shape, y.dtype, mode.label, next(INDEX)))

    return call


def _ternary(op: Op) -> Callable[..., Tensor]:
    value = op.value
    plans = {used: op.plan(used) for used in itertools.product((False, True), repeat=3)}

    def call(a: Any, b: Any, c: Any) -> Tensor:
        if isinstance(a, Tensor):
            x = a._data
            p = a._node
        else:
            x, p = constant(a), None
        if isinstance(b, Tensor):
            z = b._data
            q = b._node
        else:
            z, q = constant(b), None
        if isinstance(c, Tensor):
            w = c._data
            r = c._node
        else:
            w, r = constant(c), None
        y = value(x, z, w)
        if type(y) is not ndarray:
            y = np.asarray(y)
        if p is None and q is None and r is None:
            return Tensor(y)
        mode = MODE.get()
        if not mode.recording:
            return Tensor(y)
        plan = plans[p is not None, q is not None, r is not None]
        kept = plan((x, z, w, y, None)) if plan else None
        return Tensor(y, Node(op, (p, q, r), kept, (), y.shape, y.dtype, mode.label, next(INDEX)))

    return call


def _unary_with_attrs(op: Op) -> Callable[..., Tensor]:
    value, names, defaults = op.value, op.inputs + op.attrs, op.defaults
    count = len(defaults)

    def call(x: Any, *attrs: Any, **kwargs: Any) -> Tensor:
        if kwargs or len(attrs) != count or list in map(type, attrs):
            attrs = _bind(op, names, (_MISSING, *defaults), (x, *attrs), kwargs)[1:]
        if isinstance(x, Tensor):
            array = x._data
            parent = x._node
        else:
            array, parent = constant(x), None
        y = value(array, *attrs)
        if type(y) is not ndarray:
            y = np.asarray(y)
        if parent is None:
            return Tensor(y)
        mode = MODE.get()
        if not mode.recording:
            return Tensor(y)
        kept = op.kept((array,), y, (parent,)) if op.keeps else None
        return Tensor(y, Node(op, (parent,), kept, attrs, y.shape, y.dtype, mode.label, next(INDEX)))

    return call


def _general(op: Op) -> Callable[..., Tensor]:
    value, names, defaults = op.value, op.inputs + op.attrs, op.defaults
    count = len(op.inputs)
    natural = [rule is None for rule in op.vjp]

    def call(*args: Any, **kwargs: Any) -> Tensor:
        if kwargs or len(args) != count:
            args = _bind(op, names, (*(_MISSING,) * count, *defaults), args, kwargs)
        arrays, parents = [], []
        for x, as_is in zip(args[:count], natural, strict=True):
            if isinstance(x, Tensor):
                arrays.append(x._data)
                parents.append(None if as_is else x._node)
            else:
                arrays.append(constant(x, as_is))
                parents.append(None)
        attrs = args[count:] or defaults
        return op.record(value(*arrays, *attrs), arrays, tuple(parents), attrs)

    return call


def _variadic(op: Op) -> Callable[..., Tensor]:
    value, defaults = op.value, op.defaults

    def call(*xs: Any, **kwargs: Any) -> Tensor:
        attrs = _bind(op, op.attrs, defaults, (), kwargs) if kwargs else defaults
        arrays = tuple(x._data if isinstance(x, Tensor) else constant(x) for x in xs)
        parents = tuple(x._node if isinstance(x, Tensor) else None for x in xs)
        return op.record(value(*arrays, **dict(zip(op.attrs, attrs, strict=True))), arrays, parents, attrs)

    return call


_MISSING: Any = object()


def _bind(
    op: Op, names: tuple[str, ...], defaults: tuple[Any, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, ...]:
    """Positional and keyword arguments in the order of ``names``."""
    bound = list(defaults)
    bound[: len(args)] = map(_fixed, args)
    for name, given in kwargs.items():
        if name not in names or names.index(name) < len(args):
            raise OptionError(f"{op.name}: got an unexpected argument {name!r}; it takes {', '.join(names)}")
        bound[names.index(name)] = _fixed(given)
    if "out" in names and bound[names.index("out")] is not None:
        raise UnsupportedError(f"{op.name}: got out=; an array cannot hold the history; use the returned Tensor")
    missing = [n for n, b in zip(names, bound, strict=False) if b is _MISSING]
    if missing or len(bound) > len(names):
        raise OptionError(
            f"{op.name}: got {len(args)} arguments; need {', '.join(names)}"
            + (f"; {', '.join(missing)} is missing" if missing else "")
        )
    return tuple(bound)


def _fixed(given: Any) -> Any:
    """An argument that nobody can change any more; arrays among the inputs are copied later."""
    return tuple(map(_fixed, given)) if type(given) is list else given


def elementwise(name: str, value: Callable[..., Any], *vjp: Rule | None) -> Callable[..., Tensor]:
    """Register an operation of one element of each (broadcast) input, and return the function that applies it.

    A ufunc as ``value`` makes NumPy's own function work on Tensors.
    """
    op = Op(name, value, vjp, kind="elementwise", broadcasts=len(vjp) > 1)
    return _publish(_caller(op), op, [value] if isinstance(value, np.ufunc) else [])


def differentiable(
    *vjp: Rule | None,
    variadic: Rule | None = None,
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
        op = Op(value.__name__.lstrip("_"), value, variadic or vjp, joint=joint, kind=kind, broadcasts=broadcasts)
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
        return _unary_with_attrs(op) if op.attrs else _unary(op)
    if op.attrs or None in op.vjp or len(op.inputs) > 3:
        return _general(op)
    return _binary(op) if len(op.inputs) == 2 else _ternary(op)


def _publish(call: Callable[..., Tensor], op: Op, numpy: Sequence[Any]) -> Callable[..., Tensor]:
    call.__name__ = call.__qualname__ = op.name
    call.op = op  # type: ignore[attr-defined]
    op.call = call
    for function in numpy:
        NUMPY[function] = call
    return call
