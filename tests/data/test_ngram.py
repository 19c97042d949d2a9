"""N-gram models against their definition in plain Python, and against the laws of probability."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_seq.data import NGram
from tinygrad_seq.errors import OptionError

SIZE = 4
sequences = st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=40)


def witten_bell(train, context, c, n):
    """The formula, recursively, with every count taken anew."""
    if n == 0:
        return 1 / SIZE
    h = tuple(context[len(context) - n + 1 :])
    followers = Counter(train[k + n - 1] for k in range(len(train) - n + 1) if tuple(train[k : k + n - 1]) == h)
    lower = witten_bell(train, context, c, n - 1)
    if not followers:
        return lower
    return (followers[c] + len(followers) * lower) / (followers.total() + len(followers))


@given(train=sequences, held_out=sequences, order=st.integers(0, 4))
def test_bits_are_those_of_the_formula(train, held_out, order):
    ids = [*train, *held_out]
    start = max(len(train), order - 1)
    if start >= len(ids):
        return
    expected = [-math.log2(witten_bell(train, ids[:k], ids[k], order)) for k in range(start, len(ids))]
    got = NGram(np.array(train), order, SIZE).bits(np.array(ids), start)
    assert got == pytest.approx(sum(expected) / len(expected), abs=1e-12)


@given(train=sequences, context=st.lists(st.integers(0, SIZE - 1), max_size=5), order=st.integers(0, 4))
def test_probabilities_are_those_of_the_formula_and_sum_to_one(train, context, order):
    p = NGram(np.array(train), order, SIZE).probabilities(np.array(context, dtype=int))
    n = min(order, len(context) + 1)
    np.testing.assert_allclose(p, [witten_bell(train, context, c, n) for c in range(SIZE)], atol=1e-12)
    assert p.sum() == pytest.approx(1)
    assert (p > 0).all()


def test_uniform_is_the_logarithm_of_the_size():
    assert NGram(np.array([0, 0, 0]), 0, 8).bits(np.array([0, 1, 2]), 1) == 3


def test_each_order_sees_further_in_a_periodic_text():
    ids = np.tile([0, 0, 1, 1, 2], 200)
    bits = [NGram(ids[:900], n, 3).bits(ids, 900) for n in range(4)]
    assert bits == sorted(bits, reverse=True)
    assert bits[2] > 0.5
    assert bits[3] < 0.1


def test_a_large_alphabet_needs_no_table_of_all_contexts():
    ids = np.random.default_rng(0).integers(0, 50_000, 2000)
    assert 0 < NGram(ids, 7, 50_000).bits(ids, 1000) < 16


@pytest.mark.parametrize(("order", "size"), [(-1, 4), (2, 0)])
def test_sizes_are_checked(order, size):
    with pytest.raises(OptionError, match=rf"order={order} and size={size}"):
        NGram(np.array([0]), order, size)


def test_ids_are_checked():
    with pytest.raises(OptionError, match=r"ids 0 \.\.\. 4; need 0 \.\.\. 3"):
        NGram(np.array([0, 4]), 2, 4)
    with pytest.raises(OptionError, match="need 1 or more before it"):
        NGram(np.array([0, 1]), 2, 4).bits(np.array([0, 1]), 0)


def test_a_single_symbol_costs_nothing():
    assert str(NGram(np.zeros(9, int), 2, 1).bits(np.zeros(20, int), 9)) == "0.0"
