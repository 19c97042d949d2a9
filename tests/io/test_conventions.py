"""Other layouts of the same weights: the table, and each of its rows against the equations written out in NumPy."""

import dataclasses

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq.errors import DTypeError, OptionError, ShapeError, UnsupportedError
from tinygrad_seq.nn import Convention, Conventions, convention

D, H, B = 3, 4, 2
ROWS = list(convention())
IDS = [f"{row.framework}-{row.layer}-{row.reset}" for row in ROWS]


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def next_state(row, arrays, x, h, c):
    """One step from weights in the layout of a row, column by column as a textbook reads them."""
    G = len(row.gates)
    W, U, b, own = parts(row, arrays)
    place = {gate: slice(k * H, (k + 1) * H) for k, gate in enumerate(row.gates)}

    def a(gate, state=h):
        return x @ W[:, place[gate]] + b[place[gate]] + state @ U[:, place[gate]] + own[place[gate]]

    assert W.shape == (D, G * H)
    if row.layer == "RNN":
        return np.tanh(a("h"))
    if row.layer == "LSTM":
        c = sigmoid(a("f") + row.forget_bias) * c + sigmoid(a("i")) * np.tanh(a("g"))
        return sigmoid(a("o")) * np.tanh(c)
    r, z = sigmoid(a("r")), sigmoid(a("z"))
    if row.reset == "before":
        n = np.tanh(a("n", r * h))
    else:
        n = np.tanh(x @ W[:, place["n"]] + b[place["n"]] + r * (h @ U[:, place["n"]] + own[place["n"]]))
    return z * h + (1 - z) * n if row.update == "keep" else z * n + (1 - z) * h


def parts(row, arrays):
    """Weights of x and of h as columns, and a bias of each."""
    weights = [w.T if row.kernel == "rows" else w for w in arrays[: 1 if row.joined else 2]]
    if row.joined == "xh":
        weights = [weights[0][:D], weights[0][D:]]
    elif row.joined == "hx":
        weights = [weights[0][H:], weights[0][:H]]
    biases = arrays[1 if row.joined else 2 :]
    if row.bias == "one":
        return *weights, biases[0], 0 * biases[0]
    if row.bias == "two":
        return *weights, *biases
    return *weights, *biases[0].reshape(2, -1)


def arrays_for(row, rng):
    G = len(row.gates) * H
    weights = [(D + H, G)] if row.joined else [(D, G), (H, G)]
    if row.kernel == "rows":
        weights = [shape[::-1] for shape in weights]
    biases = {"one": [(G,)], "two": [(G,), (G,)], "stacked": [(2, G)], "chained": [(2 * G,)]}[row.bias]
    return [rng.normal(size=shape) for shape in weights + biases]


def layer_for(row, **options):
    if row.layer == "GRU":
        options["reset"] = row.reset
    return getattr(tg.nn, row.layer)(D, H, **options).double()


VARIANTS = [
    *ROWS,
    *(dataclasses.replace(convention("textbook", "LSTM")[0], gates=gates) for gates in ("ifog", "fgio", "gofi")),
    dataclasses.replace(convention("textbook", "GRU")[0], reset="after", joined="hx"),
    dataclasses.replace(convention("pytorch", "GRU")[0], update="write", bias="stacked", gates="nzr"),
]


@pytest.mark.parametrize("update", ["keep", "write"])
@pytest.mark.parametrize("row", VARIANTS, ids=str)
def test_a_layer_with_these_weights_computes_what_the_text_says(row, update):
    rng = np.random.default_rng(0)
    arrays = arrays_for(row, rng)
    x, h, c = rng.normal(size=(B, D)), rng.normal(size=(B, H)), rng.normal(size=(B, H))
    layer = layer_for(row, **({"update": update} if row.layer == "GRU" else {}))
    layer.load_state_dict(tg.io.from_convention(layer, arrays, row))
    hx = (h[None], c[None]) if row.layer == "LSTM" else h[None]
    np.testing.assert_allclose(layer(x[None], hx)[0][0].numpy(), next_state(row, arrays, x, h, c), rtol=0, atol=1e-12)
    for back, given in zip(tg.io.to_convention(layer, row), arrays, strict=True):
        np.testing.assert_allclose(back, given, rtol=0, atol=1e-15)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_fresh_weights_laid_out_as_elsewhere(row):
    layer = layer_for(row)
    if row.bias == "one" and row.reset == "after":
        layer.bias_hh_l0.data = np.zeros(3 * H)
    rng = np.random.default_rng(0)
    x, h, c = rng.normal(size=(B, D)), rng.normal(size=(B, H)), rng.normal(size=(B, H))
    hx = (h[None], c[None]) if row.layer == "LSTM" else h[None]
    expected = next_state(row, tg.io.to_convention(layer, row), x, h, c)
    np.testing.assert_allclose(layer(x[None], hx)[0][0].numpy(), expected, rtol=0, atol=1e-12)


