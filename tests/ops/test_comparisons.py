"""Functions whose results are constants: NumPy's values, of every mixture of arguments, and no history."""

import numpy as np
import pytest

import tinygrad_seq as tg

X = np.array([np.nan, np.inf, -np.inf, -1.0, -0.0, 0.0, 2.5])
Y = np.array([np.nan, np.inf, 1.0, -1.0, 0.0, 1e-12, 2.0])


def variable(x):
    return tg.tensor(x, requires_grad=True)


@pytest.mark.parametrize(
    "name", ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "isclose", "logical_xor"]
)
def test_of_two(name):
    f = getattr(np, name)
    for a, b in (
        (variable(X), variable(Y)),
        (variable(X), Y),
        (X, variable(Y)),
        (variable(X), 1.0),
        (1.0, variable(Y)),
    ):
        y = f(a, b)
        assert type(y) is tg.Tensor
        assert not y.requires_grad
        np.testing.assert_array_equal(y.numpy(), f(np.asarray(a), np.asarray(b)))
    np.testing.assert_array_equal(getattr(tg.ops, name)(X, Y).numpy(), f(X, Y))


@pytest.mark.parametrize(
    "name",
    [
        *("isnan", "isinf", "isposinf", "isneginf", "isfinite", "signbit", "logical_not"),
        *("isreal", "iscomplex", "imag", "angle"),
    ],
)
def test_of_one(name):
    f = getattr(np, name)
    y = f(variable(X))
    assert type(y) is tg.Tensor
    assert not y.requires_grad
    np.testing.assert_array_equal(y.numpy(), f(X))


@pytest.mark.parametrize("name", ["bitwise_and", "bitwise_or", "bitwise_xor"])
@pytest.mark.parametrize("dtype", [bool, np.int64, np.uint8])
def test_bits(name, dtype):
    a, b = np.array([0, 1, 1, 0], dtype), np.array([0, 1, 0, 1], dtype)
    f = getattr(np, name)
    y = f(tg.tensor(a), b)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.numpy(), f(a, b))
    np.testing.assert_array_equal(np.invert(tg.tensor(a)).numpy(), ~a)


def test_bit_operators():
    a, b = np.array([5, 6]), np.array([3, 1])
    t = tg.tensor(a)
    for ours, theirs in (
        (t & b, a & b),
        (t | b, a | b),
        (t ^ b, a ^ b),
        (~t, ~a),
        (3 & t, 3 & a),
        (3 | t, 3 | a),
        (3 ^ t, 3 ^ a),
        (b & t, b & a),
        (t << 2, a << 2),
        (t >> b, a >> b),
        (1 << t, 1 << a),
        (np.gcd(t, 10), np.gcd(a, 10)),
        (np.lcm(t, b), np.lcm(a, b)),
        (np.bitwise_count(t), np.bitwise_count(a)),
        (True & (t > 5), True & (a > 5)),
    ):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours.numpy(), theirs)
    with pytest.raises(TypeError):
        variable([1.0]) & 1


@pytest.mark.parametrize("name", ["all", "any"])
def test_all_and_any(name):
    mask = np.array([[True, False], [True, True]])
    f, t = getattr(np, name), tg.tensor(mask)
    for options in ({}, {"axis": 0}, {"axis": 1, "keepdims": True}):
        np.testing.assert_array_equal(f(t, **options).numpy(), f(mask, **options))
        np.testing.assert_array_equal(getattr(t, name)(**options).numpy(), f(mask, **options))
    np.testing.assert_array_equal(np.logical_and.reduce(t).numpy(), np.logical_and.reduce(mask))
    np.testing.assert_array_equal(np.logical_or.reduce(t, axis=1).numpy(), np.logical_or.reduce(mask, axis=1))


def test_answers_are_booleans_of_python():
    t = variable([1.0, 2.0])
    for answer in (np.allclose(t, t + 1e-12), np.array_equal(t, t), np.array_equiv(t, [1.0, 2.0])):
        assert answer is True
    assert np.allclose(t, t + 1) is False
    assert np.allclose(t, 1.5, atol=0.6) is True


INTEGERS = [np.add, np.multiply, np.subtract, np.floor_divide, np.remainder, np.maximum, np.power, np.divide, np.hypot]


@pytest.mark.parametrize("f", INTEGERS, ids=lambda f: f.__name__)
def test_arithmetic_of_integers_is_numpys_and_constant(f):
    a, b = np.array([7, -3, 4]), np.array([2, 2, 3])
    y = f(tg.tensor(a), b)
    assert y.dtype == f(a, b).dtype
    assert not y.requires_grad
    np.testing.assert_array_equal(y.numpy(), f(a, b))


def test_functions_of_two_results():
    t = variable([-1.5, 2.25])
    for f in (lambda x: np.divmod(x, 2.0), lambda x: divmod(x, 2.0), lambda x: divmod(5.0, x), np.modf):
        for ours, theirs in zip(f(t), f(np.array([-1.5, 2.25], np.float32)), strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours.numpy(), theirs)
    whole = np.array([np.inf, -np.inf, -0.0])
    for ours, theirs in zip(np.modf(variable(whole)), np.modf(whole), strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs)
        np.testing.assert_array_equal(np.signbit(ours.numpy()), np.signbit(theirs))


def test_one_hot():
    for index in (np.array([0, 2, 1]), np.array(1), np.array([[0], [3]]), np.array([], int), tg.tensor(np.array([1]))):
        y = tg.ops.one_hot(index, 4)
        assert y.dtype == tg.get_default_dtype()
        np.testing.assert_array_equal(y.numpy(), np.eye(4)[np.asarray(index)])
    assert tg.ops.one_hot(np.array([0, 2])).shape == (2, 3)
    assert tg.ops.one_hot(np.array([0, 2]), dtype=np.int64).dtype == np.int64


@pytest.mark.parametrize(
    ("index", "classes", "error", "text"),
    [
        ([0.5], 3, TypeError, "one_hot: got indices of dtype float64"),
        ([0, 3], 3, ValueError, "one_hot: got index 3 for 3 classes; need 0 ... 2"),
        ([-1], 3, ValueError, "got index -1"),
        (np.array([], int), -1, ValueError, "give num_classes"),
    ],
)
def test_one_hot_of_what_is_no_class(index, classes, error, text):
    with pytest.raises(error, match=text):
        tg.ops.one_hot(np.array(index), classes)


def test_choices_that_are_refused():
    t = variable([1.0, 2.0])
    with pytest.raises(tg.errors.OptionError, match="a bound twice"):
        np.clip(t, 0, 1, max=2)
    with pytest.raises(tg.errors.UnsupportedError, match="copy=False"):
        np.nan_to_num(t, copy=False)
    with pytest.raises(tg.errors.OptionError, match="where: got 2 arguments; need condition, a, b; b is missing"):
        np.where(t, 1.0)
    with pytest.raises(tg.errors.OptionError, match="gelu: got approximate='erf'"):
        tg.ops.gelu(t, approximate="erf")
    with pytest.raises(tg.errors.OptionError, match="celu: got alpha=0"):
        tg.ops.celu(t, alpha=0)
    with pytest.raises(tg.errors.UnsupportedError, match="out="):
        tg.ops.clip(t, 0, 1, np.empty(2))
