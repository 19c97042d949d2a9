"""Checkpoints: what goes in comes out, the same state is the same bytes, and no damage goes unseen."""

import json
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygrad_seq as tg
from tinygrad_seq.errors import DTypeError, FileAccessError, FileFormatError, OptionError, TinygradSeqError
from tinygrad_seq.io import load, save

STATE = {
    "model": {"rnn.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "rnn.bias": np.zeros(2)},
    "updates": 7,
    "text": "ä\n",
    "nothing": None,
}

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.from_type(np.float32)
    | st.from_type(np.int64)
)
dtypes = hnp.scalar_dtypes() | hnp.unicode_string_dtypes() | hnp.byte_string_dtypes()
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, min_side=0, max_side=3))
states = st.recursive(
    scalars | arrays,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=4) | st.integers(-2, 2) | st.sampled_from(["a/b", "a", "1", "%int1"]), inner)
    ),
    max_leaves=8,
)


def same(a, b):
    """Equal in type, structure, dtype, shape, order of keys and every bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and [type(k) for k in a] == [type(k) for k in b] and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return repr(a) == repr(b)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("io")


@given(state=states)
def test_what_is_saved_comes_back(state, folder):
    save(folder / "state.npz", state)
    assert same(load(folder / "state.npz"), state)


@given(state=states)
def test_the_same_state_is_the_same_bytes(state, folder):
    save(folder / "a.npz", state)
    save(folder / "b.npz", load(folder / "a.npz"))
    assert (folder / "a.npz").read_bytes() == (folder / "b.npz").read_bytes()


def test_any_flipped_byte_is_seen(tmp_path):
    path = tmp_path / "state.npz"
    save(path, STATE)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for k in range(len(whole)):
        damaged = bytearray(whole)
        damaged[k] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged)
        with pytest.raises(FileFormatError):
            load(path)


def test_a_letter_of_the_checksum_in_capitals_is_seen(tmp_path):
    path = tmp_path / "state.npz"
    save(path, STATE)
    whole = path.read_bytes()
    path.write_bytes(whole[:-64] + whole[-64:].upper())
    with pytest.raises(FileFormatError):
        load(path)


def test_any_truncation_and_anything_appended_is_seen(tmp_path):
    path = tmp_path / "state.npz"
    save(path, STATE)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(FileFormatError):
            load(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(FileFormatError):
        load(path)


def test_files_of_other_programs_are_refused_in_one_line(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, a=np.ones(3))
    other = path.read_bytes()
    for content in (b"", b"hello", b"PK\x03\x04", other, bytes(range(256)) * 10):
        path.write_bytes(content)
        with pytest.raises(FileFormatError, match="another program wrote it") as caught:
            load(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def forge(path, manifest, members=()):
    """A file with a right checksum and any content."""
    save(path, None)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", manifest if isinstance(manifest, str) else json.dumps(manifest))
        for name, content in members:
            archive.writestr(name, content)
        archive.comment = b"tinygrad_seq sha256 " + b"0" * 64
    import hashlib

    body = path.read_bytes()[:-64]
    path.write_bytes(body + hashlib.sha256(body).hexdigest().encode())


def envelope(state):
    return {"format": "tinygrad_seq state", "version": 1, "state": state}


def test_the_forger_can_forge(tmp_path):
    forge(tmp_path / "x.npz", envelope({"dict": [["a", 1]]}))
    assert load(tmp_path / "x.npz") == {"a": 1}


@pytest.mark.parametrize(
    "manifest",
    [
        "{",
        "[]",
        {},
        envelope({"array": "missing"}),
        envelope({"array": "state"}),
        envelope({"python": "os.system"}),
        envelope({}),
        envelope({"dict": [["a"]]}),
        envelope({"dict": [[[], 1]]}),
        envelope({"float": "three"}),
        '{"format": "tinygrad_seq state", "version": 1, "state": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_nonsense_with_a_right_checksum_is_refused(manifest, tmp_path):
    forge(tmp_path / "x.npz", manifest, [("state.npy", b"\x93NUMPY nonsense")])
    with pytest.raises(FileFormatError):
        load(tmp_path / "x.npz")


def test_nothing_is_unpickled(tmp_path):
    import io

    pickled = io.BytesIO()
    np.save(pickled, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    forge(tmp_path / "x.npz", envelope({"array": "state"}), [("state.npy", pickled.getvalue())])
    with pytest.raises(FileFormatError):
        load(tmp_path / "x.npz")


def test_a_later_version_is_named(tmp_path):
    forge(tmp_path / "x.npz", {"format": "tinygrad_seq state", "version": 2, "state": None})
    with pytest.raises(FileFormatError, match="version 2; this tinygrad_seq reads 1"):
        load(tmp_path / "x.npz")


def test_numpy_opens_the_file_as_well(tmp_path):
    save(tmp_path / "state.npz", STATE)
    with np.load(tmp_path / "state.npz") as archive:
        np.testing.assert_array_equal(archive["state/model/rnn.weight"], STATE["model"]["rnn.weight"])


def test_tensors_come_back_as_arrays(tmp_path):
    save(tmp_path / "h.npz", [tg.tensor([1.0, 2.0], requires_grad=True)])
    (h,) = load(tmp_path / "h.npz")
    assert same(h, np.array([1.0, 2.0], np.float32))


@pytest.mark.parametrize(
    ("state", "where"),
    [
        ({"a": [0, {"b": object()}]}, "object at state/a/1/b"),
        ({"a": np.array([None])}, "dtype object at state/a"),
        ({"a": np.ma.masked_array([1, 2], [True, False])}, "MaskedArray at state/a"),
        ({"a": {1.5: 0}}, "key 1.5 at state/a"),
        ({"a": {True: 0}}, "key True at state/a"),
        ({"a": {1, 2}}, "set at state/a"),
        ({"a": b"bytes"}, "bytes at state/a"),
    ],
)
def test_what_cannot_be_saved_is_named_and_nothing_is_written(state, where, tmp_path):
    with pytest.raises(DTypeError, match=where):
        save(tmp_path / "x.npz", state)
    assert list(tmp_path.iterdir()) == []


def test_a_state_that_holds_itself_is_refused(tmp_path):
    state = {}
    state["self"] = state
    with pytest.raises(OptionError, match="does it hold itself"):
        save(tmp_path / "x.npz", state)


def test_an_array_in_fortran_order_keeps_it(tmp_path):
    save(tmp_path / "x.npz", np.asfortranarray(np.arange(6).reshape(2, 3)))
    assert load(tmp_path / "x.npz").flags.f_contiguous


def test_a_missing_file(tmp_path):
    with pytest.raises(FileAccessError, match="No such file") as caught:
        load(tmp_path / "none.npz")
    assert isinstance(caught.value, OSError)
    assert isinstance(caught.value, TinygradSeqError)


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(FileAccessError):
        load(tmp_path)
    with pytest.raises(FileAccessError, match="which is a folder"):
        save(tmp_path, STATE)
