"""The checks of `derivatives` see a rule that is off by 0.1 %: every rule of the registry is spoilt, one at a time."""

import pytest
from derivatives import check
from samples import SAMPLES, samples

from tinygrad_seq.autograd import REGISTRY

CHANGES = {"scaled": 1.001, "negated": -1.0, "dropped": 0.0}


def ports(name, i):
    """The ports through which rule ``i`` is applied; a variadic operation has one rule for all of its inputs."""
    op = REGISTRY[name]
    if op.variadic:
        return [port for sample in samples(name) for port in op.ports(len(sample.inputs))]
    return [op.ports(len(op.inputs))[i]]


def places():
    for name in SAMPLES:
        op = REGISTRY[name]
        for i, rule in enumerate(op.vjp):
            if rule is not None:
                yield name, i, ("rule", "pull")
                yield name, i, ("rule",)  # in recorded sweeps only
                if ports(name, i)[0].joint is not None:
                    yield name, i, ("joint",)


def spoil(monkeypatch, name, i, parts, factor):
    for port in dict.fromkeys(ports(name, i)):
        for part in parts:
            right = getattr(port, part)
            monkeypatch.setattr(port, part, lambda *args, right=right: right(*args) * factor)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("name", "i", "parts"), list(places()), ids=lambda v: "+".join(v) if isinstance(v, tuple) else str(v))
def test_every_spoilt_rule_is_caught(monkeypatch, name, i, parts, change):
    spoil(monkeypatch, name, i, parts, CHANGES[change])
    with pytest.raises(AssertionError, match="off by"):
        check(name)


def test_what_is_not_spoilt_passes(monkeypatch):
    spoil(monkeypatch, "tanh", 0, ("rule", "pull"), 1)
    check("tanh")
