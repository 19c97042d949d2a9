"""Paths and stops, against networkx and against a walk along each path."""

import itertools
import math

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq import flow, nn
from tinygrad_seq.autograd import ancestors
from tinygrad_seq.flow.routes import routes


def random_graph(seed):
    """Parents of each vertex, twice the same and none among them, and a gain for each edge."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 14))
    parents = [
        [
            None if v == 0 or rng.random() < 0.2 else int(rng.integers(max(v - 5, 0), v))
            for _ in range(rng.integers(0, 4))
        ]
        for v in range(size)
    ]
    gains = {(v, i): float(rng.normal()) for v in range(size) for i in range(len(parents[v]))}
    return rng, parents, gains


def walk(parents, source, target, first, closed, through):
    """Every path as a list of edges, one by one."""
    users = {}
    for v, inputs in enumerate(parents):
        for i, p in enumerate(inputs):
            users.setdefault(p, []).append((v, i))
    found, waiting = [], [(source, ())]
    while waiting:
        at, path = waiting.pop()
        inner = {v for v, _ in path} - {target}
        if at == target and not inner & set(closed) and (through is None or inner & set(through)):
            found.append(path)
        if at != target:
            waiting += [
                (v, (*path, (v, i))) for v, i in users.get(at, ()) if at != source or first is None or (v, i) in first
            ]
    return found


@pytest.mark.parametrize("options", list(itertools.product([False, True], repeat=3)), ids=str)
def test_routes_against_a_walk_along_each_path(options):
    for seed in range(60):
        rng, parents, gains = random_graph(seed)
        source, target = sorted(int(v) for v in rng.integers(0, len(parents), 2))
        some = [v for v in range(len(parents)) if rng.random() < 0.3]
        given = {
            "first": [edge for edge in gains if rng.random() < 0.6] if options[0] else None,
            "closed": some if options[1] else [],
            "through": [v for v in range(len(parents)) if rng.random() < 0.4] if options[2] else None,
        }
        expected = walk(parents, source, target, *given.values())
        found = routes(parents, [source], target, **given, log_gain=lambda v, i, gains=gains: gains[v, i])
        assert found.count == len(expected), (seed, given)
        assert found.edges == {edge for path in expected for edge in path}
        ends = {source} if expected else set()
        assert found.vertices == ends | {v for path in expected for v, _ in path}
        if expected:
            best = max(sum(gains[edge] for edge in path) for path in expected)
            assert found.log_gain == pytest.approx(best, abs=1e-12)
            assert found.strongest in expected
            assert sum(gains[edge] for edge in found.strongest) == pytest.approx(best, abs=1e-12)
        else:
            assert (found.strongest, found.log_gain) == ((), -math.inf)


def test_routes_against_networkx():
    networkx = pytest.importorskip("networkx")
    for seed in range(200):
        rng, parents, gains = random_graph(seed)
        graph = networkx.DiGraph()
        graph.add_nodes_from(range(len(parents)))
        plain = [list(dict.fromkeys(inputs)) for inputs in parents]  # no two edges between the same ends
        for v, inputs in enumerate(plain):
            graph.add_edges_from((p, v) for p in inputs if p is not None)
        source, target = sorted(int(v) for v in rng.choice(len(parents), 2, replace=False))
        between = (networkx.descendants(graph, source) | {source}) & (networkx.ancestors(graph, target) | {target})
        found = routes(plain, [source], target, log_gain=lambda v, i, gains=gains: gains[v, i])
        assert found.vertices == between
        assert found.count == len(list(networkx.all_simple_paths(graph, source, target)))
        edges = {(plain[v][i], v) for v, i in found.edges}
        assert edges == {(p, v) for p, v in graph.edges if p in between and v in between}


def lstm(T=4):
    tg.set_default_dtype("float64")
    x = tg.tensor(np.random.default_rng(0).normal(size=(T, 2, 2)), requires_grad=True)
    return np.sum(nn.LSTM(2, 3)(x)[1][0])


def test_paths_by_role():
    loss = lstm()
    at = lambda place, **options: flow.paths(place, loss, **options)
    # From step to step c leads once to c, and h by i, f and g three times to c and by o once to h; c leads once to h.
    assert at("c@0").count == 115
    assert at("c@0", only="cell").count == 1
    assert {node.name for node in at("c@0", only="cell").nodes if node.name} == {"c", "h"}
    assert at("h@0", only="hidden").count == 1
    assert {node.name for node in at("h@0", only="hidden").nodes if node.name} == {"o", "h"}
    assert not at("c@0", only=["c"])
    for gate in "ifg":
        through = at("c@0", only=gate)
        assert through.count == at("c@0", only=["c", "h", gate]).count - 1
        assert {node.name for node in through.nodes if node.name} == {"c", "h", gate}


def test_the_strongest_path_is_as_strong_as_it_says():
    loss = lstm()
    norms = flow.gradient_norms(loss)
    found = flow.paths("h@0", loss)
    assert found.sources == tuple(flow.find(loss, "h@0"))
    gains = [norms.edge[node.index, i] / norms.node[node.index] for node, i in found.strongest]
    assert found.gain.tolist() == pytest.approx(gains)
    assert found.log_gain == pytest.approx(np.log(gains).sum())
    assert flow.paths("h@0", loss.node, norms=norms).strongest == found.strongest
    at = found.sources[0]
    for node, i in found.strongest:
        assert node.parents[i] is at
        at = node
    assert at is loss.node


def test_paths_say_what_they_are():
    loss = lstm()
    assert repr(flow.paths("c@0", loss)).startswith("115 paths from c at step 0 to sum, over")
    assert repr(flow.paths("c@0", loss, only="cell")).splitlines()[1].split() == ["op", "name", "t", "path", "gain"]
    assert repr(flow.paths("h@0", loss, only=["h"])) == "no path from h at step 0 to sum"
    assert "and others" in repr(flow.paths("h", loss))
    longer = lstm(40)
    assert repr(flow.paths("c@0", longer)).startswith("about 10^")


def used(node, norms):
    """The inputs to which a node's gradient goes on."""
    return [i for i in range(len(node.parents)) if (node.index, i) in norms.edge]


