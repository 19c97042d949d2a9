"""NumPy's operators, functions and methods on Tensors, in every mixture with what is no Tensor."""

import inspect
import operator

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq.autograd import grad
from tinygrad_seq.autograd.tensor import NUMPY

X = np.array([[1.5, -0.5, 2.0], [0.25, 1.0, -2.0]])
OPERATORS = ["add", "sub", "mul", "truediv", "pow", "matmul", "lt", "le", "gt", "ge", "eq", "ne"]
OTHERS = {
    "number": 2.0,
    "integer": 3,
    "boolean": True,
    "float32": np.float32(2.0),
    "int64": np.int64(2),
    "0-d": np.array(2.0),
    "row": np.array([2.0, 3.0, 1.0]),
    "matrix": np.abs(X) + 1,
    "integers": np.array([1, 2, 3]),
    "list": [2.0, 3.0, 1.0],
    "nested list": [[2.0], [3.0]],
    "tuple": (2.0, 3.0, 1.0),
    "read-only": np.broadcast_to(2.0, (2, 3)),
    "not contiguous": np.arange(12.0).reshape(2, 6)[:, ::2] + 1,
}


def variable(x=X):
    return tg.tensor(x, requires_grad=True)


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("other", OTHERS)
def test_operators_from_both_sides(name, other):
    f, b = getattr(operator, name), OTHERS[other]
    base = np.abs(X) + 0.5  # a base that every exponent takes
    tg.set_default_dtype("float64")
    for x, y in ((base, b), (b, base)):
        try:
            expected = f(np.asarray(x) if x is b and isinstance(b, (list, tuple)) else x, y)
        except (ValueError, TypeError):
            with pytest.raises((ValueError, TypeError)):
                f(*(variable(v) if v is base else v for v in (x, y)))
            continue
        ours = f(*(variable(v) if v is base else v for v in (x, y)))
        assert type(ours) is tg.Tensor
        assert ours.dtype == expected.dtype
        np.testing.assert_allclose(ours.numpy(), expected, rtol=1e-14)
        if name in ("lt", "le", "gt", "ge", "eq", "ne"):
            assert not ours.requires_grad
        else:
            assert ours.requires_grad


def test_unary_operators():
    t = variable()
    np.testing.assert_array_equal((-t).numpy(), -X)
    np.testing.assert_array_equal((+t).numpy(), X)
    np.testing.assert_array_equal(abs(t).numpy(), abs(X))
    np.testing.assert_array_equal((~(t > 0)).numpy(), ~(X > 0))
    np.testing.assert_array_equal(((t > 0) & (t < 2)).numpy(), (X > 0) & (X < 2))
    np.testing.assert_array_equal(((t < 0) | (t == 2)).numpy(), (X < 0) | (X == 2))


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow"])
def test_in_place_operators_rebind(name):
    f = getattr(operator, f"i{name}")
    x = variable(np.abs(X) + 0.5)
    y = first = x * 1.0
    y = f(y, 2.0)
    assert y is not first
    np.testing.assert_array_equal(first.numpy(), np.abs(X) + 0.5)
    expected = f(np.abs(X) + 0.5, 2.0)
    np.testing.assert_array_equal(y.numpy(), expected)
    assert grad(y.sum(), x)[0].shape == X.shape


METHODS = {
    "sum": [((), {}), ((0,), {}), ((), {"axis": (0, 1), "keepdims": True})],
    "mean": [((), {}), ((-1,), {}), ((), {"axis": 0, "keepdims": True})],
    "max": [((), {}), ((0,), {}), ((), {"axis": 1, "keepdims": True})],
    "min": [((), {}), ((0,), {}), ((), {"axis": 1, "keepdims": True})],
    "var": [((), {}), ((0,), {}), ((), {"axis": 1, "ddof": 1, "keepdims": True})],
    "std": [((), {}), ((0,), {}), ((), {"axis": 1, "ddof": 1, "keepdims": True})],
    "prod": [((), {}), ((0,), {}), ((), {"axis": 1, "keepdims": True})],
    "cumsum": [((), {}), ((0,), {})],
    "cumprod": [((), {}), ((1,), {})],
    "reshape": [((3, 2), {}), (((3, 2),), {}), ((-1,), {}), (([6],), {})],
    "transpose": [((), {}), ((1, 0), {}), (((1, 0),), {}), ((None,), {})],
    "swapaxes": [((0, 1), {})],
    "squeeze": [((), {})],
    "ravel": [((), {})],
    "flatten": [((), {})],
    "clip": [((-1, 1), {}), ((None, 1), {}), ((), {"min": -1, "max": 1}), ((), {"max": 1.0})],
    "astype": [(("float32",), {}), ((np.float64,), {})],
}


