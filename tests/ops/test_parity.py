"""The same calls in PyTorch: values, gradients and, where it has them, second derivatives."""

import itertools

import numpy as np
import pytest
from derivatives import assert_close
from parity import compare

from tinygrad_seq import ops, tensor
from tinygrad_seq.autograd import grad
from tinygrad_seq.nn import functional

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.parity


def numbers(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_softmax_and_its_kin(name, axis):
    ours, theirs = getattr(ops, name), getattr(torch, name)
    compare(lambda x: ours(x, axis=axis), lambda x: theirs(x, axis), numbers(3, 4, 2))
    compare(lambda x: ours(x, axis=axis), lambda x: theirs(x, axis), 300 * numbers(3, 4, 2))


OPTIONS = {
    "weight": [None, np.array([0.5, 2.0, 1.0, 0.1])],
    "label_smoothing": [0.0, 0.2, 1.0],
    "reduction": ["mean", "sum", "none"],
    "ignore_index": [-100, 2],
}
SHAPES = {"(C,)": (4,), "(N, C)": (5, 4), "(N, C, d)": (3, 4, 2), "(N, C, d, e)": (2, 4, 2, 3)}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("options", list(itertools.product(*OPTIONS.values())), ids=str)
def test_cross_entropy(shape, options):
    options = dict(zip(OPTIONS, options, strict=True))
    shape = SHAPES[shape]
    targets = np.random.default_rng(3).integers(0, 4, size=shape[:1] * (len(shape) > 1) + shape[2:])
    if targets.size > 2:
        targets.flat[1] = options["ignore_index"]
    theirs = dict(options, weight=None if options["weight"] is None else torch.tensor(options["weight"]))
    compare(
        lambda x: ops.cross_entropy(x, targets, **options),
        lambda x: F.cross_entropy(x, torch.tensor(targets), **theirs),
        numbers(*shape),
    )


def test_cross_entropy_of_nothing_but_ignored_targets():
    targets = np.full(3, -100)
    for reduction in ("sum", "none"):
        compare(
            lambda x, by=reduction: ops.cross_entropy(x, targets, reduction=by),
            lambda x, by=reduction: F.cross_entropy(x, torch.tensor(targets), reduction=by),
            numbers(3, 4),
        )
    with np.errstate(invalid="ignore"):
        assert np.isnan(ops.cross_entropy(numbers(3, 4), targets).item())


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_mse_loss(reduction):
    compare(
        lambda a, b: ops.mse_loss(a, b, reduction),
        lambda a, b: F.mse_loss(a, b, reduction=reduction),
        numbers(3, 4),
        numbers(3, 4, seed=2),
    )


@pytest.mark.parametrize(
    "index",
    [
        1,
        -1,
        slice(1, None),
        (slice(None), 1),
        (..., None, slice(0, 2)),
        np.array([0, 2, 0]),
        (np.array([0, 0]), np.array([1, 1])),
        (slice(None), np.array([[0, 1], [1, 1]])),
        np.array([True, False, True]),
    ],
    ids=str,
)
def test_indexing(index):
    def theirs(k):
        if isinstance(k, tuple):
            return tuple(map(theirs, k))
        return torch.tensor(k) if isinstance(k, np.ndarray) else k

    compare(lambda x: x[index] ** 2, lambda x: x[theirs(index)] ** 2, numbers(3, 2, 4))


RANKS = [(3,), (2, 3), (4, 2, 3), (5, 1, 2, 3)]
RIGHT = [(3,), (3, 2), (4, 3, 2), (5, 4, 3, 2)]


@pytest.mark.parametrize(("a", "b"), list(itertools.product(RANKS, RIGHT)), ids=str)
def test_matmul_of_all_ranks(a, b):
    compare(lambda x, y: x @ y, lambda x, y: x @ y, numbers(*a), numbers(*b, seed=2))


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "exp", "square", "abs"])
def test_activations(name):
    theirs = torch.abs if name == "abs" else getattr(torch, name)
    compare(getattr(ops, name), theirs, numbers(3, 4))


