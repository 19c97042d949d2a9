"""Transforms of functions: against finite differences, against each other, nested in every order, on layers."""

import collections
import itertools

import numpy as np
import pytest
from derivatives import assert_close, numeric

import tinygrad_seq as tg
from tinygrad_seq import func, nn
from tinygrad_seq.autograd import REGISTRY
from tinygrad_seq.autograd.sweep import push

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 2))
A = RNG.normal(size=(2, 3))


def scalar(x):
    return np.sum(np.tanh(x @ A) ** 2) + np.sum(np.exp(x)[0])


def vector(x):
    return np.tanh(A @ x)[:, 0]


def test_grad_and_value():
    value, g = func.value_and_grad(scalar)(X)
    assert value.item() == scalar(X)
    assert_close(g, numeric(scalar, X), "grad")
    assert not value.requires_grad
    assert not g.requires_grad


def test_jvp_and_vjp_are_transposes():
    t, u = RNG.normal(size=X.shape), RNG.normal(size=2)
    y, forward = func.jvp(vector, (X,), (t,))
    same, pull = func.vjp(vector, X)
    assert_close(y, vector(X), "value", rtol=1e-15)
    assert_close(same, vector(X), "value", rtol=1e-15)
    for _ in range(2):
        (backward,) = pull(u)
        assert (forward.numpy() * u).sum() == pytest.approx((backward.numpy() * t).sum(), rel=1e-12)


@pytest.mark.parametrize("mode", ["forward", "reverse", None])
def test_jacobian(mode):
    expected = np.stack([numeric(lambda x, k=k: vector(x)[k], X) for k in range(2)])
    assert_close(func.jacobian(vector, mode=mode)(X), expected, "jacobian")


def test_the_jacobian_takes_the_cheaper_way(monkeypatch):
    swept = []
    for way in ("push", "sweep"):
        real = getattr(func.transforms, way)
        monkeypatch.setattr(
            func.transforms, way, lambda *a, real=real, way=way, **k: swept.append(way) or real(*a, **k)
        )
    func.jacobian(lambda x: np.sum(x))(np.ones(5))
    assert swept == ["sweep"]
    swept.clear()
    func.jacobian(lambda x: x * np.ones(5))(np.float64(2))
    assert swept == ["push"]


def test_every_nesting_gives_the_same_hessian():
    expected = func.hessian(scalar)(X)
    assert_close(
        expected,
        np.stack(
            [[numeric(lambda x, i=i, j=j: func.grad(scalar)(x).numpy()[i, j], X) for j in range(2)] for i in range(3)]
        ),
        "hessian",
        rtol=1e-5,
    )
    for outer, inner in itertools.product(("forward", "reverse"), repeat=2):
        h = func.jacobian(func.jacobian(scalar, mode=inner), mode=outer)(X)
        assert_close(h, expected, f"{outer} over {inner}", rtol=1e-11)
    assert_close(func.hessian(func.checkpoint(scalar))(X), expected, "checkpoint", rtol=1e-11)


def test_third_order_in_every_mixture():
    f = lambda x: np.tanh(x) * x
    expected = None
    for ways in itertools.product((func.grad, lambda g: lambda x: func.jvp(g, (x,), (1.0,))[1]), repeat=3):
        g = f
        for way in ways:
            g = way(g)
        got = g(np.float64(0.3)).item()
        expected = got if expected is None else expected
        assert got == pytest.approx(expected, rel=1e-12)
    assert expected == pytest.approx(numeric(lambda x: func.grad(func.grad(f))(x).item(), 0.3).item(), rel=1e-6)


def test_hvp_is_hessian_times_vector():
    v = RNG.normal(size=X.shape)
    expected = np.einsum("ijkl,kl->ij", func.hessian(scalar)(X).numpy(), v)
    assert_close(func.hvp(scalar, X, v), expected, "hvp", rtol=1e-12)


def test_no_transform_takes_anothers_variable_for_its_own():
    # d/dx (x * d/dy (x + y)) = 1, and = 2 where the two are confused (Siskind and Pearlmutter 2005).
    assert func.grad(lambda x: x * func.grad(lambda y: x + y)(1.0))(2.0).item() == 1
    assert func.jvp(lambda x: x * func.jvp(lambda y: x + y, (1.0,), (1.0,))[1], (2.0,), (1.0,))[1].item() == 1
    assert func.grad(lambda x: x * func.jvp(lambda y: x * y, (3.0,), (1.0,))[1])(2.0).item() == 4
    assert func.jvp(lambda x: x * func.grad(lambda y: x * y)(3.0), (2.0,), (1.0,))[1].item() == 4


