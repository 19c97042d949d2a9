"""Linear algebra where the samples do not reach: singular matrices, the other form of einsum, constants."""

import numpy as np
import pytest
from derivatives import assert_close, numeric

import tinygrad_seq as tg
from tinygrad_seq.autograd import grad

RNG = np.random.default_rng(0)
SINGULAR = {
    "rank two": np.outer([1.0, 2.0, 3.0], [1.0, 0.5, -1.0]) + np.outer([0.0, 1.0, 1.0], [2.0, 1.0, 0.0]),
    "rank one": np.outer([1.0, 2.0, 3.0], [1.0, 0.5, -1.0]),
    "zero": np.zeros((3, 3)),
    "a stack of both kinds": np.stack([np.eye(3) * 2, np.diag([1.0, 2.0, 0.0])]),
}


@pytest.mark.parametrize("name", SINGULAR)
def test_the_determinant_of_a_singular_matrix_has_a_gradient(name):
    a = SINGULAR[name]
    x = tg.tensor(a, requires_grad=True)
    (g,) = grad(np.linalg.det(x).sum(), x)
    assert_close(g, numeric(lambda v: np.linalg.det(v).sum(), a), name, rtol=1e-5, atol=1e-7)


def test_einsum_by_lists_of_numbers():
    a, b = (tg.tensor(RNG.normal(size=shape), requires_grad=True) for shape in ((2, 3), (3, 4)))
    for operands in ((a, [0, 1], b, [1, 2], [0, 2]), (a, [0, 1], b, [1, 2]), (a, [..., 1], b, [1, 2], [..., 2])):
        y = np.einsum(*operands)
        assert_close(y, a.numpy() @ b.numpy(), "value", rtol=1e-14)
        assert_close(grad(y.sum(), a)[0], np.ones((2, 4)) @ b.numpy().T, "gradient", rtol=1e-14)
    assert np.einsum_path("ij,jk->ik", a, b)[0][0] == "einsum_path"


def test_the_rank_is_a_constant():
    assert np.linalg.matrix_rank(tg.tensor(SINGULAR["rank two"], requires_grad=True)).item() == 2


def test_svd_of_a_constant_may_be_full():
    u, s, vh = np.linalg.svd(tg.tensor(RNG.normal(size=(3, 2))))
    assert (u.shape, s.shape, vh.shape) == ((3, 3), (2,), (2, 2))


@pytest.mark.parametrize("upper", [False, True])
def test_cholesky_reads_the_triangle_that_numpy_reads(upper):
    a = np.array([[4.0, 1.0], [0.5, 3.0]])
    x, u = tg.tensor(a, requires_grad=True), RNG.normal(size=(2, 2))
    y = np.linalg.cholesky(x, upper=upper)
    assert_close(y, np.linalg.cholesky(a, upper=upper), "value", rtol=1e-14)
    expected = numeric(lambda v: (np.linalg.cholesky(v, upper=upper) * u).sum(), a)
    assert_close(grad(y, x, u)[0], expected, "gradient")
    assert expected[0, 1] == 0 or upper
