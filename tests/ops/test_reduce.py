"""Reductions where a formula alone would fail: zeros in products, kinks, masks, NaN, logits of -inf."""

import functools
import itertools
import math

import numpy as np
import pytest
from derivatives import assert_close, check_function

import tinygrad_seq as tg
from tinygrad_seq import ops
from tinygrad_seq.autograd import grad


def variable(x):
    return tg.tensor(np.asarray(x, float), requires_grad=True)


def slope(f, x):
    """The gradient of the sum of f, which a plain and a recorded sweep agree on."""
    t = variable(x)
    y = f(t).sum()
    plain = grad(y, t)[0].numpy()
    np.testing.assert_array_equal(grad(y, t, create_graph=True)[0].numpy(), plain)
    return plain


def derivatives_of_product(f, x, order):
    """All derivatives of one order, by reverse mode that many times."""
    t = variable(x)
    found = {(): f(t)}
    for _ in range(order):
        found = {
            (*path, i): g[i]
            for path, y in found.items()
            for g in grad(y, t, create_graph=True, allow_unused=True)
            if g is not None and g.requires_grad
            for i in range(len(x))
        }
    return {path: y.item() for path, y in found.items()}


@pytest.mark.parametrize("f", [np.prod, lambda t: np.cumprod(t)[-1]], ids=["prod", "cumprod"])
@pytest.mark.parametrize("zeros", [(), (1,), (1, 3), (0, 1, 4), (0, 1, 2, 3, 4)])
def test_products_with_zeros_are_exact_at_every_order(f, zeros):
    x = np.array([1.5, -2.0, 0.5, 3.0, -1.25])
    x[[*zeros]] = 0
    for order in (1, 2, 3):
        found = derivatives_of_product(f, x, order)
        assert len(found) == 5**order
        for path, got in found.items():
            others = [v for i, v in enumerate(x) if i not in path]
            assert got == (math.prod(others) if len(set(path)) == order else 0), path


def test_products_of_many_elements_take_memory_in_proportion():
    n = 20_000
    t = variable(np.ones(n))
    (g,) = grad(np.prod(t), t, create_graph=True)
    (second,) = grad(g[7], t)  # of n * n arrays one alone would have 3 GB
    assert second.tolist() == [1.0] * 7 + [0.0] + [1.0] * (n - 8)


def test_reductions_over_no_axis_at_all_change_nothing():
    x = np.array([[1.0, -2.0], [3.0, 0.0]])
    for f in (np.sum, np.prod, np.max, np.mean):
        assert slope(lambda t, f=f: f(t, axis=()), x).tolist() == [[1, 1], [1, 1]]


def test_where_the_spread_is_zero_so_is_its_derivative():
    for f in (np.std, functools.partial(np.std, ddof=1), np.nanstd, np.ptp):
        assert slope(f, [2.0, 2.0, 2.0]).tolist() == [0, 0, 0]
    assert_close(slope(functools.partial(np.std, axis=1), [[2.0, 2.0], [1.0, 3.0]]), [[0, 0], [-0.5, 0.5]], "rows")


@pytest.mark.parametrize("p", [None, 1, 2, 3, 1.5, 0.5, -1, np.inf, -np.inf, 0])
def test_the_norm_of_zero_has_derivatives_of_zero(p):
    t = variable(np.zeros((2, 3)))
    with np.errstate(divide="ignore"):  # 1 / 0, of which NumPy warns too
        y = np.linalg.norm(t, p, axis=1).sum()
    (g,) = grad(y, t, create_graph=True)
    assert not g.numpy().any()
    assert not grad(g.sum(), t)[0].numpy().any()


def test_elements_of_zero_have_derivatives_of_zero_in_every_norm():
    for p in (1, 2, 3, 1.5, 0.5):
        t = variable([3.0, 0.0, -4.0])
        (g,) = grad(np.linalg.norm(t, p), t, create_graph=True)
        (second,) = grad((g * np.array([1.0, 5.0, 2.0])).sum(), t)
        assert g.numpy()[1] == 0
        assert np.isfinite(second.numpy()).all()


def test_norms_that_fit_no_shape_or_order_are_refused():
    for call, text in (
        (lambda t: np.linalg.norm(t, 1), "need one axis, or two for a matrix"),
        (lambda t: np.linalg.norm(t, 3, axis=(0, 1)), "matrix_norm: got ord=3"),
        (lambda t: np.linalg.norm(t, "fro", axis=0), "vector_norm: got ord='fro'"),
        (lambda t: np.linalg.matrix_norm(t[0, 0]), "at least two axes"),
    ):
        with pytest.raises(tg.errors.TinygradSeqError, match=text):
            call(variable(np.ones((2, 3, 2))))


def test_what_a_mask_leaves_out_contributes_exactly_zero():
    x = np.array([-1.0, 0.0, 0.5, 2.0])
    taken = x > 0
    with np.errstate(all="ignore"):
        for f in (np.sum, np.mean, np.prod, np.std, np.var, functools.partial(np.max, initial=-9.0)):
            g = slope(lambda t, f=f: f(np.log(t), where=taken), x)
            assert_close(g[taken], slope(lambda t, f=f: f(np.log(t)), x[taken]), str(f))
            assert g[~taken].tolist() == [0, 0]


