"""Every singular rule of an elementwise operation has a strong zero: reverse, forward, and at second order."""

import numpy as np
import pytest
from derivatives import assert_close, numeric

import tinygrad_seq as tg
from tinygrad_seq.autograd import grad

# The function, where it is taken, and where its derivative or its value is infinite or undefined.
SINGULAR = {
    "reciprocal": (np.reciprocal, [0.5, -2.0], [0.0]),
    "divide by it": (lambda x: 1 / x, [0.5, -2.0], [0.0]),
    "divide it by nothing": (lambda x: x / (x - x.detach() * 1), [], [1.0]),
    "float_power": (lambda x: np.float_power(x, 0.5), [0.5, 2.0], [0.0, -1.0]),
    "float_power of it": (lambda x: np.float_power(0.0, x), [], [-1.0, 0.0]),
    "cbrt": (np.cbrt, [0.5, -2.0], [0.0]),
    "log": (np.log, [0.5, 2.0], [0.0, -1.0]),
    "log2": (np.log2, [0.5, 2.0], [0.0, -1.0]),
    "log10": (np.log10, [0.5, 2.0], [0.0, -1.0]),
    "log1p": (np.log1p, [0.5, -0.5], [-1.0, -2.0]),
    "exp2": (np.exp2, [0.5, -2.0], [1e5]),
    "expm1": (np.expm1, [0.5, -2.0], [1e5]),
    "sinh": (np.sinh, [0.5, -2.0], [1e5, -1e5]),
    "cosh": (np.cosh, [0.5, -2.0], [1e5, -1e5]),
    "logaddexp": (lambda x: np.logaddexp(x, x), [0.5, -2.0], [-np.inf, np.inf]),
    "logaddexp2": (lambda x: np.logaddexp2(x, x), [0.5, -2.0], [-np.inf, np.inf]),
    "arcsin": (np.arcsin, [0.5, -0.7], [1.0, -1.0, 2.0]),
    "arccos": (np.arccos, [0.5, -0.7], [1.0, -1.0, 2.0]),
    "arctanh": (np.arctanh, [0.5, -0.7], [1.0, -1.0, 2.0]),
    "arccosh": (np.arccosh, [1.5, 3.0], [1.0, 0.5, -1.0, -2.0]),
    "arctan": (np.arctan, [1.5, 3.0], [np.inf, -np.inf]),
    "arcsinh": (np.arcsinh, [1.5, 3.0], [np.inf, -np.inf]),
    "arctan2": (lambda x: np.arctan2(x, 2 * x * x), [0.5, -2.0], [0.0]),
    "hypot": (lambda x: np.hypot(x, 2 * x), [0.5, -2.0], [0.0]),
    "hypot far out": (lambda x: np.hypot(x, 1.0), [0.5, -2.0], [np.inf]),
    "remainder": (lambda x: np.remainder(1.0, x), [0.3, -0.7], [0.0]),
    "fmod": (lambda x: np.fmod(1.0, x), [0.3, -0.7], [0.0]),
}


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("name", SINGULAR)
def test_what_where_did_not_take_contributes_exactly_zero(name):
    f, inside, outside = SINGULAR[name]
    points = np.array(inside + outside)
    taken = np.arange(len(points)) < len(inside)

    def masked(x):
        return np.where(taken, f(x), 0.0)

    def slopes(v):
        t = tg.tensor(v, requires_grad=True)
        return grad(f(t).sum(), t)[0].numpy() if v.size else v

    x = tg.tensor(points, requires_grad=True)
    (first,) = grad(masked(x).sum(), x, create_graph=True)
    (second,) = grad(first.sum(), x, allow_unused=True)
    _, pushed = tg.func.jvp(masked, (points,), (np.ones_like(points),))
    _, twice = tg.func.jvp(lambda v: tg.func.grad(lambda u: masked(u).sum())(v), (points,), (np.ones_like(points),))
    for got in (first, grad(masked(x).sum(), x)[0], pushed, second, twice):
        assert got.numpy()[~taken].tolist() == [0.0] * len(outside)
    for got in (first, pushed):
        assert_close(got.numpy()[taken], numeric(lambda v: f(tg.tensor(v)).numpy().sum(), points[taken]), name)
    for got in (second, twice):
        assert_close(got.numpy()[taken], numeric(lambda v: slopes(v).sum(), points[taken]), name)


@pytest.mark.parametrize("name", SINGULAR)
def test_each_case_is_singular(name):
    """Without the mask something is infinite or NaN, in the value or the derivative, or a convention was needed."""
    f, _, outside = SINGULAR[name]
    x = tg.tensor(np.array(outside), requires_grad=True)
    y = f(x)
    (g,) = grad(y.sum(), x)
    finite = np.isfinite(y.numpy()) & np.isfinite(g.numpy())
    assert not finite.any() or name in ("arctan", "arctan2", "hypot", "float_power of it")


def test_a_cotangent_of_zero_stays_zero_at_a_pole():
    for f in (np.log, np.sqrt, np.cbrt, np.log2, np.log10, np.reciprocal, lambda x: np.log1p(x - 1)):
        x = tg.tensor(np.array([0.0, 4.0]), requires_grad=True)
        (g,) = grad(f(x), x, np.array([0.0, 1.0]))
        assert g.numpy()[0] == 0
        assert np.isfinite(g.numpy()[1])


def test_einsum_reads_the_diagonal_alone():
    x = np.array([[1.0, np.inf], [np.nan, 2.0]])
    t = tg.tensor(x, requires_grad=True)
    for spec in ("ii", "ii->i", "ii,i->i"):
        operands = [np.ones(2)] * spec.count(",")
        y = np.einsum(spec, t, *operands)
        assert_close(y, np.einsum(spec, x, *operands), spec, rtol=1e-15)
        assert_close(grad(y.sum(), t)[0], np.eye(2), spec, rtol=1e-15)
    assert np.einsum("iii->i", tg.tensor(np.where(np.arange(8) % 7, np.inf, 3).reshape(2, 2, 2))).tolist() == [3, 3]


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors:DeprecationWarning")
def test_the_plane_has_no_third_number_to_multiply_by():
    a, b = np.array([1.0, 2.0]), np.array([np.inf, 3.0, 4.0])
    t = tg.tensor(a, requires_grad=True)
    assert_close(np.cross(t, b)[:2], np.cross(a, b)[:2], "value", rtol=1e-15)
    assert_close(np.cross(b, t)[:2], np.cross(b, a)[:2], "value", rtol=1e-15)
