"""Recurrent layers against PyTorch in random configurations, with and without lengths."""

import numpy as np
import pytest

import tinygrad_seq as tg

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore::UserWarning:torch")]
TOLERANCE = {"float64": 1e-9, "float32": 2e-5}


def configuration(rng):
    kind, dtype = str(rng.choice(["RNN", "LSTM", "GRU"])), str(rng.choice(["float64", "float32"]))
    sizes = [int(n) for n in rng.integers(1, 6, 4)]
    options = {"num_layers": int(rng.integers(1, 4))}
    options |= {option: bool(rng.integers(2)) for option in ("bias", "batch_first", "bidirectional")}
    if kind == "LSTM" and sizes[1] > 1 and rng.integers(2):
        options["proj_size"] = int(rng.integers(1, sizes[1]))
    if kind == "RNN":
        options["nonlinearity"] = str(rng.choice(["tanh", "relu"]))
    return kind, dtype, sizes, options


def both(array):
    return tg.tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)


def flat(result):
    output, state = result
    return [output, *state] if isinstance(state, tuple) else [output, state]


def check(seed, with_lengths):
    rng = np.random.default_rng(seed)
    kind, dtype, (D, H, T, B), options = configuration(rng)
    batched = with_lengths or rng.integers(4) > 0
    told = f"seed {seed}: {kind}({D}, {H}, {options}), T = {T}, B = {B}, {dtype}"
    theirs = getattr(torch.nn, kind)(D, H, **options).to(getattr(torch, dtype))
    ours = getattr(tg.nn, kind)(D, H, **options).astype(dtype)
    ours.load_state_dict(theirs.state_dict())

    def close(p, q, what):
        q = q.detach().numpy()
        assert (p.shape, p.dtype) == (q.shape, q.dtype), f"{told}: {what}"
        np.testing.assert_allclose(p.numpy(), q, TOLERANCE[dtype], TOLERANCE[dtype], err_msg=f"{told}: {what}")

    swap = (lambda a: a.swapaxes(0, 1)) if options["batch_first"] and batched else (lambda a: a)
    clean = rng.normal(size=(T, B, D) if batched else (T, D)).astype(dtype)
    given = clean.copy()
    lengths = rng.integers(1, T + 1, B) if with_lengths else None
    for row, length in enumerate([] if lengths is None else lengths):
        given[length:, row] = np.nan
    (x, _), (_, tx) = both(swap(given)), both(swap(clean))
    rows = options["num_layers"] * (1 + options["bidirectional"])
    widths = [options.get("proj_size") or H] + [H] * (kind == "LSTM")
    lead = (rows, B) if batched else (rows,)
    pairs = [both(rng.normal(size=(*lead, width)).astype(dtype)) for width in widths]
    hx, thx = zip(*pairs, strict=True)
    fed = tx
    if with_lengths:
        fed = torch.nn.utils.rnn.pack_padded_sequence(tx, torch.tensor(lengths), options["batch_first"], False)
    results = flat(ours(x, hx if kind == "LSTM" else hx[0], lengths=lengths))
    expected = flat(theirs(fed, thx if kind == "LSTM" else thx[0]))
    if with_lengths:
        expected[0], _ = torch.nn.utils.rnn.pad_packed_sequence(expected[0], options["batch_first"], total_length=T)
    loss, tloss = 0.0, 0.0
    for k, (y, ty) in enumerate(zip(results, expected, strict=True)):
        close(y, ty, f"result {k}")
        u = rng.normal(size=y.shape).astype(dtype)
        loss, tloss = loss + (y * u).sum(), tloss + (ty * torch.tensor(u)).sum()
    loss.backward()
    tloss.backward()
    for what, p, q in [("x", x, tx), *[("hx", p, q) for p, q in pairs]]:
        close(p.grad, q.grad, f"gradient of {what}")
    for (name, p), (tname, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert name == tname, told
        close(p.grad, q.grad, f"gradient of {name}")


def test_500_configurations():
    for seed in range(500):
        check(seed, with_lengths=False)


def test_100_configurations_with_lengths_and_nan_in_the_padding():
    for seed in range(1000, 1100):
        check(seed, with_lengths=True)
