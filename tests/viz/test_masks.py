"""Steps that not all rows take, in layers with lengths."""

import json

import numpy as np
import pytest
from viz.geometry import problems

import tinygrad_seq as tg


def loss_of(kind, lengths, T=6, **options):
    make = np.random.default_rng(0)
    layer = getattr(tg.nn, kind)(3, 4, **options)
    output, _ = layer(make.normal(size=(T, len(lengths), 3)).astype("float32"), lengths=np.array(lengths))
    return np.sum(output * output)


@pytest.mark.parametrize("level", ["steps", "gates", "ops"])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_partly_live_steps_say_how_many_rows_they_have(kind, level):
    picture = tg.viz.draw(loss_of(kind, [6, 3, 2]), view=level)
    found = {masked.column: masked.live for masked in picture.view.masked}
    assert found == {2: (2, 3), 3: (1, 3), 4: (1, 3), 5: (1, 3)}
    assert [frame.kind for frame in picture.layout.frames].count("partly") == 4
    svg = picture.svg()
    assert "url(#hatch)" in svg
    assert "2 of 3 rows" in svg
    assert problems(json.loads(picture.json())) == []


def test_a_state_that_is_kept_stays_in_its_row():
    picture = tg.viz.draw(loss_of("LSTM", [6, 3], bidirectional=True), view="gates")
    rows = {}
    for box, area in zip(picture.view.boxes, picture.layout.boxes, strict=True):
        if box.where == "step" and box.name in ("h", "c"):
            rows.setdefault((box.band, box.name), set()).add(area.y)
    assert all(len(heights) == 1 for heights in rows.values())
    assert len(rows) == 4


def test_a_step_that_no_row_takes():
    h, w = tg.tensor(np.ones((2, 1), "float32"), requires_grad=True), tg.tensor(np.full((2, 1), 0.5, "float32"))
    for t in range(3):
        with tg.scope("rnn", t=t):
            h = tg.ops.where(np.full((2, 1), t < 2), np.tanh(h * w), h)
            tg.name(h=h)
    picture = tg.viz.draw(np.sum(h))
    assert [(masked.column, masked.live) for masked in picture.view.masked] == [(2, (0, 2))]
    assert "no row" in picture.svg()


@pytest.mark.parametrize("options", [{}, {"zoneout": 0.5}])
def test_without_lengths_nothing_is_hatched(options):
    assert 'hatch"' not in tg.viz.draw(loss_of("GRU", [6, 6], **options)).svg()
