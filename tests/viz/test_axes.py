"""Encoder and decoder side by side, and attention between them."""

import json
from itertools import pairwise

import numpy as np
import pytest
from viz.geometry import problems
from viz.graphs import GRAPHS, attention, cells, handed_over, layer

import tinygrad_seq as tg
from tinygrad_seq.viz.view import Gap


def translation(S=5, T=3, decoder="LuongDecoder", **options):
    """The loss of a sequence-to-sequence model."""
    tg.seed(0)
    encoder = tg.nn.Encoder(10, 4, 6)
    model = tg.nn.Seq2Seq(encoder, getattr(tg.nn, decoder)(12, 4, 6, encoder.memory_size))
    make = np.random.default_rng(0)
    logits, weights = model(make.integers(0, 10, (S, 2)), make.integers(0, 12, (T, 2)), **options)
    return tg.nn.functional.cross_entropy(logits.reshape(-1, 12), make.integers(0, 12, T * 2)), weights.numpy()


@pytest.mark.parametrize("level", ["rolled", "steps", "gates", "ops"])
@pytest.mark.parametrize("decoder", ["LuongDecoder", "BahdanauDecoder"])
def test_a_decoder_comes_after_its_encoder(decoder, level):
    picture = tg.viz.draw(translation(decoder=decoder)[0], view=level)
    data = json.loads(picture.json())
    assert [column.axis for column in picture.view.columns] == ([0, 1] if level == "rolled" else [0] * 5 + [1] * 3)
    assert all(a["x"] + a["width"] < b["x"] for a, b in pairwise(data["columns"]))
    axis = {band["name"]: band["axis"] for band in data["bands"]}
    assert {name: at for name, at in axis.items() if "encoder" in name} == {"Seq2Seq/encoder/rnn/l0": 0}
    assert all(at == 1 for name, at in axis.items() if "decoder" in name)
    assert problems(data) == []


def bands_of(output, **options):
    """The bands of a picture without faults: upper and lower border, by time axis."""
    picture = tg.viz.draw(output, **options)
    assert problems(json.loads(picture.json())) == []
    found = {}
    frames = [frame.area for frame in picture.layout.frames if frame.kind == "module"]
    for axis, area in zip(picture.view.axis, frames, strict=True):
        found.setdefault(axis, []).append((area.y, area.bottom))
    return found


@pytest.mark.parametrize("level", ["steps", "gates"])
@pytest.mark.parametrize("make", [lambda: translation()[0], lambda: translation(20, 14)[0]])
def test_a_decoder_stands_beside_its_encoder_not_above(make, level):
    bands = bands_of(make(), view=level)
    assert max(low for _, low in bands[0]) == max(low for _, low in bands[1])


@pytest.mark.parametrize("level", ["steps", "gates"])
@pytest.mark.parametrize("options", [{"num_layers": 2}, {"bidirectional": True}])
def test_so_does_one_with_several_bands(options, level):
    """What the layers of an encoder hand to each other as a whole stands before the columns of the decoder."""
    tg.seed(0)
    encoder = tg.nn.Encoder(10, 4, 6, **options)
    model = tg.nn.Seq2Seq(encoder, tg.nn.BahdanauDecoder(12, 4, 6, encoder.memory_size))
    logits, _ = model(np.arange(8).reshape(4, 2), np.arange(6).reshape(3, 2), source_lengths=[4, 3])
    bands = bands_of(np.sum(logits**2), view=level)
    assert [len(bands[axis]) for axis in (0, 1)] == [2, 2]
    assert max(low for _, low in bands[0]) == max(low for _, low in bands[1])


@pytest.mark.parametrize("level", ["steps", "gates"])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_states_that_are_handed_over_run_on_straight(kind, level):
    picture = tg.viz.draw(handed_over(kind), view=level)
    bands = bands_of(handed_over(kind), view=level)
    assert bands[0][0][1] == bands[1][0][1]
    boxes = picture.view.boxes
    over = [
        path
        for line, path in zip(picture.view.lines, picture.layout.lines, strict=True)
        if line.kind == "rail" and boxes[line.source].band != boxes[line.target].band
    ]
    assert any(len({y for _, y in path}) == 1 for path in over)


@pytest.mark.parametrize("options", [{"num_layers": 2}, {"bidirectional": True}, {"num_layers": 2, "dropout": 0.5}])
@pytest.mark.parametrize("level", ["rolled", "steps", "gates", "ops"])
def test_layers_and_directions_stand_where_no_line_is_in_the_way(options, level):
    assert set(bands_of(handed_over("GRU", **options), view=level)) == {0, 1}


@pytest.mark.parametrize("name", [name for name in GRAPHS if name != "attention"])
def test_what_goes_step_by_step_shares_an_axis(name):
    assert {column.axis for column in tg.viz.draw(GRAPHS[name]()).view.columns} <= {0}


def test_a_loop_of_cells_shares_an_axis_with_its_head():
    assert set(tg.viz.draw(cells(1)).view.axis) == {0}


def test_attention_is_drawn_as_wide_as_its_mean_weight():
    loss, weights = translation(source_lengths=[5, 3])
    picture = tg.viz.draw(loss, view="gates")
    view = picture.view
    assert len(view.attention) == 5 * 3
    for attend, path in zip(view.attention, picture.layout.attention, strict=True):
        s, t = (view.columns[view.boxes[k].column].t for k in (attend.source, attend.target))
        assert attend.weight == pytest.approx(weights[t, :, s].mean(), abs=1e-6)
        assert view.boxes[attend.target].name == "attention"
        column = picture.layout.columns[view.boxes[attend.source].column]
        assert column[0] < path[0][0] < column[1]
    assert picture.svg().count('class="attend" d=') == 15 + 1  # and one in the legend
    assert "attention of t = 0 to t = 4" in picture.svg()


def test_attention_to_steps_that_are_hidden_is_not_drawn():
    view = tg.viz.draw(translation(S=20, T=4)[0], columns=9).view
    shown = sum(column.axis == 0 and not isinstance(column, Gap) for column in view.columns)
    assert len(view.attention) == shown * sum(
        column.axis == 1 for column in view.columns if not isinstance(column, Gap)
    )
    assert sum(column.count for column in view.columns) == 24
    ends = [(column.axis, column.t) for column in view.columns if not isinstance(column, Gap)]
    assert {(0, 0), (0, 19), (1, 0), (1, 3)} <= set(ends)


def test_a_gap_hides_steps_of_one_axis():
    for columns in range(1, 12):
        for column in tg.viz.draw(translation(S=7, T=6)[0], columns=columns).view.columns:
            if isinstance(column, Gap):
                assert column.count == column.last - column.first + 1


def test_by_hand_too():
    view = tg.viz.draw(attention()).view
    assert [column.axis for column in view.columns] == [0] * 4 + [1] * 3
    assert tg.viz.draw(layer("GRU", num_layers=2, bidirectional=True)).view.axis == [0] * 4
