"""Optimisers: the papers' formulas step by step, their state, and that no recorded graph sees an update."""

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq import nn, optim


def quadratic(p):
    p.grad = None
    (p * p * np.array([1.0, 2.0])).sum().backward()
    return p.grad.numpy().copy()


def test_adam_is_algorithm_1():
    p = nn.Parameter(np.array([1.0, -2.0]))
    opt = optim.Adam([p], lr=0.1, betas=(0.9, 0.99), eps=1e-6)
    w, m, v = p.numpy().copy(), 0.0, 0.0
    for k in range(1, 6):
        g = quadratic(p)
        opt.step()
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g**2
        w = w - 0.1 * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.99**k)) + 1e-6)
        assert np.allclose(p, w, rtol=1e-14)


def test_a_parameter_counts_its_own_updates():
    """One that joins later takes the steps that it would have taken alone."""
    early, late, alone = (nn.Parameter(np.array([1.0, -2.0])) for _ in range(3))
    both, one = optim.Adam([early, late], lr=0.1), optim.Adam([alone], lr=0.1)
    for _ in range(3):
        quadratic(early)
        both.step()
    for _ in range(3):
        for p in (early, late, alone):
            quadratic(p)
        both.step()
        one.step()
    assert np.array_equal(late, alone)


def test_momentum():
    p = nn.Parameter(np.array([1.0, -2.0]))
    opt = optim.SGD([p], lr=0.1, momentum=0.9)
    w, v = p.numpy().copy(), 0.0
    for _ in range(5):
        g = quadratic(p)
        opt.step()
        v = 0.9 * v + g
        w = w - 0.1 * v
        assert np.allclose(p, w, rtol=1e-14)


@pytest.mark.parametrize("make", [lambda p: optim.Adam(p, lr=0.1), lambda p: optim.SGD(p, lr=0.1, momentum=0.9)])
def test_a_saved_optimiser_goes_on_as_if_nothing_had_been(make):
    p = nn.Parameter(np.array([1.0, -2.0]))
    opt = make([p])
    for _ in range(3):
        quadratic(p)
        opt.step()
    q = nn.Parameter(p.numpy())
    other = make([q])
    other.load_state_dict(opt.state_dict())
    for _ in range(3):
        for w, o in ((p, opt), (q, other)):
            quadratic(w)
            o.step()
    assert np.array_equal(p, q)


def test_a_state_that_does_not_fit_changes_nothing():
    p = nn.Parameter(np.ones(2))
    opt = optim.Adam([p])
    quadratic(p)
    opt.step()
    state = opt.state_dict()
    other = optim.Adam([nn.Parameter(np.ones(3))])
    with pytest.raises(tg.errors.StateError, match="nothing was loaded"):
        other.load_state_dict(state)
    with pytest.raises(tg.errors.StateError, match="steps is missing"):
        other.load_state_dict({"options": {}, "state": {}})
    with pytest.raises(tg.errors.StateError, match="need steps for 1 parameters"):
        other.load_state_dict({"options": {}, "steps": [1, 2], "state": {}})
    assert other.steps == [0]
    assert not other.state


def test_an_update_between_forward_and_backward_is_refused():
    p = nn.Parameter(np.array([1.0, -2.0]))
    opt = optim.SGD([p], lr=0.1)
    loss = (p * p * p).sum()
    quadratic(p)
    opt.step()
    with pytest.raises(tg.errors.GraphError, match="updated after the forward pass"):
        loss.backward()


def test_parameters_keep_dtype_name_and_what_was_read_before():
    model = nn.Linear(2, 1)
    opt = optim.SGD(model.parameters(), lr=0.1)
    before = model.weight.numpy()
    copy = before.copy()
    model(np.ones((1, 2), "float32")).sum().backward()
    opt.step()
    assert np.array_equal(before, copy)
    assert model.weight.dtype == np.float32
    assert model.weight.node.name == "weight"
    assert model.weight.grad is not None


def test_clip_returns_the_norm_and_scales_all_together():
    a, b = nn.Parameter([3.0]), nn.Parameter([4.0])
    (a * a / 2 + b * b / 2).sum().backward()
    assert optim.clip_grad_norm_([a, b, nn.Parameter([1.0])], 2.5) == pytest.approx(5.0)
    assert a.grad.item() == pytest.approx(1.5, rel=1e-5)
    assert b.grad.item() == pytest.approx(2.0, rel=1e-5)


REFUSED = {
    "no parameters": (lambda: optim.SGD([]), "SGD: got no parameters"),
    "no Tensor": (lambda: optim.Adam([3.0]), "Adam: got float; need leaf Tensors"),
    "a negative learning rate": (lambda: optim.Adam([nn.Parameter([1.0])], lr=-1), "got lr=-1"),
    "an average over everything": (lambda: optim.Adam([nn.Parameter([1.0])], betas=(0.9, 1.0)), "got betas"),
    "nesterov without momentum": (lambda: optim.SGD([nn.Parameter([1.0])], nesterov=True), "got nesterov=True"),
    "a norm of 0": (lambda: optim.clip_grad_norm_([], 0), "got max_norm=0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    provoke, message = REFUSED[case]
    with pytest.raises(tg.errors.TinygradSeqError, match=message):
        provoke()
