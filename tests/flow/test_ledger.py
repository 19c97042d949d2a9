"""The ledger: contributions of each use, against gradients taken with the weight given anew at each step."""

import numpy as np
import pytest
from derivatives import assert_close

import tinygrad_seq as tg
from tinygrad_seq import flow, nn
from tinygrad_seq.ops import sigmoid

T, B, D, H = 4, 2, 3, 3
OPTIONS = [
    ("RNN", {}),
    ("RNN", {"layer_norm": True, "num_layers": 2}),
    ("LSTM", {}),
    ("LSTM", {"bidirectional": True, "num_layers": 2}),
    ("LSTM", {"peepholes": "diagonal", "proj_size": 2}),
    ("LSTM", {"peepholes": "full", "layer_norm": True}),
    ("LSTM", {"coupled": True, "batch_first": True}),
    ("GRU", {}),
    ("GRU", {"bidirectional": True}),
    ("GRU", {"reset": "before", "update": "write"}),
    ("GRU", {"layer_norm": True}),
    ("MGU", {}),
]


def variable(*shape, seed=0):
    return tg.tensor(np.random.default_rng(seed).normal(size=shape) / 2, requires_grad=True)


def assert_sums(loss, weight):
    """All that a ledger promises of its numbers; the ledger."""
    found = flow.ledger(loss, weight, arrays=True)
    (g,) = tg.autograd.grad(loss, weight)
    assert_close(found.total, g, "total", rtol=1e-15)
    assert_close(sum(map(found.contribution, range(len(found)))), g, "sum", rtol=1e-10)
    assert found.share.sum() == pytest.approx(1, abs=1e-10)
    for k in range(len(found)):
        part = found.contribution(k)
        assert found.norm[k] == pytest.approx(np.linalg.norm(part), rel=1e-8, abs=1e-14)
        assert found.share[k] == pytest.approx((part * g.numpy()).sum() / (g.numpy() ** 2).sum(), abs=1e-10)
    alone = flow.ledger(loss, weight)
    assert alone.rows().__next__() == found.columns
    assert alone.to_dict() == found.to_dict()
    return found


