"""Truncated backpropagation through time, against the exact gradient minus the paths that it drops."""

import re

import numpy as np
import pytest
from derivatives import assert_close

import tinygrad_seq as tg
from tinygrad_seq import flow, nn
from tinygrad_seq.errors import OptionError, ShapeError

T, B, D, H = 7, 2, 2, 3


def problem(kind="LSTM", **options):
    tg.set_default_dtype("float64")
    rng = np.random.default_rng(0)
    return getattr(nn, kind)(D, H, **options), rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))


def loss(output, target):
    return np.sum((output - target) ** 2)


def truncated(layer, x, y, k1, k2):
    """The sum of the gradients of all windows, and the windows."""
    layer.zero_grad()
    windows = []
    for window in nn.tbptt(k1, k2)(layer, x):
        loss(window.output, y[window.steps]).backward()
        windows.append(window)
    return {name: p.grad.numpy() for name, p in layer.named_parameters()}, windows


@pytest.mark.parametrize(
    ("kind", "k1", "k2"),
    [
        *[("LSTM", *ks) for ks in ((1, 1), (1, 4), (3, 3), (3, 4), (2, 5), (3, 20), (7, 7), (20, 20))],
        ("RNN", 2, 4),
        ("GRU", 2, 3),
    ],
)
def test_it_is_the_exact_gradient_without_the_paths_that_it_drops(kind, k1, k2):
    layer, x, y = problem(kind)
    found, windows = truncated(layer, x, y, k1, k2)
    output, _ = layer(x)
    assert_close(np.concatenate([w.output for w in windows]), output, "values", rtol=1e-13)
    assert [(w.steps.start, w.steps.stop) for w in windows] == [(t, min(t + k1, T)) for t in range(0, T, k1)]
    assert [w.start for w in windows] == [max(t + k1 - k2, 0) for t in range(0, T, k1)]
    for name, parameter in layer.named_parameters():
        (exact,) = tg.autograd.grad(loss(output, y), parameter)
        dropped = np.zeros(parameter.shape)
        for window in windows:  # a use before its start is one that a path from the window's loss does not reach
            uses = flow.ledger(loss(output[window.steps], y[window.steps]), parameter, arrays=True)
            dropped += sum(uses.contribution(k) for k in range(len(uses)) if uses.t[k] < window.start)
        assert_close(found[name], exact.numpy() - dropped, name, rtol=1e-10)
        if k2 < T - 1 and "weight_hh" in name:
            assert np.abs(dropped).max() > 1e-3


def test_without_overlap_it_is_the_loop_that_detaches():
    layer, x, y = problem("GRU")
    found, _ = truncated(layer, x, y, 4, 4)
    layer.zero_grad()
    state = None
    for start in range(0, T, 4):
        output, state = layer(x[start : start + 4], state)
        loss(output, y[start : start + 4]).backward()
        state = state.detach()
    for name, parameter in layer.named_parameters():
        assert_close(found[name], parameter.grad, name, rtol=1e-14)


def test_updates_between_windows_and_a_stream_that_goes_on():
    def train(parts, first=None):
        tg.seed(0)
        layer, x, y = problem()
        sgd, state = tg.optim.SGD(layer.parameters(), lr=0.05), first
        for start, stop in parts:
            for window in nn.tbptt(3)(layer, x[start:stop], state):
                sgd.zero_grad()
                loss(window.output, y[start:stop][window.steps]).backward()
                sgd.step()
                state = window.state
        return layer.state_dict(), state

    whole, last = train([(0, T)])
    parts, same = train([(0, 3), (3, T)])
    assert all(np.array_equal(whole[name], parts[name]) for name in whole)
    assert all(np.array_equal(a, b) and not a.requires_grad for a, b in zip(last, same, strict=True))


def test_windows_that_overlap_are_computed_with_the_weights_of_now():
    layer, x, y = problem("RNN")
    sgd = tg.optim.SGD(layer.parameters(), lr=0.05)
    for window in nn.tbptt(2, 4)(layer, x):
        sgd.zero_grad()
        loss(window.output, y[window.steps]).backward()  # an older graph would refuse
        sgd.step()


def test_batch_first_any_function_and_a_state_of_any_structure():
    layer, x, _ = problem("LSTM", batch_first=True, num_layers=2)
    windows = list(nn.tbptt(4, 6, axis=1)(layer, x.swapaxes(0, 1)))
    expected, _ = layer(x.swapaxes(0, 1))
    assert_close(np.concatenate([w.output for w in windows], axis=1), expected, "values", rtol=1e-13)
    step = nn.Recurrent(lambda x, s: (s["h"], {"h": np.tanh(x + s["h"]), "n": s["n"] + 1}), state={"h": D, "n": 1})
    first = {"h": tg.tensor(np.ones((1, B, D)), requires_grad=True), "n": np.zeros((1, B, 1))}
    windows = list(nn.tbptt(4)(step, tg.tensor(x, requires_grad=True), first))
    assert windows[-1].state["n"].tolist() == [[[T], [T]]]
    assert not windows[-1].state["h"].requires_grad
    assert repr(nn.tbptt(4, 6, axis=1)) == "tbptt(k1=4, k2=6, axis=1)"


ERRORS = {
    "tbptt, no steps": (lambda: nn.tbptt(0), OptionError, "got k1=0; need an integer of at least 1"),
    "tbptt, k2 below k1": (lambda: nn.tbptt(4, 2), OptionError, "need k2 >= k1"),
    "tbptt, no time": (lambda: nn.tbptt(4)(nn.RNN(2, 3), np.ones((0, 1, 2))), ShapeError, r"got x \(0, 1, 2\)"),
    "tbptt, no state returned": (
        lambda: list(nn.tbptt(4)(nn.Linear(2, 3), np.ones((4, 1, 2), "float32"))),
        OptionError,
        "returned a Tensor; need a pair",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    provoke, kind, text = ERRORS[name]
    with pytest.raises(kind, match=text) as caught:
        provoke()
    assert re.match(r"tbptt: \w+ ", str(caught.value))
