"""The formats: what is in them, that nothing in a name is syntax, and that they are the same every time."""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from viz.graphs import GRAPHS, layer, rnn

import tinygrad_seq as tg
from tinygrad_seq.viz.fold import LEVELS
from tinygrad_seq.viz.scale import BINS, DARK, LIGHT

GOLDEN = Path(__file__).parent / "golden"
NASTY = [
    "<b>&\"'",
    "</script><script>alert(1)</script>",
    "a\\nb\\",
    "{{data}} %s",
    "naïve ∂ 漢字",
    "\x00\x1b\n\t",
    "]]>",
    "--> %%",
]


def exact():
    """A graph whose numbers are powers of two, so that its picture is the same on every machine."""
    w, h = tg.tensor([[0.5]], requires_grad=True), tg.tensor([[1.0]], requires_grad=True)
    tg.name(w=w, h0=h)
    for t in range(2):
        with tg.scope("decay", t=t):
            h = np.matmul(h, w) * 2.0
            tg.name(h=h)
    return tg.viz.draw(np.sum(h), highlight="h0", title="Two steps", view="ops")


@pytest.mark.parametrize("form", ["dot", "svg", "json", "mmd"])
def test_golden_files(form, tmp_path):
    """To accept a change that was meant: TINYGRAD_SEQ_GOLDEN=write pytest tests/viz."""
    exact().save(tmp_path / f"exact.{form}")
    found = (tmp_path / f"exact.{form}").read_text(encoding="utf-8")
    golden = GOLDEN / f"exact.{form}"
    if os.environ.get("TINYGRAD_SEQ_GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def named(name):
    """A graph in which everything has this name."""
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    tg.name(**{name: x})
    for t in range(3):
        with tg.scope(name, t=t):
            x = np.tanh(x * 2.0)
            tg.name(**{name: x})
    return tg.viz.draw(np.sum(x), title=name, highlight=x)


@cache
def plain(form):
    """A graph in which nothing has a name that could be syntax, in one of the formats."""
    return getattr(named("plain"), form)()


class Page(HTMLParser):
    """Counts the elements of a page, and keeps what its scripts say."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self._script = {}, [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self._script = tag == "script"
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs)

    def handle_endtag(self, tag):
        self._script = False

    def handle_data(self, data):
        if self._script:
            self.scripts.append(data)


@settings(max_examples=40)
@given(st.text(min_size=1, max_size=20))
@example(NASTY[0])
@example(NASTY[1])
@example(NASTY[2])
@example(NASTY[3])
@example(NASTY[4])
@example(NASTY[5])
@example(NASTY[6])
@example(NASTY[7])
def test_nothing_in_a_name_is_syntax(name):
    picture = named(name)
    tags = [[element.tag for element in ET.fromstring(drawn).iter()] for drawn in (picture.svg(), plain("svg"))]
    assert tags[0] == tags[1]
    page, expected = Page(picture.html()), Page(plain("html"))
    assert page.tags == expected.tags
    assert len(page.scripts) == len(expected.scripts) == 2
    data = json.loads(page.scripts[0])
    assert name in {kind["name"] for kind in data["kinds"]}
    assert json.loads(picture.json())["title"] == name
    assert picture.mermaid().count("\n") == plain("mermaid").count("\n")
    for line in picture.mermaid().splitlines():
        assert re.fullmatch(r"  +%%.*|flowchart LR|  end|  +[\w ]+.*", line)
        assert line.count('"') in (0, 2)


def test_half_of_a_surrogate_pair_can_be_saved(tmp_path):
    picture = named("half \ud800")
    for form in ("svg", "html", "dot", "json", "mmd", "txt"):
        picture.save(tmp_path / f"x.{form}")
    assert tg.viz.from_json((tmp_path / "x.json").read_text(encoding="utf-8")).graph == picture.graph
    assert picture._repr_html_().encode()


@cache
def neato(source, form):
    command = ["neato", "-n2", f"-T{form}"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True, encoding="utf-8")


@pytest.mark.skipif(not shutil.which("neato"), reason="Graphviz is not installed")
@pytest.mark.parametrize("name", [*NASTY, "digraph { }", "<", "&", "\\", '"', "\\N", "two\nlines [", "half \ud800"])
def test_nothing_in_a_name_is_dot(name):
    drawn, expected = neato(named(name).dot(), "svg"), neato(plain("dot"), "svg")
    assert "error" not in drawn.stderr.lower()
    nodes = [
        sum(element.get("class") == "node" for element in ET.fromstring(done.stdout).iter())
        for done in (drawn, expected)
    ]
    assert nodes[0] == nodes[1]


@pytest.mark.skipif(not shutil.which("neato"), reason="Graphviz is not installed")
@pytest.mark.parametrize("name", ["LSTM", "two directions", "thirty steps", "unlabelled", "one variable"])
def test_graphviz_puts_everything_where_it_is(name):
    picture = tg.viz.draw(GRAPHS[name]())
    done = neato(picture.dot(), "json")
    assert done.stderr == ""
    objects = {item["name"]: item for item in json.loads(done.stdout)["objects"]}
    page = [float(x) for x in objects["page"]["pos"].split(",")]
    height = 2 * page[1]
    for k, area in enumerate(picture.layout.boxes):
        x, y = (float(part) for part in objects[f"box{k}"]["pos"].split(","))
        assert (x, height - y) == pytest.approx((area.x + area.width / 2, area.y + area.height / 2), abs=0.6)
        assert float(objects[f"box{k}"]["width"]) * 72 == pytest.approx(area.width, abs=0.1)


def test_large_graphs_have_plain_labels_in_which_nothing_is_syntax(monkeypatch):
    monkeypatch.setattr("tinygrad_seq.viz.writers.dot.PLAIN", 0)
    if not shutil.which("neato"):
        pytest.skip("Graphviz is not installed")
    for name in NASTY:
        done = neato(named(name).dot(), "svg")
        assert done.stderr == ""
        words = "".join(ET.fromstring(done.stdout).itertext())
        assert "".join(c if c.isprintable() else "�" for c in name).replace(" ", "") in words.replace(
            "\xa0", ""
        ).replace(" ", "")


def test_every_format_shows_the_same_boxes_and_edges():
    picture = tg.viz.draw(layer("LSTM", 3), highlight="x@0")
    data = json.loads(picture.json())
    assert (data["format"], data["version"]) == ("tinygrad_seq picture", 2)
    nodes, edges, uses = len(data["nodes"]), len(data["edges"]), len(data["uses"])
    svg, dot, mermaid = picture.svg(), picture.dot(), picture.mermaid()
    assert len(re.findall(r'<g class="box[^"]*" data-box=', svg)) == nodes
    assert len(re.findall(r'data-line="\d', svg)) == edges
    assert len(re.findall(r'data-stub-line="\d', svg)) == uses
    assert len(re.findall(r"^\tbox\d+ \[", dot, re.MULTILINE)) == nodes
    assert len(re.findall(r"^\tuse\d+ \[", dot, re.MULTILINE)) == uses
    halos = sum("highlight" in item for item in data["edges"] + data["uses"])
    joins = len(re.findall(r"^\t(box|use)\d+ -> box\d+", dot, re.MULTILINE))
    assert joins == edges + uses + halos
    assert len(re.findall(r"^  +n\d+\[", mermaid, re.MULTILINE)) == nodes
    assert len(re.findall(r"^  n\d+ -", mermaid, re.MULTILINE)) == edges + uses


@pytest.mark.parametrize(("seed", "mark"), [(0.0, "zero"), (np.nan, "broken"), (np.inf, "broken")])
@pytest.mark.parametrize("level", LEVELS)
def test_where_all_gradients_are_alike_the_picture_says_how(seed, mark, level):
    h, _ = rnn(3, head=False)
    with np.errstate(all="ignore"):
        picture = tg.viz.draw(h, gradient=np.full(h.shape, seed, "float32"), view=level)
    assert {edge["mark"] for edge in json.loads(picture.json())["edges"]} == {mark}
    words = {"zero": "exactly zero", "broken": "infinite or not a number"}[mark]
    assert words in picture.svg()
    assert words in picture.text()


def test_five_marks_look_different_and_are_explained():
    x = tg.tensor([1.0, 1.0], requires_grad=True)
    scales = {"vanished": 1e-12, "exploded": 1e8, "zero": 0.0, "broken": np.inf}
    with np.errstate(all="ignore"):
        parts = [np.sum(x * np.array([scale, scale], "float32")) for scale in scales.values()]
        picture = tg.viz.draw([np.sum(np.stack(parts)), np.sum(x)])
        svg = picture.svg()
    for mark in scales:
        assert f'class="line {mark}"' in svg
    words = [
        "less than 10⁻⁸ of the largest",
        "over 10⁴ times the gradient at the output",
        "exactly zero",
        "not a number",
    ]
    assert all(word in svg for word in words)
    rules = re.findall(r"^\.(vanished|exploded|zero|broken|none) \{ (.*) \}$", svg, re.MULTILINE)
    assert len({rule for _, rule in rules}) == 5


def test_labels_can_be_read():
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", tg.viz.draw(layer("LSTM", 3)).svg())]
    assert min(sizes) >= 9


def test_gates_shapes_and_steps_are_written():
    svg = tg.viz.draw(layer("LSTM", 3)).svg()
    for name in "ifgoch":
        assert svg.count(f'<tspan class="name">{name}</tspan>') == 3
    assert svg.count(">2×4<") >= 18
    assert all(f">t = {t}<" in svg for t in range(3))
    assert ">LSTM/l0<" in svg


def test_colours_can_be_told_apart_by_lightness_alone():
    def lightness(color):
        r, g, b = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (r, g, b)]
        return 116 * (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]) ** (1 / 3) - 16

    for theme, towards in ((LIGHT, -1), (DARK, 1)):
        steps = np.diff([lightness(theme.color(k)) for k in range(BINS)]) * towards
        assert steps.min() > 1.5
        assert abs(lightness(theme.color(0)) - lightness(theme.page)) > 12
        assert abs(lightness(theme.ink) - lightness(theme.box)) > 60
        assert abs(lightness(theme.soft) - lightness(theme.page)) > 40


def test_mermaid_stays_below_its_limit_and_says_so():
    short = tg.viz.draw(rnn(4)[0]).mermaid()
    assert "%%" not in short
    long = tg.viz.draw(layer("LSTM", 60), columns=60)
    assert len(long.view.lines) > 500
    text = long.mermaid()
    arrows = re.findall(r"^  n\d+ -", text, re.MULTILINE)
    assert 100 < len(arrows) <= 500
    assert re.search(r"%% \d+ of 60 time steps are hidden", text)
    x = tg.tensor([1.0], requires_grad=True)
    with tg.scope("wide", t=0):
        wide = np.sum(np.stack([x * float(k) for k in range(600)]))
    text = tg.viz.draw(wide).mermaid()
    assert len(re.findall(r"^  n\d+ -", text, re.MULTILINE)) == 500
    assert "edges are left out; Mermaid draws 500 at most" in text


def test_numbers_that_are_not_finite_are_valid_json():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with np.errstate(all="ignore"):
        data = json.loads(tg.viz.draw(x * np.array([np.inf, 1.0], "float32")).json(), parse_constant=pytest.fail)
    assert {edge["mark"] for edge in data["edges"]} == {"broken"}
    assert {edge["norm"] for edge in data["edges"]} <= {"inf", "nan"}


SCRIPT = """
import hashlib, numpy as np, tinygrad_seq as tg
tg.seed(3)
output, _ = tg.nn.LSTM(3, 4, bidirectional=True)(np.ones((14, 2, 3), "float32"))
picture = tg.viz.draw(np.sum(output), highlight="l0/h@0")
for text in (picture.svg(), picture.html(), picture.dot(), picture.json(), picture.mermaid()):
    print(hashlib.sha256(text.encode()).hexdigest())
"""


def test_the_same_bytes_in_every_process(capsys):
    """There with one hash seed, and here with another, after other nodes."""
    command, env = [sys.executable, "-c", SCRIPT], {**os.environ, "PYTHONHASHSEED": "1"}
    there = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    layer("LSTM")  # node numbers do not matter
    exec(SCRIPT, {})
    assert capsys.readouterr().out == there
    assert len(there.split()) == 5
