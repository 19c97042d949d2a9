"""dtypes follow NumPy 2: what NumPy gives for the same arrays, and weak Python numbers."""

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq.autograd import grad

BINARY = [np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.minimum]
UNARY = [np.negative, np.exp, np.log, np.sqrt, np.tanh, np.abs, np.square]
FLOATS = ["float16", "float32", "float64"]


@pytest.mark.parametrize("f", BINARY, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("other", [2, 2.0, True, np.float32(2), np.float64(2), np.int64(2), np.array([2, 3])])
def test_binary_operations_give_numpys_dtype(f, dtype, other):
    x = np.ones(2, dtype)
    t = tg.tensor(x, requires_grad=True)
    for ours, theirs in ((f(t, other), f(x, other)), (f(other, t), f(other, x))):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours.numpy(), theirs)
        assert grad(ours.sum(), t)[0].dtype == x.dtype


@pytest.mark.parametrize("f", UNARY, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [*FLOATS, "int32", "int64"])
def test_unary_operations_give_numpys_dtype(f, dtype):
    x = np.array([1, 2], dtype)
    assert f(tg.tensor(x)).dtype == f(x).dtype
    np.testing.assert_array_equal(f(tg.tensor(x)).numpy(), f(x))


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_program_of_one_dtype_stays_in_it(dtype):
    x = tg.tensor(np.linspace(0.1, 1, 6).reshape(2, 3).astype(dtype), requires_grad=True)
    y = 1 / (1 + np.exp(-2 * x)) + tg.ops.sigmoid(x) * 0.5 - x**2 / 3
    y = np.where(y > 0, y, 0.0).mean(axis=0) + np.maximum(x, 0).sum(0) + np.var(x, axis=0)
    y = tg.ops.softmax(y) * tg.ops.log_softmax(y) + tg.ops.logsumexp(x, axis=0)
    assert y.dtype == dtype
    (g,) = grad(y.sum(), x, create_graph=True)
    assert g.dtype == dtype
    assert grad((g * g).sum(), x)[0].dtype == dtype


@pytest.mark.parametrize("default", ["float32", "float64"])
def test_numbers_and_lists_take_the_default_dtype(default):
    tg.set_default_dtype(default)
    assert tg.get_default_dtype() == default
    for data in (1, 1.5, [1, 2], [[1.5]], (1, 2), range(3), []):
        assert tg.tensor(data).dtype == default
    assert tg.tensor([True, False]).dtype == bool
    assert np.add(tg.tensor(1.0), [1.0, 2.0]).dtype == default


@pytest.mark.parametrize("dtype", [*FLOATS, "int8", "int64", "uint8", "bool"])
def test_arrays_and_numpy_scalars_keep_theirs(dtype):
    assert tg.tensor(np.ones(2, dtype)).dtype == dtype
    assert tg.tensor(np.ones((), dtype)[()]).dtype == dtype
    assert tg.tensor(np.ones(2), dtype=dtype).dtype == dtype
    assert tg.tensor([1, 0], dtype=dtype).dtype == dtype
    assert tg.tensor(tg.tensor(np.ones(2, dtype))).dtype == dtype


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool"])
def test_integers_are_data_without_gradient(dtype):
    x = tg.tensor(np.ones(2), requires_grad=True)
    with pytest.raises(tg.errors.DTypeError):
        tg.tensor(np.ones(2, dtype), requires_grad=True)
    k = tg.tensor(np.array([1, 0], dtype))
    assert grad((x * k).sum(), x)[0].tolist() == [1, 0]
    assert not k.requires_grad


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool"])
def test_a_cast_to_integers_is_a_constant(dtype):
    x = tg.tensor(np.ones(2), requires_grad=True)
    for k in (x.astype(dtype), tg.ops.astype(x, dtype)):
        assert k.dtype == dtype
        assert not k.requires_grad


def test_a_cast_carries_the_gradient_back_in_the_old_dtype():
    x = tg.tensor(np.ones(2, np.float32), requires_grad=True)
    y = x.astype("float64")
    assert y.dtype == np.float64
    (g,) = grad((y * y).sum(), x)
    assert g.dtype == np.float32
    assert g.tolist() == [2, 2]