def tensorflow_lstm(x, h, c, w, b):
    i, j, f, o = np.split(np.concatenate([x, h], 1) @ w + b, 4, axis=1)
    c = c * sigmoid(f + 1.0) + sigmoid(i) * np.tanh(j)
    return np.tanh(c) * sigmoid(o)


def haiku_lstm(x, h, c, w, b):
    i, g, f, o = np.split(np.concatenate([x, h], -1) @ w + b, 4, axis=-1)
    c = sigmoid(f + 1) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c)


def haiku_gru(x, h, c, w_i, w_h, b):
    zr_x, a_x = np.split(x @ w_i + b, [2 * H], axis=-1)
    z, r = np.split(sigmoid(zr_x + h @ w_h[:, : 2 * H]), 2, axis=-1)
    return (1 - z) * h + z * np.tanh(a_x + (r * h) @ w_h[:, 2 * H :])


def olah_lstm(x, h, c, w, b):
    f, i, C, o = np.split(w @ np.concatenate([h, x], -1).T + b[:, None], 4)
    return (sigmoid(o) * np.tanh(sigmoid(f) * c.T + sigmoid(i) * np.tanh(C))).T


def olah_gru(x, h, c, w, b):
    z, r = np.split(sigmoid(w[: 2 * H] @ np.concatenate([h, x], -1).T + b[: 2 * H, None]), 2)
    n = np.tanh(w[2 * H :] @ np.concatenate([r.T * h, x], -1).T + b[2 * H :, None])
    return ((1 - z) * h.T + z * n).T


def chung_gru(x, h, c, w, u, b):
    (wz, wr, wh), (uz, ur, uh), (bz, br, bh) = (np.split(array, 3) for array in (w, u, b))
    z, r = sigmoid(x @ wz.T + h @ uz.T + bz), sigmoid(x @ wr.T + h @ ur.T + br)
    return (1 - z) * h + z * np.tanh(x @ wh.T + (r * h) @ uh.T + bh)


def cho_gru(x, h, c, w, u, b):
    (wr, wz, wh), (ur, uz, uh), (br, bz, bh) = (np.split(array, 3) for array in (w, u, b))
    r, z = sigmoid(x @ wr.T + h @ ur.T + br), sigmoid(x @ wz.T + h @ uz.T + bz)
    return z * h + (1 - z) * np.tanh(x @ wh.T + (r * h) @ uh.T + bh)


SOURCES = {
    ("tensorflow", "LSTM"): tensorflow_lstm,
    ("haiku", "LSTM"): haiku_lstm,
    ("haiku", "GRU"): haiku_gru,
    ("olah", "LSTM"): olah_lstm,
    ("olah", "GRU"): olah_gru,
    ("chung2014", "GRU"): chung_gru,
    ("cho2014", "GRU"): cho_gru,
}
"""What the sources of these rows compute. PyTorch, Keras and ONNX have tests of their own; cuDNN is PyTorch's."""


@pytest.mark.parametrize(("framework", "kind"), SOURCES)
def test_rows_against_their_sources(framework, kind):
    rng = np.random.default_rng(0)
    (row,) = convention(framework, kind)
    arrays = arrays_for(row, rng)
    x, h, c = rng.normal(size=(B, D)), rng.normal(size=(B, H)), rng.normal(size=(B, H))
    layer = layer_for(row)
    layer.load_state_dict(tg.io.from_convention(layer, arrays, framework))
    found = layer(x[None], (h[None], c[None]) if kind == "LSTM" else h[None])[0][0].numpy()
    np.testing.assert_allclose(found, SOURCES[framework, kind](x, h, c, *arrays), rtol=0, atol=1e-12)


def test_each_place_of_a_stack_and_layers_without_bias():
    rng = np.random.default_rng(0)
    layer = tg.nn.LSTM(D, H, 2, bidirectional=True, bias=False).double()
    state = {}
    for place in ("l0", "l0_reverse", "l1", "l1_reverse"):
        arrays = [rng.normal(size=(D if "0" in place else 2 * H, 4 * H)), rng.normal(size=(H, 4 * H))]
        state |= tg.io.from_convention(layer, arrays, gates="ogfi", place=place)
        np.testing.assert_array_equal(state[f"weight_hh_{place}"][:H], arrays[1].T[3 * H :])
    layer.load_state_dict(state)
    np.testing.assert_array_equal(tg.io.to_convention(layer, gates="ogfi", place="l1_reverse")[0], arrays[0])


def test_cells_and_integers():
    cell = tg.nn.RNNCell(1, 1)
    state = tg.io.from_convention(cell, [[[2]], [[3]], [4]])
    assert {name: array.tolist() for name, array in state.items()} == {
        "weight_ih": [[2.0]],
        "weight_hh": [[3.0]],
        "bias_ih": [4.0],
        "bias_hh": [0.0],
    }
    cell.load_state_dict(state)


