"""What the page gets: it unrolls to the very graph, numbers and places that were packed."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from viz.graphs import GRAPHS, layer, random_program, rnn

import tinygrad_seq as tg
from tinygrad_seq.viz.arrange import arrange
from tinygrad_seq.viz.fold import LEVELS, fold
from tinygrad_seq.viz.graph import read
from tinygrad_seq.viz.places import place
from tinygrad_seq.viz.scene import NAN, logarithms, runs, scene
from tinygrad_seq.viz.show import show


def unroll(flat):
    return [a + k * step for a, step, n in zip(flat[::3], flat[1::3], flat[2::3], strict=True) for k in range(n)]


def unpack(text):
    return np.frombuffer(base64.b64decode(text), "<f4")


def vertices(numbers):
    """(op, name, shape, time, parents) of each vertex, in order."""
    found = {}
    for kind in numbers["kinds"]:
        ids = unroll(kind["ids"])
        times = unroll(kind["t"]) if "t" in kind else [None] * len(ids)
        if "inputs" in kind:
            parents = list(zip(*map(unroll, kind["inputs"]), strict=True)) or [()] * len(ids)
        else:
            parents = [tuple(unroll(row)) for row in kind["parents"]]
        for v, t, above in zip(ids, times, parents, strict=True):
            found[v] = (kind["op"], kind["name"], tuple(kind["shape"]), t, tuple(above))
    return [found[k] for k in range(len(found))]


def drawn(level):
    """The places of boxes and lines, as the page works them out."""
    columns = level["columns"] or {}
    flat = columns.get("lefts", [])
    lefts = [a + k * step for a, step, n in zip(flat[::3], flat[1::3], flat[2::3], strict=True) for k in range(n)]
    left = lambda k: lefts[k] if k >= 0 else 0
    boxes, lines = {}, []
    for form in level["boxes"]:
        numbers, ids = unroll(form["numbers"]), unroll(form["vertices"])
        places = unroll(form["columns"]) if "columns" in form else [-1] * len(ids)
        x, y, width, height = form["area"]
        for k, v, column in zip(numbers, ids, places, strict=True):
            boxes[k] = (v, left(column) + x, y, width, height)
    for form in level["lines"]:
        members = (unroll(form[key]) for key in ("sources", "targets", "columns"))
        for source, target, column in zip(*members, strict=True):
            points = [(p[0] if len(p) > 2 else left(column) + p[0], p[1]) for p in form["points"]]
            lines.append((source, target, points))
    return boxes, lines


def graph_of(output):
    outputs = output if isinstance(output, list) else [output]
    return read([t.node for t in outputs], tg.flow.gradient_norms(output))[0]


def check(graph):
    data = scene(graph, "")
    json.dumps(data, allow_nan=False)
    graphs = {level: fold(graph, level) for level in LEVELS}
    assert graphs["rolled"].group == graphs["gates"].group  # which the page has but once
    for level in data["levels"]:
        folded = graphs[level["name"]]
        view = show(folded.graph, columns=10**6, rolled=level["name"] == "rolled", places=folded.places)
        layout = arrange(view)
        boxes, lines = drawn(level)
        assert len(boxes) == len(view.boxes)
        for k, (box, area) in enumerate(zip(view.boxes, layout.boxes, strict=True)):
            v, *place = boxes[k]
            assert v == (-1 if box.vertex is None else box.vertex)
            assert place == pytest.approx([area.x, area.y, area.width, area.height], abs=0.11)
        wanted = sorted((line.source, line.target, path) for line, path in zip(view.lines, layout.lines, strict=True))
        assert len(lines) == len(wanted)
        for (source, target, points), (a, b, path) in zip(sorted(lines), wanted, strict=True):
            assert (source, target) == (a, b)
            assert np.allclose(points, path, atol=0.11)
        if "kinds" in level:
            numbers, same = level, folded.graph
            assert unroll(level["group"]) == folded.group
        elif level["name"] == "ops":
            numbers, same = data, graph
        else:
            continue
        expected = [
            (v.op, v.name, v.shape, v.t, tuple(-1 if p is None else p for p in v.parents)) for v in same.vertices
        ]
        assert vertices(numbers) == expected
        flows = [flow for v in same.vertices for flow in v.flows]
        for key, norms in (("norms", [v.norm for v in same.vertices]), ("flows", flows)):
            assert np.allclose(unpack(numbers[key][0]), logarithms(norms).astype("f4"), equal_nan=True)


@pytest.mark.parametrize("name", GRAPHS)
def test_the_page_has_the_graph_its_numbers_and_its_places(name):
    check(graph_of(GRAPHS[name]()))


@pytest.mark.parametrize("seed", range(3))
def test_programs_that_no_person_would_write(seed):
    check(graph_of(random_program(seed)))


@given(st.lists(st.integers(-(10**9), 10**9)))
def test_runs_are_the_numbers(numbers):
    assert unroll(runs(numbers)) == numbers


def test_a_sequence_is_one_run():
    assert runs(range(5, 3000, 15)) == [5, 15, 200]
    assert runs([]) == []


def test_marks_are_told_apart():
    found = logarithms([None, 0.0, np.inf, np.nan, 1e-300])
    assert np.isnan(found[0])
    assert found[1] == -np.inf
    assert found[2] == np.inf
    assert found[3] == NAN
    assert found[4] == pytest.approx(-300)


def test_all_steps_are_there_in_little_room():
    short, long = (len(json.dumps(scene(graph_of(layer("LSTM", T)), ""))) for T in (10, 50))
    assert (long - short) / 40 < 700  # bytes for a step, all numbers of all levels in it


def test_the_highlight_is_that_of_the_picture():
    picture = tg.viz.draw(rnn(6)[0], highlight=("h@1", "h@4"), columns=3)
    page = picture.html()
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    highlight, _, _ = picture._page
    assert unroll(data["highlight"]["vertices"]) == sorted(highlight.vertices)
    assert int(data["highlight"]["paths"], 16) == highlight.count
    assert len(unroll(data["highlight"]["edges"])) == len(highlight.edges)
    assert len(unroll(data["highlight"]["strongest"])) == len(highlight.strongest)


def test_folded_modules_are_told():
    picture = tg.viz.draw(layer("GRU", num_layers=2), fold=["GRU/l1"])
    data = json.loads(picture.html().partition('id="data">')[2].partition("</script>")[0])
    assert data["folded"] == ["GRU/l1"]
    assert "GRU/l1" in {band["name"] for band in data["levels"][-1]["bands"]}


def test_values_are_those_that_the_graph_keeps():
    x = tg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]], requires_grad=True)
    y = np.tanh(x)
    loss = np.sum(y * y)
    picture = tg.viz.draw(loss)
    values = dict(zip(picture._page[1].ids, picture._page[1].numbers, strict=True))
    (k,) = [v.id for v in picture.graph.vertices if v.op == "tanh"]
    expected = np.tanh(x.numpy().astype("f8"))
    assert values[k] == pytest.approx([expected.mean(), expected.std(), expected.min(), expected.max()], rel=1e-6)
    assert 0 not in values  # tanh keeps its value, not its input


def test_a_replay_is_matched_by_order():
    sweeps = []
    for scale in (1.0, 3.0):
        loss, _ = rnn(4)
        sweeps.append(tg.flow.gradient_norms(loss, np.float32(scale)))
    loss, _ = rnn(4)
    picture = tg.viz.draw(loss, replay=sweeps)
    data = json.loads(picture.html().partition('id="data">')[2].partition("</script>")[0])
    own, first, second = map(unpack, data["norms"])
    assert np.allclose(own, first, atol=1e-5)
    assert np.allclose(second - first, np.log10(3), atol=1e-5)
    assert [len(level["norms"]) for level in data["levels"] if "norms" in level] == [3, 3]


def test_the_weights_of_attention_are_in_the_page():
    encoder = tg.nn.Encoder(10, 4, 8)
    model = tg.nn.Seq2Seq(encoder, tg.nn.LuongDecoder(10, 4, 8, encoder.memory_size))
    logits, weights = model([[1], [2], [3]], [[4], [5]])
    data = scene(graph_of(np.sum(logits)), "")
    found = [list(base64.b64decode(text)) for _, text in data["attention"]]
    assert np.allclose(found, 255 * weights.numpy().mean(axis=1), atol=0.51)


def test_frames_go_through_the_pass():
    output, _ = tg.nn.LSTM(3, 4)(np.ones((5, 2, 3), "float32"))
    graph = tg.viz.draw(np.sum(output[-1])).graph
    frames = tg.viz.draw(np.sum(output[-1])).frames()
    assert [frame.t for frame in frames] == [None, None, 4, 3, 2, 1, 0, None]
    assert frames[0].known == set(graph.outputs)
    done, before = set(), frozenset()
    for frame in frames:
        done |= {(pull.vertex, pull.input) for pull in frame.pulls}
        # Known is what has all its uses behind it, and nothing else.
        edges = ((v, i, p) for v in graph.vertices for i, p in enumerate(v.parents) if v.flows[i] is not None)
        waiting = {p for v, i, p in edges if (v.id, i) not in done}
        assert frame.known == {v.id for v in graph.vertices if v.norm is not None} - waiting
        assert frame.known - before == set(frame.new)
        before = frame.known
    assert before == {v.id for v in graph.vertices if v.norm is not None}
    assert all(graph.vertices[p.vertex].flows[p.input] == p.flow for frame in frames for p in frame.pulls)
    assert {pull.rule for pull in frames[2].pulls} >= {"g * b", "g * a"}


def test_without_gradients_there_is_no_frame():
    assert tg.viz.draw(rnn()[0], gradients=False).frames() == []


def test_the_places_of_each_level_are_found_once(monkeypatch):
    calls = []
    monkeypatch.setattr(
        "tinygrad_seq.viz.fold.place", lambda *args, **kwargs: calls.append(args) or place(*args, **kwargs)
    )
    tg.viz.draw(GRAPHS["LSTM"]()).html()
    assert len(calls) == 3  # a rolled picture has the boxes of the gates
