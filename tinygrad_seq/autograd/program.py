"""The recorded program as readable lines, and a rule explained: for those who study."""

from __future__ import annotations

import ast
import difflib
import functools
import inspect
import linecache
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import GraphError, UnsupportedError
from .derivatives import grad
from .graph import Node, ancestors
from .mode import enable_grad
from .op import REGISTRY, Op
from .tensor import NUMPY, Tensor, as_array, tensor

__all__ = ["Program", "explain", "formula", "trace"]


class Program:
    """What a function recorded, forward and backward, in single-assignment form.

    Attributes:
        forward: a line for each node, in creation order.
        backward: a line for each step of the sweep, from the newest node to the oldest.
        nodes: the nodes of the forward lines.
    """

    def __init__(self, nodes: list[Node]):
        self.nodes = nodes
        number = {node: k for k, node in enumerate(nodes)}
        self.forward = [_forward_line(node, number) for node in nodes]
        self.backward = [line for node in reversed(nodes) if node.parents for line in _backward_lines(node, number)]

    def __str__(self) -> str:
        return "\n".join([*self.forward, "", *self.backward])

    __repr__ = __str__


def trace(f: Callable[..., Any]) -> Callable[..., Program]:
    """The function that runs ``f`` and returns the program that it recorded, with the backward program beside it.

    >>> import numpy as np, tinygrad_seq as tg
    >>> print(tg.autograd.trace(lambda x: np.sum(np.tanh(x)))(np.ones(3)))
    %0 = variable  (3,) float64
    %1 = tanh %0  (3,) float64
    %2 = sum %1  () float64
    <BLANKLINE>
    d%1 += expand(d%2, x_shape, axis, keepdims)
    d%0 += d%1 - d%1 * (y * y)
    """

    def traced(*args: Any, **kwargs: Any) -> Program:
        with enable_grad():
            y = f(*_variables(args), **_variables(kwargs))
        nodes = _nodes(y)
        if not nodes:
            raise GraphError("trace: got a function whose result does not depend on a floating input")
        return Program(ancestors(nodes))

    return traced


def _variables(x: Any) -> Any:
    """The same structure with variables in place of the floating arrays and numbers."""
    if isinstance(x, dict):
        return {key: _variables(part) for key, part in x.items()}
    if type(x) is tuple or (type(x) is list and any(isinstance(part, (dict, tuple, list, np.ndarray)) for part in x)):
        return type(x)(map(_variables, x))
    known = isinstance(x, (np.ndarray, np.generic, float, list)) or (isinstance(x, Tensor) and not x.requires_grad)
    array = as_array(x) if known else None
    return x if array is None or array.dtype.kind != "f" else tensor(array, requires_grad=True)


def _nodes(y: Any) -> list[Node]:
    """The nodes of the Tensors in a structure."""
    if isinstance(y, Tensor):
        return [y.node] if y.node else []
    parts = y.values() if isinstance(y, dict) else y if isinstance(y, (tuple, list)) else ()
    return [node for part in parts for node in _nodes(part)]


def _forward_line(node: Node, number: dict[Node, int]) -> str:
    inputs = " ".join("const" if p is None else f"%{number[p]}" for p in node.parents)
    attrs = ", ".join(
        f"{name}={_short(value)}"
        for name, value, default in zip(node.op.attrs, node.attrs, getattr(node.op, "defaults", ()), strict=False)
        if value is not default
    )
    label = f"  {node.label.path}" if node.label.path else ""
    step = "" if node.label.t is None else f" t={node.label.t}"
    role = f" {'gate' if node.name in _GATES else 'name'}={node.name}" if node.name else ""
    call = " ".join(part for part in (node.op.name, inputs, f"[{attrs}]" if attrs else "") if part)
    return f"%{number[node]} = {call}  {node.shape} {node.dtype}{label}{step}{role}".rstrip()


_GATES = frozenset("ifgorzn")


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else f"{text[:37]}..."


def _backward_lines(node: Node, number: dict[Node, int]) -> list[str]:
    def text(i: int) -> str:
        return _COTANGENT.sub(f"d%{number[node]}", formula(node.op, i))

    return [f"d%{number[p]} += {text(i)}" for i, p in enumerate(node.parents) if p is not None]


_COTANGENT = re.compile(r"\bg\b")


def formula(op: Op, i: int = 0) -> str:
    """The text of the vjp rule for input ``i``, as it stands in the source.

    >>> import tinygrad_seq as tg
    >>> tg.autograd.formula(tg.autograd.REGISTRY["multiply"], 0)
    'g * b'
    """
    rules = getattr(op, "vjp", ())
    rule = rules[0] if getattr(op, "variadic", False) and rules else rules[i] if i < len(rules) else None
    if rule is None:
        return f"run {op.name} again and sweep" if not rules else "0"
    if rule.__name__ != "<lambda>":
        return f"{rule.__name__.lstrip('_')}({', '.join(inspect.signature(rule).parameters)})"
    return _lambda_text(rule)