UNARY = [
    *("reciprocal", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh"),
    *("arcsin", "arccos", "arctan", "arcsinh", "arctanh", "deg2rad", "rad2deg", "erf", "erfc", "sinc", "i0", "expit"),
    *("floor", "ceil", "trunc", "round", "sign", "nan_to_num"),
]


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one(name):
    theirs = torch.special.expit if name == "expit" else getattr(torch, name)
    compare(getattr(ops, name), theirs, np.random.default_rng(0).uniform(0.1, 0.9, (3, 4)))


@pytest.mark.parametrize("name", ["hypot", "arctan2", "logaddexp", "logaddexp2", "fmod", "remainder", "fmax", "fmin"])
def test_functions_of_two(name):
    compare(getattr(ops, name), getattr(torch, name), numbers(3, 4), numbers(4, seed=2))


FUNCTIONAL = [
    *[(name, {}) for name in ("relu", "selu", "silu", "mish", "relu6", "hardsigmoid", "hardswish", "softsign")],
    *[(name, {}) for name in ("tanhshrink", "logsigmoid", "sigmoid", "tanh", "gelu", "elu", "celu", "softplus")],
    *[("gelu", {"approximate": "tanh"}), ("elu", {"alpha": 0.7}), ("softplus", {"beta": 3.0, "threshold": 4.0})],
    *[("leaky_relu", {}), ("leaky_relu", {"negative_slope": 0.3}), ("celu", {"alpha": 0.5})],
    *[("hardtanh", {}), ("hardtanh", {"min_val": -0.5, "max_val": 1.5})],
]


@pytest.mark.parametrize(("name", "options"), FUNCTIONAL, ids=str)
def test_nn_functional(name, options):
    ours, theirs = getattr(functional, name), getattr(F, name)
    # PyTorch's hardsigmoid and celu compute in float64 with constants of float32.
    rtol = 1e-7 if name in ("hardsigmoid", "celu") else 1e-11
    compare(lambda x: ours(x, **options), lambda x: theirs(x, **options), 3 * numbers(5, 6), rtol=rtol)
    kinks = np.array([-6.0, -3.0, -1.0, 0.0, 1.0, 3.0, 6.0])
    x, t = tensor(kinks, requires_grad=True), torch.tensor(kinks, requires_grad=True)
    g, h = grad(ours(x, **options).sum(), x)[0], torch.autograd.grad(theirs(t, **options).sum(), t)[0]
    assert_close(g, h, "at the kinks", rtol)


def test_one_hot():
    index = np.array([[0, 2], [1, 1]])
    for classes in (-1, 5):
        assert_close(functional.one_hot(index, classes), F.one_hot(torch.tensor(index), classes), "one_hot", 0)


@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "var"])
@pytest.mark.parametrize("axis", [(0,), (1,), (0, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions(name, axis, keepdims):
    options = {"correction": 0} if name == "var" else {}
    compare(
        lambda x: getattr(ops, name)(x, axis=axis, keepdims=keepdims),
        lambda x: getattr(torch, name)(x, dim=axis, keepdim=keepdims, **options),
        numbers(2, 3, 4),
    )


@pytest.mark.parametrize("name", ["where", "maximum", "minimum", "power", "divide"])
def test_binary_operations_that_broadcast(name):
    a, b = np.abs(numbers(3, 4)) + 0.5, np.abs(numbers(4, seed=2)) + 0.5
    mask = numbers(3, 4, seed=3) > 0
    if name == "where":
        compare(lambda x, y: ops.where(mask, x, y), lambda x, y: torch.where(torch.tensor(mask), x, y), a, b)
    else:
        theirs = {"power": torch.pow, "divide": torch.div}.get(name) or getattr(torch, name)
        compare(getattr(ops, name), theirs, a, b)
