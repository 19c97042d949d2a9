"""Nodes by what they are called: role, time step and module path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..autograd import Node, Tensor, ancestors
from ..errors import GraphError, OptionError

__all__ = ["find", "find_among", "roots"]

Place = Tensor | Node | str


def find(output: Tensor | Sequence[Tensor] | Node, place: Place | Iterable[Place]) -> list[Node]:
    """The nodes that a place means, in the order of their creation.

    Args:
        output: what the nodes are looked for below.
        place: a Tensor or a Node that the output depends on; or a text ``NAME`` or ``NAME@STEP``, where NAME is a role
            that `tinygrad_seq.name` gave ("h", "c", "f"), or a parameter; STEP is a time step, -1 the last. A module
            path, or its end, may stand before: "l0/h@3", "encoder/lstm/l1/c", "encoder/lstm/weight_hh_l1". Several
            places give the nodes of all.

    Raises:
        GraphError: if the output does not depend on it, or on nothing of that name.
        OptionError: for a text that is no place, or a step that is none.

    >>> import numpy as np, tinygrad_seq as tg
    >>> _, h = tg.nn.GRU(2, 3)(np.ones((4, 1, 2), "float32"))
    >>> [node.label.t for node in tg.flow.find(h, "h")]
    [0, 1, 2, 3]
    >>> tg.flow.find(h, "l0/z@-1")[0].label
    <GRU/l0 t=3>
    """
    return find_among(ancestors([output] if isinstance(output, Node) else roots(output)), place)


def find_among(below: list[Node], place: Place | Iterable[Place]) -> list[Node]:
    """`find` in the graph below an output, if that is at hand."""
    places: list[Any] = [place] if isinstance(place, (Tensor, Node, str)) else list(place)
    known = set(below)
    found: dict[Node, None] = {}
    for one in places:
        found.update(dict.fromkeys(_named(below, one) if isinstance(one, str) else [_given(known, one)]))
    return sorted(found, key=lambda node: node.index)


def roots(output: Tensor | Sequence[Tensor]) -> list[Node]:
    """The nodes of one output, or several."""
    outputs = list(output) if isinstance(output, (list, tuple)) else [output]
    nodes = [tensor.node for tensor in outputs if isinstance(tensor, Tensor) and tensor.node is not None]
    if len(nodes) != len(outputs) or not nodes:
        raise GraphError("flow: got an output without history; need Tensors that depend on one with requires_grad=True")
    return nodes


def _given(known: set[Node], place: Any) -> Node:
    node = place.node if isinstance(place, Tensor) else place
    if not isinstance(node, Node) or node not in known:
        what = f"a Tensor of shape {place.shape}" if isinstance(place, Tensor) else repr(place)
        raise GraphError(f"flow: got {what}, on which the output does not depend; need a part of its graph")
    return node


def _path(node: Node) -> str:
    """The path of a node's module, which for a parameter is a part of its name."""
    return node.label.path or (node.name or "").rpartition(".")[0].replace(".", "/")


def _named(below: list[Node], text: str) -> list[Node]:
    name, at, step_text = text.partition("@")
    path, _, role = name.rpartition("/")
    named = [node for node in below if node.name and role in (node.name, node.name.rpartition(".")[2])]
    pool = [node for node in named if not path or f"/{_path(node)}".endswith(f"/{path}")]
    if not pool:
        # Gates and states before parameters, which are the variables of the graph.
        roles = list(dict.fromkeys(node.name for node in sorted(below, key=lambda n: not n.parents) if node.name))
        raise GraphError(f"flow: nothing is called {name!r}; there are {', '.join(roles[:12]) or 'no names'}")
    if not at:
        return pool
    steps = sorted({node.label.t for node in pool if node.label.t is not None})
    try:
        step = int(step_text)
    except ValueError:
        raise OptionError(f"flow: got {text!r}; need NAME@STEP with an integer, such as 'h@3'") from None
    if step < 0 and step not in steps and -step <= len(steps):
        step = steps[step]
    found = [node for node in pool if node.label.t == step]
    if not found:
        known = f"the steps of {name!r} are {steps[0]} to {steps[-1]}" if steps else f"{name!r} has no time step"
        raise OptionError(f"flow: got {text!r}; {known}")
    return found
