"""Covariance and correlation of variables, from products of their deviations."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor
from ..autograd.tensor import NUMPY, as_array
from ..errors import OptionError, ShapeError
from .choices import clip
from .diagonals import diagonal
from .elementwise import divide
from .exponential import sqrt
from .join import concatenate
from .linalg import matmul
from .reduce import sum
from .shape import as_tensor, astype, atleast_2d, squeeze, transpose

__all__ = ["corrcoef", "cov"]


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Tensor:
    """The covariance matrix of variables ``m`` (K, N), each a row of N observations: ``(K, K)``; a number for one.

    Args:
        m: the variables; (N,) is one.
        y: more variables, of the same form.
        rowvar: whether variables are rows; otherwise they are columns.
        bias: divide by N, not N - 1.
        ddof: divide by N - ddof, whatever ``bias`` is.
        fweights: how often each observation was made, (N,).
        aweights: the weight of each observation, (N,); differentiable too.
        dtype: of the result, by default float64, as NumPy has it.

    Raises:
        ShapeError: for more than two axes, or weights of another shape.
        OptionError: if nothing is left to divide by.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.ops.cov(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    parts = [_variables(x if hasattr(x, "dtype") else as_array(x, np.float64), rowvar) for x in (m, y) if x is not None]
    dtype = dtype or np.result_type(np.float64, *parts)
    x = astype(concatenate(parts), dtype)
    weights = _weights(fweights, aweights, x.shape[1])
    total = x.shape[1] if weights is None else sum(weights)
    free = (0 if bias else 1) if ddof is None else ddof
    if aweights is None:
        divisor = total - free
    else:
        divisor = total - free * sum(weights * as_tensor(aweights, x)) / total
    if not float(divisor) > 0:
        raise OptionError(f"cov: got {x.shape[1]} observations and ddof={free}; need more of them, or a smaller ddof")
    weighted = x if weights is None else x * weights
    x = x - sum(weighted, axis=1, keepdims=True) / total
    weighted = x if weights is None else x * weights
    return squeeze(astype(divide(matmul(x, transpose(weighted)), divisor), dtype))


def _variables(x: Any, rowvar: bool) -> Tensor:
    """Variables as rows."""
    x = as_tensor(x)
    if x.ndim > 2:
        raise ShapeError(f"cov: got shape {x.shape}; need variables and observations, (K, N), or one variable, (N,)")
    rows: Tensor = atleast_2d(x)
    return rows if rowvar or x.ndim < 2 else transpose(rows)


def _weights(fweights: Any, aweights: Any, count: int) -> Any:
    """The product of both weights, of which each may be None."""
    given = [
        as_tensor(np.asarray(w) if isinstance(w, (list, tuple)) else w) for w in (fweights, aweights) if w is not None
    ]
    for w in given:
        if w.shape != (count,) or (w.numpy() < 0).any():
            raise ShapeError(
                f"cov: got weights of shape {w.shape}; need ({count},), one for each observation, from 0 on"
            )
    return given[0] * given[1] if len(given) == 2 else given[0] if given else None


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Tensor:
    """The correlation matrix of variables: `cov`, each element divided by the two standard deviations."""
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    deviation = sqrt(diagonal(c))
    return clip(c / deviation[:, None] / deviation, -1, 1)


NUMPY[np.cov], NUMPY[np.corrcoef] = cov, corrcoef
