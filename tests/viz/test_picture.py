"""What drawing costs and leaves behind: nothing changes, nothing is kept, no file is cut."""

import gc
import json
import os
import shutil
import stat
import sys
import weakref

import numpy as np
import pytest
from viz.graphs import GRAPHS, layer, lstm, rnn

import tinygrad_seq as tg
from tinygrad_seq.errors import DTypeError, FileAccessError, GraphError, OptionError, ProgramError, ShapeError
from tinygrad_seq.viz import picture as picture_module
from tinygrad_seq.viz.fold import LEVELS
from tinygrad_seq.viz.graph import Graph
from tinygrad_seq.viz.view import View


def test_no_value_and_no_gradient_changes():
    loss, parts = rnn(5)
    loss.backward()
    before = {name: (parts[name].numpy().copy(), parts[name].grad.numpy().copy()) for name in ("x", "w", "h0")}
    value = loss.item()
    picture = tg.viz.draw(loss, highlight="h@0")
    picture.svg(), picture.html(), picture.dot(), picture.json(), picture.mermaid()
    assert loss.item() == value
    for name, (data, grad) in before.items():
        assert np.array_equal(parts[name].numpy(), data)
        assert np.array_equal(parts[name].grad.numpy(), grad)
    loss.backward()
    for name, (_, grad) in before.items():
        assert np.array_equal(parts[name].grad.numpy(), 2 * grad)


def test_leaves_without_a_gradient_stay_without():
    loss, parts = rnn(3)
    tg.viz.draw(loss).svg()
    assert [parts[name].grad for name in ("x", "w", "h0")] == [None] * 3


def test_a_picture_keeps_no_array_and_no_node_alive():
    gc.disable()
    try:
        loss, parts = rnn(5)
        node = loss.node
        kept = weakref.ref(loss), weakref.ref(parts["h"][2]), weakref.ref(parts["w"])
        references = sys.getrefcount(node)
        picture = tg.viz.draw(loss, highlight=parts["h"][0])
        text = picture.svg()
        assert sys.getrefcount(node) == references
        del loss, parts
        assert [ref() for ref in kept] == [None] * 3
        assert sys.getrefcount(node) == references - 1
        assert picture.svg() == text
    finally:
        gc.enable()
    assert not [value for value in reachable(picture) if isinstance(value, (np.ndarray, tg.Tensor, tg.autograd.Node))]


def reachable(start):
    """Every object that something holds on to, but for modules, classes and functions."""
    seen, waiting = {}, [start]
    while waiting:
        value = waiting.pop()
        if id(value) not in seen and type(value).__name__ not in ("module", "type", "function", "member_descriptor"):
            seen[id(value)] = value
            waiting += gc.get_referents(value)
    return list(seen.values())


def test_nothing_is_kept_if_drawing_fails():
    loss, parts = rnn(3)
    kept = weakref.ref(parts["h"][1])
    with pytest.raises(OptionError):
        tg.viz.draw(loss, highlight="nothing")
    del loss, parts
    assert kept() is None


def test_drawing_inside_no_grad_and_scope_is_the_same():
    loss, _ = rnn(3)
    plain = tg.viz.draw(loss).svg()
    with tg.no_grad(), tg.scope("elsewhere", t=9):
        assert tg.viz.draw(loss).svg() == plain


@pytest.mark.parametrize("form", ["svg", "html", "dot", "json", "mmd"])
def test_save_writes_the_format_of_the_suffix(form, tmp_path):
    picture = tg.viz.draw(rnn(3)[0], title="Ein Bild ∂")
    picture.save(tmp_path / f"x.{form}")
    picture.save(str(tmp_path / f"y.{form.upper()}"))
    text = getattr(picture, {"mmd": "mermaid"}.get(form, form))()
    assert (tmp_path / f"x.{form}").read_text(encoding="utf-8") == text
    assert (tmp_path / f"y.{form.upper()}").read_text(encoding="utf-8") == text
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"x.{form}", f"y.{form.upper()}"]


def test_dark_pictures_differ_in_colour_alone():
    picture = tg.viz.draw(rnn(3)[0])
    light, dark = picture.svg(), picture.svg(dark=True)
    assert light != dark
    assert light.partition("</style>")[2] == dark.partition("</style>")[2]
    assert picture.dot() != picture.dot(dark=True)


