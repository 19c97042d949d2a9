"""Every variant against its paper's equations in plain NumPy, one row of the batch and one step after the other."""

import inspect
import re

import numpy as np
import pytest
from derivatives import assert_close

import tinygrad_seq as tg
from tinygrad_seq import nn
from tinygrad_seq.autograd import ancestors
from tinygrad_seq.nn.unroll import Stack

T, B, D, H, P = 4, 3, 2, 5, 3


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def normal(a, w, which=""):
    return (a - a.mean()) / np.sqrt(a.var() + 1e-5) * w[f"norm_{which}weight"] + w[f"norm_{which}bias"]


def lstm(w, x, state, peepholes=None, coupled=False, forget_gate=True, layer_norm=False, ablate=None, proj_size=0):
    h, c = state
    ablate = ablate or {}
    b = w["bias_ih"] + w["bias_hh"]
    a_x, a_h = w["weight_ih"] @ x, w["weight_hh"] @ h
    a = normal(a_x, w, "ih_") + normal(a_h, w, "hh_") + b if layer_norm else a_x + a_h + b
    a = dict(zip("ifgo" if forget_gate and not coupled else "igo", np.split(a, len(a) // H), strict=True))

    def peep(gate, c):
        if peepholes is None:
            return 0.0
        return w[f"weight_c{gate}"] * c if peepholes == "diagonal" else w[f"weight_c{gate}"] @ c

    i = ablate.get("i", sigmoid(a["i"] + peep("i", c)))
    g = ablate.get("g", np.tanh(a["g"]))
    f = 1 - i if coupled else sigmoid(a["f"] + peep("f", c)) if forget_gate else 1.0
    f = ablate.get("f", f)
    c = f * c + i * g
    o = ablate.get("o", sigmoid(a["o"] + peep("o", c)))
    h = o * np.tanh(normal(c, w, "c_") if layer_norm else c)
    return w["weight_hr"] @ h if proj_size else h, c


def gru(w, x, state, reset="after", update="keep", layer_norm=False, ablate=None):
    (h,) = state
    ablate = ablate or {}
    rz, n = slice(2 * H), slice(2 * H, None)
    w_ih, w_hh, b_ih, b_hh = w["weight_ih"], w["weight_hh"], w["bias_ih"], w["bias_hh"]

    def ln(a, which):
        return normal(a, w, which) if layer_norm else a

    a = ln(w_ih[rz] @ x, "ih_rz_") + b_ih[rz] + ln(w_hh[rz] @ h, "hh_rz_") + b_hh[rz]
    r, z = ablate.get("r", sigmoid(a[:H])), ablate.get("z", sigmoid(a[H:]))
    a_x = ln(w_ih[n] @ x, "ih_n_") + b_ih[n]
    if reset == "after":
        new = np.tanh(a_x + r * (ln(w_hh[n] @ h, "hh_n_") + b_hh[n]))
    else:
        new = np.tanh(a_x + ln(w_hh[n] @ (r * h), "hh_n_") + b_hh[n])
    new = ablate.get("n", new)
    return ((1 - z) * new + z * h if update == "keep" else (1 - z) * h + z * new,)


def mgu(w, x, state):
    (h,) = state
    a_x, b = w["weight_ih"] @ x + w["bias_ih"], w["bias_hh"]
    f = sigmoid(a_x[:H] + w["weight_hh"][:H] @ h + b[:H])
    new = np.tanh(a_x[H:] + w["weight_hh"][H:] @ (f * h) + b[H:])
    return ((1 - f) * h + f * new,)


def rnn(w, x, state, layer_norm=False, nonlinearity=np.tanh):
    a = w["weight_ih"] @ x + w["bias_ih"] + w["weight_hh"] @ state[0] + w["bias_hh"]
    return (nonlinearity(normal(a, w) if layer_norm else a),)


EQUATIONS = {"LSTM": (lstm, "ifgoch"), "GRU": (gru, "rznh"), "MGU": (mgu, "fnh"), "RNN": (rnn, "h")}
"""One step of each kind, and the roles that it names."""

VARIANTS = {
    "LSTM projected": ("LSTM", {"proj_size": P}),
    "LSTM diagonal peepholes": ("LSTM", {"peepholes": "diagonal"}),
    "LSTM full peepholes": ("LSTM", {"peepholes": "full"}),
    "LSTM coupled": ("LSTM", {"coupled": True}),
    "LSTM coupled with peepholes": ("LSTM", {"coupled": True, "peepholes": "diagonal"}),
    "LSTM of 1997": ("LSTM", {"forget_gate": False}),
    "LSTM normalised": ("LSTM", {"layer_norm": True}),
    "LSTM all at once": ("LSTM", {"layer_norm": True, "peepholes": "full", "proj_size": P, "ablate": {"i": 0.5}}),
    "LSTM that never forgets": ("LSTM", {"ablate": {"f": 1.0}}),
    "LSTM that never forgets, coupled": ("LSTM", {"ablate": {"f": 1.0}, "coupled": True}),
    "LSTM that says nothing": ("LSTM", {"ablate": {"o": 0, "g": 0.25}}),
    "GRU of 2014": ("GRU", {"reset": "before"}),
    "GRU that writes": ("GRU", {"update": "write"}),
    "GRU of 2014 that writes": ("GRU", {"reset": "before", "update": "write"}),
    "GRU normalised": ("GRU", {"layer_norm": True}),
    "GRU normalised as in the paper": ("GRU", {"layer_norm": True, "update": "write"}),
    "GRU of 2014 normalised": ("GRU", {"layer_norm": True, "reset": "before"}),
    "GRU that never resets": ("GRU", {"ablate": {"r": 1.0}}),
    "GRU that keeps half": ("GRU", {"ablate": {"z": 0.5}}),
    "MGU": ("MGU", {}),
    "RNN normalised": ("RNN", {"layer_norm": True}),
    "RNN of a function": ("RNN", {"nonlinearity": np.sin}),
}
each_variant = pytest.mark.parametrize("variant", VARIANTS)


def build(variant, **more):
    kind, options = VARIANTS[variant]
    tg.seed(1)
    module = getattr(nn, kind)(D, H, **options, **more).double()
    rng = np.random.default_rng(0)
    for name, p in module.named_parameters():
        if name.startswith("norm"):
            p.data = p.numpy() + 0.1 * rng.normal(size=p.shape)
    return module


def data(module):
    rng = np.random.default_rng(1)
    width = getattr(module, "proj_size", 0) or H
    sizes = [width, H] if isinstance(module, nn.LSTM) else [H]
    return rng.normal(size=(T, B, D)), [rng.normal(size=(1, B, n)) for n in sizes]


def packed(hx):
    return tuple(hx) if len(hx) > 1 else hx[0]


def parts(state):
    return list(state) if isinstance(state, tuple) else [state]


OPTIONS = {
    nn.RNN: ("layer_norm",),
    nn.LSTM: ("proj_size", "peepholes", "coupled", "forget_gate", "layer_norm"),
    nn.GRU: ("reset", "update", "layer_norm"),
    Stack: ("recurrent_dropout", "variational", "zoneout", "residual"),
}


@pytest.mark.parametrize(("kind", "option"), [(kind, option) for kind, names in OPTIONS.items() for option in names])
def test_an_option_tells_its_equation_and_its_paper(kind, option):
    doc = inspect.cleandoc(kind.__doc__)
    (told,) = re.findall(rf"^ +{option}: (.*?)(?=^ +\w+: |^$|\Z)", doc, re.MULTILINE | re.DOTALL)
    told = " ".join(told.split())
    assert re.search(r":math:`.+`", told), told
    assert re.search(r"[A-Z]\w+.* (19|20)\d\d", told), told


@each_variant
def test_the_equations_of_the_paper(variant):
    kind, options = VARIANTS[variant]
    module = build(variant)
    x, hx = data(module)
    output, last = module(x, packed(hx))
    w = {name.removesuffix("_l0"): p.numpy() for name, p in module.named_parameters()}
    for row in range(B):
        state = tuple(h[0, row] for h in hx)
        for t in range(T):
            state = EQUATIONS[kind][0](w, x[t, row], state, **options)
            assert_close(output[t, row], state[0], f"{variant}: h of step {t}", rtol=1e-12)
        for part, expected in zip(parts(last), state, strict=True):
            assert_close(part[0, row], expected, f"{variant}: last state", rtol=1e-12)


@each_variant
def test_first_and_second_derivatives(variant):
    module = build(variant)
    x, hx = data(module)
    x, hx = x[:2, :2], [h[:, :2] for h in hx]
    parameters = dict(module.named_parameters())

    def run(x, *rest):
        states, values = rest[: len(hx)], rest[len(hx) :]
        output, last = tg.func.functional_call(module, dict(zip(parameters, values, strict=True)), x, packed(states))
        return np.concatenate([output.ravel(), *[part.ravel() for part in parts(last)]])

    inputs = [tg.tensor(a, requires_grad=True) for a in (x, *hx, *[p.numpy() for p in parameters.values()])]
    tg.autograd.gradcheck(run, inputs)
    rng = np.random.default_rng(2)
    primals = [a.numpy() for a in inputs]
    tangents = [rng.normal(size=a.shape) for a in primals]
    out, forward = tg.func.jvp(run, tuple(primals), tuple(tangents))
    u = rng.normal(size=out.shape)
    _, pull = tg.func.vjp(run, *primals)
    back = sum((np.asarray(g) * t).sum() for g, t in zip(pull(u), tangents, strict=True))
    assert_close(np.asarray((u * np.asarray(forward)).sum()), back, f"{variant}: u (J v) = (u J) v", rtol=1e-9)

    def second(*arrays):
        """The gradient along one direction, whose own gradient is checked."""
        grads = tg.autograd.grad((run(*arrays) * u).sum(), arrays, create_graph=True, allow_unused=True)
        return sum((g * t).sum() for g, t in zip(grads, tangents, strict=True) if g is not None)

    step = 1e-6
    ahead, behind = ([a + s * t for a, t in zip(primals, tangents, strict=True)] for s in (step, -step))
    variables = [tg.tensor(a, requires_grad=True) for a in primals]
    curvature = tg.func.jvp(second_of(run, u, tangents), tuple(primals), tuple(tangents))[1]
    slopes = [second(*[tg.tensor(a, requires_grad=True) for a in point]).item() for point in (ahead, behind)]
    second(*variables).backward()
    along = sum((v.grad.numpy() * t).sum() for v, t in zip(variables, tangents, strict=True) if v.grad is not None)
    assert along == pytest.approx((slopes[0] - slopes[1]) / (2 * step), rel=1e-6, abs=1e-8)
    assert np.asarray(curvature).item() == pytest.approx(along, rel=1e-9, abs=1e-12)


def second_of(run, u, tangents):
    def slope(*arrays):
        return tg.func.jvp(lambda *a: (run(*a) * u).sum(), arrays, tuple(tangents))[1]

    return slope


@pytest.mark.slow
@each_variant
def test_second_derivatives_element_by_element(variant):
    module = build(variant)
    x, hx = data(module)
    states = [tg.tensor(h[:, :1], requires_grad=True) for h in hx]

    def run(x, *states):
        return module(x, packed(states))[0]

    tg.autograd.gradgradcheck(run, [tg.tensor(x[:2, :1], requires_grad=True), *states])


@each_variant
def test_every_option_of_a_layer(variant):
    module = build(variant, num_layers=2, bidirectional=True, batch_first=True)
    kind, options = VARIANTS[variant]
    x, lengths = np.random.default_rng(3).normal(size=(B, T, D)), [2, 4, 0]
    output, last, recording = module(x, lengths=lengths, record=True)
    assert output.shape == (B, T, 2 * (options.get("proj_size") or H))
    assert list(recording) == ["l0", "l0_reverse", "l1", "l1_reverse"]
    _, named = EQUATIONS[kind]
    if not options.get("forget_gate", True):
        named = named.replace("f", "")
    for place in recording.values():
        assert set(place) == set(named)
        assert {v.shape for k, v in place.items() if k != "h"} <= {(B, T, H)}
    for row, length in enumerate(lengths):
        alone, final = module(x[row : row + 1, : max(length, 1)])
        if length:
            assert_close(output[row : row + 1, :length], alone, variant, rtol=1e-12)
            for a, b in zip(parts(last), parts(final), strict=True):
                assert_close(a[:, row : row + 1], b, variant, rtol=1e-12)
        assert not output[row, length:].numpy().any()
    both = np.concatenate([recording["l1"]["h"].numpy(), recording["l1_reverse"]["h"].numpy()], axis=-1)
    assert np.array_equal(both, output.numpy())


@each_variant
def test_a_cell_is_one_step_of_the_layer(variant):
    kind, options = VARIANTS[variant]
    if "proj_size" in options:
        return  # as in PyTorch, a cell has no projection
    module, cell = build(variant), getattr(nn, f"{kind}Cell")(D, H, **options).double()
    cell.load_state_dict({name.removesuffix("_l0"): p for name, p in module.named_parameters()})
    x, hx = data(module)
    output, _ = module(x[:1], packed(hx))
    assert_close(parts(cell(x[0], packed([h[0] for h in hx])))[0], output[0], variant, rtol=1e-14)


# What a formula adds to the 15, 13, 8 and 3 nodes of a plain step, or takes away.
NODES = {
    "LSTM projected": 16,
    "LSTM diagonal peepholes": 21,  # a product and a sum for each of three gates
    "LSTM full peepholes": 18,
    "LSTM coupled": 14,
    "LSTM coupled with peepholes": 18,
    "LSTM of 1997": 12,
    "LSTM normalised": 22,  # three operations for h, three for c, and a sum
    "LSTM that never forgets": 13,
    "GRU of 2014": 12,
    "GRU that writes": 12,
    "GRU normalised": 20,
    "GRU that never resets": 11,
    "MGU": 8,
    "RNN normalised": 6,
    "RNN of a function": 3,
}


@pytest.mark.parametrize("variant", NODES)
def test_a_step_has_no_more_nodes_than_its_formula(variant):
    def count(steps):
        output, last = build(variant)(np.ones((steps, B, D)))
        return len(ancestors([y.node for y in (output, *parts(last))]))

    assert count(6) - count(5) == NODES[variant]


def test_an_ablated_gate_learns_nothing():
    module = nn.LSTM(D, H, ablate={"f": 1.0}).double()
    output, _, recording = module(np.ones((T, B, D)), record=True)
    output.sum().backward()
    assert np.array_equal(recording["l0"]["f"].numpy(), np.ones((T, B, H)))
    assert not module.weight_hh_l0.grad.numpy()[H : 2 * H].any()
    assert module.weight_hh_l0.grad.numpy()[:H].any()


def test_what_is_recorded_is_in_the_graph():
    module = nn.LSTM(D, H).double()
    output, _, recording = module(np.ones((T, B, D)), record=True)
    (g,) = tg.autograd.grad(output.sum(), recording["l0"]["c"], allow_unused=True)
    assert g is None  # what is stacked is looked at, and not on the way to the output
    recording["l0"]["f"].sum().backward()
    assert module.weight_hh_l0.grad.numpy()[H : 2 * H].any()
    assert len(ancestors([output.node])) == len(ancestors([nn.LSTM(D, H)(np.ones((T, B, D), "float32"))[0].node]))


def test_zoneout_keeps_elements_in_training_and_expects_them_in_evaluation():
    module = nn.GRU(D, H, zoneout=0.3).double()
    plain = nn.GRU(D, H).double()
    plain.load_state_dict(module.state_dict())
    x, h0 = np.random.default_rng(0).normal(size=(1, 200, D)), np.random.default_rng(1).normal(size=(1, 200, H))
    new = plain(x, h0)[0].numpy()[0]
    tg.seed(0)
    h = module(x, h0)[0].numpy()[0]
    kept = h == h0[0]
    assert np.array_equal(h[~kept], new[~kept])
    assert kept.mean() == pytest.approx(0.3, abs=0.05)
    assert_close(module.eval()(x, h0)[0][0], 0.3 * h0[0] + 0.7 * new, "expectation", rtol=1e-12)
    halves = nn.LSTM(D, H, zoneout=(0.0, 1.0)).double()
    _, (_, c_n) = halves(x, (h0, h0))
    assert np.array_equal(c_n.numpy(), h0)


def test_recurrent_dropout_is_one_mask_for_all_steps_and_only_inside_the_matmul():
    tg.seed(0)
    module = nn.Recurrent(lambda x, h: (h, h), state=50, recurrent_dropout=0.5)
    x, h0 = np.zeros((3, 4, 1), "float32"), np.ones((1, 4, 50), "float32")
    output = module(x, h0)[0].numpy()
    assert set(np.unique(output[0])) == {0.0, 2.0}
    assert np.array_equal(output[2], output[0] ** 3)
    assert np.array_equal(module.eval()(x, h0)[0].numpy()[2], h0[0])
    gru = nn.GRU(D, H, recurrent_dropout=1.0).double()
    plain = nn.GRU(D, H).double()
    plain.load_state_dict(gru.state_dict())
    plain.weight_hh_l0.data = np.zeros((3 * H, H))
    x, hx = data(gru)
    assert_close(gru(x, hx[0])[0], plain(x, hx[0])[0], "nothing enters the matmul, h itself stays", rtol=1e-12)


def test_variational_dropout_between_layers_is_one_mask_for_all_steps():
    tg.seed(0)
    step = lambda x, h: (x, h)
    layers = nn.Recurrent(step, state=1, num_layers=2, dropout=0.5, variational=True)
    output = layers(np.ones((5, 4, 30), "float32"))[0].numpy()
    assert set(np.unique(output)) == {0.0, 2.0}
    assert np.array_equal(output, np.broadcast_to(output[:1], output.shape))
    assert np.array_equal(layers.eval()(np.ones((5, 4, 30), "float32"))[0].numpy(), np.ones((5, 4, 30)))


def test_a_residual_stack_adds_the_input_where_it_has_the_same_width():
    module = nn.GRU(D, H, num_layers=3, residual=True).double()
    x = np.random.default_rng(0).normal(size=(T, B, D))
    y = x
    for k in range(3):
        one = nn.GRU(D if k == 0 else H, H).double()
        one.load_state_dict({name: getattr(module, name.replace("l0", f"l{k}")) for name in one.state_dict()})
        new = one(y)[0].numpy()
        y = new if k == 0 else y + new
    assert_close(module(x)[0], y, "residual", rtol=1e-12)


def test_an_irnn_begins_by_forgetting_nothing():
    module = nn.IRNN(D, H, num_layers=2, scale=0.5)
    assert np.array_equal(module.weight_hh_l1.numpy(), 0.5 * np.eye(H))
    h0 = np.ones((2, B, H), "float32")
    _, h_n = module(np.zeros((3, B, D), "float32"), h0)
    assert np.array_equal(h_n[0].numpy(), h0[0] / 8)
    wide = nn.IRNN(100, 50).weight_ih_l0.numpy()
    assert wide.std() == pytest.approx(0.001, rel=0.05)
    assert not nn.IRNN(D, H).bias_hh_l0.numpy().any()


def test_the_options_are_shown():
    shown = repr(nn.LSTM(D, H, peepholes="full", zoneout=0.1, batch_first=True))
    assert shown == f"LSTM({D}, {H}, batch_first=True, zoneout=0.1, peepholes=full)"
    assert repr(nn.GRUCell(D, H, reset="before")) == f"GRUCell({D}, {H}, reset=before)"


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_masked_step_adds_one_node_for_each_part_of_the_state(kind):
    module = getattr(nn, kind)(D, H)
    x = np.ones((6, B, D), "float32")

    def nodes(lengths):
        return [n for n in ancestors([module(x, lengths=lengths)[0].node]) if n.label.t is not None]

    states = 2 if kind == "LSTM" else 1
    for masked in (1, 3):
        plain, more = nodes([6] * B), nodes([6, 6, 6 - masked])
        # The cell state of the last step is not on the way to the output.
        assert len(more) - len(plain) == masked * states - (states - 1)
        assert [n.op.name for n in more].count("where") == masked * states - (states - 1)
        assert {n.name for n in more if n.op.name == "where"} <= {"h", "c"}


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU", "MGU"])
def test_padding_matters_to_nothing(kind):
    module = getattr(nn, kind)(D, H, num_layers=2, bidirectional=True).double()
    rng, lengths = np.random.default_rng(0), np.array([3, 0, T])
    results = []
    for padding in (0.0, np.nan, np.inf):
        array = np.where(np.arange(T)[:, None, None] < lengths[:, None], rng.normal(size=(T, B, D)), padding)
        rng = np.random.default_rng(0)
        x = tg.tensor(array, requires_grad=True)
        module.zero_grad()
        output, last = module(x, lengths=lengths)
        ((output**2).sum() + sum((part**2).sum() for part in parts(last))).backward()
        results.append([output, *parts(last), x.grad, *[p.grad for p in module.parameters()]])
    for result in results[1:]:
        for a, b in zip(results[0], result, strict=True):
            assert np.array_equal(a.numpy(), b.numpy())
    for row, length in enumerate(lengths):
        assert not results[0][-len(list(module.parameters())) - 1].numpy()[length:, row].any()


def test_rows_of_no_length_keep_their_first_state():
    module = nn.LSTM(D, H).double()
    h0, c0 = np.full((1, B, H), 0.5), np.full((1, B, H), -2.0)
    output, (h_n, c_n) = module(np.full((T, B, D), np.nan), (h0, c0), lengths=[0, 0, 0])
    assert not output.numpy().any()
    assert np.array_equal(h_n.numpy(), h0)
    assert np.array_equal(c_n.numpy(), c0)
    assert module(np.ones((T, 0, D)), lengths=[])[0].shape == (T, 0, H)
