"""The page in a browser, where there is one: it loads without a message, moves, tells and shows paths."""

import html
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from viz.graphs import rnn

import tinygrad_seq as tg

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(not BROWSER, reason="Chromium is not installed")

LISTEN = """<script>
window.problems = [];
addEventListener("error", (event) => problems.push(event.message));
addEventListener("securitypolicyviolation", (event) => problems.push(event.blockedURI));
</script>"""

ACT = """<script>
const box = (k) => document.querySelector(`[data-box="${k}"]`);
const send = (target, kind, more) => target.dispatchEvent(
    new PointerEvent(kind, { bubbles: true, clientX: 300, clientY: 200, ...more }));
const click = (target) => { send(target, "pointerdown"); send(target, "pointerup"); };
const press = (key) => dispatchEvent(new KeyboardEvent("keydown", { key }));
const on = () => [...document.querySelectorAll(".box.on")].map((e) => Number(e.dataset.box)).sort((a, b) => a - b);
const strong = () => document.querySelectorAll(".edge.strongest").length;
const hint = () => document.getElementById("hint").textContent;
const where = () => document.getElementById("picture").style.transform;
const seen = { steps: [] };
const note = (name) => seen.steps.push([name, where(), on().length, hint()]);
note("start");
press("+"); note("zoomed");
stage.dispatchEvent(new WheelEvent("wheel", { deltaY: -300, clientX: 10, clientY: 10, cancelable: true }));
note("wheel");
press("ArrowRight"); note("moved");
send(stage, "pointerdown");
send(stage, "pointermove", { clientX: 380, clientY: 260 });
send(stage, "pointerup"); note("dragged");
press("0"); note("fitted");
send(box(FIRST), "pointermove"); seen.card = document.getElementById("card").innerText;
click(box(FIRST)); note("one");
click(box(LAST)); note("two"); seen.path = on(); seen.strongest = strong();
press("Escape"); note("cleared");
click(box(INPUT)); click(box(SHELF)); note("none");
press("Escape");
seen.theme = document.documentElement.dataset.theme; press("d"); seen.other = document.documentElement.dataset.theme;
seen.problems = window.problems;
const result = document.createElement("pre");
result.id = "result";
result.textContent = JSON.stringify(seen);
document.body.append(result);
</script>"""


@pytest.fixture(scope="module")
def picture():
    return tg.viz.draw(rnn(20)[0], columns=5, title="A <title> & more")


@pytest.fixture(scope="module")
def seen(picture):
    """What the page says of itself after it has been used."""
    boxes = picture.view.boxes
    first = next(k for k, box in enumerate(boxes) if box.name == "h" and box.column == 0)
    last = next(k for k, box in enumerate(boxes) if box.sign == "Σ")
    act = ACT.replace("FIRST", str(first)).replace("LAST", str(last))
    for name, where in (("SHELF", "shelf"), ("INPUT", "before")):
        act = act.replace(name, str(next(k for k, box in enumerate(boxes) if box.where == where)))
    page = picture.html().replace("<style>", LISTEN + "<style>", 1).replace("</body>", act + "</body>")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(page, encoding="utf-8")
        command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,800"]
        command += [f"--user-data-dir={folder}/profile", "--dump-dom", f"file://{path}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    text = done.stdout.partition('<pre id="result">')[2].partition("</pre>")[0]
    return json.loads(html.unescape(text)) | {"first": first, "last": last}


def test_the_page_loads_without_a_message(seen):
    assert seen["problems"] == []


def test_it_zooms_moves_and_fits(seen):
    places = {name: place for name, place, _, _ in seen["steps"]}
    assert len({places[name] for name in ("start", "zoomed", "wheel", "moved", "dragged")}) == 5
    assert places["fitted"] == places["start"] == places["two"]


def test_a_card_tells_what_a_box_is(seen, picture):
    box = picture.view.boxes[seen["first"]]
    assert "h = tanh" in seen["card"]
    assert "(2, 3) float32" in seen["card"]
    shown = float(seen["card"].split("gradient")[1].split()[0])
    assert shown == pytest.approx(box.norm, rel=0.01)


def test_two_clicks_show_the_paths(seen, picture):
    # From the first h to the loss: what lies between, through the gap, and no input and no weight.
    names = [picture.view.boxes[k] for k in seen["path"]]
    assert seen["first"] in seen["path"]
    assert seen["last"] in seen["path"]
    assert any(box.where == "gap" for box in names)
    assert not any(box.where in ("shelf", "before", "init") or box.sign.startswith("[") for box in names)
    assert len(names) == 3 * 4 + 1 + 1 + 2  # four more steps, the first h, the gap, the square and its sum
    assert seen["strongest"] >= len(names) - 1


def test_what_is_picked_is_told_and_forgotten(seen):
    hints = {name: text for name, _, _, text in seen["steps"]}
    lit = {name: count for name, _, count, _ in seen["steps"]}
    assert "click another box" in hints["one"]
    assert "boxes on paths between h = tanh and sum" in hints["two"]
    assert hints["cleared"] == hints["start"]
    assert lit["cleared"] == 0
    assert "No path between" in hints["none"]


def test_light_and_dark(seen):
    assert {seen["theme"], seen["other"]} == {"light", "dark"}


def test_the_page_needs_nothing_else(picture):
    page = picture.html()
    assert "http" not in page.replace("http-equiv", "")
    assert "default-src 'none'" in page
