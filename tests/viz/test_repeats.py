"""Loops that nobody labelled: what is found of them is what their labels would have said."""

import contextlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from viz.graphs import Source, layer, unlabelled, without_time

import tinygrad_seq as tg
from tinygrad_seq.viz.fold import LEVELS
from tinygrad_seq.viz.repeats import LOOP, with_time


def silent(_path="", t=None):
    """In the place of `tg.scope`: no label."""
    return contextlib.nullcontext()


def elman(scope, T):
    make = Source()
    x, w, h = make.leaf(T, 2, 3), make.leaf(3, 3), make.leaf(2, 3)
    for t in range(T):
        with scope(t=t):
            h = np.tanh(x[t] + h @ w)
    return np.sum(h * h)


def without_a_first_state(scope, T):
    make = Source()
    x, u, w, h = make.leaf(T, 2, 3), make.leaf(3, 4), make.leaf(4, 4), None
    for t in range(T):
        with scope(t=t):
            a = x[t] @ u
            h = np.tanh(a if h is None else a + h @ w)
    return np.sum(h)


def lstm(scope, T):
    make = Source()
    w, u, b, h, c = make.leaf(3, 16), make.leaf(4, 16), make.leaf(16), np.zeros((2, 4)), np.zeros((2, 4))
    for t in range(T):
        with scope(t=t):
            i, f, g, o = np.split(make.data(2, 3) @ w + h @ u + b, 4, axis=-1)
            c = tg.ops.sigmoid(f) * c + tg.ops.sigmoid(i) * np.tanh(g)
            h = tg.ops.sigmoid(o) * np.tanh(c)
    return np.mean(h**2)


def cells_and_losses(scope, T):
    make = Source()
    lower, upper, head = tg.nn.GRUCell(3, 4), tg.nn.LSTMCell(4, 4), tg.nn.Linear(4, 2)
    h, state, losses = None, None, []
    for t in range(T):
        with scope(t=t):
            h = lower(make.data(2, 3), h)
            state = upper(h, state)
            losses.append(tg.nn.functional.cross_entropy(head(state[0]), np.array([0, 1])))
    return np.mean(np.stack(losses))


def one_layer_after_the_other(scope, T):
    make = Source()
    u, w, v = make.leaf(3, 3), make.leaf(3, 3), make.leaf(3, 3)
    values = []
    for t in range(T):
        with scope(t=t):
            values.append(make.data(2, 3) @ u)
    for weight in (w, v):
        h = np.zeros((2, 3))
        for t in range(T):
            with scope(t=t):
                h = values[t] = np.tanh(values[t] + h @ weight)
    return np.sum(h)


def gradient(scope, T):
    make = Source()
    w, h = make.leaf(3, 3), make.data(2, 3)
    for t in range(T):
        with scope(t=t):
            h = np.tanh(h @ w)
    (g,) = tg.autograd.grad(np.sum(h * h), w, create_graph=True)
    return np.sum(g * g)


PROGRAMS = [elman, without_a_first_state, lstm, cells_and_losses, one_layer_after_the_other, gradient]


@pytest.mark.parametrize(
    ("program", "T"), [(p, T) for p in PROGRAMS for T in (2, 3, 7) if (p, T) != (without_a_first_state, 2)]
)
def test_the_steps_that_are_found_are_those_that_labels_would_have_said(program, T):
    found, said = (tg.viz.draw(program(scope, T)).graph.vertices for scope in (silent, tg.scope))
    assert [v.op for v in found] == [v.op for v in said]
    assert [v.t for v in found] == [v.t for v in said]


ONE_WEIGHT = {
    "one after the other": lambda h, x, w: (np.tanh(np.tanh(h @ w) @ w + x), None),
    "input and state": lambda h, x, w: (np.tanh(x @ w + h @ w), None),
    "read after a sum": lambda h, x, w: (np.tanh(h @ w + np.tanh(x) @ w), None),
    "every second given away": lambda h, x, w: ((new := np.tanh(np.tanh(h @ w) @ w)), new),
    "every second handed on": lambda h, x, w: ((new := np.tanh(h @ w)), np.tanh(new @ w)),
    "thrice": lambda h, x, w: (np.sin(np.tanh(h @ w) @ w) @ w + x, None),
}


