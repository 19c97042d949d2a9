"""Operations along an axis, on inputs that samples at random do not meet."""

import numpy as np
import pytest
from derivatives import assert_close, numeric
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_seq as tg
from tinygrad_seq import ops
from tinygrad_seq.autograd import grad
from tinygrad_seq.autograd.sweep import push


def variable(x):
    return tg.tensor(np.asarray(x, float), requires_grad=True)


def test_running_extrema_with_ties_and_nan():
    x = np.array([1.0, 1.0, 0.5, 2.0, 2.0, np.nan, 3.0])
    t = variable(x)
    y = np.maximum.accumulate(t)
    np.testing.assert_array_equal(y.numpy(), np.maximum.accumulate(x))
    assert grad(y.sum(), t)[0].tolist() == [3, 0, 0, 2, 0, 2, 0]
    assert grad(np.minimum.accumulate(t)[:5].sum(), t)[0].tolist() == [2, 0, 3, 0, 0, 0, 0]


@given(st.lists(st.sampled_from([0.0, 0.0, 0.5, -2.0, 1.5]), min_size=1, max_size=7), st.data())
def test_cumulative_products_with_any_zeros(x, data):
    w = np.array(data.draw(st.lists(st.sampled_from([-1.0, 0.0, 2.0]), min_size=len(x), max_size=len(x))))
    t = variable(x)
    (g,) = grad((np.cumprod(t) * w).sum(), t, create_graph=True)
    assert_close(g, numeric(lambda v: (np.cumprod(v) * w).sum(), x), "first", rtol=1e-6, atol=1e-6)
    (h,) = grad((g * g).sum(), t)

    def first(v):
        s = variable(v)
        return (grad((np.cumprod(s) * w).sum(), s)[0].numpy() ** 2).sum()

    assert_close(h, numeric(first, x), "second", rtol=1e-6, atol=1e-5)


def test_a_recurrence_is_an_rnn_without_the_nonlinearity():
    rng = np.random.default_rng(0)
    decay, x = variable(rng.uniform(0.5, 1, (4, 3))), variable(rng.normal(size=(4, 3)))
    y = ops.linear_recurrence(decay, x)
    h, steps = np.zeros(3), []
    for t in range(4):
        h = decay[t] * h + x[t]
        steps.append(h)
    assert_close(y, np.stack(steps), "value", rtol=1e-14)
    u = rng.normal(size=(4, 3))
    for ours, theirs in zip(
        grad((y * u).sum(), [decay, x]), grad((np.stack(steps) * u).sum(), [decay, x]), strict=True
    ):
        assert_close(ours, theirs, "gradient", rtol=1e-13)


