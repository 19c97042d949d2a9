"""Sample calls of every operation: one line each, and every derivative test follows.

`each(domain, ...)` is for an elementwise operation: a domain for each input, and all broadcasting forms come by
themselves. `call(domain(*shape), ..., attribute=...)` is one call; a plain number or array stands for itself.
An operation whose value NumPy does not compute under the same name needs a line in `REFERENCES` too.
"""

from __future__ import annotations

import math
import operator
import statistics
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from tinygrad_seq import ops, tensor
from tinygrad_seq.autograd import REGISTRY, Op

Draw = Callable[[np.random.Generator], Any]


@dataclass(frozen=True)
class Sample:
    """One call of an operation, or of a function that is made of operations (``op`` is None)."""

    name: str
    op: Op | None
    function: Callable[..., Any]
    reference: Callable[..., Any]
    inputs: tuple[Any, ...]
    attrs: dict[str, Any]

    def __str__(self) -> str:
        inputs = [str(x.shape).replace(" ", "") if isinstance(x, np.ndarray) else repr(x) for x in self.inputs]
        return f"{self.name}[{','.join(inputs + [f'{k}={v}' for k, v in self.attrs.items()])}]".replace("\n", "")

    def __call__(self, *inputs: Any) -> Any:
        """Apply the operation to these inputs."""
        return self.function(*inputs, **self.attrs)


# Domains keep more than ten steps of a finite difference away from every kink and every pole.


def real(*shape: int) -> Draw:
    return lambda rng: rng.uniform(-2, 2, shape)


def positive(*shape: int) -> Draw:
    return lambda rng: rng.uniform(0.5, 2.5, shape)


def unit(*shape: int) -> Draw:
    """Inside of -1 ... 1, and not near 0."""
    return lambda rng: rng.choice([-1.0, 1.0], shape) * rng.uniform(0.1, 0.8, shape)


def above_half(*shape: int) -> Draw:
    """Shares in 0 ... 1, near neither."""
    return lambda rng: rng.uniform(0.5, 0.9, shape)


def above_one(*shape: int) -> Draw:
    return lambda rng: rng.uniform(1.3, 2.5, shape)


def nonzero(*shape: int) -> Draw:
    return lambda rng: rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 2, shape)


def even(*shape: int) -> Draw:
    """Even tenths, and so never near to what `odd` draws."""
    return lambda rng: rng.integers(-8, 9, shape) * 0.2


def odd(*shape: int) -> Draw:
    return lambda rng: rng.integers(-8, 8, shape) * 0.2 + 0.1


def low(*shape: int) -> Draw:
    return lambda rng: -0.1 - 0.2 * rng.integers(1, 4, shape)


def high(*shape: int) -> Draw:
    return lambda rng: 0.1 + 0.2 * rng.integers(1, 4, shape)


def quarters(*shape: int) -> Draw:
    """Not near to any multiple of 0.05."""
    return lambda rng: rng.integers(-8, 8, shape) * 0.1 + 0.025


def whole(*shape: int) -> Draw:
    """Divisors of which nothing that `odd` draws is a multiple."""
    return lambda rng: rng.choice([-2.0, -1.0, 1.0, 2.0], shape)


def divisor(*shape: int) -> Draw:
    """Divisors that 5 is not a multiple of."""
    return lambda rng: rng.choice([-1.8, -0.7, 0.9, 2.2], shape)


def distinct(*shape: int) -> Draw:
    """No two elements near to one another."""
    return lambda rng: (rng.permutation(int(np.prod(shape))).reshape(shape) - np.prod(shape) / 2) * 0.2 + 0.07


def gappy(*shape: int) -> Draw:
    """As `distinct`, with every fourth element NaN, from the second on."""
    return lambda rng: np.where(np.arange(np.prod(shape)).reshape(shape) % 4 == 1, np.nan, distinct(*shape)(rng))


def holed(*shape: int) -> Draw:
    """Numbers of which every third is 0."""
    return lambda rng: real(*shape)(rng) * (np.arange(np.prod(shape)).reshape(shape) % 3 != 1)


def rising(*shape: int) -> Draw:
    """Ascending along the last axis, at unequal distances."""
    return lambda rng: positive(*shape)(rng).cumsum(-1)


def truth(*shape: int) -> Draw:
    """Booleans, of both kinds where there is room."""
    return lambda rng: rng.permutation(np.arange(int(np.prod(shape))) % 2 == 0).reshape(shape)


def regular(*shape: int) -> Draw:
    """Matrices far from singular."""
    return lambda rng: rng.uniform(-1, 1, shape) + 3 * np.eye(*shape[-2:])


def spread(*shape: int) -> Draw:
    """Matrices whose singular values are far from one another and from zero."""

    def draw(rng: np.random.Generator) -> Any:
        u, s, vh = np.linalg.svd(rng.normal(size=shape), full_matrices=False)
        return (u * (1.0 + np.arange(s.shape[-1]))[::-1]) @ vh

    return draw


def definite(*lead: int) -> Draw:
    """Symmetric positive definite matrices with eigenvalues far from one another."""

    def draw(rng: np.random.Generator) -> Any:
        q, _ = np.linalg.qr(rng.normal(size=(*lead, lead[-1])))
        return (q * (1.0 + np.arange(lead[-1]))) @ q.swapaxes(-1, -2)

    return draw


FORMS: dict[int, list[tuple[tuple[int, ...], ...]]] = {
    1: [((3, 4),), ((),), ((1,),), ((0, 3),), ((2, 1, 3),)],
    2: [
        ((3, 4), (3, 4)),
        ((3, 4), (4,)),
        ((4,), (3, 4)),
        ((3, 1), (1, 4)),
        ((2, 1, 3), (2, 1)),
        ((3, 4), ()),
        ((), (3, 4)),
        ((), ()),
        ((0, 4), (4,)),
        ((1,), (0,)),
    ],
    3: [
        ((3, 4), (3, 4), (3, 4)),
        ((3, 4), (4,), ()),
        ((4,), (3, 1), (3, 4)),
        ((), (3, 4), (4,)),
        ((), (), ()),
        ((3, 1), (1, 4), (2, 1, 1)),
        ((0, 3), (3,), (1,)),
    ],
}


@dataclass(frozen=True)
class each:  # noqa: N801 - reads as a word of the table
    """All broadcasting forms of an elementwise operation, from a domain for each input."""

    domains: tuple[Callable[..., Draw], ...]

    def __init__(self, *domains: Callable[..., Draw]):
        object.__setattr__(self, "domains", domains)

    def calls(self) -> Iterator[call]:
        for shapes in FORMS[len(self.domains)]:
            yield call(*[domain(*shape) for domain, shape in zip(self.domains, shapes, strict=True)])


class call:  # noqa: N801 - reads as a word of the table
    """One call."""

    def __init__(self, *inputs: Any, **attrs: Any):
        self.inputs = inputs
        self.attrs = attrs

    def calls(self) -> Iterator[call]:
        yield self


I = np.array
MASK = np.array([[True, False, True, False], [False, False, True, True], [True, True, False, False]])

METHODS = (
    *("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull"),
    *("linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest"),
)