@pytest.mark.parametrize(("name", "args", "kwargs"), [(n, *call) for n, calls in METHODS.items() for call in calls])
def test_methods(name, args, kwargs):
    ours, theirs = getattr(variable(), name)(*args, **kwargs), getattr(X, name)(*args, **kwargs)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-14)
    assert ours.requires_grad


FUNCTIONS = {
    "concatenate": lambda t: np.concatenate([t, X, [[1.0, 2.0, 3.0]]]),
    "concatenate axis": lambda t: np.concatenate((t, t), 1),
    "concatenate flat": lambda t: np.concatenate([t, t[0]], axis=None),
    "stack": lambda t: np.stack([t, X], axis=-1),
    "split": lambda t: np.split(t, [1, 2], axis=1)[1],
    "where": lambda t: np.where(t > 0, t, 0.1 * t),
    "where mask": lambda t: np.where(X > 0, t, X),
    "clip": lambda t: np.clip(t, -1, 1),
    "clip words": lambda t: np.clip(t, min=-1, max=1),
    "sum": lambda t: np.sum(t, 0),
    "sum words": lambda t: np.sum(t, axis=(0, 1), keepdims=True),
    "add.reduce": np.add.reduce,
    "add.reduce axis": lambda t: np.add.reduce(t, axis=1, keepdims=True),
    "add.reduce all": lambda t: np.add.reduce(t, axis=None),
    "maximum.reduce": np.maximum.reduce,
    "minimum.reduce": lambda t: np.minimum.reduce(t, axis=1),
    "add.accumulate": lambda t: np.add.accumulate(t),
    "multiply.accumulate": lambda t: np.multiply.accumulate(t, axis=1),
    "maximum.accumulate": lambda t: np.maximum.accumulate(t, axis=1),
    "minimum.accumulate": lambda t: np.minimum.accumulate(t),
    "multiply.reduce": lambda t: np.multiply.reduce(t, axis=(0, 1)),
    "logaddexp.reduce": lambda t: np.logaddexp.reduce(t),
    "exp dtype": lambda t: np.exp(t, dtype=np.float32),
    "add dtype": lambda t: np.add(t, [1, 2, 3], dtype=np.float32),
    "multiply dtype": lambda t: np.multiply(2, t, dtype="f8"),
    "matmul dtype": lambda t: np.matmul(t, X.T, dtype=np.float32),
    "vecdot axis": lambda t: np.vecdot(t, X, axis=0),
    "sum by name": lambda t: np.sum(axis=0, a=t),
    "transpose by name": lambda t: np.transpose(a=t),
    "squeeze by name": lambda t: np.squeeze(a=t),
    "flip by name": lambda t: np.flip(m=t, axis=0),
    "rot90 by name": lambda t: np.rot90(m=t),
    "round by name": lambda t: np.round(a=t, decimals=1),
    "add.outer": lambda t: np.add.outer(t, X[0]),
    "multiply.outer": lambda t: np.multiply.outer([1.0, 2.0], t),
    "subtract.outer of a number": lambda t: np.subtract.outer(2.0, t),
    "sum where": lambda t: np.sum(t, axis=0, where=X > 0, initial=1.0),
    "mean": np.mean,
    "amax": lambda t: np.amax(t, axis=1),
    "max": lambda t: np.max(t, axis=1, keepdims=True),
    "var": lambda t: np.var(t, axis=0, ddof=1),
    "reshape": lambda t: np.reshape(t, (3, 2)),
    "ravel": np.ravel,
    "transpose": np.transpose,
    "transpose axes": lambda t: np.transpose(t, (1, 0)),
    "expand_dims": lambda t: np.expand_dims(t, 1),
    "squeeze": lambda t: np.squeeze(t[:1], axis=0),
    "swapaxes": lambda t: np.swapaxes(t, 0, 1),
    "broadcast_to": lambda t: np.broadcast_to(t, (2, 2, 3)),
    "matmul": lambda t: np.matmul(t, X.T),
    "matmul reflected": lambda t: np.matmul(X.T, t),
    "power": lambda t: np.power(np.abs(t), 1.5),
    "maximum": lambda t: np.maximum(0.1, t),
    "list": lambda t: np.multiply([1.0, 2.0, 3.0], t),
}


def parameters(call):
    """The names by which a function takes its arguments, and whether it takes others too."""
    if hasattr(call, "op"):
        return call.op.attrs if call.op.variadic else call.op.inputs + call.op.attrs, False
    found = inspect.signature(call).parameters.values()
    return [p.name for p in found], any(p.kind is p.VAR_KEYWORD for p in found)


