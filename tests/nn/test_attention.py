"""Attention: against the papers' formulas one position at a time, with masks, and what it refuses."""

import numpy as np
import pytest
from derivatives import assert_close, check_function

import tinygrad_seq as tg
from tinygrad_seq import nn
from tinygrad_seq.autograd import ancestors, grad, time_steps

B, S, T, Q, K, A, V = 3, 4, 2, 3, 3, 5, 2
KINDS = {
    "additive": lambda **options: nn.AdditiveAttention(Q, K, A, **options),
    "dot": lambda **options: nn.DotAttention(K, **options),
    "scaled": lambda **options: nn.DotAttention(K, scaled=True, **options),
    "general": lambda **options: nn.GeneralAttention(Q, K, **options),
}
FORMULAS = {
    "additive": lambda q, k, m: m["weight_score"] @ np.tanh(m["weight_query"] @ q + m["weight_key"] @ k),
    "dot": lambda q, k, m: q @ k,
    "scaled": lambda q, k, m: q @ k / np.sqrt(3),
    "general": lambda q, k, m: q @ m["weight"] @ k,
}
each_kind = pytest.mark.parametrize("kind", KINDS)
MASK = np.array([[True, True, True, True], [True, False, True, False], [False, False, False, False]])


def made(kind, **options):
    tg.seed(1)
    return KINDS[kind](**options).astype("float64")


def arrays(*shapes):
    rng = np.random.default_rng(2)
    return [rng.normal(size=shape) for shape in shapes]


def by_hand(kind, module, query, keys, values, mask):
    """Context and weights of one query of one row."""
    weights = np.zeros(len(keys))
    live = np.flatnonzero(mask)
    if live.size:
        e = np.exp([FORMULAS[kind](query, keys[s], module.state_dict()) for s in live])
        weights[live] = e / e.sum()
    return sum(w * v for w, v in zip(weights, values, strict=True)), weights


@pytest.mark.parametrize("masked", [False, True], ids=["all", "masked"])
@each_kind
def test_the_formula_of_the_paper(kind, masked):
    module = made(kind)
    query, keys, values = arrays((T, B, Q), (S, B, K), (S, B, V))
    mask = MASK if masked else None
    context, weights = module(query, keys, values, mask)
    assert (context.shape, weights.shape) == ((T, B, V), (T, B, S))
    memory = module.memory(keys, values, mask)
    for t in range(T):
        step, step_weights = module(query[t], memory)
        assert_close(step, context[t], kind, rtol=1e-14)
        assert_close(step_weights, weights[t], kind, rtol=1e-14)
        for b in range(B):
            expected = by_hand(kind, module, query[t, b], keys[:, b], values[:, b], MASK[b] if masked else [True] * S)
            assert_close(context[t, b], expected[0], kind, rtol=1e-12)
            assert_close(weights[t, b], expected[1], kind, rtol=1e-12)


@each_kind
def test_batch_first_and_values_that_are_the_keys(kind):
    query, keys = arrays((T, B, Q), (S, B, K))
    masks = np.random.default_rng(0).random((T, B, S)) < 0.6
    context, weights = made(kind)(query, keys, mask=masks)
    swapped = made(kind, batch_first=True)
    other, other_weights = swapped(query.swapaxes(0, 1), keys.swapaxes(0, 1), mask=masks.swapaxes(0, 1))
    assert_close(other, context.numpy().swapaxes(0, 1), kind, rtol=1e-14)
    assert_close(other_weights, weights.numpy().swapaxes(0, 1), kind, rtol=1e-14)
    assert_close(context, np.einsum("tbs,sbk->tbk", weights.numpy(), keys), kind, rtol=1e-12)
    assert not weights.numpy()[~masks].any()


@each_kind
def test_lengths_are_a_mask(kind):
    query, keys = arrays((T, B, Q), (S, B, K))
    inside = np.arange(S) < np.array([4, 0, 2])[:, None]
    masks = np.random.default_rng(0).random((T, B, S)) < 0.6
    for given, expected in ((None, inside), (MASK, MASK & inside), (masks, masks & inside)):
        for got, same in zip(
            made(kind)(query, keys, mask=given, lengths=[4, 0, 2]), made(kind)(query, keys, mask=expected), strict=True
        ):
            assert np.array_equal(got, same)


@each_kind
def test_derivatives(kind):
    module = made(kind)
    query, keys, values = arrays((B, Q), (S, B, K), (S, B, V))
    names = [n for n, _ in module.named_parameters()]

    def f(query, keys, values, *parameters):
        params = dict(zip(names, parameters, strict=True))
        return tg.func.functional_call(module, params, query, keys, values, MASK)

    inputs = [query, keys, values, *[p.numpy() for p in module.parameters()]]
    check_function(f, inputs)


