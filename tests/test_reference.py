"""The recurrent layers by hand are right, against finite differences and PyTorch, and the engine agrees with them."""

from functools import partial

import numpy as np
import pytest
import reference
from derivatives import assert_close, numeric, replaced
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_seq as tg

T, B, D, H = 3, 2, 3, 4
CELLS = {
    "rnn": (reference.rnn, 1, ("h",)),
    "relu": (partial(reference.rnn, nonlinearity="relu"), 1, ("h",)),
    "lstm": (reference.lstm, 4, ("h", "c")),
    "gru": (reference.gru, 3, ("h",)),
}
each_cell = pytest.mark.parametrize("cell", CELLS)


def problem(cell):
    """Inputs by name in the order of the arguments, and cotangents of the results."""
    _, gates, states = CELLS[cell]
    rng = np.random.default_rng(1)
    shapes = {"x": (T, B, D), **dict.fromkeys(states, (B, H)), "weight_ih": (gates * H, D), "weight_hh": (gates * H, H)}
    shapes |= {"bias_ih": (gates * H,), "bias_hh": (gates * H,)}
    inputs = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    return inputs, [rng.normal(size=(T, B, H)), *(rng.normal(size=(B, H)) for _ in states)]


@pytest.mark.parametrize("lengths", [None, [T, 1]], ids=["", "lengths"])
@each_cell
def test_gradients_against_finite_differences(cell, lengths):
    run = partial(CELLS[cell][0], lengths=lengths)
    inputs, cotangents = problem(cell)
    *_, backward = run(*inputs.values())

    def total(inputs):
        return sum((u * y).sum() for u, y in zip(cotangents, run(*inputs), strict=False))

    for name, g in backward(*cotangents).items():
        at = list(inputs).index(name)
        slope = numeric(lambda x, at=at: total(replaced(list(inputs.values()), at, x)), inputs[name])
        assert_close(g, slope, f"{cell} {name}", rtol=1e-7)


@settings(max_examples=15)
@given(
    st.sampled_from(["rnn", "lstm", "gru"]),
    st.sampled_from(["float64", "float32"]),
    st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(1, 4), st.integers(1, 5)),
    st.booleans(),
    st.integers(0, 10**6),
)
def test_the_engine_gives_the_gradients_by_hand(cell, dtype, sizes, masked, seed):
    """Random shapes, lengths and dtypes; what stands in the padding does not matter."""
    T, B, D, H = sizes
    tg.seed(seed)
    rng = np.random.default_rng(seed)
    run, _, states = CELLS[cell]
    layer = getattr(tg.nn, cell.upper())(D, H).astype(dtype)
    lengths = rng.integers(0, T + 1, size=B) if masked else None
    x = rng.normal(size=(T, B, D)).astype(dtype)
    hx = [rng.normal(size=(B, H)).astype(dtype) for _ in states]
    *results, backward = run(x, *hx, *[p.numpy() for p in layer.parameters()], lengths=lengths)
    cotangents = [rng.normal(size=y.shape).astype(dtype) for y in results]

    padded = x.copy()
    if masked:
        padded[np.arange(T)[:, None] >= lengths] = np.nan
    leaves = {"x": tg.tensor(padded, requires_grad=True)}
    leaves |= {name: tg.tensor(part[None], requires_grad=True) for name, part in zip(states, hx, strict=True)}
    first = tuple(leaves[name] for name in states)
    output, last = layer(leaves["x"], first if len(first) > 1 else first[0], lengths=lengths)
    values = [output, *(part[0] for part in (last if len(first) > 1 else (last,)))]
    leaves |= {name.removesuffix("_l0"): p for name, p in layer.named_parameters()}
    known = [k for k, y in enumerate(values) if y.requires_grad]  # where no row has a step, the output is a constant
    found = tg.autograd.grad(
        [values[k] for k in known], list(leaves.values()), [cotangents[k] for k in known], allow_unused=True
    )
    rtol, atol = (1e-10, 1e-12) if dtype == "float64" else (2e-5, 2e-5)
    for ours, y in zip(values, results, strict=True):
        assert_close(ours, y, f"{cell} value", rtol, atol)
    by_hand = backward(*cotangents)
    assert leaves.keys() == by_hand.keys()
    for (name, leaf), g in zip(leaves.items(), found, strict=True):
        assert g is None or g.dtype == leaf.dtype
        got = np.zeros(leaf.shape) if g is None else g.numpy()
        assert_close(got.reshape(by_hand[name].shape), by_hand[name], f"{cell} {name}", rtol, atol)


@pytest.mark.parity
@each_cell
def test_values_and_gradients_against_pytorch(cell):
    torch = pytest.importorskip("torch")
    run, _, states = CELLS[cell]
    inputs, cotangents = problem(cell)
    *results, backward = run(*inputs.values())
    gradients = backward(*cotangents)

    layers = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
    options = {"nonlinearity": "relu"} if cell == "relu" else {}
    layer = layers.get(cell, torch.nn.RNN)(D, H, dtype=torch.float64, **options)
    layer.load_state_dict({f"{k}_l0": torch.tensor(v) for k, v in inputs.items() if "_" in k})
    x = torch.tensor(inputs["x"], requires_grad=True)
    hx = [torch.tensor(inputs[name][None], requires_grad=True) for name in states]
    output, h_n = layer(x, tuple(hx) if len(hx) > 1 else hx[0])
    theirs = [output, *(part[0] for part in (h_n if len(hx) > 1 else [h_n]))]
    sum((torch.tensor(u) * y).sum() for u, y in zip(cotangents, theirs, strict=True)).backward()

    for ours, y in zip(results, theirs, strict=True):
        assert_close(ours, y.detach(), f"{cell} value", rtol=1e-12)
    leaves = {"x": x, **dict(zip(states, hx, strict=True))}
    leaves |= {name.removesuffix("_l0"): p for name, p in layer.named_parameters()}
    assert leaves.keys() == gradients.keys()
    for name, g in gradients.items():
        assert_close(g, leaves[name].grad.numpy().reshape(g.shape), f"{cell} {name}", rtol=1e-11)
