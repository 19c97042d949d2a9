"""The page in a browser, where there is one: what a user does with it, and what it then shows."""

import json
import re
from io import BytesIO
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from viz.browser import CHROMIUM, Browser
from viz.graphs import handed_over, layer, random_program, rnn, second_order, without_time

import tinygrad_seq as tg
from tinygrad_seq.autograd import ancestors

needs_browser = pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")


def data_of(page):
    return json.loads(page.partition('id="data">')[2].partition("</script>")[0])


def test_the_page_needs_nothing_else():
    page = tg.viz.draw(rnn(3)[0]).html()
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    assert re.search(r"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-[\w+/=]{44}'", page)


def test_it_is_the_same_each_time():
    assert tg.viz.draw(rnn(3)[0]).html() == tg.viz.draw(rnn(3)[0]).html()


HOSTILE = [
    '</script><script>alert("a")</script>',
    "<img src=x onerror=alert(1)>",
    "\"'&<!--",
    "]]>{{data}}",
    "ж漢\u202e",
]


def test_names_end_no_script():
    with tg.scope(HOSTILE[0], t=0):
        x = tg.tensor([1.0], requires_grad=True)
        y = np.tanh(x)
        tg.name(**{HOSTILE[1]: y, HOSTILE[4]: x})
    page = tg.viz.draw(y, title=HOSTILE[0] + HOSTILE[2] + HOSTILE[3]).html()
    assert page.count("<script") == page.count("</script>") == 2
    assert "<img" not in page
    assert data_of(page)["title"] == HOSTILE[0] + HOSTILE[2] + HOSTILE[3]
    assert {kind["name"] for kind in data_of(page)["kinds"]} == {HOSTILE[1], HOSTILE[4]}


@pytest.fixture(scope="module")
def browser():
    with Browser() as found:
        yield found


@pytest.fixture(scope="module")
def picture():
    return tg.viz.draw(rnn(20)[0], title="A <title> & more", replay=[tg.flow.gradient_norms(rnn(20)[0], 1e-3)])


@pytest.fixture
def page(browser, picture):
    """The page, fresh; whatever a test does to it, it must not complain nor ask for anything."""
    browser.open(picture.html())
    yield browser
    assert browser.messages == []
    assert [url for url in browser.requests if not url.startswith(("file:", "about:", "blob:", "data:"))] == []


def vertex(picture, name, t=None):
    return next(v.id for v in picture.graph.vertices if v.name == name and v.t == t)


def text(page, where):
    return page.run(f"document.querySelector({json.dumps(where)}).textContent")


def place(page, v):
    """Where a vertex is, in the window."""
    x, y = page.run(f"picture.center({v})")
    box = page.run("(({ left, top }) => [left, top])(document.getElementById('stage').getBoundingClientRect())")
    return x + box[0], y + box[1]


def enter(page, where, value):
    """Put a value in an input, as a user would."""
    field = f"document.getElementById('{where}')"
    page.run(f"{field}.value = {json.dumps(value)}; {field}.dispatchEvent(new Event('input'))")
    page.frame()


def search(page, words):
    enter(page, "search", words)


@needs_browser
def test_it_zooms_moves_and_fits(page):
    camera = lambda: page.run("picture.camera()")
    first = camera()
    page.wheel(400, 300, -600)
    zoomed = camera()
    assert zoomed["sx"] > 2 * first["sx"]
    page.press("ArrowRight")
    moved = camera()
    assert (moved["sx"], moved["ox"]) == (zoomed["sx"], zoomed["ox"] - 80)
    page.mouse("mousePressed", 500, 300, button="left", clickCount=1)
    page.mouse("mouseMoved", 560, 300, button="left")
    page.mouse("mouseReleased", 560, 300, button="left", clickCount=1)
    page.frame()
    assert camera()["ox"] == moved["ox"] + 60
    page.press("0")
    assert camera() == first


@needs_browser
@pytest.mark.slow
def test_the_wheel_goes_from_the_matrix_to_the_numbers(page):
    page.run("location.hash = 'level=ops&zoom=1&at=0,0'")
    seen = [page.run("picture.camera().detail")]
    for _ in range(14):
        page.wheel(500, 300, -350)
        seen.append(page.run("picture.camera().detail"))
    assert list(dict.fromkeys(seen)) == [1, 2, 3, 4][-len(set(seen)) :]
    assert seen[-1] == 4


