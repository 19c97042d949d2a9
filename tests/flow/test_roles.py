"""Norms by role and time step, against the gradient of each value taken by itself."""

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq import flow
from tinygrad_seq.errors import GraphError, OptionError


def unrolled(T=5, scale=1.0):
    """A gated recurrence in two scopes: (loss, values by scope, role and step)."""
    rng = np.random.default_rng(0)
    w, v = (tg.tensor(scale * rng.normal(size=(3, 3)), requires_grad=True) for _ in range(2))
    h = tg.tensor(rng.normal(size=(2, 3)), requires_grad=True)
    values = {}
    for t in range(T):
        with tg.scope("low", t=t):
            z = tg.ops.sigmoid(h @ w)
            h = z * h
            tg.name(z=z, h=h)
        with tg.scope("high", t=t):
            y = np.tanh(h @ v)
            tg.name(h=y)
        values |= {("low", "z", t): z, ("low", "h", t): h, ("high", "h", t): y}
    return np.sum(y**2), values


def table(found):
    return {
        (p, n, t): (x, r)
        for p, n, t, x, r in zip(found.path, found.name, found.t, found.norm, found.reached, strict=True)
    }


def test_each_norm_is_that_of_its_own_gradient():
    loss, values = unrolled()
    rows = table(flow.role_norms(loss))
    below = {key: value for key, value in values.items() if key[0] == "low" or key[2] == 4}
    assert set(rows) == set(below)
    for key, value in below.items():
        (g,) = tg.autograd.grad(loss, value)
        assert rows[key] == (pytest.approx(np.linalg.norm(g.numpy())), True)


def test_rows_come_by_layer_in_the_order_of_the_computation_and_steps_ascend():
    output, _ = tg.nn.LSTM(2, 3, num_layers=2, bidirectional=True)(np.ones((4, 1, 2), "float32"))
    found = flow.role_norms(np.sum(output))
    rows = list(dict.fromkeys(zip(found.path.tolist(), found.name.tolist(), strict=True)))
    assert [path.rpartition("/")[2] for path, _ in rows[::6]] == ["l0", "l0_reverse", "l1", "l1_reverse"]
    assert [name for _, name in rows[:6]] == ["i", "f", "g", "o", "c", "h"]
    assert found.t.tolist() == [0, 1, 2, 3] * 24


def test_one_role_has_a_row_for_each_layer():
    loss, _ = unrolled()
    found = flow.role_norms(loss, roles=["h"])
    assert list(dict.fromkeys(found.path.tolist())) == ["low", "high"]
    assert set(found.name.tolist()) == {"h"}
    assert found.to_dict() == flow.role_norms(loss, roles="h").to_dict()


def test_a_value_that_no_gradient_reaches_is_told_from_one_with_a_gradient_of_zero():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with tg.scope("a", t=0):
        cut, blind = x * 1.0, x * 2.0
        tg.name(cut=cut, blind=blind)
    rows = table(flow.role_norms([np.sum(blind * 0.0), x, np.sign(cut)]))
    assert rows["a", "blind", 0] == (0.0, True)
    assert rows["a", "cut", 0][0] == 0.0


def test_two_values_of_one_role_and_step_are_one_vector():
    x = tg.tensor([1.0], requires_grad=True)
    for factor in (3.0, 4.0):
        with tg.scope("a", t=0):
            y = x * 1.0
            tg.name(h=y)
        x = y * factor if factor == 3.0 else y
    assert flow.role_norms(np.sum(x * 4.0)).norm.tolist() == [pytest.approx(np.hypot(12, 4))]


def test_the_start_is_the_norm_of_the_given_gradient():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with tg.scope("a", t=0):
        h = x * 1.0
        tg.name(h=h)
    assert flow.role_norms(h, [3.0, 4.0]).start == 5
    assert flow.role_norms([h, h], [[3.0, 0.0], [0.0, 4.0]]).start == 5


def test_what_was_named_in_a_recorded_backward_pass_has_no_row():
    loss, values = unrolled()
    (g,) = tg.autograd.grad(loss, values["low", "h", 0], create_graph=True)
    tg.name(gradient=g)
    assert g.node.label.t is not None
    found = flow.role_norms(np.sum(g * g))
    assert set(found.name.tolist()) == {"z", "h"}


def test_nothing_changes():
    loss, values = unrolled()
    before = loss.item()
    flow.role_norms(loss)
    assert loss.item() == before
    assert all(value.grad is None for value in values.values())


ERRORS = {
    "role_norms, nothing has a name": (
        lambda: flow.role_norms(np.sum(tg.tensor([1.0], requires_grad=True) * 2)),
        GraphError,
        "no value of a time step has a name; need some",
    ),
    "role_norms, another role": (
        lambda: flow.role_norms(unrolled()[0], roles=["c"]),
        OptionError,
        "got role 'c'; need some of 'z', 'h'",
    ),
}


@pytest.mark.parametrize("case", ERRORS.values(), ids=ERRORS)
def test_errors(case):
    provoke, kind, words = case
    with pytest.raises(kind, match=words):
        provoke()
