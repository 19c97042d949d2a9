"""Derivatives of derivatives, against closed forms."""

import math

import numpy as np
import pytest
from derivatives import assert_close

import tinygrad_seq as tg
from tinygrad_seq.autograd import grad

POINTS = np.linspace(-1.5, 1.5, 7)


def derivatives(f, order, at=POINTS):
    """f and its derivatives up to ``order``, of one element at a time."""
    x = tg.tensor(at, requires_grad=True)
    found = [f(x)]
    for _ in range(order):
        found.append(grad(found[-1].sum(), x, create_graph=True)[0])
    return [y.numpy() for y in found]


def test_tanh_to_the_fourth_order():
    y = np.tanh(POINTS)
    d = 1 - y**2
    exact = [y, d, -2 * y * d, d * (6 * y**2 - 2), 8 * y * d * (2 - 3 * y**2)]
    for order, (ours, expected) in enumerate(zip(derivatives(np.tanh, 4), exact, strict=True)):
        assert_close(ours, expected, f"order {order}", rtol=1e-12)


def test_a_bell_curve_has_the_hermite_polynomials():
    hermite = [np.polynomial.hermite.Hermite.basis(n)(POINTS) for n in range(6)]
    bell = np.exp(-(POINTS**2))
    for n, ours in enumerate(derivatives(lambda x: np.exp(-x * x), 5)):
        assert_close(ours, (-1) ** n * hermite[n] * bell, f"order {n}", rtol=1e-11)


def test_powers_end():
    for n, ours in enumerate(derivatives(lambda x: x**4, 5)):
        factor = math.factorial(4) / math.factorial(4 - n) if n < 5 else 0
        assert_close(ours, factor * POINTS ** max(4 - n, 0), f"order {n}", rtol=1e-12)


def test_a_root_and_a_quotient():
    at = np.array([0.5, 1.0, 2.0])
    for n, ours in enumerate(derivatives(np.sqrt, 4, at)):
        factor = math.prod(0.5 - k for k in range(n))
        assert_close(ours, factor * at ** (0.5 - n), f"order {n}", rtol=1e-12)
    for n, ours in enumerate(derivatives(lambda x: 1 / x, 4, at)):
        assert_close(ours, (-1) ** n * math.factorial(n) / at ** (n + 1), f"order {n}", rtol=1e-12)


def test_mixed_derivatives_do_not_depend_on_the_order():
    x, y = (tg.tensor(v, requires_grad=True) for v in (0.3, 0.7))
    z = np.exp(x * y) * np.tanh(x - y)
    (by_x,), (by_y,) = grad(z, x, create_graph=True), grad(z, y, create_graph=True)
    assert_close(grad(by_x, y)[0], grad(by_y, x)[0], "mixed", rtol=1e-6)


def test_backward_with_a_graph_leads_on():
    x = tg.tensor(np.array([1.0, 2.0]), requires_grad=True)
    (x**3).sum().backward(create_graph=True)
    first = x.grad
    assert first.requires_grad
    x.grad = None
    first.sum().backward()
    assert x.grad.tolist() == [6, 12]
    assert not x.grad.requires_grad


def test_gradients_of_several_graphs_add_up_and_lead_on():
    x = tg.tensor(np.array(2.0), requires_grad=True)
    (x**3).backward(create_graph=True)
    (x**2).backward(create_graph=True)
    assert grad(x.grad, x)[0].item() == 6 * 2 + 2


def test_the_cotangent_is_an_input_like_any_other():
    x, u = (tg.tensor(np.array(v), requires_grad=True) for v in ([1.0, 2.0], [3.0, 4.0]))
    (g,) = grad(x * x, x, u, create_graph=True)
    by_u, by_x = grad(g.sum(), [u, x])
    assert by_u.tolist() == [2, 4]
    assert by_x.tolist() == [6, 8]


@pytest.mark.parametrize("shared", [np.ones((3, 3)), np.arange(9.0).reshape(3, 3) / 9])
def test_a_weight_of_many_steps_has_second_derivatives(shared):
    """h = tanh(h W) over steps: the Hessian-vector product against a difference of gradients."""
    x, v = np.array([[0.1, -0.4, 0.3]]), np.random.default_rng(0).normal(size=(3, 3))

    def loss(w):
        h = x
        for _ in range(4):
            h = np.tanh(h @ w)
        return (h * h).sum()

    def slope(w):
        w = tg.tensor(w, requires_grad=True)
        return grad(loss(w), w)[0].numpy()

    w = tg.tensor(shared, requires_grad=True)
    (g,) = grad(loss(w), w, create_graph=True)
    (product,) = grad((g * v).sum(), w)
    step = 1e-5
    assert_close(product, (slope(shared + step * v) - slope(shared - step * v)) / (2 * step), "hvp", rtol=1e-7)


def test_reads_by_step_have_second_derivatives():
    xs = tg.tensor(np.linspace(-1, 1, 8).reshape(4, 2), requires_grad=True)
    y = sum((xs[t] ** 3).sum() for t in range(4)) + (xs[1] * xs[2]).sum()
    (g,) = grad(y, xs, create_graph=True)
    (second,) = grad(g.sum(), xs)
    expected = 6 * xs.numpy()
    expected[1:3] += 1
    assert_close(second, expected, "reads", rtol=1e-12)
