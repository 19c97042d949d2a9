"""The stops of a moving picture, and the pixels and files that they become."""

import math

import numpy as np
import pytest
from viz.graphs import GRAPHS, layer, rnn

import tinygrad_seq as tg
from tinygrad_seq.errors import FileAccessError, GraphError, OptionError
from tinygrad_seq.viz import animate, draw
from tinygrad_seq.viz.animation import stops
from tinygrad_seq.viz.scale import LIGHT
from tinygrad_seq.viz.writers.svg import svg

MEASURED = [name for name in GRAPHS if name not in ("unlabelled, long", "thirty steps")]


def norms(layout):
    """What is coloured: the norms of boxes, lines and stubs."""
    view = layout.view
    return [part.norm for part in (*view.boxes, *view.lines, *view.stubs)]


@pytest.mark.parametrize("name", MEASURED)
def test_what_is_known_stays_and_the_last_is_the_picture(name):
    picture = draw(GRAPHS[name]())
    layouts = list(stops(picture))
    assert layouts[-1] is picture.layout
    final = norms(picture.layout)
    before = [None] * len(final)
    for layout in layouts:
        now = norms(layout)
        for old, new, last in zip(before, now, final, strict=True):
            assert new in (old, last) or math.isnan(new)
            assert old is None or new is not None
        before = now


def test_it_begins_at_the_output_and_goes_back_in_time():
    picture = draw(layer("LSTM", T=5))
    first, *rest = stops(picture)
    known = [box.name or box.sign for box in first.view.boxes if box.norm is not None]
    assert len(known) == 1
    steps = []
    for layout in rest:
        text = layout.texts[1].text
        if "time step" in text and text.startswith("backward"):
            steps.append(int(text.rpartition(" ")[2]))
    assert steps == [4, 3, 2, 1, 0]


def test_a_line_is_known_with_the_rule_that_gives_it():
    """Of h = tanh(x[t] + h @ w): after the stop of step t, its lines are known and those of step t - 1 are not."""
    picture = draw(rnn(4)[0], view="ops")
    for layout in list(stops(picture))[:-1]:
        text = layout.texts[1].text
        if "time step" not in text:
            continue
        now = int(text.rpartition(" ")[2])
        for line in layout.view.lines:
            target = layout.view.boxes[line.target]
            vertex = layout.view.graph.vertices[target.vertex]
            if vertex.t is not None:
                assert (line.norm is not None) == (vertex.t >= now)


def test_a_bar_is_over_the_step_that_is_passed():
    picture = draw(layer("GRU", T=4))
    for layout in list(stops(picture))[:-1]:
        added = layout.samples[len(picture.layout.samples) :]
        text = layout.texts[1].text
        if "time step" in text:
            (left, _), (right, _) = added[0].path
            k = int(text.rpartition(" ")[2])
            assert picture.layout.columns[k][0] < left < right < picture.layout.columns[k][1]
        else:
            assert not added


def test_hidden_steps_share_a_stop_and_the_strip_fills_from_the_end():
    picture = draw(layer("LSTM", T=80), columns=4)
    layouts = list(stops(picture))
    assert len(layouts) < 10
    covered = [sum(shade.area.width for shade in layout.heat) for layout in layouts]
    assert covered == sorted(covered)
    assert covered[0] < covered[-1]
    (middle,) = [layout for layout in layouts if layout.texts[1].text.endswith("step 79")]
    left, right = (f(x for s in picture.layout.heat for x in (s.area.x, s.area.right)) for f in (min, max))
    # Of the step that was passed, and of the state that the one before has handed to it.
    assert min(shade.area.x for shade in middle.heat) == pytest.approx(right - (right - left) * 2 / 80)
    assert max(shade.area.right for shade in middle.heat) == pytest.approx(right)


def test_the_strip_of_a_direction_that_reads_backward_fills_from_the_start():
    picture = draw(layer("RNN", T=40, bidirectional=True), columns=4)
    for layout in list(stops(picture))[1:-1]:
        rows = sorted({shade.area.y for shade in picture.layout.heat})
        for heat, top in zip(picture.view.heat, rows, strict=True):
            part = [shade for shade in layout.heat if shade.area.y == top]
            whole = [shade for shade in picture.layout.heat if shade.area.y == top]
            if part and picture.view.bands[heat.state[0]][1]:
                assert min(shade.area.x for shade in part) == min(shade.area.x for shade in whole)


@pytest.fixture
def image():
    pytest.importorskip("matplotlib")
    return pytest.importorskip("PIL.Image")


