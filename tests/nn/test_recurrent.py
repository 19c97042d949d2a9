"""RNN, LSTM and GRU: against hand-written backpropagation through time, and what they refuse."""

import inspect

import numpy as np
import pytest
import reference
from derivatives import assert_close

import tinygrad_seq as tg
from tinygrad_seq import nn
from tinygrad_seq.autograd import ancestors

LAYERS = {"RNN": (reference.rnn, 1), "LSTM": (reference.lstm, 4), "GRU": (reference.gru, 3)}
each_layer = pytest.mark.parametrize("name", LAYERS)
T, B, D, H = 5, 3, 4, 6


def layer(name, dtype="float64", **options):
    tg.seed(3)
    return getattr(nn, name)(D, H, **options).astype(dtype)


def states(name, *shape, seed=0):
    rng = np.random.default_rng(seed)
    return [tg.tensor(rng.normal(size=shape), requires_grad=True) for _ in range(1 + (name == "LSTM"))]


def run(module, x, hx):
    """Output, and the last states as a list."""
    output, last = module(x, None if hx is None else tuple(hx) if len(hx) > 1 else hx[0])
    return output, list(last) if isinstance(last, tuple) else [last]


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-10), ("float32", 1e-5)])
@each_layer
def test_values_and_gradients_of_the_hand_written_layer(name, dtype, rtol):
    by_hand, _ = LAYERS[name]
    module = layer(name, dtype)
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=(T, B, D)), *(rng.normal(size=(1, B, H)) for _ in states(name, 1))]
    x, *hx = [tg.tensor(a.astype(dtype), requires_grad=True) for a in arrays]
    output, last = run(module, x, hx)
    weights = [p.numpy().astype("float64") for p in module.parameters()]
    *expected, backward = by_hand(arrays[0], *[h[0] for h in arrays[1:]], *weights)
    for got, value in zip([output, *[h[0] for h in last]], expected, strict=True):
        assert_close(got, value, name, rtol=rtol)
    cotangents = [rng.normal(size=y.shape).astype(dtype) for y in [output, *last]]
    np.stack([(y * u).sum() for y, u in zip([output, *last], cotangents, strict=True)]).sum().backward()
    found = {"x": x, **dict(zip("hc", hx, strict=False))} | {
        n.removesuffix("_l0"): p for n, p in module.named_parameters()
    }
    for key, g in backward(cotangents[0], *[u[0] for u in cotangents[1:]]).items():
        got = found[key].grad.numpy()
        assert got.dtype == dtype
        assert_close(got.reshape(g.shape), g, f"{name}: gradient of {key}", rtol=rtol)


@each_layer
def test_two_layers_are_one_after_the_other(name):
    both = layer(name, num_layers=2)
    x, hx = np.random.default_rng(1).normal(size=(T, B, D)), states(name, 2, B, H)
    output, last = run(both, x, hx)
    for k in range(2):
        one = getattr(nn, name)(D if k == 0 else H, H).astype("float64")
        one.load_state_dict({n: getattr(both, n.replace("l0", f"l{k}")) for n in one.state_dict()})
        x, final = run(one, x, [h[k : k + 1] for h in hx])
        for a, b in zip(final, last, strict=True):
            assert_close(a[0], b[k], name, rtol=1e-14)
    assert_close(x, output, name, rtol=1e-14)


@each_layer
def test_the_second_direction_is_the_first_on_reversed_time(name):
    both = layer(name, bidirectional=True)
    x = np.random.default_rng(1).normal(size=(T, B, D))
    output, last = run(both, x, None)
    for suffix, sight, part in (("", slice(None), slice(H)), ("_reverse", slice(None, None, -1), slice(H, None))):
        one = layer(name)
        one.load_state_dict({n: getattr(both, n + suffix) for n in one.state_dict()})
        alone, final = run(one, x[sight], None)
        assert_close(alone[sight], output[:, :, part], name, rtol=1e-14)
        for a, b in zip(final, last, strict=True):
            assert_close(a[0], b[1 if suffix else 0], name, rtol=1e-14)