def _lambda_text(rule: Callable[..., Any]) -> str:
    """The body of a lambda: of those in its file, the one that begins where the code does."""
    start = min((line, column) for line, _, column, _ in rule.__code__.co_positions() if line and column)
    for found in _lambdas(rule.__code__.co_filename):
        if (found.body.lineno, found.body.col_offset) == start:
            return ast.unparse(found.body)
    return f"({', '.join(inspect.signature(rule).parameters)})"


@functools.cache
def _lambdas(path: str) -> list[ast.Lambda]:
    source = "".join(linecache.getlines(path))
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Lambda)] if source else []


def explain(op: str | Op | Callable[..., Any], *inputs: Any, **attrs: Any) -> str:
    """An operation's rule in words: its formula, what a node keeps, and a numeric check at a sample.

    Args:
        op: an `Op`, its name, or the function that applies it, ours or NumPy's.
        *inputs: arrays at which to check; by default numbers between 0.2 and 0.9, or 1 more, for what is elementwise,
            and small matrices for others.
        **attrs: the operation's attributes for the check.

    Raises:
        GraphError: for a name that no operation has, and for a function that is made of several.

    >>> import tinygrad_seq as tg
    >>> print(tg.autograd.explain("multiply"))
    multiply(a, b): elementwise, inputs broadcast
      d a = g * b
      d b = g * a
      keeps: a, b
      at a = 0.2, b = 0.9: d a = 0.9 (numeric 0.9), d b = 0.2 (numeric 0.2)
    """
    found = _operation(op)
    kind = f": {found.kind}" if found.kind else ""
    lines = [f"{found.name}({', '.join(found.inputs + found.attrs)}){kind}{', inputs broadcast' * found.broadcasts}"]
    lines += [f"  d {name} = {formula(found, i)}" for i, name in enumerate(found.inputs)]
    kept = [name for name in dict.fromkeys((*found.inputs, "y")) if name in found.keeps]
    lines.append(f"  keeps: {', '.join(kept) or 'nothing'}")
    if not inputs and None in found.vjp:  # nobody knows which indices or masks
        return "\n".join(lines)
    arrays = [np.asarray(x, np.float64) for x in inputs] or _sample(found)
    try:
        with np.errstate(invalid="ignore"):
            if not inputs and not np.isfinite(found.value(*arrays)).all():
                arrays = [a + 1 for a in arrays]  # arccosh begins at 1
        lines.append(f"  at {_checked(found, arrays, attrs)}")
    except (ValueError, TypeError, IndexError, AttributeError, UnsupportedError):  # which needs other arrays
        if inputs:
            raise
    return "\n".join(lines)


def _operation(op: str | Op | Callable[..., Any]) -> Op:
    if isinstance(op, str):
        if op not in REGISTRY:
            near = difflib.get_close_matches(op, REGISTRY, n=1, cutoff=0)[0]
            raise GraphError(f"explain: got {op!r}; need one of the {len(REGISTRY)} in REGISTRY, such as {near!r}")
        return REGISTRY[op]
    if isinstance(op, Op):
        return op
    found = getattr(NUMPY.get(op, op), "op", None)
    if not isinstance(found, Op):
        name = getattr(op, "__name__", repr(op))
        raise GraphError(
            f"explain: got {name}, which is no operation; if it is made of several, use tg.autograd.trace({name})(x)"
        )
    return found


def _sample(op: Op) -> list[Any]:
    """Numbers for what is elementwise, otherwise a matrix that is symmetric and positive for each input."""
    if op.kind == "elementwise" and not op.attrs:
        return [np.array(v) for v in (0.2, 0.9, 0.5)[: len(op.inputs)]]
    count = 2 if op.variadic else len(op.inputs)
    return [np.array([[0.9, 0.2], [0.2, 0.6]]) + 0.1 * k * np.eye(2) for k in range(count)]


def _checked(op: Op, arrays: list[Any], attrs: dict[str, Any]) -> str:
    xs = [tensor(a, requires_grad=True) for a in arrays]
    with enable_grad():
        y = op.call(*xs, **attrs)
    gradients = grad(y, xs, np.ones(y.shape), allow_unused=True)
    parts = []
    names = [f"x{i}" for i in range(len(arrays))] if op.variadic else op.inputs
    for i, (name, g) in enumerate(zip(names, gradients, strict=False)):
        step = np.full(arrays[i].shape, 1e-6)
        above, below = (op.call(*arrays[:i], arrays[i] + s, *arrays[i + 1 :], **attrs).numpy() for s in (step, -step))
        analytic = 0.0 if g is None else float(g.numpy().sum())
        parts.append(f"d {name} = {analytic:.6g} (numeric {float(((above - below) / 2e-6).sum()):.6g})")
    values = ", ".join(f"{n} = {_short(a.tolist())}" for n, a in zip(names, arrays, strict=False))
    return f"{values}: {', '.join(parts)}"
