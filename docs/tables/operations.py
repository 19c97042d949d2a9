"""The page of all operations, made of their records, and of the functions that are made of them."""

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinygrad_seq import ops
from tinygrad_seq.autograd import REGISTRY, Op, formula
from tinygrad_seq.ops.facts import FACTS, POSITIONS

from .markdown import code, prose, table

INTRODUCTION = """\
# Operations

This page is made of the code: the {count} records in `tinygrad_seq.autograd.REGISTRY`, by the file of
`tinygrad_seq/ops/` that defines them, and the functions that are made of them. In the column of gradients, `g` is the
cotangent of the value `y`, and a name after an input is the input; a rule that is a function in the file stands there
with its parameters. What broadcasting enlarged is summed afterwards, by the engine. A function that has the name of
an operation checks and orders its arguments and applies it.

- **Orders: all, of every operation.** A rule is written in operations, so that a recorded sweep can differentiate it
  again. The tests check the second order of each against finite differences.
- **Forward**: whether forward mode has a rule of its own, or one that is *derived*: for an elementwise operation the
  same rule as backward, for one that is linear in each input the value, applied to the tangent.
- **Kept** is what a node holds until its graph goes; of these, only what the inputs that require a gradient need.

`tinygrad_seq.autograd.explain("tanh")` shows the same with a numeric check. Where a derivative is not determined,
ties are shared evenly, kinks such as those of `abs`, `relu` and `norm` at 0 have the derivative 0, and so has what
[a mask did not take](../decisions/strong-zeros.md).
"""


def page() -> str:
    """The whole page."""
    from samples import CONSTANT  # of the tests, which see that it is so

    parts = [INTRODUCTION.format(count=len(REGISTRY))]
    for module in _modules():
        own = [op for op in REGISTRY.values() if op.call.__module__ == module.__name__]
        composed, constants = [], []
        for name, function in _functions(module):
            (constants if name in CONSTANT else composed).append((name, function))
        if not own + composed + constants:
            continue
        parts.append(f"\n## {module.__name__.rpartition('.')[2]}\n\n{_first_paragraph(module)}\n")
        if own:
            parts.append(
                table(
                    ["Operation", "Value, and conventions", "Gradient of each input", "Kept", "Forward", "Orders"],
                    [_row(op) for op in own],
                )
            )
        if composed:
            parts.append("\nMade of operations, with all orders and both modes:\n")
            parts.append(
                table(["Function", "What it is, and conventions"], [(code(n), prose(_summary(f))) for n, f in composed])
            )
        if constants:
            parts.append(f"\nConstants, without a derivative: {', '.join(code(name) for name, _ in constants)}.\n")
    parts.append(
        "\n## NumPy's functions about a Tensor\n\nThese tell of shape, dtype or positions, and have no derivative: "
        + ", ".join(code(name) for name in sorted({*FACTS, *POSITIONS}))
        + ".\n"
    )
    return "".join(parts)


def _modules() -> Iterator[Any]:
    for found in pkgutil.iter_modules(ops.__path__, f"{ops.__name__}."):
        yield importlib.import_module(found.name)


def _functions(module: Any) -> list[tuple[str, Callable[..., Any]]]:
    """Public functions that are no operations themselves; under another name, an operation is not shown again."""
    found = [(name, getattr(module, name)) for name in sorted(getattr(module, "__all__", ()))]
    return [(name, f) for name, f in found if inspect.isfunction(f) and not isinstance(getattr(f, "op", None), Op)]


def _row(op: Op) -> tuple[str, ...]:
    aliases = [n for n in dir(ops) if getattr(getattr(ops, n), "op", None) is op and n != op.name]
    gradients = "<br>".join(f"{prose(name)}: {code(text)}" for name, text in gradients_of(op).items())
    kept = [name for name in (*op.inputs, "y", "xs", "shapes") if name in dict.fromkeys(op.keeps)]
    value, _, notes = _summary(op.call).partition(". ")
    value, _, convention = value.partition("; ")
    notes = ". ".join(part for part in (convention, notes) if part)
    also = f"<br>also {', '.join(map(code, aliases))}" if aliases else ""
    return (
        code(f"{op.name}({', '.join(('*' + n if op.variadic else n) for n in op.inputs)}{_attributes(op)})") + also,
        "<br>".join(filter(None, [_value(op) or prose(value.rstrip(".")), prose(notes)])),
        gradients,
        ", ".join(map(code, dict.fromkeys(kept))) or "nothing",
        forward(op),
        "all",
    )


def gradients_of(op: Op) -> dict[str, str]:
    """The text of the rule of each input that has a derivative."""
    names = [f"{op.inputs[0]}[i]"] if op.variadic else op.inputs
    return {name: formula(op, i) for i, name in enumerate(names) if op.vjp[i] is not None}


def forward(op: Op) -> str:
    """Where the forward rules come from."""
    if any(rule is not None for rule in op.jvp):
        return "own"
    rules = [push for (push, _), rule in zip(op.pushes, op.vjp, strict=True) if rule is not None]
    return "none" if None in rules else "derived"


def _attributes(op: Op) -> str:
    return "".join(f", {name}" for name in op.attrs)


def _value(op: Op) -> str:
    """The value as NumPy's function, or as an expression if that is all its code."""
    if isinstance(op.value, np.ufunc):
        return code(f"np.{op.value.__name__}")
    if op.value.__name__ == "<lambda>":
        return ""
    body = ast.parse(textwrap.dedent(inspect.getsource(op.value))).body[0].body  # type: ignore[attr-defined]
    if isinstance(body[0], ast.Expr):
        body = body[1:]
    return code(ast.unparse(body[0].value)) if len(body) == 1 and isinstance(body[0], ast.Return) else ""


def _summary(thing: Any) -> str:
    """A docstring without its sections and examples."""
    text = inspect.getdoc(thing) or ""
    return " ".join(re.split(r"\n\s*(?:Args|Returns|Raises|Attributes):|\n\s*>>>", text)[0].split())


def _first_paragraph(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").partition("\n\n")[0]