@pytest.mark.parametrize("T", [4, 7])
@pytest.mark.parametrize("name", ONE_WEIGHT)
def test_a_step_that_uses_one_weight_several_times_is_one(name, T):
    def run(scope):
        make = Source()
        x, w, h, given_away = make.leaf(T, 2, 3), make.leaf(3, 3), make.leaf(2, 3), []
        for t in range(T):
            with scope(t=t):
                h, output = ONE_WEIGHT[name](h, x[t], w)
                given_away += [] if output is None else [output]
        return np.sum(np.stack(given_away)) if given_away else np.sum(h)

    found, said = (tg.viz.draw(run(scope)).graph.vertices for scope in (silent, tg.scope))
    assert [v.t for v in found] == [v.t for v in said]


@given(st.lists(st.sampled_from(["tanh", "add", "other", "read"]), max_size=5), st.integers(2, 6), st.integers(0, 3))
def test_loops_at_random(body, T, before):
    """Whatever stands around the operation that has the parameter, and before the loop; but a read of the input."""
    make = Source()

    def run(scope):
        x, w, h = make.leaf(T, 2, 3), make.leaf(3, 3), make.leaf(2, 3)
        for _ in range(before):
            h = np.exp(h)
        for t in range(T):
            with scope(t=t):
                for k, what in enumerate([*body, "weight"]):
                    h = {
                        "tanh": lambda h: np.tanh(h),
                        "add": lambda h, k=k: h + k,
                        "other": lambda h: np.sin(h),
                        "read": lambda h, t=t: h + x[t],
                        "weight": lambda h: h @ w,
                    }[what](h)
        return np.sum(h)

    found, said = (tg.viz.draw(run(scope)).graph.vertices for scope in (silent, tg.scope))
    assert [v.t for v in found] == [v.t for v in said]


def test_what_is_no_loop_has_no_time():
    w = tg.tensor(np.eye(3), requires_grad=True)
    twins = np.sum(np.tanh(np.ones((2, 3)) @ w) * np.tanh(np.zeros((2, 3)) @ w))
    h = np.ones((2, 3))
    for weight in [tg.tensor(np.eye(3), requires_grad=True) for _ in range(4)]:
        h = np.tanh(h @ weight)
    for output in (twins, h, without_time()):
        assert all(v.t is None for v in tg.viz.draw(output).graph.vertices)


def test_labels_count_for_more():
    graph = tg.viz.draw(layer("GRU", 3) + unlabelled(5)).graph
    assert {v.t for v in graph.vertices if LOOP in v.path} == set()
    assert max(v.t for v in graph.vertices if v.t is not None) == 2


def test_the_picture_says_where_its_steps_are_from():
    picture = tg.viz.draw(unlabelled(30))
    assert [name for name, _ in picture.view.bands] == [LOOP]
    assert len(picture.view.columns) > 12  # with gaps
    assert tg.viz.from_json(picture.json()).svg() == picture.svg()
    for level in LEVELS:
        for output, found in ((cells_and_losses(silent, 3), True), (layer("GRU"), False)):
            texts = [text.text for text in tg.viz.draw(output, view=level).layout.texts]
            assert any("tg.scope" in text for text in texts) == found
            assert ("3 time steps, found by repetition" in texts[1]) == found
    assert "found by repetition" in picture.html()
    assert tg.viz.draw(unlabelled(30), view="rolled").view.columns[0].count == 30


def test_finding_them_is_linear():
    """An operation is compared with the next of its kind, and not with all."""
    calls = []

    class Kind(str):
        __slots__ = ()

        def __eq__(self, other):
            calls.append(1)
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    def count(T):
        graph = tg.viz.draw(lstm(tg.scope, T), gradients=False).graph
        calls.clear()
        without = graph.vertices
        vertices = tuple(v._replace(t=None, path="", op=Kind(v.op)) for v in without)
        found = with_time(replace(graph, vertices=vertices))
        assert max(v.t for v in found.vertices if v.t is not None) == T - 1
        return len(calls)

    assert count(80) < 2.2 * count(40)