@pytest.mark.parametrize("name", ["picture.gif", "picture", "picture.", ".svg"])
def test_an_unknown_suffix_is_refused_before_anything_is_written(name, tmp_path):
    with pytest.raises(OptionError, match=r"need \.svg, \.html, \.dot, \.json, \.mmd, \.txt, \.png or \.pdf"):
        tg.viz.draw(rnn(2)[0]).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileAccessError, match="folder does not exist; create"):
        tg.viz.draw(rnn(2)[0]).save(tmp_path / "no" / "x.svg")


def test_without_graphviz_a_message_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    for form in ("png", "pdf"):
        with pytest.raises(ProgramError) as error:
            tg.viz.draw(rnn(2)[0]).save(tmp_path / f"x.{form}")
        message = str(error.value)
        assert "neato is not installed" in message
        assert "save as .svg or .html, which need no program" in message
        assert "\n" not in message
    assert list(tmp_path.iterdir()) == []
    tg.viz.draw(rnn(2)[0]).save(tmp_path / "x.dot")  # that needs the package alone


def program(folder, script):
    path = folder / "neato"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(folder)


@pytest.mark.skipif(os.name != "posix", reason="a shell script stands for the program")
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'Error: no such layer' >&2; exit 1", "neato failed: Error: no such layer"),
        ("exit 0", "neato failed: no message, and no whole file"),
        (r"printf '\211PNG\r\n\032\n and then it stops'", "neato failed: no message, and no whole file"),
        ("exec sleep 20", "took more than 0.2 s"),
    ],
)
def test_a_broken_graphviz_is_told_and_leaves_no_file(script, message, tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", program(folder, script) + os.pathsep + os.defpath)
    monkeypatch.setattr(picture_module, "TIMEOUT", 0.2)
    (tmp_path / "x.png").write_bytes(b"as it was")
    with pytest.raises(ProgramError, match=message):
        tg.viz.draw(rnn(2)[0]).save(tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes() == b"as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "x.png"]


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_with_graphviz_pictures_are_drawn(form, tmp_path):
    if not shutil.which("neato"):
        pytest.skip("Graphviz is not installed")
    tg.viz.draw(layer("LSTM", 2), highlight="h@0").save(tmp_path / f"x.{form}")
    start = (tmp_path / f"x.{form}").read_bytes()[:8]
    assert start == b"\x89PNG\r\n\x1a\n" if form == "png" else start.startswith(b"%PDF-")


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1.7e308])
def test_gradients_at_the_ends_of_what_floats_hold(size):
    w = tg.tensor(np.array([1.0]), requires_grad=True)
    h = tg.tensor(np.array([1.0]))
    for t in range(14):
        with tg.scope("m", t=t):
            h = h * w
            tg.autograd.name(h=h)
    picture = tg.viz.draw(h, gradient=np.array([size]), highlight="h@0")
    assert {box["mark"] for box in json.loads(picture.json())["nodes"] if box.get("name") == "h"} == {"flow"}
    for written in (picture.svg(), picture.html(), picture.dot(), picture.mermaid(), picture.text()):
        assert written


def test_notebooks_show_it_in_less_than_a_megabyte():
    picture = tg.viz.draw(layer("LSTM", 50, num_layers=2))
    assert picture._repr_svg_() == picture.svg()
    html = picture._repr_html_()
    assert html.startswith("<iframe srcdoc=")
    assert "<script" not in html  # it is escaped
    assert len(html) < 10**6


def test_the_collector_does_not_walk_a_long_graph_again_and_again():
    loss, collections = rnn(300)[0], []
    thresholds = gc.get_threshold()
    gc.set_threshold(100)
    try:
        picture = tg.viz.draw(loss)
        _ = picture.layout
        gc.callbacks.append(lambda phase, info: collections.append(phase))
        text = picture.json()
        tg.viz.from_json(text)
        tg.viz.draw(loss)
        picture.html()
    finally:
        del gc.callbacks[-1]
        gc.set_threshold(*thresholds)
    assert len(collections) < 20


