"""Optimisers, clipping and schedules against PyTorch, over 20 steps, with every option."""

import math

import numpy as np
import pytest

import tinygrad_seq as tg

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:.*lr_scheduler.step:UserWarning")]

DECAY, UP = {"weight_decay": 0.1}, {"maximize": True}
OPTIONS = {
    "SGD": [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True, **DECAY},
        {"momentum": 0.5, "dampening": 0.3, **UP, **DECAY},
    ],
    "Adam": [
        {},
        {"betas": (0.5, 0.8), "eps": 1e-3, **DECAY},
        {"amsgrad": True, **UP},
        {"decoupled_weight_decay": True, **DECAY},
    ],
    "AdamW": [{}, {"weight_decay": 0.3, "amsgrad": True}, UP],
    "NAdam": [{}, {"momentum_decay": 0.1, **DECAY}, {"decoupled_weight_decay": True, **DECAY}, UP],
    "RMSprop": [{}, {"centered": True, "alpha": 0.9}, {"momentum": 0.9, "centered": True, **DECAY}, {"eps": 0.1, **UP}],
    "Adagrad": [{}, {"lr_decay": 0.1, "initial_accumulator_value": 0.5, **DECAY}, {"eps": 1e-3, **UP}],
    "Adadelta": [{}, {"rho": 0.5, "eps": 1e-3, **DECAY}, UP],
}
CASES = [(name, options) for name, several in OPTIONS.items() for options in several]


def pair(*shapes):
    rng = np.random.default_rng(0)
    ours = [tg.nn.Parameter(rng.normal(size=shape)) for shape in shapes]
    return ours, [torch.nn.Parameter(torch.tensor(p.numpy().copy())) for p in ours]


