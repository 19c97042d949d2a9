"""Optimisers: the papers' formulas step by step, their state, and that no recorded graph sees an update."""

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq import nn, optim
from tinygrad_seq.optim import lr_scheduler


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


MAKERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "Adam": lambda p: optim.Adam(p, lr=0.1, amsgrad=True),
    "AdamW": lambda p: optim.AdamW(p, lr=0.1),
    "NAdam": lambda p: optim.NAdam(p, lr=0.1),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.1, momentum=0.5, centered=True),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.1),
    "Adadelta": lambda p: optim.Adadelta(p, lr=0.1),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_saved_optimiser_goes_on_as_if_nothing_had_been(kind, tmp_path):
    p = nn.Parameter(np.array([1.0, -2.0]))
    opt = MAKERS[kind]([p])
    schedule = lr_scheduler.ExponentialLR(opt, 0.9)
    for _ in range(3):
        quadratic(p)
        opt.step()
        schedule.step()
    tg.io.save(tmp_path / "run.npz", {"optimizer": opt.state_dict(), "schedule": schedule.state_dict()})
    saved = tg.io.load(tmp_path / "run.npz")
    q = nn.Parameter(p.numpy())
    other = MAKERS[kind]([q])
    again = lr_scheduler.ExponentialLR(other, 0.9)
    other.load_state_dict(saved["optimizer"])
    again.load_state_dict(saved["schedule"])
    for _ in range(3):
        for w, o, s in ((p, opt, schedule), (q, other, again)):
            quadratic(w)
            o.step()
            s.step()
    assert np.array_equal(p, q)
    assert opt.lr == other.lr


@pytest.mark.parametrize("kind", MAKERS)
def test_every_optimiser_goes_down_keeps_the_dtype_and_takes_numbers(kind):
    for shape in ((2,), ()):
        p = nn.Parameter(np.full(shape, 1.0, "float32"))
        opt = MAKERS[kind]([p])
        for _ in range(5):
            opt.zero_grad()
            (p * p).sum().backward()
            opt.step()
        assert p.dtype == np.float32
        assert type(p._data) is np.ndarray
        assert p.shape == shape
        assert (p.numpy() < 1).all()


STATES = {
    "no mapping": lambda state: 3,
    "no groups": lambda state: {"state": {}},
    "another number of parameters": lambda state: {**state, "param_groups": [{**group(state), "params": [0, 1]}]},
    "an option missing": lambda state: {**state, "param_groups": [without(group(state), "betas")]},
    "an option out of range": lambda state: {**state, "param_groups": [{**group(state), "lr": -1}]},
    "an unknown parameter": lambda state: {**state, "state": {1: state["state"][0]}},
    "another average": lambda state: {**state, "state": {0: {"momentum_buffer": np.ones(2)}}},
    "another shape": lambda state: {**state, "state": {0: {**state["state"][0], "exp_avg": np.ones(3)}}},
}


def group(state):
    return state["param_groups"][0]


def without(mapping, name):
    return {key: value for key, value in mapping.items() if key != name}


def used(lr=0.1):
    p = nn.Parameter(np.array([1.0, -2.0]))
    opt = optim.Adam([p], lr=lr)
    quadratic(p)
    opt.step()
    return opt


@pytest.mark.parametrize("case", STATES)
def test_a_state_that_does_not_fit_changes_nothing(case):
    opt = used(lr=0.3)
    before = opt.state_dict()
    with pytest.raises(tg.errors.TinygradSeqError):
        opt.load_state_dict(STATES[case](used().state_dict()))
    after = opt.state_dict()
    assert after["param_groups"] == before["param_groups"]
    for name, value in before["state"][0].items():
        assert np.array_equal(after["state"][0][name], value)


def test_a_group_that_is_refused_is_not_added():
    a, b = nn.Parameter([1.0]), nn.Parameter([2.0])
    opt = optim.SGD([a])
    for wrong in ({"params": [b, a]}, {"params": [b], "lr": -1}, {"params": [b], "weight_deacy": 1}, {"lr": 1.0}):
        with pytest.raises(tg.errors.OptionError):
            opt.add_param_group(wrong)
    assert [g["params"] for g in opt.param_groups] == [[a]]
    opt.add_param_group({"params": b, "lr": 0.5, "name": "head"})
    assert opt.param_groups[1]["lr"] == 0.5
    opt.lr = 0.25
    assert [g["lr"] for g in opt.param_groups] == [0.25, 0.25]


def test_a_closure_computes_the_loss_anew():
    p = nn.Parameter([3.0])
    opt = optim.SGD([p], lr=0.1)

    def closure():
        opt.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with tg.no_grad():
        losses = [opt.step(closure).item() for _ in range(3)]
    assert losses[0] == 9
    assert losses[2] < losses[1] < losses[0]


def test_a_rate_that_the_user_sets_stays_scaled():
    opt = optim.SGD([nn.Parameter([1.0])], lr=1.0)
    schedule = lr_scheduler.StepLR(opt, 2, gamma=0.5)
    opt.lr = 0.1
    rates = []
    for _ in range(4):
        schedule.step()
        rates.append(opt.lr)
    assert rates == pytest.approx([0.1, 0.05, 0.05, 0.025])


def test_a_schedule_goes_on_from_a_loaded_optimiser():
    opt = optim.SGD([nn.Parameter([1.0])], lr=1.0)
    schedule = lr_scheduler.CosineAnnealingLR(opt, 10)
    for _ in range(4):
        schedule.step()
    other = optim.SGD([nn.Parameter([1.0])], lr=7.0)
    other.load_state_dict(opt.state_dict())
    schedule.step()
    assert lr_scheduler.CosineAnnealingLR(other, 10, last_epoch=4).get_last_lr() == schedule.get_last_lr()


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
