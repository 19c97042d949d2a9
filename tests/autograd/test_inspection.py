"""What shows the inside: anomalies, gradient checks, hooks, the recorded program; and copies."""

import copy
import pickle
import re

import numpy as np
import pytest
from derivatives import unlisted
from samples import SAMPLES

import tinygrad_seq as tg
from tinygrad_seq import autograd, nn
from tinygrad_seq.autograd import REGISTRY, gradcheck, gradgradcheck
from tinygrad_seq.autograd.sweep import sweep
from tinygrad_seq.autograd.tensor import NOTES


def variable(*values):
    return tg.tensor(np.array(values), requires_grad=True)


# detect_anomaly


def test_the_first_value_that_is_not_finite_is_named_with_the_users_line():
    x = variable(1.0, 0.0, 3.0)
    with np.errstate(divide="ignore"), pytest.raises(tg.errors.AnomalyError) as caught, autograd.detect_anomaly():
        with tg.scope("encoder", t=4):
            y = np.log(x * 2)  # the line
        np.exp(y)
    text = str(caught.value)
    assert text.startswith("log: -inf arose in 1 of 3 elements of the value in encoder at t=4, at ")
    assert f"{__file__}:" in text
    assert "y = np.log(x * 2)  # the line" in text
    assert "operands: x (3,) from 0 to 6, 1 zeros" in text


def test_the_first_cotangent_that_is_not_finite_is_named_with_the_forward_line():
    x = variable(4.0, 0.0)
    with pytest.raises(tg.errors.AnomalyError) as caught, autograd.detect_anomaly():
        y = np.sqrt(x)  # here
        np.sum(np.exp(y)).backward()
    text = str(caught.value)
    assert text.startswith("backward of sqrt: inf arose in 1 of 2 elements of the gradient of input 0")
    assert "y = np.sqrt(x)  # here" in text
    assert x.grad is None


def test_nothing_changes_where_all_is_finite():
    x = variable(1.0, 2.0)
    plain = autograd.grad(np.sum(np.tanh(x) * x), x)[0]
    with autograd.detect_anomaly():
        watched = autograd.grad(np.sum(np.tanh(x) * x), x, create_graph=True)[0]
    assert np.array_equal(plain.numpy(), watched.numpy())
    with np.errstate(divide="ignore"):
        np.log(x * 0)


def test_a_nan_that_was_there_before_is_named_where_it_comes_in():
    bad = tg.tensor(np.array([np.nan, 1.0]), requires_grad=True)
    for f, operand in ((lambda: bad * 2, "a"), (lambda: variable(1.0, 2.0) * [1.0, np.nan], "b")):
        with pytest.raises(tg.errors.AnomalyError) as caught, autograd.detect_anomaly(), tg.scope("enc", t=3):
            f()
        text = str(caught.value)
        assert text.startswith("multiply: nan came in by 1 of 2 elements of")
        assert f"of {operand} in enc at t=3, at {__file__}" in text
    with autograd.detect_anomaly():  # what a mask leaves out is no anomaly
        np.sum(np.where(np.isnan(bad), 0.0, bad)).backward()
    assert bad.grad.tolist() == [0.0, 1.0]


def test_infinities_may_mask_but_a_nan_that_they_make_is_found():
    scores = variable(1.0, 2.0)
    with autograd.detect_anomaly():
        masked = np.where([True, False], scores, -np.inf)
        np.sum(tg.ops.softmax(masked) * [1.0, 2.0]).backward()
    with (
        pytest.raises(tg.errors.AnomalyError, match=r"^subtract: nan arose in 1 of 2 elements of the value, at .*test"),
        np.errstate(invalid="ignore"),
        autograd.detect_anomaly(),
    ):
        masked - masked


@pytest.mark.parametrize("give", ["gradient", "hook"])
def test_a_gradient_that_is_given_as_nan_is_told_from_one_that_arose(give):
    x = variable(1.0, 2.0)
    with pytest.raises(tg.errors.AnomalyError) as caught, autograd.detect_anomaly():
        y = x * 2  # here
        if give == "hook":
            y.register_hook(lambda g: np.full(2, np.nan))
        y.backward(gradient=np.array([1.0, np.nan if give == "gradient" else 1.0]))
    text = str(caught.value)
    assert text.startswith("backward of multiply: nan came in by")
    assert "of the gradient of its value, applied at" in text
    assert "y = x * 2  # here" in text
    assert "a hook, or the gradient that backward was given" in text