@each_layer
def test_batch_first_and_without_a_batch(name):
    time_first, batch_first = layer(name), layer(name, batch_first=True)
    x = np.random.default_rng(1).normal(size=(T, B, D))
    output, last = run(time_first, x, None)
    swapped, same = run(batch_first, x.swapaxes(0, 1), None)
    assert_close(swapped, output.numpy().swapaxes(0, 1), name, rtol=1e-14)
    for module in (time_first, batch_first):
        single, final = run(module, x[:, 1], None)
        assert_close(single, output[:, 1], name, rtol=1e-14)
        for a, b, c in zip(final, last, same, strict=True):
            assert a.shape == (1, H)
            assert_close(a, b[:, 1], name, rtol=1e-14)
            assert_close(c, b, name, rtol=1e-14)


@each_layer
def test_a_cell_is_one_step_of_the_layer(name):
    module, cell = layer(name), getattr(nn, f"{name}Cell")(D, H).astype("float64")
    cell.load_state_dict({n: getattr(module, f"{n}_l0") for n in cell.state_dict()})
    x, hx = np.random.default_rng(1).normal(size=(T, B, D)), states(name, 1, B, H)
    output, last = run(module, x, hx)
    state = tuple(h[0] for h in hx) if name == "LSTM" else hx[0][0]
    for t in range(T):
        state = cell(x[t], state)
        h = state[0] if name == "LSTM" else state
        assert_close(h, output[t], name, rtol=1e-14)
    for a, b in zip(state if name == "LSTM" else [state], last, strict=True):
        assert_close(a, b[0], name, rtol=1e-14)
    assert_close(cell(x[0, 0])[0] if name == "LSTM" else cell(x[0, 0]), run(module, x[:1], None)[0][0, 0], name)


@pytest.mark.parametrize("name", ["RNN", "RNNCell"])
def test_a_nonlinearity_with_parameters_is_a_part_of_the_module(name):
    module = getattr(nn, name)(D, H, nonlinearity=nn.PReLU())
    assert "nonlinearity.weight" in module.state_dict()
    result = module(-np.ones((T, D), "float32"))
    np.sum(result if name == "RNNCell" else result[0]).backward()
    assert module.nonlinearity.weight.grad.item()


@pytest.mark.parametrize(("name", "most"), [("RNN", 3), ("LSTM", 15), ("GRU", 13)])
def test_nodes_of_a_step(name, most):
    def count(steps):
        output, _ = layer(name)(np.ones((steps, B, D)))
        nodes = ancestors([output.node])
        return len([n for n in nodes if n.label.t is not None]), len(nodes)

    (few, few_all), (many, many_all) = count(4), count(8)
    assert many - few == many_all - few_all == 4 * most


@each_layer
def test_every_node_of_a_step_knows_its_layer_its_time_and_its_gate(name):
    module = layer(name, num_layers=2, bidirectional=True)
    output, _ = module(np.ones((T, B, D)))
    seen = {}
    for node in ancestors([output.node]):
        if node.label.t is not None:
            seen.setdefault((node.label.path, node.label.t), set()).add(node.name)
    places = [f"{name}/l{k}{way}" for k in range(2) for way in ("", "_reverse")]
    assert set(seen) == {(place, t) for place in places for t in range(T)}
    gates = {"RNN": {"h"}, "LSTM": set("ifgoch"), "GRU": set("rznh")}[name]
    assert all(gates <= names for names in seen.values())


@each_layer
def test_the_initial_distribution_is_uniform_in_one_over_root_hidden(name):
    tg.seed(0)
    weights = np.concatenate([p.numpy().ravel() for p in getattr(nn, name)(50, 100).parameters()]) * 10
    assert weights.dtype == np.float32
    assert -1 <= weights.min() < -0.99 < 0.99 < weights.max() <= 1
    assert abs(weights.mean()) < 0.02
    assert abs(weights.var() - 1 / 3) < 0.01


def test_dropout_stands_between_the_layers_and_only_in_training():
    module = layer("GRU", num_layers=2, dropout=0.5)
    x = np.ones((T, B, D))
    assert np.array_equal(module.eval()(x)[0], module(x)[0])
    tg.seed(1)
    first = module.train()(x)[0].numpy()
    assert not np.array_equal(first, module(x)[0])
    tg.seed(1)
    assert np.array_equal(first, module(x)[0])
    single = layer("GRU", dropout=0.5)
    assert np.array_equal(single(x)[0], single.eval()(x)[0])