def _stacked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, with the arrays of its result joined to one."""

    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        return np.stack(result) if isinstance(result, (list, tuple)) else result

    return call


SAMPLES: dict[str, list[each | call]] = {
    # arithmetic
    "negative": [each(real)],
    "positive": [each(real)],
    "add": [each(real, real), call(real(3), 2.0), call(2, real(3))],
    "subtract": [each(real, real), call(real(3), 2.0), call(2, real(3))],
    "multiply": [each(real, real), call(real(3), 2.0), call(2, real(3)), call(real(3), I([1, 2, 3]))],
    "divide": [each(real, nonzero), call(real(3), 2), call(2, nonzero(3)), call(real(3), I([1, 2, 3]))],
    "strong": [each(real, real)],
    "reciprocal": [each(nonzero)],
    "fabs": [each(nonzero)],
    "copysign": [each(nonzero, nonzero), call(nonzero(3), -1.0)],
    "conjugate": [each(real)],
    "ldexp": [call(real(2, 3), I([1, -2, 3])), call(real(), 2), call(real(2, 1), I([[1, 0, 4]])), call(real(0), 1)],
    "nextafter": [each(real, real), call(real(3), 0.0)],
    # steps and remainders: quotients are kept away from whole numbers
    "sign": [each(nonzero)],
    "heaviside": [each(nonzero, real), call(I([-1, 0, 2]), real(3)), call(nonzero(3), 0.5)],
    **{name: [each(odd)] for name in ("floor", "ceil", "trunc")},
    "rint": [each(even)],
    "spacing": [each(nonzero)],
    "round": [call(even(2, 3)), call(quarters(3), decimals=1), call(even()), call(even(0))],
    "floor_divide": [each(odd, whole), call(odd(3), 2.0), call(5.0, nonzero(3))],
    "remainder": [each(odd, whole), call(odd(3), 1.0), call(-5.0, divisor(4)), call(odd(3), I([2, -1, 2]))],
    "fmod": [each(odd, whole), call(odd(3), 1.0), call(-5.0, divisor(4)), call(odd(3), I([2, -1, 2]))],
    "fraction": [each(odd)],
    # powers, exponentials, activations
    "power": [
        each(positive, real),
        *[call(nonzero(3, 2), exponent) for exponent in (0, 1, 2, 3, 1.0, 2.0, -1, -2, np.float64(2), I([2, 3]))],
        *[call(positive(3), exponent) for exponent in (0.5, 1.5, -0.5, np.float64(2.5))],
        call(2, real(3)),
        call(0.5, real(2, 2)),
    ],
    "float_power": [each(positive, real), call(nonzero(3), 2), call(nonzero(3), I([2, -1, 0])), call(3, real(2))],
    "square": [each(real)],
    "sqrt": [each(positive)],
    "cbrt": [each(nonzero)],
    **{name: [each(real)] for name in ("exp", "exp2", "expm1")},
    **{name: [each(positive)] for name in ("log", "log2", "log10")},
    "log1p": [each(unit)],
    "logaddexp": [each(real, real), call(real(3), 0.5)],
    "logaddexp2": [each(real, real), call(0.5, real(3))],
    "absolute": [each(nonzero)],
    "sigmoid": [each(real)],
    # angles
    **{name: [each(real)] for name in ("sin", "cos", "arctan", "sinh", "cosh", "tanh", "arcsinh")},
    **{name: [each(unit)] for name in ("tan", "arcsin", "arccos", "arctanh")},
    "arccosh": [each(above_one)],
    "arctan2": [each(nonzero, nonzero), call(nonzero(3), 1.0), call(-1.0, nonzero(3))],
    "lerp": [each(real, real, real), call(0.0, real(2, 3), 0.5), call(real(3), real(2, 1), real())],
    "hypot": [each(nonzero, nonzero), call(nonzero(3), 2.0)],
    "deg2rad": [each(real)],
    "rad2deg": [each(real)],
    # special functions
    "erf": [each(real)],
    "erfc": [each(real)],
    "sinc": [each(real), *[call(real(2, 3), order=order) for order in (1, 2, 3)], call(I([0.0, 1e-3, -2.0, 4.5]))],
    "i0": [call(real(2, 2)), call(real()), call(real(0)), call(I([0.0, 5.0])), call(real(2), order=1)],
    # activations
    "relu": [each(nonzero)],
    "leaky_relu": [each(nonzero), call(nonzero(3), negative_slope=0.2)],
    "elu": [each(nonzero), call(nonzero(3), alpha=1.5)],
    "standardize": [call(real(3, 4)), call(real(2, 3, 2), axis=(0, 2)), call(real(4), axis=0, epsilon=0.5)],
    "softplus": [each(real), call(real(3), beta=2.0), call(I([0.5, 1.5, 3.0]), beta=2.0, threshold=2.0)],
    "log_sigmoid": [each(real)],
    "hardtanh": [each(odd), call(odd(2, 3), min_val=-0.4, max_val=0.8)],
    "softsign": [each(nonzero)],
    # choices
    "maximum": [each(even, odd), call(odd(3, 4), 0.0)],
    "minimum": [each(even, odd), call(0, odd(3, 4))],
    "fmax": [each(even, odd), call(odd(3, 4), 0.0)],
    "fmin": [each(even, odd), call(0, odd(3, 4))],
    "nan_to_num": [each(real), call(real(2), nan=1.0, posinf=2.0, neginf=3.0)],
    "where": [each(truth, real, real), call(MASK, real(3, 4), 0.0), call(True, real(3), real(3))],
    "clip": [
        each(even, low, high),
        call(odd(3, 4), -0.6, 0.6),
        call(odd(3, 4), None, 0.6),
        call(odd(3, 4), -0.6, None),
        call(odd(2, 3), high(3), low(3)),
    ],
    # reductions
    "sum": [
        *[call(real(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2), (-1, 0), ())],
        *[call(real(2, 3, 2), axis=axis, keepdims=True) for axis in (None, 1, (0, 2))],
        *[call(real(), axis=axis) for axis in (None, 0, -1, ())],
        *[call(real(0, 3), axis=axis) for axis in (None, 0, 1)],
        call(real(2, 3), axis=np.int64(1)),
    ],
    "mean": [
        *[call(real(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2), ())],
        *[call(real(2, 3, 2), axis=axis, keepdims=True) for axis in (None, 1, (0, 2))],
        call(real()),
        call(real(0, 3), axis=1),
        call(real(2, 3), axis=np.int64(1)),
    ],
    "max": [
        *[call(distinct(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2))],
        *[call(distinct(2, 3, 2), axis=axis, keepdims=True) for axis in (None, 1)],
        call(distinct()),
        call(distinct(0, 3), axis=1),
    ],
    "min": [
        *[call(distinct(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2))],
        *[call(distinct(2, 3, 2), axis=axis, keepdims=True) for axis in (None, 1)],
        call(distinct()),
        call(distinct(0, 3), axis=1),
    ],
    "var": [
        *[call(real(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2))],
        *[call(real(2, 3, 2), axis=axis, ddof=1, keepdims=True) for axis in (None, 1)],
        call(real()),
        call(real(0, 3), axis=1),
    ],
    "prod": [
        *[call(real(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2), (2, 1), ())],
        *[call(holed(2, 3, 2), axis=axis, keepdims=True) for axis in (None, 0, 1, (-1, 0))],
        *[call(real(*shape), axis=axis) for shape, axis in (((), None), ((), 0), ((0, 3), 0), ((0, 3), 1))],
    ],
    "nanmax": [
        *[call(gappy(2, 3, 2), axis=axis) for axis in (None, 0, (0, 2))],
        *[call(gappy(2, 3, 2), axis=axis, keepdims=True) for axis in (None, -1)],
    ],
    "nanmin": [
        *[call(gappy(2, 3, 2), axis=axis) for axis in (None, 0, (0, 2))],
        *[call(gappy(2, 3, 2), axis=axis, keepdims=True) for axis in (None, -1)],
    ],
    "p_norm": [
        *[call(nonzero(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2), ())],
        *[call(nonzero(2, 3), axis=1, keepdims=True, p=p) for p in (1, 3, 2.5, 0.5, -1, -2)],
        *[call(holed(2, 3), axis=axis) for axis in (None, 1)],
        *[call(nonzero()), call(real(0, 3)), call(real(0, 3), axis=1)],
    ],
    "softmax": [*[call(real(2, 3), axis=axis) for axis in (-1, 0)], call(real(3)), call(real(0, 3)), call(real(1))],
    "log_softmax": [*[call(real(2, 3), axis=axis) for axis in (-1, 0)], call(real(3)), call(real(0, 3)), call(real(1))],
    "masked_softmax": [
        *[call(real(2, 3), np.array([[True, False, True], [False] * 3]), axis=axis) for axis in (-1, 0)],
        call(real(2, 2, 3), np.array([[True, True, False], [False, True, True]])),
        call(real(0, 3), np.ones((0, 3), bool)),
    ],
    "logsumexp": [
        *[call(real(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2))],
        *[call(real(2, 3, 2), axis=axis, keepdims=True) for axis in (None, 1)],
        call(real()),
        call(real(0, 3), axis=1),
    ],
    # along an axis
    "cumsum": [*[call(real(2, 3), axis=axis) for axis in (0, 1)], call(real(0, 3), axis=0), call(real(3), axis=0)],
    "cumprod": [
        *[call(real(2, 3), axis=axis) for axis in (0, 1)],
        *[call(holed(2, 5), axis=axis) for axis in (0, 1)],
        *[call(real(0, 3), axis=axis) for axis in (0, 1)],
        *[call(real(1, 2), axis=0), call(holed(6), axis=0)],
    ],
    "linear_recurrence": [
        *[call(real(2, 4), real(2, 4), axis=axis) for axis in (0, 1, -1)],
        *[call(real(), real(4)), call(0.5, real(3)), call(real(3), 2.0), call(holed(4), real(4))],
        *[call(real(3, 1), real(2, 1, 2), axis=1), call(real(2), real(3, 1)), call(real(0, 2), real(2))],
    ],
    # shapes
    "reshape": [
        *[call(real(2, 6), shape=shape) for shape in ((3, 4), -1, (2, -1, 3), (2, 6))],
        call(real(1, 1), shape=()),
        call(real(), shape=(1, 1)),
        call(real(0, 3), shape=(3, 0)),
    ],
    "transpose": [
        *[call(real(2, 3, 2), axes=axes) for axes in (None, (1, 2, 0), (-1, 0, 1), (0, 2, 1))],
        call(real()),
        call(real(3)),
        call(real(0, 3)),
    ],
    "swapaxes": [call(real(2, 3, 2), axis1=0, axis2=-1), call(real(2, 3), axis1=0, axis2=1)],
    "expand_dims": [*[call(real(2, 3), axis=axis) for axis in (0, -1, (0, 2))], call(real(), axis=0)],
    "squeeze": [*[call(real(1, 3, 1), axis=axis) for axis in (None, 0, -1, (0, 2))], call(real(1, 1)), call(real())],
    "broadcast_to": [
        *[call(real(*shape), shape=(2, 3, 2)) for shape in ((2, 3, 2), (3, 1), (2, 1, 2), (2,), ())],
        call(real(1, 3), shape=(0, 3)),
    ],
    "astype": [call(real(2, 3), dtype=np.float64)],
    "concatenate": [
        call(real(2, 3), real(1, 3), cuts=(0, 2, 3)),
        call(real(2, 1), real(2, 2), real(2, 0), axis=1, cuts=(0, 1, 3, 3)),
        call(real(2, 2), real(2, 1), axis=-1, cuts=(0, 2, 3)),
        call(real(3), cuts=(0, 3)),
    ],
    "stack": [
        *[call(real(2, 3), real(2, 3), axis=axis) for axis in (0, 1, -1)],
        call(real(), real(), real()),
        call(real(0), real(0)),
    ],
    "copy": [call(real(2, 3)), call(real())],
    "flip": [call(real(2, 3), axis=axis) for axis in (None, 0, (0, -1))] + [call(real())],
    "rot90": [call(real(2, 3)), call(real(2, 3, 1), k=-1, axes=(2, 0)), call(real(2, 3), k=2)],
    "roll": [
        *[call(real(2, 3), shift=shift, axis=axis) for shift, axis in ((1, None), (-4, 1), ((1, 1), (0, 1)))],
        *[call(real(3), shift=(1, 1), axis=0), call(real(), shift=1, axis=None), call(real(0, 2), shift=1, axis=0)],
    ],
    "pad": [
        *[call(real(2, 3), widths=((1, 0), (0, 2)), constant_values=value) for value in (0, 1.5, I([[1], [2.0]]))],
        call(real(0), widths=((1, 1),)),
    ],
    "choose": [
        call(real(3), real(2, 1), real(), index=I([[0, 1, 2], [1, 1, 0]])),
        call(real(2), real(2), 3.0, index=I(0)),
        call(real(2), index=I([0, 0])),
    ],
    # products: every pair of ranks; the shapes of a and of b recur, so that joint rules meet them mixed
    "matmul": [
        *[call(real(*a), real(*b)) for a in ((3,), (2, 3), (1, 2, 3)) for b in ((3,), (3, 2), (2, 3, 2))],
        call(real(2, 1, 2, 3), real(2, 3, 2)),
        call(real(2, 2, 3), real(2, 3, 2)),
        call(real(2, 2, 3), real(3)),
        call(real(2, 0), real(0, 3)),
        call(real(0, 3), real(3, 2)),
        call(real(0, 2, 3), real(3, 2)),
    ],
    "linear": [
        *[call(real(2, 3), real(4, 3), real(*b)) for b in ((2, 4), (4,), (2, 1), ())],
        *[call(real(5, 2, 3), real(4, 3), real(*b)) for b in ((5, 2, 4), (4,), (5, 1, 4))],
        *[call(real(3), real(4, 3), real(4)), call(real(2, 3), real(4, 3)), call(real(3), real(4, 3), 1.0)],
        *[call(real(2, 0), real(4, 0), real(4)), call(real(0, 3), real(4, 3), real(4))],
    ],
    # the same value
    "alias": [call(real(2, 3)), call(real())],
    # factorisations; a matrix plus five times the identity is far from singular
    "inv": [call(regular(3, 3)), call(regular(2, 2, 2)), call(regular(0, 0))],
    "solve": [
        *[call(regular(3, 3), real(*b)) for b in ((3, 2), (3, 0), (2, 3, 2))],
        call(regular(2, 3, 3), real(3, 2)),
        call(regular(2, 1, 2, 2), real(3, 2, 1)),
    ],
    "det": [call(real(3, 3)), call(real(2, 2, 2)), call(I([[1.0, 2.0], [0.5, -1.5]]))],
    "logabsdet": [call(regular(3, 3)), call(regular(2, 2, 2))],
    "cholesky": [call(definite(3)), call(definite(2, 2))],
    "eigh": [call(definite(3)), call(definite(2, 2)), call(definite(3), UPLO="U")],
    "svd": [call(spread(3, 3)), call(spread(4, 2)), call(spread(2, 3)), call(spread(2, 2, 2))],
    "qr": [call(regular(3, 3)), call(spread(4, 2)), call(spread(2, 3, 2))],
    "pinv": [call(regular(3, 3)), call(spread(4, 2)), call(spread(2, 3)), call(spread(2, 3, 2))],
    # sums of products
    "einsum": [
        call(real(2, 3), real(3, 4), terms=("ij", "jk"), result="ik"),
        call(real(2, 3), real(2, 3), terms=("ij", "ij"), result=""),
        call(real(2, 3), terms=("ij",), result="j"),
        call(real(2, 3), terms=("ij",), result=""),
        call(real(2, 3), real(3), real(2), terms=("ij", "j", "i"), result="ji", optimize=True),
        call(real(2, 1), real(1, 3), terms=("ij", "ij"), result="ij"),
        call(real(2, 0), real(0, 3), terms=("ij", "jk"), result="ik"),
    ],
    "convolve": [call(real(4), real(2)), call(real(2), real(3)), call(real(1), real(1))],
    # indexing
    "getitem": [
        *[
            call(real(3, 4), index=index)
            for index in (
                *(0, 2, slice(None), slice(1, 3), slice(None, None, -1), slice(2, 2), None, ..., (), MASK, True),
                *((0, 1), (..., 1), (slice(None), 2), (slice(None), slice(0, 2)), (None, 1, ..., None)),
                *(I(1), I([0, 2]), I([0, 0, 2]), I([[0, 1], [2, -1]]), I([], int), I([1, 2], np.uint8)),
                *(I([True, False, True]), (I([0, 2]), I([3, 3])), (I([0, 0]), I([3, 3])), (I([[0], [2]]), I([1, 3]))),
                *((0, I([1, 1])), (I([0, 0, 1]), slice(1, 3)), (slice(None), I([0, 3, 0])), (1, MASK[0])),
            )
        ],
        *[call(real(), index=index) for index in ((), None, ...)],
        *[
            call(real(2, 3, 2), index=index)
            for index in ((I([0, 0]), slice(None), I([1, 1])), (0, slice(None), I([0])))
        ],
        call(real(0, 3), index=slice(None)),
    ],
    "scatter": [
        call(real(3), shape=(2, 3), indices=(1,)),
        call(real(3), real(3), real(2, 3), shape=(2, 3), indices=(1, 1, slice(None))),
        call(real(3), real(2), shape=(4,), indices=(I([0, 2, 0]), slice(1, 3))),
        call(real(2), real(), shape=(3, 4), indices=((I([0, 0]), I([3, 3])), (2, 1))),
    ],
}


def flat(parts: Any) -> Any:
    """Several results as one array, in which each counts differently."""
    return np.concatenate([(k + 1) * np.ravel(part) for k, part in enumerate(parts)])


def on_tensors(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy's functions, applied to Tensors."""
    return lambda *xs, **options: f(
        *[tensor(x) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in xs], **options
    )


