"""What the derivative is where there is none, or more than one: stated, and the same in every sweep."""

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq.autograd import grad


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


def slopes(f, *arrays):
    """The gradients of the sum of f, which a plain and a recorded sweep agree on."""
    xs = [tg.tensor(np.array(a, float), requires_grad=True) for a in arrays]
    y = f(*xs).sum()
    plain = [g.tolist() for g in grad(y, xs)]
    assert [g.tolist() for g in grad(y, xs, create_graph=True)] == plain
    return plain if len(plain) > 1 else plain[0]


def test_ties_share_evenly():
    assert slopes(np.maximum, [1, 2, 3], [1, 3, 2]) == [[0.5, 0, 1], [0.5, 1, 0]]
    assert slopes(np.minimum, [1, 2, 3], [1, 3, 2]) == [[0.5, 1, 0], [0.5, 0, 1]]
    assert slopes(lambda x: np.maximum(x, x), [3, 4]) == [1, 1]
    assert slopes(lambda x: np.max(x, axis=1), [[1, 1, 0], [2, 2, 2]]) == [[0.5, 0.5, 0], [1 / 3] * 3]
    assert slopes(np.min, [1, 1, 2, 1]) == [1 / 3, 1 / 3, 0, 1 / 3]


def test_kinks():
    assert slopes(np.abs, [-1, 0, 2]) == [-1, 0, 1]
    assert slopes(tg.ops.relu, [-1, 0, 2]) == [0, 0, 1]
    assert slopes(lambda x: np.clip(x, -1, 1), [-2, -1, 0, 1, 2]) == [0, 1, 1, 1, 0]
    assert slopes(lambda x: np.maximum(x, 0.0), [-1, 0, 2]) == [0, 0.5, 1]


