"""Every error of the engine: its class, and that it says what was got, what is needed and what to do."""

import copy
import inspect

import numpy as np
import pytest
from derivatives import unlisted
from refusals import refuses

import tinygrad_seq as tg
from tinygrad_seq.autograd import Op, differentiable, elementwise, grad
from tinygrad_seq.autograd.tensor import NUMPY
from tinygrad_seq.errors import (
    AnomalyError,
    DTypeError,
    GraphError,
    OptionError,
    RuleError,
    ShapeError,
    UnsupportedError,
)


def variable(*shape):
    return tg.tensor(np.ones(shape), requires_grad=True)


def constant(*shape):
    return tg.tensor(np.ones(shape))


def superseded():
    x = variable(2)
    y = (x * x).sum()
    x.data = [3, 4]
    return y


def named_superseded():
    x = variable(2)
    tg.name(w_h=x)
    y = (x * x).sum()
    x.data = [3, 4]
    return y


async def asynchronous():
    yield


def set_attribute(t, name, value):
    setattr(t, name, value)


@unlisted
@differentiable(lambda g: np.stack([g, g]))
def returns_too_much(x):
    return x * 1.0


@unlisted
@differentiable(lambda g: 2.0)
def returns_a_number(x):
    return x * 1.0


@unlisted
@differentiable(lambda g: None)
def returns_nothing(x):
    return x * 1.0


@unlisted
@differentiable(lambda g, x: g * np.ones(3) * x, jvp=[lambda t, x: np.ones((2, 3)) * x.sum()])
def grows(x):
    return x * 1.0


@unlisted
@differentiable(lambda g: g)
def has_no_forward_rule(x):
    return x * 1.0


@unlisted
@differentiable(variadic=lambda g, i: g)
def has_none_for_many(*xs):
    return xs[0] * 1.0


def pushed(f, *xs):
    return tg.func.jvp(f, xs, tuple(np.ones(x.shape) for x in xs))


def hooked(hook):
    x = variable(2)
    x.register_hook(hook)
    (x * x).sum().backward()


@unlisted
@differentiable(lambda g, n: g * n)
def scaled_by(x, n):
    return x * n


