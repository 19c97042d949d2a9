"""Weights from and to Keras: against its equations in NumPy, and, where it is installed, against Keras itself."""

import itertools
import os

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq.errors import DTypeError, ShapeError, UnsupportedError

D, H, T, B = 3, 4, 5, 2
KINDS = [
    ("RNN", {}),
    ("LSTM", {}),
    ("GRU", {}),
    ("GRU", {"reset": "before"}),
    ("GRU", {"update": "write"}),
    ("GRU", {"reset": "before", "update": "write"}),
]
STACKS = list(itertools.product((True, False), (True, False), (1, 2)))
"""With biases or without, in both directions or one, one layer or two."""


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def shapes(kind, D, H, bias=True, reset_after=True):
    """What Keras's ``get_weights()`` of SimpleRNN, LSTM or GRU measures."""
    G = {"RNN": 1, "LSTM": 4, "GRU": 3}[kind] * H
    biases = [(2, G) if kind == "GRU" and reset_after else (G,)]
    return [(D, G), (H, G), *(biases if bias else [])]


def outputs(kind, x, weights, reset_after=True, backwards=False):
    """All h_t, after the equations of Keras's documentation, ``(B, T, H)`` for x ``(B, T, D)``."""
    kernel, recurrent, *rest = weights
    H = len(recurrent)
    b = rest[0] if rest else np.zeros(kernel.shape[1])
    h = c = np.zeros((len(x), H))
    result = np.zeros((*x.shape[:2], H))
    for t in range(x.shape[1])[:: -1 if backwards else 1]:
        if kind == "RNN":
            h = np.tanh(x[:, t] @ kernel + h @ recurrent + b)
        elif kind == "LSTM":
            a = x[:, t] @ kernel + h @ recurrent + b
            i, f, o = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H]), sigmoid(a[:, 3 * H :])
            c = f * c + i * np.tanh(a[:, 2 * H : 3 * H])
            h = o * np.tanh(c)
        elif reset_after:
            given, own = b if b.ndim == 2 else (b, 0)
            xs, hs = x[:, t] @ kernel + given, h @ recurrent + own
            z, r = sigmoid(xs[:, :H] + hs[:, :H]), sigmoid(xs[:, H : 2 * H] + hs[:, H : 2 * H])
            h = z * h + (1 - z) * np.tanh(xs[:, 2 * H :] + r * hs[:, 2 * H :])
        else:
            xs, hs = x[:, t] @ kernel + b, h @ recurrent[:, : 2 * H]
            z, r = sigmoid(xs[:, :H] + hs[:, :H]), sigmoid(xs[:, H : 2 * H] + hs[:, H:])
            h = z * h + (1 - z) * np.tanh(xs[:, 2 * H :] + (r * h) @ recurrent[:, 2 * H :])
        result[:, t] = h
    return result


class Tagger(tg.nn.Module):
    def __init__(self, kind, bias, both, layers, **options):
        self.rnn = getattr(tg.nn, kind)(D, H, layers, bias, True, bidirectional=both, **options)
        self.head = tg.nn.Linear(H * (1 + both), 2)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


