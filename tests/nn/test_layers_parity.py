"""Layers without time, losses as layers, and gains, against PyTorch: defaults, names of the state, results."""

import inspect
import math

import numpy as np
import pytest

import tinygrad_seq as tg

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity
RNG = np.random.default_rng(0)


def agree(ours, theirs, what, tolerance=1e-10):
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape, what
    assert np.abs(np.asarray(ours) - theirs).max(initial=0) <= tolerance * max(1, np.abs(theirs).max(initial=0)), what


def pair(name, *args, **options):
    """One layer here and there, in float64, with the same state."""
    torch.manual_seed(1)
    theirs = getattr(torch.nn, name)(*args, **options).double()
    ours = getattr(tg.nn, name)(*args, **options).double()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        assert ours.state_dict()[key].shape == tuple(value.shape), key
    with torch.no_grad():
        for p in theirs.parameters():
            p += 0.1 * torch.randn_like(p)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def compare(ours, theirs, x, tolerance=1e-10):
    """Output, gradients of input and parameters, and the state afterwards."""
    a, b = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = ours(a), theirs(b)
    agree(y, z, "output")
    u = np.random.default_rng(3).normal(size=y.shape)
    ours.zero_grad()
    theirs.zero_grad()
    (y * u).sum().backward()
    (z * torch.tensor(u)).sum().backward()
    agree(a.grad, b.grad, "gradient of x", tolerance)
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        agree(p.grad, q.grad, name)
    for (name, value), other in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
        agree(value, other, name)


ACTIVATIONS = {
    **{
        name: [{}]
        for name in (
            *("ReLU", "ReLU6", "Tanh", "Sigmoid", "LogSigmoid", "SiLU", "SELU", "Mish", "Softsign", "Tanhshrink"),
            *("Hardsigmoid", "Hardswish", "Identity"),
        )
    },
    "LeakyReLU": [{}, {"negative_slope": 0.2}],
    "ELU": [{}, {"alpha": 0.5}],
    "CELU": [{}, {"alpha": 0.5}],
    "GELU": [{}, {"approximate": "tanh"}],
    "Softplus": [{}, {"beta": 2.0, "threshold": 1.0}],
    "Hardtanh": [{}, {"min_val": -0.5, "max_val": 0.7}],
    "Softmax": [{"dim": 1}, {"dim": -1}],
    "LogSoftmax": [{"dim": 0}, {"dim": -1}],
    "PReLU": [{}, {"num_parameters": 4}, {"init": 0.1}],
    "Flatten": [{}, {"start_dim": 0, "end_dim": 1}],
}


@pytest.mark.parametrize(("name", "options"), [(n, o) for n, several in ACTIVATIONS.items() for o in several], ids=str)
def test_activations(name, options):
    tolerance = 1e-7 if name == "Hardsigmoid" else 1e-10  # PyTorch's sixth is that of float32
    compare(*pair(name, **options), 2 * RNG.normal(size=(3, 4, 2)), tolerance)


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        (4, {}),
        ((3, 4), {"eps": 1e-2}),
        ([4], {"elementwise_affine": False}),
        (4, {"bias": False}),
    ],
    ids=str,
)
def test_layer_norm(shape, options):
    compare(*pair("LayerNorm", shape, **options), RNG.normal(size=(2, 3, 4)))


NORMS = [
    {},
    {"momentum": 0.3, "eps": 1e-2},
    {"momentum": None},
    {"affine": False},
    {"track_running_stats": False},
    {"bias": False},
]


@pytest.mark.parametrize("shape", [(5, 3), (5, 3, 2)], ids=str)
@pytest.mark.parametrize("options", NORMS, ids=str)
def test_batch_norm(options, shape):
    ours, theirs = pair("BatchNorm1d", 3, **options)
    for batch in range(3):
        compare(ours, theirs, 2 * RNG.normal(size=shape) + batch)
    ours.eval()
    theirs.eval()
    compare(ours, theirs, RNG.normal(size=shape))
    if options.get("track_running_stats", True):
        compare(ours, theirs, RNG.normal(size=(1, *shape[1:])))


def test_statistics_by_step_are_those_of_a_layer_for_each():
    ours = tg.nn.BatchNormPerStep(3, steps=4).double()
    tg.nn.init.constant_(ours.weight, 0.1)  # which was that of float32
    theirs = [torch.nn.BatchNorm1d(3).double() for _ in range(4)]
    for layer in theirs:
        torch.nn.init.constant_(layer.weight, 0.1)
    for batch in range(3):
        x = RNG.normal(size=(4, 5, 3)) + batch
        y = ours(x) if batch else tg.ops.stack([ours(x[t], t) for t in range(4)])
        agree(y, torch.stack([layer(torch.tensor(x[t])) for t, layer in enumerate(theirs)]), "training")
    ours.eval()
    x = RNG.normal(size=(6, 5, 3))  # longer than it was trained for
    expected = torch.stack([theirs[min(t, 3)].eval()(torch.tensor(x[t])) for t in range(6)])
    agree(ours(x), expected, "evaluation")
    agree(ours(x[5], t=5), expected[5], "one step")
    agree(ours.running_var, torch.stack([layer.running_var for layer in theirs]), "variance")