def test_a_mask_of_another_shape_is_refused():
    for f in (np.sum, np.mean, np.var):
        with pytest.raises(tg.errors.ShapeError, match=r"where=: got shape \(3,\); need one that broadcasts to \(2,\)"):
            f(variable([1.0, 2.0]), where=[True, False, True])


def test_an_initial_value_is_a_candidate_too():
    assert slope(functools.partial(np.max, initial=2.5), [1.0, 2.0]).tolist() == [0, 0]
    assert slope(functools.partial(np.max, initial=1.5), [1.0, 2.0]).tolist() == [0, 1]
    assert slope(functools.partial(np.min, initial=9.0, axis=1), np.ones((2, 0))).shape == (2, 0)
    start = variable(3.0)
    y = np.sum(variable([1.0, 2.0]), initial=start) * np.prod(variable([2.0, 5.0]), initial=start)
    assert grad(y, start)[0].item() == (10 * 3) + (3 + 3) * 10
    with pytest.raises(tg.errors.UnsupportedError, match="max: got initial= that requires a gradient"):
        np.max(variable([1.0]), initial=start)
    with pytest.raises(tg.errors.OptionError, match="min: got where= without initial="):
        np.min(variable([1.0]), where=[True])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("f", [np.nanmax, np.nanmin, np.nanmean, np.nanvar, np.nanstd])
def test_where_all_is_nan_the_derivative_is_zero(f):
    x = [[np.nan, np.nan], [1.0, np.nan]]
    y = f(variable(x), axis=1)
    np.testing.assert_array_equal(y.numpy(), f(x, axis=1))
    alone = float(f not in (np.nanvar, np.nanstd))
    assert slope(lambda t: f(t, axis=1), x).tolist() == [[0, 0], [alone, 0]]


def test_one_dtype_for_what_is_added_up():
    x = tg.tensor(np.array([1.5, 2.5], np.float32), requires_grad=True)
    for f in (np.sum, np.prod, np.mean, np.std, np.var, np.cumsum, np.cumprod, np.nansum):
        y = f(x, dtype=np.float64)
        assert y.dtype == np.float64
        assert grad(y.sum(), x)[0].dtype == np.float32
    assert not np.sum(x, dtype=int).requires_grad  # as .astype(int)


def test_ways_to_say_it_twice_are_refused():
    t = variable([1.0, 2.0])
    with pytest.raises(tg.errors.OptionError, match="var: got ddof=1 and correction=1"):
        np.var(t, ddof=1, correction=1)
    with pytest.raises(tg.errors.UnsupportedError, match="sum: got out="):
        np.sum(t, 0, None, np.zeros(()))


@pytest.mark.parametrize("f", [np.var, np.std, np.nanvar, np.nanstd])
def test_a_mean_that_is_known_is_an_input(f):
    x, center = np.random.default_rng(1).normal(size=(3, 4)), np.array([[0.1], [0.2], [-0.3]])
    mask = np.array([[True, True, False, True]])
    for options in ({}, {"ddof": 1}, {"where": mask}):
        call = functools.partial(f, axis=1, **options)
        y = call(tg.tensor(x), mean=tg.tensor(center))
        np.testing.assert_allclose(y, call(x, mean=center), rtol=1e-14)
        check_function(lambda a, m, call=call: call(a, mean=m), [x, center])


def test_averages_with_weights():
    t, w = variable([[1.0, 2.0], [3.0, 5.0]]), variable([1.0, 3.0])
    y, total = np.average(t, axis=1, weights=w, returned=True)
    assert (y.tolist(), total.tolist()) == ([1.75, 4.5], [4, 4])
    assert grad(y.sum(), w)[0].tolist() == [-9 / 16, 3 / 16]
    assert [part.tolist() for part in np.average(t, returned=True)] == [2.75, 4]
    with pytest.raises(
        tg.errors.ShapeError, match=r"weights of shape \(2,\) for values of shape \(2, 2\) along axis None"
    ):
        np.average(t, weights=w)
    with pytest.raises(tg.errors.OptionError, match="add up to 0"):
        np.average(t, axis=0, weights=[1.0, -1.0])


def test_logits_of_minus_infinity_take_no_part():
    x = np.array([[0.5, -np.inf, 1.0], [-np.inf, -np.inf, -np.inf]])
    assert ops.logsumexp(variable(x), axis=1).numpy()[1] == -np.inf
    g = slope(functools.partial(ops.logsumexp, axis=1), x)
    assert_close(g[0], np.exp(x[0]) / np.exp(x[0]).sum(), "one row")
    assert g[1].tolist() == [0, 0, 0]
    # However steep what comes after the softmax is there: the root has an infinite slope at 0.
    p = slope(lambda t: np.sqrt(ops.softmax(t)), x[0])
    assert p[1] == 0
    assert_close(p[[0, 2]], slope(lambda t: np.sqrt(ops.softmax(t)), x[0, [0, 2]]), "the others")


def test_sums_of_exponentials_over_several_axes():
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    for axis, keepdims in itertools.product([None, 0, (0, 2), (-1, 1)], [False, True]):
        y = ops.logsumexp(variable(x), axis, keepdims)
        expected = np.log(np.sum(np.exp(x - x.max()), axis, keepdims=keepdims)) + x.max()
        assert_close(y, expected, f"{axis}", rtol=1e-13)
