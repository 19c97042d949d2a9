"""Layers without time: buffers, padding, long rows, dropout, and what they refuse."""

import copy
import pickle

import numpy as np
import pytest
from refusals import refuses

import tinygrad_seq as tg
from tinygrad_seq import nn
from tinygrad_seq.errors import DTypeError, GraphError, OptionError, ShapeError, UnsupportedError

X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")


class Counter(nn.Module):
    def __init__(self):
        self.register_buffer("seen", np.zeros(2))
        self.register_buffer("scratch", np.ones(1), persistent=False)
        self.register_buffer("absent", None)


def test_buffers():
    model = nn.Sequential(Counter())
    assert list(model.state_dict()) == ["0.seen"]
    assert [name for name, _ in model.named_buffers()] == ["0.seen", "0.scratch"]
    assert len(list(model.buffers())) == 2
    assert not list(model.parameters())
    model[0].seen = np.array([1.0, 2.0])
    other = nn.Sequential(Counter())
    other.load_state_dict(model.state_dict())
    assert other[0].seen.tolist() == [1, 2]
    model.astype("float32")
    assert model[0].scratch.dtype == model[0].seen.dtype == np.float32


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))], ids=["copy", "pickle"]
)
def test_a_copy_has_statistics_of_its_own(again):
    layer = nn.BatchNorm1d(3)
    layer(X)
    other = again(layer)
    other(X + 1)
    assert layer.num_batches_tracked == 1
    assert other.num_batches_tracked == 2
    assert not np.allclose(layer.running_mean, other.running_mean)


def test_a_state_is_a_copy_that_training_does_not_change():
    layer = nn.BatchNorm1d(3)
    layer(X)
    state = layer.state_dict()
    before = {name: a.copy() for name, a in state.items()}
    layer(X + 1)
    assert all(np.array_equal(a, before[name]) for name, a in state.items())
    other = nn.BatchNorm1d(3)
    other.load_state_dict(state)
    other(X + 1)
    assert all(np.array_equal(a, before[name]) for name, a in state.items())


def test_evaluation_changes_no_statistics():
    layers = [nn.BatchNorm1d(3).eval(), nn.BatchNormPerStep(3, 2).eval()]
    before = [layer.state_dict() for layer in layers]
    layers[0](X)
    layers[1](X.reshape(2, 3, 3))
    for layer, state in zip(layers, before, strict=True):
        assert all(np.array_equal(a, state[name]) for name, a in layer.state_dict().items())


def test_a_mean_over_all_batches():
    layer = nn.BatchNormPerStep(1, steps=2, momentum=None).double()
    x = np.random.default_rng(1).normal(size=(4, 2, 5, 1))
    for batch in x:
        layer(batch)
    assert np.allclose(layer.running_mean, x.mean((0, 2)))
    assert np.allclose(layer.running_var, x.var(2, ddof=1).mean(0))


@pytest.mark.parametrize("make", [lambda: nn.LayerNorm(3), lambda: nn.BatchNorm1d(3)])
def test_gradients_of_every_order(make):
    layer = make().double()
    x = np.random.default_rng(1).normal(size=(4, 3))
    tg.autograd.gradcheck(layer, x)
    tg.autograd.gradgradcheck(layer, x)


def test_functional_calls_take_a_whole_state():
    layer = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)).eval()
    state = layer.state_dict()
    state["1.running_mean"] = np.full(3, 7.0, "float32")
    y = tg.func.functional_call(layer, state, X)
    assert np.allclose(y, layer(X).numpy() - 7 / np.sqrt(1 + 1e-5), atol=1e-5)
    tg.func.functional_call(layer.train(), {}, X)
    assert (layer[1].running_mean == 0).all()
    assert layer[1].num_batches_tracked == 0


def test_padding_gets_no_gradient_and_stays():
    layer = nn.Embedding(5, 2, padding_idx=-1)
    assert layer.padding_idx == 4
    assert (layer.weight.numpy()[4] == 0).all()
    layer(np.array([4, 4])).sum().backward()
    assert (layer.weight.grad.numpy() == 0).all()


