"""ONNX models, run by onnxruntime: what it computes is what the module computes, for sizes of any kind."""

import sys

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq.errors import OptionError, ProgramError, ShapeError, UnsupportedError
from tinygrad_seq.io import to_onnx

D, H = 3, 4


@pytest.fixture(scope="module")
def run():
    """A function that runs a model, which onnx has checked."""
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    runtime.set_default_logger_severity(3)

    def run(model, **inputs):
        content = model if isinstance(model, bytes) else model.SerializeToString()
        return runtime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(None, inputs)

    return run


def flat(result):
    return [array for part in result for array in flat(part)] if isinstance(result, tuple) else [np.asarray(result)]


def agree(results, expected):
    for ours, theirs in zip(expected, results, strict=True):
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-5)


def configuration(rng):
    """A layer with random options, and a call of it: inputs by name, and the arguments."""
    kind = str(rng.choice(["RNN", "LSTM", "GRU"]))
    flags = {name: bool(rng.integers(2)) for name in ("bias", "batch_first", "bidirectional", "residual")}
    options = {"num_layers": int(rng.integers(1, 4)), "dropout": 0.5, "recurrent_dropout": 0.5, **flags}
    options |= {
        "RNN": {"nonlinearity": str(rng.choice(["tanh", "relu", "sigmoid"]))},
        "LSTM": {"peepholes": [None, "diagonal"][rng.integers(2)], "coupled": bool(rng.integers(2))},
        "GRU": {"reset": str(rng.choice(["after", "before"])), "update": str(rng.choice(["keep", "write"]))},
    }[kind]
    # Half of the residual layers are so from the first on.
    size = H * (1 + flags["bidirectional"]) if flags["residual"] and rng.integers(2) else D
    layer = getattr(tg.nn, kind)(size, H, **options).eval()
    T, B = int(rng.integers(1, 8)), int(rng.integers(1, 5))
    if rng.integers(8) == 0:
        return layer, {"x": ("T", size)}, {"x": rng.normal(size=(T, size)).astype("float32")}
    order = ("B", "T") if flags["batch_first"] else ("T", "B")
    inputs, call = {"x": (*order, size)}, {"x": rng.normal(size=(T, B, size)).astype("float32")}
    if rng.integers(2):
        rows = options["num_layers"] * (1 + flags["bidirectional"])
        states = [rng.normal(size=(rows, B, H)).astype("float32") for _ in range(1 + (kind == "LSTM"))]
        axes = (rows, "B", H)
        inputs["hx"] = {"h_0": axes, "c_0": axes} if kind == "LSTM" else axes
        call["hx"] = tuple(states) if kind == "LSTM" else states[0]
    if rng.integers(2):
        inputs["lengths"], call["lengths"] = ("B",), rng.integers(0, T + 1, size=B)
        for row, length in enumerate(call["lengths"]):
            call["x"][length:, row] = np.nan
    if flags["batch_first"]:
        call["x"] = call["x"].swapaxes(0, 1)
    return layer, inputs, call


@pytest.mark.parity
@pytest.mark.parametrize("seed", range(50))
def test_random_configurations(seed, run):
    layer, inputs, call = configuration(np.random.default_rng(seed))
    fed = dict(call)
    if isinstance(call.get("hx"), tuple):
        fed["h_0"], fed["c_0"] = fed.pop("hx")
    agree(run(to_onnx(layer, inputs=inputs), **fed), flat(layer(**call)))


