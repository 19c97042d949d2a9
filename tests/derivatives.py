"""The checks of an operation's derivative rules, against finite differences of its value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from samples import Sample, samples

import tinygrad_seq as tg
from tinygrad_seq.autograd import REGISTRY
from tinygrad_seq.autograd.sweep import push

STEP = 1e-5


def unlisted(call: Callable[..., Any]) -> Callable[..., Any]:
    """An operation of one test alone, which tests of all operations do not see."""
    del REGISTRY[call.op.name]  # type: ignore[attr-defined]
    return call


def numeric(f: Callable[[Any], Any], x: Any) -> Any:
    """The gradient of a function of one array with a number as value, by central differences in float64."""
    x = np.asarray(x, np.float64)
    slope = np.empty(x.shape)
    for k in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[k] += STEP
        below[k] -= STEP
        slope[k] = (f(above) - f(below)) / (2 * STEP)
    return slope


def assert_close(got: Any, expected: Any, what: str, rtol: float = 1e-6, atol: float = 1e-8) -> None:
    """Equal shapes, and every element within ``rtol`` of the largest: far below a deviation of 0.1 %."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape, f"{what}: shape {got.shape}, expected {expected.shape}"
    bound = rtol * np.abs(expected).max(initial=0) + atol
    worst = np.abs(got - expected).max(initial=0)
    assert worst <= bound, f"{what}: off by {worst}\ngot      {got}\nexpected {expected}"


def replaced(xs: Sequence[Any], i: int, x: Any) -> list[Any]:
    """The list with another element ``i``."""
    return [x if k == i else old for k, old in enumerate(xs)]


def differentiable(sample: Sample) -> list[int]:
    """The positions of the inputs that have a derivative."""
    count = len(sample.inputs)
    rules = [True] * count if sample.op is None or sample.op.variadic else sample.op.vjp
    return [
        i
        for i, (x, rule) in enumerate(zip(sample.inputs, rules, strict=False))
        if isinstance(x, np.ndarray) and x.dtype.kind == "f" and rule is not None
    ]


def variables(inputs: Sequence[Any], wanted: Sequence[int]) -> list[Any]:
    """The inputs, those that are wanted as Tensors."""
    return [tg.tensor(x, requires_grad=True) if i in wanted else x for i, x in enumerate(inputs)]


def gradients(sample: Sample, inputs: Sequence[Any], wanted: Sequence[int], u: Any) -> list[Any]:
    """What the cotangent ``u`` of the value becomes at the wanted inputs, in a first-order sweep."""
    xs = variables(inputs, wanted)
    return [g.numpy() for g in tg.autograd.grad(sample(*xs), [xs[i] for i in wanted], u)]


def cotangent(sample: Sample) -> tuple[np.random.Generator, Any]:
    """Random numbers of the value's shape, the same every time."""
    rng = np.random.default_rng(7)
    return rng, rng.normal(size=sample(*sample.inputs).shape)


def check_first_order(sample: Sample) -> None:
    """Every gradient, alone and with the others, in float64, and in float32 in the other memory order."""
    wanted = differentiable(sample)
    _, u = cotangent(sample)
    expected = {
        i: numeric(lambda x, i=i: (sample(*replaced(sample.inputs, i, x)).numpy() * u).sum(), sample.inputs[i])
        for i in wanted
    }
    for chosen in [wanted, *([i] for i in wanted if len(wanted) > 1)]:
        for i, g in zip(chosen, gradients(sample, sample.inputs, chosen, u), strict=True):
            assert_close(g, expected[i], f"{sample}: gradient {i} of {chosen}")
    single = [np.array(x, np.float32, order="F") if i in wanted else x for i, x in enumerate(sample.inputs)]
    for i, g in zip(wanted, gradients(sample, single, wanted, u), strict=True):
        assert g.dtype == np.float32
        assert_close(g, expected[i], f"{sample}: float32 gradient {i}", rtol=2e-5, atol=1e-6)


def check_second_order(sample: Sample) -> None:
    """The gradient of a random combination of all first-order gradients, in the inputs and in the cotangent."""
    wanted = differentiable(sample)
    rng, u = cotangent(sample)
    weights = [rng.normal(size=sample.inputs[i].shape) for i in wanted]

    def combined(inputs: Sequence[Any], u: Any) -> float:
        first = gradients(sample, inputs, wanted, u)
        return sum(float((w * g).sum()) for w, g in zip(weights, first, strict=True))

    xs, seed = variables(sample.inputs, wanted), tg.tensor(u, requires_grad=True)
    chosen = [xs[i] for i in wanted]
    first = tg.autograd.grad(sample(*xs), chosen, seed, create_graph=True)
    for g, plain in zip(first, gradients(sample, sample.inputs, wanted, u), strict=True):
        assert_close(g, plain, f"{sample}: recorded gradient", rtol=1e-12)
    total = np.stack([(w * g).sum() for w, g in zip(weights, first, strict=True)]).sum()
    second = tg.autograd.grad(total, [*chosen, seed], allow_unused=True)
    for i, g in zip(wanted, second, strict=False):
        expected = numeric(lambda x, i=i: combined(replaced(sample.inputs, i, x), u), sample.inputs[i])
        assert_close(np.zeros_like(expected) if g is None else g, expected, f"{sample}: second derivative in input {i}")
    transposed = numeric(lambda v: combined(sample.inputs, v), u)
    assert_close(np.zeros_like(u) if second[-1] is None else second[-1], transposed, f"{sample}: in the cotangent")