def test_rows_that_are_read_are_shortened_before_they_are_read():
    layer = nn.Embedding.from_pretrained(np.array([[3.0, 4.0], [0.3, 0.4], [30.0, 40.0]]), freeze=False, max_norm=1.0)
    assert np.allclose(layer(np.array([0, 1])), [[0.6, 0.8], [0.3, 0.4]])
    assert np.allclose(layer.weight, [[0.6, 0.8], [0.3, 0.4], [30, 40]])
    loss = (layer.weight * layer.weight).sum()
    layer(np.array([1]))  # nothing was too long: nothing has changed
    loss.backward()
    loss = (layer.weight * layer.weight).sum()
    layer(np.array([2]))
    with pytest.raises(GraphError, match="updated"):
        loss.backward()


def test_a_table_that_is_frozen():
    layer = nn.Embedding.from_pretrained([[1.0, 2.0]])
    assert not layer.weight.requires_grad
    assert list(layer.state_dict()) == ["weight"]
    assert layer.weight.dtype == np.float32


def test_dropout_takes_numbers_and_keeps_the_mean():
    layer = nn.Dropout(0.25)
    y = layer(np.ones(20000, "float32"))
    assert y.dtype == np.float32
    assert set(np.unique(y.numpy())) == {np.float32(0), np.float32(1 / 0.75)}
    assert y.numpy().mean() == pytest.approx(1, abs=0.02)
    assert layer([1, 2]).shape == (2,)
    assert layer.eval()([1.0, 2.0]).tolist() == [1, 2]
    assert (nn.Dropout(1.0)(np.ones(3)).numpy() == 0).all()


def test_layers_show_their_options():
    shown = [
        (nn.Embedding(5, 2, padding_idx=0), "Embedding(5, 2, padding_idx=0)"),
        (nn.LayerNorm(3), "LayerNorm((3,), eps=1e-05, elementwise_affine=True)"),
        (nn.BatchNormPerStep(3, 4), "BatchNormPerStep(3, steps=4, eps=1e-05, momentum=0.1)"),
        (nn.LeakyReLU(), "LeakyReLU(negative_slope=0.01)"),
        (nn.ReLU(), "ReLU()"),
        (nn.PReLU(), "PReLU(num_parameters=1)"),
        (nn.Flatten(), "Flatten(start_dim=1, end_dim=-1)"),
        (nn.HuberLoss(), "HuberLoss(delta=1.0, reduction='mean')"),
        (nn.CrossEntropyLoss([1.0, 2.0]), "CrossEntropyLoss(ignore_index=-100, label_smoothing=0.0, reduction='mean')"),
    ]
    for layer, text in shown:
        assert repr(layer) == text
    assert repr(nn.BatchNorm1d(3)).startswith("BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True")


def embedding(index, **options):
    return nn.functional.embedding(index, nn.Embedding(5, 2).weight, **options)


def test_an_axis_may_be_called_dim():
    x = np.arange(6.0).reshape(2, 3)
    for name in ("softmax", "log_softmax"):
        ours = getattr(nn.functional, name)
        assert np.array_equal(ours(x, dim=0), getattr(tg.ops, name)(x, axis=0))
        assert np.array_equal(ours(x, 0), ours(x, axis=0))
    assert nn.functional.cosine_similarity(x, x, dim=0).shape == (3,)