@pytest.mark.parity
def test_one_model_for_all_sizes(run):
    model = to_onnx(tg.nn.GRU(D, H, 2, batch_first=True))
    assert [output.name for output in model.graph.output] == ["output", "h_n"]
    sizes = [d.dim_param or d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    assert sizes == ["B", "T", D]
    layer = tg.nn.GRU(D, H, 2, batch_first=True)
    model = to_onnx(layer)
    for B, T in ((1, 1), (3, 2), (2, 9)):
        x = np.random.default_rng(0).normal(size=(B, T, D)).astype("float32")
        agree(run(model, x=x), flat(layer(x)))


CELLS = [
    ("RNN", {"nonlinearity": "relu"}),
    ("LSTM", {"coupled": True}),
    ("LSTM", {"peepholes": "diagonal", "bias": False}),
    ("GRU", {}),
    ("GRU", {"reset": "before", "update": "write"}),
]


@pytest.mark.parity
@pytest.mark.parametrize("batch", [(), (2,)], ids=["single", "batch"])
@pytest.mark.parametrize(("kind", "options"), CELLS)
def test_cells(kind, options, batch, run):
    cell = getattr(tg.nn, f"{kind}Cell")(D, H, **options)
    rng = np.random.default_rng(0)
    x, h, c = (rng.normal(size=(*batch, n)).astype("float32") for n in (D, H, H))
    lead = ("B",) * len(batch)
    agree(run(to_onnx(cell, inputs={"x": (*lead, D)}), x=x), flat(cell(x)))
    if kind == "LSTM":
        model = to_onnx(cell, inputs={"x": (*lead, D), "hx": {"h": (*lead, H), "c": (*lead, H)}})
        agree(run(model, x=x, h=h, c=c), flat(cell(x, (h, c))))
    else:
        agree(run(to_onnx(cell, inputs={"x": (*lead, D), "hx": (*lead, H)}), x=x, hx=h), flat(cell(x, h)))


class Tagger(tg.nn.Module):
    """A class for each step."""

    def __init__(self):
        self.embedding = tg.nn.Embedding(9, D)
        self.dropout = tg.nn.Dropout(0.5)
        self.lstm = tg.nn.LSTM(D, H, bidirectional=True)
        self.head = tg.nn.Sequential(tg.nn.Linear(2 * H, H), tg.nn.Linear(H, 5, bias=False))

    def forward(self, ids, lengths=None):
        output, _ = self.lstm(self.dropout(self.embedding(ids)), lengths=lengths)
        return self.head(output)


class Reader(Tagger):
    """A class for the whole, from the last states, in operations of many kinds."""

    def __init__(self):
        super().__init__()
        self.scale = tg.nn.Parameter([2.0])
        self.cell = tg.nn.GRUCell(H, H)

    def forward(self, ids):
        output, (h, c) = self.lstm(self.embedding(ids[:, ::-1]))
        both = np.concatenate([h[-1], h[0]], axis=-1)
        both += 1 - self.scale * np.tanh(np.swapaxes(c, 0, 1)[:, 0])[..., [0][0] : None][:, :1]
        pooled = np.mean(output[1:], axis=0) - output.max(0) / 2 + np.sum(output * output, axis=0)
        first, second = self.head(both), self.head[0](pooled)
        h = self.cell(second, np.maximum(second, 0) ** 2)
        return {"classes": first, "states": [h, (h[None] @ np.eye(H, dtype="float32")).sum((0, 2), keepdims=True)]}


@pytest.mark.parity
def test_a_tagger_with_lengths(run, tmp_path):
    model = Tagger().eval()
    rng = np.random.default_rng(0)
    ids, lengths = rng.integers(0, 9, (6, 3)), np.array([6, 0, 2])
    agree(run(to_onnx(model, inputs={"ids": ("T", "B")}), ids=ids), flat(model(ids)))
    path = tmp_path / "tagger.onnx"
    to_onnx(model, path, {"ids": ("T", "B"), "lengths": ("B",)}, ["logits"])
    agree(run(path.read_bytes(), ids=ids, lengths=lengths), flat(model(ids, lengths)))
    assert [file.name for file in tmp_path.iterdir()] == ["tagger.onnx"]


@pytest.mark.parity
def test_what_forward_does_between_layers(run):
    model = Reader().eval()
    ids = np.random.default_rng(0).integers(0, 9, (6, 3))
    expected = model(ids)
    found = run(to_onnx(model, inputs={"ids": ("T", "B")}, outputs=["classes", "h", "sum"]), ids=ids)
    agree(found, flat((expected["classes"], *expected["states"])))


nn = tg.nn
LAYERS = [
    *(nn.ReLU(), nn.Tanh(), nn.Sigmoid(), nn.Softsign(), nn.Mish(), nn.SELU(), nn.Hardsigmoid(), nn.Hardswish()),
    *(nn.LeakyReLU(0.3), nn.ELU(0.7), nn.CELU(0.7), nn.Softmax(0), nn.LogSoftmax(), nn.Softplus(2.0), nn.LogSigmoid()),
    *(nn.SiLU(), nn.GELU(), nn.GELU("tanh"), nn.ReLU6(), nn.Hardtanh(-0.5, 2.0), nn.Tanhshrink(), nn.Identity()),
    *(nn.LayerNorm(4), nn.LayerNorm((3, 4), bias=False), nn.LayerNorm(4, 0.1, False), nn.Flatten(), nn.Flatten(0)),
    *(nn.BatchNorm1d(3), nn.BatchNorm1d(3, affine=False), nn.Dropout(0.5)),
]


@pytest.mark.parity
@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_layers_without_time(layer, run):
    rng = np.random.default_rng(0)
    for name, value in layer.state_dict().items():
        if value.dtype.kind == "f":
            layer.load_state_dict({name: rng.uniform(0.5, 2, value.shape)}, strict=False)
    x = (3 * rng.normal(size=(2, 3, 4))).astype("float32")
    agree(run(to_onnx(layer.eval(), inputs={"x": ("B", 3, 4)}), x=x), flat(layer(x)))


def test_every_activation_can_be_exported():
    from tinygrad_seq.io.onnx.activations import ACTIVATIONS
    from tinygrad_seq.nn.activations import _Activation

    assert {kind.function for kind in _Activation.__subclasses__()} <= set(ACTIVATIONS)


@pytest.mark.parity
def test_the_module_is_not_changed_and_shared_layers_are_stored_once(run):
    shared = tg.nn.Linear(D, D)
    model = tg.nn.Sequential(shared, tg.nn.Dropout(0.5), shared)
    model.register_forward_hook(lambda *_: pytest.fail("a hook was run"))
    before, state = repr(model), model.state_dict()
    made = to_onnx(model)
    assert (repr(model), model.training) == (before, True)
    assert all(np.array_equal(a, state[name]) for name, a in model.state_dict().items())
    assert sorted(constant.name for constant in made.graph.initializer) == ["0.bias", "0.weight.T"]
    x = np.random.default_rng(0).normal(size=(2, D)).astype("float32")
    agree(run(made, x=x), flat(shared(shared(x))))


@pytest.mark.parity
def test_float64_is_a_valid_model():
    pytest.importorskip("onnx")
    from onnx.reference import ReferenceEvaluator

    layer = tg.nn.LSTM(D, H).double()
    x = np.random.default_rng(0).normal(size=(5, 2, D))
    found = ReferenceEvaluator(to_onnx(layer)).run(None, {"x": x})
    for theirs, ours in zip(found, flat(layer(x)), strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-12)


class Odd(tg.nn.Module):
    """A forward that does something with a layer's output."""

    def __init__(self, does):
        self.rnn = tg.nn.RNN(D, H)
        self.does = does

    def forward(self, x, y=0):
        return self.does(self.rnn(x)[0])


def without_onnx(call):
    hidden, sys.modules["onnx"] = sys.modules.get("onnx"), None
    try:
        return call()
    finally:
        if hidden is None:
            del sys.modules["onnx"]
        else:
            sys.modules["onnx"] = hidden


ERRORS = {
    "onnx that is not installed": (
        lambda: without_onnx(lambda: tg.io.to_onnx(tg.nn.Linear(3, 4))),
        ProgramError,
        r'to_onnx: onnx is not installed; pip install "tinygrad_seq\[onnx\]"',
    ),
    "no module for ONNX": (lambda: tg.io.to_onnx(np.tanh), OptionError, "to_onnx: got ufunc; need a Module"),
    "a layer that ONNX does not have": (
        lambda: tg.io.to_onnx(tg.nn.Sequential(tg.nn.Linear(3, 3), tg.nn.MGU(3, 4))),
        UnsupportedError,
        "to_onnx: got MGU at 1, which ONNX does not have",
    ),
    "a variant that ONNX does not have": (
        lambda: tg.io.to_onnx(tg.nn.LSTM(3, 4, peepholes="full", forget_gate=False, proj_size=2, zoneout=0.1)),
        UnsupportedError,
        "got LSTM with zoneout=0.1, proj_size=2, peepholes='full', forget_gate=False; ONNX has no such thing",
    ),
    "a nonlinearity that ONNX does not have": (
        lambda: tg.io.to_onnx(tg.nn.RNN(3, 4, nonlinearity=tg.ops.softsign)),
        UnsupportedError,
        "got RNN with nonlinearity='softsign'; ONNX has no such thing",
    ),
    "an embedding that changes its table, for ONNX": (
        lambda: tg.io.to_onnx(tg.nn.Embedding(3, 4, max_norm=1.0)),
        UnsupportedError,
        "to_onnx: got Embedding with max_norm=1.0; ONNX has no such thing",
    ),
    "the batch's own statistics in ONNX": (
        lambda: tg.io.to_onnx(tg.nn.BatchNorm1d(4, track_running_stats=False), inputs={"x": ("B", 4)}),
        UnsupportedError,
        "got BatchNorm1d with track_running_stats=False",
    ),
    "axes in the middle as one in ONNX": (
        lambda: tg.io.to_onnx(tg.nn.Flatten(1, 2), inputs={"x": ("B", 2, 3, 4)}),
        UnsupportedError,
        "got Flatten with start_dim=1, end_dim=2",
    ),
    "the gates in ONNX": (
        lambda: tg.io.to_onnx(Recorded()),
        UnsupportedError,
        "got record=True at rnn; ONNX's RNN shows no gates",
    ),
    "an operation that a symbol does not know": (
        lambda: tg.io.to_onnx(Odd(tg.ops.softmax)),
        UnsupportedError,
        "got a forward that asks a value for its value; need layers, operators, .*, and of NumPy absolute, add,",
    ),
    "an index that a symbol does not know": (
        lambda: tg.io.to_onnx(Odd(lambda y: y[[0, 1]])),
        UnsupportedError,
        "asks a value for an index of type list",
    ),
    "sizes that do not fit in ONNX": (
        lambda: tg.io.to_onnx(Odd(lambda y: y + np.ones(3))),
        ShapeError,
        r"to_onnx: got Add of \('T', 'B', 4\) and \(3,\), which do not fit",
    ),
    "an output that is no value": (
        lambda: tg.io.to_onnx(Odd(lambda y: "y")),
        UnsupportedError,
        "got a forward that returns str; need what comes of its inputs",
    ),
    "an input of the wrong width for ONNX": (
        lambda: tg.io.to_onnx(tg.nn.RNN(3, 4), inputs={"x": ("T", "B", 4)}),
        ShapeError,
        r"got \('T', 'B', 4\) for RNN; need 2 or 3 axes, and 3 as the last size",
    ),
    "a state that is no pair for ONNX": (
        lambda: tg.io.to_onnx(tg.nn.LSTM(3, 4), inputs={"x": ("T", "B", 3), "hx": (1, "B", 4)}),
        ShapeError,
        r"got hx that is no pair for LSTM\(3, 4\); need \(h, c\)",
    ),
    "lengths without a batch for ONNX": (
        lambda: tg.io.to_onnx(tg.nn.GRU(3, 4), inputs={"x": ("T", 3), "lengths": ("B",)}),
        ShapeError,
        r"got lengths for GRU and x \('T', 3\), which has no batch; leave them out",
    ),
    "names of inputs for ONNX alone": (
        lambda: tg.io.to_onnx(tg.nn.GRU(3, 4), inputs=["x"]),
        OptionError,
        r"got inputs=\['x'\]; need the axes of each by name",
    ),
    "inputs for ONNX that are missing": (
        lambda: tg.io.to_onnx(Pair()),
        OptionError,
        "got no inputs for Pair, whose forward takes x, y; need inputs=",
    ),
    "inputs for ONNX that nothing tells": (
        lambda: tg.io.to_onnx(tg.nn.Sequential()),
        OptionError,
        "got no inputs for Sequential, which has no layer; need inputs=",
    ),
    "inputs for ONNX that forward does not take": (
        lambda: tg.io.to_onnx(tg.nn.Linear(3, 4), inputs={"input": ("B", 3)}),
        OptionError,
        "got inputs input for Linear; its forward takes x",
    ),
    "axes for ONNX that are none": (
        lambda: tg.io.to_onnx(tg.nn.Linear(3, 4), inputs={"x": ("B", -1)}),
        OptionError,
        r"got \('B', -1\) for the axes of x; need a tuple of positive integers and names",
    ),
    "outputs of ONNX that are too many": (
        lambda: tg.io.to_onnx(tg.nn.Linear(3, 4), outputs=["y", "z"]),
        OptionError,
        r"got outputs=\['y', 'z'\]; need 1 different names, one for each value that Linear returns",
    ),
}


class Recorded(Odd):
    def __init__(self):
        super().__init__(None)

    def forward(self, x):
        return self.rnn(x, record=True)


class Pair(tg.nn.Module):
    def forward(self, x, y):
        return x + y


@pytest.mark.parametrize(("provoke", "kind", "text"), ERRORS.values(), ids=ERRORS)
def test_bad_input(provoke, kind, text):
    with pytest.raises(kind, match=text):
        provoke()


@pytest.mark.parametrize(
    ("does", "what"),
    [
        (lambda y: y.shape, "its shape"),
        (lambda y: [*y], "its elements one by one"),
        (lambda y: len(y), "its length"),
        (lambda y: y or 0, "its truth"),
        (lambda y: np.arctan(y), "np.arctan"),
        (lambda y: np.add.reduce(y), "np.add.reduce"),
        (lambda y: np.vstack([y, y]), "np.vstack"),
        (lambda y: np.asarray(y), "its value"),
        (lambda y: y[np.array([True])], "an index of type ndarray"),
        (lambda y: y[True], "an index of type bool"),
    ],
)
def test_what_depends_on_an_input_is_refused(does, what):
    with pytest.raises(UnsupportedError, match=f"asks a value for {what};"):
        to_onnx(Odd(does))


def test_a_layer_of_a_class_of_its_own_is_refused():
    class Mine(tg.nn.LSTM):
        def forward(self, x):
            return super().forward(x)[0] * 2

    with pytest.raises(UnsupportedError, match="got Mine, which ONNX does not have"):
        to_onnx(Mine(D, H))
