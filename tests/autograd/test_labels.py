"""Every node says where it belongs: module path, time step and direction."""

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq.autograd import ancestors, grad, time_steps


def variable(*values):
    return tg.tensor(np.array(values, float), requires_grad=True)


def place(t):
    label = t.node.label
    return label.path, label.t, label.direction


def test_scopes_nest_and_end():
    x = variable(1)
    with tg.scope("encoder"):
        a = x * 2
        with tg.scope("lstm", t=0):
            b = x * 2
            with tg.scope(t=4):
                c = x * 2
            with tg.scope("gate"):
                d = x * 2
        e = x * 2
    f = x * 2
    assert [place(t)[:2] for t in (a, b, c, d, e, f)] == [
        ("encoder", None),
        ("encoder/lstm", 0),
        ("encoder/lstm", 4),
        ("encoder/lstm/gate", 0),
        ("encoder", None),
        ("", None),
    ]
    assert place(x) == ("", None, "forward")


def test_variables_have_a_place_too():
    with tg.scope("head"):
        x = variable(1)
    assert place(x)[0] == "head"


def test_a_scope_may_be_used_again_and_decorate():
    x = variable(1)
    inner = tg.scope("inner", t=1)
    with inner, inner:
        a = x * 2
    with inner:
        b = x * 2

    @tg.scope("f")
    def f(x):
        return x * 2

    assert place(a)[0] == "inner/inner"
    assert place(b)[0] == "inner"
    assert place(f(x))[0] == "f"
    assert place(x * 2)[0] == ""


def test_time_steps_are_labelled_and_end():
    x = variable(1)
    with tg.scope("rnn"):
        found = [(t, place(x * 2)) for t in time_steps(range(2))]
        assert found == [(0, ("rnn", 0, "forward")), (1, ("rnn", 1, "forward"))]
        assert place(x * 2) == ("rnn", None, "forward")
        for _ in time_steps(range(5)):
            with tg.scope("gate"):
                inside = place(x * 2)
            break
        assert inside == ("rnn/gate", 0, "forward")
        assert place(x * 2) == ("rnn", None, "forward")


def test_time_steps_end_with_an_exception():
    def loop():
        for t in time_steps(range(5)):
            if t == 2:
                raise KeyError

    with pytest.raises(KeyError):
        loop()
    assert place(variable(1) * 2) == ("", None, "forward")


def test_no_grad_keeps_the_label_and_a_scope_keeps_no_grad():
    x = variable(1)
    with tg.scope("a"), tg.no_grad(), tg.scope("b"):
        assert not (x * 2).requires_grad
        with tg.enable_grad():
            assert place(x * 2)[0] == "a/b"


def test_what_a_sweep_records_inherits_the_label_of_what_it_differentiates():
    x, w = variable(0.5), variable(2)
    nodes = {}
    h = x
    for t in range(3):
        with tg.scope("rnn", t=t):
            h = np.tanh(h * w)
            nodes[h.node.index] = t
    y = (h * h).sum()
    with tg.scope("caller"):
        (g,) = grad(y, w, create_graph=True)
    backward = [n for n in ancestors([g.node]) if n.label.direction == "backward"]
    forward = {n.index: n for n in ancestors([h.node])}
    assert backward
    for node in backward:
        assert node.label.path in ("rnn", "")
        if node.label.of in forward:
            of = forward[node.label.of]
            assert (node.label.path, node.label.t) == (of.label.path, of.label.t)
            assert of.label.direction == "forward"
    assert {n.label.t for n in backward} >= {0, 1, 2}
    assert {nodes[n.label.of] for n in backward if n.label.of in nodes} == {0, 1, 2}
    assert place(x * 2) == ("", None, "forward")


def test_a_sweep_over_a_sweep_points_to_what_it_differentiates():
    x = variable(0.5)
    with tg.scope("f", t=7):
        y = np.tanh(x)
    (first,) = grad(y, x, create_graph=True)
    (second,) = grad(first, x, create_graph=True)
    of_first = {n.index for n in ancestors([first.node]) if n.label.direction == "backward"}
    deepest = [n for n in ancestors([second.node]) if n.label.of in of_first]
    assert deepest
    assert {(n.label.path, n.label.t, n.label.direction) for n in deepest} == {("f", 7, "backward")}


def test_creation_order_is_a_topological_order():
    x = variable(0.5)
    h = x
    for _ in range(20):
        h = h * x + np.tanh(h)
    (g,) = grad(h, x, create_graph=True)
    nodes = ancestors([g.node, h.node])
    assert [n.index for n in nodes] == sorted({n.index for n in nodes})
    for node in nodes:
        assert all(parent.index < node.index for parent in node.parents if parent is not None)


def test_roles_are_named():
    x = variable(1)
    gate = tg.ops.sigmoid(x)
    tg.name(i=gate, x=x, constant=tg.tensor(1.0))
    assert gate.node.name == "i"
    assert x.node.name == "x"
    x.data = [2.0]
    assert x.node.name == "x"
    assert " i " in repr(gate.node)
