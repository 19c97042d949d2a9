"""Linear algebra where the samples do not reach: singular matrices, the other form of einsum, constants."""

import numpy as np
import pytest
from derivatives import assert_close, check_function, numeric

import tinygrad_seq as tg
from tinygrad_seq.autograd import grad
from tinygrad_seq.errors import DTypeError

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


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_the_determinant_of_a_singular_matrix_has_all_derivatives(size, rank):
    a = np.arange(size * size, dtype=float).reshape(size, size) ** 2 % 7
    a = np.diag(np.arange(size) < min(rank, size - 1)) @ a if rank else np.zeros((size, size))
    assert np.linalg.det(a) == 0
    check_function(np.linalg.det, [a])
    # The derivative of second order is a determinant too, of the matrix without two rows and columns.
    if size == 3:
        third = tg.func.jacobian(tg.func.hessian(np.linalg.det))(a)
        assert_close(third[0, 0, 1, 1], np.eye(3)[2] * np.eye(3)[2][:, None], "third", atol=1e-9)


def test_the_adjugate_is_exact_up_to_the_size_from_which_singular_values_serve():
    for size in (20, 21):
        a = RNG.normal(size=(size, size))
        a[0] = 0
        x = tg.tensor(a, requires_grad=True)
        g = grad(np.linalg.det(x), x)[0].numpy()
        cofactors = [np.linalg.det(np.delete(a[1:], j, 1)) * (-1) ** j for j in range(size)]
        np.testing.assert_allclose(g[0], cofactors, rtol=1e-8)
        np.testing.assert_allclose(g[1:], 0, atol=1e-8 * np.abs(cofactors).max())


@pytest.mark.parametrize("shape", [(4,), (4, 2)])
def test_least_squares_differentiates_residuals_and_singular_values(shape):
    a, b = RNG.normal(size=(4, 3)), RNG.normal(size=shape)
    found, known = np.linalg.lstsq(tg.tensor(a, requires_grad=True), tg.tensor(b)), np.linalg.lstsq(a, b)
    for got, expected in zip(found, known, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-10)
    for part in (0, 1, 3):
        check_function(lambda a, b, part=part: np.linalg.lstsq(a, b)[part], [a, b])
    assert np.linalg.lstsq(tg.tensor(a.T), tg.tensor(np.ones(3))).residuals.shape == (0,)


def test_the_inverse_of_a_symmetric_matrix_reads_the_triangle_that_numpy_reads():
    a = np.array([[4.0, 9.0], [0.5, 3.0]])
    x = tg.tensor(a, requires_grad=True)
    assert_close(np.linalg.pinv(x, hermitian=True), np.linalg.pinv(a, hermitian=True), "value", rtol=1e-14)
    check_function(lambda v: np.linalg.pinv(v, hermitian=True), [a])


@pytest.mark.parametrize(
    ("spec", "shapes"),
    [("ij,jk->ik", [(3, 1), (4, 3)]), ("ij,ij->j", [(1, 4), (3, 4)]), ("ij,j,ij", [(3, 1), (1,), (1, 4)])],
)
def test_an_index_of_einsum_may_have_size_one_and_be_summed(spec, shapes):
    arrays = [RNG.normal(size=shape) for shape in shapes]
    assert_close(np.einsum(spec, *map(tg.tensor, arrays)), np.einsum(spec, *arrays), "value", rtol=1e-14)
    check_function(lambda *xs: np.einsum(spec, *xs), arrays)


@pytest.mark.parametrize("shape", [(0, 3, 3), (0, 2, 3), (0, 3, 2), (2, 0, 0), (2, 0, 3)])
def test_factors_of_nothing(shape):
    check_function(lambda x: tuple(np.linalg.svd(x, full_matrices=False)), [np.zeros(shape)])
    check_function(lambda x: np.linalg.norm(x, "nuc", axis=(1, 2)), [np.zeros(shape)])
    assert np.linalg.svdvals(tg.tensor(np.zeros(shape))).shape == np.linalg.svd(np.zeros(shape))[1].shape


@pytest.mark.parametrize("order", ["fro", "nuc", 1, 2, np.inf])
def test_the_norm_of_nothing_is_zero(order):
    x = tg.tensor(np.zeros((2, 0, 3)), requires_grad=True)
    y = np.linalg.norm(x[:, :, :0], order, axis=(1, 2))
    assert y.tolist() == [0, 0]
    assert grad(y.sum(), x)[0].shape == (2, 0, 3)
    assert np.linalg.vector_norm(x, ord=3 if isinstance(order, str) else order) == 0


def test_numpys_cross_of_three():
    a, b = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 1))
    assert_close(np.linalg.cross(tg.tensor(a), b, axis=0), np.linalg.cross(a, b, axis=0), "value", rtol=1e-14)
    check_function(lambda x, y: np.linalg.cross(x, y, axis=0), [a, b])


def test_einsum_takes_what_is_about_memory_and_casts_as_far_as_told():
    x = tg.tensor(np.ones((2, 3)), requires_grad=True)
    assert np.einsum("ij->ji", x, order="F").shape == (3, 2)
    assert np.einsum("ij->j", x, dtype="f4", casting="same_kind").dtype == np.float32
    with pytest.raises(DTypeError, match='got float64 to float32 with casting="safe"'):
        np.einsum("ij->j", x, dtype="f4")


def test_einsum_computes_in_the_dtype_that_is_asked():
    x = tg.tensor(np.ones((2, 3), "f4"), requires_grad=True)
    y = np.einsum("ij->j", x, dtype=np.float64)
    assert y.dtype == np.float64
    y.sum().backward()
    assert x.grad.dtype == np.float32


@pytest.mark.parametrize("order", ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_the_gradient_of_a_norm_at_zero_is_zero(order):
    x = tg.tensor(np.zeros((2, 2, 3)), requires_grad=True)
    g = grad(np.linalg.norm(x, order, axis=(1, 2)).sum(), x, create_graph=True)[0]
    assert not g.numpy().any()
    assert not grad((g * g).sum(), x)[0].numpy().any()
    _, t = tg.func.jvp(lambda v: np.linalg.norm(v, order, axis=(1, 2)), (x.numpy(),), (np.ones((2, 2, 3)),))
    assert not t.numpy().any()


def test_einsum_by_lists_of_numbers():
    a, b = (tg.tensor(RNG.normal(size=shape), requires_grad=True) for shape in ((2, 3), (3, 4)))
    for operands in ((a, [0, 1], b, [1, 2], [0, 2]), (a, [0, 1], b, [1, 2]), (a, [..., 1], b, [1, 2], [..., 2])):
        y = np.einsum(*operands)
        assert_close(y, a.numpy() @ b.numpy(), "value", rtol=1e-14)
        assert_close(grad(y.sum(), a)[0], np.ones((2, 4)) @ b.numpy().T, "gradient", rtol=1e-14)
    assert np.einsum_path("ij,jk->ik", a, b)[0][0] == "einsum_path"


def test_factors_are_complete_where_there_are_no_more():
    a = RNG.normal(size=(3, 4))
    for got, expected in zip(np.linalg.qr(tg.tensor(a), "complete"), np.linalg.qr(a, "complete"), strict=True):
        assert_close(got, expected, "value", rtol=1e-14)
    check_function(lambda x: tuple(np.linalg.qr(x, "complete")), [a])


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