@pytest.mark.parametrize("length", [1, 2, 33, 34, 100, 257])
@pytest.mark.parametrize("columns", [(), (1,), (3,), (2, 4)])
@pytest.mark.parametrize("largest", [1.0, 1.5])
def test_a_long_recurrence_is_its_definition(length, columns, largest):
    rng = np.random.default_rng(length)
    a, b = rng.uniform(-largest, largest, (length, *columns)), rng.normal(size=(length, *columns))
    a[length // 2] = 0
    states = [b[0]]
    for t in range(1, length):
        states.append(a[t] * states[-1] + b[t])
    for dtype, rtol in ((np.float64, 1e-12), (np.float32, 1e-4)):
        y = ops.linear_recurrence(a.astype(dtype), b.astype(dtype))
        assert y.dtype == dtype
        assert_close(y, np.array(states), "states", rtol=rtol)


def test_recurrences_that_grow_go_step_by_step():
    b = np.zeros(500)
    b[0] = 1e-300
    assert ops.linear_recurrence(10.0, b)[300].item() == pytest.approx(1.0)
    assert ops.linear_recurrence(10.0, 0 * b)[-1].item() == 0
    assert ops.linear_recurrence(2.0, np.where(b, 1.0, -1.0))[-1].item() == 1  # h = 2 h - 1 from 1


def test_the_first_factor_of_a_recurrence_multiplies_nothing():
    for length in (3, 100):
        a, b = np.full(length, 0.5), np.ones(length)
        a[:2] = np.inf, 0.0
        assert np.isfinite(ops.linear_recurrence(a, b)).all()
    b[0] = np.inf
    assert ops.linear_recurrence(0.5, b)[-1].item() == np.inf
    assert ops.linear_recurrence(np.array([2, 2, 2]), np.array([1, 1, 1])).tolist() == [1, 3, 7]
    assert ops.linear_recurrence(0.5, np.ones((2, 0))).shape == (2, 0)


def test_a_recurrence_that_overflows_elsewhere_stays_exact():
    t = variable([1e200, 1e200, 1e200, 1e200, 1e200])
    with np.errstate(over="ignore"):
        assert grad(np.cumprod(t)[1], t)[0].tolist() == [1e200, 1e200, 0, 0, 0]
        assert grad(np.cumprod(t)[0], t)[0].tolist() == [1, 0, 0, 0, 0]
        y = np.cumprod(t)
        assert push({t.node: np.eye(5)[4]}, [y.node])[y.node].tolist() == [0, 0, 0, 0, np.inf]


def test_coordinates_are_variables_too():
    x, f = variable([0.0, 0.5, 2.0, 3.0]), np.array([1.0, 3.0, 2.0, 5.0])
    for function in (
        lambda v: np.trapezoid(f, v),
        lambda v: np.gradient(f, v)[1],
        lambda v: np.gradient(f, v, edge_order=2).sum(),
    ):
        (g,) = grad(function(x), x)
        assert_close(g, numeric(lambda v, function=function: float(function(v)), x.numpy()), "slope in x")


def test_one_slope_for_each_axis():
    x = np.arange(12.0).reshape(3, 4) ** 2
    ours, theirs = np.gradient(variable(x), 0.5, 2.0), np.gradient(x, 0.5, 2.0)
    assert type(ours) is tuple
    for a, b in zip(ours, theirs, strict=True):
        assert_close(a, b, "slope", rtol=1e-14)
    assert type(np.gradient(variable(x), axis=0)) is tg.Tensor


def test_numpys_dtypes():
    x = tg.tensor(np.array([1.0, 2.0, 4.0], np.float32), requires_grad=True)
    for y in (
        *(np.cumsum(x), np.cumprod(x), np.diff(x, prepend=0), np.ediff1d(x, to_begin=0), np.gradient(x, 0.5)),
        *(np.gradient(x, np.array([0.0, 1.0, 3.0])), np.trapezoid(x, dx=0.5), ops.linear_recurrence(0.5, x)),
    ):
        assert y.dtype == np.float32
    assert np.gradient(tg.tensor(np.array([1, 2, 4]))).tolist() == [1, 1.5, 2]


t = variable(np.ones((2, 3)))
REFUSED = {
    "diff order": (lambda: np.diff(t, n=-1), "diff: got n=-1"),
    "spacings": (lambda: np.gradient(t, 1.0, 2.0, 3.0), "got 3 spacings for 2 axes"),
    "coordinates": (lambda: np.gradient(t, [0.0, 1.0], axis=1), r"coordinates of shape \(2,\) along axis 1"),
    "edge order": (lambda: np.gradient(t, edge_order=3), "edge_order=3; need 1 or 2"),
    "too short": (lambda: np.gradient(t[:1]), "1 elements along axis 0 and edge_order=1; need 2"),
    "no axis": (lambda: ops.cumulative_sum(t), "cumulative_sum: got shape (2, 3) and no axis"),
    "out": (lambda: ops.cumsum(t, out=np.zeros(6)), "cumsum: got out="),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    call, text = REFUSED[name]
    with pytest.raises(tg.errors.TinygradSeqError) as caught:
        call()
    assert text.replace("\\", "") in str(caught.value)