INF, NAN = np.inf, np.nan
KINKS = [
    (np.fabs, [-1, 0, 2], [-1, 0, 1]),
    (lambda x: np.copysign(x, -1.0), [-1, 0, 2], [1, 0, -1]),
    (lambda x: np.copysign(2.0, x), [-1, 0, 2], [0, 0, 0]),
    (np.sign, [-1, 0, 2], [0, 0, 0]),
    (lambda x: np.heaviside(x, 0.5), [-1, 0, 2], [0, 0, 0]),
    (lambda x: np.heaviside(np.array([-1, 0, 2]), x), [3, 3, 3], [0, 1, 0]),
    *[(f, [-1, -0.5, 0, 0.5, 2], [0] * 5) for f in (np.floor, np.ceil, np.rint, np.trunc, np.fix, np.round, np.around)],
    (np.spacing, [-1, 0, 2], [0, 0, 0]),
    (lambda x: x // 2, [-1, 0, 2], [0, 0, 0]),
    (lambda x: x % 2, [-1, 0, 2], [1, 1, 1]),
    (lambda x: 5 % x, [-2, 2, 3], [3, -2, -1]),
    (lambda x: np.fmod(5, x), [-2, 2, 3], [2, -2, -1]),
    (lambda x: np.modf(x)[0], [-1.5, 0, 2], [1, 1, 1]),
    (lambda x: np.nextafter(x, 5.0), [-1, 0, 2], [1, 1, 1]),
    (np.sqrt, [0, 4], [INF, 0.25]),
    (np.cbrt, [0, 8], [INF, 1 / 12]),
    (lambda x: np.hypot(x, 0.0), [-1, 0, 2], [-1, 0, 1]),
    (lambda x: np.arctan2(x, 0.0), [-1, 0, 2], [0, 0, 0]),
    (np.sinc, [0], [0]),
    (np.nan_to_num, [NAN, INF, -INF, 3], [0, 0, 0, 1]),
    (lambda x: np.logaddexp(x, x), [-INF, 0, INF], [1, 1, 1]),
    (lambda x: np.logaddexp(x, -INF), [-1, 0, 2], [1, 1, 1]),
    (lambda x: np.fmax(x, NAN), [-1, 2], [1, 1]),
    (lambda x: np.fmin(x, NAN), [-1, NAN], [1, 0.5]),
    (lambda x: np.maximum(x, NAN), [-1, NAN], [0, 0.5]),
    (lambda x: np.minimum(x, 1.0), [NAN, 0, 2], [1, 1, 0]),
    (lambda x: tg.ops.leaky_relu(x, 0.2), [-1, 0, 2], [0.2, 0.2, 1]),
    (lambda x: tg.ops.elu(x, 2.0), [0, 2], [2, 1]),
    (lambda x: tg.ops.celu(x, 2.0), [0, 2], [1, 1]),
    (tg.ops.softsign, [-1, 0, 1], [0.25, 1, 0.25]),
    (tg.ops.hardtanh, [-2, -1, 0, 1, 2], [0, 0, 1, 0, 0]),
    (tg.ops.relu6, [-1, 0, 1, 6, 7], [0, 0, 1, 0, 0]),
    (lambda x: 6 * tg.ops.hardsigmoid(x), [-4, -3, 0, 3, 4], [0, 0, 1, 0, 0]),
    (tg.ops.hardswish, [-4, -3, 0, 3, 4], [0, 0, 0.5, 1, 1]),
    (lambda x: tg.ops.softplus(x, threshold=2.0), [2, 2.1], [1 / (1 + np.exp(-2)), 1]),
]


@pytest.mark.parametrize(("f", "at", "expected"), KINKS)
def test_kinks_jumps_and_infinities(f, at, expected):
    np.testing.assert_allclose(slopes(f, at), expected, rtol=1e-15)


def test_ties_of_fmax_and_fmin_share_evenly_and_nan_loses():
    assert slopes(np.fmax, [1, 2, NAN, 3], [1, 3, 2, NAN]) == [[0.5, 0, 0, 1], [0.5, 1, 1, 0]]
    assert slopes(np.fmin, [1, 2, NAN, 3], [1, 3, 2, NAN]) == [[0.5, 1, 0, 1], [0.5, 0, 1, 0]]


def test_nan_wins_in_maximum_and_minimum_and_takes_the_derivative():
    for f in (np.maximum, np.minimum):
        assert slopes(f, [NAN, 2, NAN], [1, NAN, NAN]) == [[1, 0, 0.5], [0, 1, 0.5]]


def test_the_origin_of_hypot_and_arctan2():
    for f in (np.hypot, np.arctan2):
        assert slopes(f, [0], [0]) == [[0], [0]]


def test_a_step_does_not_stop_the_other_paths():
    assert slopes(lambda x: x * np.floor(x) + np.sign(x) * x, [2.5, -1.5]) == [3, -3]
    assert slopes(lambda x: np.where(np.isnan(x), 1.0, np.round(x) * x), [2.6, -1.2]) == [3, -1]


def test_second_derivatives_where_a_formula_divides_by_zero():
    for f, at, expected in (
        (np.sinc, 0.0, -(np.pi**2) / 3),
        (np.sinc, 1e-9, -(np.pi**2) / 3),
        (np.i0, 0.0, 0.5),
        (lambda x: np.hypot(x, 1.0), 0.0, 1.0),
        (np.abs, 0.0, 0.0),
    ):
        x = tg.tensor(np.array(at), requires_grad=True)
        (g,) = grad(f(x), x, create_graph=True)
        np.testing.assert_allclose(grad(g, x)[0].item(), expected, rtol=1e-14)


def test_clip_between_crossed_bounds_is_the_upper_one():
    assert slopes(np.clip, [0, 5], [2, 2], [1, 1]) == [[0, 0], [0, 0], [1, 1]]


@pytest.mark.parametrize(
    ("base", "exponent", "by_base", "by_exponent"),
    [
        (0, 0, 0, 0),  # x**0 is 1 everywhere; 0**y has slope 0 in y
        (0, 1, 1, 0),
        (0, 2, 0, 0),
        (0, 0.5, np.inf, 0),
        (3, 0, 0, np.log(3)),
        (2, 3, 12, 8 * np.log(2)),
        (1, 5, 5, 0),
    ],
)
def test_powers_at_their_edges(base, exponent, by_base, by_exponent):
    for kind in (float, np.float64, np.array) if exponent == 0.5 else (int, float, np.float64, np.array):
        n, x = kind(exponent), kind(base)
        assert slopes(lambda x, n=n: x**n, [base]) == [by_base]
        assert slopes(lambda n, x=x: x**n, [exponent]) == [by_exponent]
    assert slopes(np.power, [base], [exponent]) == [[by_base], [by_exponent]]


def test_negative_bases_of_whole_exponents():
    for n in (1, 2, 3, -1, -2, 2.0, np.array(3), np.float64(2)):
        assert np.allclose(slopes(lambda x, n=n: x**n, [-2.0]), [float(n) * (-2.0) ** (float(n) - 1)])


def test_second_derivatives_of_powers_at_zero():
    for n, expected in (
        (0, 0),
        (1, 0),
        (2, 2),
        (3, 0),
        (2.0, 2),
        (np.array(2), 2),
        (np.array([2.0]), 2),
        (np.array(1), 0),
    ):
        x = tg.tensor(np.array([0.0]), requires_grad=True)
        (g,) = grad((x**n).sum(), x, create_graph=True)
        assert grad(g.sum(), x, allow_unused=True)[0].tolist() == [expected], n


EXTREME = (
    *(np.arctan, np.arcsinh, np.sinc, lambda x: np.logaddexp(x, 0.0), tg.ops.softplus),
    *(tg.ops.log_sigmoid, tg.ops.silu, tg.ops.elu, tg.ops.selu, tg.ops.celu, tg.ops.mish, tg.ops.softsign),
    *(lambda x: np.hypot(x, 1.0), tg.ops.tanhshrink, tg.ops.hardswish),
)


def test_extreme_arguments_do_not_overflow():
    for dtype in ("float16", "float32", "float64"):
        x = tg.tensor(np.array([-1e4, -30, 0, 30, 1e4], dtype), requires_grad=True)
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            smooth = (tg.ops.sigmoid, np.tanh, tg.ops.softmax, tg.ops.log_softmax, tg.ops.logsumexp, *EXTREME)
            for f in smooth:
                y = f(x)
                assert np.isfinite(y.numpy()).all()
                (g,) = grad((y * y).sum() if dtype != "float16" else y.sum(), x)
                assert np.isfinite(g.numpy()).all()


def test_the_mean_of_nothing_is_numpys():
    x = tg.tensor(np.ones((0,)), requires_grad=True)
    with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        y = x.mean()
    assert np.isnan(y.item())
    assert grad(y, x)[0].shape == (0,)


def test_the_variance_of_one_element_is_numpys():
    x = tg.tensor(np.ones((1,)), requires_grad=True)
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        y = x.var(ddof=1)
    assert np.isnan(y.item())
    assert np.isnan(grad(y, x)[0].tolist()).all()
