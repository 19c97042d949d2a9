"""A layer from a formula of the user's own, with every option that the others have."""

import copy
import pickle

import numpy as np
import pytest
from derivatives import assert_close

import tinygrad_seq as tg
from tinygrad_seq import nn
from tinygrad_seq.autograd import ancestors

T, B, D, H = 4, 3, 2, 5


class MyLSTM(nn.Module):
    def __init__(self, width):
        self.w_x = nn.Linear(width, 4 * H)
        self.w_h = nn.Linear(H, 4 * H)

    def forward(self, x, state):
        h, c = state["h"], state["c"]
        i, f, g, o = np.split(self.w_x(x) + self.w_h(h), 4, axis=-1)
        i, f, g, o = tg.ops.sigmoid(i), tg.ops.sigmoid(f), np.tanh(g), tg.ops.sigmoid(o)
        c = f * c + i * g
        h = o * np.tanh(c)
        tg.name(i=i, f=f, g=g, o=o)
        return h, {"h": h, "c": c}


def ramp(x, h):
    h = 0.9 * h + x.sum(axis=-1, keepdims=True)
    return 2 * h, h


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bidirectional": True, "num_layers": 2},
        {"batch_first": True, "bidirectional": True},
        {"num_layers": 2, "residual": True},
    ],
    ids=str,
)
def test_an_lstm_from_its_formula_is_the_lstm(options):
    theirs = nn.LSTM(D, H, **options).double()
    places = [n.removeprefix("weight_hh_") for n, _ in theirs.named_parameters() if n.startswith("weight_hh")]
    steps = []
    for place in places:
        weight = getattr(theirs, f"weight_ih_{place}")
        step = MyLSTM(weight.shape[1]).double()
        step.w_x.load_state_dict({"weight": weight, "bias": getattr(theirs, f"bias_ih_{place}")})
        step.w_h.load_state_dict(
            {"weight": getattr(theirs, f"weight_hh_{place}"), "bias": getattr(theirs, f"bias_hh_{place}")}
        )
        steps.append(step)
    ours = nn.Recurrent(steps, state={"h": H, "c": H}, **options)
    rng = np.random.default_rng(0)
    x = tg.tensor(rng.normal(size=(B, T, D) if "batch_first" in options else (T, B, D)), requires_grad=True)
    hx = [rng.normal(size=(len(places), B, H)) for _ in range(2)]
    results = []
    for run in (
        lambda: theirs(x, tuple(hx), lengths=[2, 4, 1], record=True),
        lambda: ours(x, dict(zip("hc", hx, strict=True)), lengths=[2, 4, 1], record=True),
    ):
        x.grad = None
        output, last, recording = run()
        last = list(last.values()) if isinstance(last, dict) else list(last)
        (np.sum(output**2) + sum(np.sum(part**2) for part in last)).backward()
        named = [recording[place][role] for place in places for role in "ifgohc"]
        results.append([output, *last, x.grad, *named])
    for a, b in zip(*results, strict=True):
        assert_close(a, b, str(options), rtol=1e-12)
    assert len(list(ours.parameters())) == 4 * len(places)


def test_the_state_is_passed_as_it_was_asked_for():
    x = np.ones((T, B, D))
    output, h = nn.Recurrent(ramp, state=1)(x)
    assert output.shape == (T, B, 1)
    assert h.shape == (1, B, 1)
    assert_close(h[0, 0], [2 * (1 + 0.9 + 0.81 + 0.729)], "one Tensor", rtol=1e-12)
    pair = nn.Recurrent(lambda x, s: (x, (s[1], s[0])), state=(1, 1))
    _, (a, b) = pair(x, (np.zeros((1, B, 1)), np.ones((1, B, 1))))
    assert a.numpy().max() == 0
    assert b.numpy().min() == 1
    _, state = nn.Recurrent(lambda x, s: (x, s), state={"memory": 4})(x)
    assert state["memory"].shape == (1, B, 4)


def test_a_step_knows_its_layer_its_time_and_its_state():
    module = nn.Recurrent(ramp, state=1, bidirectional=True)
    output, _ = module(tg.tensor(np.ones((T, B, D)), requires_grad=True))
    seen = {(n.label.path, n.label.t) for n in ancestors([output.node]) if n.name == "h"}
    assert seen == {(f"Recurrent/l0{way}", t) for way in ("", "_reverse") for t in range(T)}


def test_a_shared_module_is_one_module():
    cell = MyLSTM(H)
    module = nn.Recurrent(cell, state={"h": H, "c": H}, num_layers=3, bidirectional=False)
    assert [name for name, _ in module.named_parameters()] == [
        "step.w_x.weight",
        "step.w_x.bias",
        "step.w_h.weight",
        "step.w_h.bias",
    ]
    x = np.ones((T, B, H), "float32")
    for copied in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        copied.step.w_x.bias.data = np.ones(4 * H, "float32")
        assert not np.array_equal(copied(x)[0], module(x)[0])


def test_a_step_that_is_replaced():
    shared = nn.Recurrent(MyLSTM(H), state={"h": H, "c": H})
    several = nn.Recurrent([MyLSTM(H), MyLSTM(H)], state={"h": H, "c": H}, num_layers=2)
    shared.step = several.steps["l1"] = new = MyLSTM(H)
    for module in (shared, several):
        module.zero_grad()
        np.sum(module(np.ones((T, B, H), "float32"))[0]).backward()
        assert all(p.grad is not None for p in module.parameters())
        assert any(p is new.w_x.weight for p in module.parameters())