def test_lists_of_tensors_are_refused_and_integers_begin_a_state():
    module = layer("GRU")
    h = tg.tensor(np.zeros((B, H)), requires_grad=True)
    with pytest.raises(tg.errors.DTypeError, match="list of Tensors, whose history would be lost"):
        module(np.ones((T, B, D)), [h])
    with pytest.raises(tg.errors.DTypeError, match="GRU: got a list of Tensors"):
        module([tg.tensor(np.ones((B, D)), requires_grad=True)])
    tg.seed(0)
    dropped = layer("GRU", recurrent_dropout=0.3)
    tg.seed(1)
    expected = dropped(np.ones((T, B, D)), np.ones((1, B, H)))[0]
    tg.seed(1)
    assert np.array_equal(dropped(np.ones((T, B, D)), np.ones((1, B, H), int))[0], expected)


def test_options_of_a_users_module_are_its_own():
    class Placed(nn.Module):
        def __init__(self, device, **more):
            self.device, self.more = device, more

    assert Placed(device="here", dtype="f8").more == {"dtype": "f8"}
    assert nn.Encoder(5, 3, 4, proj_size=2).memory_size == 2


def test_state_goes_in_and_out_and_is_not_stored():
    module = layer("LSTM")
    x = np.random.default_rng(1).normal(size=(T, B, D))
    whole, last = module(x)
    first, state = module(x[:2])
    second, end = module(x[2:], state)
    assert_close(np.concatenate([first.numpy(), second.numpy()]), whole, "in two parts", rtol=1e-14)
    assert_close(end[1], last[1], "c", rtol=1e-14)
    assert set(vars(module)) == set(vars(layer("LSTM")))


def test_sizes_and_numbers_may_be_numpys():
    lstm = nn.LSTM(np.int64(D), np.int64(H), proj_size=np.int64(2), ablate={"f": np.float32(1.0)})
    assert lstm(np.ones((T, B, D), "float32"))[0].shape == (T, B, 2)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU", "MGU"])
def test_a_state_of_integers_takes_the_dtype_of_the_weights(kind):
    x, zeros = np.ones((T, B, D), "float32"), np.zeros((1, B, H), int)
    module, cell = getattr(nn, kind)(D, H), getattr(nn, f"{kind}Cell")(D, H)
    for made in (module(x, (zeros, zeros) if kind == "LSTM" else zeros)[0], module(x)[0]):
        assert made.dtype == "float32"
    new = cell(x[0], (zeros[0], zeros[0]) if kind == "LSTM" else zeros[0])
    assert {h.dtype for h in (new if kind == "LSTM" else (new,))} == {np.dtype("float32")}


