"""Losses against PyTorch: values, gradients and second derivatives, with weights and every reduction."""

import itertools

import numpy as np
import pytest
from parity import compare

from tinygrad_seq.nn import functional as ours

torch = pytest.importorskip("torch")
theirs = torch.nn.functional
pytestmark = pytest.mark.parity

RNG = np.random.default_rng(0)
X, Y, Z = (RNG.normal(size=(4, 3)) for _ in range(3))
P, Q = RNG.uniform(0.01, 0.99, (4, 3)), RNG.uniform(0.0, 1.0, (4, 3))
SIGNS, GOALS = np.array([1.0, -1.0, -1.0, 1.0]), np.array([2, 0, 1, 1])
WEIGHT = RNG.uniform(0.5, 2.0, (4, 3))
CLASSES = np.array([0.5, 2.0, 1.0])
LOG_Q = np.log(Q)

# Loss, the arrays that get gradients, other arrays, and options one at a time.
CASES = {
    "mse_loss": ([X, Y], [], [{}, {"weight": WEIGHT}]),
    "l1_loss": ([X, Y], [], [{}, {"weight": WEIGHT}]),
    "huber_loss": ([X, Y], [], [{}, {"delta": 0.3}, {"weight": WEIGHT}]),
    "smooth_l1_loss": ([X, Y], [], [{}, {"beta": 0.3}, {"beta": 0.0}]),
    "kl_div": ([X, Q], [], [{}]),
    "kl_div of logarithms": ([X, LOG_Q], [], [{"log_target": True}]),
    "binary_cross_entropy": ([P, Q], [], [{}, {"weight": WEIGHT}, {"weight": CLASSES}]),
    "binary_cross_entropy_with_logits": (
        [X, Q],
        [],
        [{}, {"weight": WEIGHT}, {"pos_weight": CLASSES}, {"weight": CLASSES, "pos_weight": WEIGHT}],
    ),
    "margin_ranking_loss": ([X[:, 0], Y[:, 0]], [SIGNS], [{}, {"margin": 0.5}]),
    "hinge_embedding_loss": ([X[:, 0]], [SIGNS], [{}, {"margin": 2.0}]),
    "soft_margin_loss": ([X[:, 0]], [SIGNS], [{}]),
    "multi_margin_loss": ([X], [GOALS], [{}, {"p": 2}, {"margin": 0.5, "weight": CLASSES}]),
    "multi_margin_loss of one": ([X[0]], [GOALS[0]], [{}]),
    "cosine_embedding_loss": ([X, Y], [SIGNS], [{}, {"margin": 0.3}]),
    "cosine_embedding_loss of one": ([X[0], Y[0]], [SIGNS[0]], [{}]),
    "triplet_margin_loss": ([X, Y, Z], [], [{}, {"margin": 3.0, "swap": True}, {"p": 3.0}, {"p": 1.0}]),
    "nll_loss": ([X], [GOALS], [{}, {"weight": CLASSES}, {"ignore_index": 1}]),
}
RUNS = [
    (name, options, reduction)
    for name, (_, _, several) in CASES.items()
    for options, reduction in itertools.product(several, ("mean", "sum", "none"))
]
RUNS += [("kl_div", {}, "batchmean")]


def as_torch(x):
    return torch.tensor(x) if isinstance(x, (np.ndarray, np.generic)) else x


@pytest.mark.filterwarnings("ignore:reduction:UserWarning")
@pytest.mark.parametrize(
    ("name", "options", "reduction"), RUNS, ids=lambda value: value if type(value) is str else None
)
def test_losses(name, options, reduction):
    arrays, others, _ = CASES[name]
    mine, other = (getattr(module, name.partition(" ")[0]) for module in (ours, theirs))
    compare(
        lambda *xs: mine(*xs, *others, **options, reduction=reduction),
        lambda *ts: other(
            *ts, *map(as_torch, others), **{k: as_torch(v) for k, v in options.items()}, reduction=reduction
        ),
        *arrays,
        second=not name.startswith("multi_margin"),  # PyTorch has none
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("options", [{}, {"weight": CLASSES}, {"label_smoothing": 0.2, "weight": CLASSES}], ids=str)
@pytest.mark.parametrize("shape", [(3,), (4, 3), (4, 3, 2), (2, 3, 2, 2)], ids=str)
def test_cross_entropy_of_probabilities(shape, options, reduction):
    rng = np.random.default_rng(1)
    goal = rng.uniform(size=shape)
    goal /= goal.sum(axis=min(1, len(shape) - 1), keepdims=True)
    others = {k: as_torch(v) for k, v in options.items()}
    compare(
        lambda x, t: ours.cross_entropy(x, t, **options, reduction=reduction),
        lambda x, t: theirs.cross_entropy(x, t, **others, reduction=reduction),
        rng.normal(size=shape),
        goal,
    )


@pytest.mark.parametrize("options", [{}, {"weight": CLASSES, "label_smoothing": 0.1}], ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_sequences_with_a_mask(options, reduction):
    """The mask is PyTorch's loss of what it has, and an axis of classes at the end its loss of what is moved."""
    rng = np.random.default_rng(2)
    goal, mask = rng.integers(0, 3, (5, 2)), np.arange(5)[:, None] < np.array([5, 2])
    others = {k: as_torch(v) for k, v in options.items()}
    compare(
        lambda x: ours.cross_entropy(x, goal, **options, reduction=reduction, mask=mask, axis=-1),
        lambda x: theirs.cross_entropy(x[mask], torch.tensor(goal[mask]), **others, reduction=reduction),
        rng.normal(size=(5, 2, 3)),
    )


def test_cosine_similarity():
    compare(ours.cosine_similarity, theirs.cosine_similarity, X, Y)
    compare(lambda a, b: ours.cosine_similarity(a, b, 0), lambda a, b: theirs.cosine_similarity(a, b, 0), X, Y)


def test_scores_far_out():
    x = np.array([-800.0, -40.0, 40.0, 800.0])
    for goal in (np.zeros(4), np.ones(4)):
        compare(
            lambda a, t=goal: ours.binary_cross_entropy_with_logits(a, t, reduction="none"),
            lambda a, t=goal: theirs.binary_cross_entropy_with_logits(a, torch.tensor(t), reduction="none"),
            x,
        )


def test_probabilities_of_0_and_1():
    p, goal = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 0.0])
    expected = theirs.binary_cross_entropy(torch.tensor(p), torch.tensor(goal), reduction="none")
    assert ours.binary_cross_entropy(p, goal, reduction="none").tolist() == expected.tolist() == [0, 0, 100, 100]