def test_the_lines_from_which_a_layer_was_called_and_a_scope_entered():
    x = tg.tensor(np.ones((2, 1, 3)), requires_grad=True)
    output, _ = tg.nn.LSTM(3, 3).double()(x)
    with tg.scope("head", t=2):
        loss = np.sum(output)
    lines = list(data_of(tg.viz.draw(loss).html())["source"])
    assert all(line.startswith("test_page.py:") for line in lines)
    assert [line.partition(": ")[2] for line in lines] == [
        "output, _ = tg.nn.LSTM(3, 3).double()(x)",
        'with tg.scope("head", t=2):',
    ]
    (g,) = tg.autograd.grad(loss, x, create_graph=True)
    backward = {node.label.line for node in ancestors([g.node]) if node.label.direction == "backward"}
    assert backward == {output.node.label.line}


@needs_browser
def test_a_card_tells_the_line_of_source_that_detect_anomaly_saw(browser):
    with tg.autograd.detect_anomaly():
        loss = np.sum(np.tanh(tg.tensor([1.0], requires_grad=True)))
    picture = tg.viz.draw(loss)
    lines = data_of(picture.html())["source"]
    assert list(lines) == [line for line in lines if line.startswith("test_page.py:") and "np.tanh(" in line]
    browser.open(picture.html())
    (k,) = [v.id for v in picture.graph.vertices if v.op == "tanh"]
    browser.mouse("mouseMoved", *place(browser, k))
    browser.frame()
    assert "loss = np.sum(np.tanh(" in text(browser, "#card")
    assert browser.messages == []


@needs_browser
def test_search_finds_and_a_card_tells(page, picture):
    search(page, "t=7 gate=h")
    assert text(page, "#found") == "1 of 1"
    k = vertex(picture, "h", 7)
    page.mouse("mouseMoved", *place(page, k))
    page.frame()
    card = text(page, "#card")
    assert card.startswith("h = tanh, t = 7")
    assert "(2, 3) float32" in card
    assert "g - g * (y * y)" in card  # the rule
    shown = float(re.search(r"‖gradient‖([\d.e-]+?)each", card)[1])
    assert shown == pytest.approx(picture.graph.vertices[k].norm, rel=1e-3)
    search(page, "tanh")
    assert text(page, "#found") == "1 of 20"
    page.press("n")
    assert text(page, "#found") == "2 of 20"
    search(page, "op=nothing")
    assert text(page, "#found") == "0 of 0"


@needs_browser
def test_two_clicks_show_the_paths(page, picture):
    ends = vertex(picture, "h", 3), vertex(picture, "h", 6)
    search(page, "t=5 gate=h")
    for k in ends:
        page.click(*place(page, k))
    highlight = tg.viz.draw(rnn(20)[0], highlight=("h@3", "h@6"))._page[0]
    found = page.run("picture.path()")
    assert found == {"count": "1", "nodes": len(highlight.vertices), "strongest": len(highlight.strongest)}
    assert "paths1nodes on them10" in text(page, "#path")
    page.press("Escape")
    assert "Click two boxes" in text(page, "#path")


@needs_browser
@pytest.mark.slow
def test_no_path_is_said(page, picture):
    page.press("0")
    page.click(*place(page, vertex(picture, "w")))
    page.click(*place(page, vertex(picture, "h0")))
    assert "There is no path" in text(page, "#path")
    assert "There is no path" in text(page, "#status")


@needs_browser
@pytest.mark.slow
def test_the_number_of_paths_is_exact(browser):
    picture = tg.viz.draw(layer("LSTM", 60), highlight="x@0")
    browser.open(picture.html())
    highlight = picture._page[0]
    assert highlight.count > 10**20
    (source,), target = highlight.sources, highlight.target
    assert browser.run(f"picture.between({source}, {target}).count") == str(highlight.count)
    assert browser.run("picture.path().count") == str(highlight.count)  # given with the page
    first = np.cumsum([0, *(len(v.parents) for v in picture.graph.vertices)])
    strongest = [int(first[child]) + i for child, i in highlight.strongest]
    assert browser.run(f"picture.between({source}, {target}).strongest") == strongest
    assert browser.messages == []


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_the_page_finds_the_paths_that_the_picture_finds(browser, seed):
    picture = tg.viz.draw(random_program(seed))
    browser.open(picture.html())
    count = len(picture.graph.vertices)
    pairs = np.random.default_rng(seed).integers(count, size=(60, 2)).tolist()
    found = browser.run(f"{json.dumps(pairs)}.map(([a, b]) => picture.between(a, b)?.count ?? null)")
    assert found == [str(n) if (n := paths_between(picture.graph, min(pair), max(pair))) else None for pair in pairs]