@pytest.mark.parametrize("order", [1, 2])
@each_kind
def test_what_is_masked_may_be_nan_and_matters_to_nothing(kind, order):
    def results(fill):
        module = made(kind)
        query, keys, values = [tg.tensor(a, requires_grad=True) for a in arrays((B, Q), (S, B, K), (S, B, V))]
        for x in (keys, values):
            array = x.numpy().copy()
            array[~MASK.T] = fill
            x.data = array
        context, weights = module(query, keys, values, MASK)
        total = (context * context).sum() + (weights**3).sum()
        variables = [query, keys, values, *module.parameters()]
        found = grad(total, variables, create_graph=order == 2)
        if order == 2:
            found = grad(np.stack([(g * g).sum() for g in found]).sum(), variables)
        assert not found[1].numpy()[~MASK.T].any()
        assert not found[2].numpy()[~MASK.T].any()
        return [context, weights, *found]

    for got, expected in zip(results(np.nan), results(7.0), strict=True):
        assert np.array_equal(got, expected)
    assert not results(np.inf)[0].numpy()[2].any()


@each_kind
def test_keys_are_projected_once_and_weights_have_their_name(kind):
    def nodes(steps):
        module = made(kind)
        query, keys = [tg.tensor(a, requires_grad=True) for a in arrays((steps, B, Q), (S, B, K))]
        with tg.scope("decoder"):
            memory = module.memory(keys)
            contexts = [module(query[t], memory)[0] for t in time_steps(range(steps))]
        return ancestors([np.stack(contexts).node])

    few, many = nodes(2), nodes(5)
    named = [n for n in many if n.name == "attention"]
    assert [(n.label.t, n.shape, n.op.name) for n in named] == [(t, (B, S), "softmax") for t in range(5)]
    assert {n.label.path for n in named} == {f"decoder/{type(made(kind)).__name__}"}
    untimed = [len([n for n in found if n.label.t is None]) for found in (few, many)]
    assert untimed[0] == untimed[1]
    assert len(many) - len(few) <= 3 * 12


def test_the_node_of_masked_weights_keeps_them():
    query, keys = [tg.tensor(a, requires_grad=True) for a in arrays((B, Q), (S, B, K))]
    _, weights = made("dot")(query, keys, mask=MASK)
    assert weights.node.name == "attention"
    assert np.array_equal(weights.node.kept, weights)


POOLING = {"time first": False, "batch first": True}


@pytest.mark.parametrize("batch_first", POOLING.values(), ids=POOLING)
def test_pooling_of_an_lstm(batch_first):
    tg.seed(0)
    pooling = nn.AttentionPooling(K, A, batch_first).astype("float64")
    (states,) = arrays((S, B, K))
    pooled, weights = pooling(states.swapaxes(0, 1) if batch_first else states, MASK)
    p = pooling.state_dict()
    for b in range(B):
        score = lambda q, k, m: p["weight_score"] @ np.tanh(p["weight"] @ k + p["bias"])
        live = np.flatnonzero(MASK[b])
        e = np.exp([score(None, states[s, b], p) for s in live])
        expected = np.zeros(S)
        expected[live] = e / e.sum()
        assert_close(weights[b], expected, "weights", rtol=1e-12)
        assert_close(pooled[b], expected @ states[:, b], "pooled", rtol=1e-12)


def test_derivatives_of_pooling():
    pooling = nn.AttentionPooling(K, A).astype("float64")
    inputs = [*arrays((S, B, K)), *[p.numpy() for p in pooling.parameters()]]
    names = [n for n, _ in pooling.named_parameters()]

    def f(states, *parameters):
        return tg.func.functional_call(pooling, dict(zip(names, parameters, strict=True)), states, lengths=[4, 2, 0])

    check_function(f, inputs)


