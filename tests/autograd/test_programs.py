"""Random programs of many operations, against finite differences of the same program on arrays."""

import numpy as np
from derivatives import STEP, assert_close, numeric, replaced
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_seq as tg
from tinygrad_seq.autograd import grad

N = 3
ROWS, MASK = np.array([2, 0, 2]), np.array([[True, False, True], [False, True, True], [True, True, False]])

# Smooth, of values between about -4 and 4 for such arguments, and from (3, 3), (3,) or () to shapes that broadcast.
UNARY = {
    "tanh": np.tanh,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "square": lambda a: np.tanh(a) ** 2,
    "root": lambda a: np.sqrt(1 + a * a),
    "log": lambda a: np.log(1.5 + np.tanh(a)),
    "negative": lambda a: -a,
    "halved": lambda a: a / 2,
    "power": lambda a: (1.5 + np.tanh(a)) ** 1.7,
    "transposed": np.transpose,
    "summed": lambda a: np.sum(np.tanh(a)) / 3,
    "row means": lambda a: np.mean(a, axis=-1, keepdims=True) if np.ndim(a) else a,
    "column means": lambda a: np.mean(a, axis=0) if np.ndim(a) else a,
    "variance": lambda a: np.tanh(np.var(a)),
    "normalised": lambda a: np.exp(np.tanh(a)) / np.sum(np.exp(np.tanh(a))),
    "first": lambda a: a[0] if np.ndim(a) else a,
    "reversed": lambda a: a[::-1] if np.ndim(a) else a,
    "picked": lambda a: a[ROWS] if np.ndim(a) and np.shape(a)[0] == N else a,
    "masked": lambda a: np.where(MASK, a, 0.5) if np.ndim(a) == 2 else a,
    "flattened": lambda a: np.sum(np.reshape(np.tanh(a), (-1,))[:2]),
}
BINARY = {
    "add": lambda a, b: (a + b) / 2,
    "subtract": lambda a, b: (a - b) / 2,
    "multiply": lambda a, b: np.tanh(a) * np.tanh(b),
    "divide": lambda a, b: a / (2 + np.tanh(b)),
    "matmul": lambda a, b: np.tanh(a @ b) if np.shape(a) == np.shape(b) == (N, N) else a * b / 4,
    "power": lambda a, b: (1.5 + np.tanh(a)) ** np.tanh(b),
    "stacked": lambda a, b: np.sum(np.stack([np.sum(a), np.mean(b)])) / 9,
    "joined": lambda a, b: (
        np.concatenate([a, b])[1:4] if np.shape(a) == np.shape(b) and np.shape(a)[:1] == (N,) else a + b / 2
    ),
}

place = st.integers(0, 30)
step = st.one_of(
    st.tuples(st.sampled_from(sorted(UNARY)), place),
    st.tuples(st.sampled_from(sorted(BINARY)), place, place),
)


def run(program, inputs):
    """One value for each step, from any earlier ones; the result uses the last three."""
    values = list(inputs)
    for name, *places in program:
        f = UNARY[name] if len(places) == 1 else BINARY[name]
        values.append(f(*[values[-1 - k % len(values)] for k in places]))
    total = 0
    for k, value in enumerate(values[-3:]):
        total = total + (k + 1) * np.sum(np.tanh(value) * 0.7 + 0.1 * value * value)
    return total


def inputs():
    rng = np.random.default_rng(0)
    return [rng.uniform(-1.5, 1.5, size=shape) for shape in ((N, N), (N,), ())]


def variables(arrays):
    return [tg.tensor(x, requires_grad=True) for x in arrays]


@given(st.lists(step, min_size=1, max_size=12))
def test_gradients_of_random_programs(program):
    arrays = inputs()
    xs = variables(arrays)
    y = run(program, xs)
    np.testing.assert_allclose(y.numpy(), run(program, arrays), rtol=1e-12)
    gradients = grad(y, xs, allow_unused=True) if y.requires_grad else [None] * len(xs)
    for i, (x, g) in enumerate(zip(arrays, gradients, strict=True)):
        slope = numeric(lambda v, i=i: run(program, replaced(arrays, i, v)), x)
        assert_close(np.zeros(x.shape) if g is None else g, slope, f"input {i}", rtol=1e-6, atol=1e-7)


@settings(max_examples=40)
@given(st.lists(step, min_size=1, max_size=8))
def test_second_derivatives_of_random_programs(program):
    arrays = inputs()
    rng = np.random.default_rng(1)
    directions = [rng.normal(size=x.shape) for x in arrays]

    def gradients(arrays):
        xs = variables(arrays)
        found = grad(run(program, xs), xs, allow_unused=True)
        return [np.zeros(x.shape) if g is None else g.numpy() for x, g in zip(xs, found, strict=True)]

    xs = variables(arrays)
    first = grad(run(program, xs), xs, create_graph=True, allow_unused=True)
    along = sum((g * v).sum() for g, v in zip(first, directions, strict=True) if g is not None)
    above, below = (
        gradients([x + sign * STEP * v for x, v in zip(arrays, directions, strict=True)]) for sign in (1, -1)
    )
    if not getattr(along, "requires_grad", False):
        products = [None] * len(xs)
    else:
        products = grad(along, xs, allow_unused=True)
    for i, product in enumerate(products):
        expected = (above[i] - below[i]) / (2 * STEP)
        assert_close(np.zeros(expected.shape) if product is None else product, expected, f"input {i}", 1e-5, 1e-6)
