"""The four levels, and folded modules: what becomes one box, and what flows between the boxes."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from viz.graphs import GRAPHS, cells, layer, random_program, rnn, unlabelled

import tinygrad_seq as tg
from tinygrad_seq.errors import OptionError
from tinygrad_seq.viz.fold import LEVELS, fold
from tinygrad_seq.viz.view import Every, Step

KINDS = {"RNN": ("x", "h"), "LSTM": ("x", "i", "f", "g", "o", "c", "h"), "GRU": ("x", "r", "z", "n", "h")}


def names(picture, t=None):
    """The names of the boxes of each step, those without a name by their sign."""
    return sorted(
        box.name or box.sign
        for box in picture.view.boxes
        if box.where == "step" and (t is None or picture.view.columns[box.column].t == t)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_gates_are_what_has_a_name(kind):
    picture = tg.viz.draw(layer(kind, 4), view="gates")
    for t in range(4):
        found = names(picture, t)
        assert set(KINDS[kind]) <= set(found)
        assert len(found) <= len(KINDS[kind]) + 2  # what several gates are computed from


@pytest.mark.parametrize(("kind", "boxes"), [("RNN", "h x"), ("LSTM", "c cell h x"), ("GRU", "cell h x")])
def test_steps_are_the_picture_of_a_textbook(kind, boxes):
    picture = tg.viz.draw(layer(kind, 4), view="steps")
    assert [names(picture, t) for t in range(4)] == [boxes.split()] * 4
    assert [box.name for box in picture.view.boxes if box.where == "after"][-1] == "loss"


def test_the_cell_says_what_is_in_it():
    picture = tg.viz.draw(layer("LSTM", 2), view="steps")
    assert {box.sign for box in picture.view.boxes if box.name == "cell"} == {"i f g o"}


def test_steps_with_an_output_and_a_loss_each():
    picture = tg.viz.draw(cells(2), view="steps")
    assert [name for name, _ in picture.view.bands] == ["Embedding", "GRUCell", "LSTMCell", "Linear", ""]
    assert len(names(picture, 0)) == 1 + 2 + 3 + 1 + 1


def test_what_a_state_is_computed_from_is_not_what_is_computed_from_it():
    """An output gate that looks at the cell state, and an output in the scope of the cell, stand for themselves."""
    w, x = tg.tensor([[0.5]], requires_grad=True), tg.tensor(np.ones((3, 1, 1), "float32"), requires_grad=True)
    h = c = np.zeros((1, 1), "float32")
    total = 0.0
    for t in range(3):
        with tg.scope("cell", t=t):
            i, g = tg.ops.sigmoid(x[t] @ w), np.tanh(h @ w + x[t])
            c = c + i * g
            o = tg.ops.sigmoid(c @ w)
            h = o * np.tanh(c)
            y = h * h
            tg.name(i=i, g=g, c=c, o=o, h=h, y=y)
            total = total + y
            tg.name(loss=total)
    picture = tg.viz.draw(np.sum(total), view="steps")
    assert names(picture, 1) == ["c", "cell", "h", "loss", "o", "x", "y"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("T", [2, 3, 30])
def test_rolled_is_one_step_with_the_gradients_of_all(kind, T):
    loss = layer(kind, T)
    picture = tg.viz.draw(loss, view="rolled")
    assert picture.view.columns == [Every(0, T - 1, T)]
    graph = picture.view.graph
    for box in picture.view.boxes:
        if box.where == "step":
            norms = [v.norm for v in graph.vertices if v.t is not None and v.name == box.name and _same(graph, v, box)]
            assert len(norms) == T == box.hidden + 1
            assert box.spread == (min(norms), statistics.median_high(norms), max(norms))
            assert box.norm == box.spread[1]
    states = {picture.view.boxes[line.source].name for line in picture.view.lines if line.kind == "loop"}
    assert states == ({"h", "c"} if kind == "LSTM" else {"h"})
    assert [text.text for text in picture.layout.texts].count("t → t + 1") == len(states)


def _same(graph, v, box):
    return box.name or graph.vertices[box.vertex].ops == v.ops


def test_rolled_backwards():
    texts = [text.text for text in tg.viz.draw(layer("GRU", 3, bidirectional=True), view="rolled").layout.texts]
    assert texts.count("t → t + 1") == texts.count("t → t − 1") == 1


def test_one_step_needs_no_rolling():
    assert tg.viz.draw(layer("LSTM", 1), view="rolled").view.columns == [Step(0)]


def test_the_default_shows_gates_where_there_are_names():
    assert tg.viz.draw(layer("LSTM", 2)).level == "gates"
    assert tg.viz.draw(unlabelled()).level == "ops"


def test_a_module_in_one_box_a_step():
    picture = tg.viz.draw(cells(3), fold=["LSTMCell"], view="ops")
    assert names(picture, 1).count("LSTMCell") == 1
    (box,) = [b for b in picture.view.boxes if b.name == "LSTMCell" and b.column == 1]
    assert box.sign == "i f g o c h"
    assert len([b for b in picture.view.boxes if b.band == box.band and b.column == 1]) == 1
    whole = tg.viz.draw(layer("GRU", 3, num_layers=2), fold=["GRU"])
    assert {box.name for box in whole.view.boxes if box.where == "step"} == {"l0", "l1"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"view": "gate"}, "got view='gate'; need one of 'rolled', 'steps', 'gates', 'ops'"),
        ({"fold": ["encoder"]}, "got fold of 'encoder'; the modules are rnn"),
        ({"fold": "rnn"}, 'need a list of module paths: fold=["rnn"]'),
    ],
)
def test_levels_and_modules_that_there_are_not(options, message):
    with pytest.raises(OptionError) as error:
        tg.viz.draw(rnn(3)[0], **options)
    assert message in str(error.value)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", GRAPHS)
def test_a_fold_is_a_graph(name, level):
    check_fold(tg.viz.draw(GRAPHS[name]()).graph, level)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from(LEVELS), st.sampled_from([(), ("a",), ("b", "a/c")]))
def test_so_it_is_of_programs_at_random(seed, level, modules):
    check_fold(tg.viz.draw(random_program(seed)).graph, level, modules)


def check_fold(graph, level, modules=()):
    found = fold(graph, level, modules)
    edges = {
        (found.group[p], found.group[v.id])
        for v in graph.vertices
        for p in v.parents
        if p is not None and found.group[p] != found.group[v.id] and -1 not in (found.group[p], found.group[v.id])
    }
    assert {(p, v.id) for v in found.graph.vertices for p in v.parents if p is not None} == edges
    assert all(p < v.id for v in found.graph.vertices for p in v.parents if p is not None)  # no cycle
    assert set(found.group) - {-1} == set(range(len(found.graph.vertices)))
    for v in graph.vertices:
        if found.group[v.id] == -1:
            assert v.op == "stack"
            continue
        whole = found.graph.vertices[found.group[v.id]]
        if v.op != "getitem" and not any(v.path == path or v.path.startswith(f"{path}/") for path in modules):
            assert (v.path, v.t, v.direction) == (whole.path, whole.t, whole.direction)


def test_what_flows_out_of_a_cell_is_one_long_vector():
    """The gradient of the cell is that of its gates behind each other; c and h send it theirs."""
    loss = layer("LSTM", 3)
    gates, steps = (tg.viz.draw(loss, view=level).view for level in ("gates", "steps"))

    def norms(view, t, *wanted):
        return [box.norm for box in view.boxes if box.where == "step" and box.column == t and box.name in wanted]

    for t in range(3):
        (cell,) = norms(steps, t, "cell")
        assert cell == pytest.approx(math.hypot(*norms(gates, t, *"ifgo")))
        assert norms(steps, t, "h", "c") == norms(gates, t, "h", "c")


def test_what_flows_back_to_n_of_a_gru_is_one_vector():
    """h' = n + z (h - n) uses n twice; the gradient of n is the sum of both vectors, not of their norms."""
    view = tg.viz.draw(layer("GRU", 3), view="gates").view
    for line in view.lines:
        source, target = view.boxes[line.source], view.boxes[line.target]
        if (source.name, target.name) == ("n", "h") and source.column == target.column:
            assert line.norm == source.norm


