"""`Op`: one operation, as data. Its value, its derivative rules and what it keeps stand in one record.

    tanh = elementwise("tanh", np.tanh, lambda g, y: g - g * (y * y))
    multiply = elementwise("multiply", np.multiply, lambda g, b: g * b, lambda g, a: g * a)

What a rule *names* is what a node *keeps*. The parameters of a rule after the cotangent ``g`` are found by name:

    an input's name     that input's array
    y                   the value
    an attribute's name the attribute
    <input>_shape       the shape of the rule's own input; nothing is kept

An operation of any number of inputs (``def concatenate(*xs, axis)``) has one rule for all of them, whose
second parameter is ``i``, the input's position; it may also name ``xs``, all inputs.

Forward rules take the tangent ``t`` of an input where these take ``g``; most are derived (see `Op.jvp`).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from operator import attrgetter, itemgetter
from typing import Any, Literal

import numpy as np

from ..errors import RuleError, UnsupportedError
from .graph import INDEX, Node
from .mode import MODE
from .tensor import Tensor

__all__ = ["REGISTRY", "Op", "Port"]

REGISTRY: dict[str, Op] = {}
"""Every operation by name."""

REQUIRED: Any = object()
"""Stands where an argument has no default."""

Rule = Callable[..., Any]
Kind = Literal["elementwise", "linear", ""]
ndarray = np.ndarray


class Port:
    """One input of an operation: its rules, and where their arguments are found on a node.

    Attributes:
        rule: from the cotangent of the value, and the arguments it names, to the cotangent of this input.
        joint: optionally, the rule for several uses of one array at once: it takes a list of each argument of
            ``rule`` and returns the sum of what ``rule`` returns for each use.
        pull: ``rule`` as a function of cotangent and node, on plain arrays.
        push: the forward rule as a function of tangent and node, on plain arrays.
        push_recorded: the same in a recorded sweep.
    """

    __slots__ = ("_plain", "_pull_recorded", "_recorded", "joint", "pull", "push", "push_recorded", "rule")

    def __init__(self, rule: Rule, joint: Rule | None, sources: list[Source], push_rule: Rule, forward: list[Source]):
        self.rule = rule
        self.joint = joint
        self.pull = _of_node(rule, sources)
        self._pull_recorded = _of_node(rule, [source.with_history() for source in sources])
        same = push_rule is rule
        self.push = self.pull if same else _of_node(push_rule, forward)
        self.push_recorded = (
            self._pull_recorded if same else _of_node(push_rule, [source.with_history() for source in forward])
        )
        self._plain = [source.plain for source in sources]
        self._recorded = [source.recorded for source in sources]

    def apply(self, g: Any, node: Node, record: bool) -> Any:
        """The cotangent of this input, given that of the node's value; in a recorded sweep, with its history."""
        return self._pull_recorded(g, node) if record else self.pull(g, node)

    def join(self, gs: list[Any], nodes: list[Node], record: bool) -> Any:
        """The sum of `apply` over nodes that have this input in common, each with its cotangent."""
        if self.joint is None or len(nodes) == 1:
            return self.apply(gs[0], nodes[0], record)
        sources = self._recorded if record else self._plain
        return self.joint(gs, *[list(map(source, nodes)) for source in sources])


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

    def with_history(self) -> Source:
        """The source of a recorded sweep."""
        return Source(self.recorded)


