"""The hand-written recurrent layers are themselves right: against finite differences, and against PyTorch."""

from functools import partial

import numpy as np
import pytest
import reference
from derivatives import assert_close, numeric, replaced

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


@each_cell
def test_gradients_against_finite_differences(cell):
    run = CELLS[cell][0]
    inputs, cotangents = problem(cell)
    *_, backward = run(*inputs.values())

    def total(inputs):
        return sum((u * y).sum() for u, y in zip(cotangents, run(*inputs), strict=False))

    for name, g in backward(*cotangents).items():
        at = list(inputs).index(name)
        slope = numeric(lambda x, at=at: total(replaced(list(inputs.values()), at, x)), inputs[name])
        assert_close(g, slope, f"{cell} {name}", rtol=1e-7)


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
