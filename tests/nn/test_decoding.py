"""Decoding: against all sequences of a small vocabulary, against the distribution itself, and what is refused."""

import itertools

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq.nn import decoding
from tinygrad_seq.nn.decoding import beam, ctc_beam, ctc_greedy, greedy, sample

V, END, MOST = 3, 2, 4


def chain(rows, seed=0):
    """A model whose logits depend on all tokens so far and on the row, and its first state."""
    rng = np.random.default_rng(seed)
    into, out = rng.normal(size=(V, 5)), rng.normal(size=(5, V)) * 2

    def step(token, state):
        h, (count, unused) = state["h"], state["rest"]
        assert unused is None
        h = np.tanh(1.7 * h + into[token] + 0.3 * count[:, None])
        return tg.tensor(h @ out), {"h": h, "rest": (count + 1, None)}

    return step, {"h": rng.normal(size=(rows, 5)), "rest": (np.zeros(rows), None)}


def log_p(step, state, row, sequence):
    """The log-probability of one sequence of one row, step by step."""
    state = {"h": state["h"][row : row + 1], "rest": (state["rest"][0][row : row + 1], None)}
    total, token = 0.0, np.array([0])
    for c in sequence:
        logits, state = step(token, state)
        x = logits.numpy()[0]
        total += x[c] - np.log(np.exp(x).sum())
        token = np.array([c])
    return total


def all_sequences(most=MOST):
    """Those that end with their only end token, and those that are as long as may be."""
    for n in range(1, most + 1):
        for sequence in itertools.product(range(V), repeat=n):
            if END not in sequence[:-1] and (sequence[-1] == END or n == most):
                yield sequence


def read(found, *at):
    return tuple(found.tokens[(slice(None), *at)][: found.lengths[at]].tolist())


@pytest.mark.parametrize("alpha", [0.0, 0.7, 1.0, 2.0])
def test_a_wide_beam_is_exhaustive(alpha):
    step, state = chain(3)
    found = beam(step, state, [0, 0, 0], END, MOST, width=30, length_penalty=alpha)
    for b in range(3):
        every = {s: log_p(step, state, b, s) / len(s) ** alpha for s in all_sequences()}
        best = sorted(every, key=lambda s: -every[s])[:30]
        assert [read(found, b, k) for k in range(30)] == best
        assert found.scores[b] == pytest.approx([every[s] for s in best])
    assert found.tokens.shape == (MOST, 3, 30)


@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_narrow_beam_is_that_of_lists(width, alpha):
    step, state = chain(4, seed=5)
    found = beam(step, state, [0] * 4, END, 8, width, alpha)
    for b in range(4):
        live, over = [()], []
        for n in range(1, 9):
            longer = sorted(((*s, c) for s in live for c in range(V)), key=lambda s: -log_p(step, state, b, s))
            over += [s for s in longer if s[-1] == END or n == 8]
            live = [s for s in longer if s[-1] != END][:width]
        over.sort(key=lambda s: -log_p(step, state, b, s) / len(s) ** alpha)
        assert [read(found, b, k) for k in range(width)] == over[:width]


def test_a_beam_without_an_end_goes_all_the_way():
    step, state = chain(2)
    found = beam(step, state, [0, 0], None, MOST, width=V**MOST)
    assert (found.lengths == MOST).all()
    assert found.tokens.dtype == np.intp
    for b in range(2):
        every = {s: log_p(step, state, b, s) for s in itertools.product(range(V), repeat=MOST)}
        assert [read(found, b, k) for k in range(V**MOST)] == sorted(every, key=lambda s: -every[s])


def test_a_number_in_the_state_is_that_of_all_rows():
    step, state = chain(2)

    def counting(token, state):
        logits, inner = step(token, state["inner"])
        return logits, {"t": state["t"] + 1, "inner": inner}

    found = beam(counting, {"t": 0, "inner": state}, [0, 0], END, MOST)
    assert np.array_equal(found.tokens, beam(step, state, [0, 0], END, MOST).tokens)


def test_a_beam_stops_once_nothing_better_can_come():
    calls = []

    def step(token, state):
        calls.append(len(token))
        return np.tile(np.log([0.05, 0.05, 0.9]), (len(token), 1)), state

    found = beam(step, None, [0, 1], END, max_length=50, width=1)
    assert calls == [2]
    assert found.tokens.tolist() == [[[END], [END]]]
    assert found.lengths.tolist() == [[1], [1]]


def test_a_length_penalty_waits_for_what_is_long():
    p = np.array([[0.0, 0.4, 0.6], [0.0, 0.9, 0.1], [1.0, 0.0, 0.0]])
    step = lambda token, state: (np.log(p[token] + 1e-12), state)
    for alpha, expected in ((0.0, (END,)), (1.0, (1,) * 8)):
        assert read(beam(step, None, [0], END, max_length=8, width=1, length_penalty=alpha), 0, 0) == expected


