"""A picture from its JSON is the same picture."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from viz.graphs import GRAPHS, layer, random_program, rnn

import tinygrad_seq as tg
from tinygrad_seq.errors import FileFormatError
from tinygrad_seq.viz.fold import LEVELS


def check(picture):
    text = picture.json()
    again = tg.viz.from_json(text)
    assert again.graph == picture.graph
    assert again.json() == text
    assert again.svg() == picture.svg()
    assert again.mermaid() == picture.mermaid()
    return again


@pytest.mark.parametrize("name", GRAPHS)
def test_round_trip(name):
    check(tg.viz.draw(GRAPHS[name]()))


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.sampled_from(LEVELS))
def test_round_trip_at_random(seed, level):
    check(tg.viz.draw(random_program(seed), view=level, columns=3))


def test_with_every_option():
    loss = layer("GRU", 30, num_layers=2)
    options = {"fold": ["GRU/l1"], "highlight": "l0/h@3", "columns": 5, "focus": [17], "title": "<&∂"}
    picture = tg.viz.draw(loss, view="steps", **options)
    again = check(picture)
    assert again.dot() == picture.dot()
    assert again.text() == picture.text()
    check(tg.viz.draw(rnn(3)[0], gradients=False))


def test_numbers_that_are_not_finite():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with np.errstate(all="ignore"):
        check(tg.viz.draw(x * np.array([np.inf, 1.0], "float32")))


def test_more_paths_than_a_number_of_json_can_count():
    x = y = tg.tensor([1.0], requires_grad=True)
    for _ in range(100):
        y = y + y
    picture = tg.viz.draw(y, highlight=x)
    assert picture.view.highlight.count == 2**100
    check(picture)


def damaged(change):
    data = json.loads(tg.viz.draw(rnn(2)[0]).json())
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "text that is not JSON"),
        ("{", "text that is not JSON"),
        ("[]", "JSON of something else"),
        ('{"format": "other"}', "JSON of something else"),
        (damaged(lambda data: data.update(version=99)), "got version 99; this release reads 2"),
        (damaged(lambda data: data.pop("kinds")), "damaged picture (KeyError"),
        (damaged(lambda data: data["vertices"][0].update(parents=[3])), "vertex 0 depends on a later one"),
        (damaged(lambda data: data["vertices"][0].update(kind=99)), "damaged picture (IndexError"),
        (damaged(lambda data: data.update(outputs=[10**6])), "damaged picture"),
        (damaged(lambda data: data["options"].update(view="x")), "damaged picture"),
    ],
)
def test_what_is_no_picture(text, message):
    with pytest.raises(FileFormatError) as error:
        tg.viz.from_json(text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
