"""Norms of cotangents, against derivatives by hand and against finite differences."""

import gc
import math
import weakref

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq import flow
from tinygrad_seq.autograd import ancestors
from tinygrad_seq.autograd.sweep import sweep
from tinygrad_seq.ops import index


def nodes(output, name):
    return [node for node in ancestors([output.node]) if name in (node.name, node.op.name)]


def cell(T=4, B=2, H=3, seed=0, scale=1.0):
    """A tanh RNN in float64 with every value at hand: (loss, weight, x, states, weights as arrays)."""
    rng = np.random.default_rng(seed)
    w = tg.tensor(scale * rng.normal(size=(H, H)), requires_grad=True)
    x = tg.tensor(rng.normal(size=(T, B, H)), requires_grad=True)
    h, states = np.zeros((B, H)), []
    for t in range(T):
        with tg.scope("rnn", t=t):
            h = np.tanh(x[t] + np.matmul(h, w))
            states.append(h)
    return np.sum(states[-1] ** 2), w, x, states


def test_nodes_and_edges_of_a_product_by_hand():
    a = tg.tensor([1.0, 2.0], requires_grad=True)
    b = tg.tensor([3.0, -4.0], requires_grad=True)
    product = a * b
    loss = np.sum(product)
    norms = flow.gradient_norms(loss)
    assert norms.node[loss.node.index] == 1
    assert norms.node[product.node.index] == pytest.approx(math.sqrt(2))
    assert norms.edge[product.node.index, 0] == pytest.approx(5)  # g * b
    assert norms.edge[product.node.index, 1] == pytest.approx(math.sqrt(5))  # g * a
    assert norms.node[a.node.index] == pytest.approx(5)


def test_vectors_add_where_norms_do_not():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3.0 - x * 2.0
    norms = flow.gradient_norms(y, [1.0, 1.0])
    down, up = nodes(y, "multiply")
    assert norms.edge[down.index, 0] == pytest.approx(3 * math.sqrt(2))
    assert norms.edge[up.index, 0] == pytest.approx(2 * math.sqrt(2))
    assert norms.node[x.node.index] == pytest.approx(math.sqrt(2))


def test_nodes_agree_with_finite_differences():
    T, B, H, eps = 4, 2, 3, 1e-6
    loss, w, x, states = cell(T, B, H)
    norms = flow.gradient_norms(loss)

    def rest(t, h):
        """The loss, were the state after step t another one."""
        for s in range(t + 1, T):
            h = np.tanh(x.numpy()[s] + h @ w.numpy())
        return (h**2).sum()

    for t, state in enumerate(states):
        found = np.zeros((B, H))
        for k in np.ndindex(B, H):
            d = np.zeros((B, H))
            d[k] = eps
            found[k] = (rest(t, state.numpy() + d) - rest(t, state.numpy() - d)) / (2 * eps)
        assert norms.node[state.node.index] == pytest.approx(np.linalg.norm(found), rel=1e-7)


def test_each_use_of_a_weight_has_its_own_share():
    """Against BPTT by hand: what step t gives to w is h_{t-1}^T times the gradient of that step's matmul."""
    loss, w, _, states = cell()
    norms = flow.gradient_norms(loss)
    delta, shares = 2 * states[-1].numpy(), {}
    for t in reversed(range(4)):
        local = delta * (1 - states[t].numpy() ** 2)
        shares[t] = (states[t - 1].numpy() if t else np.zeros((2, 3))).T @ local
        delta = local @ w.numpy().T
    for t, node in enumerate(nodes(loss, "matmul")):
        assert norms.edge[node.index, 1] == pytest.approx(np.linalg.norm(shares[t]))
    assert norms.node[w.node.index] == pytest.approx(np.linalg.norm(sum(shares.values())))


def test_several_outputs_add_up():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y, z = x * 2.0, x * 3.0
    assert flow.gradient_norms([y, z]).node[x.node.index] == pytest.approx(5 * math.sqrt(2))
    weighted = flow.gradient_norms([y, z], [[1.0, 0.0], [0.0, 1.0]])
    assert weighted.node[x.node.index] == pytest.approx(math.hypot(2, 3))


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_norms_of_numbers_whose_squares_are_out_of_range(size):
    x = tg.tensor(np.array([1.0, 1.0]), requires_grad=True)
    norms = flow.gradient_norms(np.sum(x * size))
    assert norms.node[x.node.index] == pytest.approx(size * math.sqrt(2), rel=1e-12)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_what_is_not_finite_stays_so(bad):
    x = tg.tensor(np.array([1.0, 1.0]), requires_grad=True)
    found = flow.gradient_norms(x * np.array([bad, 1.0])).node[x.node.index]
    assert found == bad or (math.isnan(found) and math.isnan(bad))