def test_constants_and_tangents_are_looked_at_too():
    with (
        pytest.raises(tg.errors.AnomalyError, match="fmod: nan arose"),
        autograd.detect_anomaly(),
        np.errstate(all="ignore"),
    ):
        np.fmod(tg.tensor([1.0, 1.0]), tg.tensor([1.0, 0.0]))
    with pytest.raises(tg.errors.AnomalyError) as caught, autograd.detect_anomaly():
        assert tg.func.jvp(np.sqrt, (np.ones(2),), (np.ones(2),))[1].tolist() == [0.5, 0.5]
        tg.func.jvp(np.sqrt, (np.array([0.0, 1.0]),), (np.ones(2),))  # here
    text = str(caught.value)
    assert text.startswith("forward mode of sqrt: inf arose in 1 of 2 elements of the tangent of its value, applied at")
    assert "# here" in text


def test_operands_that_have_no_range_are_named_by_their_shape():
    with np.errstate(divide="ignore"), pytest.raises(tg.errors.AnomalyError) as caught, autograd.detect_anomaly():
        np.divide(variable(1.0, 2.0), tg.tensor([True, False]))
    assert "operands: a (2,) from 1 to 2, 0 zeros, b (2,); keep" in str(caught.value)


def test_an_observer_and_anomalies_look_on_at_once():
    x, w = variable(1.0, 2.0), tg.tensor(np.eye(2), requires_grad=True)
    with autograd.detect_anomaly():
        y = np.sum((x @ w) * (w @ x))
    seen = {}

    def observe(node, i, g):
        seen.setdefault((node.op.name, i), []).append(g)

    with autograd.detect_anomaly():
        found = sweep([(y.node, np.ones(()))], observe=observe)
    assert [g.tolist() for g in seen["multiply", None]] == [[1.0, 1.0]]
    # Uses that are computed in one product are shown as functions, by which each can be had alone.
    uses = [*seen["matmul", 0], *seen["matmul", 1]]
    assert any(callable(use) for use in uses)
    alone = [use() if callable(use) else use for use in uses]
    np.testing.assert_allclose(sum(g for g in alone if g.shape == (2, 2)), found[w.node])
    nothing = variable(1.0)
    with pytest.raises(tg.errors.AnomalyError, match="backward of sqrt"), autograd.detect_anomaly():
        sweep([(np.sqrt(nothing * 0).node, np.ones(1))], observe=observe)


def test_a_layer_is_named_with_its_path_and_step():
    layer = nn.LSTM(2, 3)
    layer.weight_hh_l0.data = np.full((12, 3), 3e38)  # overflows as soon as h adds up to more than 1
    with (
        np.errstate(all="ignore"),
        pytest.raises(tg.errors.AnomalyError, match=r"linear: inf .* in LSTM/l0 at t=\d, at .*"),
    ):
        with autograd.detect_anomaly():
            layer(np.ones((4, 1, 2), "f4"))


# gradcheck


def test_gradcheck_passes_what_is_right():
    x, w = np.random.default_rng(0).normal(size=(2, 3)), np.random.default_rng(1).normal(size=(3, 2))
    assert gradcheck(lambda x, w: (np.tanh(x @ w), x.sum()), (x, w))
    assert gradgradcheck(lambda x, w: np.tanh(x @ w), (x, w))
    assert gradcheck(np.tanh, x.astype("f4"))
    assert gradcheck(lambda x, k: x[k], (x, np.array([1, 0])))


def test_gradcheck_of_what_depends_on_nothing():
    assert gradcheck(lambda x: tg.tensor([1.0, 2.0]), np.ones(2))
    with pytest.raises(
        tg.errors.GradcheckError,
        match=r"element \(0,\): analytic 0, numeric .*; each operation is right by itself; was",
    ):
        gradcheck(lambda x: np.sum(x.detach() * [2.0, 1.0]), np.ones(2))


def wrong(factor, forward=1.0):
    """A square whose rules are right but for a factor."""

    @autograd.differentiable(lambda g, x: g * (2 * factor * x), jvp=(lambda t, x: t * (2 * factor * forward * x),))
    def wrong(x):
        return x * x

    return wrong


def in_a_scope(f):
    @tg.scope("encoder", t=3)
    def inside(x):
        return np.tanh(f(np.exp(x)))

    return inside


