"""Encoder and decoder with attention: the papers' formulas, padding, labels, and sequences of its own."""

import numpy as np
import pytest
from derivatives import assert_close, check_function

import tinygrad_seq as tg
from tinygrad_seq import nn
from tinygrad_seq.autograd import ancestors, grad

V, W, D, H, S, T, B = 5, 6, 3, 4, 5, 4, 3
DECODERS = {"luong": nn.LuongDecoder, "bahdanau": nn.BahdanauDecoder}
SOURCE_LENGTHS, TARGET_LENGTHS = [5, 2, 3], [2, 4, 3]
each_decoder = pytest.mark.parametrize("style", DECODERS)


def made(style, kind="GRU", layers=1, batch_first=False, **options):
    tg.seed(1)
    encoder = nn.Encoder(V, D, H, kind, bidirectional=True)
    decoder = DECODERS[style](W, D, H, encoder.memory_size, kind=kind, num_layers=layers, **options)
    return nn.Seq2Seq(encoder, decoder, batch_first).astype("float64")


def tokens(seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(V, size=(S, B)), rng.integers(W, size=(T, B))


def by_hand(style, model, source, target):
    """Logits and weights of one row, for plain recurrent cells; lengths are those of the arrays."""
    p = model.state_dict()
    at = lambda name: p[f"decoder.{name}"]
    states, _ = model.encoder.rnn(p["encoder.embedding.weight"][source][:, None])
    states = states.numpy()[:, 0]
    first = np.concatenate([states[-1, :H], states[0, H:]])
    h, feed = np.tanh(at("bridge.weight") @ first + at("bridge.bias")), np.zeros(H)

    def look(h):
        if style == "luong":
            e = np.array([h @ at("attention.weight") @ s for s in states])
        else:
            hidden = states @ at("attention.weight_key").T + at("attention.weight_query") @ h
            e = np.tanh(hidden) @ at("attention.weight_score")
        a = np.exp(e) / np.exp(e).sum()
        return a @ states, a

    def cell(x):
        return np.tanh(
            at("cells.0.weight_ih") @ x + at("cells.0.bias_ih") + at("cells.0.weight_hh") @ h + at("cells.0.bias_hh")
        )

    logits, weights = [], []
    for token in target:
        y = at("embedding.weight")[token]
        if style == "luong":
            h = cell(np.concatenate([y, feed]))
            context, a = look(h)
            said = feed = np.tanh(at("combine.weight") @ np.concatenate([context, h]))
        else:
            context, a = look(h)
            h = cell(np.concatenate([y, context]))
            said = np.tanh(at("combine.weight") @ np.concatenate([context, h, y]))
        logits.append(at("output.weight") @ said + at("output.bias"))
        weights.append(a)
    return np.array(logits), np.array(weights)


@each_decoder
def test_the_formula_of_the_paper_row_by_row_whatever_the_padding(style):
    model = made(style, "RNN")
    source, target = tokens()
    logits, weights = model(source, target, SOURCE_LENGTHS, TARGET_LENGTHS)
    for b, (s, t) in enumerate(zip(SOURCE_LENGTHS, TARGET_LENGTHS, strict=True)):
        expected, shares = by_hand(style, model, source[:s, b], target[:t, b])
        assert_close(logits[:t, b], expected, style, rtol=1e-12)
        assert_close(weights[:t, b, :s], shares, style, rtol=1e-12)
        assert not logits.numpy()[t:, b].any()
        assert not weights.numpy()[t:, b].any()
        assert not weights.numpy()[:, b, s:].any()


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@each_decoder
def test_a_step_at_a_time_is_the_whole(style, kind, layers):
    model = made(style, kind, layers)
    source, target = tokens()
    logits, _ = model(source, target, SOURCE_LENGTHS)
    state = model.start(source, SOURCE_LENGTHS)
    for t in range(T):
        step, state = model.step(target[t], state)
        assert_close(step, logits[t], style, rtol=1e-12)


@each_decoder
def test_padding_never_matters(style):
    source, target = tokens()
    inside = [np.arange(n)[:, None] < lengths for n, lengths in ((S, SOURCE_LENGTHS), (T, TARGET_LENGTHS))]

    def results(fill):
        model = made(style)
        filled = [np.where(within, x, fill) for within, x in zip(inside, (source, target), strict=True)]
        logits, weights = model(*filled, SOURCE_LENGTHS, TARGET_LENGTHS)
        total = np.tanh(logits).sum() + (weights**2).sum()
        return [logits, weights, *grad(total, list(model.parameters()))]

    for got, expected in zip(results(-100), results(1), strict=True):
        assert np.array_equal(got, expected)
    # An empty source gives a mean of nothing.
    logits, weights = made(style)(source, target, [0, 2, 3])
    assert np.isfinite(logits).all()
    assert not weights.numpy()[:, 0].any()


@each_decoder
def test_derivatives(style):
    tg.seed(0)
    encoder = nn.Encoder(3, 2, 2, "RNN")
    model = nn.Seq2Seq(encoder, DECODERS[style](3, 2, 2, encoder.memory_size, kind="RNN")).astype("float64")
    names, values = zip(*[(n, p.numpy()) for n, p in model.named_parameters()], strict=True)

    def f(*parameters):
        params = dict(zip(names, parameters, strict=True))
        return tg.func.functional_call(model, params, [[0, 1], [2, 1], [1, 0]], [[0, 0], [1, 2]], [3, 2], [2, 1])

    check_function(f, list(values))


@each_decoder
def test_labels_and_one_projection_of_the_keys(style):
    model = made(style, "LSTM")
    nodes = ancestors([model(*tokens())[0].node])
    longer = np.concatenate([tokens()[1]] * 2)
    attention = {"luong": "GeneralAttention", "bahdanau": "AdditiveAttention"}[style]
    named = [n for n in nodes if n.name == "attention"]
    assert [(n.label.path, n.label.t, n.shape) for n in named] == [
        ("Seq2Seq/decoder/attention", t, (B, S)) for t in range(T)
    ]
    assert type(model.decoder.attention).__name__ == attention
    paths = {n.label.path for n in nodes}
    assert {"Seq2Seq/encoder/rnn/l0", "Seq2Seq/encoder/rnn/l0_reverse", "Seq2Seq/decoder/cells/0"} <= paths
    gates = {(n.label.t, n.name) for n in nodes if n.label.path == "Seq2Seq/decoder/cells/0" and n.name}
    assert gates == {(t, gate) for t in range(T) for gate in "ifgoch"}
    twice = ancestors([model(tokens()[0], longer)[0].node])
    untimed = [[n for n in found if n.label.t is None and n.parents] for found in (nodes, twice)]
    assert len(untimed[0]) == len(untimed[1])
    assert len(twice) - len(nodes) <= T * 34


def test_batch_first():
    source, target = tokens()
    logits, weights = made("luong")(source, target, SOURCE_LENGTHS, TARGET_LENGTHS)
    model = made("luong", batch_first=True)
    other, shares = model(source.T, target.T, SOURCE_LENGTHS, TARGET_LENGTHS)
    assert np.array_equal(other, logits.numpy().swapaxes(0, 1))
    assert np.array_equal(shares, weights.numpy().swapaxes(0, 1))
    step, _ = model.step(target[0], model.start(source.T, SOURCE_LENGTHS))
    assert_close(step, logits[0], "step", rtol=1e-12)


def fed(model, *args, **options):
    """The result, and the tokens that the decoder's embedding has read."""
    seen = []
    remove = model.decoder.embedding.register_forward_hook(lambda module, args, output: seen.append(args[0]))
    result = model(*args, **options)
    remove()
    return result[0], np.array(seen)


@each_decoder
def test_scheduled_sampling_feeds_what_the_model_says(style):
    model = made(style)
    source, target = np.zeros((2, 400), int), np.full((9, 400), 5)
    logits, read = fed(model, source, target, sampling=0.3, generator=np.random.default_rng(0))
    assert (read[0] == 5).all()
    replaced = (read[1:] != 5).mean()
    p = np.exp(logits.numpy()[:-1])
    p /= p.sum(-1, keepdims=True)
    assert replaced == pytest.approx(0.3 * (1 - p[..., 5].mean()), abs=0.02)
    assert_close(logits, model(source, read)[0], style, rtol=1e-12)
    # What is drawn has the model's distribution.
    _, read = fed(model, source, target, sampling=1.0, generator=np.random.default_rng(1))
    shares = np.bincount(read[1], minlength=W) / 400
    assert shares == pytest.approx(p[0, 0], abs=0.08)


def test_scheduled_sampling_is_reproducible():
    model = made("luong")
    tg.seed(5)
    first = model(*tokens(), sampling=0.5)[0]
    tg.seed(5)
    assert np.array_equal(model(*tokens(), sampling=0.5)[0], first)
    assert not np.array_equal(model(*tokens(), sampling=0.5)[0], first)
    one, other = [model(*tokens(), sampling=0.5, generator=np.random.default_rng(2))[0] for _ in range(2)]
    assert np.array_equal(one, other)


def test_dropout_only_in_training():
    model = made("luong", dropout=0.5)
    first = model(*tokens())[0].numpy()
    assert not np.array_equal(first, model(*tokens())[0])
    model.eval()
    assert np.array_equal(model(*tokens())[0], made("luong")(*tokens())[0])


@each_decoder
def test_a_beam_scores_what_teacher_forcing_does(style):
    model = made(style, "LSTM", layers=2)
    source, _ = tokens()
    found = nn.decoding.beam(model.step, model.start(source, SOURCE_LENGTHS), [0] * B, 1, 6, width=3)
    for k in range(3):
        chosen = found.tokens[:, :, k]
        logits, _ = model(source, np.concatenate([np.zeros((1, B), int), chosen[:-1]]), SOURCE_LENGTHS)
        log_p = tg.ops.log_softmax(logits).numpy()
        each = np.take_along_axis(log_p, chosen[..., None], -1)[..., 0]
        inside = np.arange(len(chosen))[:, None] < found.lengths[:, k]
        assert (each * inside).sum(0) == pytest.approx(found.scores[:, k])


def other_attention():
    return nn.LuongDecoder(W, D, H, 2 * H, nn.DotAttention(H))


def call(source=(S, B), target=(T, B), **options):
    return made("luong")(np.zeros(source, int), np.zeros(target, int), **options)


REFUSED = {
    "kind": (lambda: nn.Encoder(V, D, H, "SRU"), "Encoder: got kind='SRU'; need one of 'LSTM', 'GRU', 'RNN'"),
    "batch first": (lambda: nn.Encoder(V, D, H, batch_first=True), "Seq2Seq takes batch_first"),
    "attention": (other_attention, r"LuongDecoder: got DotAttention\(4\); need queries of 4 and keys of 8"),
    "no attention": (
        lambda: nn.LuongDecoder(V, D, H, H, attention="dot"),
        "LuongDecoder: got attention='dot'; need an Attention, such as tg.nn.DotAttention",
    ),
    "dropout": (lambda: nn.LuongDecoder(V, D, H, H, dropout=2), "LuongDecoder: got dropout=2; need a probability"),
    "no decoder": (lambda: nn.Seq2Seq(nn.Encoder(V, D, H), "Luong"), "Seq2Seq: got decoder='Luong'; need a Decoder, s"),
    "sizes": (
        lambda: nn.Seq2Seq(nn.Encoder(V, D, H), nn.LuongDecoder(V, D, H, H + 1)),
        "Seq2Seq: got an encoder that says 4 .* decoder for 5; give the decoder memory_size=4",
    ),
    "source": (lambda: call(source=(S,)), r"Encoder: got source \(5,\); need \(S, B\)"),
    "source of floats": (lambda: made("luong")(np.zeros((S, B)), np.zeros((T, B), int)), "got source of float64"),
    "target": (lambda: call(target=(T, B + 1)), r"got target \(4, 4\) for 3 rows of the source; need \(T, 3\)"),
    "no target": (lambda: call(target=(0, B)), r"got target \(0, 3\)"),
    "source lengths": (lambda: call(source_lengths=[1, 6, 1]), r"Encoder: got length 6 in row 1 for 5 positions"),
    "target lengths": (
        lambda: call(target_lengths=[1, 1]),
        r"LuongDecoder: got lengths \(2,\) for 4 positions; need \(3,\)",
    ),
    "a seed": (lambda: call(sampling=0.5, generator=3), "generator: got 3; need one of NumPy's"),
    "sampling": (lambda: call(sampling=1.5), "got sampling=1.5; need a probability"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    provoke, message = REFUSED[case]
    with pytest.raises(tg.errors.TinygradSeqError, match=message):
        provoke()