# What provokes it, the class, and the parts of the text that matter.
ERRORS = {
    "complex data": (lambda: tg.tensor(np.ones(2, complex)), DTypeError, "tensor: got dtype complex128; need real"),
    "complex number": (lambda: tg.tensor(1j), DTypeError, "real and imaginary part as two tensors"),
    "complex operand": (lambda: variable(2) * 1j, DTypeError, "complex128"),
    "complex scalar": (lambda: variable(2) * np.complex64(1j), DTypeError, "complex64"),
    "complex cast": (lambda: variable(2).astype(complex), DTypeError, "complex128"),
    "complex dtype": (lambda: tg.tensor([1.0], dtype=complex), DTypeError, "complex128"),
    "complex cotangent": (lambda: variable(1).backward(np.ones(1, complex)), DTypeError, "complex128"),
    "object data": (lambda: tg.tensor(np.array([1, None])), DTypeError, "got dtype object"),
    "object operand": (lambda: variable(2) * np.array([1, None]), DTypeError, "got dtype object"),
    "an array of Tensors": (lambda: tg.tensor(np.array([variable(1)], object)), DTypeError, "got dtype object"),
    "text": (lambda: tg.tensor("abc"), DTypeError, "need real numbers, integers or booleans"),
    "text operand": (lambda: variable(2) + "abc", DTypeError, "need real numbers"),
    "nothing": (lambda: tg.tensor(None), DTypeError, "got dtype object"),
    "dates": (lambda: tg.tensor(np.array(["2020-01-01"], "M8")), DTypeError, "datetime64"),
    "ragged lists": (lambda: tg.tensor([[1.0], [1.0, 2.0]]), ShapeError, "tensor: ", "same length"),
    "list of Tensors": (
        lambda: tg.tensor([variable(2), variable(2)]),
        DTypeError,
        "history would be lost; use np.stack",
    ),
    "list with one": (lambda: tg.tensor([[1.0, 2.0], [3.0, variable()]]), DTypeError, "np.stack"),
    "list with a dtype": (lambda: tg.tensor([variable(), variable()], dtype="float64"), DTypeError, "np.stack"),
    "list as operand": (lambda: variable(2) * [1.0, variable()], DTypeError, "np.stack"),
    "integer gradient": (lambda: tg.tensor(np.ones(2, int), requires_grad=True), DTypeError, "int64; need a floating"),
    "boolean gradient": (lambda: set_attribute(constant(2) > 0, "requires_grad", True), DTypeError, "bool; need a fl"),
    "no dtype": (lambda: tg.tensor([1.0], dtype="real"), DTypeError, "tensor: got 'real', which is no dtype; need one"),
    "no default dtype": (lambda: tg.set_default_dtype("real"), DTypeError, "default_dtype: got 'real', which is no"),
    "a name for a number": (lambda: tg.name(h=1.0), DTypeError, "name: got float for h; need a Tensor"),
    "seed": (lambda: tg.seed("first"), OptionError, "seed: got 'first'; need an integer of at least 0"),
    "seed below 0": (lambda: tg.seed(-1), OptionError, "seed: got -1; need an integer of at least 0"),
    "default dtype": (lambda: tg.set_default_dtype("int64"), DTypeError, 'got int64; need .*"float32" or "float64"'),
    "scope name": (lambda: tg.scope(3), OptionError, 'scope: got name 3 .*need a string.*scope\\("decoder", t=3\\)'),
    "mode of an asynchronous generator": (
        lambda: tg.no_grad()(asynchronous),
        OptionError,
        "no_grad: got the asynchronous generator asynchronous; use with inside it",
    ),
    "nan in forward mode": (
        lambda: tg.autograd.detect_anomaly()(tg.func.jvp)(np.sqrt, (np.zeros(1),), (np.ones(1),)),
        AnomalyError,
        "forward mode of sqrt: inf arose in 1 of 1 elements of the tangent.*; use where or clip",
    ),
    "scope step": (lambda: tg.scope("a", t="b"), OptionError, "scope: got name 'a' and t 'b'"),
    "item": (lambda: variable(2, 3).item(), ShapeError, r"item: got shape \(2, 3\); need exactly one element; index"),
    "float": (lambda: float(variable(2)), ShapeError, r"got shape \(2,\); need exactly one"),
    "truth": (lambda: bool(variable(2)), ShapeError, r"shape \(2,\), whose truth is ambiguous; use"),
    "length": (
        lambda: len(variable()),
        DTypeError,
        r"len: got a Tensor of shape \(\); need at least one axis; use .item",
    ),
    "iteration": (lambda: list(variable()), DTypeError, "need at least one axis"),
    "index of floats": (lambda: [1][variable()], DTypeError, r"index: got shape \(\) float64; need one integer"),
    "grad of a result": (lambda: set_attribute(variable(2) * 2, "grad", constant(2)), GraphError, "need a leaf"),
    "grad of a constant": (lambda: set_attribute(constant(2), "grad", constant(2)), GraphError, "requires_grad=True"),
    "grad of another shape": (
        lambda: set_attribute(variable(2), "grad", constant(3)),
        ShapeError,
        r"grad: got shape \(3,\); need None or a Tensor of shape \(2,\)",
    ),
    "grad of another type": (lambda: set_attribute(variable(2), "grad", np.ones(2)), ShapeError, "got ndarray; need"),
    "data of a result": (lambda: set_attribute(variable(2) * 2, "data", [1, 2]), GraphError, "only a leaf's array"),
    "data of another shape": (
        lambda: set_attribute(variable(2), "data", [1, 2, 3]),
        ShapeError,
        r"data: got shape \(3,\); need \(2,\), the Tensor's own",
    ),
    "complex data later": (lambda: set_attribute(variable(1), "data", np.ones(1, complex)), DTypeError, "complex128"),
    "text data later": (lambda: set_attribute(variable(1), "data", ["a"]), DTypeError, "data: "),
    "requires_grad of a result": (
        lambda: set_attribute(variable(2) * 2, "requires_grad", False),
        GraphError,
        r"need a leaf; use .detach\(\)",
    ),
    "backward without history": (lambda: constant().backward(), GraphError, "backward: got an output that does not"),
    "backward under no_grad": (tg.no_grad()(lambda: constant().backward()), GraphError, "no_grad is on"),
    "backward of many": (
        lambda: variable(2, 3).backward(),
        ShapeError,
        r"backward: got an output of shape \(2, 3\) and no gradient; need one element; sum it",
    ),
    "backward of another shape": (
        lambda: variable(2, 3).backward(np.ones(3)),
        ShapeError,
        r"backward: got a gradient of shape \(3,\); need \(2, 3\)",
    ),
    "backward after an update": (
        lambda: superseded().backward(),
        GraphError,
        r"a variable \(2,\) has an older value; it was updated after the forward pass; run the forward pass again",
    ),
    "backward after an update, by name": (lambda: named_superseded().backward(), GraphError, r"w_h \(2,\)"),
    "grad of an array": (lambda: grad(variable().sum(), np.ones(2)), DTypeError, "grad: got"),
    "grad of an array among Tensors": (
        lambda: grad(variable().sum(), [variable(), np.ones(2)]),
        DTypeError,
        "grad: got ndarray as input 1; need a Tensor with requires_grad=True",
    ),
    "grad with respect to a constant": (
        lambda: grad(variable().sum(), constant(2)),
        GraphError,
        r"input 0, of shape \(2,\), has requires_grad=False; need True",
    ),
    "grad of an unused input": (
        lambda: grad(variable().sum(), variable(2)),
        GraphError,
        r"no output depends on input 0, of shape \(2,\); check the graph, or use allow_unused=True",
    ),
    "grad of a number": (lambda: grad(1.0, variable()), GraphError, "grad: got"),
    "cotangents in another number": (
        lambda: grad([variable(), variable()], [variable()], [1.0]),
        ShapeError,
        "grad: got 1 grad_outputs for 2 outputs; need one each",
    ),
    "a cotangent of another shape": (
        lambda: grad(variable(2), variable(2), np.ones(3)),
        ShapeError,
        r"grad: got a gradient of shape \(3,\); need \(2,\)",
    ),
    "a rule of another shape": (
        lambda: grad(returns_too_much(x := variable(2)), x, np.ones(2)),
        RuleError,
        r"returns_too_much: the rule for input 0 returned \(2, 2\); need an array of shape \(2,\), the input's own",
    ),
    "a rule that returns a number": (
        lambda: grad(returns_a_number(x := variable(2)), x, np.ones(2)),
        RuleError,
        r"returns_a_number: the rule for input 0 returned float; need an array of shape \(2,\)",
    ),
    "a rule that returns nothing": (
        lambda: grad(returns_nothing(x := variable(2)), x, np.ones(2)),
        RuleError,
        "returns_nothing: the rule for input 0 returned NoneType; need an array",
    ),
    "a rule that names what is not there": (
        lambda: elementwise("wrong_names", lambda x: x, lambda g, z: g),
        RuleError,
        "wrong_names: a rule names 'z', which is no input, attribute, y or shape",
    ),
    "out of an op": (lambda: tg.ops.round(variable(2), out=np.ones(2)), UnsupportedError, "out=; an array cannot hold"),
    "an unknown keyword": (
        lambda: scaled_by(variable(2), m=3),
        OptionError,
        "got an unexpected argument 'm'; it takes x, n",
    ),
    "an argument twice": (lambda: scaled_by(variable(2), 3, n=3), OptionError, "unexpected argument 'n'"),
    "too many arguments": (lambda: scaled_by(variable(2), 3, 4), OptionError, "got 3 arguments; need x, n"),
    "a missing attribute": (lambda: scaled_by(variable(2)), OptionError, "n is missing"),
    "out of a function": (lambda: np.sum(variable(2), out=np.empty(())), UnsupportedError, "np.sum: got out=.*history"),
    "out of an operation": (lambda: tg.ops.sum(variable(2), out=np.empty(())), UnsupportedError, "sum: got out="),
    "out of a ufunc": (lambda: np.exp(variable(2), out=np.empty(2)), UnsupportedError, "np.exp: got out=.*a = a . t"),
    "keyword of a ufunc": (lambda: np.add(variable(2), 1, where=[True, False]), UnsupportedError, "np.add: got where="),
    "unknown ufunc": (
        lambda: np.isnat(variable(2)),
        UnsupportedError,
        r"np.isnat: has no derivative here.*use .detach\(\).numpy\(\) for values alone, or add it:",
    ),
    "unknown method": (lambda: np.divmod.outer(variable(2), 1.0), UnsupportedError, "np.divmod.outer: has no"),
    "a method that writes": (
        lambda: np.add.at(np.ones(2), 0, variable()),
        UnsupportedError,
        "np.add.at: changes an array in place; use tg.ops.set_at",
    ),
    "unknown function": (lambda: np.is_busday(variable(2)), UnsupportedError, "np.is_busday: has no derivative here"),
    "complex values": (
        lambda: np.linalg.eig(variable(2, 2)),
        UnsupportedError,
        "np.linalg.eig: has complex values, and Tensors are real; use np.linalg.eigh",
    ),
    "a variable as an attribute": (
        lambda: scaled_by(variable(2), variable()),
        UnsupportedError,
        "scaled_by: got a Tensor that requires a gradient as n=, which has no derivative here; need a constant; use",
    ),
    "a variable in an attribute": (
        lambda: scaled_by(variable(2), n=[1, variable()]),
        UnsupportedError,
        "scaled_by: got a Tensor that requires a gradient as n=",
    ),
    "out of an op by position": (
        lambda: tg.ops.round(variable(2), 0, np.ones(2)),
        UnsupportedError,
        "round: got out=; an array cannot hold",
    ),
    "a missing input": (lambda: tg.ops.linear(variable(2, 2)), OptionError, "got 1 arguments; .*weight is missing"),
    "an input twice": (
        lambda: tg.ops.linear(variable(2, 2), variable(2, 2), weight=variable(2, 2)),
        OptionError,
        "linear: got an unexpected argument 'weight'",
    ),
    "None as operand": (lambda: variable(2) + None, DTypeError, "add: got float64 and NoneType; "),
    "minus of a boolean": (lambda: -tg.tensor([True]), DTypeError, "negative: got bool; "),
    "an axis that is no number": (lambda: variable(2).sum(axis="a"), DTypeError, "sum: got float64; 'str' object"),
    "a hook that returns another shape": (
        lambda: hooked(lambda g: np.ones(3)),
        RuleError,
        r"hook: got a gradient of shape \(3,\) from a hook; need \(2,\)",
    ),
    "a hook on a constant": (
        lambda: constant(2).register_hook(print),
        GraphError,
        "register_hook: got a Tensor without",
    ),
    "retain_grad of a constant": (lambda: constant(2).retain_grad(), GraphError, "retain_grad: got a Tensor without"),
    "a copy of a result": (
        lambda: copy.deepcopy(variable(2) * 2),
        GraphError,
        "copy or pickle: got a result, whose his",
    ),
    "a forward rule of another shape": (
        lambda: pushed(grows, np.ones(2)),
        RuleError,
        r"grows: the forward rule returned shape \(2, 3\); need \(2,\), the value's own",
    ),
    "no forward rule": (
        lambda: pushed(has_no_forward_rule, np.ones(2)),
        UnsupportedError,
        "has no forward rule; add jvp=",
    ),
    "no forward rule of many": (
        lambda: pushed(has_none_for_many, np.ones(2), np.ones(2)),
        UnsupportedError,
        "has_none_for_many: has no forward rule; add jvp=",
    ),
    "trace of a constant": (
        lambda: tg.autograd.trace(lambda x: 1.0)(np.ones(2)),
        GraphError,
        "trace: got a function whose",
    ),
    "explain of several operations": (
        lambda: tg.autograd.explain(np.std),
        GraphError,
        r"explain: got std, which is no operation; if it is made of several, use tg.autograd.trace\(std\)\(x\)",
    ),
    "explain of nothing": (lambda: tg.autograd.explain("tahn"), GraphError, "explain: got 'tahn'; need one of the"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    message = refuses(*ERRORS[name])
    assert 20 < len(message) < 400
    assert len(message.splitlines()) <= 2 or "or add it:" in message


def test_an_unknown_function_names_the_nearest(monkeypatch):
    monkeypatch.delitem(NUMPY, np.tanh)
    monkeypatch.setitem(NUMPY, np.arctanh, tg.ops.tanh)
    with pytest.raises(UnsupportedError, match=r"np\.tanh: .*the nearest that has is np\.(tan|arctanh|atanh);"):
        np.tanh(variable(2))


@pytest.mark.parametrize("kind", [DTypeError, ShapeError, OptionError, GraphError, RuleError, UnsupportedError])
def test_errors_are_what_a_caller_would_expect(kind):
    builtin = {DTypeError: TypeError, ShapeError: ValueError, OptionError: ValueError, UnsupportedError: TypeError}
    assert issubclass(kind, tg.errors.TinygradSeqError)
    assert issubclass(kind, builtin.get(kind, RuntimeError))


def test_every_class_is_provoked():
    provoked = {kind for _, kind, *_ in ERRORS.values()}
    assert provoked == {AnomalyError, DTypeError, ShapeError, OptionError, GraphError, RuleError, UnsupportedError}


def test_a_refused_value_changes_nothing():
    x = variable(2)
    y = (x * x).sum()
    for value in ([1, 2, 3], np.ones(2, complex), ["a", "b"], None):
        with pytest.raises((TypeError, ValueError)):
            x.data = value
    assert x.tolist() == [1, 1]
    assert grad(y, x)[0].tolist() == [2, 2]


def test_a_record_that_is_refused_is_not_registered():
    with pytest.raises(RuleError):
        Op("unfinished", lambda x: x, [lambda g, z: g])
    assert "unfinished" not in tg.autograd.REGISTRY


def test_errors_point_to_the_callers_line():
    with pytest.raises(ShapeError) as caught:
        variable(2).item()
    assert caught.traceback[0].lineno + 1 == inspect.currentframe().f_lineno - 1
