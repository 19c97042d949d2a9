"""The methods of ufuncs: values as NumPy's, first and second derivatives by finite differences, forward mode."""

import numpy as np
import pytest
from derivatives import assert_close, check_first_order, check_forward, check_second_order
from samples import Sample

import tinygrad_seq as tg

RNG = np.random.default_rng(3)
X = RNG.permutation(24).reshape(2, 4, 3) * 0.1 + 0.55
# NumPy 2.4 reduces power and arctan2 along contiguous memory by other elements than along strided memory.
UFUNCS = [
    *("add", "subtract", "multiply", "divide", "maximum", "fmin", "logaddexp", "logaddexp2", "hypot", "copysign"),
]
CALLS = {
    "reduce": [{}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"axis": 0, "dtype": np.float64}],
    "accumulate": [{}, {"axis": -1}, {"axis": 1, "dtype": np.float64}],
    "reduceat": [{"indices": [0, 2], "axis": 1}, {"indices": [2, 0, 1, 1], "axis": 1}, {"indices": [1]}],
}


def on_tensors(function):
    def call(*xs, **options):
        return function(*[x if isinstance(x, tg.Tensor) else tg.tensor(x) for x in xs], **options)

    return call


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize("name", UFUNCS)
def test_methods(name, method):
    function = getattr(getattr(np, name), method)
    for options in CALLS[method]:
        sample = Sample(f"{name}.{method}", None, on_tensors(function), function, (X,), options)
        expected, y = function(X, **options), sample(X)
        assert y.dtype == expected.dtype
        assert_close(y, expected, str(sample), rtol=1e-13)
        check_first_order(sample)
        check_second_order(sample)
        check_forward(sample)


@pytest.mark.parametrize("name", ["arctan2", "hypot", "subtract", "maximum"])
def test_outer(name):
    function = getattr(np, name).outer
    for a, b in ((X[0], X[1, 0]), (X[0, 0, 0], X[1]), (X[0, 0], X[0, 0, 0])):
        sample = Sample(f"{name}.outer", None, on_tensors(function), function, (np.array(a), np.array(b) + 0.04), {})
        assert_close(sample(*sample.inputs), function(*sample.inputs), str(sample), rtol=1e-14)
        check_first_order(sample)
        check_second_order(sample)


def test_several_axes_and_none():
    t = tg.tensor(X, requires_grad=True)
    for name in ("logaddexp2", "hypot"):
        ufunc = getattr(np, name)
        for axis in (None, (0, 2), (2, 0)):
            assert_close(ufunc.reduce(t, axis=axis), ufunc.reduce(X, axis=axis), name, rtol=1e-13)


def test_nothing_to_reduce():
    empty = tg.tensor(np.ones((2, 0)), requires_grad=True)
    assert np.hypot.reduce(empty, axis=1).tolist() == np.hypot.reduce(np.ones((2, 0)), axis=1).tolist()
    assert np.subtract.reduce(empty, axis=0).shape == (0,)
    assert np.subtract.accumulate(empty, axis=1).shape == (2, 0)
    assert np.subtract.reduceat(tg.tensor(X, requires_grad=True), np.array([], int), axis=1).shape == (2, 0, 3)
    assert np.add.reduceat(tg.tensor(X, requires_grad=True), np.array([], int), axis=1).shape == (2, 0, 3)


def test_constants_pass_through():
    counts = tg.tensor(np.array([4, 6, 10]))
    assert np.gcd.reduce(counts).item() == 2
    assert np.bitwise_or.accumulate(counts).tolist() == [4, 6, 14]
    assert np.less.outer(tg.tensor(X, requires_grad=True), 1.0).shape == X.shape
    assert not np.logical_and.reduce(tg.tensor(X, requires_grad=True)).requires_grad
