"""The triangle of losses and states, against gradients taken one by one and against products of Jacobians."""

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq import flow
from tinygrad_seq.errors import GraphError, OptionError

T, B, H = 5, 2, 3


def run(kind="RNN", dtype="float64", **options):
    tg.seed(0)
    layer = getattr(tg.nn, kind)(H, H, **options)
    for parameter in layer.parameters():
        parameter.data = parameter.numpy().astype(dtype)
    return layer(np.random.default_rng(0).normal(size=(T, B, H)).astype(dtype))[0]


def matrix(found):
    return found.norm.reshape(len(set(found.loss.tolist())), -1)


@pytest.mark.parametrize(("kind", "state"), [("RNN", "h"), ("LSTM", "c"), ("GRU", "h")])
def test_each_pair_is_a_gradient_by_itself(kind, state):
    output = run(kind)
    losses = [np.sum(y**2) for y in output]
    states = flow.find(losses, state)
    found = matrix(flow.triangle(losses, state))
    for t, loss in enumerate(losses):
        norms = flow.gradient_norms(loss).node
        for s, node in enumerate(states):
            assert found[t, s] == pytest.approx(norms[node.index], rel=1e-12, abs=0)


def test_it_is_what_the_step_jacobians_multiply_to():
    output = run("RNN")
    jacobians = flow.step_jacobians(output)
    found = matrix(flow.triangle(output))
    for t in range(T):
        for s in range(t + 1):
            whole = jacobians.product(t, s).sum(axis=1)  # the gradient of the sum of h_t, each row of the batch
            assert found[t, s] == pytest.approx(np.linalg.norm(whole), rel=1e-12)
    assert (found[np.triu_indices(T, 1)] == 0).all()


def test_losses_of_their_own_do_not_reach_later_states():
    x, w = tg.tensor(np.ones((T, 2)), requires_grad=True), tg.tensor(np.eye(2), requires_grad=True)
    h, losses = np.zeros(2), []
    for t in range(T):
        with tg.scope("rnn", t=t):
            h = np.tanh(x[t] + h @ w)
            tg.name(h=h)
            losses.append(np.sum(h))
    found = flow.triangle(losses)
    assert found.reached.reshape(T, T).tolist() == np.tri(T, dtype=bool).tolist()
    assert found.state == "rnn/h"


def test_a_direction_that_reads_backward_has_the_other_triangle():
    output = run("RNN", bidirectional=True)
    for place, reads in (("l0", np.less_equal), ("l0_reverse", np.greater_equal)):
        found = flow.triangle(output, f"{place}/h")
        assert ((found.norm > 0) == reads(found.t, found.loss)).all()
    assert len(found.by_distance()) == 1  # none is after its loss


def test_some_losses_of_a_long_sequence():
    output = run()
    found = flow.triangle([output[1], output[4]], at=[1, 4])
    assert sorted(set(found.loss.tolist())) == [1, 4]
    whole = matrix(flow.triangle(output))
    assert matrix(found).tolist() == whole[[1, 4]].tolist()


def test_by_distance_is_the_geometric_mean_along_the_diagonals():
    found = flow.triangle(run())
    norms = matrix(found)
    for k, mean in enumerate(found.by_distance()):
        assert mean == pytest.approx(np.exp(np.mean(np.log(np.diagonal(norms, -k)))))


def test_the_weights_are_left_out_of_the_sweep(monkeypatch):
    """What is older than the first state, and what is no state, is not even visited."""
    seen = []
    original = flow.triangle.__globals__["sweep"]
    monkeypatch.setitem(
        flow.triangle.__globals__,
        "sweep",
        lambda *args, **options: original(*args, observe=lambda node, i, g: seen.append(node.op.name), **options),
    )
    flow.triangle(run("LSTM"))
    assert seen
    assert "variable" not in seen


ERRORS = {
    "triangle, no loss": (lambda: flow.triangle([]), OptionError, "got 0 losses, and time steps for 0; need one each"),
    "triangle, too few steps": (
        lambda: flow.triangle(run(), at=[0]),
        OptionError,
        "got 5 losses, and time steps for 1",
    ),
    "triangle, two modules": (
        lambda: flow.triangle(run(num_layers=2)),
        GraphError,
        "got 'h', which 2 modules have in time steps: 'RNN/l0', 'RNN/l1'; need one",
    ),
}


@pytest.mark.parametrize("case", ERRORS.values(), ids=ERRORS)
def test_errors(case):
    provoke, kind, words = case
    with pytest.raises(kind, match=words):
        provoke()
