"""Paths between two nodes, against a walk along each of them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from viz.graphs import layer, random_program, rnn

import tinygrad_seq as tg
from tinygrad_seq.autograd import ancestors
from tinygrad_seq.errors import GraphError, OptionError
from tinygrad_seq.flow import gradient_norms
from tinygrad_seq.viz.graph import read
from tinygrad_seq.viz.paths import between


def graph_of(outputs):
    return read([output.node for output in outputs], gradient_norms(outputs))[0]


def walk(graph, source, target, limit=3000):
    """Every path as a tuple of edges, one after the other; None if there are more than the limit."""
    paths, waiting = [], [(source, ())]
    uses = graph.uses
    while waiting:
        at, path = waiting.pop()
        if at == target:
            paths.append(path)
        else:
            waiting += [(child, (*path, (child, i))) for child, i in uses[at] if child <= target]
        if len(paths) + len(waiting) > limit:
            return None
    return paths


def gain(graph, path):
    total = 0.0
    for child, i in path:
        flow, norm = graph.vertices[child].flows[i], graph.vertices[child].norm
        total += math.log(flow / norm) if flow and norm else -math.inf
    return total


@settings(max_examples=80)
@given(st.integers(0, 10**6), st.data())
def test_all_paths_and_the_strongest(seed, data):
    graph = graph_of(random_program(seed)[:1])
    source = data.draw(st.integers(0, len(graph.vertices) - 1))
    target = data.draw(st.integers(source, len(graph.vertices) - 1))
    paths = walk(graph, source, target)
    if paths is None:
        return
    if not paths:
        with pytest.raises(GraphError, match="there is no path"):
            between(graph, [source], target)
        return
    found = between(graph, [source], target)
    assert found.count == len(paths)
    assert found.edges == {edge for path in paths for edge in path}
    assert found.vertices == {source} | {child for path in paths for child, _ in path}
    gains = [gain(graph, path) for path in paths]
    if max(gains) > -math.inf:
        assert found.strongest in paths
        assert gain(graph, found.strongest) == pytest.approx(max(gains), abs=1e-9)
    else:
        assert found.strongest == ()


def test_the_number_of_paths_is_exact_where_floats_are_not():
    x = tg.tensor([1.0], requires_grad=True)
    y = x
    for _ in range(200):
        y = (y + y) * 0.5
    graph = graph_of([y])
    assert between(graph, [0], graph.outputs[0]).count == 2**200


def test_ends_are_given_as_tensors_nodes_or_names():
    loss, parts = rnn(4)
    h1 = parts["h"][1]
    expected = tg.viz.draw(loss, highlight=h1).view.highlight
    node = next(n for n in ancestors([loss.node]) if n is h1.node)
    for end in ("h@1", "h@-3", "rnn/h@1", node, (loss, h1), ("loss", "h@1"), ("h@1", "output")):
        assert tg.viz.draw(loss, highlight=end).view.highlight == expected
    both = tg.viz.draw(loss, highlight=("h@0", "h@2"), view="ops").view.highlight
    assert both.count == 1
    assert len(both.edges) == 6  # matmul, add, tanh, twice


def test_one_use_of_a_parameter():
    loss = layer("LSTM", 5)
    view = tg.viz.draw(loss, highlight="weight_hh_l0@2").view
    hot = [stub for stub in view.stubs if stub.hot]
    assert [stub.label for stub in hot] == ["W_hh"]
    assert view.boxes[hot[0].target].column == 2
    steps = {view.boxes[line.target].column for line in view.lines if line.hot and line.kind == "rail"}
    assert steps == {3, 4}
    whole = tg.viz.draw(loss, highlight="weight_hh_l0").view
    assert sum(stub.hot for stub in whole.stubs) == 4  # the first state is zero, so no gradient flows at step 0


def test_what_is_read_of_the_input():
    loss = layer("GRU", 3)
    view = tg.viz.draw(loss, highlight="x@0").view
    ends = [view.graph.vertices[k] for k in view.highlight.sources]
    assert {(v.op, v.t) for v in ends} == {("getitem", 0)}


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("h@9", "'h@9'; the steps are 0 to 3"),
        ("h@x", "NAME@STEP with an integer"),
        ("nothing", "nothing is called 'nothing'; there are x, w, h0, h"),
        ("h0@2", "nothing is called 'h0@2' at step 2"),
        ("h", "means 4 nodes, such as h at step 0 and h at step 1; name the step"),
    ],
)
def test_names_that_do_not_tell(end, message):
    loss, _ = rnn(4)
    with pytest.raises(OptionError) as error:
        tg.viz.draw(loss, highlight=end)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_ends_that_nothing_connects():
    loss, parts = rnn(4)
    picture = tg.viz.draw(loss, highlight=("x", "w"))
    assert "no path from x to w" in picture.svg()
    assert not any(line.hot for line in picture.view.lines)
    assert "%% no path from x to w" in picture.mermaid()
    other = tg.tensor([1.0], requires_grad=True)
    with pytest.raises(GraphError, match="on which the output does not depend"):
        tg.viz.draw(loss, highlight=other)
    with pytest.raises(GraphError, match="a constant in highlight"):
        tg.viz.draw(loss, highlight=tg.tensor([1.0]))
    with pytest.raises(tg.errors.DTypeError, match="got int in highlight"):
        tg.viz.draw(loss, highlight=3)
    with pytest.raises(OptionError, match="3 ends"):
        tg.viz.draw(loss, highlight=("x", "w", "h0"))
    assert parts["x"].grad is None


def test_paths_without_any_gradient_are_told():
    x = tg.tensor([1.0], requires_grad=True)
    y = np.tanh(x * 2.0)
    picture = tg.viz.draw(y * 0.0, highlight=(x, y))
    assert "1 path from variable to tanh, without any gradient" in picture.svg()
    assert not any(box.hot for box in picture.view.boxes)
    assert "without any gradient" not in tg.viz.draw(y, highlight=(x, y)).svg()
    assert "without any gradient" not in tg.viz.draw(y, gradients=False, highlight=(x, y)).svg()


def test_no_path_comes_into_a_stack_as_one_step_and_leaves_it_as_another():
    output, _ = tg.nn.LSTM(2, 3)(np.ones((5, 1, 2), "float32"))
    graph = graph_of([np.sum(output[-1])])
    (stack,) = [v.id for v in graph.vertices if v.op == "stack"]
    states = {v.t: v.id for v in graph.vertices if v.name == "c"}
    found = between(graph, [states[1]], graph.outputs[0], only="cell")
    assert found.count == 1
    assert stack in found.vertices
    assert {i for child, i in found.edges if child == stack} == {4}
    assert between(graph, [stack], graph.outputs[0]).count == 1  # asked for, it is one end
    all_steps = graph_of([np.sum(output)])
    (stack,) = [v.id for v in all_steps.vertices if v.op == "stack"]
    found = between(all_steps, [v.id for v in all_steps.vertices if v.name == "c" and v.t == 1], all_steps.outputs[0])
    assert {i for child, i in found.edges if child == stack} == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("only", "paths"), [("cell", 1), ("f", None), ("hidden", None), (["c", "h", "i"], None), (None, None)]
)
def test_paths_by_role_are_those_of_the_flow(only, paths):
    loss = np.sum(tg.nn.LSTM(2, 3)(np.ones((4, 1, 2), "float32"))[1][0])
    found = tg.viz.draw(loss, highlight="c@0", only=only).json()
    expected = tg.flow.paths("c@0", loss, only=only).count
    assert f'"paths": {expected}' in found or f'"paths":{expected}' in found
    assert paths in (None, expected)


def test_a_role_that_is_none():
    loss = np.sum(tg.nn.LSTM(2, 3)(np.ones((4, 1, 2), "float32"))[1][0])
    with pytest.raises(OptionError, match=r"draw: got only='q'; need 'cell', 'hidden', or roles: c, f, g, h, i, o"):
        tg.viz.draw(loss, highlight="c@0", only="q")
