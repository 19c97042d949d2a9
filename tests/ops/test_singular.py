"""Strong zeros: a branch that was not taken contributes exactly 0, however singular its own derivative is."""

import numpy as np
import pytest
from derivatives import assert_close, numeric

import tinygrad_seq as tg
from tinygrad_seq.autograd import grad

AT = np.array([-1.0, 0.0, 0.5, 2.0])
# Each is fine where x > 0 and singular, undefined or overflowing elsewhere.
SINGULAR = {
    "sqrt": np.sqrt,
    "log": np.log,
    "1 / x": lambda x: 1 / x,
    "x / 0": lambda x: x / np.maximum(x, 0),
    "power": lambda x: x**0.5,
    "negative power": lambda x: x**-1.5,
    "power of powers": lambda x: x**x,
    "quotient": lambda x: (1 + x) / np.sqrt(x),
    "exp of a pole": lambda x: np.exp(-1 / x) / x,
    "log of sqrt": lambda x: np.log(np.sqrt(x)),
    "sqrt of difference": lambda x: np.sqrt(x * x - x + x),
    "x log x": lambda x: x * np.log(x),
    "log squared": lambda x: np.log(x) ** 2,
    "logarithm of a ratio": lambda x: np.log(x / (1 + x)),
}


def variable(x):
    return tg.tensor(x, requires_grad=True)


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("name", SINGULAR)
@pytest.mark.parametrize("mask", ["where", "index", "mask"])
def test_what_a_mask_did_not_take_contributes_exactly_zero(name, mask):
    f = SINGULAR[name]

    def masked(x):
        if mask == "where":
            return np.where(AT > 0, f(x), 0.0)
        return f(x)[2:] if mask == "index" else f(x)[AT > 0]

    x = variable(AT)
    (g,) = grad(masked(x).sum(), x, create_graph=True)
    taken = AT > 0
    slope = numeric(lambda v: f(v).sum(), AT[taken])
    assert g.numpy()[~taken].tolist() == [0, 0]
    assert_close(g.numpy()[taken], slope, name)
    plain = grad(masked(x).sum(), x)[0]
    np.testing.assert_array_equal(plain.numpy(), g.numpy())

    (second,) = grad(g.sum(), x)

    def first(v):
        t = variable(v)
        return grad(f(t).sum(), t)[0].numpy().sum()

    assert second.numpy()[~taken].tolist() == [0, 0]
    assert_close(second.numpy()[taken], numeric(first, AT[taken]), name)


NOT_TAKEN = {
    "maximum": lambda x: np.maximum(np.log(x), -1.0),
    "minimum": lambda x: np.minimum(1 / x, 10.0),
    "clip": lambda x: np.clip(np.log(x), -1.0, 1.0),
    "clip of a root": lambda x: np.clip(np.sqrt(x), 0.1, 1.0),
    "relu": lambda x: tg.ops.relu(np.log(x)),
    "max": lambda x: np.max(np.stack([np.log(x), x])),
    "min": lambda x: np.min(np.stack([1 / x, x])),
}


@pytest.mark.parametrize("name", NOT_TAKEN)
def test_what_a_choice_did_not_take_contributes_exactly_zero(name):
    x = variable(np.array([0.0]))
    y = NOT_TAKEN[name](x).sum()
    (g,) = grad(y, x, create_graph=True)
    assert g.tolist() == grad(y, x)[0].tolist() == [float(name in ("max", "min"))]
    assert grad(g.sum(), x)[0].tolist() == [0]


def test_overflow_in_a_branch_that_was_not_taken():
    x = variable(np.array([1e4, 0.5]))
    y = np.where(x.numpy() > 1, x, np.exp(x))
    (g,) = grad(y.sum(), x, create_graph=True)
    assert_close(g, [1, np.exp(0.5)], "first")
    assert_close(grad(g.sum(), x)[0], [0, np.exp(0.5)], "second")


def test_a_zero_divisor_that_is_a_python_number():
    x = variable(np.array([1.0, 2.0]))
    y = np.where(np.array([False, True]), x / 0, x)
    assert grad(y.sum(), x)[0].tolist() == [1, np.inf]


def test_infinities_that_were_taken_stay():
    x = variable(np.array([0.0, 4.0]))
    assert grad(np.sqrt(x).sum(), x)[0].tolist() == [np.inf, 0.25]
    assert grad(np.log(x).sum(), x)[0].tolist() == [np.inf, 0.25]


def test_masked_logits_of_minus_infinity():
    logits = np.array([[0.3, -np.inf, 1.2], [-np.inf, 0.1, 0.4]])
    for f in (tg.ops.softmax, tg.ops.log_softmax, tg.ops.logsumexp):
        x = variable(logits)
        y = f(x, axis=-1)
        (g,) = grad(np.where(np.isfinite(y.numpy()), y, 0.0).sum(), x, create_graph=True)
        assert np.isfinite(g.numpy()).all()
        assert np.isfinite(grad((g * g).sum(), x)[0].numpy()).all()


def test_cross_entropy_of_a_row_that_is_ignored_and_masked():
    logits = variable(np.array([[-np.inf, 0.3, 0.1], [0.2, 0.4, 0.6]]))
    for options in ({}, {"label_smoothing": 0.1}, {"reduction": "none"}):
        loss = tg.ops.cross_entropy(logits, np.array([-100, 1]), **options)
        assert np.isfinite(loss.numpy()).all()
        assert np.isfinite(grad(loss.sum(), logits)[0].numpy()).all()
        assert grad(loss.sum(), logits)[0].numpy()[0].tolist() == [0, 0, 0]
