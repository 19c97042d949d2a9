"""The checks of `derivatives` see a rule that is off by 0.1 %: every rule of the registry is spoilt, one at a time."""

import functools

import pytest
from derivatives import check
from samples import SAMPLES

from tinygrad_seq.autograd import REGISTRY, Op, Tensor
from tinygrad_seq.ops.elementwise import flat

SCALED, NEGATED, DROPPED = 1.001, -1.0, 0.0
WHEN = {
    "always": lambda g: True,
    "recorded": lambda g: isinstance(g, Tensor),  # in sweeps that are themselves differentiable
    "plain": lambda g: not isinstance(g, Tensor),
}


def joint(op, i):
    return op.ports[i].joint if op.ports and op.ports[i] else None


def spoil(monkeypatch, name, i, part, when, factor):
    """Give the operation rules of which one is wrong, in place: functions and graphs hold the operation itself."""
    op = REGISTRY[name]
    rules = list(op.vjp)
    joints = [joint(op, k) for k in range(len(rules))]
    forward = list(op.jvp)
    changed = {"rule": rules, "joint": joints, "forward": forward}[part]
    right = changed[i]

    @functools.wraps(right)  # the names of the parameters say what is kept
    def wrong(first, *rest):
        g = (
            first[0]
            if part == "joint"
            else next(t for t in first if t is not None)
            if op.variadic and part == "forward"
            else first
        )
        return right(first, *rest) * (factor if WHEN[when](g) else 1)

    changed[i] = wrong
    monkeypatch.setitem(REGISTRY, name, op)  # put back what the next line replaces
    spoilt = Op(
        name,
        op.value,
        rules[0] if op.variadic else rules,
        jvp=forward[0] or () if op.variadic else forward,
        joint=joints,
        kind=op.kind,
        broadcasts=op.broadcasts,
    )
    REGISTRY[name] = op
    for key, value in vars(spoilt).items():
        monkeypatch.setattr(op, key, value)


MUTANTS = [
    (name, i, part, when, factor)
    for name in SAMPLES
    for i, rule in enumerate(REGISTRY[name].vjp)
    if rule not in (None, flat)  # zeros, however they are spoilt
    for part, there in (("rule", True), ("joint", joint(REGISTRY[name], i)), ("forward", REGISTRY[name].jvp[i]))
    if there
    for when in WHEN
    for factor in ([SCALED, NEGATED, DROPPED] if when == "always" else [SCALED])
]


@pytest.mark.parametrize(("name", "i", "part", "when", "factor"), MUTANTS)
def test_every_spoilt_rule_is_caught(monkeypatch, name, i, part, when, factor):
    spoil(monkeypatch, name, i, part, when, factor)
    with pytest.raises(AssertionError, match="off by"):
        check(name)


@pytest.mark.parametrize("name", ["tanh", "multiply", "matmul", "concatenate"])
def test_what_is_not_spoilt_passes(monkeypatch, name):
    spoil(monkeypatch, name, 0, "rule", "always", 1)
    check(name)
