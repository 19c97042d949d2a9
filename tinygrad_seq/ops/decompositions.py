"""Inverses, determinants and factorisations of matrices, ``(..., N, N)`` or ``(..., M, N)``; NumPy's ``np.linalg``.

A factorisation of several parts is one operation, whose value holds the parts beside one another; they are read out
of it. The rules are those of Giles (2008), Townsend (2016) and Seeger et al. (2017). Where the parts are
not determined (equal eigenvalues, equal singular values) the terms that would divide by zero count as zero if
nothing asks for them, which is right for functions that do not depend on the choice.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..autograd import Tensor, differentiable
from ..autograd.tensor import NUMPY
from ..errors import OptionError, ShapeError, UnsupportedError
from .elementwise import add, divide, multiply, strong, subtract
from .join import concatenate
from .linalg import matmul
from .reduce import sum
from .shape import as_tensor, as_tensors, axes_of, ravel, reshape, swapaxes, transpose

__all__ = [
    "cholesky",
    "cond",
    "det",
    "eigh",
    "eigvalsh",
    "inv",
    "lstsq",
    "matrix_power",
    "matrix_rank",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
]


def _t(x: Any) -> Any:
    """Each matrix transposed."""
    return np.swapaxes(x, -1, -2)


def _square(name: str, a: Any) -> Tensor:
    matrix = as_tensor(a)
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2]:
        raise ShapeError(f"{name}: got shape {matrix.shape}; need square matrices, (..., N, N)")
    return matrix


@differentiable(
    lambda g, y: -(_t(y) @ g @ _t(y)),
    jvp=(lambda t, y: -(y @ t @ y),),
)
def _inv(a: Any) -> Any:
    return np.linalg.inv(a)


def inv(a: Any) -> Tensor:
    """The inverse: d = -A⁻¹ dA A⁻¹."""
    return _inv(_square("inv", a))


def _solve_left(g: Any, a: Any, y: Any) -> Any:
    return -(np.linalg.solve(_t(a), g) @ _t(y))


@differentiable(
    _solve_left,
    lambda g, a: np.linalg.solve(_t(a), g),
    jvp=(lambda t, a, y: -np.linalg.solve(a, t @ y), lambda t, a: np.linalg.solve(a, t)),
    broadcasts=True,
)
def _solve(a: Any, b: Any) -> Any:
    return np.linalg.solve(a, b)


def solve(a: Any, b: Any) -> Tensor:
    """The x of A x = b; b is a vector ``(N,)``, or matrices ``(..., N, K)``."""
    a, b = _square("solve", as_tensor(a, b)), as_tensor(b, a)
    if b.ndim == 0 or b.shape[0 if b.ndim == 1 else -2] != a.shape[-1]:
        raise ShapeError(
            f"solve: got A {a.shape} and b {b.shape}; need b of ({a.shape[-1]},) or (..., {a.shape[-1]}, K)"
        )
    return _solve(a, b[:, None])[..., 0] if b.ndim == 1 else _solve(a, b)


SMALL = 20
"""Up to this size the adjugate as a polynomial has an error of less than 1e-10."""


def _adjugate(a: Any) -> Any:
    """The adjugate as a polynomial in A (Faddeev and LeVerrier), whose derivatives of all orders hold at any rank."""
    n, values = a.shape[-1], np.abs(np.asarray(a))
    scale = np.max(values, axis=(-2, -1), keepdims=True)
    scale = np.where(scale == 0, 1, scale).astype(a.dtype)
    eye = np.eye(n, dtype=a.dtype)
    a, power = a / scale, np.broadcast_to(eye, a.shape)
    for k in range(1, n):
        power = a @ power
        power = power - np.trace(power, axis1=-2, axis2=-1)[..., None, None] / k * eye
    return (-scale) ** (n - 1) * power


def _cofactor(a: Any, y: Any) -> Any:
    """The derivative of the determinant: det(A) A⁻ᵀ, and where A is singular the transpose of its adjugate."""
    if np.all(np.asarray(y) != 0):
        return y[..., None, None] * _t(np.linalg.inv(a))
    if a.shape[-1] <= SMALL:
        return _t(_adjugate(a))
    u, s, vh = np.linalg.svd(a)
    n = s.shape[-1]
    others = np.where(np.eye(n, dtype=bool), 1, s[..., None, :])
    return np.linalg.det(u @ vh)[..., None, None] * ((u * np.prod(others, axis=-1)[..., None, :]) @ vh)


@differentiable(
    lambda g, a, y: g[..., None, None] * _cofactor(a, y),
    jvp=(lambda t, a, y: np.sum(t * _cofactor(a, y), axis=(-2, -1)),),
)
def _det(a: Any) -> Any:
    return np.linalg.det(a)


def det(a: Any) -> Tensor:
    """The determinant: d = tr(adj(A) dA), for singular matrices too.

    Second derivatives at a singular matrix of more than 20 rows need distinct singular values.
    """
    return _det(_square("det", a))


@differentiable(
    lambda g, a: g[..., None, None] * _t(np.linalg.inv(a)),
    jvp=(lambda t, a: np.sum(t * _t(np.linalg.inv(a)), axis=(-2, -1)),),
)
def _logabsdet(a: Any) -> Any:
    return np.linalg.slogdet(a)[1]


class SlogdetResult(NamedTuple):
    """Sign and logarithm of the absolute value of a determinant."""

    sign: Any
    logabsdet: Any


def slogdet(a: Any) -> SlogdetResult:
    """The sign, a constant, and the logarithm of the absolute value of the determinant: d = tr(A⁻¹ dA)."""
    a = _square("slogdet", a)
    return SlogdetResult(Tensor(np.asarray(np.linalg.slogdet(a.numpy())[0])), _logabsdet(a))


def _half(x: Any) -> Any:
    """The lower triangle, with half of the diagonal."""
    n = x.shape[-1]
    return np.tril(x) - 0.5 * np.eye(n, dtype=x.dtype) * x


def _mirrored(t: Any, upper: bool = False) -> Any:
    """The symmetric matrix of which NumPy reads the lower, or the upper, triangle."""
    return np.triu(t) + _t(np.triu(t, 1)) if upper else np.tril(t) + _t(np.tril(t, -1))


def _read(g: Any, upper: bool = False) -> Any:
    """The transpose of `_mirrored`: the gradient of what is read, and zero for what is not."""
    return np.triu(g) + np.triu(_t(g), 1) if upper else np.tril(g) + np.tril(_t(g), -1)


def _cholesky_vjp(g: Any, y: Any) -> Any:
    inverse = np.linalg.inv(y)
    middle = _t(inverse) @ _half(_t(y) @ np.tril(g)) @ inverse
    return _read(0.5 * (middle + _t(middle)))


def _cholesky_jvp(t: Any, y: Any) -> Any:
    inverse = np.linalg.inv(y)
    return y @ _half(inverse @ _mirrored(t) @ _t(inverse))


@differentiable(_cholesky_vjp, jvp=(_cholesky_jvp,))
def _cholesky(a: Any) -> Any:
    return np.linalg.cholesky(a)


def cholesky(a: Any, /, *, upper: bool = False) -> Tensor:
    """The lower triangular L of A = L Lᵀ, or its transpose.

    As NumPy reads the lower triangle of A alone, and with ``upper`` the upper one, the gradient is in that triangle.
    """
    a = _square("cholesky", a)
    return swapaxes(_cholesky(swapaxes(a, -1, -2)), -1, -2) if upper else _cholesky(a)


def _gaps(w: Any) -> Any:
    """1 / (w_j - w_i), infinite on the diagonal, where `strong` makes zero of it."""
    return 1 / (w[..., None, :] - w[..., :, None] + np.where(np.eye(w.shape[-1], dtype=bool), np.inf, 0))


def _eigh_vjp(g: Any, y: Any, UPLO: str) -> Any:
    w, v, gw, gv = y[..., 0], y[..., 1:], g[..., 0], g[..., 1:]
    middle = strong(_t(v) @ gv, _gaps(w)) + gw[..., None] * np.eye(w.shape[-1], dtype=w.dtype)
    return _read(v @ middle @ _t(v), UPLO == "U")


def _eigh_jvp(t: Any, y: Any, UPLO: str) -> Any:
    w, v = y[..., 0], y[..., 1:]
    middle = _t(v) @ _mirrored(t, UPLO == "U") @ v
    dw = np.sum(middle * np.eye(w.shape[-1], dtype=w.dtype), axis=-1)
    return np.concatenate([dw[..., None], v @ strong(middle, _gaps(w))], axis=-1)


@differentiable(_eigh_vjp, jvp=(_eigh_jvp,))
def _eigh(a: Any, UPLO: Any = "L") -> Any:
    w, v = np.linalg.eigh(a, UPLO)
    return np.concatenate([w[..., None], v], axis=-1)


class EighResult(NamedTuple):
    """Eigenvalues, ascending, and the eigenvectors in columns."""

    eigenvalues: Any
    eigenvectors: Any


def eigh(a: Any, UPLO: str = "L") -> EighResult:
    """Eigenvalues ``(..., N)`` and eigenvectors ``(..., N, N)`` of symmetric matrices.

    As NumPy reads one triangle of A alone, by default the lower, the gradient is in that triangle.
    Eigenvectors of equal eigenvalues are not determined: what depends on their choice has no derivative.
    """
    both = _eigh(_square("eigh", a), UPLO)
    return EighResult(both[..., 0], both[..., 1:])


def eigvalsh(a: Any, UPLO: str = "L") -> Tensor:
    """The eigenvalues of symmetric matrices, ascending."""
    values: Tensor = eigh(a, UPLO).eigenvalues
    return values


def _parts(packed: Any, m: int, n: int) -> tuple[Any, Any, Any]:
    """U ``(..., M, K)``, s ``(..., K)`` and Vᵀ ``(..., K, N)``, of the packed value."""
    k, lead = min(m, n), packed.shape[:-1]
    u, s, vh = packed[..., : m * k], packed[..., m * k : m * k + k], packed[..., m * k + k :]
    return np.reshape(u, (*lead, m, k)), s, np.reshape(vh, (*lead, k, n))


def _packed(u: Any, s: Any, vh: Any) -> Any:
    lead = s.shape[:-1]
    return np.concatenate([np.reshape(x, (*lead, math.prod(x.shape[-2:]))) for x in (u, s[..., None], vh)], axis=-1)


def _off(x: Any, u: Any) -> Any:
    """What of the columns of x lies outside of the columns of u."""
    return x - u @ (_t(u) @ x)


def _svd_vjp(g: Any, y: Any, a_shape: Any) -> Any:
    m, n = a_shape[-2:]
    (u, s, vh), (gu, gs, gvh) = _parts(y, m, n), _parts(g, m, n)
    v, gv, row = _t(vh), _t(gvh), s[..., None, :]
    gaps, turn_u, turn_v = _gaps(s * s), _t(u) @ gu, _t(v) @ gv
    middle = strong(turn_u - _t(turn_u), gaps) * row + s[..., :, None] * strong(turn_v - _t(turn_v), gaps)
    total = u @ (middle + gs[..., None] * np.eye(s.shape[-1], dtype=s.dtype)) @ vh
    if m > n:
        total = total + strong(_off(gu, u), 1 / row) @ vh
    if n > m:
        total = total + u @ _t(strong(_off(gv, v), 1 / row))
    return total


def _svd_jvp(t: Any, y: Any, a_shape: Any) -> Any:
    m, n = a_shape[-2:]
    u, s, vh = _parts(y, m, n)
    v, row = _t(vh), s[..., None, :]
    gaps, middle = _gaps(s * s), _t(u) @ t @ v
    du = u @ strong(middle * row + _t(middle * row), gaps)
    dv = v @ strong(s[..., :, None] * middle + _t(s[..., :, None] * middle), gaps)
    if m > n:
        du = du + strong(_off(t @ v, u), 1 / row)
    if n > m:
        dv = dv + strong(_off(_t(t) @ u, v), 1 / row)
    return _packed(du, np.sum(middle * np.eye(s.shape[-1], dtype=s.dtype), axis=-1), _t(dv))


@differentiable(_svd_vjp, jvp=(_svd_jvp,))
def _svd(a: Any) -> Any:
    return _packed(*np.linalg.svd(a, full_matrices=False))


class SVDResult(NamedTuple):
    """The factors U, s and Vᵀ."""

    U: Any
    S: Any
    Vh: Any


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """A = U diag(s) Vᵀ, s descending: (U, s, Vᵀ), or s alone.

    Raises:
        UnsupportedError: for the full U or Vᵀ of matrices that are not square: the columns without a
            singular value are not determined, and have no derivative.
    """
    a = as_tensor(a)
    if a.ndim < 2:
        raise ShapeError(f"svd: got shape {a.shape}; need matrices, (..., M, N)")
    m, n = a.shape[-2:]
    if compute_uv and full_matrices and m != n and a.requires_grad:
        raise UnsupportedError(f"svd: got full_matrices=True for shape {a.shape}; use full_matrices=False")
    if hermitian:
        raise UnsupportedError(
            "svd: got hermitian=True; use eigh, of which the singular values are the absolute values"
        )
    if compute_uv and full_matrices and m != n:
        return SVDResult(*[Tensor(x) for x in np.linalg.svd(a.numpy())])
    u, s, vh = _parts(_svd(a), m, n)
    return SVDResult(u, s, vh) if compute_uv else s


def svdvals(x: Any, /) -> Any:
    """The singular values, descending."""
    return svd(x, compute_uv=False)


def _qr_parts(packed: Any, m: int, n: int) -> tuple[Any, Any]:
    return packed[..., :m, :], packed[..., m:, :]


def _qr_vjp(g: Any, y: Any, a_shape: Any) -> Any:
    (q, r), (gq, gr) = _qr_parts(y, *a_shape[-2:]), _qr_parts(g, *a_shape[-2:])
    middle = r @ _t(np.triu(gr)) - _t(gq) @ q
    lower = np.tril(middle, -1)
    symmetric = lower + _t(lower) + middle * np.eye(r.shape[-1], dtype=r.dtype)
    return _t(np.linalg.solve(r, _t(gq + q @ symmetric)))


def _qr_jvp(t: Any, y: Any, a_shape: Any) -> Any:
    q, r = _qr_parts(y, *a_shape[-2:])
    scaled = _t(np.linalg.solve(_t(r), _t(t)))
    middle = _t(q) @ scaled
    turn = np.tril(middle, -1) - _t(np.tril(middle, -1))
    return np.concatenate([q @ turn + scaled - q @ middle, (middle - turn) @ r], axis=-2)


@differentiable(_qr_vjp, jvp=(_qr_jvp,))
def _qr(a: Any) -> Any:
    return np.concatenate(np.linalg.qr(a), axis=-2)


class QRResult(NamedTuple):
    """The factors Q and R."""

    Q: Any
    R: Any


def qr(a: Any, mode: str = "reduced") -> Any:
    """A = Q R with orthonormal columns in Q ``(..., M, K)`` and R upper triangular ``(..., K, N)``, K = min(M, N).

    ``mode`` is "reduced" or "r", or "complete" where that is the same: for M <= N. The derivative needs the first K
    columns of A to be independent.
    """
    a = as_tensor(a)
    if a.ndim < 2:
        raise ShapeError(f"qr: got shape {a.shape}; need matrices, (..., M, N)")
    m, n = a.shape[-2:]
    if mode not in ("reduced", "r") and (mode != "complete" or m > n):
        raise OptionError(f'qr: got mode={mode!r} for {a.shape}; need "reduced" or "r", whose factors are determined')
    q, r = _qr_parts(_qr(a[..., : min(m, n)]), m, min(m, n))
    if n > m:
        r = concatenate([r, matmul(_t(q), a[..., m:])], axis=-1)
    return r if mode == "r" else QRResult(q, r)


def _pinv_vjp(g: Any, a: Any, y: Any) -> Any:
    yt, gt = _t(y), _t(g)
    return -(yt @ g @ yt) + (gt - a @ (y @ gt)) @ y @ yt + yt @ y @ (gt - (gt @ y) @ a)


def _pinv_jvp(t: Any, a: Any, y: Any) -> Any:
    yt, tt = _t(y), _t(t)
    return -(y @ t @ y) + y @ yt @ (tt - (tt @ a) @ y) + (tt - y @ (a @ tt)) @ yt @ y


@differentiable(_pinv_vjp, jvp=(_pinv_jvp,))
def _pinv(a: Any, rcond: Any = None) -> Any:
    return np.linalg.pinv(a) if rcond is None else np.linalg.pinv(a, rcond)


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Tensor:
    """The Moore-Penrose inverse (Golub and Pereyra 1973); the derivative holds where the rank does not change.

    With ``hermitian`` A is symmetric: as NumPy then reads its lower triangle alone, the gradient is in that triangle.
    """
    a = _mirrored(_square("pinv", a)) if hermitian else as_tensor(a)
    if a.ndim < 2:
        raise ShapeError(f"pinv: got shape {a.shape}; need matrices, (..., M, N)")
    return _pinv(a, rtol if rcond is None else rcond)


class LstsqResult(NamedTuple):
    """The solution, the sums of squared residuals, the rank, a constant, and the singular values of A."""

    x: Any
    residuals: Any
    rank: Any
    s: Any


def lstsq(a: Any, b: Any, rcond: Any = None) -> LstsqResult:
    """The x of least ``|A x - b|``, and of least norm among those: A⁺ b.

    Residuals are there, as NumPy has it, for an A of full rank with more rows than columns.
    """
    a, b = as_tensors(a, b)
    found = np.linalg.lstsq(a.numpy(), b.numpy(), rcond)
    x = matmul(pinv(a), b)
    residuals = Tensor(found[1])
    if residuals.size:
        left = subtract(b, matmul(a, x))
        residuals = reshape(sum(multiply(left, left), 0), residuals.shape)
    return LstsqResult(x, residuals, int(found[2]), svdvals(a) if a.requires_grad else Tensor(found[3]))


def matrix_power(a: Any, n: int) -> Tensor:
    """The matrix times itself, ``n`` times; of its inverse for negative n, by repeated squaring."""
    a = _square("matrix_power", a)
    if not isinstance(n, (int, np.integer)):
        raise OptionError(f"matrix_power: got n={n!r}; need an integer")
    if n == 0:
        return add(np.eye(a.shape[-1], dtype=a.dtype), multiply(0, a))
    base = inv(a) if n < 0 else a
    result: Tensor | None = None
    for bit in reversed(f"{abs(n):b}"):
        if bit == "1":
            result = base if result is None else matmul(result, base)
        base = matmul(base, base)
    assert result is not None  # n has a bit that is set
    return result


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Tensor:
    """The x of ``tensordot(a, x, x.ndim) = b``: `solve`, with several axes for each of a matrix."""
    a, b = as_tensors(a, b)
    if axes is not None:
        last = axes_of("tensorsolve", axes, a.shape)
        a = transpose(a, (*[k for k in range(a.ndim) if k not in last], *last))
    shape = a.shape[b.ndim :]
    if math.prod(shape) != b.size or a.size != b.size**2:
        raise ShapeError(f"tensorsolve: got a {a.shape} and b {b.shape}; need b.size numbers in the last axes of a")
    return reshape(solve(reshape(a, (b.size, b.size)), ravel(b)), shape)


def tensorinv(a: Any, ind: int = 2) -> Tensor:
    """The inverse for `tensordot` over ``ind`` axes: `inv`, with several axes for each of a matrix."""
    a = as_tensor(a)
    lead, rest = a.shape[:ind], a.shape[ind:]
    if ind < 1 or math.prod(lead) != math.prod(rest):
        raise ShapeError(f"tensorinv: got shape {a.shape} and ind={ind}; need as many elements before ind as after it")
    return reshape(inv(reshape(a, (math.prod(lead), -1))), (*rest, *lead))


def matrix_rank(a: Any, *args: Any, **kwargs: Any) -> Tensor:
    """The number of singular values above a tolerance: a constant."""
    return Tensor(np.asarray(np.linalg.matrix_rank(as_tensor(a).numpy(), *args, **kwargs)))


def cond(x: Any, p: Any = None) -> Tensor:
    """The condition number: the norm of a matrix times that of its inverse, or the ratio of singular values."""
    if p in (None, 2, -2):
        s = svd(x, compute_uv=False)
        return divide(s[..., -1], s[..., 0]) if p == -2 else divide(s[..., 0], s[..., -1])
    x = as_tensor(x)
    return multiply(np.linalg.norm(x, p, (-2, -1)), np.linalg.norm(inv(x), p, (-2, -1)))


for _call in (
    cholesky,
    cond,
    det,
    eigh,
    eigvalsh,
    inv,
    lstsq,
    matrix_power,
    matrix_rank,
    pinv,
    qr,
    slogdet,
    solve,
    svd,
    tensorinv,
    tensorsolve,
):
    NUMPY[getattr(np.linalg, _call.__name__)] = _call
NUMPY[np.linalg.svdvals] = svdvals