def test_what_is_too_long_for_a_notebook_is_shown_as_svg_and_that_as_text(monkeypatch):
    picture = tg.viz.draw(rnn(2)[0])
    monkeypatch.setattr(picture_module, "NOTEBOOK", 60_000)
    assert picture._repr_html_() is None
    assert picture._repr_svg_() == picture.svg()
    monkeypatch.setattr(picture_module, "NOTEBOOK", 1000)
    assert picture._repr_svg_() is None


def test_every_stage_can_be_printed():
    picture = tg.viz.draw(rnn(30)[0], view="ops")
    assert isinstance(picture.graph, Graph)
    assert isinstance(picture.view, View)
    assert [repr(stage) for stage in (picture.graph, picture.view)] == [
        "<graph of 125 vertices>",
        "<view of 12 of 30 steps, 54 boxes, 64 lines>",
    ]
    assert repr(picture) == "<picture of 53 of 125 nodes>"
    assert repr(picture.layout).startswith("<layout of 54 boxes, ")


def test_outputs_of_a_generator_and_steps_of_an_array():
    loss, parts = rnn(20)
    expected = tg.viz.draw([loss, parts["h"][3]], focus=[7, 8], columns=6).json()
    outputs = (output for output in (loss, parts["h"][3]))
    assert tg.viz.draw(outputs, focus=np.array([7, 8]), columns=6).json() == expected


@pytest.mark.parametrize("output", [[], (), iter(())])
def test_no_output(output):
    with pytest.raises(GraphError, match="got no output"):
        tg.viz.draw(output)


def test_outputs_that_cannot_be_drawn():
    with pytest.raises(GraphError, match=r"got a Tensor of shape \(2,\) without history"):
        tg.viz.draw(tg.tensor([1.0, 2.0]))
    with tg.no_grad():
        loss, _ = rnn(2)
    with pytest.raises(GraphError, match="outside of no_grad"):
        tg.viz.draw(loss)
    with pytest.raises(DTypeError, match="got float"):
        tg.viz.draw([1.0])
    with pytest.raises(ShapeError, match=r"shape \(3,\); need \(\)"):
        tg.viz.draw(rnn(2)[0], gradient=np.ones(3))


def test_a_graph_with_values_that_were_replaced_is_refused_unless_without_gradients():
    loss, parts = rnn(3)
    parts["w"].data = parts["w"].numpy() * 2
    with pytest.raises(GraphError, match="older value"):
        tg.viz.draw(loss)
    assert "svg" in tg.viz.draw(loss, gradients=False).svg()


@pytest.mark.parametrize("name", GRAPHS)
def test_without_recursion(name):
    output = GRAPHS[name]()
    picture = tg.viz.draw(output, columns=1)  # imports are done
    picture.svg(), picture.json(), picture.mermaid()
    limit = sys.getrecursionlimit()
    depth = len(list(frames()))
    sys.setrecursionlimit(depth + 60)
    try:
        picture = tg.viz.draw(output)
        picture.svg(), picture.json(), picture.mermaid()
    finally:
        sys.setrecursionlimit(limit)


def frames():
    frame = sys._getframe()
    while frame:
        yield frame
        frame = frame.f_back


@pytest.mark.slow
def test_the_work_is_linear_in_the_number_of_nodes():
    def work(steps):
        loss = lstm(steps)
        return calls(lambda: tg.viz.draw(loss, gradients=False, highlight="h@0").svg())

    assert work(800) / work(400) < 2.1


def calls(run):
    """How many functions are called, Python's and C's: the same on every machine, busy or not."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
def test_ten_thousand_steps_without_recursion(level):
    loss = layer("LSTM", 10_000)
    tg.viz.draw(layer("LSTM", 3), view=level).svg()  # imports are done
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(list(frames())) + 150)
    try:
        picture = tg.viz.draw(loss, view=level, highlight="x@7")
        assert picture.svg() == tg.viz.draw(loss, view=level, highlight="x@7").svg()
    finally:
        sys.setrecursionlimit(limit)
    assert sum(column.count for column in picture.view.columns) == 10_000


@pytest.mark.slow
def test_fifteen_thousand_nodes():
    loss = layer("LSTM", 1000)
    picture = tg.viz.draw(loss, highlight="h@0")
    assert len(picture.graph.vertices) > 15000
    assert len(picture.html()) < 1_500_000
    whole = tg.viz.draw(loss, columns=1000)
    assert whole.view.steps == sum(column.t >= 0 for column in whole.view.columns) == 1000
