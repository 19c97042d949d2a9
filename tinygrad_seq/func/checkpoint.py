"""Memory for time: keep only the inputs of a piece of a computation, and run it again when its gradient is due.

(Chen, Xu, Zhang and Guestrin 2016; for recurrent nets, Gruslys et al. 2016.)
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Node, Tensor, time_steps
from ..autograd.graph import INDEX
from ..autograd.mode import MODE, Mode
from ..autograd.sweep import push, sweep
from ..errors import OptionError, ShapeError
from ..ops import concatenate, reshape, stack
from ..random import generator
from .structure import flatten, map_structure

__all__ = ["checkpoint", "scan"]


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """``f``, of whose inside no graph is kept: a backward sweep runs it again. Exact, at every order and in both modes.

    What f draws at random (dropout) is drawn again alike. Tensors that f uses without being given them
    count as its inputs.

    >>> import numpy as np, tinygrad_seq as tg
    >>> x = tg.tensor(0.5, requires_grad=True)
    >>> y = tg.func.checkpoint(lambda x: np.tanh(np.tanh(x)))(x)
    >>> y.backward()
    >>> g = x.grad.item()
    >>> round(g - tg.func.grad(lambda x: np.tanh(np.tanh(x)))(0.5).item(), 6)
    0.0
    """

    @functools.wraps(f)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        if not MODE.get().recording:
            return f(*args, **kwargs)
        # NumPy may write into an array before the second run, which must see what the first one saw.
        own, named = map_structure(_copied, (args, kwargs))
        again = _Again(lambda: f(*own, **named))
        packed, outputs, rebuild, shapes = again.first()
        if packed is None:
            return rebuild(outputs)
        whole = Tensor(packed._data, again.node(packed))
        at = 0
        for k, shape in shapes.items():
            size = math.prod(shape)
            part = reshape(whole[at : at + size], shape)
            outputs[k] = part if part.dtype == outputs[k].dtype else part.astype(outputs[k].dtype)
            at += size
        return rebuild(outputs)

    return checkpointed


def _copied(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x


class _Again:
    """Stands as the operation of a node whose graph was dropped, and finds its derivatives by running it again."""

    name = "checkpoint"
    kind = ""
    broadcasts = False
    variadic = True
    ports: tuple[Any, ...] = ()
    inputs: tuple[str, ...] = ("xs",)
    attrs: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()

    def __init__(self, run: Callable[[], Any]):
        self._run = run
        self._label = MODE.get().label
        self._random = generator().bit_generator.state
        self._since = next(INDEX)

    def _packed(self, since: int) -> tuple[Tensor | None, list[Any], Any, dict[int, tuple[int, ...]]]:
        """Run, and join what is new among the outputs in one vector."""
        outputs, rebuild = flatten(self._run())
        new = {
            k: out
            for k, out in enumerate(outputs)
            if isinstance(out, Tensor) and out.node is not None and out.node.index > since
        }
        packed = concatenate([reshape(out, -1) for out in new.values()]) if new else None
        return packed, outputs, rebuild, {k: out.shape for k, out in new.items()}

    def first(self) -> tuple[Tensor | None, list[Any], Any, dict[int, tuple[int, ...]]]:
        """The results of the first run."""
        return self._packed(self._since)

    def node(self, packed: Tensor) -> Node:
        """One node for all that was recorded; its parents are the older nodes on which that depends."""
        root = packed._node
        assert root is not None  # what is packed is what has a node
        older: dict[Node, None] = {}
        seen, waiting = {root}, [root]
        while waiting:
            for parent in waiting.pop().parents:
                if parent is not None and parent not in seen:
                    seen.add(parent)
                    if parent.index > self._since:
                        waiting.append(parent)
                    else:
                        older[parent] = None
        parents = tuple(sorted(older, key=lambda node: node.index))
        op: Any = self
        return Node(op, parents, None, (), root.shape, root.dtype, self._label, next(INDEX))

    def _graph(self) -> tuple[int, Node]:
        """Run again, as the first time; the root of the graph, and the index after which it is new."""
        state = generator().bit_generator.state
        outer = MODE.set(Mode(self._label, True, MODE.get().watch))
        try:
            generator().bit_generator.state = self._random
            since = next(INDEX)
            packed = self._packed(since)[0]
        finally:
            generator().bit_generator.state = state
            MODE.reset(outer)
        assert packed is not None  # as in the first run
        assert packed._node is not None
        return since, packed._node

    def variadic_ports(self, count: int) -> tuple[_Port, ...]:
        """A port for each parent; the first that is used runs the function again for all of them."""
        cache: dict[Node, Any] = {}
        return tuple([_Port(self, i, cache) for i in range(count)])

    def pulled(self, g: Any, node: Node, record: bool) -> dict[Node, Any]:
        """The cotangents of all parents."""
        since, root = self._graph()
        wanted = {parent for parent in node.parents if parent is not None}
        return sweep([(root, g)], wanted, record=record, since=since)

    def push_all(self, tangents: list[Any], node: Node, record: bool) -> Any:
        """The tangent of the value."""
        since, root = self._graph()
        seeds = {p: t for p, t in zip(node.parents, tangents, strict=True) if p is not None and t is not None}
        return push(seeds, [root], record=record, since=since)[root]


class _Port:
    joint = None

    def __init__(self, again: _Again, i: int, cache: dict[Node, Any]):
        self._again, self._i, self._cache = again, i, cache

    def pull(self, g: Any, node: Node) -> Any:
        return self.apply(g, node, False)

    def apply(self, g: Any, node: Node, record: bool) -> Any:
        if not self._cache:
            self._cache.update(self._again.pulled(g, node, record))
        return self._cache[node.parents[self._i]]  # type: ignore[index]


def scan(
    step: Callable[[Any, Any], tuple[Any, Any]], state: Any, xs: Any, *, checkpoint_every: int | None = None
) -> tuple[Any, Any]:
    """Run a recurrence over time, keeping the graph of about sqrt(T) steps instead of T.

    Args:
        step: the function ``(state, x_t) -> (state, y_t)``; states, inputs and outputs may be structures.
        state: the first state.
        xs: the inputs, arrays whose first axis is time, ``(T, ...)``.
        checkpoint_every: how many steps make a piece that is run again in the backward sweep; by default the
            root of T. With T, nothing is run again.

    Returns:
        (last state, outputs ``(T, ...)``).

    Raises:
        ShapeError: if the inputs have no time axis, or disagree in its length.

    >>> import numpy as np, tinygrad_seq as tg
    >>> x = tg.tensor(np.ones(9), requires_grad=True)
    >>> last, ys = tg.func.scan(lambda s, x: (s * 0.5 + x, s), 0.0, x)
    >>> last.backward()
    >>> x.grad[:3].tolist()
    [0.00390625, 0.0078125, 0.015625]
    """
    lengths = {np.shape(x)[:1] for x in flatten(xs)[0]}
    if len(lengths) != 1 or lengths in ({()}, {(0,)}):
        raise ShapeError(f"scan: got inputs with time axes {sorted(lengths)}; need one length of at least 1 for all")
    ((length,),) = lengths
    every = checkpoint_every or math.isqrt(length - 1) + 1
    if every < 1:
        raise OptionError(f"scan: got checkpoint_every={checkpoint_every}; need at least 1")

    def piece(state: Any, part: Any, start: int) -> tuple[Any, Any]:
        outputs = []
        for t in time_steps(range(start, start + len(flatten(part)[0][0]))):
            state, y = step(state, _at(part, t - start))
            outputs.append(y)
        return state, _stacked(outputs)

    run = piece if every >= length else checkpoint(piece)
    parts = []
    for start in range(0, length, every):
        state, ys = run(state, _at(xs, slice(start, start + every)), start)
        parts.append(ys)
    return state, _joined(parts)


def _at(xs: Any, index: int | slice) -> Any:
    return map_structure(lambda x: x[index], xs)


def _stacked(outputs: list[Any]) -> Any:
    _, rebuild = flatten(outputs[0])
    return rebuild([stack(leaves) for leaves in zip(*[flatten(y)[0] for y in outputs], strict=True)])


def _joined(parts: list[Any]) -> Any:
    _, rebuild = flatten(parts[0])
    return rebuild([concatenate(leaves) for leaves in zip(*[flatten(y)[0] for y in parts], strict=True)])
