"""The recorded program as readable lines, and a rule explained: for those who study."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import GraphError
from .derivatives import grad
from .graph import Node, ancestors
from .mode import enable_grad
from .op import REGISTRY, Op
from .tensor import Tensor, as_array, tensor

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
        xs = [x if isinstance(x, Tensor) and x.requires_grad else _variable(x) for x in args]
        with enable_grad():
            y = f(*xs, **kwargs)
        outputs = [t for t in (y if isinstance(y, (tuple, list)) else [y]) if isinstance(t, Tensor) and t.node]
        if not outputs:
            raise GraphError("trace: got a function whose result does not depend on a floating input")
        return Program(ancestors([t.node for t in outputs if t.node]))

    return traced


def _variable(x: Any) -> Any:
    array = as_array(x) if isinstance(x, (np.ndarray, float, int, list, Tensor)) and not isinstance(x, bool) else None
    return x if array is None or array.dtype.kind != "f" else tensor(array, requires_grad=True)


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
        op: an `Op`, its name, or the function that applies it.
        *inputs: arrays at which to check; by default a few numbers between 0.2 and 0.9, or 1 more.
        **attrs: the operation's attributes for the check.

    Raises:
        GraphError: for a name that no operation has.

    >>> import tinygrad_seq as tg
    >>> print(tg.autograd.explain("multiply"))
    multiply(a, b): elementwise, inputs broadcast
      d a = g * b
      d b = g * a
      keeps: a, b
      at a = 0.2, b = 0.9: d a = 0.9 (numeric 0.9), d b = 0.2 (numeric 0.2)
    """
    if isinstance(op, str):
        if op not in REGISTRY:
            raise GraphError(f"explain: got {op!r}; need one of the {len(REGISTRY)} operations, see REGISTRY")
        op = REGISTRY[op]
    found: Op = op if isinstance(op, Op) else op.op  # type: ignore[attr-defined]
    kind = f": {found.kind}" if found.kind else ""
    lines = [f"{found.name}({', '.join(found.inputs + found.attrs)}){kind}{', inputs broadcast' * found.broadcasts}"]
    lines += [f"  d {name} = {formula(found, i)}" for i, name in enumerate(found.inputs)]
    kept = [name for name in (*found.inputs, "y", "xs") if name in found.keeps]
    lines.append(f"  keeps: {', '.join(kept) or 'nothing'}")
    if not inputs and (found.attrs or found.variadic or None in found.vjp):
        return "\n".join(lines)
    arrays = [np.asarray(x, np.float64) for x in inputs] or [np.array(v) for v in (0.2, 0.9, 0.5)[: len(found.inputs)]]
    try:
        with np.errstate(invalid="ignore"):
            if not inputs and not np.isfinite(found.value(*arrays)).all():
                arrays = [a + 1 for a in arrays]  # arccosh begins at 1
        lines.append(f"  at {_checked(found, arrays, attrs)}")
    except (ValueError, TypeError, IndexError):  # a product needs arrays, which the default sample does not have
        if inputs:
            raise
    return "\n".join(lines)


def _checked(op: Op, arrays: list[Any], attrs: dict[str, Any]) -> str:
    xs = [tensor(a, requires_grad=True) for a in arrays]
    with enable_grad():
        y = op.call(*xs, **attrs)
    gradients = grad(y, xs, np.ones(y.shape), allow_unused=True)
    parts = []
    for i, (name, g) in enumerate(zip(op.inputs, gradients, strict=False)):
        step = np.full(arrays[i].shape, 1e-6)
        above, below = (op.call(*arrays[:i], arrays[i] + s, *arrays[i + 1 :], **attrs).numpy() for s in (step, -step))
        analytic = 0.0 if g is None else float(g.numpy().sum())
        parts.append(f"d {name} = {analytic:.6g} (numeric {float(((above - below) / 2e-6).sum()):.6g})")
    values = ", ".join(f"{n} = {_short(a.tolist())}" for n, a in zip(op.inputs, arrays, strict=False))
    return f"{values}: {', '.join(parts)}"
