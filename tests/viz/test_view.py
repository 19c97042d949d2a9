"""What is shown: which steps, where things belong, and with which numbers."""

import numpy as np
import pytest
from viz.graphs import attention, cells, layer, lstm, rnn, second_order, separate_inputs, states_given, without_time

import tinygrad_seq as tg
from tinygrad_seq.errors import OptionError
from tinygrad_seq.flow import gradient_norms
from tinygrad_seq.viz.scale import Scale
from tinygrad_seq.viz.view import Gap, Step


def view_of(output, view="ops", **options):
    return tg.viz.draw(output, view=view, **options).view


def shown(view):
    return [column.t for column in view.columns if isinstance(column, Step)]


@pytest.mark.parametrize("columns", [1, 2, 3, 5, 12, 29, 30, 40])
def test_drawn_and_hidden_steps_add_up(columns):
    view = view_of(rnn(30)[0], columns=columns)
    gaps = [column for column in view.columns if isinstance(column, Gap)]
    assert len(shown(view)) + sum(gap.count for gap in gaps) == view.steps == 30
    assert all(gap.count == gap.last - gap.first + 1 >= 2 for gap in gaps)
    assert len(shown(view)) <= max(columns, 1) + 1  # rather than a gap of one, the step
    flat = [t for c in view.columns for t in ([c.t] if isinstance(c, Step) else range(c.first, c.last + 1))]
    assert flat == list(range(30))
    hidden = sum(box.hidden for box in view.boxes if box.where == "gap")
    drawn = sum(box.vertex is not None for box in view.boxes)
    assert hidden + drawn == len(view.graph.vertices)


def test_the_ends_the_focus_and_the_ends_of_the_path_are_drawn():
    loss, _ = rnn(40)
    assert len(shown(view_of(loss))) == 12
    assert {0, 1, 2, 36, 37, 38, 39} < set(shown(view_of(loss)))
    assert shown(view_of(loss, columns=4, focus=[17])) == [0, 17, 38, 39]
    assert shown(view_of(loss, columns=4, highlight=("h@20", "h@30"))) == [0, 20, 30, 39]
    assert shown(view_of(loss, columns=2, focus=range(10, 15))) == [10, 11, 12, 13, 14]


def test_a_gap_tells_how_the_gradient_changes_across_it():
    loss, parts = rnn(30)
    view = view_of(loss, columns=6)
    norms = gradient_norms(loss).node
    assert len(view.through) == sum(isinstance(column, Gap) for column in view.columns) >= 1
    for through in view.through:
        gap = view.columns[through.column]
        before, after = (norms[parts["h"][t].node.index] for t in (gap.first - 1, gap.last + 1))
        assert through.factor == pytest.approx(before / after)


def test_the_steepest_change_of_the_gradient_is_drawn():
    h = tg.tensor([1.0], requires_grad=True)
    for t in range(50):
        with tg.scope("rnn", t=t):
            h = h * (0.001 if t == 23 else 0.9)
            tg.name(h=h)
    assert shown(view_of(np.sum(h), columns=4)) == [0, 22, 23, 49]


def test_the_strip_has_all_steps():
    loss, parts = rnn(300)
    view = view_of(loss)
    norms = gradient_norms(loss).node
    (row,) = view.heat
    assert row.norms == tuple(norms[h.node.index] for h in parts["h"])
    layout = tg.viz.draw(loss).layout
    assert len(layout.ticks) == 12
    left, right = layout.columns[0][0], layout.columns[-1][1]
    assert min(shade.area.x for shade in layout.heat) == left
    assert sum(shade.area.width for shade in layout.heat) == pytest.approx(right - left)
    for tick, t in zip(layout.ticks, shown(view), strict=True):
        assert tick[0][0] == pytest.approx(left + (right - left) * (t + 0.5) / 300)
    assert not view_of(rnn(5)[0]).heat  # everything is drawn


def test_a_strip_of_very_many_steps_has_few_colours():
    layout = tg.viz.draw(rnn(1500)[0]).layout
    assert len(layout.heat) <= 800


def test_every_edge_has_the_norm_of_what_flows_along_it():
    loss = layer("LSTM", 4)
    view = view_of(loss)
    vertices = view.graph.vertices
    expected = gradient_norms(loss)
    order = sorted(expected.node)  # all nodes get a gradient, so ids are ranks of indices
    assert len(order) == len(vertices)
    drawn = [(line.source, line.target, line.input, line.norm) for line in view.lines]
    drawn += [(stub.source, stub.target, stub.input, stub.norm) for stub in view.stubs]
    edges = {}
    for source, target, i, norm in drawn:
        child = view.boxes[target].vertex
        assert vertices[child].parents[i] == view.boxes[source].vertex
        edges[order[child], i] = norm
    assert edges == expected.edge
    nodes = {order[box.vertex]: box.norm for box in view.boxes}
    assert nodes == expected.node


def test_each_use_of_a_weight_tells_its_share():
    view = view_of(layer("LSTM", 30), view="gates", columns=4)
    stubs = [stub for stub in view.stubs if stub.label == "W_hh"]
    weight = view.boxes[stubs[0].source].vertex
    norms = [v.flows[i] for v in view.graph.vertices for i, p in enumerate(v.parents) if p == weight]
    assert len(norms) == 30
    for stub in stubs:
        assert stub.share == pytest.approx(stub.norm / sum(norms))
    assert "% of the norms of all uses" in tg.viz.draw(layer("LSTM", 30)).svg()


def test_without_gradients_nothing_is_measured():
    view = view_of(rnn()[0], gradients=False)
    assert {line.norm for line in view.lines} == {None}
    assert not view.graph.measured


