"""The language model's predictions: what is counted, and what is drawn."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_seq as tg
from tinygrad_seq.errors import OptionError
from tinygrad_seq.train import CELLS, LanguageModel, bits_per_character, generate

SIZE = 5


def model_of(cell="gru", layers=1):
    tg.seed(1)
    return LanguageModel(SIZE, cell, hidden=6, layers=layers, embedding=4)


def log2_p(model, ids):
    """log2 of the probability of each of ids[1:], (T,), by one run over all of ids."""
    with tg.no_grad():
        logits, _ = model(ids[:-1, None])
    scores = logits.numpy()[:, 0].astype(np.float64)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return log_p[np.arange(len(ids) - 1), ids[1:]] / math.log(2)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
def test_shapes_of_logits_and_state(cell, layers):
    logits, state = model_of(cell, layers)(np.zeros((7, 3), int))
    assert logits.shape == (7, 3, SIZE)
    parts = state if cell == "lstm" else [state]
    assert [part.shape for part in parts] == [(layers, 3, 6)] * (2 if cell == "lstm" else 1)


@settings(max_examples=40)
@given(
    n=st.integers(2, 60),
    start=st.integers(1, 40),
    streams=st.integers(1, 9),
    warm_up=st.integers(0, 6),
    limit=st.none() | st.integers(1, 5),
)
def test_bits_are_counted_stretch_by_stretch(n, start, streams, warm_up, limit):
    if start >= n:
        return
    ids = np.random.default_rng(0).integers(0, SIZE, n)
    model = model_of()
    stretch = math.ceil((n - start) / min(streams, n - start))
    expected = []
    for first in range(start, n, stretch):
        before = max(first - 1 - min(warm_up, start - 1), 0)
        read = log2_p(model, ids[before : min(first + stretch, n)])
        expected += read[first - 1 - before :][:limit].tolist()
    got = bits_per_character(model, ids, start, streams, warm_up, limit)
    assert got == pytest.approx(-np.mean(expected), rel=1e-5)


def test_every_character_is_predicted_once_from_all_before_it():
    ids = np.random.default_rng(0).integers(0, SIZE, 200)
    model = model_of("lstm")
    expected = -log2_p(model, ids)[99:].mean()
    assert bits_per_character(model, ids, 100, streams=1, warm_up=1000) == pytest.approx(expected, rel=1e-5)


def test_a_model_that_knows_nothing_needs_the_logarithm_of_the_size():
    model = model_of()
    model.load_state_dict({name: np.zeros_like(a) for name, a in model.state_dict().items()})
    ids = np.arange(50) % SIZE
    assert bits_per_character(model, ids, 10) == pytest.approx(math.log2(SIZE), rel=1e-6)


def test_counting_bits_records_nothing_and_changes_nothing():
    model = model_of()
    before = model.state_dict()
    bits_per_character(model, np.arange(50) % SIZE, 10)
    assert all(p.grad is None for p in model.parameters())
    assert all((before[name] == a).all() for name, a in model.state_dict().items())


@pytest.mark.parametrize("start", [0, 10, 11])
def test_there_must_be_something_before_and_after_the_start(start):
    with pytest.raises(OptionError, match=rf"start={start} for 10 ids; need 1 \.\.\. 9"):
        bits_per_character(model_of(), np.zeros(10, int), start)


def biased(bias):
    """A model that predicts softmax(bias) whatever came before."""
    model = model_of()
    state = {name: np.zeros_like(a) for name, a in model.state_dict().items()}
    model.load_state_dict({**state, "output.bias": np.array(bias, np.float32)})
    return model


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_symbols_are_drawn_by_their_probabilities(temperature):
    bias = np.array([2.0, 1.0, 0.0, -1.0, -30.0])
    drawn = list(generate(biased(bias), np.array([0]), 4000, temperature, seed=0))
    p = np.exp(bias / temperature) / np.exp(bias / temperature).sum()
    counts = np.bincount(drawn, minlength=SIZE)
    assert (np.abs(counts - 4000 * p) <= 4 * np.sqrt(4000 * p * (1 - p)) + 1e-3).all()


def test_temperature_zero_takes_the_likeliest():
    assert list(generate(biased([0, 3, 2, 1, 0]), np.array([0]), 5, temperature=0)) == [1] * 5


def test_what_is_drawn_depends_on_the_prompt_and_on_what_was_drawn():
    model = model_of("lstm")
    prompt = np.array([1, 2, 3])
    drawn = list(generate(model, prompt, 6, temperature=0))
    for k in range(6):
        with tg.no_grad():
            logits, _ = model(np.array([*prompt, *drawn[:k]])[:, None])
        assert drawn[k] == logits.numpy()[-1, 0].argmax()


def test_a_seed_repeats_what_is_drawn():
    model = model_of()
    texts = [list(generate(model, np.array([0]), 30, seed=seed)) for seed in (3, 3, 4)]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    ("prompt", "length", "temperature"), [([], 1, 1), ([0], -1, 1), ([0], 1, -1), ([0], 1, math.nan)]
)
def test_what_cannot_be_drawn_is_refused_at_once(prompt, length, temperature):
    with pytest.raises(OptionError, match="generate: got"):
        generate(model_of(), np.array(prompt, int), length, temperature)


def test_an_unknown_cell_is_named():
    with pytest.raises(OptionError, match="cell='mlp'; need 'rnn', 'lstm', 'gru'"):
        LanguageModel(SIZE, "mlp")
