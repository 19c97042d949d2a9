"""Every error of optimisers, clipping and schedules: its class, and that it says what to do."""

import numpy as np
import pytest
from refusals import refuses

import tinygrad_seq as tg
from tinygrad_seq import nn, optim
from tinygrad_seq.errors import DTypeError, GraphError, OptionError, StateError
from tinygrad_seq.optim import lr_scheduler as schedules


def parameter():
    return nn.Parameter([1.0])


def adam(**options):
    return optim.Adam([parameter()], **options)


def loaded(*, groups=None, state=None):
    """An Adam that is given its own state with something else in it."""
    opt = adam()
    own = opt.state_dict()["param_groups"]
    opt.load_state_dict({"param_groups": own if groups is None else groups(own), "state": state or {}})


def exploded():
    p = parameter()
    p.grad = tg.tensor([np.inf])
    return p


def grown():
    opt = adam()
    schedule = schedules.StepLR(opt, 2)
    opt.add_param_group({"params": parameter()})
    schedule.step()


def past_the_end():
    schedule = schedules.OneCycleLR(adam(), 1.0, total_steps=3)
    for _ in range(4):
        schedule.step()


ERRORS = {
    "no parameters": (lambda: optim.SGD([]), OptionError, "SGD: got no parameters; need at least one; pass model"),
    "one Tensor": (lambda: optim.SGD(parameter()), DTypeError, "SGD: got a Parameter; need a list of Tensors or of"),
    "a model": (
        lambda: optim.SGD(tg.nn.Linear(1, 1)),
        DTypeError,
        r"SGD: got a Linear; need a list .*; pass model.parameters\(\)",
    ),
    "names of parameters": (
        lambda: optim.SGD(tg.nn.Linear(1, 1).named_parameters()),
        DTypeError,
        r"SGD: got tuple; need leaf Tensors; pass model.parameters\(\)",
    ),
    "one group": (lambda: optim.SGD({"params": [parameter()]}), DTypeError, "SGD: got a dict; need a list"),
    "a set, which has no order": (
        lambda: optim.SGD({parameter()}),
        DTypeError,
        "SGD: got a set; .* whose order is kept",
    ),
    "one number for betas": (lambda: adam(betas=0.9), OptionError, "Adam: got betas=0.9; need two numbers in 0 ... 1"),
    "no Tensor": (lambda: optim.Adam([3.0]), DTypeError, "Adam: got float; need leaf Tensors"),
    "a result": (lambda: optim.Adam([parameter() * 2]), DTypeError, "Adam: got Tensor; need leaf Tensors"),
    "a parameter twice": (
        lambda: optim.SGD([parameter()] * 2),
        OptionError,
        r"SGD: got a parameter of shape \(1,\) twice; need each once",
    ),
    "an unknown option": (
        lambda: optim.SGD([{"params": [parameter()], "learning_rate": 1.0}]),
        OptionError,
        "SGD: got a group with 'params', 'learning_rate'; need 'params', at least one, and any of 'lr', 'momentum'",
    ),
    "a group of nothing": (lambda: optim.SGD([{"lr": 1.0}]), OptionError, "SGD: got a group with 'lr'; need 'params'"),
    "a negative learning rate": (lambda: adam(lr=-1), OptionError, "Adam: got lr=-1; need a number of at least 0"),
    "a learning rate of NaN": (lambda: adam(lr=np.nan), OptionError, "Adam: got lr=nan; need a number"),
    "a learning rate that is set to text": (
        lambda: setattr(adam(), "lr", "high"),
        OptionError,
        "Adam: got lr='high'; need a number of at least 0",
    ),
    "a share above 1": (
        lambda: optim.RMSprop([parameter()], alpha=1.5),
        OptionError,
        "RMSprop: got alpha=1.5; need a number in 0 ... 1",
    ),
    "an average over everything": (
        lambda: adam(betas=(0.9, 1.0)),
        OptionError,
        r"Adam: got betas=\(0.9, 1.0\); need two numbers in 0 ... 1, below 1",
    ),
    "three betas": (lambda: optim.NAdam([parameter()], betas=(0.9, 0.9, 0.9)), OptionError, "NAdam: got betas"),
    "nesterov without momentum": (
        lambda: optim.SGD([parameter()], nesterov=True),
        OptionError,
        "SGD: got nesterov=True; need momentum above 0 and dampening=0",
    ),
    "an optimiser's state that misses an entry": (
        lambda: adam().load_state_dict({"state": {}}),
        StateError,
        "Adam: nothing was loaded; need 'state' and 'param_groups', of state_dict",
    ),
    "an optimiser's state of another number": (
        lambda: loaded(groups=lambda own: own * 2),
        StateError,
        r"Adam: nothing was loaded; got groups of \[1, 1\] parameters; need \[1\]",
    ),
    "an optimiser's state without an option": (
        lambda: loaded(groups=lambda own: [{"params": [0]}]),
        StateError,
        "Adam: nothing was loaded; amsgrad, betas, .* is missing",
    ),
    "an optimiser's state of another parameter": (
        lambda: loaded(state={1: {}}),
        StateError,
        r"Adam: nothing was loaded; entry 1 belongs to none of the parameters \[0\]",
    ),
    "an optimiser's state of another kind": (
        lambda: loaded(state={0: {"momentum_buffer": np.ones(1)}}),
        StateError,
        "Adam: nothing was loaded; parameter 0 has momentum_buffer; need step, exp_avg, exp_avg_sq",
    ),
    "an optimiser's state of another size": (
        lambda: loaded(state={0: {"step": 1, "exp_avg": np.ones(2), "exp_avg_sq": np.ones(1)}}),
        StateError,
        r"Adam: nothing was loaded; exp_avg of parameter 0 has shape \(2,\); need \(1,\)",
    ),
    "a norm of 0": (
        lambda: optim.clip_grad_norm_([], 0),
        OptionError,
        "clip_grad_norm_: got max_norm=0, norm_type=2.0; need numbers above 0",
    ),
    "a norm that is not finite": (
        lambda: optim.clip_grad_norm_([exploded()], 1.0, error_if_nonfinite=True),
        GraphError,
        "clip_grad_norm_: the norm of the gradients is inf; nothing was clipped; use tg.autograd.detect_anomaly",
    ),
    "a bound of NaN": (
        lambda: optim.clip_grad_value_([], np.nan),
        OptionError,
        "clip_grad_value_: got clip_value=nan; need a number above 0",
    ),
    "a schedule of no optimiser": (
        lambda: schedules.StepLR(parameter(), 2),
        DTypeError,
        "StepLR: got Parameter; need an Optimizer",
    ),
    "steps of no length": (lambda: schedules.StepLR(adam(), 0), OptionError, "got step_size=0; need an integer of at"),
    "a length that is no integer": (
        lambda: schedules.CosineAnnealingLR(adam(), 2.5),
        OptionError,
        "CosineAnnealingLR: got T_max=2.5; need an integer of at least 1",
    ),
    "growth of NaN": (lambda: schedules.ExponentialLR(adam(), np.nan), OptionError, "got gamma=nan; need a number of"),
    "a step before the first": (lambda: schedules.StepLR(adam(), 2, last_epoch=-2), OptionError, "got last_epoch=-2"),
    "a schedule that goes on from nothing": (
        lambda: schedules.StepLR(adam(), 2, last_epoch=3),
        OptionError,
        "StepLR: got last_epoch=3 and groups without 'initial_lr'.*; load the optimiser's state first",
    ),
    "a group after the schedule": (
        grown,
        OptionError,
        "StepLR: got an optimiser of 2 groups, which had 1; make a new schedule after add_param_group",
    ),
    "a schedule's state that misses an entry": (
        lambda: schedules.StepLR(adam(), 2).load_state_dict({"base_lrs": [1.0]}),
        StateError,
        "StepLR: nothing was loaded; last_epoch, _last_lr is missing",
    ),
    "a schedule's state of another number": (
        lambda: schedules.StepLR(adam(), 2).load_state_dict({"base_lrs": [], "last_epoch": 1, "_last_lr": []}),
        StateError,
        "StepLR: nothing was loaded; need 1 groups",
    ),
    "schedules of two optimisers": (
        lambda: schedules.SequentialLR(adam(), [schedules.StepLR(adam(), 2)], []),
        OptionError,
        "SequentialLR: got StepLR; need schedules that are functions of the step, of the same optimiser",
    ),
    "a schedule without a milestone": (
        lambda: schedules.SequentialLR(adam(), [], []),
        OptionError,
        r"SequentialLR: got 0 schedules and milestones=\[\]; need one milestone less, ascending",
    ),
    "functions for other groups": (
        lambda: schedules.LambdaLR(adam(), [abs, abs]),
        OptionError,
        "LambdaLR: got lr_lambda of 2; need a function for each of 1 groups",
    ),
    "a warm-up from above": (
        lambda: schedules.LinearLR(adam(), start_factor=2.0),
        OptionError,
        "LinearLR: got start_factor=2.0 and end_factor=1.0; need 0 ... 1, the first above 0; set lr to the highest",
    ),
    "a constant of 0": (lambda: schedules.ConstantLR(adam(), 0), OptionError, "ConstantLR: got factor=0; need 0 ... 1"),
    "a cycle of an unknown shape": (
        lambda: schedules.OneCycleLR(adam(), 1.0, 9, anneal_strategy="cubic"),
        OptionError,
        "OneCycleLR: got pct_start=0.3 and anneal_strategy='cubic'; need a share in 0 ... 1, and",
    ),
    "a cycle of unknown length": (
        lambda: schedules.OneCycleLR(adam(), 1.0),
        OptionError,
        "OneCycleLR: got epochs=None",
    ),
    "a cycle to nothing": (
        lambda: schedules.OneCycleLR(adam(), 0.0, 9),
        OptionError,
        "OneCycleLR: got max_lr=0.0; need a number above 0, or one for each group",
    ),
    "a cycle of a momentum that is not there": (
        lambda: schedules.OneCycleLR(optim.Adagrad([parameter()]), 1.0, 9),
        OptionError,
        "OneCycleLR: got an optimiser without momentum or betas; need cycle_momentum=False",
    ),
    "a step after the cycle": (past_the_end, OptionError, "OneCycleLR: got step 4 of 3; need more total_steps"),
    "a plateau of no optimiser": (
        lambda: schedules.ReduceLROnPlateau(3),
        DTypeError,
        "ReduceLROnPlateau: got int; need an Optimizer",
    ),
    "a plateau that grows": (
        lambda: schedules.ReduceLROnPlateau(adam(), factor=1.0),
        OptionError,
        "ReduceLROnPlateau: got mode='min', threshold_mode='rel', factor=1.0; need",
    ),
    "bounds for other groups": (
        lambda: schedules.ReduceLROnPlateau(adam(), min_lr=[0.1, 0.1]),
        OptionError,
        r"ReduceLROnPlateau: got min_lr=\[0.1, 0.1\]; need a number, or one for each of 1 groups",
    ),
    "a plateau's state that misses an entry": (
        lambda: schedules.ReduceLROnPlateau(adam()).load_state_dict({}),
        StateError,
        "ReduceLROnPlateau: nothing was loaded; best, .* is missing",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    refuses(*ERRORS[name])