def paths_between(graph, source, target):
    """How many there are, by the plainest means."""
    ways = {source: 1}
    for v in graph.vertices[source + 1 : target + 1]:
        ways[v.id] = sum(ways.get(p, 0) for p in v.parents if p is not None)
    return ways[target]


@needs_browser
def test_the_slider_goes_through_the_pass(page, picture):
    page.run("[...document.querySelectorAll('#levels button')].find((b) => b.textContent === 'ops').click()")
    static = page.run("picture.colored()")
    frames = picture.frames()
    for frame in (frames[0], frames[1], frames[9], frames[-1]):
        enter(page, "stop", frame.stop)
        assert set(page.run("picture.colored()")) == frame.known
    assert page.run("picture.colored()") == static
    page.press("b")
    for _ in range(4):
        page.press(".")
    assert text(page, "#rules .stop") == f"t = {frames[4].t}"
    assert "g - g * (y * y)" in text(page, "#rules")
    page.press(",")
    assert text(page, "#rules .stop") == f"t = {frames[3].t}"


@needs_browser
def test_a_card_tells_no_more_than_the_stop_knows_and_leaves_the_panel_in_sight(browser):
    picture = tg.viz.draw(layer("LSTM", 4))
    browser.open(picture.html())
    right = browser.run("document.getElementById('stage').getBoundingClientRect().right")
    norms = {}
    for stop in (0, len(picture.frames()) - 1):
        enter(browser, "stop", stop)
        for name, t in (("c", 0), ("h", 3)):
            browser.mouse("mouseMoved", 1, 1)
            browser.mouse("mouseMoved", *place(browser, vertex(picture, name, t)))
            browser.frame()
            assert browser.run("document.getElementById('card').getBoundingClientRect().right") <= right
            norms[stop, name] = browser.run(
                "[...document.querySelectorAll('#card .rules dd')].map((dd) => dd.textContent)"
            )
    assert set(norms[0, "c"]) == set(norms[0, "h"]) == {"?"}  # a box of several operations
    last = len(picture.frames()) - 1
    assert not {"?"} & {*norms[last, "c"], *norms[last, "h"]}
    assert browser.messages == []


@needs_browser
def test_in_the_matrix_what_has_vanished_has_a_line_in_place_of_a_colour(browser):
    picture = tg.viz.draw(rnn(400)[0], view="ops")
    browser.open(picture.html())
    assert browser.run("picture.camera().detail") == 0
    dotted = [
        path.attrib["d"].count("M")
        for path in ET.fromstring(browser.run("picture.svg()")).iter("{http://www.w3.org/2000/svg}path")
        if path.get("stroke-dasharray") == "1.5 2.5"
    ]
    rows = len({(v.op, v.name) for v in picture.graph.vertices if v.t is not None})
    assert max(dotted) == rows
    assert browser.messages == []


@needs_browser
@pytest.mark.slow
def test_the_replay_slider_shows_another_sweep(page):
    own = page.run("picture.norms()")
    enter(page, "sweep", 0)
    other = page.run("picture.norms()")
    change = [b - a for a, b in zip(own, other, strict=True) if a is not None]
    assert change == pytest.approx([-3] * len(change), abs=1e-3)


@needs_browser
@pytest.mark.slow
def test_everything_works_with_keys(page, picture):
    page.run("document.getElementById('stage').focus()")
    search(page, "t=9 gate=h")
    page.press("Enter")
    page.press("ArrowRight", shift=True)
    assert text(page, "#status").startswith("h = tanh, t = 10")
    page.press("Enter")
    assert page.run("picture.path().count") == "1"
    levels = [page.run("picture.level()")]
    for _ in range(4):
        page.press("l")
        levels.append(page.run("picture.level()"))
    assert set(levels) == {"rolled", "steps", "gates", "ops"}
    before = page.run("document.documentElement.dataset.theme")
    page.press("d")
    assert page.run("document.documentElement.dataset.theme") != before
    page.press("?")
    assert not page.run("document.getElementById('help').hidden")
    page.press("m")
    assert "fold=0" in page.run("picture.link()")