@pytest.fixture(scope="module")
def picture():
    return draw(rnn(3)[0], title='a <b> & "c"')


@pytest.mark.slow
def test_pixels_are_where_the_layout_says(image, picture):
    from tinygrad_seq.viz.raster import raster

    layout = picture.layout
    for scale in (1, 2):
        pixels = raster(svg(layout, LIGHT), scale)
        assert pixels.shape == (round(layout.height * scale), round(layout.width * scale), 4)
        assert (pixels[..., 3] == 255).all()
        for box, area in zip(layout.view.boxes, layout.boxes, strict=True):
            mark = layout.scale.mark(box.norm)
            bar = LIGHT.color(layout.scale.bin(box.norm)) if mark == "flow" else LIGHT.of(mark)
            x = round((area.x + 4) * scale)
            for y, color in ((2.5, LIGHT.box), (8, bar), (area.height - 8, bar), (area.height - 2.5, LIGHT.box)):
                assert "#{:02x}{:02x}{:02x}".format(*pixels[round((area.y + y) * scale), x, :3]) == color


@pytest.mark.slow
@pytest.mark.parametrize("name", ["attention", "second order"])
def test_every_element_of_a_picture_is_drawn(image, name):
    from tinygrad_seq.viz.raster import raster

    pixels = raster(svg(draw(GRAPHS[name](), highlight=None, columns=2).layout, LIGHT))
    assert len(np.unique(pixels.reshape(-1, 4), axis=0)) > 50


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["gif", "png", "apng"])
def test_a_file_has_a_frame_for_each_stop(image, picture, suffix, tmp_path):
    from tinygrad_seq.viz.raster import raster

    path = tmp_path / f"sweep.{suffix}"
    animate(picture, path, seconds=0.2)
    layouts = list(stops(picture))
    with image.open(path) as file:
        assert file.n_frames == len(layouts)
        lasting = []
        for k in range(file.n_frames):
            file.seek(k)
            lasting.append(round(file.info["duration"]))
        last = np.asarray(file.convert("RGB")).astype(int)
    assert lasting == [200] * (len(layouts) - 1) + [800]
    static = raster(svg(picture.layout, LIGHT))[..., :3].astype(int)
    if suffix == "gif":
        off = abs(last - static).max(axis=-1)
        assert (off == 0).mean() > 0.97  # what is not of one of the 256 colours is of one close to it
        assert off.max() < 40
    else:
        assert np.array_equal(last, static)


@pytest.mark.slow
def test_a_palette_has_the_colour_of_the_bar(image, picture, tmp_path):
    animate(picture, tmp_path / "a.gif")
    with image.open(tmp_path / "a.gif") as file:
        found = []
        for k in range(file.n_frames):
            file.seek(k)
            pixels = np.asarray(file.convert("RGB")).astype(int)
            found.append(bool(((pixels[..., 0] > 200) & (pixels[..., 2] < 80)).any()))
    moving = [layout.texts[1].text.rpartition(": ")[2].startswith("time step") for layout in stops(picture)]
    assert found == moving
    assert any(moving)


@pytest.mark.slow
def test_a_loss_is_drawn_before_it_is_animated(image, tmp_path):
    animate(rnn(2)[0], tmp_path / "a.gif", dark=True)
    with image.open(tmp_path / "a.gif") as file:
        assert file.convert("RGB").getpixel((0, 0)) == (0x12, 0x16, 0x1D)


@pytest.mark.slow
def test_no_half_of_a_file_is_left(image, picture, tmp_path):
    with pytest.raises(FileAccessError):
        animate(picture, tmp_path / "missing" / "a.gif")
    assert list(tmp_path.iterdir()) == []


LOSS = np.sum(tg.tensor([1.0, 2.0], requires_grad=True) * 2.0)

ERRORS = {
    "animate, suffix": (lambda: animate(LOSS, "a.mp4"), OptionError, "whose suffix is .mp4; need .gif, .png or .apng"),
    "animate, no suffix": (lambda: animate(LOSS, "a"), OptionError, "whose suffix is missing"),
    "animate, seconds": (lambda: animate(LOSS, "a.gif", seconds=0), OptionError, "got seconds=0 and scale=1.0"),
    "animate, no gradients": (
        lambda: animate(draw(LOSS, gradients=False), "a.gif"),
        GraphError,
        "a picture without gradients; draw it with gradients=True",
    ),
}


@pytest.mark.parametrize("case", ERRORS.values(), ids=ERRORS)
def test_errors(case):
    provoke, kind, words = case
    with pytest.raises(kind, match=words):
        provoke()
