"""Values and derivatives keep their digits where the plain formula would lose them, and do not warn."""

import math
from fractions import Fraction

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq import ops
from tinygrad_seq.autograd import grad


def series(x, first=0):
    """The power series of exp from the term ``first`` on, in exact fractions, where |x| is small."""
    x = Fraction(x)
    return float(sum(x**k / math.factorial(k) for k in range(first, 12)))


# The function, a point, its derivative there.
SLOPES = [
    (np.expm1, -40.0, math.exp(-40)),
    (np.log1p, -1 + 2.0**-40, 2.0**40),
    (np.arcsin, 1 - 2.0**-40, 1 / math.sqrt(2.0**-39 * (1 - 2.0**-41))),
    (np.arccos, -1 + 2.0**-40, -1 / math.sqrt(2.0**-39 * (1 - 2.0**-41))),
    (np.arctanh, 1 - 2.0**-40, 2.0**39 / (1 - 2.0**-41)),
    (np.arccosh, 1 + 2.0**-40, 1 / math.sqrt(2.0**-39 * (1 + 2.0**-41))),
    (np.arccosh, 1e200, 1e-200),
    (np.arcsinh, 1e200, 1e-200),
    (np.arctan, 1e100, 1e-200),
    (lambda x: np.hypot(x, 3e200), 4e200, 0.8),
    (lambda x: np.arctan2(x, 1e-170), 1e-170, 0.5e170),
    (lambda x: np.logaddexp(x, 1e6 + 1.0), 1e6, 1 / (1 + math.e)),
    (lambda x: np.logaddexp2(x, 1e6 + 1.0), 1e6, 1 / 3),
    (ops.log_sigmoid, 40.0, math.exp(-40) / (1 + math.exp(-40))),
    (ops.softplus, -40.0, math.exp(-40) / (1 + math.exp(-40))),
    (ops.erfc, 6.0, -2 / math.sqrt(math.pi) * math.exp(-36)),
    (ops.elu, -40.0, math.exp(-40)),
    (ops.erf, 1e4, 0.0),
    (ops.gelu, 1e4, 1.0),
    (ops.gelu, -1e4, 0.0),
    (lambda x: ops.gelu(x, "tanh"), -1e4, 0.0),
    (np.sinc, 1e-7, -(math.pi**2) * 1e-7 / 3),
    (np.i0, 1e-7, 0.5e-7),
    (np.cbrt, 1e-30, 1e20 / 3),
]


@pytest.mark.parametrize(("f", "at", "slope"), SLOPES)
def test_slopes(f, at, slope):
    x = tg.tensor(np.array([at]), requires_grad=True)
    with np.errstate(all="raise", under="ignore"):
        (g,) = grad(f(x).sum(), x, create_graph=True)
        np.testing.assert_allclose(grad(f(x).sum(), x)[0].numpy(), slope, rtol=1e-14)
    np.testing.assert_allclose(g.numpy(), slope, rtol=1e-14)


VALUES = [
    (ops.erfc, 10.0, 2.0884875837625447570e-45),
    (ops.softplus, -40.0, math.log1p(math.exp(-40))),
    (ops.softplus, 1000.0, 1000.0),
    (ops.log_sigmoid, -1000.0, -1000.0),
    (ops.log_sigmoid, 40.0, -math.log1p(math.exp(-40))),
    (ops.sigmoid, -700.0, math.exp(-700)),
    (ops.gelu, -10.0, -10 * 7.6198530241605260660e-24),
    (ops.elu, -(2.0**-30), series(-(2.0**-30), 1)),
    (ops.selu, 1000.0, 1050.7009873554805),
]


@pytest.mark.parametrize(("f", "at", "value"), VALUES)
def test_values(f, at, value):
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_allclose(f(np.array([at])).numpy(), [value], rtol=1e-14)


@pytest.mark.parametrize("order", range(7))
def test_derivatives_of_sinc_fit_together_where_the_formula_changes(order):
    """The series below 3 / pi and the recurrence above it, and their slopes: the derivatives of one another."""
    x = np.linspace(0.9, 1.0, 41)
    y, slope = ops.sinc(x, order=order).numpy(), ops.sinc(x, order=order + 1).numpy()
    step = x[1] - x[0]
    rule = (slope[:-4:4] * 7 + slope[1::4] * 32 + slope[2::4] * 12 + slope[3::4] * 32 + slope[4::4] * 7) * step * 2 / 45
    np.testing.assert_allclose(np.diff(y[::4]), rule, rtol=1e-9, atol=1e-12 * np.abs(y).max())


@pytest.mark.parametrize("x", [0.1, 30.0, 700.0])
def test_derivatives_of_i0_solve_bessels_equation(x):
    y, first, second = (ops.i0(np.array(x), order=n).item() for n in range(3))
    np.testing.assert_allclose(second + first / x, y, rtol=1e-13)