REFUSED = {
    "features": (lambda: layer("LSTM")(np.ones((T, B, D + 1))), r"LSTM: got x \(5, 3, 5\); need \(T, B, 4\)"),
    "batch first": (lambda: layer("GRU", batch_first=True)(np.ones((B, T, 1))), r"need \(B, T, 4\)"),
    "rank": (lambda: layer("RNN")(np.ones(D)), r"got x \(4,\)"),
    "no step": (lambda: layer("RNN")(np.ones((0, B, D))), "no time step"),
    "hx shape": (
        lambda: layer("RNN")(np.ones((T, B, D)), np.ones((B, H))),
        r"RNN: got h_0 \(3, 6\) for x \(5, 3, 4\); need \(1, 3, 6\)",
    ),
    "c shape": (
        lambda: layer("LSTM")(np.ones((T, B, D)), (np.ones((1, B, H)), np.ones((1, B, 1)))),
        r"LSTM: got c_0 \(1, 3, 1\)",
    ),
    "no pair": (
        lambda: layer("LSTM")(np.ones((T, B, D)), np.ones((1, B, H))),
        r"LSTM: got an array \(1, 3, 6\) for the state; need a tuple \(h, c\)",
    ),
    "a pair for one": (
        lambda: layer("GRU")(np.ones((T, B, D)), (np.ones((1, B, H)), np.ones((1, B, H)))),
        "GRU: got a tuple of 2 for the state; need h alone, an array",
    ),
    "a state of nothing": (
        lambda: layer("LSTM")(np.ones((T, B, D)), (None, None)),
        "LSTM, initial state: got dtype object; need real numbers",
    ),
    "lists of different lengths": (lambda: layer("RNN")([[[1.0]], [[1.0], [2.0]]]), "RNN: got nested lists of differe"),
    "text": (lambda: layer("RNN")("abc"), "RNN: got dtype <U3; need real numbers"),
    "cell features": (lambda: nn.GRUCell(D, H)(np.ones((B, 1), "float32")), r"GRUCell: got x \(3, 1\)"),
    "cell state": (lambda: nn.RNNCell(D, H)(np.ones((B, D)), np.ones((B, 1))), r"got h \(3, 1\).*need \(3, 6\)"),
    "cell pair": (
        lambda: nn.LSTMCell(D, H)(np.ones((B, D)), np.ones((B, H))),
        r"LSTMCell: got an array \(3, 6\) for the state; need a tuple \(h, c\)",
    ),
    "an option by place": (
        lambda: nn.RNN(D, H, 1, "relu"),
        "RNN: got bias='relu'; need True or False; give other options by name",
    ),
    "a flag": (lambda: nn.GRU(D, H, bidirectional=2), "GRU: got bidirectional=2; need True or False$"),
    "an unknown option": (
        lambda: nn.GRU(D, H, bidirectionnal=True),
        "GRU: got the option bidirectionnal; use bidirectional$",
    ),
    "an option of nothing": (
        lambda: nn.LSTM(D, H, sparse=1),
        "got the option sparse; use one of .*, ablate, recurrent_dr",
    ),
    "another layer's option": (lambda: nn.GRU(D, H, proj_size=2), "got the option proj_size; use an LSTM, which alone"),
    "a device": (lambda: nn.LSTM(D, H, device="cuda"), "LSTM: got the option device; leave it out, all arrays"),
    "a dtype": (lambda: nn.Linear(D, H, dtype="float64"), r"Linear: got the option dtype; use .astype\(dtype\)"),
    "a change in place": (lambda: nn.ReLU(inplace=True), "ReLU: got the option inplace; leave it out, no Tensor ever"),
    "a nonlinearity of another shape": (
        lambda: layer("RNN", nonlinearity=lambda a: a[:, :1])(np.ones((1, B, D))),
        r"RNN: nonlinearity got \(3, 6\) float64 and returned \(3, 1\) float64; need a Tensor like it",
    ),
    "a nonlinearity of arrays": (
        lambda: layer("RNN", nonlinearity=lambda a: a.numpy())(np.ones((1, B, D))),
        r"RNN: nonlinearity got \(3, 6\) float64 and returned ndarray",
    ),
    "no gates": (lambda: nn.LSTM(D, H, ablate="f"), "LSTM: got ablate='f'; need a dict from gates to numbers"),
    "hidden": (lambda: nn.LSTM(D, 0), "LSTM: got hidden_size=0; need an integer of at least 1"),
    "layers": (lambda: nn.GRU(D, H, num_layers=0), "got num_layers=0"),
    "dropout": (lambda: nn.GRU(D, H, dropout=1.5), r"got dropout=1.5; need a probability in 0 \.\.\. 1"),
    "lengths count": (
        lambda: layer("LSTM")(np.ones((T, B, D)), lengths=[1, 2]),
        r"LSTM: got lengths \(2,\) for x \(5, 3, 4\); need \(3,\), one for each row of the batch",
    ),
    "lengths too long": (
        lambda: layer("GRU", batch_first=True)(np.ones((B, T, D)), lengths=[5, 6, 1]),
        r"GRU: got length 6 in row 1 for x \(3, 5, 4\); need 0 \.\.\. 5",
    ),
    "lengths negative": (lambda: layer("GRU")(np.ones((T, B, D)), lengths=[5, 1, -1]), "got length -1 in row 2"),
    "lengths floating": (
        lambda: layer("RNN")(np.ones((T, B, D)), lengths=[1.0, 2.0, 3.0]),
        r"got lengths of dtype float64; need integers",
    ),
    "lengths boolean": (lambda: layer("RNN")(np.ones((T, B, D)), lengths=[True] * 3), "got lengths of dtype bool"),
    "lengths without a batch": (lambda: layer("RNN")(np.ones((T, D)), lengths=[3]), r"which has no batch; cut x\["),
    "no forget gate, or nothing said": (
        lambda: nn.LSTM(D, H, forget_gate=None),
        "LSTM: got forget_gate=None; need True or False",
    ),
    "coupled": (lambda: nn.LSTM(D, H, coupled="no"), "LSTM: got coupled='no'; need True or False"),
    "normalised": (lambda: nn.GRU(D, H, layer_norm="no"), "GRU: got layer_norm='no'; need True or False"),
    "a normalised cell": (lambda: nn.RNNCell(D, H, layer_norm=2), "RNN: got layer_norm=2; need True or False"),
    "recurrent dropout": (lambda: nn.GRU(D, H, recurrent_dropout=-1), "got recurrent_dropout=-1; need a probability"),
    "zoneout": (lambda: nn.GRU(D, H, zoneout=2), "got zoneout=2; need a probability"),
    "zoneouts": (lambda: nn.GRU(D, H, zoneout=(0.1, 0.1)), r"GRU: got zoneout=\(0.1, 0.1\); need one number, or"),
    "projection": (lambda: nn.LSTM(D, H, proj_size=H), "got proj_size=6 for hidden_size=6; need 0 .* below 6"),
    "negative projection": (lambda: nn.LSTM(D, H, proj_size=-1), "got proj_size=-1"),
    "peepholes": (lambda: nn.LSTM(D, H, peepholes=True), "got peepholes=True; need None, 'diagonal' or 'full'"),
    "coupled with nothing": (lambda: nn.LSTM(D, H, coupled=True, forget_gate=False), "a gate that is not there"),
    "reset": (lambda: nn.GRU(D, H, reset="never"), "got reset='never'; need 'after' or 'before'"),
    "update": (lambda: nn.GRU(D, H, update="z"), "got update='z'; need 'keep'"),
    "ablated gate": (
        lambda: nn.GRU(D, H, ablate={"f": 1.0}),
        r"got ablate=\{'f': ...\}; need one of its gates: r, z, n",
    ),
    "ablated gates": (
        lambda: nn.LSTM(D, H, ablate={"if": 1.0}),
        r"got ablate=\{'if': ...\}; need one of its gates: i, f, g, o",
    ),
    "ablated by": (lambda: nn.LSTM(D, H, ablate={"f": "open"}), r"got ablate=\{'f': 'open'\}; need a number"),
    "nonlinearity": (lambda: nn.RNN(D, H, nonlinearity="sine"), "got nonlinearity='sine'; need one of 'tanh', 'relu'"),
    "an option of the formula, set too late": (
        lambda: setattr(nn.RNN(D, H), "nonlinearity", "relu"),
        "RNN: got nonlinearity='relu' for a module that was built with nonlinearity='tanh'; build another one",
    ),
    "an option between calls": (
        lambda: changed(nn.GRU(D, H), dropout=0.1, zoneout=-1)(np.ones((T, B, D))),
        "GRU: got zoneout=-1; need a probability",
    ),
}


