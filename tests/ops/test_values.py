"""Values and dtypes of calls that finite differences do not reach: jumps, other dtypes, constants, several results."""

import numpy as np
import pytest
from derivatives import check_function

import tinygrad_seq as tg

I = np.array
V = I([0.5, 2.0, -1.0, 2.0])
M = I([[1.0, 4.0, 2.0], [9.0, 4.0, 0.0]])

CALLS = {
    "polydiv, a remainder of lower degree": lambda t: np.polydiv(I([2.0, 4.0, 5.0]) * t[1] / 2, [1.0, 2.0, 1.0]),
    "polydiv by a number": lambda t: np.polydiv(t, [2.0]),
    "polymul, leading zeros": lambda t: np.polymul(t * [0, 0, 1, 1], t),
    "polymul by zero": lambda t: np.polymul(t * 0, t),
    "trim_zeros of zeros": lambda t: np.trim_zeros(t * 0, "f"),
    "trim_zeros": lambda t: np.trim_zeros(t * [0, 1, 1, 0]),
    "linspace, float32": lambda t: np.linspace(t, 5, 4, dtype="f4"),
    "linspace, integers": lambda t: np.linspace(t, 5, 4, dtype=int),
    "linspace, step": lambda t: np.linspace(t, [5.0], 3, retstep=True),
    "linspace, integer ends": lambda t: np.linspace(I([1, 2, 3, 4]), t, 3),
    "logspace, float32": lambda t: np.logspace(t, 1, 3, dtype="f4"),
    "geomspace, float32": lambda t: np.geomspace(abs(t), 9, 3, dtype="f4"),
    "unwrap": lambda t: np.unwrap(t * 4, discont=1.0),
    "frexp": np.frexp,
    "intersect1d": lambda t: np.intersect1d(t, [2.0, -1.0, 7.0], return_indices=True),
    "setxor1d": lambda t: np.setxor1d(t, [2.0, 3.0]),
    "setxor1d, distinct": lambda t: np.setxor1d(t[:3], [2.0, 3.0], assume_unique=True),
    "setdiff1d": lambda t: np.setdiff1d(t, [2.0]),
    "union1d": lambda t: np.union1d(t, M),
    "isin": lambda t: np.isin(t, [2.0]),
    "unique_all": np.unique_all,
    "unique_counts": np.unique_counts,
    "unique_inverse": np.unique_inverse,
    "histogram": lambda t: np.histogram(t, 3, weights=I([1.0, 2, 3, 4])),
    "histogram2d": lambda t: np.histogram2d(t, t, 3),
    "quantile": lambda t: np.quantile(t, 0.3),
    "where": lambda t: np.where(t > 0),
    "cov of integers": lambda t: np.cov(I([1, 2, 3, 9]), t),
    **{
        f"{name}, float32": lambda t, f=f: f(t.astype("f4"))
        for name, f in {
            "cov": np.cov,
            "vander": np.vander,
            "ediff1d": lambda t: np.ediff1d(t, to_end=[1.0]),
            "interp": lambda t: np.interp(t, [0.0, 1.0], [1.0, 2.0]),
            "polyfit": lambda t: np.polyfit(t, I([1.0, 2, 4, 3]), 1),
            "geomspace": lambda t: np.geomspace(abs(t), abs(t) + 1, 3),
        }.items()
    },
    "corrcoef": lambda t: np.corrcoef(t, t * t),
}


def parts(result):
    """The arrays of a result, also of nested tuples."""
    return [x for part in result for x in parts(part)] if isinstance(result, (tuple, list)) else [result]


@pytest.mark.parametrize("name", CALLS)
def test_values(name):
    tg.set_default_dtype("float64")
    ours, theirs = parts(CALLS[name](tg.tensor(V, requires_grad=True))), parts(CALLS[name](V))
    assert len(ours) == len(theirs)
    for y, expected in zip(ours, theirs, strict=True):
        assert isinstance(y, tg.Tensor)
        assert y.dtype == np.asarray(expected).dtype
        rtol = 1e-6 if y.dtype == np.float32 else 1e-13
        np.testing.assert_allclose(y.numpy(), expected, rtol=rtol, atol=1e-14)


INTEGERS = {
    "modf": np.modf,
    "sum": lambda t: np.sum(t, initial=1.5),
    "prod": lambda t: np.prod(t, 0, initial=2.5),
    "logaddexp.reduce": np.logaddexp.reduce,
    "add.reduceat": lambda t: np.add.reduceat(t, [0, 2]),
    "multiply.reduceat": lambda t: np.multiply.reduceat(t, [0, 2]),
    "average": lambda t: np.average(t, weights=t, returned=True),
    "max": lambda t: np.max(t, where=[True, False, True, True], initial=-9),
    "interp": lambda t: np.interp([1, 2], [0, 1, 2, 3], t),
    "poly": np.poly,
    "vander": np.vander,
    "tril": lambda t: np.tril(t > 1),
    "diff": lambda t: np.diff(t > 1),
    "vecdot": lambda t: np.vecdot(t, t),
    "real": lambda t: (t > 1).real,
}


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("dtype", ["int64", "int32"])
def test_integers(name, dtype):
    x = I([1, 4, 0, 2], dtype)
    for y, expected in zip(parts(INTEGERS[name](tg.tensor(x))), parts(INTEGERS[name](x)), strict=True):
        assert y.dtype == expected.dtype
        np.testing.assert_allclose(y.numpy(), expected, rtol=1e-14)


def test_a_constant_tensor_is_welcome_as_a_quantile():
    t = tg.tensor(V, requires_grad=True)
    assert np.quantile(t, tg.tensor(I([0.25, 0.5]))).tolist() == np.quantile(V, [0.25, 0.5]).tolist()


def test_a_period_closes_the_points_between_which_is_interpolated():
    x, xp, fp = np.array([-0.5, 0.3, 3.1, 7.3, 12.6]), np.array([4.0, 0.1, 6.2, 2.0]), np.array([0.3, -1.0, 2.0, 0.7])
    for period in (5.0, -5.0):
        y = np.interp(tg.tensor(x), xp, fp, left=9.0, period=period)
        np.testing.assert_allclose(y, np.interp(x, xp, fp, left=9.0, period=period), rtol=1e-13)
        given = np.interp(x.tolist(), xp.tolist(), tg.tensor(fp), period=period)
        np.testing.assert_allclose(given, np.interp(x, xp, fp, period=period), rtol=1e-13)  # lists lose no digits
        check_function(lambda x, xp, fp, period=period: np.interp(x, xp, fp, period=period), [x, xp, fp])
