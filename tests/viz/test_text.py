"""Plain text for a terminal, and DOT without places."""

import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from viz.graphs import GRAPHS, layer, rnn, without_time

import tinygrad_seq as tg


def row(text, name):
    """The characters of a row, and its numbers."""
    (line,) = [line for line in text.splitlines() if line.split()[:1] == [name] and line.startswith("  ")]
    return line.split(maxsplit=2)[1:]


def test_a_character_for_each_step():
    text = tg.viz.draw(layer("LSTM", 30)).text()
    assert "t = 0 … 29" in text
    for name in "xifgoch":
        cells, numbers = row(text, name)
        assert len(cells) == 30
        assert "…" in numbers
    cells, _ = row(text, "h")
    assert set(cells) <= set("▁▂▃▄▅▆▇█.0")
    assert list(cells) == sorted(cells, key="0.▁▂▃▄▅▆▇█".index)  # the gradient vanishes


def test_long_sequences_fit_the_width():
    for width in (40, 100):
        text = tg.viz.draw(rnn(300)[0], view="steps").text(width)
        assert max(map(len, text.splitlines()[3:7])) <= width


def test_marks_are_explained_where_they_are_used():
    h, _ = rnn(3, head=False)
    assert "exactly zero" in tg.viz.draw(h, gradient=np.zeros(h.shape, "float32")).text()
    assert "exactly zero" not in tg.viz.draw(rnn(3)[0]).text()
    assert "norm of" not in tg.viz.draw(rnn(3)[0], gradients=False).text()


def test_the_strongest_path_is_listed():
    lines = tg.viz.draw(rnn(3)[0], highlight="h@0").text().splitlines()
    start = lines.index("path with the most gradient")
    assert [line.strip() for line in lines[start + 1 : start + 4]] == ["h at step 0", "h at step 1", "h at step 2"]


def test_without_time_values_are_listed():
    text = tg.viz.draw(without_time()).text()
    assert "t =" not in text
    assert len([line for line in text.splitlines() if line.startswith("  ")]) == 4


@pytest.mark.parametrize("name", GRAPHS)
def test_of_every_graph(name):
    text = tg.viz.draw(GRAPHS[name]()).text()
    assert text.isprintable() or all(c.isprintable() or c == "\n" for c in text)


@given(st.text(min_size=1, max_size=20))
def test_a_name_cannot_move_the_cursor(name):
    x = tg.tensor([1.0], requires_grad=True)
    tg.name(**{name: x})
    with tg.scope(name, t=0):
        y = x * 2.0
        tg.name(**{name: y})
    text = tg.viz.draw(y, title=name, highlight=x).text()
    assert all(c.isprintable() or c == "\n" for c in text)


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
@pytest.mark.parametrize("name", ["LSTM", "two directions", "thirty steps", "one variable"])
def test_dot_arranges_what_has_no_places(name):
    source = tg.viz.draw(GRAPHS[name](), title="<&>\"'").dot(plain=True)
    assert "pos=" not in source
    done = subprocess.run(["dot", "-Tsvg"], input=source, capture_output=True, text=True, check=True, timeout=30)
    assert done.stderr == ""
    assert done.stdout.count("<title>cluster_") == source.count("subgraph cluster_")


def test_operations_of_one_kind_have_a_row_each():
    x, w, u = (tg.tensor(np.full((2, 2), k / 8), requires_grad=True) for k in (1, 2, 3))
    h = x
    for t in range(5):
        with tg.scope("cell", t=t):
            h = h @ w + x @ u
    text = tg.viz.draw(np.sum(h)).text()
    assert [line.split("  ")[1] for line in text.splitlines() if "@" in line] == ["(@)", "(@) 2"]
    cells, _ = text.partition("(@) 2")[2].split(maxsplit=1)
    assert len(cells) == 5
