"""Whatever NumPy broadcasts, the derivative sums back."""

import numpy as np
import pytest
from derivatives import assert_close, unlisted
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygrad_seq as tg
from tinygrad_seq.autograd import grad
from tinygrad_seq.autograd.sweep import unbroadcast

SHAPES = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3, min_side=0)


def summed(u, shape):
    """The transpose of broadcasting to u's shape, by the positions that broadcasting repeats."""
    picked = np.broadcast_to(np.arange(int(np.prod(shape))).reshape(shape), u.shape)
    return np.bincount(picked.ravel(), weights=u.ravel(), minlength=int(np.prod(shape))).reshape(shape)


@given(SHAPES)
def test_unbroadcast_is_the_transpose_of_broadcasting(shapes):
    u = np.random.default_rng(0).normal(size=shapes.result_shape)
    for shape in shapes.input_shapes:
        assert_close(unbroadcast(u, shape), summed(u, shape), "sum", rtol=1e-12)


@given(SHAPES, st.sampled_from([np.add, np.subtract, np.multiply, np.divide, np.maximum]))
def test_gradients_of_broadcast_operands(shapes, f):
    rng = np.random.default_rng(0)
    a, b = (rng.uniform(0.5, 2, size=shape) for shape in shapes.input_shapes)
    u = rng.normal(size=shapes.result_shape)
    slopes = {
        np.add: (1, 1),
        np.subtract: (1, -1),
        np.multiply: (b, a),
        np.divide: (1 / b, -a / b**2),
        np.maximum: (a > b, b > a),
    }[f]
    x, z = (tg.tensor(v, requires_grad=True) for v in (a, b))
    for record in (False, True):
        for g, slope, v in zip(grad(f(x, z), [x, z], u, create_graph=record), slopes, (a, b), strict=True):
            assert_close(g, summed(u * slope, v.shape), f.__name__, rtol=1e-12)


STACKS = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3)
SIZE = st.integers(0, 3)


@given(STACKS, SIZE, SIZE, SIZE)
def test_gradients_of_broadcast_matrix_products(stacks, n, k, m):
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(*s, *core)) for s, core in zip(stacks.input_shapes, ((n, k), (k, m)), strict=True))
    u = rng.normal(size=(*stacks.result_shape, n, m))
    x, z = (tg.tensor(v, requires_grad=True) for v in (a, b))
    by_a = summed(np.einsum("...nm,...km->...nk", u, np.broadcast_to(b, (*stacks.result_shape, k, m))), a.shape)
    by_b = summed(np.einsum("...nm,...nk->...km", u, np.broadcast_to(a, (*stacks.result_shape, n, k))), b.shape)
    for got, expected in zip(grad(x @ z, [x, z], u), (by_a, by_b), strict=True):
        assert_close(got, expected, "matmul", rtol=1e-12, atol=1e-12)


@given(SHAPES, st.integers(1, 4))
def test_many_broadcast_uses_of_one_operand(shapes, uses):
    """Some uses are broadcast and some are not; all meet in one sum."""
    rng = np.random.default_rng(0)
    shape = shapes.input_shapes[0]
    x = tg.tensor(rng.normal(size=shape), requires_grad=True)
    us = [rng.normal(size=shapes.result_shape) for _ in range(uses)]
    ys = [(x * u).sum() for u in us] + [(x * x).sum()]
    expected = sum(summed(u, shape) for u in us) + 2 * x.numpy()
    assert_close(grad(ys, x)[0], expected, "sum", rtol=1e-12)


def test_a_rule_of_an_operation_that_does_not_broadcast_must_give_the_inputs_shape():
    @unlisted
    @tg.autograd.differentiable(lambda g: np.stack([g, g]))
    def too_large(x):
        return x * 1

    @unlisted
    @tg.autograd.differentiable(lambda g, b: g.sum(), lambda g: g, broadcasts=True)
    def too_small(a, b):
        return a + b

    x = tg.tensor(np.ones(3), requires_grad=True)
    for record in (False, True):
        with pytest.raises(tg.errors.RuleError, match=r"too_large.*input 0.*\(2, 3\).*need.*\(3,\)"):
            grad(too_large(x), x, np.ones(3), create_graph=record)
        with pytest.raises(tg.errors.RuleError, match=r"\(3,\)"):
            grad(too_small(x, 1.0), x, np.ones(3), create_graph=record)


@pytest.mark.parametrize(("a", "b"), [((2, 3), (2,)), ((3,), (4,)), ((2, 1, 3), (4, 2))])
@pytest.mark.parametrize("f", [np.add, np.multiply, np.maximum, np.power, np.divide], ids=lambda f: f.__name__)
def test_shapes_that_do_not_broadcast_are_refused_by_name(f, a, b):
    x, z = (tg.tensor(np.ones(shape), requires_grad=True) for shape in (a, b))
    for call in (lambda: f(x, z), lambda: f(x, np.ones(b)), lambda: f(np.ones(a), z)):
        with pytest.raises(tg.errors.ShapeError) as caught:
            call()
        for part in (f.__name__, str(a), str(b)):
            assert part in str(caught.value)
