"""Companion plots as Matplotlib draws them; what they draw is in test_plots.py."""

import io
import sys

import numpy as np
import pytest
from viz.tables import FIVE, T, X, layer, norms_of, output

import tinygrad_seq as tg
from tinygrad_seq import flow
from tinygrad_seq.viz import plots
from tinygrad_seq.viz.plots.heat import HATCHES, NAMES
from tinygrad_seq.viz.scale import DARK, LIGHT, Scale

mpl = pytest.importorskip("matplotlib")
pytestmark = pytest.mark.slow


def drawn():
    """Every plot, by name: a function of the options that all have."""
    loss = np.sum(output()[-1])
    lstm = layer()
    recording = lstm(X, record=True)[-1]["l0"]
    models = {kind: flow.role_norms(np.sum(output(kind)[-1])) for kind in ("RNN", "LSTM", "GRU")}
    steps = flow.step_jacobians(loss, ("h", "c"))
    return {
        "heat": lambda **o: plots.heat(flow.role_norms(loss), **o),
        "heat, five marks": lambda **o: plots.heat(FIVE, **o),
        "triangle": lambda **o: plots.triangle(flow.triangle(output()), **o),
        "jacobians": lambda **o: plots.jacobians(steps, **o),
        "gates": lambda **o: plots.gates(recording, **o),
        "ledger": lambda **o: plots.ledger(flow.ledger(np.sum(lstm(X)[0]), lstm.weight_ih_l0), **o),
        "memory": lambda **o: plots.memory(flow.memory(loss), flow.lyapunov(steps), **o),
        "compare": lambda **o: plots.compare(models, **o),
        "ratio": lambda **o: tg.viz.diff(loss, np.sum(output()[0])).plot(**o),
    }


PLOTS = drawn()


def pixels(figure):
    figure.set_dpi(60)
    file = io.BytesIO()
    figure.savefig(file, format="rgba")
    return np.frombuffer(file.getvalue(), np.uint8).reshape(-1, 4)


def texts(figure):
    """All words of a figure."""
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("name", PLOTS)
def test_every_plot_is_titled_labelled_and_drawn_without_a_warning(name):
    figure = PLOTS[name](title="Where $it went")
    words = texts(figure)
    assert "Where $it went" in words
    assert any(word.startswith(("time step", "state at time step")) for word in words)
    assert len(np.unique(pixels(figure), axis=0)) > 20
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


@pytest.mark.parametrize("name", PLOTS)
def test_the_page_is_dark_where_that_is_asked_for(name):
    for dark, theme in ((False, LIGHT), (True, DARK)):
        figure = PLOTS[name](dark=dark)
        assert mpl.colors.to_hex(figure.get_facecolor()) == theme.page
        for ax in figure.axes:
            for label in (*ax.get_xticklabels(), *ax.get_yticklabels()):
                assert mpl.colors.to_hex(label.get_color()) == theme.ink


@pytest.mark.parametrize("name", [name for name in PLOTS if name not in ("gates", "compare")])
def test_a_plot_goes_on_axes_that_are_given(name):
    figure = mpl.figure.Figure()
    left, right = figure.subplots(1, 2)
    assert PLOTS[name](ax=right) is figure
    assert right.has_data()
    assert not left.has_data()


@pytest.mark.parametrize("name", ["gates", "compare"])
def test_several_axes_go_on_a_figure_that_is_given(name):
    figure = mpl.figure.Figure(layout="constrained")
    parts = figure.subfigures(1, 2)
    assert PLOTS[name](figure=parts[1]) is parts[1]
    assert parts[1].axes
    assert not parts[0].axes


def test_a_heat_map_has_the_colours_of_the_scale_and_a_pattern_for_each_mark():
    found = flow.role_norms(np.sum(output("RNN")[-1]))
    (ax, _) = plots.heat(found).axes
    scale = Scale.of(found.norm.tolist(), found.start)
    (image,) = ax.images
    for norm, color in zip(found.norm, image.get_array()[0], strict=True):
        assert mpl.colors.to_hex(color) == LIGHT.color(scale.bin(float(norm)))
    (ax, _) = plots.heat(FIVE).axes
    assert {patches.get_hatch() for patches in ax.collections} == set(HATCHES.values())
    assert {text.get_text() for text in ax.get_legend().get_texts()} == set(NAMES.values())


def test_a_triangle_is_blank_where_a_loss_knows_nothing_of_what_comes_later():
    (ax, _) = plots.triangle(flow.triangle(output("GRU"))).axes
    (image,) = ax.images
    assert ((image.get_array()[..., 3] == 0) == ~np.tri(T, dtype=bool)).all()
    assert not ax.collections


def test_a_long_triangle_is_drawn_with_some_of_its_losses():
    steps, late = np.arange(1200), np.array([100, 1100])
    loss, t = np.repeat(late, 1200), np.tile(steps, 2)
    size = np.where(t <= loss, 0.9 ** np.clip((loss - t) / 10, 0, 50), 0.0)
    (ax, _) = plots.triangle(flow.Triangle(loss, t, size, size > 0, state="h")).axes
    (image,) = ax.images
    drawn = (np.asarray(image.get_array())[..., 3] > 0).mean(axis=1)
    assert drawn == pytest.approx([101 / 1200, 1101 / 1200], abs=0.003)
    figure = ax.get_figure()
    figure.canvas.draw()
    assert [label.get_text() for label in ax.get_yticklabels() if label.get_text()] == ["100", "1100"]