def sweep_by_step(output, norms):
    """The nodes by neighbours of one time step, from the newest to the oldest; before all, the outputs are given."""
    newest_first = [node for node in reversed(ancestors([output.node])) if used(node, norms)]
    yield None, ()
    for t, nodes in itertools.groupby(newest_first, lambda node: node.label.t):
        yield t, [node.index for node in nodes]


def test_stops_of_a_sweep():
    tg.set_default_dtype("float64")
    layer = nn.GRU(2, 3, num_layers=2)
    output, _ = layer(np.ones((3, 1, 2)))
    loss = np.sum(output[-1])
    found = flow.frames(loss)
    norms = flow.gradient_norms(loss)
    assert found.node.tolist() == sorted(norms.node, reverse=True)
    assert found.known(found.stops - 1) == found.node.tolist()
    assert found.known(0) == [loss.node.index]
    assert [t for t in found.steps if t is not None] == [2, 1, 0, 2, 1, 0]
    done = set()
    for stop, (t, passing) in enumerate(sweep_by_step(loss, norms)):
        assert found.steps[stop] == t
        done.update(passing)
        # Known is what has all its uses behind it, and nothing else.
        waiting = {node.parents[i].index for node in found.nodes for i in used(node, norms) if node.index not in done}
        assert set(found.known(stop)) == set(norms.node) - waiting
    assert stop == found.stops - 1
    weights = {node.name for node in found.nodes if node.op.name == "variable"}
    assert weights == {name for name, _ in layer.named_parameters()}
    stops = dict(zip((node.name for node in found.nodes), found.stop.tolist(), strict=True))
    # The weights of the upper layer are done when its first step is, before the lower one begins.
    assert stops["weight_hh_l1"] == found.steps.index(0)
    assert stops["weight_hh_l0"] == found.stops - 1 - found.steps[::-1].index(0)
    assert "g * b" in found.rule[found.op.tolist().index("multiply")]
