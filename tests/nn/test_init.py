"""Initialisers: their distributions by statistics, what is exact exactly, and that no recorded graph sees them."""

import math

import numpy as np
import pytest
from refusals import refuses

import tinygrad_seq as tg
from tinygrad_seq import nn
from tinygrad_seq.errors import DTypeError, GraphError, OptionError, ShapeError
from tinygrad_seq.nn import init

SHAPE = (60, 240)


def weight(*shape, dtype="float64"):
    return nn.Parameter(np.full(shape or SHAPE, np.nan, dtype))


UNIFORM = {
    "uniform_": (lambda w: init.uniform_(w, -1, 3), -1, 3),
    "xavier_uniform_": (lambda w: init.xavier_uniform_(w, gain=2), -2 * math.sqrt(6 / 300), 2 * math.sqrt(6 / 300)),
    "kaiming_uniform_": (lambda w: init.kaiming_uniform_(w, a=1), -math.sqrt(3 / 240), math.sqrt(3 / 240)),
    "kaiming_uniform_ of outputs": (
        lambda w: init.kaiming_uniform_(w, mode="fan_out", nonlinearity="relu"),
        -math.sqrt(6 / 60),
        math.sqrt(6 / 60),
    ),
}
NORMAL = {
    "normal_": (lambda w: init.normal_(w, 1, 3), 1, 3),
    "xavier_normal_": (lambda w: init.xavier_normal_(w, gain=0.5), 0, 0.5 * math.sqrt(2 / 300)),
    "kaiming_normal_": (lambda w: init.kaiming_normal_(w, nonlinearity="tanh"), 0, 5 / 3 / math.sqrt(240)),
    "kaiming_normal_ of outputs": (
        lambda w: init.kaiming_normal_(w, a=0.2, mode="fan_out"),
        0,
        math.sqrt(2 / 1.04 / 60),
    ),
}


@pytest.mark.parametrize("name", UNIFORM)
def test_uniform_distributions(name):
    draw, low, high = UNIFORM[name]
    x = np.sort(draw(weight()).numpy().ravel())
    assert low <= x[0]
    assert x[-1] < high
    assert np.abs(x - np.linspace(low, high, x.size)).max() < 0.02 * (high - low)  # Kolmogorov and Smirnov


@pytest.mark.parametrize("name", NORMAL)
def test_normal_distributions(name):
    draw, mean, std = NORMAL[name]
    z = (draw(weight()).numpy().ravel() - mean) / std
    assert abs(z.mean()) < 0.04
    assert z.std() == pytest.approx(1, abs=0.03)
    assert (np.abs(z) < 1).mean() == pytest.approx(0.6827, abs=0.02)


def test_a_truncated_normal_distribution():
    x = init.trunc_normal_(weight(), mean=1.0, std=2.0, a=0.0, b=2.0).numpy()
    assert 0 <= x.min() < 0.01
    assert 1.99 < x.max() <= 2
    assert x.mean() == pytest.approx(1, abs=0.02)
    share = math.erf(0.25 / math.sqrt(2)) / math.erf(0.5 / math.sqrt(2))
    assert ((x > 0.5) & (x < 1.5)).mean() == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (4, 2, 3), (1, 6), (20, 5)])
@pytest.mark.parametrize("gain", [1.0, 2.5])
def test_orthogonal(shape, gain):
    q = init.orthogonal_(weight(*shape), gain).numpy().reshape(shape[0], -1)
    product = q.T @ q if q.shape[0] >= q.shape[1] else q @ q.T
    assert np.abs(product - gain**2 * np.eye(len(product))).max() < 1e-13 * gain**2


def test_orthogonal_has_no_preferred_sign():
    signs = [np.sign(np.diag(init.orthogonal_(weight(3, 3)).numpy())) for _ in range(300)]
    assert np.abs(np.mean(signs, axis=0)).max() < 0.2


def test_exact_values():
    assert np.array_equal(init.zeros_(weight()), np.zeros(SHAPE))
    assert np.array_equal(init.ones_(weight()), np.ones(SHAPE))
    assert np.array_equal(init.constant_(weight(), 0.3), np.full(SHAPE, 0.3))
    assert np.array_equal(init.eye_(weight(2, 3)), np.eye(2, 3))
    assert np.array_equal(init.identity_(weight(4, 2), 0.5), np.tile(0.5 * np.eye(2), (2, 1)))


FUNCTIONS = [
    *(init.uniform_, init.normal_, init.trunc_normal_, init.zeros_, init.ones_, init.eye_, init.identity_),
    *(init.xavier_uniform_, init.xavier_normal_, init.kaiming_uniform_, init.kaiming_normal_, init.orthogonal_),
    lambda w: init.constant_(w, 2.0),
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_a_parameter_keeps_dtype_and_name_and_older_graphs_refuse(function):
    layer = nn.Linear(4, 4)
    before = layer.weight.numpy().copy()
    loss = (layer.weight * layer.weight).sum()
    assert function(layer.weight) is layer.weight
    assert layer.weight.dtype == np.float32
    assert layer.weight.node.name == "weight"
    assert not np.array_equal(before, layer.weight)
    with pytest.raises(GraphError, match="updated"):
        loss.backward()


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if "generator" in f.__code__.co_varnames])
def test_a_generator_decides(function):
    draws = [function(weight(), generator=np.random.default_rng(7)).numpy() for _ in range(2)]
    assert np.array_equal(*draws)


