"""Step Jacobians, exponents, memory and saturation, against NumPy, finite differences and systems that are known."""

import numpy as np
import pytest
from derivatives import assert_close, numeric

import tinygrad_seq as tg
from tinygrad_seq import flow, nn
from tinygrad_seq.autograd import ancestors
from tinygrad_seq.flow.uses import pulled, pulled_together

T, B, H = 5, 2, 3


def layer(kind, **options):
    tg.set_default_dtype("float64")
    x = np.random.default_rng(0).normal(size=(T, B, 2))
    module = getattr(nn, kind)(2, H, **options)
    return module, x, module(x)[0]


@pytest.mark.parametrize(("kind", "state"), [("RNN", "h"), ("GRU", "h"), ("LSTM", ("h", "c"))])
def test_step_jacobians_against_finite_differences(kind, state):
    module, x, output = layer(kind)
    found = flow.step_jacobians(np.sum(output), state)
    assert found.t.tolist() == [1, 2, 3, 4]
    roles = [state] if isinstance(state, str) else state
    _, _, recording = module(x, record=True)
    values = [recording["l0"][role].numpy() for role in roles]

    def step(t, flat):
        """All parts of the state of each row after step t, from those before it."""
        parts = np.split(flat, len(roles), axis=-1)
        hx = tuple(part[None] for part in parts)
        last = module(x[t : t + 1], hx if len(hx) > 1 else hx[0])[1]
        return np.concatenate([np.asarray(p)[0] for p in (last if isinstance(last, tuple) else (last,))], axis=-1)

    for k, t in enumerate(found.t):
        before = np.concatenate([value[t - 1] for value in values], axis=-1)
        for row in range(B):
            for j in range(before.shape[1]):

                def at(v, row=row, j=j, t=t, before=before):
                    changed = before.copy()
                    changed[row] = v
                    return step(t, changed)[row, j]

                assert_close(found.jacobians[k, row, j], numeric(at, before[row]), f"step {t}", rtol=1e-6)
    singular = np.linalg.svd(found.jacobians[0, 1])[1]
    assert_close(found.singular_values[0, 1], singular, "singular values", rtol=1e-12)
    assert found.largest[0] == pytest.approx(max(np.linalg.norm(j, 2) for j in found.jacobians[0]))


def test_every_rule_pulls_several_cotangents_at_once():
    rng = np.random.default_rng(0)
    loss = np.sum(nn.LSTM(2, H, peepholes="diagonal", layer_norm=True)(rng.normal(size=(3, B, 2)))[0] ** 2)
    other = np.sum(np.where(rng.random((B, H)) < 0.5, np.sqrt(tg.tensor(np.eye(B, H), requires_grad=True)), 0.0))
    seen = set()
    for node in ancestors([loss.node, other.node]):
        for i, parent in enumerate(node.parents):
            if parent is not None:
                gs = rng.normal(size=(3, *node.shape)) * (rng.random((3, *node.shape)) < 0.5)
                with np.errstate(divide="ignore", invalid="ignore"):
                    each = np.stack([pulled(node, i, g) for g in gs])
                    together = pulled_together(node, i, gs)
                np.testing.assert_allclose(together, each, rtol=1e-11, atol=1e-13, err_msg=f"{node} {i}")
                seen.add(node.op.name)
    assert seen >= {"linear", "getitem", "multiply", "standardize", "stack", "where", "sqrt", "add"}


def test_products_of_steps_are_the_gradients_over_several():
    _, _, output = layer("RNN", bidirectional=True)
    loss = np.sum(output)
    for path, last, first in (("l0", 4, 0), ("l0_reverse", 0, 4)):
        found = flow.step_jacobians(loss, "h", path)
        (after,), (before,) = flow.find(loss, f"{path}/h@{last}"), flow.find(loss, f"{path}/h@{first}")
        seed = np.random.default_rng(1).normal(size=(B, H))
        (g,) = tg.autograd.grad(*[tg.Tensor(np.zeros(node.shape), node) for node in (after, before)], seed)
        assert_close(np.einsum("bij,bi->bj", found.product(last, first), seed), g, path, rtol=1e-12)
        assert_close(found.product(2, 2), np.stack([np.eye(H)] * B), path)


