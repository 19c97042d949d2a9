"""Polynomials as NumPy's older functions have them: coefficients (N,) from the highest power to the constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import NUMPY
from ..errors import OptionError, ShapeError, UnsupportedError
from .arrange import flip
from .cumulative import cumprod
from .decompositions import lstsq
from .elementwise import add, divide, subtract
from .exponential import sqrt
from .join import concatenate, stack
from .reduce import sum
from .shape import as_tensor, as_tensors, astype, atleast_1d, broadcast_to
from .signal import convolve

__all__ = ["poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint", "polymul", "polysub", "polyval", "vander"]


def _zeros(count: int, like: Tensor) -> Any:
    return np.zeros((count, *like.shape[1:]), like.dtype)


def polyval(p: Any, x: Any) -> Tensor:
    """The polynomial at x, by Horner's rule; differentiable in both."""
    p, x = as_tensors(p, x)
    y: Any = x * 0
    for coefficient in p:
        y = y * x + coefficient
    return y  # type: ignore[no-any-return]


def _same_degree(a1: Any, a2: Any) -> tuple[Tensor, Tensor]:
    a, b = atleast_1d(*as_tensors(a1, a2))
    more = len(a) - len(b)
    return concatenate([_zeros(-more, a), a]) if more < 0 else a, concatenate([_zeros(more, b), b]) if more > 0 else b


def polyadd(a1: Any, a2: Any) -> Tensor:
    """The sum of two polynomials."""
    return add(*_same_degree(a1, a2))


def polysub(a1: Any, a2: Any) -> Tensor:
    """The difference of two polynomials."""
    return subtract(*_same_degree(a1, a2))


def polymul(a1: Any, a2: Any) -> Tensor:
    """The product of two polynomials, without leading coefficients that are 0."""
    return convolve(*map(_leading, as_tensors(a1, a2)))


def _leading(p: Any) -> Any:
    """The coefficients from the first that is not 0."""
    p = atleast_1d(p)
    there = np.flatnonzero(p.numpy())
    return p[there[0] :] if there.size else as_tensor(np.zeros(1, p.dtype))


def polydiv(u: Any, v: Any) -> tuple[Tensor, Tensor]:
    """Quotient and remainder of two polynomials."""
    u, v = atleast_1d(*as_tensors(u, v))
    rest, quotient = u * 1.0, []
    for _ in range(len(u) - len(v) + 1):
        factor = rest[0] / v[0]
        quotient.append(factor)
        rest = concatenate([rest[1 : len(v)] - factor * v[1:], rest[len(v) :]])
    if not quotient:
        quotient = [0.0 * rest[0]]
    while len(rest) > 1 and np.allclose(rest[0].numpy(), 0, rtol=1e-14):
        rest = rest[1:]
    return stack(quotient), rest if len(rest) else 0.0 * u[:1]


def polyder(p: Any, m: int = 1) -> Tensor:
    """The coefficients of the ``m``-th derivative of a polynomial."""
    if m < 0:
        raise OptionError(f"polyder: got m={m}; need 0 or more; use polyint")
    p = as_tensor(p)
    for _ in range(m):
        p = p[:-1] * np.arange(len(p) - 1, 0, -1)
    return p  # type: ignore[no-any-return]


def polyint(p: Any, m: int = 1, k: Any = None) -> Tensor:
    """The coefficients of the ``m``-th integral of a polynomial; ``k`` are the constants of integration, by default 0.

    Raises:
        OptionError: for a negative ``m``.
        ShapeError: for another number of constants.
    """
    if m < 0:
        raise OptionError(f"polyint: got m={m}; need 0 or more; use polyder")
    p = as_tensor(p)
    constants = np.zeros(m) if k is None else atleast_1d(as_tensor(k, p))
    if len(constants) == 1 < m:
        constants = broadcast_to(constants, (m,))
    if len(constants) < m:
        raise ShapeError(f"polyint: got {len(constants)} constants for m={m}; need one, or one for each integration")
    for i in range(m):
        p = concatenate([divide(p, np.arange(len(p), 0, -1)), constants[i : i + 1]])
    return as_tensor(p)


def poly(seq_of_zeros: Any) -> Tensor:
    """The coefficients of the polynomial with these roots, (N,), whose leading one is 1.

    Raises:
        ShapeError: for a matrix, whose eigenvalues may be complex.
    """
    roots = atleast_1d(seq_of_zeros)
    if roots.ndim != 1:
        raise ShapeError(f"poly: got shape {roots.shape}; need roots, (N,); for a symmetric matrix its eigvalsh")
    roots = roots if roots.dtype.kind == "f" else astype(roots, np.float64)
    p = as_tensor(np.ones(1, roots.dtype))
    for root in roots:
        p = concatenate([p, np.zeros(1, p.dtype)]) - concatenate([np.zeros(1, p.dtype), p * root])
    return p


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers of each element of ``x`` (M,) in a row, from N - 1 down to 0 or up from 0: ``(M, N)``."""
    x = as_tensor(x)
    x = astype(x, np.promote_types(x.dtype, int))
    if x.ndim != 1:
        raise ShapeError(f"vander: got shape {x.shape}; need one axis")
    N = len(x) if N is None else N
    factors = broadcast_to(x[:, None], (len(x), max(N - 1, 0)))
    rows = cumprod(concatenate([np.ones((len(x), min(N, 1)), x.dtype), factors], 1), 1)
    return rows if increasing else flip(rows, 1)


def polyfit(
    x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: bool | str = False
) -> Tensor:
    """The coefficients of the polynomial of degree ``deg`` that is nearest to the points, by least squares.

    Args:
        x: (M,).
        y: (M,) or (M, K).
        deg: the degree.
        rcond: singular values below this share of the largest are left out.
        full: what NumPy adds to the result with it is refused.
        w: a weight for each distance, (M,).
        cov: refused as well.

    Raises:
        ShapeError: if the points do not fit.
        UnsupportedError: for ``full`` and ``cov``.
    """
    if full or cov:
        raise UnsupportedError(
            "polyfit: got full= or cov=; need the coefficients alone; use np.linalg.lstsq and vander"
        )
    x, y = [points + 0.0 for points in as_tensors(x, y)]
    if x.ndim != 1 or y.ndim not in (1, 2) or len(x) != len(y) or not len(x) or deg < 0:
        raise ShapeError(
            f"polyfit: got x {x.shape}, y {y.shape} and deg={deg}; need (M,), (M,) or (M, K), and 0 or more"
        )
    powers = vander(x, deg + 1)
    if w is not None:
        w = as_tensor(w, x)
        powers, y = powers * w[:, None], y * (w if y.ndim == 1 else w[:, None])
    scale = sqrt(sum(powers * powers, axis=0))
    rcond = len(x) * np.finfo(x.dtype).eps if rcond is None else rcond
    found = lstsq(powers / scale, y, rcond).x
    return (found.T / scale).T  # type: ignore[no-any-return]


for _call in (poly, polyadd, polyder, polydiv, polyfit, polyint, polymul, polysub, polyval, vander):
    NUMPY[getattr(np, _call.__name__)] = _call
