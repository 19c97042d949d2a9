"""What backward and grad give to whom."""

import numpy as np
import pytest
from derivatives import assert_close, unlisted

import tinygrad_seq as tg
from tinygrad_seq.autograd import differentiable, grad

CALLS = []


@unlisted
@differentiable(lambda g: CALLS.append("pulled") or 2 * g)
def watched_double(x):
    return 2 * x


@pytest.fixture(autouse=True)
def _forget():
    CALLS.clear()


def variable(*values):
    return tg.tensor(np.array(values, float), requires_grad=True)


def test_backward_fills_leaves_alone():
    x, w, c = variable(1, 2), variable(3, 4), tg.tensor([5.0, 6.0])
    y = x * w
    (y + c).sum().backward()
    assert x.grad.tolist() == [3, 4]
    assert w.grad.tolist() == [1, 2]
    assert y.grad is None
    assert c.grad is None


def test_a_second_backward_adds_and_the_graph_can_be_used_again():
    x = variable(1, 2)
    y = (x * x).sum()
    y.backward()
    first = x.grad
    y.backward()
    (3 * x).sum().backward()
    assert x.grad.tolist() == [2 + 2 + 3, 4 + 4 + 3]
    assert first.tolist() == [2, 4]


def test_a_value_used_in_several_ways_gets_the_sum():
    x = variable(2)
    a = x * x
    b = a * x + a  # x^3 + x^2
    (b * a).sum().backward()  # x^5 + x^4
    assert x.grad.tolist() == [5 * 16 + 4 * 8]


def test_gradients_that_share_an_array_do_not_share_their_fate():
    x, w = variable(1, 2), variable(3, 4)
    y = (x + w).sum()
    y.backward()
    y.backward()
    (2 * x).sum().backward()
    assert x.grad.tolist() == [4, 4]
    assert w.grad.tolist() == [2, 2]


def test_a_leaf_and_a_cotangent_of_its_own():
    x = variable(1, 2)
    x.backward(gradient=np.array([3, 4]))
    assert x.grad.tolist() == [3, 4]
    assert x.grad.dtype == x.dtype
    assert grad(x, x, tg.tensor([5.0, 6.0]))[0].tolist() == [5, 6]


def test_grad_may_be_set():
    x = variable(1, 2)
    x.grad = tg.tensor([1.0, 1.0])
    (x * x).sum().backward()
    assert x.grad.tolist() == [3, 5]
    x.grad = None
    assert x.grad is None
    tg.tensor(1.0).grad = None


def test_grad_touches_nobodys_grad():
    x, w = variable(1), variable(2)
    assert grad((x * w).sum(), [x])[0].tolist() == [2]
    assert x.grad is None
    assert w.grad is None


def test_grad_to_intermediate_results_and_through_them():
    x = variable(0.5)
    h = np.tanh(x)
    y = (h * h).sum()
    by_h, by_x, by_y = grad(y, [h, x, y])
    assert_close(by_h, 2 * np.tanh([0.5]), "h")
    assert_close(by_x, 2 * np.tanh([0.5]) * (1 - np.tanh([0.5]) ** 2), "x")
    assert by_y.item() == 1


def test_grad_sums_over_outputs():
    x = variable(1, 2)
    (g,) = grad([x * x, x.sum(), x.sum()], x, [np.array([1.0, 10.0]), None, np.array(2.0)])
    assert g.tolist() == [2 + 3, 40 + 3]


def test_an_unused_input_is_none_if_that_is_allowed():
    x, w = variable(1), variable(2)
    g, none = grad(x.sum(), [x, w], allow_unused=True)
    assert g.tolist() == [1]
    assert none is None
    with pytest.raises(tg.errors.GraphError, match="no output depends on input 1"):
        grad(x.sum(), [x, w])


def test_what_leads_to_no_wanted_input_is_not_computed():
    x, w = variable(1), variable(2)
    y = x * watched_double(w)
    assert grad(y, x)[0].tolist() == [4]
    assert CALLS == []
    grad(y, [x, w])
    assert CALLS == ["pulled"]


def test_a_constant_stops_the_gradient():
    x = variable(3)
    (x * x.detach()).sum().backward()
    assert x.grad.tolist() == [3]
    with tg.no_grad():
        y = watched_double(x)
    assert not y.requires_grad


def test_stop_gradient_gives_a_constant_of_the_same_value():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = tg.ops.stop_gradient(x)
    assert not y.requires_grad
    assert (x * y).sum().requires_grad
    assert grad((x * y).sum(), x)[0].tolist() == [1, 2]
    assert tg.ops.stop_gradient([1.0, 2.0]).tolist() == [1, 2]


def test_arguments_by_name_and_constant_tensors_as_attributes():
    x, w = (tg.tensor(np.arange(4.0).reshape(2, 2) - 1.5, requires_grad=True) for _ in range(2))
    np.testing.assert_array_equal(tg.ops.linear(x, weight=w).numpy(), x.numpy() @ w.numpy().T)
    np.testing.assert_array_equal(tg.ops.linear(bias=1.0, x=x, weight=w).numpy(), x.numpy() @ w.numpy().T + 1)
    slope = tg.tensor(np.array(0.5))
    y = tg.ops.leaky_relu(x, slope)
    assert y.tolist() == [[-0.75, -0.25], [0.5, 1.5]]
    assert grad(y.sum(), x)[0].tolist() == [[0.5, 0.5], [1, 1]]
    assert tg.ops.leaky_relu(x, negative_slope=np.array(0.5)).tolist() == y.tolist()


def test_requires_grad_may_be_switched():
    x = tg.tensor([1.0, 2.0])
    x.requires_grad = True
    node = x.node
    x.requires_grad = True
    assert x.node is node
    (x * x).sum().backward()
    assert x.grad.tolist() == [2, 4]
    x.requires_grad = False
    assert not (x * x).requires_grad
    assert x.is_leaf


def test_cotangents_take_the_dtype_of_what_they_belong_to():
    x = tg.tensor(np.ones(2, np.float32), requires_grad=True)
    y = x * np.ones(2)
    assert y.dtype == np.float64
    y.backward(np.ones(2, np.float32))
    assert x.grad.dtype == np.float32
    assert grad(x * 2, x, np.ones(2))[0].dtype == np.float32


def test_gradients_are_no_views_of_what_the_caller_may_change():
    x = variable(1, 2)
    seed = np.ones(2)
    (x + 0).backward(seed)
    seed[:] = 7
    assert x.grad.tolist() == [1, 1]


def test_broadcast_and_joint_contributions_meet_in_one_operand():
    x = variable(1, 2, 3)
    rows, matrix = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(4, 3)
    y = (x + rows).sum() + (matrix @ x).sum() + (matrix[:2] @ x).sum() + (x * rows).sum()
    expected = 2 + matrix.sum(0) + matrix[:2].sum(0) + rows.sum(0)
    assert grad(y, x)[0].tolist() == expected.tolist()
    assert grad(y, x, create_graph=True)[0].tolist() == expected.tolist()


def test_one_operand_of_products_of_all_ranks():
    rng = np.random.default_rng(0)
    x = tg.tensor(rng.normal(size=3), requires_grad=True)
    others = [rng.normal(size=shape) for shape in ((3,), (3, 2), (4, 3, 2))]
    y = sum((x @ other).sum() for other in others)
    expected = others[0] + others[1].sum(1) + others[2].sum((0, 2))
    assert_close(grad(y, x)[0], expected, "x")
