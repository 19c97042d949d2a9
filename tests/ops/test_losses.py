"""Losses: masks, what bad targets are told, and that a target's dtype does not change that of the loss."""

import numpy as np
import pytest
from refusals import refuses

import tinygrad_seq as tg
from tinygrad_seq.errors import AxisError, DTypeError, OptionError, ShapeError

F = tg.nn.functional

RNG = np.random.default_rng(0)
MASK = np.array([[True, True], [True, False], [False, False]])
IDS = np.array([[1, 0], [2, 99], [99, 99]])  # what is masked is never looked at


def spoilt(*trail):
    """Numbers (3, 2, ...) with NaN where the mask is False."""
    x = RNG.uniform(0.1, 0.9, (3, 2, *trail))
    x[~MASK] = np.nan
    return x


def signs():
    t = np.where(RNG.random((3, 2)) < 0.5, -1.0, 1.0)
    t[~MASK] = np.nan
    return t


# Each takes its first argument as a variable; what is masked is NaN everywhere.
MASKED = {
    "mse_loss": (spoilt(4), [spoilt(4)]),
    "l1_loss": (spoilt(), [spoilt()]),
    "huber_loss": (spoilt(4), [spoilt(4)]),
    "smooth_l1_loss": (spoilt(4), [spoilt(4)]),
    "kl_div": (spoilt(4), [spoilt(4)]),
    "binary_cross_entropy": (spoilt(), [spoilt()]),
    "binary_cross_entropy_with_logits": (spoilt(4), [spoilt(4)]),
    "margin_ranking_loss": (spoilt(), [spoilt(), signs()]),
    "hinge_embedding_loss": (spoilt(), [signs()]),
    "soft_margin_loss": (spoilt(), [signs()]),
}


@pytest.mark.parametrize("name", MASKED)
def test_a_mask_is_the_loss_of_what_it_has_and_an_exact_zero_elsewhere(name):
    loss, (data, others) = getattr(F, name), MASKED[name]
    x = tg.tensor(data, requires_grad=True)
    y = loss(x, *others, mask=MASK)
    y.backward()
    alone = tg.tensor(data[MASK], requires_grad=True)
    expected = loss(alone, *[other[MASK] for other in others])
    expected.backward()
    assert y.item() == pytest.approx(expected.item(), rel=1e-14)
    assert np.allclose(x.grad.numpy()[MASK], alone.grad, rtol=1e-14)
    assert (x.grad.numpy()[~MASK] == 0).all()
    assert (loss(x, *others, mask=MASK, reduction="none").numpy()[~MASK] == 0).all()


@pytest.mark.parametrize("options", [{}, {"weight": [1.0, 2.0, 0.5]}, {"label_smoothing": 0.1}], ids=str)
@pytest.mark.parametrize("soft", [False, True], ids=["classes", "probabilities"])
def test_cross_entropy_with_a_mask(soft, options):
    data, goal = spoilt(3), spoilt(3) if soft else IDS
    x, alone = tg.tensor(data, requires_grad=True), tg.tensor(data[MASK], requires_grad=True)
    y = F.cross_entropy(x, goal, mask=MASK, axis=-1, **options)
    expected = F.cross_entropy(alone, goal[MASK], **options)
    y.backward()
    expected.backward()
    assert y.item() == pytest.approx(expected.item(), rel=1e-14)
    assert np.allclose(x.grad.numpy()[MASK], alone.grad, rtol=1e-14)
    assert (x.grad.numpy()[~MASK] == 0).all()


@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}, {"reduction": "sum"}], ids=str)
def test_an_ignored_row_may_be_nan(options):
    logits = tg.tensor(np.array([[0.1, 0.3], [np.nan, np.inf]]), requires_grad=True)
    loss = F.cross_entropy(logits, np.array([1, -100]), **options)
    loss.backward()
    assert np.isfinite(loss.item())
    assert logits.grad.numpy()[1].tolist() == [0, 0]
    assert np.isfinite(logits.grad.numpy()).all()


def test_a_mask_of_nothing_is_a_mean_of_nothing():
    with np.errstate(invalid="ignore"):
        assert np.isnan(F.mse_loss(np.ones(2), np.ones(2), mask=np.array([False, False])).item())
    assert F.mse_loss(np.ones(2), np.zeros(2), mask=np.array([False, False]), reduction="sum").item() == 0


def test_embeddings_with_a_mask():
    a, b = (tg.tensor(RNG.normal(size=(3, 4)), requires_grad=True) for _ in range(2))
    mask = np.array([True, False, True])
    for loss, expected in (
        (F.cosine_embedding_loss(a, b, [1, np.nan, -1], mask=mask), F.cosine_embedding_loss(a[mask], b[mask], [1, -1])),
        (F.triplet_margin_loss(a, b, b * 2, mask=mask), F.triplet_margin_loss(a[mask], b[mask], b[mask] * 2)),
    ):
        assert loss.item() == pytest.approx(expected.item(), rel=1e-14)
        assert (tg.autograd.grad(loss, a)[0].numpy()[1] == 0).all()


@pytest.mark.parametrize("name", ["mse_loss", "binary_cross_entropy_with_logits", "kl_div"])
def test_targets_of_another_dtype(name):
    x = np.array([0.5, 0.25], "float32")
    for target in (np.array([0.5, 1.0]), np.array([0, 1]), np.array([False, True]), [0, 1]):
        assert getattr(F, name)(x, target).dtype == np.float32
    assert F.mse_loss(np.array([1, 2]), np.array([0.5, 2.0])).item() == 0.125


