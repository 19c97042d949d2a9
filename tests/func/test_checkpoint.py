"""Checkpoints: exact at every order, no graph kept, one more forward, and memory as the root of time."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest
from derivatives import assert_close

import tinygrad_seq as tg
from tinygrad_seq import func, nn
from tinygrad_seq.autograd import ancestors

RNG = np.random.default_rng(0)


def piece(x, w):
    for _ in range(3):
        x = np.tanh(x @ w)
    return x, np.sum(x * x)


def test_values_gradients_and_higher_orders_are_those_of_the_plain_function():
    x, w = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 3))
    total = lambda f: lambda x, w: np.sum(f(x, w)[0] ** 3) + f(x, w)[1]
    plain, again = total(piece), total(func.checkpoint(piece))
    for argnums in (0, 1):
        assert_close(func.grad(again, argnums)(x, w), func.grad(plain, argnums)(x, w), "first", rtol=1e-13)
        assert_close(func.hessian(again, argnums)(x, w), func.hessian(plain, argnums)(x, w), "second", rtol=1e-12)
        third = [func.grad(lambda v, f=f: func.hvp(lambda u: f(u, w), v, x).sum())(x).numpy() for f in (again, plain)]
        assert_close(*third, "third", rtol=1e-11)
    jvps = [func.jvp(f, (x, w), (w[[0, 1, 2, 0]], w))[1] for f in (again, plain)]
    assert_close(*jvps, "forward", rtol=1e-13)


def test_no_graph_of_the_inside_is_kept():
    x = tg.tensor(RNG.normal(size=(4, 3)), requires_grad=True)
    y, s = func.checkpoint(piece)(x, RNG.normal(size=(3, 3)))
    names = {n.op.name for n in ancestors([y.node, s.node])}
    assert "tanh" not in names
    assert "checkpoint" in names


def test_what_is_closed_over_gets_its_gradient_once():
    layer = nn.LSTM(3, 4).double()
    x = RNG.normal(size=(5, 2, 3))
    gradients = []
    for run in (layer, func.checkpoint(layer)):
        layer.zero_grad()
        shared = tg.tensor(x, requires_grad=True)
        scaled = shared * 2
        both = run(scaled)[0] + np.mean(scaled)
        (both**2).sum().backward()
        gradients.append([p.grad.numpy() for p in layer.parameters()] + [shared.grad.numpy()])
    for a, b in zip(*gradients, strict=True):
        assert_close(a, b, "gradient", rtol=1e-12)


def test_an_input_that_depends_on_another_is_not_counted_twice():
    x = tg.tensor(2.0, dtype="float64", requires_grad=True)
    y = x * x
    func.checkpoint(lambda x, y: x * y)(x, y).backward()
    assert x.grad.item() == 12


def test_dropout_falls_alike_in_both_runs():
    tg.seed(0)
    w = tg.tensor(np.ones(1000), requires_grad=True)
    y = func.checkpoint(lambda w: nn.functional.dropout(w, 0.5))(w)
    after = tg.random.generator().random()
    y.sum().backward()
    assert (w.grad.numpy() == y.numpy()).all()
    tg.seed(0)
    nn.functional.dropout(w, 0.5)
    assert tg.random.generator().random() == after


def run(steps, every, batch=2, hidden=8):
    tg.seed(0)
    cell = nn.LSTMCell(4, hidden)
    xs = np.random.default_rng(1).normal(size=(steps, batch, 4)).astype("f4")
    calls = []

    def step(state, x):
        calls.append(1)
        h, c = cell(x, state)
        return (h, c), h[0, 0]

    zero = np.zeros((batch, hidden), "f4")
    tracemalloc.start()
    _, ys = func.scan(step, (zero, zero), xs, checkpoint_every=every)
    (ys * ys).mean().backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, len(calls), cell.weight_hh.grad.numpy()


def test_arguments_may_be_changed_before_the_second_run():
    """NumPy may write into an array; what runs again sees what the first run saw."""
    w = tg.tensor(RNG.normal(size=(3, 3)), requires_grad=True)
    step = lambda state, x: (np.tanh(state["h"] @ w + x), state["h"])
    again = func.checkpoint(lambda x, *, more: np.sum(np.tanh(x @ w) * more[0]))

    def scanned(xs, h):
        last, ys = func.scan(lambda h, x: ((s := step({"h": h}, x))[0], s[1]), h, xs)
        return np.sum(last) + np.sum(ys**2)

    for f in (scanned, lambda x, y: again(x, more=[y])):
        found = []
        for change in (False, True):
            x, y = np.linspace(-1, 1, 12).reshape(4, 3), np.array([1.0, 2.0, 3.0])
            total = f(x, y)
            if change:
                x[:] = y[:] = 7
            found.append(tg.autograd.grad(total, w)[0].numpy())
        np.testing.assert_array_equal(*found)


def test_a_scan_takes_one_more_forward_and_gives_the_same():
    _, plain_calls, plain = run(100, 100)
    _, calls, g = run(100, None)
    assert plain_calls == 100
    assert calls == 200
    assert_close(g, plain, "gradient", rtol=1e-5)


@pytest.mark.slow
def test_memory_of_ten_thousand_steps():
    plain, _, g = run(10_000, 10_000)
    small, calls, same = run(10_000, None)
    assert small * 20 <= plain
    assert calls == 20_000
    assert_close(same, g, "gradient", rtol=1e-4)


def test_what_a_structure_held_does_not_wait_for_the_collector():
    gc.disable()
    try:
        x = tg.tensor(np.ones(2))
        watched = weakref.ref(x)
        func.scan(lambda state, x: (state * x[0], state), np.ones(()), [x])
        del x
        assert watched() is None
    finally:
        gc.enable()
