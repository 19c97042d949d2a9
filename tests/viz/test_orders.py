"""A recorded backward pass, and a backward pass through that."""

import json

import numpy as np
import pytest
from viz.geometry import problems
from viz.graphs import rnn

import tinygrad_seq as tg


def third_order(T=3):
    loss, parts = rnn(T)
    (g,) = tg.autograd.grad(loss, parts["w"], create_graph=True)
    (h,) = tg.autograd.grad(np.sum(g * g), parts["w"], create_graph=True)
    return np.sum(h * h)


@pytest.mark.parametrize("level", ["rolled", "steps", "gates", "ops"])
def test_each_sweep_is_a_layer_below_what_it_differentiates(level):
    picture = tg.viz.draw(third_order(), view=level)
    data = json.loads(picture.json())
    names = [band["name"] for band in data["bands"] if band["name"].startswith("rnn")]
    assert names == ["rnn backward 2", "rnn backward", "rnn"]
    reverse = {band["name"]: band["reversed"] for band in data["bands"]}
    assert (reverse["rnn"], reverse["rnn backward"]) == (False, True)  # time runs back
    assert problems(data) == []


def test_what_differentiates_a_state_says_so():
    picture = tg.viz.draw(third_order(), view="gates")
    names = {
        box.name for box in picture.view.boxes if box.where == "step" and "backward" in picture.view.bands[box.band][0]
    }
    assert "∂h" in names


@pytest.mark.parametrize("level", ["gates", "ops"])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_what_one_step_alone_reads_stands_in_it(kind, level):
    """A backward pass reads the gradient of the states once a step; beside the steps that would be a tower of boxes."""
    beside = []
    for T in (3, 8):
        recurrent = getattr(tg.nn, kind)(3, 4)
        output, _ = recurrent(np.ones((T, 2, 3), "float32"))
        (g,) = tg.autograd.grad(np.sum(output[-1] ** 2), recurrent.weight_hh_l0, create_graph=True)
        picture = tg.viz.draw(np.sum(g * g), view=level)
        beside.append([box.sign for box in picture.view.boxes if box.where == "after"])
        assert problems(json.loads(picture.json())) == []
    assert beside[0] == [sign.replace("7", "2") for sign in beside[1]]


def test_the_gradient_of_all_gates_side_by_side_is_not_called_that_of_one():
    lstm = tg.nn.LSTM(3, 4)
    output, _ = lstm(np.ones((3, 2, 3), "float32"))
    (g,) = tg.autograd.grad(np.sum(output[-1] ** 2), lstm.weight_hh_l0, create_graph=True)
    picture = tg.viz.draw(np.sum(g * g), view="gates")
    notes = {box.note for box in picture.view.boxes if box.name.startswith("∂") and box.where == "step"}
    assert notes == {"2×4"}
