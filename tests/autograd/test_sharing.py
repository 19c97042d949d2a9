"""A graph never changes behind its back: neither by the caller's arrays, nor by arrays it gives out."""

import numpy as np
import pytest
from derivatives import differentiable
from samples import SAMPLES, samples

import tinygrad_seq as tg
from tinygrad_seq.autograd import grad


def variable(*values):
    return tg.tensor(np.array(values, float), requires_grad=True)


CALLS = {
    "operator": lambda t, a: t * a,
    "reflected": lambda t, a: a * t,
    "function": lambda t, a: np.multiply(a, t),
    "power": lambda t, a: t**a,
    "divide": lambda t, a: a / t,
    "matmul": lambda t, a: t @ a,
    "where": lambda t, a: np.where(a > 1.5, t * a, t),
    "maximum": np.maximum,
    "concatenate": lambda t, a: np.concatenate([t, a]) ** 2,
    "stack": lambda t, a: np.stack([t, a]) ** 2,
    "clip": lambda t, a: np.clip(t, None, a),
    "mse": tg.ops.mse_loss,
    "detached": lambda t, a: t * tg.tensor(a),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("record", [False, True])
def test_an_operand_may_be_changed_after_the_forward_pass(name, record):
    def gradient(change):
        t, a = variable(1, 2, 3), np.array([1.0, 2.0, 2.5])
        y = CALLS[name](t, a).sum()
        value = y.item()
        if change:
            a[:] = -7
        assert y.item() == value
        return grad(y, t, create_graph=record)[0].tolist()

    assert gradient(change=True) == gradient(change=False)


@pytest.mark.parametrize("index", [np.array([0, 2]), np.array([True, False, True]), ([0, 2],), [0, 2]])
def test_an_index_may_be_changed_after_the_forward_pass(index):
    x = variable(1, 2, 3)
    y = x[index].sum()
    inner = index[0] if isinstance(index, tuple) else index
    inner[:] = [1] * len(inner)
    assert grad(y, x)[0].tolist() == [1, 0, 1]


def test_a_mask_and_targets_may_be_changed_after_the_forward_pass():
    x, mask, axes = variable(1, 2, 3), np.array([True, False, True]), [1, 0]
    y = np.where(mask, x, 0).sum()
    mask[:] = False
    assert grad(y, x)[0].tolist() == [1, 0, 1]

    logits, targets = tg.tensor(np.zeros((2, 2)), requires_grad=True), np.array([0, 1])
    loss = tg.ops.cross_entropy(logits, targets, reduction="sum")
    targets[:] = 0
    assert grad(loss, logits)[0].tolist() == [[-0.5, 0.5], [0.5, -0.5]]

    y = (np.transpose(logits, axes) * np.array([[1.0, 2.0], [3.0, 4.0]])).sum()
    axes[:] = [0, 1]
    assert grad(y, logits)[0].tolist() == [[1, 3], [2, 4]]


def private(x):
    """The same arguments in arrays and lists that nobody else has."""
    if isinstance(x, dict):
        return {key: private(part) for key, part in x.items()}
    return type(x)(map(private, x)) if isinstance(x, (list, tuple)) else np.copy(x) if isinstance(x, np.ndarray) else x


def overwrite(x):
    """Change every array in place."""
    if isinstance(x, np.ndarray):
        x[...] = ~x if x.dtype.kind == "b" else 0 if x.dtype.kind in "iu" else 7
    for part in x if isinstance(x, (list, tuple)) else x.values() if isinstance(x, dict) else ():
        overwrite(part)


@pytest.mark.parametrize("name", SAMPLES)
def test_all_arguments_of_an_operation_may_be_changed_after_the_forward_pass(name):
    for sample in samples(name):
        for i in differentiable(sample):
            inputs, attrs = private(sample.inputs), private(sample.attrs)
            x = tg.tensor(inputs[i], requires_grad=True)
            y = sample.function(*inputs[:i], x, *inputs[i + 1 :], **attrs)
            before = grad(y, x, np.ones(y.shape))[0]
            overwrite([inputs, attrs])
            np.testing.assert_array_equal(grad(y, x, np.ones(y.shape))[0], before, err_msg=str(sample))


def test_what_is_counted_may_be_changed_after_the_forward_pass():
    where, w = np.array([0, 1, 1]), variable(1, 2, 3)
    y = np.sum(np.bincount(where, weights=w) * [10, 1])
    where[:] = 1
    assert grad(y, w)[0].tolist() == [10, 1, 1]


def test_a_tensor_copies_what_it_is_given():
    a = np.ones(3)
    x = tg.tensor(a, requires_grad=True)
    a[:] = 7
    assert x.tolist() == [1, 1, 1]
    x.data = a
    a[:] = 8
    assert x.tolist() == [7, 7, 7]
    assert tg.tensor(x).numpy() is not x.numpy()


VIEWS = {
    "leaf": lambda t: t,
    "result": lambda t: t * 2,
    "slice": lambda t: t[1:],
    "reshaped": lambda t: t.reshape(3, 1),
    "transposed": lambda t: t.T,
    "reduced": lambda t: (t * 2).sum(),
}
LOOKS = {
    "numpy": tg.Tensor.numpy,
    "asarray": np.asarray,
    "data": lambda t: t.data,
    "detached": lambda t: t.detach().numpy(),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("look", LOOKS)
def test_what_is_given_out_is_read_only(view, look):
    t = VIEWS[view](variable(1, 2, 3))
    array = LOOKS[look](t)
    assert np.shares_memory(array, t._data)
    with pytest.raises(ValueError, match="read-only"):
        array[...] = 0
    with pytest.raises(ValueError, match="read-only"):
        array += 1
    with pytest.raises(ValueError, match=r"(?i)writeable"):
        array.flags.writeable = True


def test_np_array_makes_a_copy_that_is_the_callers():
    t = variable(1, 2, 3)
    for copy in (np.array(t), np.asarray(t, copy=True), np.asarray(t, np.float32), t.numpy().copy()):
        copy[:] = 0
    assert t.tolist() == [1, 2, 3]


def test_gradients_given_out_are_read_only():
    x = variable(1, 2, 3)
    (x * x).sum().backward()
    with pytest.raises(ValueError, match="read-only"):
        x.grad.numpy()[:] = 0


def test_reading_values_between_forward_and_backward_is_harmless():
    x = variable(1, 2)
    y = x * x
    assert y.numpy().tolist() == [1, 4]
    (y * y).sum().backward()
    assert x.grad.tolist() == [4, 32]


def updated(how, p):
    if how == "data":
        p.data = p.numpy() + 1
    else:
        p.grad = tg.tensor(np.ones(p.shape))
        tg.optim.SGD([p], lr=0.1).step()


@pytest.mark.parametrize("how", ["data", "sgd"])
def test_a_variable_that_changed_since_is_refused(how):
    def graph():
        w, x = tg.nn.Parameter(np.array([1.0, 2.0])), variable(3, 4)
        return w, x, (w * x).sum()

    w, x, y = graph()
    updated(how, w)
    for ask in (y.backward, lambda: grad(y, x), lambda: grad(y, x, create_graph=True)):
        with pytest.raises(tg.errors.GraphError, match="updated after the forward pass"):
            ask()
    assert x.grad is None
    (w * x).sum().backward()
    assert x.grad.tolist() == w.tolist()


def test_a_recorded_gradient_is_refused_too_once_a_variable_changed():
    x = variable(2)
    (g,) = grad((x**3).sum(), x, create_graph=True)
    x.data = [5.0]
    with pytest.raises(tg.errors.GraphError, match="updated"):
        g.backward()


def test_a_constant_that_gets_new_data_leaves_older_graphs_right():
    x, c = variable(1, 2), tg.tensor(np.array([3.0, 4.0]))
    y = (x * c).sum()
    c.data = [0.0, 0.0]
    assert grad(y, x)[0].tolist() == [3, 4]


def test_new_data_keeps_gradient_name_and_dtype():
    x = tg.tensor(np.ones(2, np.float32), requires_grad=True)
    (x * 3).sum().backward()
    x.data = [5, 6]
    assert x.grad.tolist() == [3, 3]
    assert x.dtype == np.float32
    assert x.requires_grad
    (x * 2).sum().backward()
    assert x.grad.tolist() == [5, 5]
