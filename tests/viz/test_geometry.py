"""Where things are drawn, checked from what the JSON says."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from viz.geometry import problems
from viz.graphs import GRAPHS, layer, lstm, random_program, rnn

import tinygrad_seq as tg
from tinygrad_seq.viz.fold import LEVELS


def drawn(output, **options):
    return json.loads(tg.viz.draw(output, **options).json())


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_overlaps_and_no_line_goes_through_a_box(name, level):
    assert problems(drawn(GRAPHS[name](), view=level)) == []


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([2, 4, 12]), st.sampled_from(LEVELS))
def test_nor_in_programs_at_random(seed, columns, level):
    assert problems(drawn(random_program(seed), columns=columns, view=level)) == []


@pytest.mark.parametrize("level", ["steps", "gates", "ops"])
@pytest.mark.parametrize("name", GRAPHS)
def test_the_same_role_has_the_same_row_and_the_same_place_in_its_column(name, level):
    picture = drawn(GRAPHS[name](), view=level)
    places = {}
    for node in picture["nodes"]:
        if node["where"] == "step":
            column = picture["columns"][node["column"]]
            assert node["t"] in (column["t"], None)
            place = (node["y"], node["x"] + node["width"] / 2 - column["x"])
            assert places.setdefault((node["band"], node["role"]), place) == pytest.approx(place, abs=0.02)


@pytest.mark.parametrize("level", ["steps", "gates", "ops"])
@pytest.mark.parametrize(
    "make", [lstm, lambda: layer("LSTM"), lambda: layer("GRU"), lambda: layer("RNN"), lambda: rnn()[0]]
)
def test_what_runs_through_time_runs_straight(make, level):
    """Each state goes to the next step in one horizontal line; whatever else takes it branches off."""
    picture = drawn(make(), view=level)
    straight = {}
    for edge in picture["edges"]:
        if edge["kind"] == "rail":
            source = picture["nodes"][edge["source"]]
            level = len({y for _, y in edge["points"]}) == 1
            straight[source["name"], source["t"]] = straight.get((source["name"], source["t"]), False) or level
    assert {name for name, _ in straight} in ({"h"}, {"h", "c"})
    assert all(straight.values())


def test_the_second_direction_runs_from_right_to_left():
    picture = drawn(layer("LSTM", bidirectional=True))
    assert [(band["name"], band["reversed"]) for band in picture["bands"]] == [
        ("LSTM/l0", False),
        ("LSTM/l0_reverse", True),
    ]
    rails = [edge for edge in picture["edges"] if edge["kind"] == "rail"]
    assert rails
    for edge in rails:
        band = picture["bands"][picture["nodes"][edge["source"]]["band"]]
        assert (edge["points"][0][0] > edge["points"][-1][0]) == band["reversed"]


def test_bands_are_above_each_other_and_the_shelf_is_below_all():
    picture = drawn(layer("GRU", num_layers=2))
    ranges = {}
    for node in picture["nodes"]:
        key = node["band"] if node["where"] == "step" else node["where"]
        low, high = ranges.get(key, (1e9, 0))
        ranges[key] = (min(low, node["y"]), max(high, node["y"] + node["height"]))
    assert ranges[1][1] < ranges[0][0]  # the second layer is above the first
    assert ranges[0][1] < ranges["shelf"][0]


def test_a_parameter_stands_once_and_has_a_stub_at_every_use():
    T = 5
    picture = drawn(layer("LSTM", T))
    names = [node["name"] for node in picture["nodes"] if node["where"] == "shelf" and node["op"] == "variable"]
    assert sorted(names) == sorted(["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight", "bias"])
    stubs = [use for use in picture["uses"] if use["label"] == "W_hh"]
    assert len(stubs) == T
    assert {use["source"] for use in stubs} == {stubs[0]["source"]}
    shelf = {node["id"] for node in picture["nodes"] if node["where"] == "shelf"}
    assert all(edge["target"] in shelf for edge in picture["edges"] if edge["source"] in shelf)