def signature(function):
    """The parameters of NumPy's function, if it tells them."""
    try:
        return inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return []


def test_arguments_have_numpys_names():
    functions = {f: call for f, call in NUMPY.items() if inspect.isroutine(f) and not isinstance(f, np.ufunc)}
    assert len(functions) > 200
    wrong = []
    for function, call in functions.items():
        ours, others = parameters(call)
        named = [p.name for p in signature(function) if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        wrong += [(function.__name__, name) for name in named if name not in ours and not others and name != "out"]
    assert not wrong


def test_constants_have_numpys_names_too():
    assert np.zeros_like(a=variable()).tolist() == np.zeros((2, 3)).tolist()
    assert np.linalg.matrix_rank(A=variable()).item() == 2


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    tg.set_default_dtype("float64")
    ours, theirs = FUNCTIONS[name](variable()), FUNCTIONS[name](X)
    assert type(ours) is tg.Tensor
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-14)
    assert ours.requires_grad


def test_what_depends_on_the_shape_alone():
    t = variable()
    assert (np.shape(t), np.ndim(t), np.size(t), np.size(t, 0)) == ((2, 3), 2, 6, 2)
    assert (t.shape, t.ndim, t.size, len(t), t.itemsize, t.nbytes) == ((2, 3), 2, 6, 2, 8, 48)


@pytest.mark.parametrize("f", [np.isnan, np.isinf, np.isfinite, np.signbit, np.logical_not], ids=lambda f: f.__name__)
def test_constant_functions(f):
    x = np.array([np.nan, np.inf, -1.0, 0.0])
    y = f(variable(x))
    np.testing.assert_array_equal(y.numpy(), f(x))
    assert not y.requires_grad


def test_a_tensor_is_a_sequence_of_its_rows():
    t = variable()
    a, b = t
    np.testing.assert_array_equal(np.stack([b, a]).numpy(), X[::-1])
    assert [row.shape for row in t] == [(3,), (3,)]
    assert 1.5 in t[0]
    assert t.tolist() == X.tolist()
    assert (t.item(4), t.item(1, 2), t.item((0, 1))) == (X.item(4), X.item(1, 2), X.item((0, 1)))
    assert (t.strides, t.tobytes(), t.tobytes("F")) == (X.strides, X.tobytes(), X.tobytes("F"))


def test_truth_and_numbers():
    assert tg.tensor(1.0)
    assert not tg.tensor([0.0])
    assert [10, 20, 30][tg.tensor(np.array(2))] == 30
    assert {variable(): 1}


t = variable()
REFUSED = {
    "ufunc where": lambda: np.add(t, 1, where=X > 0),
    "ufunc dtype of a constant": lambda: np.isnan(t, dtype=bool),
    "ufunc dtype of integers": lambda: np.add(t, 1, dtype=int),
    "ufunc axes": lambda: np.matmul(t, X.T, axes=[(0, 1), (0, 1), (0, 1)]),
    "ufunc out": lambda: np.exp(t, out=np.empty((2, 3))),
    "ufunc positional out": lambda: np.add(t, t, np.empty((2, 3))),
    "function out": lambda: np.concatenate([t, t], out=np.empty((4, 3))),
    "method out": lambda: np.sum(t, out=np.empty(())),
    "in place": lambda: operator.iadd(np.ones((2, 3)), t),
    "in place matmul": lambda: operator.imatmul(np.ones((3, 3)), t.T @ t),
    "reduceat": lambda: np.add.reduceat(t, [0, 1], out=np.empty((2, 3))),
    "at": lambda: np.add.at(np.ones((2, 3)), 0, t),
    "unknown ufunc": lambda: np.frompyfunc(abs, 1, 1)(t),
    "unknown ufunc of two": lambda: np.frompyfunc(lambda a, b: a + b, 2, 1)(t, t),
    "unknown function": lambda: np.roots(t),
    "put": lambda: np.put(X.copy(), [0], t),
}


def test_what_numpy_did_not_name_has_no_template():
    with pytest.raises(tg.errors.UnsupportedError, match=r"is not NumPy's own, .* apply what it is made of") as caught:
        np.frompyfunc(lambda a: a * a, 1, 1)(t)
    assert "def " not in str(caught.value)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_supported_is_refused_by_name(name):
    with pytest.raises(tg.errors.TinygradSeqError) as caught:
        REFUSED[name]()
    assert "np." in str(caught.value) or ":" in str(caught.value)