def test_several_ways_of_one_value_into_a_box_carry_the_sum_of_their_vectors():
    """The cell uses c twice, c' once more: no norm of one edge, and no sum of norms, is what flows into the cell."""
    w, c = tg.tensor([0.5, -0.25], requires_grad=True), tg.tensor([1.0, 2.0], requires_grad=True)
    for t in range(3):
        with tg.scope("cell", t=t):
            i, f = tg.ops.sigmoid(c * w), tg.ops.sigmoid(c - w)
            old, c = c, f * c + i
            tg.name(i=i, f=f, c=c)
    picture = tg.viz.draw(np.sum(c), view="steps")
    boxes = picture.view.boxes
    (line,) = [
        line
        for line in picture.view.lines
        if (boxes[line.source].name, boxes[line.target].name) == ("c", "cell") and boxes[line.target].column == 2
    ]
    with tg.no_grad():
        i, f, g = (x.numpy() for x in (tg.ops.sigmoid(old * w), tg.ops.sigmoid(old - w), old))
    vector = i * (1 - i) * w.numpy() + f * (1 - f) * g
    assert line.norm == pytest.approx(np.linalg.norm(vector), rel=1e-6)
    assert tg.viz.from_json(picture.json()).svg() == picture.svg()


@pytest.mark.parametrize("level", LEVELS)
def test_a_path_is_highlighted_at_every_level(level):
    picture = tg.viz.draw(layer("LSTM", 4), highlight="x@1", view=level)
    view = picture.view
    assert view.highlight.count == tg.viz.draw(layer("LSTM", 4), highlight="x@1", view="ops").view.highlight.count
    strong = [line for line in view.lines if line.strong]
    assert strong
    vertices = view.graph.vertices
    walk = view.highlight.strongest
    assert [vertices[child].parents[i] for child, i in walk[1:]] == [child for child, _ in walk[:-1]]
