"""`einsum`: sums of products by index; the derivative of one is another."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np

from ..autograd import Tensor, differentiable
from ..autograd.tensor import NUMPY
from ..errors import OptionError, ShapeError
from .diagonals import diagonal
from .reduce import no_out
from .shape import as_tensors, astype

__all__ = ["einsum"]

Terms = tuple[str, ...]
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _pulled(g: Any, i: int, xs: Any, terms: Terms, result: str, optimize: Any) -> Any:
    """The cotangent of operand i: the product of g and all others, summed to the operand's indices."""
    others = [(term, x) for k, (term, x) in enumerate(zip(terms, xs, strict=True)) if k != i]
    # What only this operand has was summed out; ones bring it back.
    known = result + "".join(term for term, _ in others)
    alone = [(c, np.ones(xs[i].shape[terms[i].index(c)], g.dtype)) for c in terms[i] if c not in known]
    factors = [(result, g), *others, *alone]
    pulled = np.einsum(
        f"{','.join(term for term, _ in factors)}->{terms[i]}", *[x for _, x in factors], optimize=optimize
    )
    # An index that was summed out, and of which all others have size 1, broadcasts.
    shape = tuple([n if m == 1 else m for m, n in zip(pulled.shape, xs[i].shape, strict=True)])
    return pulled if shape == pulled.shape else np.broadcast_to(pulled, shape)


def _pushed(ts: Any, xs: Any, terms: Terms, result: str, optimize: Any) -> Any:
    spec = f"{','.join(terms)}->{result}"
    parts = [np.einsum(spec, *xs[:i], t, *xs[i + 1 :], optimize=optimize) for i, t in enumerate(ts) if t is not None]
    return functools.reduce(np.add, parts)


@differentiable(variadic=_pulled, jvp=_pushed, broadcasts=True)
def _einsum(*xs: Any, terms: Terms = (), result: str = "", optimize: Any = False) -> Any:
    return np.einsum(f"{','.join(terms)}->{result}", *xs, optimize=optimize)


def einsum(
    *operands: Any, optimize: Any = False, out: None = None, dtype: Any = None, order: str = "K", casting: Any = "safe"
) -> Tensor:
    """Sums of products by index, ``einsum("ij,jk->ik", a, b)``, in all forms that NumPy reads.

    Indices may be repeated in an operand (its diagonal), left out of the result (summed), or stand for axes of
    size 1 that broadcast; ``...`` stands for all other axes. ``optimize``, ``dtype`` and ``casting`` are NumPy's;
    ``order`` changes nothing.

    Raises:
        ShapeError: if an operand's axes do not fit its indices, or two sizes of an index differ.
        OptionError: for a specification that cannot be read.
        UnsupportedError: for ``out=``.
        DTypeError: for a dtype to which ``casting`` does not lead.
    """
    no_out(out, "einsum")
    spec, arrays = _as_text(operands)
    xs = as_tensors(*arrays) if dtype is None else [astype(x, dtype, casting=casting) for x in arrays]
    terms, result = _explicit(spec, xs)
    read = [_distinct(term, x) for term, x in zip(terms, xs, strict=True)]
    try:
        return _einsum(*[x for _, x in read], terms=tuple([term for term, _ in read]), result=result, optimize=optimize)
    except ValueError as error:
        shapes = ", ".join(str(x.shape) for x in xs)
        raise ShapeError(f"einsum: got {spec!r} and shapes {shapes}; {error}") from error


def _distinct(term: str, x: Tensor) -> tuple[str, Tensor]:
    """The term without repeated indices, for which the operand is read on its diagonals alone."""
    for c in sorted({c for c in term if term.count(c) > 1}):
        while term.count(c) > 1:
            i, j = term.index(c), term.rindex(c)
            if x.shape[i] != x.shape[j]:
                raise ShapeError(f"einsum: got sizes {x.shape[i]} and {x.shape[j]} for the index {c!r}; need one size")
            term, x = term[:i] + term[i + 1 : j] + term[j + 1 :] + c, diagonal(x, 0, i, j)
    return term, x


def _as_text(operands: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """The specification as text, and the operands; ``einsum(a, [0, 1], b, [1, 2], [0, 2])`` is the other form."""
    if not operands:
        raise OptionError('einsum: got nothing; need a specification and operands: einsum("ij,jk->ik", a, b)')
    if isinstance(operands[0], str):
        return operands[0].replace(" ", ""), list(operands[1:])

    def text(indices: Any) -> str:
        return "".join("..." if i is Ellipsis else LETTERS[i] for i in indices)

    pairs = list(itertools.batched(operands, 2)) if hasattr(itertools, "batched") else _pairs(operands)
    last = pairs.pop() if len(pairs[-1]) == 1 else None
    spec = ",".join(text(indices) for _, indices in pairs)
    return spec + (f"->{text(last[0])}" if last else ""), [x for x, _ in pairs]


def _pairs(operands: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    return [operands[k : k + 2] for k in range(0, len(operands), 2)]


def _explicit(spec: str, xs: list[Tensor]) -> tuple[list[str], str]:
    """Terms and result with a letter for each axis: ellipses written out, the implicit result made explicit."""
    left, arrow, result = spec.partition("->")
    terms = left.split(",")
    if len(terms) != len(xs):
        raise OptionError(f"einsum: got {spec!r} for {len(xs)} operands; need a term for each")
    wrong = set(spec) - set(LETTERS + ",.->")
    if wrong or any(t.count(".") not in (0, 3) or t.count("...") * 3 != t.count(".") for t in [*terms, result]):
        raise OptionError(f"einsum: got {spec!r}; need letters, commas, '...' and '->'")
    hidden = [x.ndim - len(t.replace("...", "")) if "..." in t else 0 for t, x in zip(terms, xs, strict=True)]
    for term, x, extra in zip(terms, xs, hidden, strict=True):
        if extra < 0 or ("..." not in term and len(term) != x.ndim):
            raise ShapeError(f"einsum: got {term!r} for an operand of shape {x.shape}; need a letter for each axis")
    free = [c for c in LETTERS[::-1] if c not in spec]
    dots = "".join(free[: max(hidden, default=0)])
    terms = [t.replace("...", dots[len(dots) - extra :]) for t, extra in zip(terms, hidden, strict=True)]
    if arrow:
        if set(result) - {"."} - set("".join(terms)):
            raise OptionError(f"einsum: got {spec!r}; the result has an index that no operand has")
        if dots and "..." not in result:
            raise OptionError(f"einsum: got {spec!r}; need '...' in the result too, or no axes where it stands")
        return terms, result.replace("...", dots)
    counts = "".join(terms)
    return terms, dots + "".join(sorted(c for c in set(counts) - set(dots) if counts.count(c) == 1))


NUMPY[np.einsum] = einsum
NUMPY[np.einsum_path] = lambda *operands, **options: np.einsum_path(
    *[np.asarray(x) if isinstance(x, Tensor) else x for x in operands], **options
)