def test_what_it_is_made_of_is_shown():
    assert repr(nn.Recurrent(ramp, state=3)) == "Recurrent(state=3)"
    module = nn.Recurrent(MyLSTM(H), state={"h": H, "c": H}, num_layers=2, zoneout=0.1)
    assert repr(module).splitlines()[0] == f"Recurrent(state={{'h': {H}, 'c': {H}}}, num_layers=2, zoneout=0.1"


REFUSED = {
    "no pair": (
        lambda: nn.Recurrent(lambda x, h: h, state=1)(np.ones((T, B, 1))),
        r"step returned a Tensor; need a pair \(out, state\)",
    ),
    "shape": (
        lambda: nn.Recurrent(lambda x, h: (x, x), state=1)(np.ones((T, B, D))),
        r"got the state h \(3, 1\) float64 and returned \(3, 2\) float64",
    ),
    "dtype": (
        lambda: nn.Recurrent(lambda x, h: (x, h.astype("float64")), state=1)(np.ones((T, B, D), "float32")),
        r"got the state h \(3, 1\) float32 and returned \(3, 1\) float64; .*; give hx, or the input, in the dtype",
    ),
    "structure": (
        lambda: nn.Recurrent(lambda x, s: (x, s["h"]), state={"h": 1, "c": 1})(np.ones((T, B, D))),
        r"got a state that is a Tensor; need it as in state=\{'h': 1, 'c': 1\}",
    ),
    "names": (
        lambda: nn.Recurrent(ramp, state={"h": 1})(np.ones((T, B, D)), {"c": np.ones((1, B, 1))}),
        "got a state that is a dict of c",
    ),
    "no size": (lambda: nn.Recurrent(ramp, state=()), r"got state=\(\); need its size, or those of its parts"),
    "a size in words": (lambda: nn.Recurrent(ramp, state="3"), "got state='3'; need its size, or those of its parts"),
    "half a size": (lambda: nn.Recurrent(ramp, state=2.5), "got state=2.5; need its size"),
    "a number for a step": (lambda: nn.Recurrent(3, state=1), "got step=3; need one function for all, or 1: l0"),
    "an output that is none": (
        lambda: nn.Recurrent(lambda x, h: (None, h), state=1)(np.ones((T, B, 1))),
        "Recurrent: got dtype object; need real numbers",
    ),
    "no function": (lambda: nn.Recurrent([None], state=1), r"got step=\[None\]; need one function for all, or 1"),
    "steps": (lambda: nn.Recurrent([ramp], state=1, num_layers=2), "got 1 steps; need one .* or 2: l0, l1"),
    "size": (lambda: nn.Recurrent(ramp, state=0), "Recurrent: got h=0; need an integer of at least 1"),
    "rank": (
        lambda: nn.Recurrent(ramp, state=1)(np.ones(3)),
        r"Recurrent: got x \(3,\); need \(T, B, D\), or \(T, D\)",
    ),
    "hx": (
        lambda: nn.Recurrent(ramp, state=1)(np.ones((T, B, D)), np.ones((B, 1))),
        r"Recurrent: got h_0 \(3, 1\) for x \(4, 3, 2\); need \(1, 3, 1\)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    provoke, message = REFUSED[case]
    with pytest.raises(tg.errors.TinygradSeqError, match=message):
        provoke()


def test_an_output_that_is_a_part_of_the_state_is_the_chosen_one():
    """As in the layers: with zoneout, and after the end of a row, h_n is the last output."""
    twin = nn.Recurrent(lambda x, h: (np.tanh(x + h),) * 2, state=2, zoneout=0.5).eval()
    output, last = twin(np.ones((3, 1, 2), "float32"))
    assert_close(output[-1], last[0].numpy(), "zoneout")


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_rows_without_any_step_have_zeros_and_a_gradient_of_zero(name):
    layer = getattr(nn, name)(D, H)
    output, _, recording = layer(np.ones((T, B, D), "float32"), lengths=[0] * B, record=True)
    assert output.shape == recording["l0"]["h"].shape == (T, B, H)
    assert not output.numpy().any()
    output.sum().backward()
    assert all(p.grad is not None and not p.grad.numpy().any() for p in layer.parameters())


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_never_matters_to_a_step_that_is_undefined_at_zero(bidirectional, residual):
    class Log(nn.Module):
        def __init__(self, width):
            self.weight = nn.Parameter(np.eye(width, D))

        def forward(self, x, h):
            h = 0.5 * h + np.log(x) @ self.weight
            return np.exp(0.1 * h), h

    ways = 1 + bidirectional
    steps = [Log(width) for width in (D, ways * D) for _ in range(ways)]
    module = nn.Recurrent(steps, D, num_layers=2, bidirectional=bidirectional, residual=residual)
    parameters = list(module.parameters())
    x, lengths = np.random.default_rng(0).uniform(1, 2, (T, 4, D)), [T, 2, 0, 1]
    live = np.arange(T)[:, None] < lengths
    losses = [np.sum(module(x[:length, row])[0] ** 2) for row, length in enumerate(lengths) if length]
    expected = tg.autograd.grad(sum(losses), parameters)
    for padding in (np.nan, np.inf, 0.0):
        padded = tg.tensor(np.where(live[..., None], x, padding), requires_grad=True)
        output, _, recording = module(padded, lengths=lengths, record=True)
        assert not output.numpy()[~live].any()
        assert not recording["l0"]["h"].numpy()[~live].any()
        gradient, *found = tg.autograd.grad(np.sum(output**2), [padded, *parameters])
        assert not gradient.numpy()[~live].any()
        for a, b in zip(found, expected, strict=True):
            assert_close(a, b.numpy(), "rows by themselves")