@pytest.mark.parametrize(
    ("f", "at", "message"),
    [
        (
            lambda: wrong(1.001),
            [0.5, 2.0],
            r"input 0, element \(1,\): analytic .*, numeric .*; the derivative rule is wrong; found in wrong$",
        ),
        (lambda: in_a_scope(wrong(1.001)), [0.5, 2.0], "rule is wrong; found in wrong in encoder at t=3$"),
        (lambda: wrong(1.01), np.array([0.5, 2.0], "f4"), "rule is wrong; found in wrong$"),
        (lambda: wrong(1.0, 1.001), [0.5, 2.0], r"forward mode .*, reverse mode .*; the forward rule .*in wrong$"),
        (lambda: tg.ops.relu, [1.0, 0.0], r"element \(1,\).*a kink here \(slopes 0 and .*; found in relu$"),
        (lambda: np.sqrt, [0.0], "analytic inf, numeric nan; the point is singular, or at the end of the domain"),
        (lambda: np.log, [-1.0], "whose value is nan at the point"),
        (lambda: lambda x: x * np.random.default_rng().random(), [1.0], "not deterministic"),
        (lambda: lambda x: np.tanh(x * 1e5), [1e-6], "step 6e-06 is too large .* use eps=6e-09"),
        (lambda: lambda x: (x + 3e5) - 3e5, np.array([1.0003], "f4"), "too small .* use eps"),
        (lambda: lambda x: x, np.array([1]), "got no floating input"),
    ],
)
def test_gradcheck_tells_the_causes_apart(f, at, message):
    try:
        with pytest.raises(tg.errors.GradcheckError, match=message):
            gradcheck(f(), np.asarray(at))
    finally:
        REGISTRY.pop("wrong", None)


@pytest.mark.parametrize(("eps", "word"), [(0.1, "large"), (1e-14, "small")])
def test_a_step_that_the_user_chose_badly_is_told_from_a_wrong_rule(eps, word):
    with pytest.raises(tg.errors.GradcheckError, match=rf"the step .* is too {word} for this function"):
        gradcheck(lambda x: np.sin(x * 50), np.array([0.3]), eps=eps)
    try:
        with pytest.raises(tg.errors.GradcheckError, match="rule is wrong; found in wrong"):
            gradcheck(wrong(1.5), np.array([0.3]), eps=eps)
    finally:
        REGISTRY.pop("wrong", None)


def test_gradgradcheck_sees_a_first_derivative_that_is_right_and_a_second_that_is_not():
    op = autograd.elementwise("wrong", lambda x: x**3, lambda g, x: g * (3 * x * np.asarray(x)))
    try:
        assert gradcheck(op, np.array([0.7]))
        with pytest.raises(tg.errors.GradcheckError, match=r"^gradgradcheck: .* is wrong; found in wrong$"):
            gradgradcheck(op, np.array([0.7]))
    finally:
        REGISTRY.pop("wrong")


# custom operations


def test_a_custom_operation_is_one_record_and_one_call_tests_it():
    softclip = autograd.elementwise("softclip", lambda x: x / (1 + np.abs(x)), lambda g, x: g / (1 + np.abs(x)) ** 2)
    try:
        x = np.random.default_rng(0).normal(size=(2, 3))
        assert gradcheck(softclip, x)
        assert gradgradcheck(softclip, x)
        _, t = tg.func.jvp(softclip, (x,), (np.ones_like(x),))
        assert np.allclose(t.numpy(), 1 / (1 + np.abs(x)) ** 2)
    finally:
        REGISTRY.pop("softclip")


# hooks


def test_hooks_see_and_replace_gradients_in_order():
    x = variable(1.0, 2.0)
    y = x * x
    seen = []
    first = y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 2)
    y.sum().backward()
    assert seen == [[1.0, 1.0]]
    assert x.grad.tolist() == [4.0, 8.0]
    first()
    first()
    x.grad = None
    (g,) = autograd.grad(y.sum(), x, create_graph=True)
    assert len(seen) == 1
    assert g.requires_grad
    assert autograd.grad(g.sum(), x)[0].tolist() == [4.0, 4.0]
    y.register_hook(lambda g: np.ones(3))
    with pytest.raises(tg.errors.RuleError, match=r"hook: got a gradient of shape \(3,\) from a hook; need \(2,\)"):
        y.sum().backward()
    with pytest.raises(tg.errors.GraphError, match="register_hook: got a Tensor without history"):
        tg.tensor(1.0).register_hook(print)


def test_a_hook_that_is_removed_twice_was_removed_once():
    x = variable(1.0)
    handle = x.register_hook(lambda g: g * 2)
    handle.remove()
    assert x.node.hooks is None
    handle()
    (x * 3).backward()
    assert x.grad.tolist() == [3.0]


def test_a_leaf_has_its_gradient_anyway():
    x = variable(3.0)
    x.retain_grad()
    (x * x).backward()
    assert x.grad.tolist() == [6.0]