def test_fewer_sequences_than_the_beam_is_wide():
    step, state = chain(1)
    found = beam(step, state, [0], END, max_length=1, width=7)
    assert np.isfinite(found.scores).sum() == V
    assert np.exp(found.scores).sum() == pytest.approx(1)


def test_greedy_takes_the_best_of_each_step():
    step, state = chain(9, seed=3)
    found = greedy(step, state, [0] * 9, END, 6)
    for b in range(9):
        expected = ()
        while len(expected) < 6 and END not in expected:
            expected = max(((*expected, c) for c in range(V)), key=lambda s: log_p(step, state, b, s))
        assert read(found, b) == expected
        assert found.scores[b] == pytest.approx(log_p(step, state, b, expected))
    assert (np.where(np.arange(len(found.tokens))[:, None] >= found.lengths, found.tokens, END) == END).all()
    assert len(set(found.lengths.tolist())) > 1
    wide = beam(step, state, [0] * 9, END, 6, width=1)
    assert (wide.scores[:, 0] >= found.scores - 1e-12).all()


def test_no_rows_at_all():
    step = lambda token, state: (np.zeros((len(token), V)), state)
    assert greedy(step, None, [], END).tokens.shape == (0, 0)
    assert beam(step, None, [], END, width=2).scores.shape == (0, 2)


def test_without_an_end_token():
    step, state = chain(2)
    for found in (greedy(step, state, [0, 0], max_length=9), sample(step, state, [0, 0], max_length=9)):
        assert found.tokens.shape == (9, 2)
        assert found.lengths.tolist() == [9, 9]


def drawn(logits, **options):
    """How often each token comes up in 20,000 draws."""
    rows = 20_000
    step = lambda token, state: (np.tile(logits, (len(token), 1)), state)
    found = sample(step, None, [0] * rows, max_length=1, generator=np.random.default_rng(0), **options)
    return np.bincount(found.tokens[0], minlength=len(logits)) / rows


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0.1, 0.4, 0.2, 0.3]),
        ({"temperature": 0.5}, [0.01, 0.16, 0.04, 0.09]),
        ({"temperature": 2.0}, np.sqrt([0.1, 0.4, 0.2, 0.3])),
        ({"top_k": 2}, [0, 0.4, 0, 0.3]),
        ({"top_k": 9}, [0.1, 0.4, 0.2, 0.3]),
        ({"top_p": 0.69}, [0, 0.4, 0, 0.3]),
        ({"top_p": 0.71}, [0, 0.4, 0.2, 0.3]),
        ({"top_p": 0.01}, [0, 1, 0, 0]),
        ({"top_k": 3, "top_p": 0.5, "temperature": 2.0}, [0, 0.4**0.5, 0, 0.3**0.5]),
        ({"top_k": 1}, [0, 1, 0, 0]),
    ],
)
def test_samples_have_the_distribution(options, expected):
    got = drawn(np.log([0.1, 0.4, 0.2, 0.3]) + 5, **options)
    assert got == pytest.approx(np.array(expected) / np.sum(expected), abs=0.015)
    assert not got[np.array(expected) == 0].any()


def test_samples_are_those_of_the_seed_and_scored_by_the_model():
    step, state = chain(6, seed=2)
    tg.seed(3)
    first = sample(step, state, [0] * 6, END, 8, temperature=3.0)
    tg.seed(3)
    again = sample(step, state, [0] * 6, END, 8, temperature=3.0)
    assert np.array_equal(first.tokens, again.tokens)
    for b in range(6):
        assert first.scores[b] == pytest.approx(log_p(step, state, b, read(first, b)))
    assert len(set(first.lengths.tolist())) > 1


def test_nothing_is_recorded():
    weight = tg.tensor(np.eye(V), requires_grad=True)
    seen = []

    def step(token, state):
        logits = np.eye(V)[token] @ weight
        seen.append(logits.requires_grad)
        return logits, logits

    for decode in (greedy, sample, beam):
        decode(step, np.zeros((1, V)), [0], END, max_length=3)
    assert not any(seen)


def labellings(log_probs, blank=0):
    """The probability of each labelling, from all paths."""
    total = {}
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        labels = tuple(c for c, _ in itertools.groupby(path) if c != blank)
        total[labels] = total.get(labels, 0) + np.exp(sum(log_probs[t, c] for t, c in enumerate(path)))
    return total


@pytest.mark.parametrize("blank", [0, 2])
def test_ctc_beam_is_exact_when_wide(blank):
    x = np.random.default_rng(0).normal(size=(4, 3, 3)) * 2
    log_probs = x - np.log(np.exp(x).sum(-1, keepdims=True))
    lengths = [4, 2, 0]
    found = ctc_beam(log_probs, lengths, blank, width=1000)
    for b, n in enumerate(lengths):
        expected = labellings(log_probs[:n, b], blank)
        assert {tuple(labels): np.exp(score) for labels, score in found[b]} == pytest.approx(expected)
        assert [score for _, score in found[b]] == sorted((score for _, score in found[b]), reverse=True)
        (best, _), *_ = ctc_beam(log_probs, lengths, blank, width=8)[b]
        assert tuple(best) == max(expected, key=expected.get)


