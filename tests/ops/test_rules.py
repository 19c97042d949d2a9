"""Every operation of the registry: its value against NumPy, its rules against finite differences, what it keeps."""

import gc
import inspect
import weakref

import numpy as np
import pytest
from derivatives import (
    assert_close,
    check_first_order,
    check_forward,
    check_joint,
    check_second_order,
    differentiable,
    variables,
)
from samples import COMPOSED, CONSTANT, SAMPLES, samples

import tinygrad_seq as tg
from tinygrad_seq import ops
from tinygrad_seq.autograd import REGISTRY

each_op = pytest.mark.parametrize("name", SAMPLES)
each_function = pytest.mark.parametrize("name", [*SAMPLES, *(f"{name}()" for name in COMPOSED)])


def test_every_operation_has_samples():
    ours = {name for name, op in REGISTRY.items() if op.call.__module__.startswith("tinygrad_seq")}
    assert ours == set(SAMPLES)


def test_every_public_function_has_samples():
    modules = [module for module in vars(ops).values() if inspect.ismodule(module)]
    public = {name for module in modules for name in getattr(module, "__all__", ())}
    aliases = {name for name in public if getattr(getattr(ops, name), "op", None) in REGISTRY.values()}
    assert public - aliases - set(SAMPLES) == (set(COMPOSED) | CONSTANT) - set(SAMPLES)


@each_function
def test_value(name):
    for sample in samples(name):
        expected = np.asarray(sample.reference(*sample.inputs, **sample.attrs))
        y = sample(*sample.inputs)
        assert y.dtype == expected.dtype
        assert_close(y, expected, str(sample), rtol=1e-13, atol=1e-13)
        assert not y.requires_grad


@each_function
def test_what_is_dropped_does_not_wait_for_the_collector(name):
    gc.disable()
    try:
        for sample in samples(name):
            inputs = variables(sample.inputs, differentiable(sample))
            watched = [weakref.ref(x) for x in inputs if isinstance(x, tg.Tensor)]
            sample(*inputs)
            del inputs
            assert all(ref() is None for ref in watched)
    finally:
        gc.enable()


@each_op
def test_numpys_own_function_leads_here(name):
    for sample in samples(name):
        if sample.reference is getattr(np, name, None):
            y = sample.reference(*variables(sample.inputs, differentiable(sample)), **sample.attrs)
            assert y.node.op is sample.op
            assert_close(y, sample(*sample.inputs), str(sample), rtol=0, atol=0)


@each_function
def test_first_order(name):
    for sample in samples(name):
        check_first_order(sample)


@each_function
def test_second_order(name):
    for sample in samples(name):
        check_second_order(sample)


@each_function
def test_forward_mode(name):
    for sample in samples(name):
        check_forward(sample)


@each_op
def test_several_uses_at_once_give_the_sum(name):
    check_joint(name)


@each_op
def test_a_node_keeps_what_the_rules_name(name):
    for sample in [] if REGISTRY[name].variadic else samples(name):
        wanted = differentiable(sample)
        for chosen in [wanted, *([i] for i in wanted if len(wanted) > 1)]:
            xs = variables(sample.inputs, chosen)
            y = sample(*xs)
            rules = [rule for i in chosen for rule in (sample.op.vjp[i], sample.op.pushes[i][0])]
            named = {name for rule in rules for name in list(inspect.signature(rule).parameters)[1:]}
            arrays = {**dict(zip(sample.op.inputs, xs, strict=False)), "y": y}
            expected = [arrays[key] for key in arrays if key in named and arrays[key] is not None]
            kept = y.node.kept if isinstance(y.node.kept, tuple) else (y.node.kept,)
            kept = [k for k in kept if k is not None]
            assert len(kept) == len(expected)
            for x in expected:
                assert any(k is x._data if isinstance(x, tg.Tensor) else np.array_equal(k, x) for k in kept)
