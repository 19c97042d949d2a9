"""What is recorded, and that threads, tasks and exceptions leave it as they found it."""

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from derivatives import unlisted

import tinygrad_seq as tg
from tinygrad_seq.autograd import differentiable, grad


def variable(*values):
    return tg.tensor(np.array(values, float), requires_grad=True)


def recording():
    return (variable(1) * 2).requires_grad


def label():
    return (variable(1) * 2).node.label.path


def test_no_grad_and_enable_grad_nest():
    assert recording()
    with tg.no_grad():
        assert not recording()
        with tg.enable_grad():
            assert recording()
            with tg.no_grad():
                assert not recording()
            assert recording()
        assert not recording()
    assert recording()


def test_they_decorate():
    assert not tg.no_grad()(recording)()
    assert tg.no_grad()(tg.enable_grad()(recording))()
    assert tg.no_grad()(recording).__name__ == "recording"
    assert recording()


def test_one_object_may_be_entered_twice():
    off = tg.no_grad()
    with off:
        with off:
            assert not recording()
        assert not recording()
    assert recording()


def test_an_exception_restores_the_mode():
    @tg.no_grad()
    def fails():
        raise KeyError

    with pytest.raises(KeyError), tg.scope("a"), tg.no_grad(), tg.scope("b", t=1):
        raise KeyError
    with pytest.raises(KeyError):
        fails()
    assert recording()
    assert label() == ""


def test_an_exception_in_a_sweep_restores_the_mode_and_numpys_warnings():
    @unlisted
    @differentiable(lambda g: 1 / 0)
    def fails_backward(x):
        return x * 1

    x = variable(1)
    before = np.geterr()
    for record in (False, True):
        with tg.scope("outer"), pytest.raises(ZeroDivisionError):
            grad(fails_backward(np.tanh(x)), x, create_graph=record)
        assert recording()
        assert label() == ""
        assert np.geterr() == before
    assert x.grad is None


def test_an_exception_in_a_sweep_changes_no_grad():
    @unlisted
    @differentiable(lambda g: 1 / 0)
    def fails_late(x):
        return x * 1

    early, late = variable(1), variable(2)
    y = fails_late(late) + early
    with pytest.raises(ZeroDivisionError):
        y.backward()
    assert early.grad is None
    assert late.grad is None


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_as_it_was(enabled):
    """A sweep pauses it; also after an error, in several threads, and if the caller has switched it off."""

    @unlisted
    @differentiable(lambda g: 1 / 0)
    def fails_sometime(x):
        return x * 1

    seen = []

    @unlisted
    @differentiable(lambda g: seen.append(gc.isenabled()) or g)
    def looks(x):
        return x * 1

    def work(_):
        x = variable(1)
        for _ in range(50):
            grad(looks(x * x), x, create_graph=True)
            with pytest.raises(ZeroDivisionError):
                grad(fails_sometime(x), x)

    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, range(2)))
        assert gc.isenabled() == enabled
        assert set(seen) == {False}
    finally:
        (gc.enable if before else gc.disable)()


def test_gradients_of_a_plain_sweep_are_constants_even_while_recording():
    x = variable(1, 2)
    (x * x).sum().backward()
    assert not x.grad.requires_grad
    assert not grad((x * x).sum(), x)[0].requires_grad
    with tg.no_grad():
        with tg.enable_grad():
            y = (x * x).sum()
        assert not grad(y, x)[0].requires_grad


def test_create_graph_records_within_no_grad():
    x = variable(3)
    y = (x**3).sum()
    with tg.no_grad():
        (g,) = grad(y, x, create_graph=True)
    assert grad(g, x)[0].tolist() == [18]


def test_two_threads_record_at_once():
    steps, start = 300, threading.Barrier(2)
    shared = variable(0.5)

    def work(name):
        start.wait()
        x = variable(1.0)
        with tg.scope(name):
            for t in range(steps):
                with tg.scope(t=t):
                    x = np.tanh(x * shared) + shared
        (g,) = grad(x, shared)
        labels = {(n.label.path) for n in tg.autograd.ancestors([x.node]) if n.parents}
        return g.item(), labels

    def alone():
        x = variable(1.0)
        for _ in range(steps):
            x = np.tanh(x * shared) + shared
        return grad(x, shared)[0].item()

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(work, ["a", "b"]))
    assert [g for g, _ in results] == [alone()] * 2
    assert [labels for _, labels in results] == [{"a"}, {"b"}]


def test_no_grad_in_one_thread_is_not_seen_in_another():
    inside, done, seen = threading.Event(), threading.Event(), []

    def other():
        inside.wait(10)
        seen.append(recording())
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with tg.no_grad():
        inside.set()
        done.wait(10)
        assert not recording()
    thread.join()
    assert seen == [True]


def test_no_grad_in_one_task_is_not_seen_in_another():
    async def silent(ready, go):
        with tg.no_grad():
            ready.set()
            await go.wait()
            return recording()

    async def main():
        ready, go = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(silent(ready, go))
        await ready.wait()
        mine = recording()
        go.set()
        return mine, await task

    assert asyncio.run(main()) == (True, False)


def test_a_mode_that_decorates_a_generator_holds_between_its_yields():
    @tg.no_grad()
    def steps():
        got = yield recording()
        try:
            yield got, recording()
        except KeyError:
            yield "thrown", recording()
        return "end"

    running = steps()
    assert next(running) is False
    assert recording()
    assert running.send("sent") == ("sent", False)
    assert running.throw(KeyError("k")) == ("thrown", False)
    assert recording()
    with pytest.raises(StopIteration) as end:
        next(running)
    assert end.value.value == "end"
    closed = []

    @tg.no_grad()
    def closing():
        try:
            yield
        finally:
            closed.append(recording())

    running = closing()
    next(running)
    running.close()
    assert closed == [False]


def test_a_mode_that_decorates_a_coroutine_holds_while_it_runs():
    @tg.no_grad()
    async def without():
        await asyncio.sleep(0)
        return recording()

    async def plainly():
        await asyncio.sleep(0)
        return recording()

    async def together():
        return await asyncio.gather(without(), plainly(), without())

    assert asyncio.run(together()) == [False, True, False]