def test_a_given_cotangent_weighs_the_output():
    h, _ = rnn(3, head=False)
    one = np.zeros(h.shape, "float32")
    one[0, 0] = 3.0
    view = view_of(h, gradient=one)
    assert view.graph.vertices[view.graph.outputs[0]].norm == 3.0
    assert view_of(h).graph.vertices[view.graph.outputs[0]].norm == pytest.approx(6**0.5)


def kinds(view, name):
    """For each input of boxes of this name or operation how its line is drawn."""
    boxes = [k for k, box in enumerate(view.boxes) if name in (box.name, box.sign)]
    lines = [(line.kind, line.input) for line in view.lines if line.target in boxes]
    return sorted(set(lines) | {("stub", stub.input) for stub in view.stubs if stub.target in boxes})


def where(view, name):
    return {box.where for box in view.boxes if box.name == name}


def test_a_loop_by_hand():
    view = view_of(lstm())
    assert where(view, "x") == {"before"}
    assert where(view, "h0") == where(view, "c0") == {"init"}
    assert where(view, "w") == where(view, "u") == where(view, "b") == {"shelf"}
    assert where(view, "f") == {"step"}
    assert [name for name, _ in view.bands] == ["cell"]
    assert kinds(view, "c") == [("step", 0), ("step", 1)]
    assert ("bus", 0) in kinds(view, "[2]")


def test_one_role_is_what_does_the_same_in_every_step():
    view = view_of(layer("LSTM", 4))
    roles = {}
    for box in view.boxes:
        if box.where == "step":
            roles.setdefault(box.role, []).append((box.name, box.sign if box.sign[1:-1] not in "0123" else "[t]"))
    assert all(len(found) == 4 and len(set(found)) == 1 for found in roles.values())


def test_a_layer_above_another_reads_from_the_strip_between_them():
    view = view_of(layer("GRU", num_layers=2))
    assert [name for name, _ in view.bands] == ["GRU/l0", "GRU/l1"]
    strips = {
        (view.boxes[line.source].where, view.boxes[line.source].strip) for line in view.lines if line.kind == "bus"
    }
    assert strips == {("before", 0), ("after", 1)}


def test_an_input_of_one_step_alone_stands_in_that_step():
    loss, xs = separate_inputs()
    view = view_of(loss, highlight=xs[2])
    boxes = [box for box in view.boxes if box.name == "variable" and box.where == "step"]
    assert [box.column for box in boxes] == [0, 1, 2, 3]
    assert view.highlight.sources == {boxes[2].vertex}


def test_modules_of_one_step_have_bands_and_their_parts_join_them():
    names = [name for name, _ in view_of(cells()).bands]
    assert names == ["Embedding", "GRUCell", "LSTMCell", "Linear", ""]
    names = [name for name, _ in view_of(attention()).bands]
    assert names == ["GRU/l0", "decoder", "decoder/GRUCell"]


def test_first_states_behind_an_index():
    view = view_of(states_given())
    assert where(view, "h0") == where(view, "c0") == {"init"}
    assert where(view, "x") == {"before"}


def test_a_recorded_backward_pass_has_bands_of_its_own():
    names = [name for name, _ in view_of(second_order()).bands]
    assert "rnn" in names
    assert "rnn backward" in names


def test_long_graphs_without_time_hide_their_middle():
    x = tg.tensor([1.0], requires_grad=True)
    for _ in range(500):
        x = np.tanh(x)
    view = view_of(x)
    assert len(view.boxes) < 60
    assert sum(box.hidden for box in view.boxes) + sum(b.vertex is not None for b in view.boxes) == len(
        view.graph.vertices
    )


def test_many_boxes_beside_each_other_are_thinned():
    x = tg.tensor(np.ones(200), requires_grad=True)
    view = view_of(np.sum(np.stack([np.sum(x[k : k + 3]) for k in range(150)])))
    assert len(view.boxes) < 80


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": 0}, "columns=0; need an integer of at least 1"),
        ({"columns": True}, "columns=True"),
        ({"columns": 2.5}, "columns=2.5"),
        ({"focus": [7]}, "focus on step 7; the steps are 0 to 3"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(OptionError) as error:
        tg.viz.draw(rnn(4)[0], **options)
    assert message in str(error.value)


def test_focus_where_nothing_has_a_step():
    with pytest.raises(OptionError, match="no node has a time step"):
        tg.viz.draw(without_time(), focus=[0])


def test_the_scale_is_logarithmic_and_whole():
    scale = Scale.of([0.002, 3.0, 0.0, None, float("inf"), float("nan")])
    assert (scale.low, scale.high) == (-3, 1)
    assert scale.part(1e-3) == 0
    assert scale.part(10.0) == 1
    assert scale.part(0.1) == pytest.approx(0.5)
    marks = [scale.mark(norm) for norm in (0.1, 0.0, None, float("inf"), float("nan"), 2e-8)]
    assert marks == ["flow", "zero", "none", "broken", "broken", "vanished"]
    assert Scale.of([1e-30, 1.0]).low == -8
    assert [Scale.of([5.0]).mark(norm) for norm in (5.1e-8, 4.9e-8)] == ["flow", "vanished"]
    assert [Scale.of([5.0], start=2.0).mark(norm) for norm in (1.9e4, 2.1e4)] == ["flow", "exploded"]
    assert Scale.of([None, None]) is None
    assert [Scale.of([0.0, float("nan")]).mark(norm) for norm in (0.0, float("nan"), None)] == [
        "zero",
        "broken",
        "none",
    ]
    widths = [scale.width(norm) for norm in (1e-3, 1e-2, 1e-1, 1.0, 10.0)]
    assert widths == sorted(set(widths))
    assert [scale.bin(norm) for norm in (1e-3, 10.0)] == [0, 23]
