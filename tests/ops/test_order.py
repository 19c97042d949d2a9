"""Sorting and order statistics with ties, NaN and infinities; searching and counting as NumPy does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import tinygrad_seq as tg
from tinygrad_seq.autograd import grad

VALUES = st.sampled_from([-np.inf, -1.0, 0.0, 0.0, 0.5, 2.0, np.inf, np.nan])
NUMBERS = st.sampled_from([-1.0, 0.0, 0.0, 0.5, 2.0])


def variable(x):
    return tg.tensor(np.asarray(x, float), requires_grad=True)


@given(arrays(float, (3, 4), elements=VALUES), st.sampled_from([0, 1, -1, None]))
def test_sorting_whatever_the_values(x, axis):
    t = variable(x)
    np.testing.assert_array_equal(np.sort(t, axis).numpy(), np.sort(x, axis))
    np.testing.assert_array_equal(np.partition(t, 2, axis).numpy(), np.partition(x, 2, axis))
    assert grad(np.sort(t, axis), t, np.ones_like(np.sort(x, axis)))[0].tolist() == np.ones((3, 4)).tolist()


def test_partitions_of_many_elements_are_numpys():
    x = np.random.default_rng(0).normal(size=(300, 2)).round(1)
    t = variable(x)
    for kth in (7, (20, 250)):
        y = np.partition(t, kth, axis=0)
        np.testing.assert_array_equal(y.numpy(), np.partition(x, kth, axis=0))
        assert grad(y.sum(), t)[0].tolist() == np.ones((300, 2)).tolist()


@given(arrays(float, (2, 5), elements=NUMBERS), st.sampled_from([0, 1, None]), st.floats(0, 1))
def test_order_statistics_are_weighted_means_of_elements(x, axis, q):
    t = variable(x)
    for ours, theirs in (
        (np.median(t, axis), np.median(x, axis)),
        (np.quantile(t, q, axis), np.quantile(x, q, axis)),
        (np.percentile(t, 100 * q, axis), np.percentile(x, 100 * q, axis)),
    ):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-12, atol=1e-12)
        (g,) = grad(ours.sum(), t)
        np.testing.assert_allclose(g.numpy().sum(axis), 1.0)  # of equal elements one has all of it
        assert (g.numpy() >= 0).all()
        np.testing.assert_allclose((g.numpy() * x).sum(axis), theirs, rtol=1e-12, atol=1e-12)


def test_of_equal_elements_the_first_goes_first():
    t = variable([2.0, 1.0, 1.0, 2.0])
    assert grad(np.sort(t)[0], t)[0].tolist() == [0, 1, 0, 0]
    assert grad(np.sort(t)[3], t)[0].tolist() == [0, 0, 0, 1]
    assert grad(np.quantile(t, 0), t)[0].tolist() == [0, 1, 0, 0]
    assert grad(np.median(t), t)[0].tolist() == [0.5, 0, 0.5, 0]


def test_order_statistics_of_infinities_and_nan():
    x = np.array([[1.0, 2.0, np.inf], [np.nan, 0.0, 1.0], [np.inf, np.inf, np.inf]])
    t = variable(x)
    assert np.median(t, axis=1).tolist()[::2] == [2, np.inf]
    assert np.isnan(np.median(t, axis=1).numpy()[1])
    assert np.nanmedian(t, axis=1).tolist() == [2, 0.5, np.inf]
    assert grad(np.nanmedian(t, axis=1)[:2].sum(), t)[0].tolist() == [[0, 1, 0], [0, 0.5, 0.5], [0, 0, 0]]
    assert np.nanquantile(t, [0.0, 1.0], axis=1).tolist() == [[1, 0, np.inf], [np.inf, 1, np.inf]]


def test_the_shapes_of_quantiles():
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    for q in (0.3, [0.3], [[0.1, 0.5, 0.9]], np.zeros((0,))):
        for axis in (None, 0, -1, (0, 2), (2, 1)):
            for keepdims in (False, True):
                ours = np.quantile(variable(x), q, axis=axis, keepdims=keepdims)
                theirs = np.quantile(x, q, axis=axis, keepdims=keepdims)
                assert ours.shape == theirs.shape
                np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-13)


def test_float32_stays_where_numpy_lets_it():
    x = np.array([1.0, 3.0, 2.0], np.float32)
    t = tg.tensor(x, requires_grad=True)
    for f in (np.sort, np.median, np.nanmedian, lambda v: np.quantile(v, 0.3), lambda v: np.percentile(v, 30)):
        assert f(t).dtype == f(x).dtype == np.float32
    assert np.quantile(t, [0.3]).dtype == np.quantile(x, [0.3]).dtype == np.float64


X = np.array([[1.0, -2.0, 0.0], [0.0, 4.0, 1.0]])
CONSTANTS = {
    "all": lambda t: np.all(t, axis=0),
    "any": lambda t: np.any(t, axis=1, keepdims=True),
    "argmax": lambda t: np.argmax(t, axis=1),
    "argmin": lambda t: np.argmin(t),
    "argpartition": lambda t: np.argpartition(t, 1),
    "argsort": lambda t: np.argsort(t, axis=0, kind="stable"),
    "argwhere": np.argwhere,
    "bincount": lambda t: np.bincount(np.argmax(t, axis=1), minlength=4),
    "count_nonzero": lambda t: np.count_nonzero(t, axis=1),
    "digitize": lambda t: np.digitize(t, [-1.0, 0.5]),
    "flatnonzero": np.flatnonzero,
    "histogram": lambda t: np.histogram(t, bins=3, range=(-2, 4)),
    "histogram_bin_edges": lambda t: np.histogram_bin_edges(t, bins=3),
    "lexsort": lambda t: np.lexsort((t[0], t[1])),
    "nanargmax": lambda t: np.nanargmax(t, axis=0),
    "nonzero": np.nonzero,
    "searchsorted": lambda t: np.searchsorted([0.0, 1.0, 2.0], t),
    "unique counts": lambda t: np.unique(t, return_index=True, return_inverse=True, return_counts=True)[1:],
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_places_and_counts_are_numpys_and_constants(name):
    ours, theirs = CONSTANTS[name](variable(X)), CONSTANTS[name](X)
    assert isinstance(ours, tuple) == isinstance(theirs, tuple)
    pairs = zip(ours, theirs, strict=True) if isinstance(theirs, tuple) else [(ours, theirs)]
    for a, b in pairs:
        assert type(a) is tg.Tensor
        assert not a.requires_grad
        assert (a.dtype, a.shape) == (np.asarray(b).dtype, np.shape(b))
        np.testing.assert_array_equal(a.numpy(), b)


def test_places_are_welcome_as_indices():
    t = variable(X)
    np.testing.assert_array_equal(t[np.nonzero(t)].numpy(), X[np.nonzero(X)])
    np.testing.assert_array_equal(np.take_along_axis(t, np.argsort(t, 1), 1).numpy(), np.sort(X))
    assert t[0][np.argmax(t[0])].item() == 1


def test_distinct_elements_keep_their_history():
    t = variable(X)
    y, counts = np.unique(t, return_counts=True)
    assert (y.tolist(), counts.tolist()) == ([-2, 0, 1, 4], [1, 2, 2, 1])
    assert grad(y.sum(), t)[0].tolist() == [[1, 1, 1], [0, 1, 0]]


t = variable(X)
REFUSED = {
    "q": (lambda: np.quantile(t, 1.5), "quantile: got q=1.5, method='linear'; Quantiles must be"),
    "variable q": (lambda: np.quantile(X, variable(0.5)), "quantile: got q that requires a gradient"),
    "method": (lambda: np.percentile(t, 50, method="best"), "percentile: got q=50, method='best'"),
    "weights": (
        lambda: np.quantile(X, 0.5, method="inverted_cdf", weights=t),
        "quantile: got weights that requires a gradient; need a constant",
    ),
    "weights, shape": (
        lambda: np.quantile(t, 0.5, method="inverted_cdf", weights=np.ones(3)),
        "quantile: got weights of shape (3,) for values of shape (2, 3) along axis None; need the shape of the values",
    ),
    "weights, method": (lambda: np.percentile(t, 50, weights=X * X), "Only method 'inverted_cdf' supports weights"),
    "nothing": (lambda: np.median(t[:0], axis=0), "median: got shape (0, 3) and axis=0; need at least one"),
    "kth": (lambda: np.partition(t, 3), "partition: got kth=3 along an axis of 3"),
    "sort fields": (lambda: np.sort(t, order="x"), "sort: got order="),
    "sort in place": (lambda: t.sort(), "use np.sort(t"),
    "partition in place": (lambda: t.partition(1), "use np.partition(t"),
    "partition fields": (lambda: np.partition(t, 1, order="x"), "partition: got order="),
    "histogram": (lambda: np.histogram(X, weights=t), "histogram: got weights that require a gradient"),
    "bincount": (lambda: np.bincount([0, 1], weights=t), "bincount: got weights of shape (2, 3) for (2,)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    call, text = REFUSED[name]
    with pytest.raises(tg.errors.TinygradSeqError) as caught:
        call()
    assert text in str(caught.value)
