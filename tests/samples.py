"""Sample calls of every operation: one line each, and every derivative test follows.

`each(domain, ...)` is for an elementwise operation: a domain for each input, and all broadcasting forms come by
themselves. `call(domain(*shape), ..., attribute=...)` is one call; a plain number or array stands for itself.
An operation whose value NumPy does not compute under the same name needs a line in `REFERENCES` too.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from tinygrad_seq import ops
from tinygrad_seq.autograd import REGISTRY, Op

Draw = Callable[[np.random.Generator], Any]


@dataclass(frozen=True)
class Sample:
    """One call of an operation, or of a function that is made of operations (``op`` is None)."""

    name: str
    op: Op | None
    function: Callable[..., Any]
    reference: Callable[..., Any]
    inputs: tuple[Any, ...]
    attrs: dict[str, Any]

    def __str__(self) -> str:
        inputs = [str(x.shape).replace(" ", "") if isinstance(x, np.ndarray) else repr(x) for x in self.inputs]
        return f"{self.name}[{','.join(inputs + [f'{k}={v}' for k, v in self.attrs.items()])}]".replace("\n", "")

    def __call__(self, *inputs: Any) -> Any:
        """Apply the operation to these inputs."""
        return self.function(*inputs, **self.attrs)


# Domains keep more than ten steps of a finite difference away from every kink and every pole.


def real(*shape: int) -> Draw:
    return lambda rng: rng.uniform(-2, 2, shape)


def positive(*shape: int) -> Draw:
    return lambda rng: rng.uniform(0.5, 2.5, shape)


def nonzero(*shape: int) -> Draw:
    return lambda rng: rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 2, shape)


def even(*shape: int) -> Draw:
    """Even tenths, and so never near to what `odd` draws."""
    return lambda rng: rng.integers(-8, 9, shape) * 0.2


def odd(*shape: int) -> Draw:
    return lambda rng: rng.integers(-8, 8, shape) * 0.2 + 0.1


def low(*shape: int) -> Draw:
    return lambda rng: -0.1 - 0.2 * rng.integers(1, 4, shape)


def high(*shape: int) -> Draw:
    return lambda rng: 0.1 + 0.2 * rng.integers(1, 4, shape)


def distinct(*shape: int) -> Draw:
    """No two elements near to one another."""
    return lambda rng: (rng.permutation(int(np.prod(shape))).reshape(shape) - np.prod(shape) / 2) * 0.2 + 0.07


def truth(*shape: int) -> Draw:
    """Booleans, of both kinds where there is room."""
    return lambda rng: rng.permutation(np.arange(int(np.prod(shape))) % 2 == 0).reshape(shape)


FORMS: dict[int, list[tuple[tuple[int, ...], ...]]] = {
    1: [((3, 4),), ((),), ((1,),), ((0, 3),), ((2, 1, 3),)],
    2: [
        ((3, 4), (3, 4)),
        ((3, 4), (4,)),
        ((4,), (3, 4)),
        ((3, 1), (1, 4)),
        ((2, 1, 3), (2, 1)),
        ((3, 4), ()),
        ((), (3, 4)),
        ((), ()),
        ((0, 4), (4,)),
        ((1,), (0,)),
    ],
    3: [
        ((3, 4), (3, 4), (3, 4)),
        ((3, 4), (4,), ()),
        ((4,), (3, 1), (3, 4)),
        ((), (3, 4), (4,)),
        ((), (), ()),
        ((3, 1), (1, 4), (2, 1, 1)),
        ((0, 3), (3,), (1,)),
    ],
}


@dataclass(frozen=True)
class each:  # noqa: N801 - reads as a word of the table
    """All broadcasting forms of an elementwise operation, from a domain for each input."""

    domains: tuple[Callable[..., Draw], ...]

    def __init__(self, *domains: Callable[..., Draw]):
        object.__setattr__(self, "domains", domains)

    def calls(self) -> Iterator[call]:
        for shapes in FORMS[len(self.domains)]:
            yield call(*[domain(*shape) for domain, shape in zip(self.domains, shapes, strict=True)])


class call:  # noqa: N801 - reads as a word of the table
    """One call."""

    def __init__(self, *inputs: Any, **attrs: Any):
        self.inputs = inputs
        self.attrs = attrs

    def calls(self) -> Iterator[call]:
        yield self


I = np.array
MASK = np.array([[True, False, True, False], [False, False, True, True], [True, True, False, False]])

SAMPLES: dict[str, list[each | call]] = {
    # arithmetic
    "negative": [each(real)],
    "positive": [each(real)],
    "add": [each(real, real), call(real(3), 2.0), call(2, real(3))],
    "subtract": [each(real, real), call(real(3), 2.0), call(2, real(3))],
    "multiply": [each(real, real), call(real(3), 2.0), call(2, real(3)), call(real(3), I([1, 2, 3]))],
    "divide": [each(real, nonzero), call(real(3), 2), call(2, nonzero(3)), call(real(3), I([1, 2, 3]))],
    "strong": [each(real, real)],
    # powers, exponentials, activations
    "power": [
        each(positive, real),
        *[call(nonzero(3, 2), exponent) for exponent in (0, 1, 2, 3, 1.0, 2.0, -1, -2, np.float64(2), I([2, 3]))],
        *[call(positive(3), exponent) for exponent in (0.5, 1.5, -0.5, np.float64(2.5))],
        call(2, real(3)),
        call(0.5, real(2, 2)),
    ],
    "square": [each(real)],
    "sqrt": [each(positive)],
    "exp": [each(real)],
    "log": [each(positive)],
    "absolute": [each(nonzero)],
    "tanh": [each(real)],
    "sigmoid": [each(real)],
    "relu": [each(nonzero)],
    # choices
    "maximum": [each(even, odd), call(odd(3, 4), 0.0)],
    "minimum": [each(even, odd), call(0, odd(3, 4))],
    "where": [each(truth, real, real), call(MASK, real(3, 4), 0.0), call(True, real(3), real(3))],
    "clip": [
        each(even, low, high),
        call(odd(3, 4), -0.6, 0.6),
        call(odd(3, 4), None, 0.6),
        call(odd(3, 4), -0.6, None),
        call(odd(2, 3), high(3), low(3)),
    ],
    # reductions
    "sum": [
        *[call(real(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2), (-1, 0), ())],
        *[call(real(2, 3, 2), axis=axis, keepdims=True) for axis in (None, 1, (0, 2))],
        *[call(real(), axis=axis) for axis in (None, 0, -1, ())],
        *[call(real(0, 3), axis=axis) for axis in (None, 0, 1)],
        call(real(2, 3), axis=np.int64(1)),
    ],
    "mean": [
        *[call(real(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2), ())],
        *[call(real(2, 3, 2), axis=axis, keepdims=True) for axis in (None, 1, (0, 2))],
        call(real()),
        call(real(0, 3), axis=1),
        call(real(2, 3), axis=np.int64(1)),
    ],
    "max": [
        *[call(distinct(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2))],
        *[call(distinct(2, 3, 2), axis=axis, keepdims=True) for axis in (None, 1)],
        call(distinct()),
        call(distinct(0, 3), axis=1),
    ],
    "min": [
        *[call(distinct(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2))],
        *[call(distinct(2, 3, 2), axis=axis, keepdims=True) for axis in (None, 1)],
        call(distinct()),
        call(distinct(0, 3), axis=1),
    ],
    "var": [
        *[call(real(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2))],
        *[call(real(2, 3, 2), axis=axis, ddof=1, keepdims=True) for axis in (None, 1)],
        call(real()),
        call(real(0, 3), axis=1),
    ],
    "softmax": [*[call(real(2, 3), axis=axis) for axis in (-1, 0)], call(real(3)), call(real(0, 3)), call(real(1))],
    "log_softmax": [*[call(real(2, 3), axis=axis) for axis in (-1, 0)], call(real(3)), call(real(0, 3)), call(real(1))],
    "logsumexp": [
        *[call(real(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2))],
        *[call(real(2, 3, 2), axis=axis, keepdims=True) for axis in (None, 1)],
        call(real()),
        call(real(0, 3), axis=1),
    ],
    # shapes
    "reshape": [
        *[call(real(2, 6), shape=shape) for shape in ((3, 4), -1, (2, -1, 3), (2, 6))],
        call(real(1, 1), shape=()),
        call(real(), shape=(1, 1)),
        call(real(0, 3), shape=(3, 0)),
    ],
    "transpose": [
        *[call(real(2, 3, 2), axes=axes) for axes in (None, (1, 2, 0), (-1, 0, 1), (0, 2, 1))],
        call(real()),
        call(real(3)),
        call(real(0, 3)),
    ],
    "swapaxes": [call(real(2, 3, 2), axis1=0, axis2=-1), call(real(2, 3), axis1=0, axis2=1)],
    "expand_dims": [*[call(real(2, 3), axis=axis) for axis in (0, -1, (0, 2))], call(real(), axis=0)],
    "squeeze": [*[call(real(1, 3, 1), axis=axis) for axis in (None, 0, -1, (0, 2))], call(real(1, 1)), call(real())],
    "broadcast_to": [
        *[call(real(*shape), shape=(2, 3, 2)) for shape in ((2, 3, 2), (3, 1), (2, 1, 2), (2,), ())],
        call(real(1, 3), shape=(0, 3)),
    ],
    "astype": [call(real(2, 3), dtype=np.float64)],
    "concatenate": [
        call(real(2, 3), real(1, 3), cuts=(0, 2, 3)),
        call(real(2, 1), real(2, 2), real(2, 0), axis=1, cuts=(0, 1, 3, 3)),
        call(real(2, 2), real(2, 1), axis=-1, cuts=(0, 2, 3)),
        call(real(3), cuts=(0, 3)),
    ],
    "stack": [
        *[call(real(2, 3), real(2, 3), axis=axis) for axis in (0, 1, -1)],
        call(real(), real(), real()),
        call(real(0), real(0)),
    ],
    # products: every pair of ranks; the shapes of a and of b recur, so that joint rules meet them mixed
    "matmul": [
        *[call(real(*a), real(*b)) for a in ((3,), (2, 3), (1, 2, 3)) for b in ((3,), (3, 2), (2, 3, 2))],
        call(real(2, 1, 2, 3), real(2, 3, 2)),
        call(real(2, 2, 3), real(2, 3, 2)),
        call(real(2, 2, 3), real(3)),
        call(real(2, 0), real(0, 3)),
        call(real(0, 3), real(3, 2)),
        call(real(0, 2, 3), real(3, 2)),
    ],
    "addmm": [
        *[call(real(*c), real(2, 3), real(3, 2)) for c in ((2, 2), (2,), (2, 1), ())],
        *[call(real(*c), real(4, 2, 3), real(3, 2)) for c in ((4, 2, 2), (2,), (4, 1, 2))],
        *[call(real(), real(3), real(3)), call(real(2), real(3), real(3, 2)), call(real(2), real(2, 3), real(3))],
        *[call(1.0, real(2, 3), real(3, 2)), call(real(3), real(2, 0), real(0, 3))],
    ],
    # the same value
    "alias": [call(real(2, 3)), call(real())],
    # indexing
    "getitem": [
        *[
            call(real(3, 4), index=index)
            for index in (
                *(0, 2, slice(None), slice(1, 3), slice(None, None, -1), slice(2, 2), None, ..., (), MASK, True),
                *((0, 1), (..., 1), (slice(None), 2), (slice(None), slice(0, 2)), (None, 1, ..., None)),
                *(I(1), I([0, 2]), I([0, 0, 2]), I([[0, 1], [2, -1]]), I([], int), I([1, 2], np.uint8)),
                *(I([True, False, True]), (I([0, 2]), I([3, 3])), (I([0, 0]), I([3, 3])), (I([[0], [2]]), I([1, 3]))),
                *((0, I([1, 1])), (I([0, 0, 1]), slice(1, 3)), (slice(None), I([0, 3, 0])), (1, MASK[0])),
            )
        ],
        *[call(real(), index=index) for index in ((), None, ...)],
        *[
            call(real(2, 3, 2), index=index)
            for index in ((I([0, 0]), slice(None), I([1, 1])), (0, slice(None), I([0])))
        ],
        call(real(0, 3), index=slice(None)),
    ],
    "scatter": [
        call(real(3), shape=(2, 3), indices=(1,)),
        call(real(3), real(3), real(2, 3), shape=(2, 3), indices=(1, 1, slice(None))),
        call(real(3), real(2), shape=(4,), indices=(I([0, 2, 0]), slice(1, 3))),
        call(real(2), real(), shape=(3, 4), indices=((I([0, 0]), I([3, 3])), (2, 1))),
    ],
}
COMPOSED: dict[str, tuple[Callable[..., Any], list[each | call]]] = {
    "astype": (ops.astype, [call(real(2, 3), dtype=np.float64)]),
    "ravel": (ops.ravel, [call(real(2, 3))]),
    "concatenate": (
        lambda *xs, axis=0: ops.concatenate(xs, axis),
        [call(real(2, 3), real(1, 3)), call(real(2, 1), real(2, 2), axis=1), call(real(2), real(), axis=None)],
    ),
    "stack": (lambda *xs, axis=0: ops.stack(xs, axis), [call(real(2), real(2), axis=-1)]),
    "getitem": (ops.getitem, [call(real(3, 4), index=k) for k in (-1, [0, 0, 2], ([0, 2], [1, 1]), [], ([], 1))]),
    "split": (
        lambda x, cuts, axis=0: ops.concatenate([(k + 1) * x for k, x in enumerate(ops.split(x, cuts, axis))], axis),
        [call(real(4, 2), 2), call(real(5, 2), [1, 3]), call(real(2, 4), 2, axis=1), call(real(5), [3, 1, -1])],
    ),
    "mse_loss": (
        ops.mse_loss,
        [call(real(2, 3), real(2, 3), reduction=by) for by in ("mean", "sum", "none")] + [call(real(), real())],
    ),
    "cross_entropy": (
        ops.cross_entropy,
        [
            call(real(3, 4), I([0, 3, 0])),
            call(real(4), I(2)),
            call(real(3, 4), I([0, -100, 1]), reduction="sum"),
            call(real(3, 4), I([0, 2, 1]), ignore_index=2, label_smoothing=0.2, weight=I([0.5, 1.0, 2.0, 1.5])),
            call(real(2, 3, 2), I([[0, 1], [2, -100]]), label_smoothing=0.1, reduction="none"),
            call(real(2, 3, 2), I([[0, 1], [2, 2]]), weight=I([0.5, 1.0, 2.0])),
        ],
    ),
}
"""Public functions that are made of other operations."""

CONSTANT = {
    *("equal", "greater", "greater_equal", "isfinite", "isinf", "isnan", "less", "less_equal", "not_equal"),
    *("logical_and", "logical_not", "logical_or", "sign", "stop_gradient"),
}
"""Public functions whose results have no derivative."""


def _scatter(*gs: Any, shape: tuple[int, ...], indices: tuple[Any, ...]) -> Any:
    out = np.zeros(shape)
    for g, index in zip(gs, indices, strict=True):
        np.add.at(out, index, g)
    return out


def _softmax(x: Any, axis: int = -1) -> Any:
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


def _cross_entropy(
    x: Any,
    targets: Any,
    weight: Any = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Any:
    """Row by row, as the definition reads."""
    axis = 0 if x.ndim == 1 else 1
    classes = x.shape[axis]
    log_p = np.log(_softmax(np.moveaxis(x, axis, -1).reshape(-1, classes)))
    weight = np.ones(classes) if weight is None else weight
    losses, total = np.zeros(targets.size), 0.0
    for row, target in enumerate(targets.ravel()):
        if target != ignore_index:
            goal = np.eye(classes)[target] * (1 - label_smoothing) + label_smoothing / classes
            losses[row] = -(goal * weight * log_p[row]).sum()
            total += weight[target]
    if reduction == "none":
        return losses.reshape(targets.shape)
    return losses.sum() / (total if reduction == "mean" else 1)


REFERENCES: dict[str, Callable[..., Any]] = {
    "strong": lambda a, b: a * b,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: x * (x > 0),
    "softmax": _softmax,
    "log_softmax": lambda x, axis=-1: np.log(_softmax(x, axis)),
    "logsumexp": lambda x, axis=None, keepdims=False: np.log(np.exp(x).sum(axis, keepdims=keepdims)),
    "astype": lambda x, dtype: x.astype(dtype),
    "alias": lambda x: x,
    "concatenate": lambda *xs, axis=0, cuts=(): np.concatenate(xs, axis),
    "stack": lambda *xs, axis=0: np.stack(xs, axis),
    "addmm": lambda c, a, b: c + a @ b,
    "scatter": _scatter,
    "getitem": lambda x, index: x[index],
    "split": lambda x, cuts, axis=0: np.concatenate(
        [(k + 1) * part for k, part in enumerate(np.split(x, cuts, axis))], axis
    ),
    "mse_loss": lambda a, b, reduction="mean": {"mean": np.mean, "sum": np.sum, "none": np.array}[reduction](
        (a - b) ** 2
    ),
    "cross_entropy": _cross_entropy,
}
"""Values of what NumPy does not have under the same name and with the same arguments."""


def reference(name: str) -> Callable[..., Any]:
    """NumPy's own way to the value."""
    return REFERENCES.get(name) or getattr(np, name)


@cache
def samples(name: str) -> list[Sample]:
    """The samples of an operation, or with ``()`` after the name of a composed function; always the same numbers."""
    if name.endswith("()"):
        op = None
        function, entries = COMPOSED[name[:-2]]
    else:
        op = REGISTRY[name]
        function, entries = op.call, SAMPLES[name]
    found = []
    for k, one in enumerate(one for entry in entries for one in entry.calls()):
        rng = np.random.default_rng(zlib.crc32(f"{name} {k}".encode()))
        inputs = tuple(np.asarray(x(rng)) if callable(x) else x for x in one.inputs)
        found.append(Sample(name, op, function, reference(name.removesuffix("()")), inputs, one.attrs))
    return found
