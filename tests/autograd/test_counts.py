"""What a sweep costs, in calls, elements and nodes; no clock is read."""

import sys
from collections import Counter

import numpy as np
import pytest
from derivatives import assert_close, unlisted

import tinygrad_seq as tg
from tinygrad_seq.autograd import REGISTRY, ancestors, grad


class Counting:
    """A module or function that adds up the elements of the arrays it gives out, its attributes' too."""

    def __init__(self, target, tally):
        self._target, self._tally = target, tally

    def __getattr__(self, name):
        found = getattr(self._target, name)
        return Counting(found, self._tally) if callable(found) and not isinstance(found, type) else found

    def __call__(self, *args, **kwargs):
        out = self._target(*args, **kwargs)
        self._tally["elements"] += out.size if isinstance(out, np.ndarray) else 0
        return out


READS = {
    "all in order": lambda xs, T: [xs[t] for t in range(T)],
    "iterated": lambda xs, T: list(xs),
    "backwards": lambda xs, T: [xs[t] for t in reversed(range(T))],
    "from the end": lambda xs, T: [xs[-1 - t] for t in range(T)],
    "a part": lambda xs, T: [xs[t] for t in range(T // 2)],
    "twice each": lambda xs, T: [xs[t // 2] for t in range(T)],
    "slices": lambda xs, T: [xs[t : t + 1] for t in range(T)],
    "columns": lambda xs, T: [xs.T[:, t] for t in range(T)],
    "batch first": lambda xs, T: [view[:, t] for view in [xs.reshape(1, T, -1)] for t in range(T)],
    "integer arrays": lambda xs, T: [xs[np.array([t])] for t in range(T)],
    "masks": lambda xs, T: [xs[np.arange(T) == t] for t in range(T)],
    "split": tg.ops.split,
}


@pytest.mark.parametrize("record", [False, True])
@pytest.mark.parametrize("reads", sorted(set(READS) - {"columns", "masks"}))
def test_a_read_costs_the_same_however_long_the_sequence(monkeypatch, reads, record):
    """Elements that reading makes in a sweep over T reads: linear in T, where one buffer for each read is T * T."""
    cost = {}
    for T in (40, 160):
        xs = tg.tensor(np.ones((T, 3)), requires_grad=True)
        y = np.stack([(x * x).sum() for x in READS[reads](xs, T)]).sum()
        tally = Counter()
        with monkeypatch.context() as patch:
            for module in [
                m for name, m in sys.modules.items() if name.startswith("tinygrad_seq.") and hasattr(m, "np")
            ]:
                patch.setattr(module, "np", Counting(np, tally))
            (g,) = grad(y, xs, create_graph=record)
        cost[T] = tally["elements"]
        if record:
            by_op = Counter(node.op.name for node in ancestors([g.node]) if node.label.direction == "backward")
            assert by_op["scatter"] + by_op["stack"] + by_op["concatenate"] <= 3
    assert 0 < cost[160] <= 4.2 * cost[40]


@pytest.mark.parametrize("reads", READS)
def test_reads_of_all_kinds_add_up(reads):
    T = 6
    xs = tg.tensor(np.arange(3.0 * T).reshape(T, 3), requires_grad=True)
    picked = READS[reads](xs, T)
    (g,) = grad(np.stack([(x**2).sum() for x in picked]).sum(), xs)
    uses = np.zeros((T, 3))
    for t in range(T):
        where = tg.tensor(np.zeros((T, 3)))
        where.data = np.eye(T)[t][:, None] * np.ones(3)
        uses += sum(np.reshape(x.numpy(), (-1, 3)).sum(0) for x in READS[reads](where, T)) * np.eye(T)[t][:, None]
    assert_close(g, 2 * xs.numpy() * uses, reads)


class Products:
    """Counts how often the rules of matrix products run, and on how many calls each time."""

    def __init__(self, monkeypatch):
        self.joint, self.single = [], []
        for port in [*REGISTRY["matmul"].ports, *REGISTRY["linear"].ports]:
            for part, seen in (("joint", self.joint), ("rule", self.single), ("pull", self.single)):
                right = getattr(port, part)
                if port.joint is not None:

                    def counted(first, *rest, right=right, seen=seen):
                        seen.append(len(first) if isinstance(first, list) else 1)
                        return right(first, *rest)

                    monkeypatch.setattr(port, part, counted)


class Counted(np.ndarray):
    """An array that counts matrix products."""

    products = 0
    __array_priority__ = 1  # what is joined stays of this kind

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        Counted.products += ufunc is np.matmul
        plain = [x.view(np.ndarray) if isinstance(x, Counted) else x for x in inputs]
        out = getattr(ufunc, method)(*plain, **kwargs)
        return out.view(Counted) if isinstance(out, np.ndarray) else out


T, B, H = 12, 2, 8
STEPS = {
    "x @ W": (lambda h, w: np.tanh(h @ w), (B, H)),
    "W @ x": (lambda h, w: np.tanh(w @ h), (H, B)),  # joined where that copies less than it saves, as here
    "W @ vector": (lambda h, w: np.tanh(w @ h), (H,)),
    "vector @ W": (lambda h, w: np.tanh(h @ w), (H,)),
    "stack @ W": (lambda h, w: np.tanh(h @ w), (2, B, H)),
}


def looped(step, w, x, transposed=False):
    w = w.T if transposed else w
    xs = [tg.tensor(np.full_like(x, t / T), requires_grad=False) for t in range(T)]
    return np.stack([(step(x, w) ** 2).sum() for x in xs]).sum()


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("name", STEPS)
def test_a_weight_of_many_steps_gets_one_large_product(monkeypatch, name, transposed):
    step, shape = STEPS[name]
    w = tg.tensor(np.random.default_rng(0).normal(size=(H, H)), requires_grad=True)
    y = looped(step, w, np.ones(shape), transposed)
    products = Products(monkeypatch)
    grad(y, w)
    assert (products.joint, products.single) == ([T], [])
    (g,) = grad(y, w, create_graph=True)
    assert products.joint == [T, T]
    large = [
        node
        for node in ancestors([g.node])
        if node.op.name == "matmul" and node.label.direction == "backward" and node.shape == (H, H)
    ]
    assert len(large) == 1


@pytest.mark.parametrize("name", [*STEPS, "stack @ stack"])
def test_the_joint_rule_itself_makes_one_product(monkeypatch, name):
    attends = lambda h, w: np.tanh(h @ w)  # as many queries do to the keys of one sequence
    step, shape = STEPS.get(name, (attends, (B, 1, H)))
    w = tg.tensor(np.ones((H, H) if name in STEPS else (B, H, H)), requires_grad=True)
    y = looped(step, w, np.ones(shape))
    for port in REGISTRY["matmul"].ports:

        def counted(*lists, right=port.joint):
            Counted.products = 0
            out = right(*[[a.view(Counted) if isinstance(a, np.ndarray) else a for a in given] for given in lists])
            products.append(Counted.products)
            return out.view(np.ndarray)

        monkeypatch.setattr(port, "joint", counted)
    products = []
    grad(y, w)
    assert products == [1]


def test_a_recurrent_weight_gets_one_large_product_beside_the_steps(monkeypatch):
    w = tg.tensor(np.random.default_rng(0).normal(size=(H, H)), requires_grad=True)
    h = tg.tensor(np.ones((B, H)), requires_grad=True)
    y = h
    for _ in range(T):
        y = np.tanh(y @ w)
    products = Products(monkeypatch)
    y.sum().backward()
    assert products.joint == [T]
    assert len(products.single) == T  # to the state of each step


def unrolled(layer):
    """The layer called at each of T steps."""
    x = np.ones((B, H), np.float32)
    h = x if isinstance(layer, tg.nn.Linear) else None
    for _ in range(T):
        h = layer(h) if isinstance(layer, tg.nn.Linear) else layer(x, h)
    return h[0] if isinstance(h, tuple) else h


@pytest.mark.parametrize("name", ["Linear", "RNNCell", "LSTMCell", "GRUCell"])
def test_a_layer_called_at_each_step_gets_one_large_product_for_each_weight(monkeypatch, name):
    layer = getattr(tg.nn, name)(H, H)
    y = unrolled(layer)
    products = Products(monkeypatch)
    y.sum().backward()
    assert products.joint.count(T) >= len([p for p in layer.parameters() if p.ndim == 2])


def test_a_sweep_walks_each_node_once():
    calls = []

    @unlisted
    @tg.autograd.differentiable(lambda g: calls.append(1) or g * 1.0)
    def passed_on(x):
        return x * 1.0

    x = tg.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(12):
        y = passed_on(y) + passed_on(y)  # 2^12 paths
    y.backward()
    assert x.grad.item() == 2**12
    assert len(calls) == 24