@pytest.mark.parametrize(
    "options",
    [{}, {"padding_idx": 2}, {"padding_idx": -1}, {"max_norm": 1.0}, {"max_norm": 1.0, "norm_type": 1.0}],
    ids=str,
)
def test_embedding(options):
    ours, theirs = pair("Embedding", 6, 3, **options)
    index = np.array([[0, 2, 5], [2, 1, 0]])
    u = RNG.normal(size=(2, 3, 3))
    y, z = ours(index), theirs(torch.tensor(index))
    agree(y, z, "output")
    (y * u).sum().backward()
    (z * torch.tensor(u)).sum().backward()
    agree(ours.weight.grad, theirs.weight.grad, "gradient")
    agree(ours.weight, theirs.weight, "table")


LOSSES = {
    "CrossEntropyLoss": {"weight": [1.0, 2.0, 0.5], "label_smoothing": 0.1, "ignore_index": 1},
    "NLLLoss": {"weight": [1.0, 2.0, 0.5], "reduction": "sum"},
    "BCELoss": {"weight": [1.0, 2.0, 0.5]},
    "BCEWithLogitsLoss": {"weight": [1.0, 2.0, 0.5], "pos_weight": [1.0, 3.0, 1.0]},
    "MSELoss": {"reduction": "sum"},
    "L1Loss": {"reduction": "none"},
    "SmoothL1Loss": {"beta": 0.5},
    "HuberLoss": {"delta": 0.5},
    "KLDivLoss": {"reduction": "batchmean"},
    "MarginRankingLoss": {"margin": 0.3},
    "HingeEmbeddingLoss": {"margin": 0.3},
    "SoftMarginLoss": {"reduction": "sum"},
    "MultiMarginLoss": {"p": 2, "weight": [1.0, 2.0, 0.5]},
    "CosineEmbeddingLoss": {"margin": 0.3},
    "TripletMarginLoss": {"margin": 2.0, "swap": True},
}
P, Q, R = (RNG.uniform(0.1, 0.9, size=(4, 3)) for _ in range(3))
GOALS, SIGNS = np.array([0, 2, 1, 2]), np.array([1.0, -1.0, 1.0, -1.0])
INPUTS = {
    **dict.fromkeys(("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss"), (P, GOALS)),
    "MarginRankingLoss": (P[:, 0], Q[:, 0], SIGNS),
    **dict.fromkeys(("HingeEmbeddingLoss", "SoftMarginLoss"), (P[:, 0], SIGNS)),
    "CosineEmbeddingLoss": (P, Q, SIGNS),
    "TripletMarginLoss": (P, Q, R),
}


@pytest.mark.filterwarnings("ignore:reduction:UserWarning")
@pytest.mark.parametrize("options", ["default", "other"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_as_layers(name, options):
    options = {} if options == "default" else LOSSES[name]
    inputs = INPUTS.get(name, (P, Q))
    weights = {key: torch.tensor(v) if isinstance(v, list) else v for key, v in options.items()}
    ours, theirs = getattr(tg.nn, name)(**options).double(), getattr(torch.nn, name)(**weights).double()
    agree(ours(*inputs), theirs(*map(torch.tensor, inputs)), name)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())


IGNORED = {
    "device",
    "dtype",
    "inplace",
    "size_average",
    "reduce",
    "self",
    "min_value",
    "max_value",
    "_weight",
    "_freeze",
    "args",
    "kwargs",
}
NAMES = [*ACTIVATIONS, *LOSSES, "Linear", "Embedding", "Dropout", "LayerNorm", "BatchNorm1d"]
OPTIMISERS = ["SGD", "Adam", "AdamW", "NAdam", "RMSprop", "Adagrad", "Adadelta"]


@pytest.mark.parametrize("name", NAMES)
def test_options_and_defaults_are_pytorchs(name):
    def options(layer):
        found = inspect.signature(layer.__init__).parameters.values()
        return {p.name: p.default for p in found if p.name not in IGNORED}

    ours, theirs = options(getattr(tg.nn, name)), options(getattr(torch.nn, name))
    if name in ("Softmax", "LogSoftmax"):
        theirs["dim"] = -1  # there None, which warns
    assert {key: ours.get(key, "missing") for key in theirs} == theirs
    assert list(ours)[: len(theirs)] == list(theirs)


def test_gains():
    for name in ("linear", "conv1d", "sigmoid", "tanh", "relu", "selu", "leaky_relu"):
        assert tg.nn.init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name), rel=1e-15)
    assert tg.nn.init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)


@pytest.mark.parametrize("name", ["Linear", "Embedding", "LSTM"])
def test_initial_distributions(name):
    args = (400, 300)
    torch.manual_seed(0)
    ours, theirs = getattr(tg.nn, name)(*args), getattr(torch.nn, name)(*args)
    for (key, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        mine, other = np.sort(p.numpy().ravel()), np.sort(q.detach().numpy().ravel())
        near = 5 / math.sqrt(mine.size)
        assert np.abs(mine - other).max() < max(near, 0.02) * np.abs(other).max() + 0.5 * (name == "Embedding"), key
        assert mine.std() == pytest.approx(other.std(), rel=2 * near)