def test_ctc_beam_agrees_with_the_loss():
    x = np.random.default_rng(1).normal(size=(6, 1, 4))
    log_probs = x - np.log(np.exp(x).sum(-1, keepdims=True))
    for labels, score in ctc_beam(log_probs, width=5000)[0]:
        loss = tg.nn.functional.ctc_loss(log_probs, [labels or [1]], [6], [len(labels)], reduction="sum")
        assert loss.item() == pytest.approx(-score)


def test_ctc_greedy_merges_then_removes():
    paths = np.array([[0, 1, 1, 0, 1, 2], [3, 3, 3, 0, 0, 3], [0, 0, 0, 0, 0, 0], [2, 1, 2, 2, 1, 1]])
    scores = np.eye(4)[paths].transpose(1, 0, 2)
    assert ctc_greedy(scores) == [[1, 1, 2], [3, 3], [], [2, 1, 2, 1]]
    assert ctc_greedy(scores, [2, 3, 6, 0]) == [[1], [3], [], []]


def model(*shape):
    return lambda token, state: (np.zeros(shape), state)


REFUSED = {
    "a state with the rows on its second axis": (
        lambda: beam(lambda token, state: (np.zeros((len(token), 3)), state), np.zeros((1, 2, 4)), [0, 0], END),
        r"beam: got an array \(1, 2, 4\) in the state of 2 rows; need the rows on its first axis",
    ),
    "a seed for a generator": (
        lambda: sample(model(1, 3), None, [0], generator=0),
        r"generator: got 0; need one of NumPy's; use np.random.default_rng\(seed\)",
    ),
    "outputs of CTC with NaN": (lambda: ctc_beam(np.full((4, 1, 3), np.nan)), "ctc_beam: got NaN in row 0"),
    "start": (lambda: greedy(model(1, 3), None, 0), r"greedy: got start \(\); need \(B,\)"),
    "start of floats": (lambda: greedy(model(1, 3), None, [0.0]), "greedy: got start tokens of float64"),
    "no pair": (lambda: greedy(lambda token, state: state, 0, [0]), r"returned a int; need a pair \(logits, state\)"),
    "no length": (lambda: greedy(model(1, 3), None, [0], max_length=0), "greedy: got max_length=0"),
    "end": (lambda: beam(model(1, 3), None, [0], -1), "beam: got end=-1; need a token"),
    "end that is no token": (lambda: beam(model(1, 3), None, [0], 3), "beam: got end=3 and 3 logits"),
    "logits": (lambda: greedy(model(1, 3), None, [0, 0]), r"got logits \(1, 3\) of a step for 2 tokens; need \(2, V\)"),
    "logits with NaN": (
        lambda: greedy(lambda token, state: (np.array([[0, np.nan]]), state), None, [0]),
        r"greedy: got logits with NaN or \+inf",
    ),
    "temperature": (lambda: sample(model(1, 3), None, [0], temperature=0), "sample: got temperature=0.*use greedy"),
    "top k": (lambda: sample(model(1, 3), None, [0], top_k=0), "sample: got top_k=0"),
    "top p": (lambda: sample(model(1, 3), None, [0], top_p=1.5), "sample: got top_p=1.5; need a probability"),
    "width": (lambda: beam(model(1, 3), None, [0], END, width=0), "beam: got width=0"),
    "penalty": (lambda: beam(model(1, 3), None, [0], END, length_penalty=-1), "beam: got length_penalty=-1"),
    "outputs of CTC": (lambda: ctc_greedy(np.zeros((4, 3))), r"ctc_greedy: got log_probs \(4, 3\); need \(T, N, C\)"),
    "blank of CTC": (lambda: ctc_beam(np.zeros((4, 1, 3)), blank=3), "ctc_beam: got blank=3 for 3 classes"),
    "lengths of CTC": (lambda: ctc_beam(np.zeros((4, 1, 3)), [1, 2]), r"ctc_beam: got input_lengths \(2,\)"),
    "too long for CTC": (
        lambda: ctc_beam(np.zeros((4, 1, 3)), [5]),
        r"got input_length 5 in row 0 for log_probs \(4, 1, 3\); need 0 \.\.\. 4",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    provoke, message = REFUSED[case]
    with pytest.raises(tg.errors.TinygradSeqError, match=message):
        provoke()


def test_all_of_its_names():
    assert set(decoding.__all__) == {"Decoded", "Step", "beam", "ctc_beam", "ctc_greedy", "greedy", "sample"}