LSTMS = {
    "LSTM": lambda: nn.LSTM(3, 4, num_layers=2, bidirectional=True),
    "LSTMCell": lambda: nn.LSTMCell(3, 4),
}


def sums(layer):
    """The sum of the two biases of each layer and direction, in blocks by gate."""
    named = dict(layer.named_parameters())
    pairs = [(b, named[name.replace("ih", "hh")]) for name, b in named.items() if name.startswith("bias_ih")]
    return [(a + b).numpy().reshape(-1, layer.hidden_size) for a, b in pairs]


@pytest.mark.parametrize("kind", LSTMS)
def test_forget_gate_bias(kind):
    layer = LSTMS[kind]()
    before = sums(layer)
    assert init.forget_gate_bias_(layer, 1.5) is layer
    for old, new in zip(before, sums(layer), strict=True):
        assert (new[1] == 1.5).all()
        assert np.array_equal(new[[0, 2, 3]], old[[0, 2, 3]])


@pytest.mark.parametrize("kind", LSTMS)
def test_chrono(kind):
    layer = LSTMS[kind]()
    before = sums(layer)
    init.chrono_(layer, 50)
    for old, new in zip(before, sums(layer), strict=True):
        assert np.array_equal(new[0], -new[1])
        assert (new[1] >= 0).all()
        assert (new[1] <= math.log(49)).all()
        assert np.array_equal(new[2:], old[2:])
    u = np.sort(np.exp(sums(init.chrono_(nn.LSTM(1, 500), 50))[0][1]))
    assert np.abs(u - np.linspace(1, 49, 500)).max() < 5


def test_chrono_of_a_gru_keeps_in_either_sense():
    for options, sign in (({}, 1), ({"update": "write"}, -1)):
        z = sums(init.chrono_(nn.GRU(3, 4, **options), 50))[0][1]
        assert (sign * z >= 0).all()
        assert np.abs(z).max() > 1


ERRORS = {
    "an array": (
        lambda: init.zeros_(np.ones(3)),
        DTypeError,
        "zeros_: got ndarray; need a Parameter of floating numbers, such as layer.weight",
    ),
    "integers": (lambda: init.normal_(tg.tensor(np.array([1, 2]))), DTypeError, "normal_: got int64; need a Parameter"),
    "a result": (lambda: init.ones_(weight() * 2), GraphError, "data: got a Tensor that an operation made"),
    "a bias for a weight": (
        lambda: init.xavier_uniform_(weight(3)),
        ShapeError,
        r"xavier_uniform_: got shape \(3,\); need at least 2 axes; use it for weights",
    ),
    "the identity of three axes": (
        lambda: init.eye_(weight(2, 2, 2)),
        ShapeError,
        r"eye_: got shape \(2, 2, 2\); need a",
    ),
    "the identity of a wide weight": (
        lambda: init.identity_(weight(2, 3)),
        ShapeError,
        r"identity_: got shape \(2, 3\); need \(k \* H, H\), a recurrent weight",
    ),
    "bounds in the wrong order": (
        lambda: init.uniform_(weight(), 1, 0),
        OptionError,
        "uniform_: got a=1, b=0; need a <=",
    ),
    "a negative deviation": (
        lambda: init.normal_(weight(), std=-1),
        OptionError,
        "normal_: got std=-1; need a number of",
    ),
    "bounds far out": (
        lambda: init.trunc_normal_(weight(), a=5.0, b=6.0),
        OptionError,
        "trunc_normal_: got a=5.0, b=6.0 for mean=0.0, std=1.0; need bounds with a share of at least 0.001",
    ),
    "an unknown mode": (
        lambda: init.kaiming_normal_(weight(), mode="fan"),
        OptionError,
        "kaiming_normal_: got mode='fan'",
    ),
    "an unknown nonlinearity": (
        lambda: init.calculate_gain("sine"),
        OptionError,
        "calculate_gain: got 'sine'; need one",
    ),
    "no forget gate": (
        lambda: init.forget_gate_bias_(nn.GRU(2, 3)),
        OptionError,
        "forget_gate_bias_: got GRU; need a layer with biases of gates f",
    ),
    "no biases": (
        lambda: init.forget_gate_bias_(nn.LSTM(2, 3, bias=False)),
        OptionError,
        "forget_gate_bias_: got LSTM",
    ),
    "no memory": (
        lambda: init.chrono_(nn.Linear(2, 3), 9),
        OptionError,
        "chrono_: got Linear; need a layer with biases",
    ),
    "a span of no steps": (
        lambda: init.chrono_(nn.LSTM(2, 3), 2),
        OptionError,
        "chrono_: got max_time=2; need a number",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    refuses(*ERRORS[name])