def test_operands_of_two_dtypes_each_get_theirs():
    a = tg.tensor(np.ones((2, 2), np.float32), requires_grad=True)
    b = tg.tensor(np.ones((2, 2), np.float64), requires_grad=True)
    for y in (a * b, a @ b, np.concatenate([a, b]), np.where(True, a, b), np.stack([a, b])):
        assert y.dtype == np.float64
        ga, gb = grad(y.sum(), [a, b])
        assert (ga.dtype, gb.dtype) == (np.float32, np.float64)


def test_accumulated_gradients_keep_the_dtype():
    x = tg.tensor(np.ones(2, np.float32), requires_grad=True)
    for _ in range(2):
        (x * np.ones(2)).sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [2, 2]


def test_scalars_come_out_as_arrays_of_no_axes():
    x = tg.tensor(2.0, requires_grad=True)
    for y in (x * 3, np.exp(x), x.sum(), x[...], -x, x**2):
        assert isinstance(y._data, np.ndarray)
        assert y.shape == ()
    assert isinstance((x * 3).item(), float)
    assert float(x) == 2.0
    assert int(x) == 2
    assert f"{x:.2f}" == "2.00"


LIST = [0.1, 0.2, 0.3]
WITH_LISTS = {
    "operators": lambda t: LIST - t * LIST + LIST / t,
    "power": lambda t: np.power(LIST, t),
    "where": lambda t: np.where([True, False, True], LIST, t),
    "clip": lambda t: np.clip(t, LIST, [0.7, 0.8, 0.9]),
    "dot": lambda t: np.dot(LIST, t),
    "outer": lambda t: np.outer(t, LIST),
    "einsum": lambda t: np.einsum("i,j", LIST, t),
    "kron": lambda t: np.kron(LIST, t),
    "cross": lambda t: np.cross(t, LIST),
    "concatenate": lambda t: np.concatenate([LIST, t]),
    "stack": lambda t: np.stack([t, LIST]),
    "column_stack": lambda t: np.column_stack([LIST, t]),
    "insert": lambda t: np.insert(t, 1, LIST),
    "interp": lambda t: np.interp(t, [0.0, 1.1, 3.3], LIST),
    "average": lambda t: np.average(t, weights=LIST),
    "convolve": lambda t: np.convolve(LIST, t),
    "polyval": lambda t: np.polyval(LIST, t),
    "polymul": lambda t: np.polymul(LIST, t),
    "trapezoid": lambda t: np.trapezoid(t, LIST),
    "gradient": lambda t: np.gradient(t, LIST),
    "solve": lambda t: np.linalg.solve([[0.1, 0.2, 0.3], [0.3, 0.1, 0.7], [0.9, 0.3, 0.1]], t),
    "select": lambda t: np.select([[True, False, False], [False, True, False]], [t, LIST], 0.1),
    "diff": lambda t: np.diff(t, prepend=[0.1], append=[0.7]),
    "cov": lambda t: np.cov(t, LIST, aweights=LIST),
}


def test_a_list_of_integers_beside_integers_stays_so():
    t, x = tg.tensor(np.array([1, 5, 2])), np.array([1, 5, 2])
    for f in (lambda t: np.maximum(t, [2, 2, 2]), lambda t: np.append(t, [7]), lambda t: t * [1, 2, 3]):
        assert f(t).dtype == f(x).dtype == np.int64
        np.testing.assert_array_equal(f(t).numpy(), f(x))
    np.testing.assert_array_equal((t * [0.1, 0.2, 0.3]).numpy(), x * [0.1, 0.2, 0.3])


@pytest.mark.parametrize("name", WITH_LISTS)
def test_a_list_beside_a_tensor_loses_no_digit(name):
    x, f = np.array([0.3, 1.7, 2.9]), WITH_LISTS[name]
    y = f(tg.tensor(x, requires_grad=True))
    assert y.dtype == np.float64
    np.testing.assert_allclose(y.numpy(), f(x), rtol=1e-14)
    assert f(tg.tensor(x.astype("float32"))).dtype == (np.float64 if name in ("interp", "cov") else np.float32)