@needs_browser
def test_to_fold_an_encoder_leaves_its_decoder_as_it_is(browser):
    picture = tg.viz.draw(handed_over("GRU"))
    browser.open(picture.html())
    state = next(v.id for v in picture.graph.vertices if (v.name, v.t, v.path) == ("h", 1, "answer/GRU/l0"))
    height = lambda: place(browser, state)[1]
    unfolded = height()
    browser.run("location.hash = 'level=gates&fold=0'")
    browser.frame()
    assert height() == unfolded
    browser.run("location.hash = 'level=gates&fold=0,1'")
    browser.frame()
    assert height() != unfolded
    assert browser.messages == []


@needs_browser
@pytest.mark.slow
def test_a_link_restores_the_view(page, picture):
    search(page, "t=9 gate=h")
    page.press("Enter")
    page.press("d")
    for _ in range(3):
        page.press("+")
    link, camera = page.run("picture.link()"), page.run("picture.camera()")
    page.open(picture.html(), f"#{link}")
    again = page.run("picture.camera()")
    assert again == {k: pytest.approx(v, rel=2e-3, abs=2) for k, v in camera.items()}
    assert {part.split("=")[0] for part in page.run("picture.link()").split("&")} == {
        part.split("=")[0] for part in link.split("&")
    }
    page.run("location.hash = 'at=x&zoom=-3&path=99999,-1,NaN&stop=1e9&fold=77&theme=__proto__&level=toString'")
    page.frame()


@needs_browser
@pytest.mark.slow
def test_the_view_is_saved_as_it_is(page):
    root = ET.fromstring(page.run("picture.svg()"))
    words = " ".join(root.itertext())
    assert "A <title> & more" in words
    assert len(root) > 50
    png = page.run("picture.png()")
    assert png.startswith("data:image/png;base64,")
    assert len(png) > 20_000


def colors(png):
    """How many colours an image has; without Pillow, how well it packs tells as much."""
    try:
        from PIL import Image
    except ImportError:
        return len(png) // 100
    return len(Image.open(BytesIO(png)).convert("RGB").getcolors(1 << 24))


@needs_browser
@pytest.mark.slow
def test_something_is_drawn(page):
    light = page.screenshot()
    assert colors(light) > 50
    page.press("d")
    assert colors(page.screenshot()) > 50
    assert page.screenshot() != light


@needs_browser
@pytest.mark.slow
def test_it_tells_screen_readers(page):
    assert page.run("document.getElementById('search').placeholder") == "t=10 gate=h"
    assert text(page, "#summary").startswith("A <title> & more: 20 time steps")
    assert page.run("document.getElementById('stage').getAttribute('aria-describedby')") == "summary"


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("make", [without_time, second_order, lambda: layer("GRU", 1), lambda: np.sum(rnn(2)[0])])
def test_other_graphs_are_shown_too(browser, make):
    for gradients in (True, False):
        browser.open(tg.viz.draw(make(), gradients=gradients).html())
        assert browser.run("document.getElementById('pass').hidden") != gradients
        for key in "l0+b.,m":
            browser.press(key)
        assert browser.messages == []


@needs_browser
@pytest.mark.slow
def test_no_script_of_a_name_runs(browser):
    rng = np.random.default_rng(0)
    pieces = [*HOSTILE, "<svg onload=alert(1)>", "javascript:alert(1)", "${alert(1)}", "`", "\\", "\x00", "\ud800"]
    for _ in range(12):
        names = ["".join(rng.choice(pieces, 3)) for _ in range(4)]
        h = tg.tensor([1.0], requires_grad=True)
        tg.name(**{names[0]: h})
        for t in range(3):
            with tg.scope(names[1], t=t):
                h = np.tanh(h * 0.5)
                tg.name(**{names[2]: h})
        browser.open(tg.viz.draw(h, title=names[3]).html())
        browser.press("+")
        x, y = browser.run("picture.center(1)")
        browser.click(x, y + 44)
        browser.run("picture.svg()")
        assert browser.run("document.querySelectorAll('script').length") == 2
        assert browser.run("document.querySelectorAll('svg, img').length") == 0
        assert browser.messages == []


@needs_browser
@pytest.mark.slow
def test_a_thousand_steps_are_drawn_and_searched(browser):
    output, _ = tg.nn.LSTM(8, 16)(np.ones((1000, 2, 8), "float32"))
    picture = tg.viz.draw(np.sum(output[-1] ** 2))
    page = picture.html()
    assert len(page) <= 1_500_000
    browser.open(page)
    assert browser.run("performance.getEntriesByName('first frame').length") == 1
    found = browser.run("picture.between(5, picture.data.outputs[0])")
    assert len(found["count"]) > 500
    assert browser.messages == []
