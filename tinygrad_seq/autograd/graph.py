"""The recorded graph: a `Node` for each operation, a `Leaf` for each variable.

A node knows how its value came about, and holds only the arrays that its derivative rules name. It
never holds the Tensor that it belongs to, so graphs have no reference cycles and are freed the moment
that the last Tensor above them is.
"""

from __future__ import annotations

import itertools
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from .mode import Label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np

    from .op import Op
    from .tensor import Tensor

__all__ = ["Leaf", "Node", "ancestors"]

INDEX = itertools.count()

RETAIN = -1
"""The key of the hook that keeps a result's gradient."""


class Node:
    """One recorded operation.

    Attributes:
        op: the `Op` that was applied.
        parents: the node of each input; None where an input is a constant.
        kept: what the rules named: nothing, one array, or a tuple of arrays (None for each that no
            differentiable input needs).
        attrs: the operation's attributes, in the order of ``op.attrs``.
        shape, dtype: of the value.
        label: module path, time step and direction.
        index: the creation index; every parent's is smaller, so creation order is a topological order.
        name: the role that `tg.name` gave to the value ("i", "c", "h"), or None.
        hooks: functions that a sweep calls with the node's cotangent, or None; see `Tensor.register_hook`.
    """

    __slots__ = ("attrs", "dtype", "hooks", "index", "kept", "label", "name", "op", "parents", "shape")

    def __init__(
        self,
        op: Op,
        parents: tuple[Node | None, ...],
        kept: Any,
        attrs: tuple[Any, ...],
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        label: Label,
        index: int,
    ):
        self.op = op
        self.parents = parents
        self.kept = kept
        self.attrs = attrs
        self.shape = shape
        self.dtype = dtype
        self.label = label
        self.index = index
        self.name: str | None = None
        self.hooks: dict[int, Callable[[Any], Any]] | None = None

    @property
    def vjp(self) -> tuple[str, ...]:
        """For each input the text of the rule that takes the node's cotangent to the input's.

        >>> import tinygrad_seq as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).node.vjp
        ('g * b', 'g * a')
        """
        from .program import formula  # noqa: PLC0415 - only for who reads it, and it knows this module

        return tuple([formula(self.op, i) for i in range(len(self.parents))])

    def __repr__(self) -> str:
        name = f" {self.name}" if self.name else ""
        return f"<%{self.index} {self.op.name}{name} {self.shape} {self.dtype} {self.label}>"


class Leaf(Node):
    """A variable: where gradients are collected.

    ``superseded`` is set once the Tensor got a new array; a graph that was recorded before then refuses
    to go backward.
    """

    __slots__ = ("grad", "superseded")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any], label: Label):
        super().__init__(VARIABLE, (), None, (), shape, dtype, label, next(INDEX))
        self.grad: Tensor | None = None
        self.superseded = False


class _Variable:
    """Stands where other nodes have their `Op`, so that every node has a name and no rules."""

    name = "variable"
    attrs: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "<op variable>"


VARIABLE: Any = _Variable()


def ancestors(roots: Iterable[Node], since: int = -1) -> list[Node]:
    """Every node that the roots depend on, and the roots, in creation order.

    The walk does not go below nodes that are older than the index ``since``.

    >>> import tinygrad_seq as tg
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> [node.op.name for node in tg.autograd.ancestors([(x * x + x).node])]
    ['variable', 'multiply', 'add']
    """
    seen = set(roots)
    waiting = list(seen)
    see, wait, take = seen.add, waiting.append, waiting.pop
    while waiting:
        for parent in take().parents:
            if parent is not None and parent not in seen:
                see(parent)
                if parent.index > since:
                    wait(parent)
    return sorted(seen, key=attrgetter("index"))