@pytest.mark.parametrize("lengths", [None, [T, 2]], ids=["", "lengths"])
@pytest.mark.parametrize(("kind", "options"), OPTIONS, ids=lambda part: str(part))
def test_every_weight_is_split_by_step_and_gate(kind, options, lengths):
    tg.set_default_dtype("float64")
    embedding, layer = nn.Embedding(5, D), getattr(nn, kind)(D, H, **options)
    index = np.random.default_rng(0).integers(0, 5, size=(B, T) if options.get("batch_first") else (T, B))
    output = layer(embedding(index), lengths=lengths)[0]
    head = nn.Linear(output.shape[-1], 2)
    loss = np.sum(np.tanh(head(output)) ** 2)
    gates = {"RNN": "h", "GRU": "nrz", "MGU": "fn", "LSTM": "gio" if options.get("coupled") else "fgio"}[kind]
    for module in (embedding, layer, head):
        for name, weight in module.named_parameters():
            found = assert_sums(loss, weight)
            assert sorted(set(found.t.tolist())) == list(range(T)), name
            if name.startswith(("weight_ih", "weight_hh", "bias")) and module is layer:
                assert "".join(sorted(set(found.gate.tolist()))) == gates, name
                assert set(found.path.tolist()) == {f"{kind}/l{name.partition('_l')[2]}"}
                rows = len(weight) // len(gates)
                for where, gate in zip(found.where, found.gate, strict=True):
                    block = np.zeros(weight.shape)
                    block[where] = 1
                    assert block.sum() in (rows * weight.size // len(weight), weight.size), gate


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU", "MGU"])
def test_steps_after_the_longest_row_have_no_part(kind):
    layer = getattr(nn, kind)(D, H, num_layers=2, bidirectional=True).astype("float64")
    output, _ = layer(variable(T, B, D), lengths=[2, 1])
    for name, weight in layer.named_parameters():
        found = assert_sums(np.sum(output**2), weight)
        assert sorted(set(found.t.tolist())) == [0, 1], name


def test_a_weight_by_the_path_of_its_module():
    class Model(nn.Module):
        def __init__(self):
            self.encoder, self.decoder = nn.Sequential(nn.Linear(D, D), nn.GRU(D, H)), nn.GRU(H, H)

        def forward(self, x):
            return self.decoder(self.encoder(x)[0])[0]

    model = Model()
    loss = np.sum(model(np.ones((T, B, D), "float32")))
    for place in ("encoder/1/weight_hh_l0", "1/weight_hh_l0", "encoder.1.weight_hh_l0"):
        assert flow.find(loss, place) == [model.encoder[1].weight_hh_l0.node]
    assert set(flow.ledger(loss, "decoder/weight_hh_l0").path.tolist()) == {"Model/decoder/l0"}


def lstm(ws, us, bs, x):
    """An LSTM by hand that takes the weights of each step from lists."""
    h = c = np.zeros((B, H))
    for t, (w, u, b) in enumerate(zip(ws, us, bs, strict=True)):
        with tg.scope("cell", t=t):
            i, f, g, o = np.split(x[t] @ w + h @ u.T + b, 4, axis=-1)
            i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
            c = f * c + i * g
            h = o * np.tanh(c)
            tg.name(i=i, f=f, g=g, o=o, c=c, h=h)
    return np.sum(h * h)


def test_each_contribution_is_the_gradient_of_a_weight_of_its_own():
    x, w, u, b = variable(T, B, D), variable(D, 4 * H, seed=1), variable(4 * H, H, seed=2), variable(4 * H, seed=3)
    loss = lstm([w] * T, [u] * T, [b] * T, x)
    copies = [[tg.tensor(weight.numpy(), requires_grad=True) for _ in range(T)] for weight in (w, u, b)]
    apart = lstm(*copies, x)
    for weight, own, axis in zip((w, u, b), copies, (1, 0, 0), strict=True):
        found = assert_sums(loss, weight)
        assert set(found.op.tolist()) == {"add" if weight is b else "matmul"}
        for t, copy in enumerate(own):
            (g,) = tg.autograd.grad(apart, copy)
            for k, gate in enumerate("ifgo"):
                rows = [n for n in range(len(found)) if (found.t[n], found.gate[n]) == (t, gate)]
                block = np.zeros(weight.shape)
                at = (slice(None),) * axis + (slice(k * H, (k + 1) * H),)
                if weight is u:  # its transpose is what is used, so that the gates are not cut
                    block[at] = sum(found.contribution(n)[at] for n in rows)
                else:
                    block = sum(found.contribution(n) for n in rows)
                assert_close(block[at], g.numpy()[at], f"step {t}, gate {gate}", rtol=1e-12)


def test_what_is_computed_for_all_steps_at_once_along_any_axis():
    x, w, u = variable(B, T, D), variable(D, H, seed=1), variable(H, H, seed=2)
    projected, h, states = x @ w, np.zeros((B, H)), []
    for t in range(T):
        with tg.scope("rnn", t=t):
            h = np.tanh(projected[:, t] + h @ u)
            tg.name(h=h)
        states.append(h)
    loss = np.sum(np.stack(states, axis=1) ** 3)
    found = assert_sums(loss, w)
    assert found.t.tolist() == list(range(T))
    assert set(found.gate.tolist()) == {"h"}
    g = np.stack([tg.autograd.grad(loss, projected)[0].numpy()[:, t] for t in range(T)])
    for t in range(T):
        assert_close(found.contribution(t), x.numpy()[:, t].T @ g[t], "step", rtol=1e-12)


def test_a_table_used_twice_and_a_weight_that_is_punished():
    table, u = variable(6, H), variable(H, H, seed=1)
    h, logits, rng = np.zeros((B, H)), [], np.random.default_rng(0)
    for t in range(T):
        with tg.scope("decoder", t=t):
            h = np.tanh(table[rng.integers(0, 6, B)] + h @ u)
            logits.append(h @ table.T)
    loss = np.sum(np.tanh(np.stack(logits))) + np.sum(table * table)
    found = assert_sums(loss, table)
    assert sorted(map(str, found.t)) == sorted([*map(str, range(T))] * 2 + ["None"])
    assert set(found.op.tolist()) == {"getitem", "matmul", "sum"}
    assert found.by("op")["sum"] == pytest.approx(
        2 * (table.numpy() * found.total).sum() / (found.total**2).sum(), rel=1e-10
    )


def test_the_output_itself_and_a_position_that_is_read():
    w = variable(T, 2)
    reads = []
    for t in range(T):
        with tg.scope(t=t):
            reads.append(np.tanh(w[t]))
    found = assert_sums(np.sum(np.stack(reads)), w)
    assert found.t.tolist() == list(range(T))
    whole = flow.ledger(w, w, np.ones((T, 2)))
    assert whole.share.tolist() == [pytest.approx(1)]


def test_a_gradient_of_zero_and_how_a_ledger_prints():
    w = variable(2, 2)
    found = flow.ledger(np.sum(w * 0.0), w)
    assert found.share.tolist() == [0.0]
    assert repr(found).splitlines()[0].split() == ["t", "path", "direction", "gate", "op", "norm", "share"]
    layer = nn.LSTM(D, H)
    long = flow.ledger(np.sum(layer(np.ones((30, B, D)))[0]), layer.weight_hh_l0)
    assert len(repr(long).splitlines()) == 23
    assert "(120 rows)" in repr(long)
    assert long.by("path", "gate").keys() == {("LSTM/l0", gate) for gate in "ifgo"}
