"""Layers against PyTorch: a state_dict goes both ways unchanged, and all results agree."""

import itertools

import numpy as np
import pytest

import tinygrad_seq as tg

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

OPTIONS = [
    dict(zip(("num_layers", "bias", "batch_first", "bidirectional"), values, strict=True))
    for values in itertools.product((1, 2), (True, False), (False, True), (False, True))
]
NAMES = ("RNN", "LSTM", "GRU")
D, H, T, B = 3, 5, 7, 4


def pair(kind, dtype, **options):
    torch.manual_seed(0)
    theirs = getattr(torch.nn, kind)(D, H, **options).to(getattr(torch, dtype))
    ours = getattr(tg.nn, kind)(D, H, **options).astype(dtype)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def both(array):
    return tg.tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)


def close(ours, theirs, dtype, what):
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape, what
    assert ours.dtype == theirs.dtype, what
    tolerance = 1e-10 if dtype == "float64" else 1e-5
    assert np.abs(ours.numpy() - theirs).max() <= tolerance * max(1, np.abs(theirs).max()), what


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("given", [True, False], ids=["hx", "zeros"])
@pytest.mark.parametrize("batched", [True, False], ids=["batch", "single"])
@pytest.mark.parametrize("kind", NAMES)
def test_recurrent_layers(kind, batched, given, dtype):
    rng = np.random.default_rng(0)
    for options in OPTIONS:
        ours, theirs = pair(kind, dtype, **options)
        lead = ((B, T) if options["batch_first"] else (T, B)) if batched else (T,)
        x, tx = both(rng.normal(size=(*lead, D)).astype(dtype))
        rows = options["num_layers"] * (1 + options["bidirectional"])
        shape = (rows, B, H) if batched else (rows, H)
        hs = [both(rng.normal(size=shape).astype(dtype)) for _ in range(1 + (kind == "LSTM"))]
        hx, thx = [h for h, _ in hs], [h for _, h in hs]
        if not given:
            output, toutput = ours(x), theirs(tx)
        elif kind == "LSTM":
            output, toutput = ours(x, tuple(hx)), theirs(tx, tuple(thx))
        else:
            output, toutput = ours(x, hx[0]), theirs(tx, thx[0])
        results = [output[0], *(output[1] if kind == "LSTM" else [output[1]])]
        expected = [toutput[0], *(toutput[1] if kind == "LSTM" else [toutput[1]])]
        loss, tloss = 0.0, 0.0
        for k, (y, ty) in enumerate(zip(results, expected, strict=True)):
            close(y, ty, dtype, f"{kind} {options}: result {k}")
            u = rng.normal(size=y.shape).astype(dtype)
            loss, tloss = loss + (y * u).sum(), tloss + (ty * torch.tensor(u)).sum()
        loss.backward()
        tloss.backward()
        close(x.grad, tx.grad, dtype, f"{kind} {options}: gradient of x")
        for h, th in zip(hx, thx, strict=True) if given else ():
            close(h.grad, th.grad, dtype, f"{kind} {options}: gradient of a state")
        for (name, p), (tname, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
            assert name == tname
            close(p.grad, q.grad, dtype, f"{kind} {options}: gradient of {name}")
        theirs.load_state_dict({name: torch.tensor(a) for name, a in ours.state_dict().items()})


@pytest.mark.parametrize("kind", NAMES)
def test_cells(kind):
    theirs = getattr(torch.nn, f"{kind}Cell")(D, H).double()
    ours = getattr(tg.nn, f"{kind}Cell")(D, H).double()
    ours.load_state_dict(theirs.state_dict())
    rng = np.random.default_rng(0)
    (x, tx), (h, th), (c, tc) = (both(rng.normal(size=(B, n))) for n in (D, H, H))
    y, ty = (ours(x, (h, c)), theirs(tx, (th, tc))) if kind == "LSTM" else (ours(x, h), theirs(tx, th))
    if kind == "LSTM":
        y, ty = y[0] + 2 * y[1], ty[0] + 2 * ty[1]
    close(y, ty, "float64", "next state")
    y.sum().backward()
    ty.sum().backward()
    close(x.grad, tx.grad, "float64", "x")
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        close(p.grad, q.grad, "float64", "parameter")


@pytest.mark.filterwarnings("ignore:TF32")
def test_second_derivatives_through_an_lstm():
    ours, theirs = pair("LSTM", "float64")
    x, tx = both(np.random.default_rng(0).normal(size=(T, B, D)))
    (g,) = tg.autograd.grad((ours(x)[0] ** 3).sum(), x, create_graph=True)
    with torch.backends.mkldnn.flags(enabled=False):
        (tg_,) = torch.autograd.grad((theirs(tx)[0] ** 3).sum(), tx, create_graph=True)
    (g * g).sum().backward()
    (tg_ * tg_).sum().backward()
    close(x.grad, tx.grad, "float64", "x")
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        close(p.grad, q.grad, "float64", name)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda: tg.nn.Linear(4, 3), lambda: torch.nn.Linear(4, 3)),
        (lambda: tg.nn.Embedding(6, 3), lambda: torch.nn.Embedding(6, 3)),
        (
            lambda: tg.nn.Sequential(tg.nn.Linear(4, 3), tg.nn.Linear(3, 2, bias=False)),
            lambda: torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 2, bias=False)),
        ),
    ],
)
def test_other_layers_and_their_names(ours, theirs):
    ours, theirs = ours(), theirs()
    ours.load_state_dict(theirs.state_dict())
    rng = np.random.default_rng(0)
    embeds = isinstance(ours, tg.nn.Embedding)
    x = rng.integers(0, 6, (5, 2)) if embeds else rng.normal(size=(5, 2, 4)).astype("float32")
    y, ty = ours(x), theirs(torch.tensor(x))
    close(y, ty, "float32", "value")
    (y * y).sum().backward()
    (ty * ty).sum().backward()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        close(p.grad, q.grad, "float32", "parameter")