ERRORS = {
    "a reduction of a loss": (
        lambda: nn.MSELoss(reduction="avg"),
        OptionError,
        """MSELoss: got reduction='avg'; need "mean", "sum" or "none"$""",
    ),
    "a row of padding outside": (
        lambda: nn.Embedding(5, 2, padding_idx=5),
        OptionError,
        "embedding: got padding_idx=5 for 5 rows; need an integer in -5 ... 4",
    ),
    "half a row of padding": (lambda: nn.Embedding(5, 2, padding_idx=1.5), OptionError, "got padding_idx=1.5 for 5"),
    "a table of negative norms": (lambda: nn.Embedding(5, 2, max_norm=-1), OptionError, "embedding: got max_norm=-1,"),
    "gradients by frequency": (
        lambda: nn.Embedding(5, 2, scale_grad_by_freq=True),
        UnsupportedError,
        "Embedding: got scale_grad_by_freq=True; need False: .*use weight.register_hook to scale them",
    ),
    "sparse gradients": (lambda: nn.Embedding(5, 2, sparse=True), UnsupportedError, "Embedding: got sparse=True"),
    "a table of three axes": (
        lambda: nn.Embedding.from_pretrained(np.ones((2, 3, 4))),
        ShapeError,
        r"Embedding: got a table \(2, 3, 4\); need \(V, D\)",
    ),
    "an index that is no integer": (
        lambda: embedding(np.array([0.0])),
        DTypeError,
        r"embedding: got indices of dtype float64; need integers; use .astype\(int\)",
    ),
    "an index outside": (lambda: embedding(np.array([-1])), OptionError, "embedding: got index -1 for 5 rows; need 0"),
    "rows of norm 0": (
        lambda: embedding(np.array([1]), max_norm=0.0),
        OptionError,
        "embedding: got max_norm=0.0, norm_type=2.0; need numbers above 0",
    ),
    "dropout of integers": (
        lambda: nn.Dropout()(np.array([1, 2])),
        DTypeError,
        r"dropout: got int64; need floating numbers; use .astype\(float\), or drop after the embedding",
    ),
    "dropout of text": (lambda: nn.Dropout()("text"), DTypeError, "dropout: got dtype <U4; need real numbers"),
    "dropout of a pair of layers": (
        lambda: nn.Dropout()([nn.Linear(1, 1)(X[:, :1]), 1.0]),
        DTypeError,
        "dropout: got a list of Tensors, whose history would be lost",
    ),
    "a probability above 1": (
        lambda: nn.functional.dropout(X, p=1.5),
        OptionError,
        "dropout: got p=1.5; need a probability in 0 ... 1",
    ),
    "a probability that is none": (
        lambda: nn.functional.dropout(X, p="0.5"),
        OptionError,
        "dropout: got p='0.5'; need a probability in 0 ... 1",
    ),
    "an activation for a bias": (
        lambda: nn.Linear(3, 2, "relu"),
        OptionError,
        "Linear: got bias='relu'; need True or False; give other options by name",
    ),
    "a layer that drops more than all": (lambda: nn.Dropout(-1), OptionError, "Dropout: got p=-1; need a probability"),
    "axes in the wrong order": (
        lambda: nn.Flatten(2, 1)(np.ones((2, 3, 4))),
        ShapeError,
        r"Flatten: got x \(2, 3, 4\); need axes 2 to 1, in this order",
    ),
    "features of another number": (
        lambda: nn.LayerNorm(4)(X),
        ShapeError,
        r"layer_norm: got input \(6, 3\) for normalized_shape \(4,\); need \(\.\.\., 4\)",
    ),
    "a size of 0": (
        lambda: nn.LayerNorm(0),
        OptionError,
        r"LayerNorm: got normalized_shape\[0\]=0; need an integer of",
    ),
    "an affine map of text": (
        lambda: nn.LayerNorm(3, elementwise_affine="no"),
        OptionError,
        "LayerNorm: got elementwise_affine='no'; need True or False",
    ),
    "features on another axis": (
        lambda: nn.BatchNorm1d(4)(X),
        ShapeError,
        r"BatchNorm1d: got x \(6, 3\); need \(B, 4\) or \(B, 4, T\); swap axes, or use BatchNormPerStep",
    ),
    "a batch of one": (
        lambda: nn.BatchNorm1d(3)(X[:1]),
        ShapeError,
        r"batch_norm: got x \(1, 3\), 1 for each feature; need two or more for a mean of the batch; use eval\(\)",
    ),
    "a step of one row": (
        lambda: nn.BatchNormPerStep(3, 2)(X[:1], t=0),
        ShapeError,
        r"BatchNormPerStep: got x \(1, 3\)",
    ),
    "one step for all": (
        lambda: nn.BatchNormPerStep(3, 2)(X),
        ShapeError,
        r"BatchNormPerStep: got x \(6, 3\) and t=None; need \(T, B, 3\)",
    ),
    "a step before the first": (lambda: nn.BatchNormPerStep(3, 2)(X, t=-1), OptionError, "BatchNormPerStep: got t=-1"),
    "a share of more than all": (
        lambda: nn.BatchNorm1d(3, momentum=2.0),
        OptionError,
        "BatchNorm1d: got momentum=2.0; need 0 ... 1, or None for the mean of all batches",
    ),
    "no slopes": (lambda: nn.PReLU(0), OptionError, "PReLU: got num_parameters=0; need an integer of at least 1"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    refuses(*ERRORS[name])