def test_gradients_reach_targets_too():
    a, b = (tg.tensor(RNG.uniform(0.2, 0.8, 3), requires_grad=True) for _ in range(2))
    F.binary_cross_entropy(a, b).backward()
    assert np.abs(b.grad).min() > 0


ERRORS = {
    "a mask of numbers": (
        lambda: F.mse_loss([1.0], [1.0], mask=[1.0]),
        DTypeError,
        r"mse_loss: got a mask of float64; need booleans, True for what counts; use .astype\(bool\)",
    ),
    "a mask of another shape": (
        lambda: F.cross_entropy(np.ones((4, 3)), np.ones(4, int), mask=np.ones(3, bool)),
        ShapeError,
        r"cross_entropy: got a mask \(3,\) for losses \(4,\); need that shape or its leading axes",
    ),
    "weights of another shape": (
        lambda: F.mse_loss(np.ones((4, 3)), np.ones((4, 3)), weight=np.ones(4)),
        ShapeError,
        r"mse_loss: got weight of shape \(4,\) for losses \(4, 3\); need one that broadcasts to it",
    ),
    "a target of another shape": (
        lambda: F.l1_loss(np.ones((4, 1)), np.ones(4)),
        ShapeError,
        r"l1_loss: got shapes \(4, 1\) and \(4,\); need the same",
    ),
    "an unknown reduction": (
        lambda: F.kl_div([1.0], [1.0], reduction="average"),
        OptionError,
        'kl_div: got reduction=\'average\'; need "mean", "batchmean", "sum" or "none"',
    ),
    "a negative threshold": (
        lambda: F.huber_loss([1.0], [1.0], delta=0),
        OptionError,
        "huber_loss: got delta=0; need a",
    ),
    "a negative width": (lambda: F.smooth_l1_loss([1.0], [1.0], beta=-1), OptionError, "smooth_l1_loss: got beta=-1"),
    "logarithms for probabilities": (
        lambda: F.kl_div([-1.0], [-0.5]),
        OptionError,
        "kl_div: got a target of -0.5; need probabilities; or log_target=True",
    ),
    "scores for probabilities": (
        lambda: F.binary_cross_entropy([1.5], [1.0]),
        OptionError,
        "binary_cross_entropy: got input 1.5; need 0 ... 1; use binary_cross_entropy_with_logits for scores",
    ),
    "a target that is no share": (
        lambda: F.binary_cross_entropy_with_logits([1.5], [2]),
        OptionError,
        "binary_cross_entropy_with_logits: got target 2.0; need 0 ... 1",
    ),
    "a target of NaN": (
        lambda: F.binary_cross_entropy_with_logits([1.5], [np.nan]),
        OptionError,
        "got target nan; need 0 ... 1",
    ),
    "classes on no axis": (
        lambda: F.cross_entropy(np.ones((4, 3)), np.ones(4, int), axis=2),
        AxisError,
        r"cross_entropy: got axis=2 for logits \(4, 3\); need -2 ... 1",
    ),
    "probabilities below 0": (
        lambda: F.cross_entropy([[0.0, 0.0]], [[1.5, -0.5]]),
        OptionError,
        "cross_entropy: got probabilities below 0, or not finite; need softmax",
    ),
    "yes and no as booleans": (
        lambda: F.cross_entropy(np.zeros((2, 2)), np.array([True, False])),
        DTypeError,
        "cross_entropy: got targets of dtype bool; need integers",
    ),
    "floats for classes": (
        lambda: F.nll_loss(np.zeros((2, 2)), np.zeros(2)),
        DTypeError,
        r"nll_loss: got targets of dtype float64; need integers; use .astype\(int\)$",
    ),
    "a class that is not there": (
        lambda: F.nll_loss(np.zeros((2, 2)), [0, 2]),
        OptionError,
        "nll_loss: got target 2 for",
    ),
    "0 and 1 for -1 and 1": (
        lambda: F.hinge_embedding_loss([0.5, 0.5], [0, 1]),
        OptionError,
        r"hinge_embedding_loss: got target 0.0; need 1 or -1; use 2 \* yes - 1",
    ),
    "a hinge of another power": (
        lambda: F.multi_margin_loss(np.zeros((2, 3)), [0, 1], p=3),
        OptionError,
        r"multi_margin_loss: got input \(2, 3\) and p=3; need \(N, C\) or \(C,\), and p=1 or p=2",
    ),
    "vectors with a target each element": (
        lambda: F.cosine_embedding_loss(np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 3))),
        ShapeError,
        r"cosine_embedding_loss: got inputs \(2, 3\) and target \(2, 3\); need \(N, D\) and \(N,\)",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    refuses(*ERRORS[name])


def test_weights_of_a_sigmoid_head():
    rng = np.random.default_rng(0)
    x, t, weight, pos_weight = rng.normal(size=(3, 2)), rng.random((3, 2)), rng.random((3, 1)), rng.random(2)
    p = 1 / (1 + np.exp(-x))
    expected = -weight * (pos_weight * t * np.log(p) + (1 - t) * np.log(1 - p))
    losses = F.binary_cross_entropy_with_logits(x, t, weight, "none", pos_weight)
    np.testing.assert_allclose(losses.numpy(), expected, rtol=1e-12)
