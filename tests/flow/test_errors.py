"""Every error of the measurements: its class, and that it says what was got, what is needed and what to do."""

import numpy as np
import pytest
from refusals import refuses

import tinygrad_seq as tg
from tinygrad_seq import flow, nn
from tinygrad_seq.errors import GraphError, OptionError, ShapeError

X = np.ones((3, 2, 2), "float32")


def output(kind="LSTM", **options):
    return getattr(nn, kind)(2, 3, **options)(X)[0]


def variable(*shape):
    return tg.tensor(np.ones(shape), requires_grad=True)


def states(*shapes):
    """A value named h in each step, of these shapes."""
    h = None
    for t, shape in enumerate(shapes):
        with tg.scope("cell", t=t):
            h = variable(*shape) * 1.0 + (0.0 if h is None else np.sum(h))
            tg.name(h=h)
    return h


ERRORS = {
    "flow of a constant": (
        lambda: flow.find(tg.tensor([1.0]), "h"),
        GraphError,
        "an output without history; need Tensors that depend on one with requires_grad=True",
    ),
    "flow of a number": (lambda: flow.memory(3), GraphError, "an output without history; need Tensors"),
    "paths to a name": (lambda: flow.paths("h@0", "h@1"), GraphError, "an output without history; need Tensors"),
    "a part of another graph": (
        lambda: flow.ways(output(), variable(2)),
        GraphError,
        r"got a Tensor of shape \(2,\), on which the output does not depend",
    ),
    "a name that nothing has": (
        lambda: flow.ways(output(), "z"),
        GraphError,
        "nothing is called 'z'; there are i, f, g, o, c, h, weight_ih_l0, ",
    ),
    "a layer that is not there": (lambda: flow.find(output(), "l1/h"), GraphError, "nothing is called 'l1/h'"),
    "a step that is no number": (lambda: flow.find(output(), "h@last"), OptionError, "need NAME@STEP with an integer"),
    "a step that is not there": (lambda: flow.find(output(), "h@9"), OptionError, "'h@9'; the steps of 'h' are 0 to 2"),
    "a step of what has none": (
        lambda: flow.find(output(), "weight_hh_l0@1"),
        OptionError,
        "'weight_hh_l0' has no time step",
    ),
    "ledger of several": (
        lambda: flow.ledger(output(), "h"),
        GraphError,
        "ledger: 'h' means 3 nodes; name the layer, or give the Tensor",
    ),
    "ledger, too many gradients": (
        lambda: flow.ledger([output()], "weight_hh_l0", [X, X]),
        ShapeError,
        "ledger: got 2 gradients for 1 outputs; need one each",
    ),
    "a contribution that was not kept": (
        lambda: flow.ledger(output(), "weight_hh_l0").contribution(0),
        GraphError,
        r"make it with ledger\(..., arrays=True\)",
    ),
    "steps of several modules": (
        lambda: flow.step_jacobians(output(bidirectional=True)),
        GraphError,
        "got states h of 2 modules: LSTM/l0, LSTM/l0_reverse; name one: path='LSTM/l0'",
    ),
    "a single step": (lambda: flow.step_jacobians(states((2, 3))), GraphError, "got 1 steps with h; need two or more"),
    "states of different batches": (
        lambda: flow.step_jacobians(states((2, 3), (4, 3))),
        ShapeError,
        r"got states \(4, 3\), \(2, 3\); need one batch",
    ),
    "a product backwards": (
        lambda: flow.step_jacobians(output("GRU")).product(0, 2),
        OptionError,
        "got t=0 and s=2; the steps are 1 to 2; need s before t",
    ),
    "exponents of no matrices": (
        lambda: flow.lyapunov(np.ones((4, 2, 3))),
        ShapeError,
        r"got Jacobians of shape \(4, 2, 3\); need \(T, n, n\) or \(T, B, n, n\)",
    ),
    "saturation of no gate": (lambda: flow.saturation(output("RNN")), GraphError, "there is no gate i, f, o, r, z"),
    "saturation, bounds": (lambda: flow.saturation(output(), low=0.9, high=0.1), OptionError, "need low < high"),
    "paths by no role": (
        lambda: flow.paths("h@0", output(), only="x"),
        OptionError,
        "got only='x'; need 'cell', 'hidden', or roles: c, f, g, h, i, o",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    refuses(*ERRORS[name])