def _by_eigh(a: Any) -> Any:
    """Something of all eigenvalues and eigenvectors that does not depend on their signs."""
    w, v = np.linalg.eigh(a + np.swapaxes(a, -1, -2))
    return np.matmul(v * np.tanh(w)[..., None, :], np.swapaxes(v, -1, -2)) + (v * v)[..., :1]


def _by_svd(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.matmul(u * np.tanh(s)[..., None, :], vh) + (u * u)[..., :1]


COMPOSED: dict[str, tuple[Callable[..., Any], list[each | call]]] = {
    # products
    "dot": (
        ops.dot,
        [
            call(real(*a), real(*b))
            for a, b in (((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 2)), ((), (3,)), ((2, 3), ()))
        ]
        + [call(real(2, 2, 3), real(3)), call(real(2, 3), real(2, 3, 2)), call(real(2, 2, 3), real(2, 3, 2))],
    ),
    "vdot": (
        ops.vdot,
        [call(real(3), real(3)), call(real(2, 3), real(2, 3)), call(real(2, 3), real(6)), call(real(), real())],
    ),
    "inner": (
        ops.inner,
        [call(real(3), real(3)), call(real(2, 3), real(4, 3)), call(real(2, 2, 3), real(3)), call(real(), real(3))],
    ),
    "outer": (ops.outer, [call(real(2), real(3)), call(real(2, 2), real(3)), call(real(), real(2))]),
    "tensordot": (
        ops.tensordot,
        [
            call(real(2, 3, 4), real(3, 4, 2)),
            call(real(2, 3, 4), real(4, 3, 2), axes=([1, 2], [1, 0])),
            call(real(2, 3), real(3, 2), axes=1),
            call(real(2, 3), real(2), axes=(0, 0)),
            call(real(2), real(3), axes=0),
            call(real(2, 3), real(4, 3), axes=(-1, -1)),
        ],
    ),
    "kron": (
        ops.kron,
        [
            call(real(2, 3), real(3, 2)),
            call(real(2), real(2, 2)),
            call(real(2), real(3)),
            call(real(1, 2, 1), real(2, 2)),
        ],
    ),
    "cross": (
        ops.cross,
        [
            call(real(3), real(3)),
            call(real(2, 3), real(3)),
            call(real(3, 2), real(3, 2), axis=0),
            call(real(3, 2), real(2, 3), axisa=0, axisb=1, axisc=0),
            *[call(real(2, 3), real(2)), call(real(2), real(3)), call(real(2), real(2))],
            *[call(real(4, 2), real(1, 2)), call(real(2, 3), real(2, 3), axis=0)],
        ],
    ),
    "vecdot": (ops.vecdot, [call(real(2, 3), real(3)), call(real(3, 2), real(3, 2), axis=0)]),
    "matvec": (ops.matvec, [call(real(2, 3), real(3)), call(real(2, 2, 3), real(2, 3))]),
    "vecmat": (ops.vecmat, [call(real(3), real(3, 2)), call(real(2, 3), real(2, 3, 2))]),
    "multi_dot": (
        lambda *xs: ops.multi_dot(xs),
        [call(real(2, 3), real(3, 4), real(4, 2)), call(real(3), real(3, 2), real(2)), call(real(2, 3), real(3, 2))],
    ),
    "einsum": (
        lambda *xs, spec, **options: ops.einsum(spec, *xs, **options),
        [
            *[
                call(real(3, 3), spec=spec)
                for spec in ("ii", "ii->i", "ij->ji", "ij", "ij->", "ij->i", "...j->...", "i...->...i")
            ],
            *[
                call(real(2, 3), real(3, 2), spec=spec)
                for spec in ("ij,jk", "ij,jk->ki", "ij,ji", "ij,kl->il", " i j , j k -> i k ")
            ],
            call(real(2, 3, 4), real(4, 2), spec="...ij,jk->...ik"),
            call(real(3, 2, 2), real(1, 2), spec="...ij,...j"),
            call(real(3, 3, 2), real(2), spec="iij,j->i", optimize=True),
            call(real(2, 3, 3), spec="...ii->...i"),
            call(real(2), real(3), real(2, 3), spec="i,j,ij", optimize="optimal"),
            call(real(), real(3), spec=",i->i"),
        ],
    ),
    # factorisations, through functions that do not depend on the choice of a sign
    "inv": (ops.inv, [call(regular(2, 2))]),
    "solve": (
        ops.solve,
        [call(regular(3, 3), real(3)), call(regular(2, 3, 3), real(3)), call(regular(3, 3), real(3, 2))],
    ),
    "det": (ops.det, [call(real(2, 2))]),
    "slogdet": (
        on_tensors(lambda a: np.linalg.slogdet(a)[1] * np.linalg.slogdet(a).sign),
        [call(regular(3, 3)), call(real(2, 2))],
    ),
    "cholesky": (on_tensors(lambda a: np.linalg.cholesky(a, upper=True)), [call(definite(3))]),
    "eigh": (on_tensors(_by_eigh), [call(definite(3)), call(definite(2, 2))]),
    "eigvalsh": (ops.eigvalsh, [call(definite(3))]),
    "svd": (on_tensors(_by_svd), [call(spread(3, 3)), call(spread(4, 2)), call(spread(2, 3))]),
    "svdvals": (ops.svdvals, [call(spread(3, 2))]),
    "qr": (
        on_tensors(lambda a: np.matmul(*np.linalg.qr(a)) + np.linalg.qr(a, "r").sum()),
        [call(regular(3, 3)), call(spread(4, 2)), call(regular(2, 4))],
    ),
    "pinv": (ops.pinv, [call(spread(3, 2))]),
    "lstsq": (
        on_tensors(lambda a, b: np.linalg.lstsq(a, b, None)[0]),
        [call(spread(4, 2), real(4)), call(spread(4, 2), real(4, 2)), call(regular(3, 3), real(3))],
    ),
    "matrix_power": (
        ops.matrix_power,
        [call(regular(3, 3), n=n) for n in (1, 2, 3, 5, -1, -2)] + [call(regular(2, 2, 2), n=0)],
    ),
    "cond": (
        ops.cond,
        [call(spread(3, 3)), call(spread(3, 3), p=-2), call(regular(3, 3), p=1), call(regular(3, 3), p="fro")],
    ),
    # sequences
    "convolve": (
        ops.convolve,
        [
            call(real(n), real(m), mode=mode)
            for n, m in ((5, 2), (5, 3), (2, 5), (4, 4))
            for mode in ("full", "same", "valid")
        ]
        + [call(real(), real(3)), call(real(2), real())],
    ),
    "correlate": (
        ops.correlate,
        [
            call(real(n), real(m), mode=mode)
            for n, m in ((5, 2), (5, 3), (2, 5), (3, 6), (4, 4))
            for mode in ("full", "same", "valid")
        ],
    ),
    "interp": (
        ops.interp,
        [
            call(odd(3, 2), I([-1.6, -0.4, 0.0, 0.8]), real(4)),
            call(I([-3.05, 0.1, 4.05]), I([-1.0, 1.0]), real(2)),
            call(I([-3.05, 0.1, 4.05]), I([-1.0, 0.0, 1.0]), real(3), left=2.0, right=-1.0),
            call(odd(2), I([0]), real(1)),
        ],
    ),
    "astype": (ops.astype, [call(real(2, 3), dtype=np.float64)]),
    # shapes
    "ravel": (ops.ravel, [call(real(2, 3)), call(real(2, 3), order="F"), call(real())]),
    "reshape": (ops.reshape, [call(real(2, 3), shape, order="F") for shape in ((3, 2), -1, (1, -1, 2))]),
    "matrix_transpose": (ops.matrix_transpose, [call(real(2, 3, 2))]),
    "moveaxis": (ops.moveaxis, [call(real(2, 3, 1), *ends) for ends in ((0, -1), ([0, 1], [-1, 0]))]),
    "rollaxis": (ops.rollaxis, [call(real(2, 3, 1), *ends) for ends in ((0, 3), (-1,), (1, 0), (0, 2))]),
    **{
        name: (getattr(ops, name), [call(real()), call(real(2)), call(real(2, 1)), call(real(1, 2, 1))])
        for name in ("atleast_1d", "atleast_2d", "atleast_3d")
    },
    "broadcast_to": (ops.broadcast_to, [call(real(3), 3), call(real(), [2, 1])]),
    "broadcast_arrays": (lambda *xs: flat(ops.broadcast_arrays(*xs)), [call(real(2, 1), real(3), real())]),
    "meshgrid": (
        lambda *xs, **options: flat(ops.meshgrid(*xs, **options)),
        [
            *[call(real(2), real(3), real(1), indexing=by, sparse=sparse) for by in ("xy", "ij") for sparse in (0, 1)],
            *[call(real(2)), call(real(), real(2))],
        ],
    ),
    # another order
    "flipud": (ops.flipud, [call(real(2, 3))]),
    "fliplr": (ops.fliplr, [call(real(2, 3))]),
    "repeat": (
        ops.repeat,
        [
            *[call(real(2, 3), 2, axis=axis) for axis in (None, 0, -1)],
            *[call(real(2, 3), I([2, 0, 1]), axis=1), call(real(2), [1, 2]), call(real(), 2), call(real(2), 0)],
        ],
    ),
    "tile": (
        ops.tile,
        [*[call(real(2, 3), reps) for reps in (2, (2, 1), (2, 1, 2), 0, I([1, 2]))], call(real(), 2), call(real(0), 2)],
    ),
    "resize": (ops.resize, [call(real(2, 3), shape) for shape in ((2, 2), (3, 3), 7, ())]),
    "sliding_window_view": (
        ops.sliding_window_view,
        [call(real(4), 2), call(real(3, 4), (2, 3)), call(real(2, 3), 2, axis=1)],
    ),
    "pad": (
        ops.pad,
        [
            *[call(real(2, 3), width) for width in (1, (1, 2), [[1, 0], [0, 2]], ((1, 2),), (1,), I([[1], [2]]))],
            *[call(real(3), (4, 5), mode=mode) for mode in ("edge", "reflect", "symmetric", "wrap")],
            *[call(real(2, 3), ((0, 1), (2, 0)), mode=mode) for mode in ("edge", "reflect", "symmetric", "wrap")],
            *[call(real(1), 2, mode="reflect"), call(real(), 0), call(real(2), 1, constant_values=(1, 2.5))],
            *[
                call(real(2, 4), ((1, 2), (3, 0)), mode=mode, **options)
                for mode in ("mean", "maximum", "minimum", "median")
                for options in ({}, {"stat_length": 1}, {"stat_length": 1.5}, {"stat_length": ((1, 2), (2, 3))})
            ],
            *[call(real(2, 3), 2, mode="linear_ramp", **ends) for ends in ({}, {"end_values": ((1, 2.5), (-1, 0))})],
            *[
                call(real(3), width, mode=mode, reflect_type="odd")
                for mode in ("reflect", "symmetric")
                for width in ((1, 2), (9, 3), (0, 8))
            ],
            call(real(2, 3), 2, mode="reflect", reflect_type="odd"),
            *[call(real(1), 2, mode=mode, reflect_type="odd") for mode in ("reflect", "symmetric")],
        ],
    ),
    # joining and cutting
    **{
        name: (lambda *xs, f=name: getattr(ops, f)(xs), [call(real(2), real(2)), call(real(2, 3), real(2, 3))])
        for name in ("hstack", "vstack", "dstack", "column_stack")
    },
    "concat": (lambda *xs: ops.concat(xs), [call(real(2), real(1))]),
    "block": (
        lambda a, b, c, d: ops.block([[a, b], [c, d]]),
        [call(real(1, 2), real(1, 1), real(2, 2), real(2, 1)), call(real(2), real(1), real(2), real())],
    ),
    "append": (ops.append, [call(real(2, 3), real(1, 3), axis=0), call(real(2, 1), real(2)), call(real(), real())]),
    "insert": (
        ops.insert,
        [
            *[
                call(real(3), at, real())
                for at in (0, 1, -1, 3, [1], [0, 2], [1, 1], slice(0, 2), I([True, False, True]))
            ],
            *[
                call(real(2, 3), 1, real(3), axis=0),
                call(real(2, 3), 1, real(2), axis=1),
                call(real(2, 3), [], real(0)),
            ],
            *[call(real(2, 3), [0, 2], real(2, 2), axis=1), call(real(2, 3), [1], real(2, 2), axis=1)],
            *[call(real(3), 1, real(2)), call(real(2, 3), 4, real())],
        ],
    ),
    "delete": (
        ops.delete,
        [
            *[call(real(4), at) for at in (0, -1, [0, 2], [], [1, 1], slice(0, 3, 2), I([True, False, True, True]))],
            *[call(real(2, 3), 1, axis=0), call(real(2, 3), [0, 2], axis=-1), call(real(2, 3), 4)],
        ],
    ),
    "unstack": (lambda x, axis=0: flat(ops.unstack(x, axis=axis)), [call(real(2, 3)), call(real(2, 3), axis=-1)]),
    "array_split": (
        lambda x, cuts, axis=0: flat(ops.array_split(x, cuts, axis)),
        [call(real(5), 3), call(real(2, 3), 2, axis=-1), call(real(5), [1, 3]), call(real(2), 4)],
    ),
    **{
        name: (
            lambda x, cuts, f=name: flat(getattr(ops, f)(x, cuts)),
            [call(real(2, 4, 2), 2), call(real(3, 3, 3), [1])],
        )
        for name in ("hsplit", "vsplit", "dsplit")
    },
    # diagonals
    "diag": (ops.diag, [call(real(3), k=k) for k in (0, 1, -2)] + [call(real(2, 3), k=k) for k in (0, 2, -1, 5)]),
    "diagflat": (ops.diagflat, [call(real(2, 1)), call(real(), k=1)]),
    "diagonal": (
        ops.diagonal,
        [call(real(2, 3), offset) for offset in (0, 1, -1, 3)] + [call(real(2, 3, 2), 0, 2, 1), call(real(2, 3, 2))],
    ),
    "trace": (ops.trace, [call(real(2, 3)), call(real(2, 3), 1), call(real(2, 3, 2), -1, 1, 2), call(real(2, 2), 5)]),
    "tril": (ops.tril, [call(real(2, 3)), call(real(2, 3, 2), k=-1), call(real(2), k=1)]),
    "triu": (ops.triu, [call(real(2, 3)), call(real(2, 3, 2), k=-1), call(real(2), k=1)]),
    # choosing
    "take": (
        ops.take,
        [
            *[call(real(2, 3), at, axis=axis) for axis in (None, 0, 1, -1) for at in (1, I([[0, 1], [-1, 0]]))],
            *[call(real(2, 3), [0, 0], axis=1), call(real(3), [True, False]), call(real(2, 3), [], axis=0)],
            *[call(real(3), I([-4, 5]), mode=mode) for mode in ("wrap", "clip")],
        ],
    ),
    "take_along_axis": (
        ops.take_along_axis,
        [
            *[call(real(2, 3), I([[0, 2, 0], [1, 1, -1]]), axis=-1), call(real(2, 3), I([[1, 0, 1]]), axis=0)],
            *[call(real(2, 3), I([0, 5, 5]), axis=None), call(real(1, 3), I([[0], [2]]), axis=1)],
        ],
    ),
    "choose": (
        lambda *xs, index, mode="raise": ops.choose(index, xs, mode=mode),
        [
            call(real(2), real(2), index=I([1, 0])),
            *[call(real(2), real(2), index=I([-1, 3]), mode=m) for m in ("wrap", "clip")],
        ],
    ),
    "compress": (
        lambda x, condition, axis=None: ops.compress(condition, x, axis),
        [call(real(2, 3), [True, False, True], axis=1), call(real(2, 3), [0, 1]), call(real(2, 3), [0, 1], axis=0)],
    ),
    "extract": (lambda x, condition: ops.extract(condition, x), [call(real(3, 4), MASK), call(real(3, 4), MASK[0])]),
    "select": (
        lambda a, b, c: ops.select([MASK, MASK[::-1]], [a, b], c),
        [call(real(3, 4), real(4), real()), call(real(3, 1), real(3, 4), 0)],
    ),
    "piecewise": (
        lambda x, a: ops.piecewise(x, [x < -0.5, x > 0.5], [lambda v: v * v, lambda v: a * v, -2.0]),
        [call(distinct(2, 5), real())],
    ),
    "set_at": (
        ops.set_at,
        [
            *[
                call(real(3, 4), index, real(*shape))
                for index, shape in (
                    *((0, (4,)), ((..., 1), ()), (slice(None, None, 2), (2, 1)), (MASK, (6,)), (I([2, 0, 2]), (3, 4))),
                    *(((I([0, 0, 1]), I([1, 1, 2])), (3,)), ([], (4,)), (True, ()), (([0, 0], 1), (1,))),
                )
            ],
            *[call(real(), (), real()), call(real(2), I([[0, 1], [1, 1]]), 2.0)],
        ],
    ),
    "add_at": (
        ops.add_at,
        [
            *[
                call(real(3, 4), index, real(*shape))
                for index, shape in (
                    *((0, (4,)), (MASK, ()), (I([2, 0, 2]), (3, 1)), ((I([0, 0, 1]), I([1, 1, 2])), (3,)), ([], (4,))),
                )
            ],
            call(real(), (), real()),
        ],
    ),
    "apply_along_axis": (
        lambda x, axis: ops.apply_along_axis(lambda v: v[:2] * v.sum(), axis, x),
        [call(real(2, 3, 2), axis) for axis in (0, 1, -1)] + [call(real(2), 0)],
    ),
    "apply_over_axes": (lambda x: ops.apply_over_axes(np.sum, x, [0, -1]), [call(real(2, 3, 2))]),
    "concatenate": (
        lambda *xs, axis=0: ops.concatenate(xs, axis),
        [call(real(2, 3), real(1, 3)), call(real(2, 1), real(2, 2), axis=1), call(real(2), real(), axis=None)],
    ),
    "stack": (lambda *xs, axis=0: ops.stack(xs, axis), [call(real(2), real(2), axis=-1)]),
    "getitem": (ops.getitem, [call(real(3, 4), index=k) for k in (-1, [0, 0, 2], ([0, 2], [1, 1]), [], ([], 1))]),
    "split": (
        lambda x, cuts, axis=0: ops.concatenate([(k + 1) * x for k, x in enumerate(ops.split(x, cuts, axis))], axis),
        [call(real(4, 2), 2), call(real(5, 2), [1, 3]), call(real(2, 4), 2, axis=1), call(real(5), [3, 1, -1])],
    ),
    "sum": (
        ops.sum,
        [
            call(real(3, 4), where=MASK, axis=0),
            call(real(3, 4), where=MASK[0], initial=2.5, keepdims=True),
            call(real(3, 4), axis=1, dtype=np.float64),
        ],
    ),
    "prod": (
        ops.prod,
        [call(real(3, 4), where=MASK, axis=0), call(holed(3, 4), where=MASK, initial=2.5), call(real(2), dtype="f8")],
    ),
    "mean": (ops.mean, [call(real(3, 4), where=MASK, axis=0), call(real(3, 4), where=MASK[0], keepdims=True)]),
    "max": (
        ops.max,
        [
            call(distinct(3, 4), where=MASK, initial=-0.1, axis=1),
            call(distinct(2, 3), initial=0.5, axis=0, keepdims=True),
            call(distinct(2, 0), initial=0.5, axis=1),
        ],
    ),
    "min": (
        ops.min,
        [
            call(distinct(3, 4), where=MASK, initial=0.1, axis=1),
            call(distinct(2, 3), initial=-0.5, axis=0, keepdims=True),
            call(distinct(2, 0), initial=0.5, axis=1),
        ],
    ),
    "amax": (ops.amax, [call(distinct(2, 3), axis=0)]),
    "amin": (ops.amin, [call(distinct(2, 3), axis=0)]),
    "ptp": (ops.ptp, [call(distinct(2, 3)), call(distinct(2, 3), axis=1), call(distinct(2, 3), axis=0, keepdims=True)]),
    "var": (
        ops.var,
        [
            call(real(2, 3), correction=1, axis=1),
            call(real(3, 4), where=MASK, axis=0, ddof=0.5),
            call(real(3, 4), where=MASK[0], keepdims=True),
        ],
    ),
    "std": (
        ops.std,
        [
            *[call(real(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2))],
            *[call(real(2, 3, 2), axis=axis, ddof=1, keepdims=True) for axis in (None, 1)],
            *[call(real(3, 4), where=MASK, axis=1), call(real(2, 3), correction=1, axis=1), call(real(0, 3), axis=1)],
        ],
    ),
    "average": (
        lambda a, w=None, **options: ops.average(a, weights=w, **options),
        [
            *[call(real(2, 3)), call(real(2, 3), axis=1, keepdims=True), call(real(3), [1.0, 2.0, 3.0])],
            *[call(real(2, 3), positive(2, 3)), call(real(2, 3), positive(2, 3), axis=0, keepdims=True)],
            *[call(real(2, 3), positive(3), axis=1), call(real(2, 3, 4), positive(4, 2), axis=(2, 0))],
        ],
    ),
    "nansum": (ops.nansum, [call(gappy(2, 3)), call(gappy(2, 3), axis=0, initial=1.5), call(gappy(3, 4), where=MASK)]),
    "nanprod": (ops.nanprod, [call(gappy(2, 3)), call(gappy(2, 3), axis=0, keepdims=True)]),
    "nanmean": (ops.nanmean, [call(gappy(2, 3)), call(gappy(2, 3), axis=0), call(gappy(2, 3), axis=1, keepdims=True)]),
    "nanmax": (ops.nanmax, [call(gappy(3, 4), where=MASK, initial=-0.1, axis=1), call(gappy(2, 3), initial=0.5)]),
    "nanmin": (ops.nanmin, [call(gappy(3, 4), where=MASK, initial=0.1, axis=1), call(gappy(2, 3), initial=-0.5)]),
    "nanvar": (ops.nanvar, [call(gappy(2, 3)), call(gappy(2, 4), axis=1), call(gappy(2, 4), axis=1, ddof=1)]),
    "nanstd": (ops.nanstd, [call(gappy(2, 3)), call(gappy(2, 4), axis=1), call(gappy(2, 4), axis=1, ddof=1)]),
    "norm": (
        ops.norm,
        [
            *[call(nonzero(5), p) for p in (None, 1, 2, 3, 2.5, 0.5, -1, -2)],
            *[call(distinct(5), p) for p in (np.inf, -np.inf)],
            *[call(nonzero(2, 3), p) for p in (None, "fro", 1, -1, np.inf, -np.inf)],
            *[call(nonzero(2, 3, 2), 1, (2, 0), keepdims=True), call(nonzero(2, 3, 2), np.inf, (0, 1))],
            *[call(nonzero(2, 3, 2)), call(nonzero(2, 3), None, 1), call(nonzero(2, 3), 3, 0, True), call(nonzero())],
        ],
    ),
    "vector_norm": (
        ops.vector_norm,
        [
            *[call(nonzero(2, 3, 2), axis=axis, keepdims=True) for axis in (None, 1, (0, 2))],
            *[call(distinct(2, 3), axis=1, ord=p) for p in (1, 3, np.inf, -np.inf)],
        ],
    ),
    "matrix_norm": (
        ops.matrix_norm,
        [
            *[call(nonzero(2, 2, 3), ord=p) for p in ("fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf)],
            *[call(nonzero(3, 2), ord=p, keepdims=True) for p in ("nuc", 2)],
            *[call(nonzero(2, 3), keepdims=True), call(nonzero(2, 3), keepdims=True, ord=1)],
        ],
    ),
    "cumsum": (ops.cumsum, [call(real(2, 3)), call(real(2, 3), axis=-1, dtype="f8"), call(real())]),
    "cumprod": (ops.cumprod, [call(real(2, 3)), call(real(2, 3), axis=-1, dtype="f8"), call(real())]),
    "nancumsum": (ops.nancumsum, [call(gappy(2, 3)), call(gappy(2, 3), axis=1)]),
    "nancumprod": (ops.nancumprod, [call(gappy(2, 3)), call(gappy(2, 3), axis=1)]),
    "cumulative_sum": (
        ops.cumulative_sum,
        [call(real(3)), call(real(2, 3), axis=1, include_initial=True), call(real(3), include_initial=True)],
    ),
    "cumulative_prod": (
        ops.cumulative_prod,
        [call(real(3)), call(real(2, 3), axis=1, include_initial=True), call(holed(3), include_initial=True)],
    ),
    "cummax": (ops.cummax, [*[call(distinct(3, 4), axis=axis) for axis in (0, 1)], call(distinct(0)), call(real(1))]),
    "cummin": (ops.cummin, [*[call(distinct(3, 4), axis=axis) for axis in (0, 1)], call(distinct(0)), call(real(1))]),
    "diff": (
        lambda a, prepend=None, append=None, **options: ops.diff(a, prepend=prepend, append=append, **options),
        [
            *[call(real(5), n=n) for n in (0, 1, 2, 3)],
            *[call(real(3, 2), axis=0), call(real(2, 3), real(2, 1), real(2, 2)), call(real(2, 3), 1.5, n=2)],
            *[call(real(2, 3), None, real(), axis=0), call(real(2, 1)), call(real(0))],
        ],
    ),
    "ediff1d": (ops.ediff1d, [call(real(2, 3)), call(real(3), real(2), real()), call(real(3), 1.0), call(real(1))]),
    "gradient": (
        _stacked(ops.gradient),
        [
            *[call(real(2)), call(real(5)), call(real(5), 0.5), call(real(5), positive())],
            *[call(real(3, 4)), call(real(3, 4), 0.5, rising(4)), call(real(3, 4), axis=-1), call(real(5), rising(5))],
            *[call(real(5), edge_order=2), call(real(4), rising(4), edge_order=2), call(real(3), edge_order=2)],
            *[call(real(3, 2), rising(3), axis=0), call(real(2, 3), 2.0, 0.5, axis=(1, 0))],
        ],
    ),
    "trapezoid": (
        lambda y, x=None, **options: ops.trapezoid(y, x, **options),
        [
            *[call(real(2, 3)), call(real(2, 3), axis=0, dx=0.5), call(real(2, 3), rising(3)), call(real(1))],
            *[call(real(2, 3), rising(2, 3)), call(real(3, 2), rising(3), axis=0)],
        ],
    ),
    "sort": (
        ops.sort,
        [
            *[call(distinct(3, 4), axis=axis) for axis in (-1, 0, None)],
            *[call(distinct(4), kind="heapsort"), call(real(0, 3)), call(real(1))],
        ],
    ),
    "partition": (
        ops.partition,
        [
            *[call(distinct(3, 4), kth, axis) for kth, axis in ((1, -1), (2, 0), ((0, 2), 1), (5, None))],
            call(real(1), 0),
        ],
    ),
    "median": (
        ops.median,
        [
            *[call(distinct(2, 3, 2), axis=axis) for axis in (None, 0, 1, (2, 0))],
            *[call(distinct(2, 3, 2), axis=axis, keepdims=True) for axis in (None, 1, (0, 1))],
            *[call(real()), call(real(1)), call(real(0, 3), axis=1)],
        ],
    ),
    "nanmedian": (
        ops.nanmedian,
        [call(gappy(2, 3)), call(gappy(2, 3), axis=0), call(gappy(2, 4), axis=-1, keepdims=True)],
    ),
    "quantile": (
        ops.quantile,
        [
            *[call(distinct(5), q=I([0.0, 0.3, 0.55, 1.0]), method=method) for method in METHODS],
            *[call(distinct(2, 3, 2), q=q, axis=axis) for q in (0.3, I([[0.2, 0.7]])) for axis in (None, 1, (2, 0))],
            *[call(distinct(2, 3, 2), q=I([0.2, 0.7]), axis=axis, keepdims=True) for axis in (None, 1, (2, 0))],
            *[call(real(), q=0.3), call(distinct(3), q=1), call(real(2, 0, 3), q=0.5, axis=2)],
            *[
                call(distinct(2, 3), q=q, axis=axis, weights=weights, method="inverted_cdf")
                for q in (0.4, I([0.0, 0.7]))
                for axis, weights in (((0, 1), I([[1, 2, 3], [1, 0, 2.5]])), (1, I([1, 0, 2])), (0, I([2, 5])))
            ],
        ],
    ),
    "nanquantile": (
        ops.nanquantile,
        [
            call(gappy(2, 3), q=I([0.1, 0.6])),
            call(gappy(2, 4), q=0.3, axis=1),
            call(gappy(2, 4), q=0.3, method="hazen"),
        ],
    ),
    "percentile": (
        ops.percentile,
        [call(distinct(5), q=30), call(distinct(2, 5), q=I([10, 75.0]), axis=1, keepdims=True)],
    ),
    "nanpercentile": (
        ops.nanpercentile,
        [call(gappy(5), q=30), call(gappy(2, 4), q=I([10, 75.0]), axis=1, keepdims=True)],
    ),
    "bincount": (
        lambda w, x, minlength=0: ops.bincount(x, w, minlength),
        [call(real(4), I([2, 0, 2, 1])), call(real(2), I([0, 0]), minlength=3)],
    ),
    "unique": (ops.unique, [call(distinct(2, 3)), call(distinct(2, 3), axis=1)]),
    # sets, statistics, polynomials, sequences of numbers
    **{
        name: (getattr(ops, name), [call(distinct(5), odd(1)), call(distinct(2, 2), real(0))])
        for name in ("setxor1d", "union1d")
    },
    "setdiff1d": (
        ops.setdiff1d,
        [call(distinct(5), [-0.13, 0.07, 0.3, 0.3]), call(distinct(4), [], assume_unique=True)],
    ),
    "intersect1d": (lambda x: ops.intersect1d(x, np.array(x)), [call(distinct(2, 3)), call(real(0))]),
    **{
        name: (lambda x, f=name: getattr(ops, f)(x)[0], [call(distinct(2, 3)), call(real(0))])
        for name in ("unique_all", "unique_counts", "unique_inverse")
    },
    "unique_values": (ops.unique_values, [call(distinct(2, 3))]),
    "trim_zeros": (
        lambda x, trim="fb", axis=None: ops.trim_zeros(ops.pad(x, (2, 1)), trim, axis),
        [
            *[call(nonzero(3), trim) for trim in ("fb", "F", "b")],
            *[call(real(0)), call(real(0), "b"), call(nonzero(2, 3)), call(nonzero(2, 3), "f", axis=1)],
        ],
    ),
    "cov": (
        lambda m, y=None, aweights=None, **options: ops.cov(m, y, aweights=aweights, **options),
        [
            *[call(real(2, 5)), call(real(5)), call(real(5, 2), rowvar=False), call(real(2, 5), real(5))],
            *[call(real(2, 5), bias=True), call(real(2, 5), ddof=2), call(real(3), real(3), rowvar=False)],
            *[call(real(2, 4), fweights=I([1, 0, 2, 3])), call(real(2, 4), None, positive(4), ddof=0)],
            *[
                call(real(2, 4), None, positive(4), fweights=[1, 2, 2, 1]),
                call(real(1, 3)),
                call(real(3, 1), rowvar=False, ddof=0),
            ],
            call(real(4), real(4), positive(4), dtype=np.float64),
        ],
    ),
    "corrcoef": (
        lambda x, y=None, **options: ops.corrcoef(x, y, **options),
        [call(real(3, 5)), call(real(4), real(4)), call(real(4, 2), rowvar=False), call(real(4))],
    ),
    "polyval": (ops.polyval, [call(real(4), real(2, 3)), call(real(1), real()), call([], real(2)), call(real(3), 2.0)]),
    **{
        name: (
            getattr(ops, name),
            [call(nonzero(4), nonzero(2)), call(nonzero(2), nonzero(3)), call(nonzero(2), nonzero(2))],
        )
        for name in ("polyadd", "polysub", "polymul")
    },
    "polydiv": (
        lambda u, v: ops.concatenate(ops.polydiv(u, v)),
        [
            call(nonzero(5), nonzero(2)),
            call(nonzero(2), [1.5, 2.0, 0.5]),
            call(nonzero(4), nonzero(1)),
            call(nonzero(3), nonzero(3)),
        ],
    ),
    "polyder": (ops.polyder, [call(real(4)), call(real(4), 2), call(real(1)), call(real(2), 0)]),
    "polyint": (
        lambda p, k=None, m=1: ops.polyint(p, m, k),
        [call(real(3)), call(real(3), real(2), m=2), call(real(3), 1.5, m=2), call(real(2), m=0), call(real(3), [1.0])],
    ),
    "poly": (ops.poly, [call(real(3)), call(real(1))]),
    "vander": (ops.vander, [*[call(real(3), N) for N in (None, 4, 1, 0)], call(I([0.0, 2.0]), 3, increasing=True)]),
    "polyfit": (
        lambda x, y, w=None, deg=1: ops.polyfit(x, y, deg, w=w),
        [
            call(rising(5), real(5)),
            call(rising(5), real(5, 2), deg=2),
            call(rising(5), real(5), positive(5)),
            call(rising(4), real(4, 2), positive(4)),
        ],
    ),
    "linspace": (
        ops.linspace,
        [
            *[call(real(), real(), num) for num in (5, 2)],
            *[call(real(), 2.0, num) for num in (1, 0)],
            *[call(real(3), real(), 4, axis=axis) for axis in (0, -1)],
            *[call(real(2, 1), real(3), 3, axis=1), call(real(), 2, 3, endpoint=False), call(real(), real(), 1, False)],
            call(0, real(2), 3),
        ],
    ),
    "logspace": (
        lambda start, stop, base=10.0, num=3, **options: ops.logspace(start, stop, num, base=base, **options),
        [
            call(real(), real()),
            call(real(2), real(), positive(), axis=1),
            call(real(), 1.0, endpoint=False),
            call(real(), 1.0, num=0),
        ],
    ),
    "geomspace": (
        ops.geomspace,
        [
            *[call(positive(), positive(), num) for num in (4, 2)],
            *[call(positive(), 2.0, num) for num in (1, 0)],
            *[
                call(low(3), low(), 4, axis=-1),
                call(positive(), 100, 3, endpoint=False),
                call(positive(2), [1.5, 2.0], 1, False),
            ],
        ],
    ),
    "unwrap": (
        lambda p, period=2 * np.pi, **options: ops.unwrap(p, period=period, **options),
        [
            *[
                call(I([0.1, 3.0, -3.0, 0.5, 6.5])),
                call(I([[0.1, 0.2], [4.0, -4.5]]), axis=0),
                call(real(1)),
                call(real(0)),
            ],
            *[call(I([0.1, 4.0, 0.2]), discont=5.0), call(I([0.0, 0.9, 0.1]), I(0.7)), call(I([0.0, 1.5, 3.8]), 4.0)],
        ],
    ),
    "fftshift": (ops.fftshift, [call(real(5)), call(real(2, 3)), call(real(2, 3), axes=1)]),
    "ifftshift": (ops.ifftshift, [call(real(5)), call(real(2, 3)), call(real(2, 3), axes=(0,))]),
    "frexp": (lambda x: ops.stack([part * k for k, part in enumerate(ops.frexp(x), 2)]), [call(I([0.3, -5.0, 0.7]))]),
    "tensorsolve": (
        lambda a, b, axes=None: ops.tensorsolve(a, b, axes) if axes else ops.tensorsolve(a.reshape(2, 3, 6), b),
        [call(regular(6, 6), real(2, 3)), call(lambda rng: regular(6, 6)(rng).reshape(6, 2, 3), real(2, 3), axes=(0,))],
    ),
    "tensorinv": (
        lambda a, ind=2: ops.tensorinv(a.reshape((2, 3, 6) if ind == 2 else (6, 2, 3)), ind),
        [call(regular(6, 6)), call(regular(6, 6), ind=1)],
    ),
    "divmod": (lambda a, b: ops.stack(ops.divmod(a, b)), [call(odd(2, 3), whole(3))]),
    "modf": (lambda x: ops.stack(ops.modf(x)), [call(odd(2, 3)), call(odd())]),
    "selu": (ops.selu, [call(nonzero(2, 3))]),
    "celu": (ops.celu, [call(nonzero(2, 3)), call(nonzero(3), alpha=0.5)]),
    "silu": (ops.silu, [call(real(2, 3))]),
    "gelu": (ops.gelu, [call(real(2, 3), approximate=how) for how in ("none", "tanh")]),
    "relu6": (ops.relu6, [call(odd(2, 3)), call(I([5.5, 6.5]))]),
    "hardsigmoid": (ops.hardsigmoid, [call(odd(2, 3)), call(I([-3.5, -2.5, 2.5, 3.5]))]),
    "hardswish": (ops.hardswish, [call(odd(2, 3)), call(I([-3.5, -2.5, 2.5, 3.5]))]),
    "mish": (ops.mish, [call(real(2, 3))]),
    "tanhshrink": (ops.tanhshrink, [call(real(2, 3))]),
    "mse_loss": (
        ops.mse_loss,
        [call(real(2, 3), real(2, 3), reduction=by) for by in ("mean", "sum", "none")]
        + [call(real(), real()), call(real(2, 3), real(2, 3), weight=I([1.0, 2.0, 0.5]), mask=I([True, False]))],
    ),
    "l1_loss": (ops.l1_loss, [call(even(2, 3), odd(2, 3)), call(even(3), odd(3), mask=I([True, False, True]))]),
    "huber_loss": (ops.huber_loss, [call(even(2, 3), odd(2, 3), delta=0.6), call(even(3), odd(3), reduction="sum")]),
    "smooth_l1_loss": (
        ops.smooth_l1_loss,
        [call(even(2, 3), odd(2, 3), beta=0.6), call(even(3), odd(3), beta=0.0, reduction="none")],
    ),
    "kl_div": (
        ops.kl_div,
        [call(real(2, 3), positive(2, 3), reduction=by) for by in ("mean", "batchmean")]
        + [call(real(2, 3), real(2, 3), log_target=True, mask=I([True, False]), reduction="batchmean")],
    ),
    "nll_loss": (
        ops.nll_loss,
        [call(real(3, 4), I([0, 3, 0])), call(real(2, 3, 4), I([[0, 3, 1], [2, 1, 1]]), axis=-1)],
    ),
    "binary_cross_entropy": (
        ops.binary_cross_entropy,
        [call(above_half(2, 3), above_half(2, 3), weight=I([1.0, 2.0, 0.5])), call(above_half(3), I([0, 1, 1]))],
    ),
    "binary_cross_entropy_with_logits": (
        ops.binary_cross_entropy_with_logits,
        [
            call(real(2, 3), above_half(2, 3)),
            call(real(3), I([0, 1, 1]), pos_weight=I([1.0, 2.0, 0.5]), reduction="sum"),
        ],
    ),
    "margin_ranking_loss": (ops.margin_ranking_loss, [call(even(3), odd(3), I([1, -1, 1]), margin=0.4)]),
    "hinge_embedding_loss": (ops.hinge_embedding_loss, [call(odd(3), I([1, -1, -1]))]),
    "soft_margin_loss": (ops.soft_margin_loss, [call(real(3), I([1, -1, -1]), reduction="sum")]),
    "multi_margin_loss": (
        ops.multi_margin_loss,
        [call(real(3, 4), I([0, 3, 1]), p=p, weight=I([1.0, 2.0, 0.5, 1.5])) for p in (1, 2)],
    ),
    "cosine_similarity": (ops.cosine_similarity, [call(real(2, 3), real(2, 3)), call(real(2, 3), real(2, 3), axis=0)]),
    "cosine_embedding_loss": (ops.cosine_embedding_loss, [call(positive(3, 2), positive(3, 2), I([1, -1, -1]))]),
    "triplet_margin_loss": (
        ops.triplet_margin_loss,
        [call(real(3, 2), real(3, 2), real(3, 2), margin=2.0, swap=swap) for swap in (False, True)],
    ),
    "cross_entropy": (
        ops.cross_entropy,
        [
            call(real(3, 4), I([0, 3, 0])),
            call(real(4), I(2)),
            call(real(3, 4), I([0, -100, 1]), reduction="sum"),
            call(real(3, 4), I([0, 2, 1]), ignore_index=2, label_smoothing=0.2, weight=I([0.5, 1.0, 2.0, 1.5])),
            call(real(2, 3, 2), I([[0, 1], [2, -100]]), label_smoothing=0.1, reduction="none"),
            call(real(2, 3, 2), I([[0, 1], [2, 2]]), weight=I([0.5, 1.0, 2.0])),
        ],
    ),
}
"""Public functions that are made of other operations."""

CONSTANT = {
    *("equal", "greater", "greater_equal", "isfinite", "isinf", "isnan", "less", "less_equal", "not_equal"),
    *("logical_and", "logical_not", "logical_or", "stop_gradient", "matrix_rank"),
    *("all", "allclose", "angle", "any", "array_equal", "array_equiv", "imag", "isclose", "one_hot", "signbit"),
    *("bitwise_and", "bitwise_count", "bitwise_or", "bitwise_xor", "gcd", "invert", "lcm", "left_shift", "logical_xor"),
    "right_shift",
    *("iscomplex", "isneginf", "isposinf", "isreal"),
    *("argmax", "argmin", "argpartition", "argsort", "argwhere", "count_nonzero", "digitize"),
    *(
        "flatnonzero",
        "histogram",
        "histogram2d",
        "histogram_bin_edges",
        "histogramdd",
        "isin",
        "lexsort",
        "nanargmax",
        "nanargmin",
        "nonzero",
        "packbits",
        "searchsorted",
        "unpackbits",
    ),
}
"""Public functions whose results have no derivative."""


def _linear_recurrence(a: Any, b: Any, axis: int = 0) -> Any:
    a, b = (np.moveaxis(x, axis, 0) for x in np.broadcast_arrays(a, b))
    steps = [np.zeros(b.shape[1:])]
    for t in range(len(b)):
        steps.append(a[t] * steps[-1] + b[t])
    return np.moveaxis(np.array(steps)[1:], 0, axis)


def _scatter(*gs: Any, shape: tuple[int, ...], indices: tuple[Any, ...]) -> Any:
    out = np.zeros(shape)
    for g, index in zip(gs, indices, strict=True):
        np.add.at(out, index, g)
    return out


def _at(write: Callable[..., None]) -> Callable[..., Any]:
    def written(x: Any, index: Any, values: Any) -> Any:
        y = x.copy()
        write(y, index, values)
        return y

    return written


def _each(function: Callable[[float], float], x: Any) -> Any:
    return np.reshape([function(v) for v in np.ravel(x)], np.shape(x)).astype(float)


def _sinc(x: Any, order: int = 0) -> Any:
    """The integral of (pi s)**order cos(pi x s + order pi/2) over s from 0 to 1, by Gauss and Legendre."""
    s, weight = np.polynomial.legendre.leggauss(40)
    s, weight = (s + 1) / 2, weight / 2
    return ((np.pi * s) ** order * np.cos(np.pi * x[..., None] * s + order * np.pi / 2)) @ weight


def _i0(x: Any, order: int = 0) -> Any:
    """A derivative of the power series of I_0, whose terms are (x/2)**2k / (k!)**2."""
    series = np.zeros(80)
    series[::2] = [0.25**k / math.factorial(k) ** 2 for k in range(40)]
    return np.polynomial.Polynomial(series).deriv(order)(x)


def _elu(x: Any, alpha: float = 1.0) -> Any:
    return np.maximum(x, 0) + np.minimum(alpha * (np.exp(x) - 1), 0)


def _softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    return np.where(x * beta > threshold, x, np.log(1 + np.exp(beta * x)) / beta)


def _gelu(x: Any, approximate: str) -> Any:
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x * _each(statistics.NormalDist().cdf, x)


def _cross(a, b, **axes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of vectors of size 2
        return np.cross(a, b, **axes)


def _softmax(x: Any, axis: int = -1) -> Any:
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


def _masked_softmax(x: Any, mask: Any, axis: int = -1) -> Any:
    shares = mask * np.exp(x)
    return shares / np.maximum(shares.sum(axis, keepdims=True), 1e-300)


def _cross_entropy(
    x: Any,
    targets: Any,
    weight: Any = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Any:
    """Row by row, as the definition reads."""
    axis = 0 if x.ndim == 1 else 1
    classes = x.shape[axis]
    log_p = np.log(_softmax(np.moveaxis(x, axis, -1).reshape(-1, classes)))
    weight = np.ones(classes) if weight is None else weight
    losses, total = np.zeros(targets.size), 0.0
    for row, target in enumerate(targets.ravel()):
        if target != ignore_index:
            goal = np.eye(classes)[target] * (1 - label_smoothing) + label_smoothing / classes
            losses[row] = -(goal * weight * log_p[row]).sum()
            total += weight[target]
    if reduction == "none":
        return losses.reshape(targets.shape)
    return losses.sum() / (total if reduction == "mean" else 1)


def _mean(losses: Any, reduction: str = "mean", weight: Any = None, mask: Any = None) -> Any:
    weight = np.ones(losses.shape) if weight is None else weight * np.ones(losses.shape)
    if mask is not None:
        weight = weight * mask.reshape(mask.shape + (1,) * (losses.ndim - mask.ndim))
    total = (losses * weight).sum()
    return losses * weight if reduction == "none" else total / (weight.sum() if reduction == "mean" else 1)


def _huber(error: Any, delta: float) -> Any:
    size = abs(error)
    return np.where(size < delta, size**2 / 2, delta * (size - delta / 2))


def _kl_div(x: Any, t: Any, reduction: str = "mean", log_target: bool = False, mask: Any = None) -> Any:
    losses = np.exp(t) * (t - x) if log_target else t * (np.log(t) - x)
    if mask is not None:
        return losses[mask].sum() / mask.sum()
    return losses.sum() / len(x) if reduction == "batchmean" else losses.mean()


def _yes_or_no(p: Any, t: Any, weight: Any = 1, pos_weight: Any = 1, reduction: str = "mean") -> Any:
    losses = -weight * (pos_weight * t * np.log(p) + (1 - t) * np.log(1 - p))
    return losses.sum() if reduction == "sum" else losses.mean()


def _cosine(a: Any, b: Any) -> Any:
    return (a * b).sum(-1) / np.sqrt(((a * a).sum(-1) + 1e-12) * ((b * b).sum(-1) + 1e-12))


def _norm(gap: Any) -> Any:
    return np.linalg.norm(gap + 1e-6, axis=-1)


REFERENCES: dict[str, Callable[..., Any]] = {
    "solve": np.linalg.solve,
    "cholesky": np.linalg.cholesky,
    "cholesky()": lambda a: np.linalg.cholesky(a, upper=True),
    "eigh": lambda a, UPLO="L": np.concatenate([np.linalg.eigh(a, UPLO)[0][..., None], np.linalg.eigh(a, UPLO)[1]], -1),
    "eigh()": _by_eigh,
    "svd": lambda a: np.concatenate([x.reshape(*a.shape[:-2], -1) for x in np.linalg.svd(a, full_matrices=False)], -1),
    "svd()": _by_svd,
    "qr": lambda a: np.concatenate(np.linalg.qr(a), -2),
    "qr()": lambda a: np.matmul(*np.linalg.qr(a)) + np.linalg.qr(a, "r").sum(),
    "einsum": lambda *xs, terms, result, optimize=False: np.einsum(f"{','.join(terms)}->{result}", *xs),
    "einsum()": lambda *xs, spec, optimize=False: np.einsum(spec, *xs),
    "convolve": lambda a, v, mode="full": np.convolve(a, v, mode),
    "logabsdet": lambda a: np.linalg.slogdet(a)[1],
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "pinv": np.linalg.pinv,
    "multi_dot": lambda *xs: np.linalg.multi_dot(xs),
    "lstsq": lambda a, b: np.linalg.lstsq(a, b, None)[0],
    "slogdet": lambda a: np.linalg.slogdet(a)[1] * np.linalg.slogdet(a).sign,
    "eigvalsh": np.linalg.eigvalsh,
    "svdvals": np.linalg.svdvals,
    "matrix_power": np.linalg.matrix_power,
    "cond": np.linalg.cond,
    "strong": lambda a, b: a * b,
    "lerp": lambda start, end, weight: (1 - weight) * start + weight * end,
    "p_norm": lambda x, axis=None, keepdims=False, p=2: (np.abs(x) ** p).sum(axis, keepdims=keepdims) ** (1 / p),
    "norm": np.linalg.norm,
    "vector_norm": np.linalg.vector_norm,
    "matrix_norm": np.linalg.matrix_norm,
    "average": lambda a, w=None, **options: np.average(a, weights=w, **options),
    "linear_recurrence": _linear_recurrence,
    "cummax": np.maximum.accumulate,
    "cummin": np.minimum.accumulate,
    "cross": _cross,
    "diff": lambda a, prepend=None, append=None, **options: np.diff(
        a, **options, **{k: v for k, v in (("prepend", prepend), ("append", append)) if v is not None}
    ),
    "gradient": _stacked(np.gradient),
    "bincount": lambda w, x, minlength=0: np.bincount(x, w, minlength),
    **{name: lambda x, f=name: getattr(np, f)(x)[0] for name in ("unique_all", "unique_counts", "unique_inverse")},
    "unique_values": lambda x: np.unique(x),
    "intersect1d": lambda x: np.unique(x),
    "trim_zeros": lambda x, trim="fb", axis=None: np.trim_zeros(np.pad(x, (2, 1)), trim, axis),
    "cov": lambda m, y=None, aweights=None, **options: np.cov(m, y, aweights=aweights, **options),
    "corrcoef": lambda x, y=None, **options: np.corrcoef(x, y, **options),
    "polydiv": lambda u, v: np.concatenate(np.polydiv(u, v)),
    "polyint": lambda p, k=None, m=1: np.polyint(p, m, k),
    "polyfit": lambda x, y, w=None, deg=1: np.polyfit(x, y, deg, w=w),
    "logspace": lambda start, stop, base=10.0, num=3, **options: np.logspace(start, stop, num, base=base, **options),
    "unwrap": lambda p, period=2 * np.pi, **options: np.unwrap(p, period=period, **options),
    "fftshift": np.fft.fftshift,
    "ifftshift": np.fft.ifftshift,
    "frexp": lambda x: np.stack([part * k for k, part in enumerate(np.frexp(x), 2)]),
    "tensorsolve": lambda a, b, axes=None: np.linalg.tensorsolve(a if axes else a.reshape(2, 3, 6), b, axes),
    "tensorinv": lambda a, ind=2: np.linalg.tensorinv(a.reshape((2, 3, 6) if ind == 2 else (6, 2, 3)), ind),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "fraction": lambda x: x - np.trunc(x),
    "divmod": lambda a, b: np.stack(np.divmod(a, b)),
    "modf": lambda x: np.stack(np.modf(x)),
    "erf": lambda x: _each(math.erf, x),
    "erfc": lambda x: _each(math.erfc, x),
    "sinc": _sinc,
    "i0": _i0,
    "relu": lambda x: x * (x > 0),
    "leaky_relu": lambda x, negative_slope=0.01: np.maximum(x, 0) + negative_slope * np.minimum(x, 0),
    "elu": _elu,
    "selu": lambda x: 1.0507009873554805 * _elu(x, 1.6732632423543772),
    "celu": lambda x, alpha=1.0: np.maximum(x, 0) + np.minimum(alpha * (np.exp(x / alpha) - 1), 0),
    "softplus": _softplus,
    "standardize": lambda x, axis=-1, epsilon=1e-5: (
        (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + epsilon)
    ),
    "log_sigmoid": lambda x: np.log(1 / (1 + np.exp(-x))),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "gelu": _gelu,
    "hardtanh": lambda x, min_val=-1.0, max_val=1.0: np.minimum(np.maximum(x, min_val), max_val),
    "relu6": lambda x: np.minimum(np.maximum(x, 0), 6),
    "hardsigmoid": lambda x: np.interp(x, [-3, 3], [0, 1]),
    "hardswish": lambda x: x * np.interp(x, [-3, 3], [0, 1]),
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanhshrink": lambda x: x - np.tanh(x),
    "softmax": _softmax,
    "masked_softmax": _masked_softmax,
    "log_softmax": lambda x, axis=-1: np.log(_softmax(x, axis)),
    "logsumexp": lambda x, axis=None, keepdims=False: np.log(np.exp(x).sum(axis, keepdims=keepdims)),
    "astype": lambda x, dtype: x.astype(dtype),
    "alias": lambda x: x,
    "concatenate": lambda *xs, axis=0, cuts=(): np.concatenate(xs, axis),
    "stack": lambda *xs, axis=0: np.stack(xs, axis),
    "linear": lambda x, weight, bias=0: x @ weight.T + bias,
    "scatter": _scatter,
    "getitem": lambda x, index: x[index],
    "set_at": _at(operator.setitem),
    "add_at": _at(np.add.at),
    "pad": lambda x, widths, mode="constant", **options: np.pad(x, widths, mode, **options),
    "choose": lambda *xs, index, mode="raise": np.choose(index, xs, mode=mode),
    "sliding_window_view": np.lib.stride_tricks.sliding_window_view,
    "compress": lambda x, condition, axis=None: np.compress(condition, x, axis),
    "extract": lambda x, condition: np.extract(condition, x),
    "select": lambda a, b, c: np.select([MASK, MASK[::-1]], [a, b], c),
    "piecewise": lambda x, a: np.piecewise(x, [x < -0.5, x > 0.5], [lambda v: v * v, lambda v: a * v, -2.0]),
    "apply_along_axis": lambda x, axis: np.apply_along_axis(lambda v: v[:2] * v.sum(), axis, x),
    "apply_over_axes": lambda x: np.apply_over_axes(np.sum, x, [0, -1]),
    "block": lambda a, b, c, d: np.block([[a, b], [c, d]]),
    "broadcast_arrays": lambda *xs: flat(np.broadcast_arrays(*xs)),
    "meshgrid": lambda *xs, **options: flat(np.meshgrid(*xs, **options)),
    "unstack": lambda x, axis=0: flat(np.moveaxis(x, axis, 0)),
    **{
        name: lambda *xs, f=name: getattr(np, f)(xs)
        for name in ("hstack", "vstack", "dstack", "column_stack", "concat")
    },
    **{
        name: lambda x, cuts, *axis, f=name, **options: flat(getattr(np, f)(x, cuts, *axis, **options))
        for name in ("array_split", "hsplit", "vsplit", "dsplit")
    },
    "split": lambda x, cuts, axis=0: np.concatenate(
        [(k + 1) * part for k, part in enumerate(np.split(x, cuts, axis))], axis
    ),
    "mse_loss": lambda a, b, reduction="mean", weight=None, mask=None: _mean((a - b) ** 2, reduction, weight, mask),
    "l1_loss": lambda a, b, reduction="mean", weight=None, mask=None: _mean(abs(a - b), reduction, weight, mask),
    "huber_loss": lambda a, b, reduction="mean", delta=1.0: _mean(_huber(a - b, delta), reduction),
    "smooth_l1_loss": lambda a, b, reduction="mean", beta=1.0: _mean(
        _huber(a - b, beta) / beta if beta else abs(a - b), reduction
    ),
    "kl_div": _kl_div,
    "nll_loss": lambda x, goal, axis=1: -np.take_along_axis(x, np.expand_dims(goal, axis), axis).mean(),
    "binary_cross_entropy": _yes_or_no,
    "binary_cross_entropy_with_logits": lambda x, t, **options: _yes_or_no(1 / (1 + np.exp(-x)), t, **options),
    "margin_ranking_loss": lambda a, b, t, margin: np.maximum(0, margin - t * (a - b)).mean(),
    "hinge_embedding_loss": lambda x, t: np.where(t == 1, x, np.maximum(0, 1 - x)).mean(),
    "soft_margin_loss": lambda x, t, reduction: np.log1p(np.exp(-t * x)).sum(),
    "multi_margin_loss": lambda x, goal, p, weight: np.mean(
        [
            weight[k] * sum(max(0, 1 - row[k] + other) ** p for j, other in enumerate(row) if j != k) / len(row)
            for row, k in zip(x, goal, strict=True)
        ]
    ),
    "cosine_similarity": lambda a, b, axis=1: (
        (a * b).sum(axis) / np.linalg.norm(a, axis=axis) / np.linalg.norm(b, axis=axis)
    ),
    "cosine_embedding_loss": lambda a, b, t: np.where(t == 1, 1 - _cosine(a, b), np.maximum(0, _cosine(a, b))).mean(),
    "triplet_margin_loss": lambda a, b, c, margin, swap: np.maximum(
        0, _norm(a - b) - (np.minimum(_norm(a - c), _norm(b - c)) if swap else _norm(a - c)) + margin
    ).mean(),
    "cross_entropy": _cross_entropy,
}
"""Values of what NumPy does not have under the same name and with the same arguments."""


def reference(name: str) -> Callable[..., Any]:
    """NumPy's own way to the value."""
    return REFERENCES.get(name) or REFERENCES.get(name.removesuffix("()")) or getattr(np, name.removesuffix("()"))


@cache
def samples(name: str) -> list[Sample]:
    """The samples of an operation, or with ``()`` after the name of a composed function; always the same numbers."""
    if name.endswith("()"):
        op = None
        function, entries = COMPOSED[name[:-2]]
    else:
        op = REGISTRY[name]
        function, entries = op.call, SAMPLES[name]
    found = []
    for k, one in enumerate(one for entry in entries for one in entry.calls()):
        rng = np.random.default_rng(zlib.crc32(f"{name} {k}".encode()))
        inputs = tuple(np.asarray(x(rng)) if callable(x) else x for x in one.inputs)
        found.append(Sample(name, op, function, reference(name), inputs, one.attrs))
    return found