def test_results_can_retain_their_gradient():
    x = variable(3.0)
    y = x * 2
    y.retain_grad()
    for times in (1, 2):
        np.sum(y * y).backward()
        assert y.grad.tolist() == [12.0 * times]
    y.grad = None
    assert y.grad is None
    np.sum(y * y).backward()
    assert y.grad.tolist() == [12.0]


def test_hooks_see_one_sweep_also_where_a_gradient_is_nan():
    x = variable(1.0, 2.0)
    y = x * 1.0
    y.retain_grad()
    seen = []
    x.register_hook(lambda g: seen.append(g))
    (y * np.array([np.nan, 1.0])).sum().backward()
    np.testing.assert_array_equal(y.grad.numpy(), [np.nan, 1.0])
    assert len(seen) == 1


# the program as text


def test_the_program_of_a_function():
    program = autograd.trace(lambda x, w: np.sum(np.tanh(x @ w) * 2))(np.ones((2, 3)), np.ones((3, 4)))
    assert program.forward == [
        "%0 = variable  (2, 3) float64",
        "%1 = variable  (3, 4) float64",
        "%2 = matmul %0 %1  (2, 4) float64",
        "%3 = tanh %2  (2, 4) float64",
        "%4 = multiply %3 const  (2, 4) float64",
        "%5 = sum %4  () float64",
    ]
    assert [line.split(" ")[0] for line in program.backward] == ["d%4", "d%3", "d%2", "d%0", "d%1"]
    assert "d%3 += d%4 * b" in program.backward
    assert "d%2 += d%3 - d%3 * (y * y)" in program.backward


def test_arguments_and_results_of_a_program_may_be_structures_and_options_stay_as_they_are():
    def f(p, axis, parts, *, weight):
        return {"y": [np.sum(p["a"] * p["b"][0], axis=axis) * weight], "z": (parts[0], "text")}

    given = {"a": np.ones((2, 3)), "b": (tg.tensor(np.ones(3)), None)}
    program = autograd.trace(f)(given, 1, [np.ones(2), np.arange(2)], weight=np.ones(2))
    names = [line.partition(" = ")[2].split(" ")[0] for line in program.forward]
    assert names == [*["variable"] * 4, "multiply", "sum", "multiply"]
    assert "axis=1" in program.forward[-2]
    assert "%1 = sum %0 [axis=1]  (2,) float64" in autograd.trace(np.sum)(np.ones((2, 3)), 1).forward


def test_lines_carry_the_labels():
    layer = nn.LSTM(2, 3)
    text = str(autograd.trace(lambda x: layer(x)[0])(np.ones((4, 1, 2), "f4")))
    assert re.search(r"%\d+ = sigmoid %\d+  \(1, 3\) float32  LSTM/l0 t=3 gate=f", text)
    assert "name=weight_hh_l0" in text
    with pytest.raises(tg.errors.GraphError, match="does not depend on a floating input"):
        autograd.trace(lambda x: 1)(2.0)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_operation_can_be_explained(name):
    text = autograd.explain(name)
    assert text.startswith(f"{name}(")
    for slope, numeric in re.findall(r"= (\S+) \(numeric (\S+)\)", text):
        assert float(slope) == pytest.approx(float(numeric), rel=1e-3, abs=1e-5)


def test_most_operations_are_checked_at_a_sample():
    unchecked = {name for name in SAMPLES if "numeric" not in autograd.explain(name)}
    assert not unchecked & {"matmul", "sum", "max", "stack", "solve", "det", "linear", "softmax", "var"} & set(SAMPLES)
    assert len(unchecked) < len(SAMPLES) / 5  # those that need an index, a shape, or a mask


def test_an_operation_is_explained_by_name_record_or_function():
    assert autograd.explain(tg.ops.tanh) == autograd.explain("tanh") == autograd.explain(REGISTRY["tanh"])
    assert autograd.explain(np.tanh) == autograd.explain("tanh")
    assert repr(REGISTRY["tanh"]) == "<op tanh(x)>"
    assert "d a = 0.5 (numeric 0.5)" in autograd.explain("multiply", 2.0, 0.5)
    with pytest.raises(tg.errors.ShapeError, match="matmul"):
        autograd.explain("matmul", np.ones(2), np.ones(3))


def test_a_rule_without_source_is_told_by_its_parameters():
    autograd.elementwise("unseen", lambda x: x * x, eval("lambda g, x: g * 2 * x"))
    assert autograd.formula(REGISTRY["unseen"]) == "(g, x)"