def test_pooling_never_sees_what_is_masked():
    pooling = nn.AttentionPooling(K).astype("float64")

    def results(fill):
        states = arrays((S, B, K))[0]
        states[~MASK.T] = fill
        states = tg.tensor(states, requires_grad=True)
        pooled, _ = pooling(states, MASK)
        return [pooled, *grad((pooled * pooled).sum(), [states, *pooling.parameters()])]

    for got, expected in zip(results(np.nan), results(0.0), strict=True):
        assert np.array_equal(got, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_it_shows_its_sizes(kind):
    text = repr(made(kind, batch_first=True))
    assert "3" in text
    assert text.endswith("batch_first=True)")
    assert repr(nn.AttentionPooling(3, 5)) == "AttentionPooling(3, 5)"


def call(query=(B, Q), keys=(S, B, K), values=None, **options):
    return nn.GeneralAttention(Q, K)(
        np.ones(query), np.ones(keys), None if values is None else np.ones(values), **options
    )


def pool(states=(S, B, K), **options):
    return nn.AttentionPooling(K)(np.ones(states), **options)


def masked_queries():
    attention = nn.DotAttention(K)
    memory = attention.memory(np.ones((S, B, K)), mask=np.ones((T, B, S), bool))
    return attention(np.ones((T + 1, B, K)), memory)


def beside_a_memory():
    attention = nn.DotAttention(K)
    return attention(np.ones((B, K)), attention.memory(np.ones((S, B, K))), lengths=[1, 1, 1])


@each_kind
def test_lists_do_as_arrays_do(kind):
    query, keys = arrays((B, Q), (S, B, K))
    for a, b in zip(made(kind)(query.tolist(), keys.tolist()), made(kind)(query, keys), strict=True):
        assert_close(a, b, kind, rtol=1e-6)
    for batch_first in (False, True):
        pooling = nn.AttentionPooling(K, batch_first=batch_first)
        assert_close(pooling(keys.tolist())[0], pooling(keys)[0], "pooling", rtol=1e-5)


def test_a_batch_without_rows_has_lengths_too():
    context, weights = nn.DotAttention(K)(np.ones((0, K)), np.ones((S, 0, K)), lengths=[])
    assert (context.shape, weights.shape) == ((0, K), (0, S))
    states, final = nn.Encoder(5, 3, 4)(np.ones((S, 0), int), [])
    assert (states.shape, final.shape) == ((S, 0, 4), (0, 4))


REFUSED = {
    "query": (lambda: call(query=(B, 7)), r"GeneralAttention: got query \(3, 7\); need \(B, 3\) or \(T, B, 3\)"),
    "keys": (lambda: call(keys=(S, B, 7)), r"got keys \(4, 3, 7\); need \(S, B, 3\)"),
    "values": (lambda: call(values=(S, 7, V)), r"got values \(4, 7, 2\) for keys \(4, 3, 3\)"),
    "rows": (lambda: call(query=(7, Q)), r"got query \(7, 3\) for a batch of 3 sequences"),
    "mask of numbers": (lambda: call(mask=np.ones((B, S))), "got a mask of float64; need booleans"),
    "mask": (lambda: call(mask=np.ones((S, B), bool)), r"got mask \(4, 3\); need \(3, 4\), or \(T, 3, 4\) for T"),
    "mask of other queries": (masked_queries, "got a mask for 2 queries a row, and 3 of them"),
    "a mask beside a memory": (beside_a_memory, r"beside a memory; give them to memory\(\.\.\.\)"),
    "lengths that are no integers": (
        lambda: call(lengths=[1.0, 2.0, 3.0]),
        "got lengths of dtype float64; need integers",
    ),
    "lengths of other rows": (lambda: call(lengths=[1, 2]), r"got lengths \(2,\) for 4 positions; need \(3,\)"),
    "too long": (lambda: call(lengths=[1, 5, 2]), r"got length 5 in row 1 for 4 positions; need 0 \.\.\. 4"),
    "negative": (lambda: call(lengths=[1, -1, 2]), "got length -1"),
    "two sizes for one": (lambda: nn.DotAttention(3, 3), "DotAttention: got scaled=3; need True or False"),
    "batch first": (lambda: nn.AttentionPooling(3, batch_first="B"), "AttentionPooling: got batch_first='B'; need"),
    "sizes": (lambda: nn.AdditiveAttention(3, 3, 0), "AdditiveAttention: got hidden_size=0"),
    "states": (lambda: pool((S, B, 7)), r"AttentionPooling: got states \(4, 3, 7\); need \(T, B, 3\)"),
    "mask of pooling": (lambda: pool(mask=np.ones((1, B, S), bool)), r"got mask \(1, 3, 4\); need \(B, T\)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    provoke, message = REFUSED[case]
    with pytest.raises(tg.errors.TinygradSeqError, match=message):
        provoke()


@pytest.mark.parity
def test_scaled_dot_product_of_pytorch():
    torch = pytest.importorskip("torch")
    query, keys, values = arrays((T, B, Q), (S, B, K), (S, B, V))
    mask = np.random.default_rng(0).random((B, T, S)) < 0.7
    mask[..., 0] = True
    ours = [tg.tensor(a, requires_grad=True) for a in (query, keys, values)]
    theirs = [torch.tensor(a, requires_grad=True) for a in (query, keys, values)]
    context, _ = made("scaled")(*ours, mask=mask.swapaxes(0, 1))
    q, k, v = [x.transpose(0, 1) for x in theirs]
    expected = torch.nn.functional.scaled_dot_product_attention(q, k, v, torch.tensor(mask)).transpose(0, 1)
    assert_close(context, expected.detach(), "context", rtol=1e-12)
    u = np.random.default_rng(1).normal(size=context.shape)
    context.backward(u)
    expected.backward(torch.tensor(u))
    for a, b in zip(ours, theirs, strict=True):
        assert_close(a.grad, b.grad, "gradient", rtol=1e-11)