def test_structures_go_in_and_come_out():
    tree = {"w": X, "rest": [2.0, (np.float64(3.0),)]}
    f = lambda p: np.sum(p["w"] ** 2) * p["rest"][0] + p["rest"][1][0]
    g = func.grad(f)(tree)
    assert_close(g["w"], 4 * X, "w")
    assert g["rest"][0].item() == pytest.approx((X**2).sum())
    assert g["rest"][1][0].item() == 1
    _, t = func.jvp(lambda p: {"y": p["w"] * p["rest"][0]}, (tree,), (tree,))
    assert_close(t["y"], 4 * X, "jvp")
    j = func.jacobian(lambda p: (p["w"][0], p["rest"][0]))(tree)
    assert j[0]["w"].shape == (2, 3, 2)
    assert j[1]["rest"][0].item() == 1


def test_several_arguments_aux_and_keywords():
    f = lambda a, b, c=1.0: (np.sum(a * b * c), {"seen": a})
    (ga, gb), aux = func.grad(f, argnums=(0, 1), has_aux=True)(X, 2 * X, c=3.0)
    assert_close(ga, 6 * X, "a")
    assert_close(gb, 3 * X, "b")
    assert not aux["seen"].requires_grad
    (value, _), g = func.value_and_grad(f, argnums=-1, has_aux=True)(X, X)
    assert value.item() == pytest.approx((X * X).sum())
    assert_close(g, X, "last")


def test_an_unused_input_has_gradient_zero():
    assert func.grad(lambda x, y: y * 2, argnums=0)(3.0, 1.0).item() == 0
    assert func.jacobian(lambda x: np.ones(2))(X).shape == (2, 3, 2)
    assert func.jvp(lambda x: np.ones(2), (X,), (X,))[1].tolist() == [0, 0]


def test_gradients_of_gradients_with_respect_to_what_is_closed_over():
    w = tg.tensor(2.0, dtype="float64", requires_grad=True)
    g = func.grad(lambda x: np.sin(x * w) if hasattr(tg.ops, "sin") else np.tanh(x * w))(0.3)
    g.backward()
    assert w.grad is not None
    assert func.grad(lambda x: x * x)(3.0).requires_grad is False


def test_plain_gradients_are_not_recorded(monkeypatch):
    recorded = []
    real = func.transforms.sweep
    monkeypatch.setattr(
        func.transforms, "sweep", lambda *a, record, **k: recorded.append(record) or real(*a, record=record, **k)
    )
    func.grad(scalar)(X)
    func.grad(lambda x: func.grad(scalar)(x)[0, 0])(X)
    with tg.no_grad():
        assert_close(func.grad(scalar)(X), numeric(scalar, X), "within no_grad")
    assert recorded == [False, True, False, False]


LAYERS = [nn.RNN(2, 3), nn.LSTM(2, 3, num_layers=2), nn.GRU(2, 3, bidirectional=True)]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_exact_hessians_and_jvps_of_layers_through_time(layer):
    layer = layer.double()
    x = RNG.normal(size=(4, 2, 2))
    loss = lambda params, x: (func.functional_call(layer, params, x)[0] ** 2).sum()
    params = layer.state_dict()
    v = {name: RNG.normal(size=p.shape) for name, p in params.items()}
    g = func.grad(loss)(params, x)
    _, slope = func.jvp(lambda p: loss(p, x), (params,), (v,))
    assert slope.item() == pytest.approx(sum((g[n].numpy() * v[n]).sum() for n in v), rel=1e-12)
    hv = func.hvp(lambda p: loss(p, x), params, v)
    step = 1e-5
    above, below = (func.grad(loss)({n: params[n] + s * v[n] for n in v}, x) for s in (step, -step))
    for name in params:
        assert_close(hv[name], (above[name].numpy() - below[name].numpy()) / (2 * step), name, rtol=1e-7, atol=1e-8)
    h = func.hessian(lambda x: loss(params, x))(x).numpy()
    assert_close(h, h.transpose(3, 4, 5, 0, 1, 2), "symmetric", rtol=1e-11)


def test_functional_call_leaves_the_module_untouched():
    layer = nn.Linear(2, 1)
    before, node = layer.state_dict(), layer.weight.node
    with pytest.raises(ZeroDivisionError):
        func.functional_call(layer, {"weight": np.ones((1, 2), "f4")}, 1 / 0 if False else _Explodes())
    assert layer.weight.node is node
    for name, value in layer.state_dict().items():
        assert (value == before[name]).all()


class _Explodes:
    shape = (1, 2)

    def __array__(self, *args, **kwargs):
        raise ZeroDivisionError


def count(f, *args):
    """How many operations are applied while f runs, in values and rules, counted at the ufuncs of the chain."""
    calls = []
    op = REGISTRY["tanh"]
    value = op.value

    def counted(x):
        calls.append(1)
        return value(x)

    chain = tg.autograd.elementwise("counted", counted, lambda g, y: calls.append(1) or g - g * (y * y))
    try:
        f(chain, *args)
    finally:
        REGISTRY.pop("counted")
    return len(calls)