def test_saturated_gates_have_the_colours_of_the_extremes():
    values = np.array([[0.05, 0.5, 0.95]] * 4)
    figure = plots.gates({"f": values})
    (image,) = figure.axes[0].images
    assert [mpl.colors.to_hex(c) for c in image.cmap(image.norm(values[0]))][::2] == [LIGHT.exploded, LIGHT.hot]
    assert any("33% shut, 33% open" in words for words in texts(figure))


def test_gates_take_any_row_of_a_batch_and_a_sequence_without_one():
    values = np.random.default_rng(0).uniform(size=(5, 3, 2))
    for given, row in (({"z": values}, 2), ({"z": values[:, 2]}, 0)):
        (image,) = plots.gates(given, row=row).axes[0].images
        assert np.array_equal(image.get_array(), values[:, 2].T)


def test_the_slope_is_that_of_the_exponent():
    rates = flow.Lyapunov(np.array([-0.5]), np.array([[-0.5]]))
    (ax,) = plots.memory(flow.memory(np.sum(output("RNN")[-1])), rates).axes
    line = ax.lines[1].get_ydata()
    assert np.diff(np.log(line)) == pytest.approx(np.full(T - 1, 0.5))


def test_the_slope_of_a_gradient_that_grows_begins_where_it_comes_in():
    """Of h' = 3 h, whose gradient is 3 ** (T - 1 - t)."""
    h, w = tg.tensor([1.0], requires_grad=True), 3.0
    for t in range(T):
        with tg.scope("grow", t=t):
            h = h * w
            tg.name(h=h)
    rates = flow.lyapunov(flow.step_jacobians(h))
    (ax,) = plots.memory(flow.memory(h), rates).axes
    norms, slope = (line.get_ydata() for line in ax.lines)
    assert norms == pytest.approx(slope)
    low, high = ax.get_ylim()
    assert 0.1 < low < 1
    assert 3.0 ** (T - 1) < high < 10 * 3.0 ** (T - 1)


def test_a_short_range_has_ticks_between_the_powers_of_ten():
    figure = plots.memory(flow.memory(np.sum(output("RNN")[-1] * 0.5), "h@-1"))
    figure.canvas.draw()
    (ax,) = figure.axes
    low, high = ax.get_ylim()
    assert sum(low <= tick <= high for tick in ax.get_yticks()) >= 2
    assert all(label.get_text().isdigit() for label in ax.get_xticklabels())


def test_what_is_outside_of_time_is_told():
    rows = np.array([0, 1, None], object)
    same = np.array(["a"] * 3)
    data = flow.Ledger(rows, same, same, same, same, np.ones(3), np.array([0.5, 0.25, 0.25]), np.ones(1))
    (ax,) = plots.ledger(data).axes
    assert "25.0% outside of time" in ax.get_xlabel()


def test_bars_stack_to_the_whole():
    lstm = layer()
    (ax,) = plots.ledger(flow.ledger(np.sum(lstm(X)[0]), lstm.weight_hh_l0)).axes
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)


def test_what_points_against_the_whole_hangs_below():
    gates, shares = np.array(["i", "f", "g", "o"]), np.array([0.5, -0.2, 0.9, -0.2])
    same = np.array(["a"] * 4)
    data = flow.Ledger(np.zeros(4, int), same, same, gates, same, shares, shares, np.ones(1))
    (ax,) = plots.ledger(data).axes
    bars = [(bar.get_y(), bar.get_height()) for bar in ax.patches]
    assert np.array(bars) == pytest.approx(np.array([(0, 0.5), (0, -0.2), (0.5, 0.9), (-0.2, -0.2)]))


def test_models_are_compared_on_one_scale():
    models = {"small": norms_of([1e-3, 1e-3]), "large": norms_of([1.0, 1.0])}
    small, large = (ax.images[0].get_array()[0, 0] for ax in plots.compare(models).axes[:2])
    assert (small[:3].sum()) > large[:3].sum()


def test_lines_of_compared_models_have_the_time_of_the_maps_above_where_the_gradient_is_zero_too():
    """Otherwise the same step is at two places of one figure."""
    models = {"a": norms_of([0.0] * 8 + [1.0, 2.0]), "b": norms_of([0.0] * 9 + [1.0])}
    *_, below = plots.compare(models).axes
    low, high = below.get_xlim()
    assert (round(low), round(high)) == (0, 9)


def test_what_has_no_ratio_is_explained_and_only_then():
    """Two steps, of which the gradient does not reach the first."""

    def loss(scale):
        h = tg.tensor([1.0], requires_grad=True)
        for t, factor in enumerate((scale, 0.0)):
            with tg.scope("cell", t=t):
                h = h * factor + 1.0
                tg.name(h=h)
        return h * scale

    told = [
        any("no ratio" in words for words in texts(plots.ratio(tg.viz.diff(a, b))))
        for a, b in (
            (loss(1.0), loss(2.0)),
            (np.sum(output()[-1]), np.sum(output()[0])),
            (np.sum(output("RNN")), np.sum(output("RNN") * 2)),
        )
    ]
    assert told == [True, True, False]
