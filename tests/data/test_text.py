"""Text from files and from Python itself, and vocabularies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_seq.data import Vocabulary, python_reference, read_text
from tinygrad_seq.errors import FileAccessError, FileFormatError, OptionError


def test_the_reference_is_the_size_that_is_promised():
    text = python_reference()
    assert 400_000 < len(text) < 600_000
    assert "lambda" in text


def test_line_ends_and_byte_order_marks(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n\xc3\xa4")
    assert read_text(path) == "a\nb\nc\nä"


def test_what_is_not_utf8_is_named(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes("Gr\xfc\xdfe".encode("latin1"))
    with pytest.raises(FileFormatError, match=r"not UTF-8: byte 0xfc at position 2; convert it"):
        read_text(path)


def test_what_cannot_be_read_is_named(tmp_path):
    with pytest.raises(FileAccessError, match="No such file"):
        read_text(tmp_path / "none.txt")
    with pytest.raises(FileAccessError, match="directory"):
        read_text(tmp_path)


@given(st.text(st.characters(), min_size=1))
def test_decode_undoes_encode(text):
    vocabulary = Vocabulary(sorted(set(text)))
    ids = vocabulary.encode(text)
    assert vocabulary.decode(ids) == text
    assert set(ids.tolist()) == set(range(len(vocabulary)))


def test_the_order_given_is_the_numbering():
    assert Vocabulary("zab").encode("abz").tolist() == [1, 2, 0]
    assert Vocabulary("a").encode("").shape == (0,)


def test_unknown_characters_are_named():
    with pytest.raises(OptionError, match="got 'x', 'é', not among the 3 characters"):
        Vocabulary("abc").encode("axéx")


@pytest.mark.parametrize("characters", ["", "aba", ["ab"]])
def test_a_vocabulary_is_of_different_single_characters(characters):
    with pytest.raises(OptionError, match="Vocabulary: got"):
        Vocabulary(characters)


def test_ids_are_integers_for_indexing():
    assert np.eye(3)[Vocabulary("abc").encode("ca")].tolist() == [[0, 0, 1], [1, 0, 0]]
