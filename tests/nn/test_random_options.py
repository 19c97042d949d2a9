"""Layers over time with options in any mixture: both modes, padding, copies and recomputing give the same numbers."""

import copy
import pickle

import numpy as np
from derivatives import assert_close

import tinygrad_seq as tg
from tinygrad_seq import nn

CHOICES = {
    "RNN": {"layer_norm": [False, True], "nonlinearity": ["tanh", "sigmoid", np.sin]},
    "IRNN": {"scale": [0.5, 1.0]},
    "MGU": {},
    "GRU": {"reset": ["after", "before"], "update": ["keep", "write"], "layer_norm": [False, True]}
    | {"ablate": [None, {"z": 0.5}]},
    "LSTM": {"peepholes": [None, "diagonal", "full"], "coupled": [False, True], "layer_norm": [False, True]}
    | {"proj_size": [0, 1], "ablate": [None, {"i": 0.5}]},
}
STACK = {name: [False, True] for name in ("bias", "batch_first", "bidirectional", "residual", "variational")} | {
    "num_layers": [1, 2],
    **{name: [0.0, 0.3] for name in ("dropout", "recurrent_dropout", "zoneout")},
}


def drawn(rng):
    """A layer, in training or not, its input, its first state and lengths."""
    kind = list(CHOICES)[rng.integers(len(CHOICES))]
    options = {name: values[rng.integers(len(values))] for name, values in (CHOICES[kind] | STACK).items()}
    D, H, T, B = map(int, rng.integers((1, 2, 1, 1), 5))
    layer = getattr(nn, kind)(D, H, **options).double().train(bool(rng.integers(2)))
    for p in layer.parameters():
        p.data = p.numpy() + 0.1 * rng.normal(size=p.shape)
    x = rng.normal(size=(B, T, D) if options["batch_first"] else (T, B, D))
    rows = options["num_layers"] * (1 + options["bidirectional"])
    hx = [rng.normal(size=(rows, B, options.get("proj_size") or H))] + [rng.normal(size=(rows, B, H))] * (
        kind == "LSTM"
    )
    lengths = np.append(T, rng.integers(0, T + 1, B - 1)) if rng.integers(2) else None
    return f"{kind}({D}, {H}, {options})", layer, x, hx, lengths


def total(layer, x, hx, lengths):
    """One number of all results, with the same masks every time."""
    tg.seed(7)
    output, last = layer(x, tuple(hx) if len(hx) > 1 else hx[0], lengths=lengths)
    parts = [output, *(last if isinstance(last, tuple) else [last])]
    return sum((part * np.cos(np.arange(part.size)).reshape(part.shape)).sum() for part in parts) ** 2


def check(seed):
    rng = np.random.default_rng(seed)
    told, layer, x, hx, lengths = drawn(rng)
    told = f"seed {seed}: {told}"
    w = layer.state_dict()

    def f(w, x, *hx):
        return tg.func.functional_call(Total(layer, lengths), {f"layer.{name}": p for name, p in w.items()}, x, hx)

    y, pull = tg.func.vjp(f, w, x, *hx)
    gradients = pull(np.array(1.0))
    tangents = (
        {name: rng.normal(size=p.shape) for name, p in w.items()},
        *[rng.normal(size=a.shape) for a in (x, *hx)],
    )
    _, along = tg.func.jvp(f, (w, x, *hx), tangents)
    pairs = [*((gradients[0][name], tangents[0][name]) for name in w), *zip(gradients[1:], tangents[1:], strict=True)]
    back = sum((np.asarray(g) * t).sum() for g, t in pairs)
    assert_close(along, np.asarray(back), f"{told}: both modes", rtol=1e-9, atol=1e-10)

    padded = x if layer.batch_first else x.swapaxes(0, 1)
    for row, length in enumerate(() if lengths is None else lengths):
        padded[row, length:] = rng.choice([np.nan, np.inf])
    again = tg.func.vjp(f, w, x, *hx)[1](np.array(1.0))
    for name in w:
        assert_close(again[0][name], gradients[0][name], f"{told}: {name} with padding", rtol=1e-12)
    assert_close(again[1], gradients[1], f"{told}: x with padding", rtol=1e-12)

    given = tg.tensor(x, requires_grad=True)
    tg.func.checkpoint(lambda x: total(layer, x, hx, lengths))(given).backward()
    assert_close(given.grad, gradients[1], f"{told}: recomputed", rtol=1e-12)
    for same in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        with tg.no_grad():
            assert_close(total(same, x, hx, lengths), y, f"{told}: a copy", rtol=1e-14)
        assert repr(same) == repr(layer)


class Total(nn.Module):
    def __init__(self, layer, lengths):
        self.layer, self.lengths = layer, lengths

    def forward(self, x, hx):
        return total(self.layer, x, hx, self.lengths)


def test_60_mixtures():
    for seed in range(60):
        check(seed)