def take_steps(count, sides, seed=1, schedules=()):
    """Steps on a loss whose targets change; each side is an optimiser with its parameters."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        targets = [rng.normal(size=tuple(p.shape)) for p in sides[0][1]]
        for optimiser, params in sides:
            optimiser.zero_grad()
            for p, target in zip(params, targets, strict=True):
                u = torch.tensor(target) if isinstance(p, torch.Tensor) else target
                ((p - u) ** 2).sum().backward()
            optimiser.step()
        for schedule in schedules:
            schedule.step()


def agree(ours, theirs, tolerance=1e-10):
    for p, q in zip(ours, theirs, strict=True):
        assert np.abs(p.numpy() - q.detach().numpy()).max() <= tolerance * max(1, np.abs(p.numpy()).max())


@pytest.mark.parametrize(("name", "options"), CASES, ids=lambda value: str(value))
def test_optimisers(name, options):
    ours, theirs = pair((3, 2), ())
    mine, other = getattr(tg.optim, name)(ours, **options), getattr(torch.optim, name)(theirs, **options)
    take_steps(20, [(mine, ours), (other, theirs)])
    agree(ours, theirs)
    assert mine.defaults == {key: other.defaults[key] for key in mine.defaults}, "PyTorch's defaults"


@pytest.mark.parametrize(("name", "options"), CASES, ids=lambda value: str(value))
def test_a_state_of_pytorch_is_taken_and_given(name, options):
    """Twice five steps, over to the other side after the first five."""
    ours, theirs = pair((3, 2), (4,))
    mine, other = getattr(tg.optim, name)(ours, **options), getattr(torch.optim, name)(theirs, **options)
    take_steps(5, [(other, theirs)])
    mine.load_state_dict(other.state_dict())
    for p, q in zip(ours, theirs, strict=True):
        p.data = q.detach().numpy()
    take_steps(5, [(mine, ours), (other, theirs)], seed=2)
    agree(ours, theirs)
    kept, expected = (optimiser.state_dict()["state"].get(0, {}) for optimiser in (mine, other))
    assert set(kept) == set(expected)


def test_groups_with_options_of_their_own():
    ours, theirs = pair((3,), (2,), (4,))
    both = []
    for optim, (a, b, c) in ((tg.optim, ours), (torch.optim, theirs)):
        optimiser = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5, "momentum": 0.9}], lr=0.1)
        optimiser.add_param_group({"params": [c], "weight_decay": 0.3})
        both.append((optimiser, [a, b, c]))
    take_steps(20, both)
    agree(ours, theirs)


GRADIENTS = {
    "small": [np.array([[0.1, -0.2]]), np.array(0.05)],
    "large": [np.array([[30.0, -20.0], [1.0, 4.0]]), np.array([-50.0])],
    "nan": [np.array([1.0, math.nan]), np.array([1.0])],
}


@pytest.mark.parametrize("case", GRADIENTS)
@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.0, math.inf, 0.5])
def test_clip_grad_norm(case, norm_type):
    ours, theirs = pair(*[g.shape for g in GRADIENTS[case]])
    for p, q, g in zip(ours, theirs, GRADIENTS[case], strict=True):
        p.grad, q.grad = tg.tensor(g), torch.tensor(g)
    norm = tg.optim.clip_grad_norm_(ours, 1.5, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, 1.5, norm_type)
    assert norm == pytest.approx(expected.item(), rel=1e-12, nan_ok=True)
    for p, q in zip(ours, theirs, strict=True):
        assert np.allclose(p.grad, q.grad, rtol=1e-12, atol=0, equal_nan=True)


def test_clip_grad_value():
    ours, theirs = pair((2, 2), (1,))
    for p, q, g in zip(ours, theirs, GRADIENTS["large"], strict=True):
        p.grad, q.grad = tg.tensor(g), torch.tensor(g)
    tg.optim.clip_grad_value_(ours, 3.0)
    torch.nn.utils.clip_grad_value_(theirs, 3.0)
    for p, q in zip(ours, theirs, strict=True):
        assert np.array_equal(p.grad, q.grad)


def warm_up(schedules, optimiser):
    return schedules.SequentialLR(
        optimiser,
        [
            schedules.LinearLR(optimiser, 0.1, total_iters=4),
            schedules.CosineAnnealingLR(optimiser, 6, 0.01),
            schedules.StepLR(optimiser, 2),
        ],
        milestones=[4, 10],
    )


def warm_restarts_at(schedules, optimiser):
    schedule = schedules.CosineAnnealingWarmRestarts(optimiser, 3, 2)
    schedule.step(5.5)
    return schedule


SCHEDULES = {
    "StepLR": lambda s, o: s.StepLR(o, 3, 0.5),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [7, 2, 7], 0.3),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.8),
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda t: 1 / (1 + t)),
    "LambdaLR of each group": lambda s, o: s.LambdaLR(o, [lambda t: 1 / (1 + t), lambda t: 0.9**t]),
    "LinearLR": lambda s, o: s.LinearLR(o, 0.2, 0.7, total_iters=8),
    "LinearLR, defaults": lambda s, o: s.LinearLR(o),
    "ConstantLR": lambda s, o: s.ConstantLR(o, 0.4, total_iters=6),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 7, 0.02),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 2, 0.01),
    "CosineAnnealingWarmRestarts, equal": lambda s, o: s.CosineAnnealingWarmRestarts(o, 4),
    "CosineAnnealingWarmRestarts at a fraction": warm_restarts_at,
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=20),
    "OneCycleLR, linear": lambda s, o: s.OneCycleLR(
        o, [0.5, 0.2], epochs=7, steps_per_epoch=3, anneal_strategy="linear", pct_start=0.4, base_momentum=0.7
    ),
    "OneCycleLR, three phases": lambda s, o: s.OneCycleLR(
        o, 0.5, 20, three_phase=True, div_factor=10.0, final_div_factor=100.0, max_momentum=0.99
    ),
    "OneCycleLR, no momentum": lambda s, o: s.OneCycleLR(o, 0.5, 25, cycle_momentum=False, pct_start=0.0),
    "SequentialLR": warm_up,
}


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("case", SCHEDULES)
def test_schedules(case, kind):
    rates = []
    for params, optim in zip(pair((2,), (3,)), (tg.optim, torch.optim), strict=True):
        groups = [{"params": params[:1]}, {"params": params[1:], "lr": 0.05}]
        optimiser = getattr(optim, kind)(groups, lr=0.1, **({"momentum": 0.9} if kind == "SGD" else {}))
        schedule = SCHEDULES[case](optim.lr_scheduler, optimiser)
        rates.append([])
        for _ in range(20):
            kept = [(g["lr"], g.get("momentum"), g.get("betas")) for g in optimiser.param_groups]
            rates[-1].append(kept)
            assert schedule.get_last_lr() == [lr for lr, *_ in kept]
            optimiser.step()
            schedule.step()
    for mine, theirs in zip(*rates, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            assert a[0] == pytest.approx(b[0], rel=1e-10, abs=1e-15)
            assert a[1] == pytest.approx(b[1], rel=1e-10) if a[1] is not None else b[1] is None
            assert a[2] == pytest.approx(b[2], rel=1e-10) if a[2] is not None else b[2] is None


def test_schedules_that_are_stepped_together_multiply():
    rates = []
    for params, optim in zip(pair((2,)), (tg.optim, torch.optim), strict=True):
        optimiser = optim.SGD(params, lr=0.1)
        schedules = optim.lr_scheduler
        both = [schedules.ConstantLR(optimiser, 0.1, 5), schedules.ExponentialLR(optimiser, 0.9)]
        rates.append([])
        for _ in range(20):
            rates[-1].append(optimiser.param_groups[0]["lr"])
            optimiser.step()
            for schedule in both:
                schedule.step()
    assert rates[0] == pytest.approx(rates[1], rel=1e-10)


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2, "factor": 0.5},
        {"patience": 0, "threshold_mode": "abs", "threshold": 0.3, "min_lr": 0.01},
        {"patience": 1, "mode": "max", "cooldown": 3, "min_lr": [0.02, 0.0]},
        {"patience": 1, "mode": "max", "threshold_mode": "abs", "eps": 1e-2},
    ],
    ids=str,
)
def test_reduce_on_plateau(options):
    metrics = np.random.default_rng(0).normal(size=40) + 3
    metrics[5] = np.nan
    rates = []
    for params, optim in zip(pair((2,), (3,)), (tg.optim, torch.optim), strict=True):
        optimiser = optim.SGD([{"params": params[:1]}, {"params": params[1:], "lr": 0.05}], lr=0.1)
        schedule = optim.lr_scheduler.ReduceLROnPlateau(optimiser, **options)
        rates.append([])
        for metric in metrics:
            schedule.step(metric)
            rates[-1].append([g["lr"] for g in optimiser.param_groups])
            assert schedule.get_last_lr() == rates[-1][-1]
    assert np.allclose(*rates, rtol=1e-12, atol=0)
    assert rates[0][-1] != rates[0][0]