def changed(module, **options):
    for name, value in options.items():
        setattr(module, name, value)
    return module


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU", "MGU"])
def test_options_that_are_set_later_are_those_that_are_given(kind):
    options = {"dropout": 0.4, "recurrent_dropout": 0.3, "zoneout": 0.2, "variational": True, "residual": True}
    given, later = getattr(nn, kind)(H, H, 2, **options), changed(getattr(nn, kind)(H, H, 2), **options)
    later.load_state_dict(given.state_dict())
    assert repr(later) == repr(given)
    for module in (given, later):
        tg.seed(1)
        module.found = module(np.ones((T, B, H), "float32"))[0].numpy()
    assert np.array_equal(later.found, given.found)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU", "MGU", "RNNCell", "LSTMCell", "GRUCell", "MGUCell"])
def test_options_that_a_layer_is_built_by_cannot_be_set(kind):
    cls = getattr(nn, kind)
    free = {"self", "batch_first", "dropout", "stack"}
    module, before = cls(D, H), repr(cls(D, H))
    for name in inspect.signature(cls.__init__).parameters.keys() - free:
        setattr(module, name, getattr(module, name))
        with pytest.raises(tg.errors.OptionError, match=f"{kind}: got {name}='new' for a module that was built with"):
            setattr(module, name, "new")
    assert repr(module) == before


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    provoke, message = REFUSED[case]
    with pytest.raises(tg.errors.TinygradSeqError, match=message):
        provoke()