def test_cost_of_transforms_in_evaluations():
    n = 100

    def along(chain):
        def f(x):
            for _ in range(n):
                x = chain(x)
            return x

        return f

    assert count(lambda c: along(c)(0.3)) == n
    assert count(lambda c: func.jvp(along(c), (0.3,), (1.0,))) == 2 * n
    assert count(lambda c: func.grad(along(c))(0.3)) == 2 * n
    gradient = 2 * n
    assert count(lambda c: func.hvp(along(c), 0.3, 1.0)) <= 3 * gradient


def test_forward_mode_keeps_the_dtype_of_the_value():
    single, mask = np.ones(3, np.float32), np.array([True, False, True])
    _, t = func.jvp(lambda x: np.where(mask, x, np.zeros(3)), (single,), (single,))
    assert t.dtype == np.float64
    assert t.tolist() == [1, 0, 1]


def test_forward_mode_drops_each_tangent_after_its_last_use():
    x = tg.tensor(X, requires_grad=True)
    middle = x * 2
    y = np.sum(np.tanh(middle) * x) + np.sum(middle)
    tangents = push({x.node: np.ones_like(X)}, [middle.node, y.node])
    assert set(tangents) == {middle.node, y.node}
    assert tangents[middle.node].tolist() == np.full(X.shape, 2.0).tolist()


REFUSED = {
    "vector": (lambda: func.grad(vector)(X), r"grad: got a function that returns shape \(2,\); need one element"),
    "integers": (
        lambda: func.grad(scalar)(np.ones((3, 2), int)),
        "got dtype int64 in argument 0; need a floating dtype",
    ),
    "argnums": (lambda: func.grad(scalar, argnums=1)(X), "got argnums=1 for a call with 1 arguments"),
    "aux": (lambda: func.grad(scalar, has_aux=True)(X), "returns no pair"),
    "tangent": (lambda: func.jvp(scalar, (X,), (X[0],)), r"jvp: got a tangent of shape \(2,\); need \(3, 2\)"),
    "structure": (lambda: func.jvp(scalar, (X,), ([X],)), "tangent of another structure"),
    "cotangent": (lambda: func.vjp(vector, X)[1](np.ones(3)), r"vjp: got a cotangent of shape \(3,\); need \(2,\)"),
    "mode": (lambda: func.jacobian(vector, mode="both"), "got mode='both'"),
    "parameter": (lambda: func.functional_call(nn.Linear(2, 1), {"w": X}, X), "got 'w'; need one of weight, bias"),
    "shape": (
        lambda: func.functional_call(nn.Linear(2, 1), {"weight": X}, X),
        r"weight of shape \(3, 2\); need \(1, 2\)",
    ),
    "time": (lambda: func.scan(lambda s, x: (s, x), 0.0, np.float64(1)), "need one length of at least 1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    provoke, message = REFUSED[case]
    with pytest.raises(tg.errors.TinygradSeqError, match=message):
        provoke()


def test_a_dict_keeps_its_class_and_its_keys_may_come_in_any_order():
    p = collections.OrderedDict(b=np.array(2.0), a=np.array(3.0))
    g = func.grad(lambda p: p["a"] ** 2 * p["b"])(p)
    assert type(g) is collections.OrderedDict
    assert {k: v.item() for k, v in g.items()} == {"b": 9.0, "a": 12.0}
    counts = collections.defaultdict(list, p)
    assert func.grad(lambda p: p["a"])(counts)["new"] == []
    _, t = func.jvp(lambda p: {"u": p["a"] * p["b"], "v": p["a"]}, (p,), ({"a": 1.0, "b": 10.0},))
    assert {k: v.item() for k, v in t.items()} == {"u": 32.0, "v": 1.0}
    _, pull = func.vjp(lambda a: {"u": a * 2, "v": a * 3}, 1.0)
    assert pull({"v": 10.0, "u": 1.0})[0].item() == 32.0


@pytest.mark.parametrize(
    "tangents", [{"a": 1.0}, {"a": 1.0, "c": 1.0}, [1.0, 1.0], 1.0, {"a": 1.0, "b": [1.0]}, {"a": 1.0, "b": None}]
)
def test_another_structure_is_refused(tangents):
    with pytest.raises(tg.errors.ShapeError, match="another structure than the primals"):
        func.jvp(lambda p: p["a"] * p["b"], ({"a": 1.0, "b": 2.0},), (tangents,))


def test_a_hessian_hands_on_what_else_the_function_returns():
    h, aux = func.hessian(lambda x: (np.sum(x**3), {"seen": x * 2}), has_aux=True)(np.array([1.0, 2.0]))
    assert h.tolist() == [[6.0, 0.0], [0.0, 12.0]]
    assert aux["seen"].tolist() == [2.0, 4.0]
    assert not aux["seen"].requires_grad
