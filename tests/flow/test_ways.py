"""Gradients split by their way, against a walk along each path with dense Jacobians, and against detached gates."""

import numpy as np
import pytest
from derivatives import assert_close

import tinygrad_seq as tg
from tinygrad_seq import flow, nn
from tinygrad_seq.autograd import ancestors
from tinygrad_seq.flow.uses import pulled
from tinygrad_seq.ops import sigmoid

B, H = 2, 2


def program(kind, T=3, **options):
    tg.set_default_dtype("float64")
    x = tg.tensor(np.random.default_rng(0).normal(size=(T, B, 2)), requires_grad=True)
    output, _ = getattr(nn, kind)(2, H, **options)(x)
    return np.sum(output[-1] ** 2) + np.sum(output[0] * output[1]), x


def local(node, i):
    """The dense Jacobian of one edge."""
    rows = []
    for k in range(int(np.prod(node.shape))):
        g = np.zeros(int(np.prod(node.shape)))
        g[k] = 1
        rows.append(pulled(node, i, g.reshape(node.shape)).ravel())
    return np.stack(rows)


def by_walking(loss, source):
    """Every path by itself: the product of its Jacobians, added up by the way as the definition reads."""
    nodes = [node for node in ancestors([loss.node]) if node.index >= source.index]
    users = {}
    for node in nodes:
        for i, parent in enumerate(node.parents):
            if parent is not None:
                users.setdefault(parent, []).append((node, i))
    jacobians = {}
    found = {}
    waiting = [(source, np.eye(int(np.prod(source.shape))), [source.name] if source.name in ("h", "c") else [])]
    while waiting:
        node, so_far, roles = waiting.pop()
        if node is loss.node:
            gates = [role for role in roles if role not in ("h", "c")]
            way = gates[0] if gates else roles[0] if roles else ""
            found[way] = found.get(way, 0) + so_far.reshape(source.shape)
            continue
        for user, i in users.get(node, ()):
            if (user, i) not in jacobians:
                jacobians[user, i] = local(user, i)
            name = [user.name] if user.name else []
            waiting.append((user, jacobians[user, i] @ so_far, roles + name))
    return found


@pytest.mark.parametrize(
    ("kind", "options"),
    [("RNN", {}), ("LSTM", {}), ("LSTM", {"peepholes": "diagonal"}), ("GRU", {}), ("GRU", {"reset": "before"})],
    ids=str,
)
def test_every_path_is_on_its_way(kind, options):
    loss, _ = program(kind, **options)
    places = ["h", "c"] if kind == "LSTM" else ["h"]
    table = flow.ways(loss, places)
    for node in flow.find(loss, places):
        expected = by_walking(loss, node)
        rows = [k for k in range(len(table)) if (table.name[k], table.t[k]) == (node.name, node.label.t)]
        assert {table.way[k] for k in rows} == set(expected)
        for k in rows:
            assert_close(table.arrays[k], expected[table.way[k]], f"{node} {table.way[k]}", rtol=1e-11)
            assert table.norm[k] == pytest.approx(np.linalg.norm(table.arrays[k]), rel=1e-12)


@pytest.mark.parametrize("lengths", [None, [5, 3]])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU", "MGU"])
def test_ways_sum_to_the_gradient(kind, lengths):
    tg.set_default_dtype("float64")
    x = tg.tensor(np.random.default_rng(0).normal(size=(5, B, 2)), requires_grad=True)
    output, _ = getattr(nn, kind)(2, 3, num_layers=2, bidirectional=True)(x, lengths=lengths)
    loss = np.sum(np.tanh(output) ** 2)
    for by_layer in (False, True):
        table = flow.ways(loss, [x, *flow.find(loss, "h")], by_layer=by_layer)
        for node in {x.node, *flow.find(loss, "h")}:
            (g,) = tg.autograd.grad(loss, tg.Tensor(np.zeros(node.shape), node))
            key = (node.name or "", node.label.t, node.label.path)
            rows = [k for k in range(len(table)) if (table.name[k], table.t[k], table.path[k]) == key]
            assert_close(sum(table.arrays[k] for k in rows), g, str(key), rtol=1e-10)
            assert sum(table.share[k] for k in rows) == pytest.approx(1)
    assert {way.rpartition("/")[0] for way in table.way} >= {f"{kind}/l0", f"{kind}/l1_reverse"}


def test_straight_through_the_cell_state_is_the_product_of_the_forget_gates():
    loss, parts = lstm_by_hand("ifgo")
    f, o, c = (np.stack([p.numpy() for p in parts[k]]) for k in "foc")
    straight = flow.ways(loss, parts["c"][0])
    (k,) = np.flatnonzero(straight.way == "c")
    assert_close(straight.arrays[k], 2 * parts["h"][-1].numpy() * o[-1] * (1 - np.tanh(c[-1]) ** 2) * f[1:].prod(0), "")


def lstm_by_hand(open_gates, T=4, at=1):
    """The loss, and all parts; at one step only the given gates see a hidden state that has a gradient."""
    rng = np.random.default_rng(0)
    x, w, u = rng.normal(size=(T, B, 2)), rng.normal(size=(2, 4 * H)), rng.normal(size=(H, 4 * H))
    h, c = (tg.tensor(rng.normal(size=(B, H)), requires_grad=True) for _ in range(2))
    parts = {key: [] for key in "ifgohc"}
    for t in range(T):
        with tg.scope("cell", t=t):
            a = []
            for k, gate in enumerate("ifgo"):
                seen = h.detach() if t == at and gate not in open_gates else h
                a.append(x[t] @ w[:, k * H : (k + 1) * H] + seen @ u[:, k * H : (k + 1) * H])
            i, f, g, o = sigmoid(a[0]), sigmoid(a[1]), np.tanh(a[2]), sigmoid(a[3])
            c = f * c + i * g
            h = o * np.tanh(c)
            tg.name(i=i, f=f, g=g, o=o, c=c, h=h)
        for key, value in zip("ifgohc", (i, f, g, o, h, c), strict=True):
            parts[key].append(value)
    return np.sum(h * h), parts


def test_a_way_through_a_gate_is_what_is_left_when_the_other_gates_see_no_gradient():
    loss, parts = lstm_by_hand("ifgo")
    table = flow.ways(loss, parts["h"][0])
    assert table.way.tolist() == ["f", "g", "i", "o"]
    for gate, array in zip(table.way, table.arrays, strict=True):
        apart, others = lstm_by_hand(gate)
        (g,) = tg.autograd.grad(apart, others["h"][0])
        assert_close(array, g, gate, rtol=1e-12)


def test_names_of_ones_own_and_nothing_named():
    loss, parts = lstm_by_hand("ifgo")
    whole = flow.ways(loss, parts["c"][0], gates=())
    assert whole.way.tolist() == ["c"]
    assert whole.share.tolist() == [1.0]
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    plain = flow.ways(np.sum(x * x), x)
    assert plain.way.tolist() == [""]
    assert plain.arrays[0].tolist() == [2.0, 4.0]
    assert len(flow.ways(np.sum(np.where([False, False], x, 0.0) * 0), x)) == 1


def test_a_long_sequence_read_by_step():
    x = tg.tensor(np.ones((50, 1, 2), "float32"), requires_grad=True)
    output, _ = nn.LSTM(2, 3)(x)
    loss = np.sum(output[-1])
    table = flow.ways(loss, x)
    assert table.arrays[0].dtype == np.float32
    assert_close(sum(table.arrays), tg.autograd.grad(loss, x)[0], "x", rtol=1e-5)