@pytest.mark.parametrize(("kind", "options"), KINDS)
@pytest.mark.parametrize(("bias", "both", "layers"), STACKS)
def test_the_same_outputs_and_the_same_weights_back(kind, options, bias, both, layers):
    rng = np.random.default_rng(0)
    after = options.get("reset") != "before"
    ways = (False, True) if both else (False,)
    widths = [D, H * len(ways)][:layers]
    rnn = [
        [[rng.normal(size=shape) for shape in shapes(kind, width, H, bias, after)] for _ in ways] for width in widths
    ]
    kernel, offset = rng.normal(size=(H * len(ways), 2)), rng.normal(size=2)
    flat = [array for layer in rnn for way in layer for array in way] + [kernel, offset]

    x = y = rng.normal(size=(B, T, D))
    for layer in rnn:
        y = np.concatenate([outputs(kind, y, way, after, back) for way, back in zip(layer, ways, strict=True)], -1)

    model = Tagger(kind, bias, both, layers, **options).double()
    model.load_state_dict(tg.io.from_keras(model, flat))
    np.testing.assert_allclose(model(x).numpy(), y @ kernel + offset, rtol=0, atol=1e-12)
    back = tg.io.to_keras(model)
    assert [array.shape for array in back] == [array.shape for array in flat]
    for ours, theirs in zip(back, flat, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_a_layer_of_ours_in_keras(kind, options):
    layer = getattr(tg.nn, kind)(D, H, batch_first=True, **options).double()
    x = np.random.default_rng(0).normal(size=(B, T, D))
    after = options.get("reset") != "before"
    np.testing.assert_allclose(outputs(kind, x, tg.io.to_keras(layer), after), layer(x)[0].numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_cells(kind, options):
    cell = getattr(tg.nn, f"{kind}Cell")(D, H, **options).double()
    x = np.random.default_rng(0).normal(size=(B, 1, D))
    h = cell(x[:, 0])
    expected = outputs(kind, x, tg.io.to_keras(cell), options.get("reset") != "before")[:, 0]
    np.testing.assert_allclose((h[0] if kind == "LSTM" else h).numpy(), expected, rtol=0, atol=1e-12)
    copy = getattr(tg.nn, f"{kind}Cell")(D, H, **options).double()
    copy.load_state_dict(tg.io.from_keras(copy, tg.io.to_keras(cell)))
    h, g = cell(x[:, 0]), copy(x[:, 0])
    np.testing.assert_allclose(np.asarray(h), np.asarray(g), rtol=0, atol=1e-12)


def test_embedding_and_layers_without_weights():
    model = tg.nn.Sequential(tg.nn.Embedding(6, 3), tg.nn.Dropout(0.5), tg.nn.Linear(3, 2, bias=False))
    table, kernel = tg.io.to_keras(model)
    np.testing.assert_array_equal(table, model[0].weight.numpy())
    np.testing.assert_array_equal(kernel, model[2].weight.numpy().T)
    assert list(tg.io.from_keras(model, [table, kernel])) == ["0.weight", "2.weight"]


def test_normalisations():
    rng = np.random.default_rng(0)
    model = tg.nn.Sequential(tg.nn.LayerNorm(3), tg.nn.BatchNorm1d(3), tg.nn.BatchNorm1d(3, affine=False)).eval()
    weights = [rng.uniform(0.5, 2, 3) for _ in range(8)]
    model.load_state_dict(tg.io.from_keras(model, weights))
    x = rng.normal(size=(2, 3)).astype("float32")
    gamma, beta, scale, shift, *moving = weights
    y = gamma * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5) + beta
    y = scale * (y - moving[0]) / np.sqrt(moving[1] + 1e-5) + shift
    y = (y - moving[2]) / np.sqrt(moving[3] + 1e-5)
    np.testing.assert_allclose(model(x).numpy(), y, rtol=0, atol=1e-5)
    for ours, theirs in zip(tg.io.to_keras(model), weights, strict=True):
        np.testing.assert_array_equal(ours, theirs.astype("float32"))


def gru(**options):
    return tg.nn.GRU(D, H, **options)


ERRORS = {
    "weights of a Keras layer that are too few": (
        lambda: tg.io.from_keras(gru(), tg.io.to_keras(gru(bias=False))),
        ShapeError,
        r"from_keras: got 2 arrays, number 2 missing; need \(2, 12\), in all \(3, 12\), \(4, 12\), \(2, 12\)",
    ),
    "weights of a Keras layer that are too many": (
        lambda: tg.io.from_keras(gru(bias=False), tg.io.to_keras(gru())),
        ShapeError,
        r"got 3 arrays, number 2 \(2, 12\); need no more, in all",
    ),
    "weights of Keras's other GRU": (
        lambda: tg.io.from_keras(gru(reset="before"), tg.io.to_keras(gru())),
        ShapeError,
        r"number 2 \(2, 12\); need \(12,\).*reset_after=True has a bias .2, n. and is GRU.reset='after'. here",
    ),
    "a layer that Keras does not have": (
        lambda: tg.io.to_keras(tg.nn.LSTM(D, H, peepholes="diagonal")),
        UnsupportedError,
        "to_keras: got LSTM with peepholes='diagonal'; Keras has no such thing; export a model without",
    ),
    "what a layer does besides its weights": (
        lambda: tg.io.to_keras(tg.nn.Sequential(tg.nn.LSTM(H, H, zoneout=0.1, residual=True, ablate={"f": 1.0}))),
        UnsupportedError,
        r"to_keras: got LSTM at 0 with zoneout=0.1, residual=True, ablate=\{'f': 1.0\}; Keras has no such thing",
    ),
    "a cell with a gate held": (
        lambda: tg.io.to_keras(tg.nn.GRUCell(D, H, ablate={"r": 1.0})),
        UnsupportedError,
        r"to_keras: got GRUCell with ablate=\{'r': 1.0\}; Keras",
    ),
    "rows of an embedding that are kept short": (
        lambda: tg.io.to_keras(tg.nn.Embedding(5, 2, max_norm=1.0)),
        UnsupportedError,
        "to_keras: got Embedding with max_norm=1.0; Keras",
    ),
    "a normalisation without running means": (
        lambda: tg.io.to_keras(tg.nn.BatchNorm1d(3, track_running_stats=False)),
        UnsupportedError,
        "to_keras: got BatchNorm1d with track_running_stats=False; Keras",
    ),
    "a module of one's own that Keras does not have": (
        lambda: tg.io.to_keras(tg.nn.Sequential(tg.nn.Linear(2, 2), Scale())),
        UnsupportedError,
        "to_keras: got Scale at 1, which holds scale; Keras has no such layer",
    ),
}


class Scale(tg.nn.Module):
    def __init__(self):
        self.scale = tg.nn.Parameter([2.0])


@pytest.mark.parametrize(("provoke", "kind", "text"), ERRORS.values(), ids=ERRORS)
def test_bad_input(provoke, kind, text):
    with pytest.raises(kind, match=text):
        provoke()


def test_arrays_that_are_no_numbers():
    with pytest.raises(DTypeError, match="got an array of dtype <U1; need numbers"):
        tg.io.from_keras(tg.nn.RNN(1, 1), [np.array([["a"]]), np.ones((1, 1)), np.ones(1)])


@pytest.fixture
def keras():
    os.environ.setdefault("KERAS_BACKEND", "torch")
    pytest.importorskip("torch")
    return pytest.importorskip("keras")


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
def test_keras_itself(keras):
    layers, rng = keras.layers, np.random.default_rng(0)
    x = rng.normal(size=(B, T, D)).astype("float32")
    for (kind, options), (bias, both, count) in itertools.product(KINDS, STACKS):
        more = {"reset_after": options.get("reset") != "before"} if kind == "GRU" else {}
        theirs = keras.Sequential([keras.Input((None, D))])
        for _ in range(count):
            layer = getattr(layers, "SimpleRNN" if kind == "RNN" else kind)(
                H, use_bias=bias, return_sequences=True, **more
            )
            theirs.add(layers.Bidirectional(layer) if both else layer)
        theirs.add(layers.Dense(2))
        theirs.set_weights([rng.normal(size=w.shape) for w in theirs.get_weights()])
        ours = Tagger(kind, bias, both, count, **options)
        ours.load_state_dict(tg.io.from_keras(ours, theirs.get_weights()))
        np.testing.assert_allclose(ours(x).numpy(), theirs.predict(x, verbose=0), rtol=0, atol=1e-5)
        fresh = Tagger(kind, bias, both, count, **options)
        theirs.set_weights(tg.io.to_keras(fresh))
        np.testing.assert_allclose(fresh(x).numpy(), theirs.predict(x, verbose=0), rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
def test_a_whole_model_of_keras(keras):
    layers, rng = keras.layers, np.random.default_rng(0)
    theirs = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(9, D),
            layers.LayerNormalization(epsilon=1e-5),
            layers.Dropout(0.5),
            layers.Bidirectional(layers.LSTM(H)),
            layers.BatchNormalization(epsilon=1e-5),
            layers.Dense(5),
        ]
    )
    theirs.set_weights([rng.uniform(0.5, 1.5, size=w.shape) for w in theirs.get_weights()])

    class Model(tg.nn.Module):
        def __init__(self):
            self.embedding, self.norm = tg.nn.Embedding(9, D), tg.nn.LayerNorm(D)
            self.lstm = tg.nn.LSTM(D, H, bidirectional=True, batch_first=True)
            self.batch_norm, self.head = tg.nn.BatchNorm1d(2 * H), tg.nn.Linear(2 * H, 5)

        def forward(self, ids):
            _, (h, _) = self.lstm(self.norm(self.embedding(ids)))
            return self.head(self.batch_norm(np.concatenate([h[0], h[1]], axis=-1)))

    ours = Model().eval()
    ours.load_state_dict(tg.io.from_keras(ours, theirs.get_weights()))
    ids = rng.integers(0, 9, (4, 6))
    np.testing.assert_allclose(ours(ids).numpy(), theirs.predict(ids, verbose=0), rtol=0, atol=1e-5)