def test_what_a_tensor_says_of_itself():
    x = variable(1.0)
    assert repr(x) == "tensor([1.], dtype=float64, requires_grad=True)"
    assert repr(x * 2) == "tensor([2.], dtype=float64, op=multiply)"
    assert repr(x.detach()) == "tensor([1.], dtype=float64)"
    assert repr(x.node.op) == "<op variable>"


def test_names_are_noted_where_somebody_asks():
    token = NOTES.set({})
    try:
        h, constant = variable(1.0) * 2, tg.tensor(1.0)
        tg.name(h=h, k=constant)
        assert NOTES.get() == {"h": h, "k": constant}
        assert h.node.name == "h"
    finally:
        NOTES.reset(token)


def test_explaining_what_is_not_there():
    with pytest.raises(tg.errors.GraphError, match=r"explain: got 'tanj'; .* such as 'tan'"):
        autograd.explain("tanj")
    for function in (np.std, np.fft.fft, tg.nn.functional.mse_loss):
        with pytest.raises(tg.errors.GraphError, match=r"which is no operation; .* use tg.autograd.trace\(\w+\)\(x\)"):
            autograd.explain(function)


# copies


def test_leaves_copy_and_pickle_with_their_gradient():
    p = nn.Parameter(np.array([1.0, 2.0]))
    p.sum().backward()
    for other in (copy.deepcopy(p), pickle.loads(pickle.dumps(p)), copy.copy(p)):
        assert type(other) is nn.Parameter
        assert other.tolist() == [1.0, 2.0]
        assert other.grad.tolist() == [1.0, 1.0]
        assert other.requires_grad
        assert other.node is not p.node
        other.data = np.zeros(2)
        assert p.tolist() == [1.0, 2.0]
    assert not pickle.loads(pickle.dumps(tg.tensor(1.0))).requires_grad


def test_a_result_refuses_to_lose_its_history():
    y = variable(1.0) * 2
    for lose in (copy.deepcopy, pickle.dumps, copy.copy):
        with pytest.raises(tg.errors.GraphError, match=r"whose history would be lost; use .detach\(\)"):
            lose(y)
    assert pickle.loads(pickle.dumps(y.detach())).tolist() == [2.0]


@pytest.mark.parametrize("make", [lambda: nn.LSTM(2, 3, num_layers=2), lambda: nn.RNN(2, 3), lambda: nn.GRU(2, 3)])
def test_modules_copy_and_pickle(make):
    layer, x = make(), np.ones((3, 2, 2), "f4")
    y = layer(x)[0].numpy()
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert np.array_equal(other(x)[0].numpy(), y)
        assert [p.node.name for p in other.parameters()] == [n for n, _ in layer.named_parameters()]
        for p in other.parameters():
            p.data = np.zeros(p.shape)
        assert np.array_equal(layer(x)[0].numpy(), y)


def test_shared_parameters_stay_shared_in_a_copy():
    class Tied(nn.Module):
        def __init__(self):
            self.a = nn.Linear(2, 2)
            self.b = nn.Linear(2, 2)
            self.b.weight = self.a.weight

    other = copy.deepcopy(Tied())
    assert other.a.weight is other.b.weight


def test_a_node_tells_its_rules():
    x = variable(1.0, 2.0)
    assert (x * x).node.vjp == ("g * b", "g * a")
    assert x.node.vjp == ()


def test_a_forward_rule_that_is_missing_is_no_fault():
    @unlisted
    @autograd.differentiable(lambda g, x: 2 * g * x)
    def squared(x):
        return x * x

    assert autograd.gradcheck(squared, np.array([0.5, 2.0]))


def test_a_step_is_a_positive_number():
    with pytest.raises(tg.errors.OptionError, match="got eps=0"):
        gradcheck(np.tanh, np.ones(2), eps=0)


def test_a_function_that_takes_derivatives_itself_is_searched_too():
    rule = wrong(1.5)

    def slopes(x):
        g = tg.func.grad(lambda x: np.sum(np.tanh(x)))(x)
        _, t = tg.func.jvp(np.tanh, (x,), (x,))
        return rule(g * t)

    with pytest.raises(tg.errors.GradcheckError, match=f"found in {rule.op.name}"):
        gradcheck(slopes, np.array([0.3, 0.5]))


def test_names_are_given_to_all_values_or_to_none():
    h = variable(1.0) * 2
    with pytest.raises(tg.errors.DTypeError, match="got float for c"):
        tg.name(h=h, c=1.0)
    assert h.node.name is None