def check_forward(sample: Sample) -> None:
    """Forward mode is the transpose of the gradients, alone and together, plain and recorded; over reverse as well."""
    wanted = differentiable(sample)
    rng, u = cotangent(sample)
    tangents = [rng.normal(size=sample.inputs[i].shape) for i in wanted]
    backward = gradients(sample, sample.inputs, wanted, u)
    xs = variables(sample.inputs, wanted)
    y = sample(*xs)
    chosen = [xs[i] for i in wanted]
    for subset in [range(len(wanted)), *([k] for k in range(len(wanted)) if len(wanted) > 1)]:
        expected = sum((backward[k] * tangents[k]).sum() for k in subset)
        for record in (False, True):
            seeds = {chosen[k].node: tg.tensor(tangents[k]) if record else tangents[k] for k in subset}
            pushed = push(seeds, [y.node], record=record)[y.node]
            assert pushed.shape == y.shape, f"{sample}: forward shape {pushed.shape}"
            got = (np.asarray(pushed) * u).sum()
            assert_close(got, expected, f"{sample}: forward in {[*subset]}", rtol=1e-9, atol=1e-10)
    # The tangent of the gradients, against reverse mode twice.
    weights = [rng.normal(size=x.shape) for x in chosen]
    first = tg.autograd.grad(y, chosen, u, create_graph=True)
    total = np.stack([(w * g).sum() for w, g in zip(weights, first, strict=True)]).sum()
    if not total.requires_grad:
        return
    twice = tg.autograd.grad(total, chosen, allow_unused=True)
    expected = sum((g.numpy() * t).sum() for g, t in zip(twice, tangents, strict=True) if g is not None)
    pushed = push({x.node: t for x, t in zip(chosen, tangents, strict=True)}, [total.node])
    assert_close(pushed.get(total.node, 0.0), expected, f"{sample}: forward over reverse", rtol=1e-9, atol=1e-9)


def check_joint(name: str) -> None:
    """Several uses of one input at once, in every mixture of calls, give the sum of what each gives alone."""
    uses: dict[tuple[int, tuple[int, ...]], list[tuple[Sample, Any]]] = {}
    for sample in samples(name):
        for i in differentiable(sample):
            for seed in (1, 2):
                u = np.random.default_rng(seed).normal(size=sample(*sample.inputs).shape)
                uses.setdefault((i, sample.inputs[i].shape), []).append((sample, u))
    for (i, shape), calls in uses.items():
        # The operands of the first sample: in the domain of all.
        shared = tg.tensor(calls[0][0].inputs[i], requires_grad=True)
        values = [sample(*replaced(sample.inputs, i, shared)) for sample, _ in calls]
        cotangents = [u for _, u in calls]
        alone = [tg.autograd.grad(y, shared, u)[0].numpy() for y, u in zip(values, cotangents, strict=True)]
        for chosen in [*pairwise(range(len(calls))), range(len(calls)), range(0, len(calls), 2)]:
            expected = sum(alone[k] for k in chosen)
            for record in (False, True):
                (g,) = tg.autograd.grad(
                    [values[k] for k in chosen], shared, [cotangents[k] for k in chosen], create_graph=record
                )
                assert_close(g, expected, f"{name}: uses {[*chosen]} of input {i}, {shape}", rtol=1e-12, atol=1e-12)


def check(name: str) -> None:
    """All checks of one operation."""
    for sample in samples(name):
        check_first_order(sample)
        check_second_order(sample)
        check_forward(sample)
    check_joint(name)


def check_function(f: Callable[..., Any], inputs: Sequence[Any], second: bool = True) -> None:
    """First and second derivatives against finite differences, and forward mode as the transpose of reverse mode."""
    tg.autograd.gradcheck(f, inputs)
    if second:
        tg.autograd.gradgradcheck(f, inputs)
    rng = np.random.default_rng(7)
    outputs, pull = tg.func.vjp(f, *inputs)
    several = isinstance(outputs, tuple)
    outputs = list(outputs) if several else [outputs]
    tangents = [rng.normal(size=np.shape(x)) for x in inputs]
    cotangents = [rng.normal(size=y.shape) for y in outputs]
    _, pushed = tg.func.jvp(f, inputs, tangents)
    forward = sum((np.asarray(p) * u).sum() for p, u in zip(pushed if several else [pushed], cotangents, strict=True))
    pulled = pull(tuple(cotangents) if several else cotangents[0])
    backward = sum((np.asarray(g) * t).sum() for g, t in zip(pulled, tangents, strict=True))
    assert abs(forward - backward) <= 1e-10 * max(1, abs(backward)), f"forward {forward}, backward {backward}"