def test_without_a_batch_and_through_a_masked_step():
    module, x, _ = layer("GRU")
    single = flow.step_jacobians(module(x[:, 0])[0])
    both = flow.step_jacobians(module(x)[0])
    assert_close(single.jacobians[:, 0], both.jacobians[:, 0], "one row", rtol=1e-12)
    held = flow.step_jacobians(module(x, lengths=[T, 2])[1])
    assert_close(held.jacobians[2:, 1], np.stack([np.eye(H)] * 2), "a row that has ended keeps its state", rtol=1e-15)


def test_lyapunov_exponents_of_linear_maps():
    rng = np.random.default_rng(0)
    known = np.array([0.3, -0.1, -0.7])
    basis = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    steps = np.tile(basis @ np.diag(np.exp(known)) @ basis.T, (2000, 1, 1))
    assert_close(flow.lyapunov(steps).exponent, known, "constant", rtol=5e-3)
    random = rng.normal(size=(30, 2, 3, 3))
    found = flow.lyapunov(random)
    for row in range(2):
        # The exponents sum to the mean logarithm of the determinant, and the first is how the largest direction grows.
        assert found.by_row[row].sum() == pytest.approx(np.log(np.abs(np.linalg.det(random[:, row]))).mean(), rel=1e-10)
    tall = np.linalg.multi_dot(random[::-1, 0])
    assert found.by_row[0, 0] == pytest.approx(np.log(np.linalg.norm(tall, 2)) / 30, abs=0.1)
    assert (np.diff(found.exponent) <= 0).all()
    assert flow.lyapunov(np.zeros((3, 2, 2))).exponent.tolist() == [-np.inf, -np.inf]


def test_exponents_of_a_recurrence():
    w = 0.8 * np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    h = tg.tensor(np.ones((1, 3)), requires_grad=True)
    for t in range(20):
        with tg.scope("linear", t=t):
            h = h @ w
            tg.name(h=h)
    found = flow.lyapunov(flow.step_jacobians(h))
    assert_close(found.exponent, np.full(3, np.log(0.8)), "an orthogonal matrix times 0.8", rtol=1e-12)


def test_the_length_of_a_memory():
    for decay, expected in ((0.5, 2.0), (0.9, 10.0), (1.0, 300.0)):
        h = tg.tensor(np.ones(2), requires_grad=True)
        for t in range(300):
            with tg.scope("leaky", t=t):
                h = h * decay
                tg.name(h=h)
        found = flow.memory(np.sum(h))
        assert found.length["leaky"] == pytest.approx(expected, rel=1e-9)
        assert found.reach["leaky"] == {0.5: 1, 0.9: 9, 1.0: 299}[decay]
        assert found.norm[-1] == pytest.approx(np.sqrt(2))
        assert found.relative[0] == pytest.approx(decay**299)


def test_saturation_against_what_is_recorded():
    module, x, _ = layer("GRU", num_layers=2)
    for lengths in (None, np.array([T, 3])):
        output, _, recording = module(8 * x, lengths=lengths, record=True)
        found = flow.saturation(output)
        assert found.gate.tolist() == (["r"] * T + ["z"] * T) * 2
        for k in range(len(found)):
            values = recording[found.path[k].rpartition("/")[2]][found.gate[k]].numpy()[found.t[k]]
            live = np.ones(B, bool) if lengths is None else found.t[k] < lengths
            assert found.count[k] == live.sum() * H
            assert found.low[k] == pytest.approx((values[live] < 0.1).mean())
            assert found.high[k] == pytest.approx((values[live] > 0.9).mean())
            assert found.mean[k] == pytest.approx(values[live].mean())
    assert found.high.max() > 0
    tanh = flow.saturation(output, "n", -0.9, 0.9)
    assert (tanh.low + tanh.high).max() > 0


@pytest.mark.parametrize("lengths", [None, [T, 2]])
def test_a_mask_of_zoneout_says_of_no_row_that_it_has_ended(lengths):
    module = nn.GRU(2, 1, zoneout=0.5)
    output, _ = module(np.ones((T, B, 2), "float32"), lengths=lengths)
    assert flow.saturation(output, "z").count.tolist() == [B] * 2 + [B if lengths is None else 1] * (T - 2)


@pytest.mark.parametrize("options", [{}, {"coupled": True}, {"peepholes": "diagonal"}])
def test_gates_of_an_lstm_are_known(options):
    _, _, output = layer("LSTM", **options)
    found = flow.saturation(output)
    assert {gate: found.gate.tolist().count(gate) for gate in "ifo"} == {
        "i": T,
        "f": T - bool(options.get("coupled")),
        "o": T,
    }