def _of_node(rule: Rule, sources: list[Source]) -> Rule:
    """The rule as a function of cotangent and node; the forms that run at every node have no detour."""
    if not sources:
        return lambda g, node: rule(g)
    if len(sources) == 2:
        first, second = sources[0].plain, sources[1].plain
        return lambda g, node: rule(g, first(node), second(node))
    if len(sources) > 2:
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
        jvp: for each input the rule from its tangent to that of the value, None where it is derived: for an
            elementwise operation it is the vjp rule, for one that is linear in each input the value itself. A
            variadic operation has one, which takes the list of all tangents, None for those that are zero.
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
        jvp: Sequence[Rule | None] | Rule = (),
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
        self.jvp = (jvp,) if callable(jvp) else tuple(jvp) or (None,) * len(self.vjp)
        first = 2 if self.variadic else 1
        self.wants = [() if r is None else _names(r)[first:] for r in self.vjp]
        self.pushes = [self._push_rule(i) for i in range(len(self.vjp))]
        self.keeps = self._resolve()
        self._plans: dict[tuple[bool, ...], Callable[[Any], Any] | None] = {}
        self._variadic_ports: dict[int, tuple[Port, ...]] = {}
        joint = tuple(joint) or (None,) * len(self.vjp)
        self.ports = (
            () if self.variadic else tuple([self._port(i, self.vjp[i], joint[i]) for i in range(len(self.vjp))])
        )
        REGISTRY[name] = self

    def __repr__(self) -> str:
        return f"<op {self.name}({', '.join(self.inputs + self.attrs)})>"

    def variadic_ports(self, count: int) -> tuple[Port, ...]:
        """The ports of a variadic operation that was applied to ``count`` inputs."""
        if count not in self._variadic_ports:
            rule: Any = self.vjp[0]
            self._variadic_ports[count] = tuple(
                [self._port(0, functools.partial(_at, rule, i), None) for i in range(count)]  # type: ignore[misc]
            )
        return self._variadic_ports[count]

    def push_all(self, tangents: list[Any], node: Node, record: bool) -> Any:
        """The tangent of a variadic operation's value, given those of its inputs, None for zero."""
        rule, wants = self.pushes[0]
        if rule is None:
            return self._no_forward_rule(tangents)
        sources = [self._source(0, want) for want in wants]
        return rule(tangents, *[s.recorded(node) if record else s.plain(node) for s in sources])

    def _push_rule(self, i: int) -> tuple[Rule | None, tuple[str, ...]]:
        """The forward rule of input ``i``, given or derived, and the names of its arguments after the tangent."""
        given, rule = self.jvp[i], self.vjp[i]
        if given is not None:
            return given, _names(given)[1:]
        if rule is None or self.variadic or not self.kind:
            return None, ()
        if self.kind == "elementwise":
            return rule, self.wants[i]
        value, others = self.value, self.inputs[:i] + self.inputs[i + 1 :]
        return lambda t, *rest: value(*rest[:i], t, *rest[i:]), others + self.attrs

    def _port(self, i: int, rule: Rule | None, joint: Rule | None) -> Port | None:
        if rule is None:
            return None
        push_rule, wants = self.pushes[i]
        sources = [self._source(i, want) for want in self.wants[i]]
        return Port(rule, joint, sources, push_rule or self._no_forward_rule, [self._source(i, want) for want in wants])

    def _no_forward_rule(self, t: Any) -> Any:
        raise UnsupportedError(f"{self.name}: has no forward rule; add jvp= to its record, or use reverse mode")

    def _resolve(self) -> tuple[str, ...]:
        """What a node keeps: the arrays that the rules name. Unknown names are an error of the record."""
        keeps: list[str] = []
        arrays = ("y", "xs") if self.variadic else ("y", *self.inputs)
        for i, wants in enumerate(self.wants):
            for want in wants + self.pushes[i][1]:
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
        of = self.inputs.index(want)
        return Source(kept, lambda node: _with_history(kept(node), node.parents[of]), place)

    def kept(self, arrays: Sequence[Any], y: Any, parents: tuple[Node | None, ...]) -> Any:
        """What the node of this application keeps: of ``keeps``, what differentiable inputs need."""
        if not self.keeps:
            return None
        if self.variadic:
            found = {"y": y, "xs": arrays}
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
        needed = {want for i, u in enumerate(used) if u for want in self.wants[i] + self.pushes[i][1]}
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
        label = mode.label if mode.watch is None else mode.watch.forward(self, y, arrays, mode.label)
        if not mode.recording or parents.count(None) == len(parents):
            return Tensor(y)
        kept = self.kept(arrays, y, parents)
        return Tensor(y, Node(self, parents, kept, attrs, y.shape, y.dtype, label, next(INDEX)))


def _names(rule: Rule) -> tuple[str, ...]:
    """The names of a rule's parameters; by `inspect.signature` it would be a tenth of the time of the import."""
    code = inspect.unwrap(rule).__code__
    names: tuple[str, ...] = code.co_varnames[: code.co_argcount]
    return names


def _parameters(value: Callable[..., Any]) -> tuple[list[str], list[Any]]:
    if isinstance(value, np.ufunc):
        return (["x"], [None]) if value.nin == 1 else (["a", "b"], [None, None])
    found = inspect.signature(value).parameters.values()
    return [p.name for p in found], [REQUIRED if p.default is p.empty else p.default for p in found]


def _at(rule: Rule, i: int, g: Any, *args: Any) -> Any:
    return rule(g, i, *args)


def _with_history(array: Any, parent: Node | None) -> Any:
    return array if parent is None else Tensor(array, parent)
