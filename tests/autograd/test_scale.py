"""Long graphs: no recursion, linear work, and memory that is given back at once."""

import contextlib
import gc
import inspect
import os
import platform
import subprocess
import sys
import tracemalloc
import weakref

import numpy as np
import pytest
from derivatives import unlisted

import tinygrad_seq as tg
from tinygrad_seq.autograd import ancestors, grad


@contextlib.contextmanager
def shallow_stack(room=60):
    """Python may go only a few calls deeper than here."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + room)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


@contextlib.contextmanager
def no_collector():
    """Nothing is freed but by reference counts."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def chain(x, length):
    y = x
    for _ in range(length):
        y = y + 1.0
    return y


def test_a_chain_of_50_000_operations():
    with shallow_stack():
        x = tg.tensor(1.0, requires_grad=True)
        y = chain(x, 50_000)
        assert len(ancestors([y.node])) == 50_001
        y.backward()
        assert x.grad.item() == 1
        (g,) = grad(y * y, x, create_graph=True)
        (second,) = grad(g, x)
        assert second.item() == 2
        del y, g


def test_a_loop_of_10_000_steps():
    T, H = 10_000, 3
    rng = np.random.default_rng(0)
    with shallow_stack():
        xs = tg.tensor(rng.normal(size=(T, H)), requires_grad=True)
        w = tg.tensor(0.3 * rng.normal(size=(H, H)), requires_grad=True)
        h = np.zeros(H)
        for t in range(T):
            h = np.tanh(xs[t] + h @ w)
        by_w, by_xs = grad(h.sum(), [w, xs])
        del h
    assert np.isfinite(by_w.numpy()).all()
    assert not by_xs.numpy()[0].any()
    assert by_xs.numpy()[-1].all()


def test_a_wide_sum_of_20_000_terms():
    x = tg.tensor(2.0, requires_grad=True)
    with shallow_stack():
        np.stack([x * 1.0 for _ in range(20_000)]).sum().backward()
    assert x.grad.item() == 20_000


def test_a_graph_is_freed_without_the_collector():
    x = tg.tensor(np.ones(5), requires_grad=True)
    with no_collector():
        a = np.tanh(x)
        b = np.exp(a) @ np.ones((5, 2))
        y = (b * b).sum()
        watched = [weakref.ref(part) for t in (a, b, y) for part in (t, t._data)]
        y.backward()
        grad(y, x, create_graph=True)[0].sum().backward()
        x.grad = None
        del a, b, y
        assert [ref() for ref in watched] == [None] * len(watched)


def test_a_recorded_sweep_is_freed_without_the_collector():
    x = tg.tensor(np.ones(5), requires_grad=True)
    with no_collector():
        y = (np.tanh(x) * x).sum()
        (g,) = grad(y, x, create_graph=True)
        (gg,) = grad((g * g).sum(), x, create_graph=True)
        watched = [weakref.ref(part) for t in (y, g, gg) for part in (t, t._data)]
        del y, g, gg
        assert [ref() for ref in watched] == [None] * len(watched)


def test_an_error_of_numpys_leaves_nothing_behind():
    with no_collector():
        x = tg.tensor(np.zeros((2, 2)), requires_grad=True)
        node = weakref.ref(x)
        with pytest.raises(np.linalg.LinAlgError):
            np.linalg.inv(x)
        del x
        assert node() is None


def test_an_error_in_a_sweep_leaves_nothing_behind():
    @unlisted
    @tg.autograd.differentiable(lambda g: g[:1])
    def cut_short(x):
        return x * 1

    x = tg.tensor(np.ones(5), requires_grad=True)
    with no_collector():
        a = np.tanh(x)
        y = cut_short(a)
        watched = [weakref.ref(part) for t in (a, y) for part in (t, t._data)]
        with pytest.raises(tg.errors.RuleError):
            y.sum().backward()
        del a, y
        assert [ref() for ref in watched] == [None] * len(watched)


def test_what_is_not_kept_is_freed_while_the_graph_lives():
    x = tg.tensor(np.ones(5), requires_grad=True)
    with no_collector():
        a = x + 1.0  # needed by no rule
        y = np.tanh(a + 2.0)
        watched = weakref.ref(a._data)
        del a
        assert watched() is None
        y.sum().backward()
    assert x.grad is not None


def test_steps_of_training_leave_nothing_to_collect():
    w = tg.tensor(np.ones((20, 20)), requires_grad=True)

    def step():
        h = np.ones((4, 20))
        for _ in range(5):
            h = np.tanh(h @ w)
        w.grad = None
        (g,) = grad((h * h).sum(), w, create_graph=True)
        (h.sum() + (g * g).sum()).backward()
        w.data = w.numpy() - 0.01 * w.grad.numpy()

    with no_collector():
        step()
        gc.collect()
        alive = len(gc.get_objects())
        for _ in range(20):
            step()
        assert len(gc.get_objects()) - alive < 20
        assert gc.collect() == 0


@pytest.mark.slow
def test_a_chain_of_1_000_000_operations_is_walked_and_freed():
    with no_collector(), shallow_stack():
        x = tg.tensor(1.0, requires_grad=True)
        y = chain(x, 1_000_000)
        middle = weakref.ref(y)
        y.backward()
        assert x.grad.item() == 1
        del y
        assert middle() is None


def test_a_long_chain_takes_under_400_bytes_a_node():
    x = tg.tensor(np.ones(1), requires_grad=True)
    length = 20_000
    tracemalloc.start()
    try:
        y = np.tanh(chain(x, 10))
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(length):
            y = np.tanh(y)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / length <= 400


STEPS = """
import resource
import numpy as np, tinygrad_seq as tg
layer, x = tg.nn.RNN(64, 128), np.ones((64, 32, 64), "float32")
faults = []
for _ in range(6):
    output, _ = layer(x)
    (output * output).sum().backward()
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(faults[-1] - faults[-4])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="its heap gives freed memory back")
def test_the_memory_of_a_training_step_serves_the_next_one():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    run = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True, env=environment)
    assert int(run.stdout) < 300  # of three steps, each of which writes to some 870