def test_nothing_changes_and_nothing_is_kept():
    loss, w, _, states = cell()
    loss.backward()
    before = w.grad.numpy().copy(), loss.item()
    kept = weakref.ref(states[1])
    gc.disable()
    try:
        norms = flow.gradient_norms(loss)
        assert np.array_equal(w.grad.numpy(), before[0])
        assert loss.item() == before[1]
        del loss, states
        assert kept() is None
    finally:
        gc.enable()
    values = [*norms.node.values(), *norms.edge.values()]
    assert values
    assert {type(value) for value in values} == {float}


def test_looking_on_changes_no_bit():
    for program in (lambda: cell()[0], lambda: embedded()[0]):
        loss = program()
        seed = [(loss.node, np.ones(()))]
        plain = sweep(seed)
        for careful in (False, True):
            seen = sweep(seed, observe=lambda node, i, g: None, careful=careful)
            assert plain.keys() == seen.keys()
            assert all(np.array_equal(plain[leaf], seen[leaf]) for leaf in plain)


def embedded(T=5):
    """A table whose rows are read by step, some of them twice."""
    rng = np.random.default_rng(0)
    table = tg.tensor(rng.normal(size=(7, 3)), requires_grad=True)
    reads = [table[rng.integers(-7, 4, size=(4, 2))] for _ in range(T)]
    return np.sum(np.stack([np.tanh(rows) for rows in reads])), table, reads


def test_what_a_read_contributes():
    loss, table, reads = embedded()
    norms = flow.gradient_norms(loss)
    for rows in reads:
        (alone,) = tg.autograd.grad(np.sum(np.tanh(rows)), table)
        assert norms.edge[rows.node.index, 0] == pytest.approx(np.linalg.norm(alone.numpy()), rel=1e-12)
    x = tg.tensor(np.ones((4, 3)), requires_grad=True)
    for at in (2, slice(1, 3), (Ellipsis, 0), np.array([True, False, True, True]), (slice(None), np.array([0, 0]))):
        part = x[at]
        loss = np.sum(part * part)
        (alone,) = tg.autograd.grad(loss, x)
        found = flow.gradient_norms(loss).edge[part.node.index, 0]
        assert found == pytest.approx(np.linalg.norm(alone.numpy()), rel=1e-12)


def test_reads_cost_the_same_at_every_step(monkeypatch):
    """What is read of a sequence is not scattered into a buffer of its length, but for the one gradient."""
    sizes = []
    monkeypatch.setattr(index, "_add_at", lambda buffer, *rest: sizes.append(buffer.size))
    for T in (8, 16):
        x = tg.tensor(np.ones((T, 2, 3)), requires_grad=True)
        loss = np.sum(np.stack([np.tanh(x[t]) for t in range(1, T)]))
        flow.gradient_norms(loss)
    assert sizes == [8 * 6] * 7 + [16 * 6] * 15


def test_large_products_and_such_that_nearly_cancel():
    """The contribution of a use is measured by its factors, and by itself where these would lose digits."""
    a, b = np.ones((2, 100)), np.ones((2, 90))
    b[1] = -1 + 1e-7
    w, x = tg.tensor(np.zeros((90, 100)), requires_grad=True), tg.tensor(a)
    y = tg.ops.linear(x, w)
    z = tg.ops.linear(x * 2.0, w)
    norms = flow.gradient_norms([y, z], [b, b])
    assert norms.edge[y.node.index, 1] == pytest.approx(np.linalg.norm(b.T @ a), rel=1e-8)
    g = np.random.default_rng(0).normal(size=(2, 90))
    norms = flow.gradient_norms([y, z], [g, b])
    assert norms.edge[y.node.index, 1] == pytest.approx(np.linalg.norm(g.T @ a), rel=1e-12)


def test_a_nan_that_a_mask_did_not_take():
    x = tg.tensor([0.0, 4.0], requires_grad=True)
    y = np.sqrt(x)
    norms = flow.gradient_norms(np.sum(np.where(np.array([False, True]), y, 0.0)))
    assert norms.node[x.node.index] == pytest.approx(0.25)


def test_hooks_are_heard_and_what_is_retained_stays():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3.0
    y.retain_grad()
    x.register_hook(lambda g: g * 10)
    loss = np.sum(y * y)
    loss.backward()
    before = y.grad.tolist()
    norms = flow.gradient_norms(loss)
    flow.ledger(loss, x)
    flow.ways(loss, x)
    assert y.grad.tolist() == before
    assert norms.node[x.node.index] == pytest.approx(np.linalg.norm(x.grad.numpy()))
    with tg.autograd.detect_anomaly():
        loss.backward()
    assert y.grad.tolist() == [2 * g for g in before]


def test_errors_say_what_is_needed():
    with pytest.raises(tg.errors.GraphError, match="requires_grad=True"):
        flow.gradient_norms(tg.tensor([1.0]))
    y = tg.tensor([1.0, 2.0], requires_grad=True) * 2.0
    with pytest.raises(tg.errors.ShapeError, match=r"\(3,\); need \(2,\)"):
        flow.gradient_norms(y, np.ones(3))
    with pytest.raises(tg.errors.ShapeError, match="2 gradients for 1 outputs"):
        flow.gradient_norms([y], [np.ones(2), np.ones(2)])
