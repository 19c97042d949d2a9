"""The words beside the boxes, and the strip below them: a reader who knows the picture alone is told what it means."""

import re
from itertools import pairwise

import numpy as np
from viz.graphs import cells, layer, rnn

import tinygrad_seq as tg
from tinygrad_seq.viz.layout import text_width
from tinygrad_seq.viz.scale import BLANK, LIGHT
from tinygrad_seq.viz.view import Step


def words(picture):
    return [text.text for text in picture.layout.texts]


def test_a_rolled_picture_is_not_called_unrolled_and_explains_its_numbers():
    loss = layer("GRU", 3)
    rolled, unrolled = (words(tg.viz.draw(loss, view=level)) for level in ("rolled", "gates"))
    assert (rolled[0], unrolled[0]) == ("Rolled graph", "Unrolled graph")
    assert [any("least · median · largest" in text for text in texts) for texts in (rolled, unrolled)] == [True, False]


def test_gaps_explain_their_factor_and_only_where_there_is_one():
    loss = rnn(30)[0]
    told = [
        any(text.startswith("Gaps:") for text in words(picture))
        for picture in (
            tg.viz.draw(loss, columns=5),
            tg.viz.draw(loss, columns=30),
            tg.viz.draw(loss, columns=5, gradients=False),
        )
    ]
    assert told == [True, False, False]


def test_parameters_of_one_name_tell_their_module():
    shelf = [box.name for box in tg.viz.draw(cells(2)).view.boxes if box.where == "shelf"]
    assert len(set(shelf)) == len(shelf)
    assert {"GRUCell.weight_ih", "LSTMCell.weight_ih", "Linear.weight", "Embedding.weight", "bias"} <= set(shelf)
    assert "weight_ih_l0" in [box.name for box in tg.viz.draw(layer("GRU")).view.boxes]


def test_in_the_strip_what_has_no_colour_has_the_line_of_the_legend():
    """An area of grey would seem to be more than the faintest colour of the scale."""
    w, h = tg.tensor([[0.5]], requires_grad=True), tg.tensor([[1.0]], requires_grad=True)
    for t in range(80):
        with tg.scope("cell", t=t):
            h = np.matmul(h, w) * (0.0 if t == 20 else 1.0)
            tg.name(h=h)
    picture = tg.viz.draw(np.sum(h), columns=4, focus=[79])
    marks = {shade.mark for shade in picture.layout.heat}
    assert marks == {"flow", "vanished", "zero"}
    svg, dot = picture.svg(), picture.dot()
    for mark in marks & set(BLANK):
        assert re.search(rf'class="heat column"[^>]*/>\n<path class="line {mark}"', svg)
    assert set(re.findall(r'class="heat (\w+)"', svg)) - {"column"} == {
        f"g{shade.bin}" for shade in picture.layout.heat if shade.bin >= 0
    }
    assert not re.search(rf'heat\d+ .*fillcolor="({LIGHT.vanished}|{LIGHT.outline})"', dot)
    assert {sample.mark for sample in picture.layout.samples} >= {"vanished", "zero"}


def test_the_ticks_under_the_strip_have_the_numbers_of_their_steps():
    loss = layer("LSTM", 1000)
    layout = tg.viz.draw(loss, columns=7, focus=[500]).layout
    top = max(y for tick in layout.ticks for _, y in tick)
    foot = next(text.y for text in layout.texts if text.text == "parameters")
    numbers = [text for text in layout.texts if text.kind == "legend" and top < text.y < foot]
    shown = [column.t for column in layout.view.columns if isinstance(column, Step)]
    told = [int(t) for text in numbers for t in text.text.split(" … ")]
    assert (told[0], told[-1]) == (0, 999)
    assert 500 in told
    assert set(told) <= set(shown)
    ends = [(t.x - text_width(t.text, 9.5) / 2, t.x + text_width(t.text, 9.5) / 2) for t in numbers]
    assert all(a[1] < b[0] for a, b in pairwise(ends))


def test_uses_of_variables_without_names_are_told_apart_by_their_shapes():
    w, u = tg.tensor(np.eye(4), requires_grad=True), tg.tensor(np.ones((3, 4)), requires_grad=True)
    h = np.zeros((2, 4))
    for t in range(3):
        with tg.scope("cell", t=t):
            h = np.tanh(h @ w + np.ones((2, 3)) @ u)
    view = tg.viz.draw(np.sum(h)).view
    assert {stub.label for stub in view.stubs} == {"4×4", "3×4"}


def test_the_key_speaks_of_the_paths_that_there_are():
    loss = layer("RNN", 3)
    gru = tg.nn.GRU(3, 4)
    output, _ = gru(np.ones((3, 2, 3), "float32"))
    keys = [
        [text for text in words(tg.viz.draw(found, highlight=ends)) if "path" in text][1:]
        for found, ends in ((loss, "h@0"), (np.sum(output[-1]), "h@0"), (output, ("h@0", "x@2")))
    ]
    most, others = "path with the most gradient", "other paths between the ends"
    assert keys == [[most], [most, others], []]