def test_the_table_is_data_and_reads_as_one():
    table = convention("keras")
    assert isinstance(table, Conventions)
    assert [(row.layer, row.gates, row.reset) for row in table] == [
        ("RNN", "h", ""),
        ("LSTM", "ifgo", ""),
        ("GRU", "zrn", "after"),
        ("GRU", "zrn", "before"),
    ]
    lines = repr(table).splitlines()
    assert lines[0].split() == [field.name for field in dataclasses.fields(Convention)][:-1]
    assert len(lines) == 5
    assert table._repr_html_().count("<tr>") == 5
    assert all(row.source for row in ROWS)


def test_the_page_shows_the_whole_table():
    from pathlib import Path

    page = Path(__file__).parents[2].joinpath("docs/exchange.md").read_text(encoding="utf-8")
    assert repr(convention()) in page


def gru(**options):
    return tg.nn.GRU(D, H, **options)


def lstm(**options):
    return tg.nn.LSTM(D, H, **options)


ERRORS = {
    "a convention that nobody has": (
        lambda: tg.nn.convention("torch", "LSTM"),
        OptionError,
        "convention: got 'torch' 'LSTM'; need one of pytorch RNN, pytorch LSTM",
    ),
    "gates of another layer": (
        lambda: tg.io.to_convention(lstm(), gates="rzn"),
        OptionError,
        "convention: got gates='rzn'; need the letters i, f, g, o of LSTM in another order",
    ),
    "a layout that is not there": (
        lambda: tg.io.to_convention(lstm(), joined="x"),
        OptionError,
        "convention: got joined='x' for LSTM; need one of '', 'xh', 'hx'",
    ),
    "a part of a layout that is not there": (
        lambda: tg.io.to_convention(lstm(), gate="ifog"),
        OptionError,
        "to_convention: got the option gate; use gates",
    ),
    "a reset of another layer": (
        lambda: tg.io.to_convention(lstm(), reset="after"),
        OptionError,
        "convention: got reset='after' for LSTM; need ''",
    ),
    "a forget bias in words": (
        lambda: tg.io.to_convention(lstm(), forget_bias="1"),
        OptionError,
        "convention: got forget_bias='1' for LSTM; need a number",
    ),
    "a forget bias of a GRU": (
        lambda: tg.io.to_convention(gru(), bias="two", reset="after", forget_bias=1.0),
        OptionError,
        "convention: got forget_bias=1.0 for GRU; need a number, 0 but for an LSTM",
    ),
    "a convention for another layer": (
        lambda: tg.io.to_convention(lstm(), tg.nn.convention("keras", "GRU")[0]),
        OptionError,
        "to_convention: got the convention of GRU for LSTM",
    ),
    "weights of a GRU with another formula": (
        lambda: tg.io.from_convention(gru(), [], "haiku"),
        OptionError,
        r"got reset='before' for a GRU with reset='after', which is another formula; build GRU\(..., reset='before'\)",
    ),
    "weights in another layout of another size": (
        lambda: tg.io.from_convention(lstm(), [np.ones((12, 3)), np.ones((4, 16)), np.ones(16)]),
        ShapeError,
        r"got arrays \(12, 3\), .* for LSTM\(3, 4\); need \(3, 16\), \(4, 16\), \(16,\) \(textbook\)",
    ),
    "weights in another layout that are no numbers": (
        lambda: tg.io.from_convention(tg.nn.RNN(1, 1), [np.ones((1, 1)), np.ones((1, 1)), np.array(["b"])]),
        DTypeError,
        "from_convention: got an array of dtype <U1; need numbers",
    ),
    "a place that a layer does not have": (
        lambda: tg.io.to_convention(lstm(), place="l1"),
        OptionError,
        "to_convention: got place='l1'; LSTM has l0",
    ),
    "a layer that no convention knows": (
        lambda: tg.io.to_convention(lstm(coupled=True)),
        UnsupportedError,
        r"got LSTM\(3, 4, coupled=True\), which has the gates i, g, o; no convention knows it",
    ),
    "a module without recurrent weights": (
        lambda: tg.io.to_convention(tg.nn.Linear(3, 4)),
        UnsupportedError,
        "to_convention: got Linear; need an RNN, LSTM or GRU",
    ),
    "two biases of a GRU as one": (
        lambda: tg.io.to_convention(gru(), reset="after"),
        OptionError,
        "whose bias_hh for n is not zero; one bias cannot say that.*; use bias='two'",
    ),
    "a forget bias without a bias": (
        lambda: tg.io.to_convention(lstm(bias=False), "haiku"),
        OptionError,
        "which has no bias; haiku adds 1.0 to the forget gate; build the layer with bias=True",
    ),
}


@pytest.mark.parametrize(("provoke", "kind", "text"), ERRORS.values(), ids=ERRORS)
def test_bad_input(provoke, kind, text):
    with pytest.raises(kind, match=text):
        provoke()


def test_mgu_is_in_no_table():
    with pytest.raises(UnsupportedError, match="which has the gates f, n"):
        tg.io.to_convention(tg.nn.MGU(3, 4))
