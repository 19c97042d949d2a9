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
