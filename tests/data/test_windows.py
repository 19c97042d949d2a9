"""Windows follow one another in every stream, and targets are the inputs one step later."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_seq.data import Windows, held_out_split
from tinygrad_seq.errors import OptionError


@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 30))
def test_windows_joined_are_the_streams(length, streams, more):
    ids = np.arange(length * streams + 1 + more)
    windows = Windows(ids, length, streams)
    x = np.concatenate([x for x, _ in windows])
    y = np.concatenate([y for _, y in windows])
    assert x.shape == (length * len(windows), streams)
    np.testing.assert_array_equal(y, x + 1)
    np.testing.assert_array_equal(x - x[0], np.arange(len(x))[:, None] * np.ones(streams, int))
    np.testing.assert_array_equal(x[0], np.arange(streams) * ((len(ids) - 1) // streams))
    assert len(ids) - 1 - x.size < streams * (length + 1)


def test_a_window_by_its_number():
    windows = Windows(np.arange(13), 3, 2)
    np.testing.assert_array_equal(windows[-1][0], windows[1][0])
    assert len(windows[:]) == 2
    with pytest.raises(IndexError):
        windows[2]


def test_windows_are_views_of_the_text():
    ids = np.arange(13)
    assert np.shares_memory(Windows(ids, 3, 2)[0][0], ids)


def test_too_few_ids_for_one_window():
    Windows(np.arange(7), 3, 2)
    with pytest.raises(OptionError, match="got 6 ids for 2 streams and windows of 3; need at least 7"):
        Windows(np.arange(6), 3, 2)


@pytest.mark.parametrize(("length", "streams"), [(0, 2), (3, 0), (-1, 2)])
def test_sizes_are_positive(length, streams):
    with pytest.raises(OptionError, match=f"length={length} and streams={streams}"):
        Windows(np.arange(10), length, streams)


def test_the_split_is_contiguous_and_complete():
    train, held_out = held_out_split(np.arange(1000))
    np.testing.assert_array_equal(np.concatenate([train, held_out]), np.arange(1000))
    assert len(held_out) == 100
    with pytest.raises(OptionError, match="share=1"):
        held_out_split(np.arange(10), 1)
