"""The safetensors format: what goes in comes out, what is damaged is refused, and its own library agrees."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygrad_seq as tg
from tinygrad_seq.errors import DTypeError, FileAccessError, FileFormatError
from tinygrad_seq.io import load_safetensors, save_safetensors

dtypes = st.sampled_from("f8 f4 f2 i8 i4 i2 i1 u8 u4 u2 u1 ?".split())
arrays = dtypes.flatmap(lambda d: hnp.arrays(d, hnp.array_shapes(min_dims=0, min_side=0, max_side=3)))
states = st.dictionaries(st.text(max_size=5), arrays, max_size=4)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("safetensors") / "state.safetensors"


def same(a, b):
    return list(a) == list(b) and all(
        a[k].dtype == b[k].dtype and a[k].shape == b[k].shape and a[k].tobytes() == b[k].tobytes() for k in a
    )


@settings(max_examples=40)
@given(state=states)
def test_what_is_saved_comes_back(state, path):
    save_safetensors(path, state)
    back = load_safetensors(path)
    assert same(back, state)
    assert all(array.flags.writeable for array in back.values())


def content(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype, shape, *places):
    return {"dtype": dtype, "shape": shape, "data_offsets": places}


def test_the_bytes_are_those_of_the_specification(tmp_path):
    path = tmp_path / "x.safetensors"
    save_safetensors(path, {"b": np.array([True]), "a": np.array([[1.5]], ">f4")}, {"format": "np"})
    written = path.read_bytes()
    size = int.from_bytes(written[:8], "little")
    assert (size % 8, written[8 + size :]) == (0, b"\x00\x00\xc0\x3f\x01")
    assert json.loads(written[8 : 8 + size]) == {
        "__metadata__": {"format": "np"},
        "b": {"dtype": "BOOL", "shape": [1], "data_offsets": [4, 5]},
        "a": {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]},
    }
    assert same(load_safetensors(path), {"b": np.array([True]), "a": np.array([[1.5]], np.float32)})


def test_bfloat16_becomes_float32(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(
        content({"w": entry("BF16", [2], 0, 4), "s": entry("BF16", [], 4, 6)}, b"\x80\x3f\x20\xc0\x80\x3f")
    )
    assert same(load_safetensors(path), {"w": np.array([1.0, -2.5], np.float32), "s": np.array(1, np.float32)})


ONE = entry("U8", [1], 0, 1)
DAMAGED = {
    "no JSON": content(b"{", b"1"),
    "no object": content([1], b"1"),
    "no entry": content({"a": 1}, b"1"),
    "no place": content({"a": {"dtype": "U8", "shape": [1]}}, b"1"),
    "text as place": content({"a": entry("U8", [1], "0", "1")}, b"1"),
    "another shape": content({"a": entry("U8", [2], 0, 1)}, b"1"),
    "a shape to be guessed": content({"a": entry("U8", [-1], 0, 1)}, b"1"),
    "a hole": content({"a": entry("U8", [1], 1, 2)}, b"12"),
    "an overlap": content({"a": ONE, "b": ONE}, b"1"),
    "more data": content({"a": ONE}, b"12"),
    "less data": content({"a": entry("U8", [2], 0, 2)}, b"1"),
    "a name twice": content(b'{"a":' + json.dumps(ONE).encode() + b',"a":' + json.dumps(ONE).encode() + b"}", b"1"),
    "an unknown dtype": content({"a": entry("F8_E4M3", [1], 0, 1)}, b"1"),
    "a deep header": content(b"[" * 100_000 + b"]" * 100_000),
}


@pytest.mark.parametrize("damaged", DAMAGED.values(), ids=DAMAGED)
def test_damage_is_seen(damaged, tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(damaged)
    with pytest.raises(FileFormatError, match="is damaged"):
        load_safetensors(path)


def test_any_truncation_is_seen(tmp_path):
    path = tmp_path / "x.safetensors"
    save_safetensors(path, {"a": np.arange(3), "b": np.ones(2)})
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(FileFormatError):
            load_safetensors(path)


def test_what_cannot_be_saved_leaves_the_older_file(tmp_path):
    path = tmp_path / "x.safetensors"
    save_safetensors(path, {"a": np.ones(2)})
    with pytest.raises(DTypeError):
        save_safetensors(path, {"a": np.ones(3), "b": np.array(["text"])})
    assert same(load_safetensors(path), {"a": np.ones(2)})
    assert [file.name for file in tmp_path.iterdir()] == ["x.safetensors"]


def written(text):
    Path("x.safetensors").write_bytes(text)
    return "x.safetensors"


ERRORS = {
    "a safetensors file that is missing": (
        lambda: tg.io.load_safetensors("none.safetensors"),
        FileAccessError,
        "cannot read 'none.safetensors': No such file",
    ),
    "a safetensors file of another program": (
        lambda: tg.io.load_safetensors(written(b"PK\x03\x04" * 4)),
        FileFormatError,
        r"'x.safetensors' \(16 bytes\) does not begin as a safetensors file",
    ),
    "a safetensors file with a hole": (
        lambda: tg.io.load_safetensors(written(DAMAGED["a hole"])),
        FileFormatError,
        "'x.safetensors' is damaged: a begins at 1, not at 0; need a whole copy",
    ),
    "nested state as safetensors": (
        lambda: tg.io.save_safetensors("x.safetensors", {"model": {"weight": np.ones(2)}}),
        DTypeError,
        "save_safetensors: got dtype object of model; need numbers or booleans",
    ),
    "a list as safetensors": (
        lambda: tg.io.save_safetensors("x.safetensors", [np.ones(2)]),
        DTypeError,
        "save_safetensors: got list; need a mapping",
    ),
    "a number as a name": (
        lambda: tg.io.save_safetensors("x.safetensors", {1: np.ones(2)}),
        DTypeError,
        "save_safetensors: got the name 1; need a string",
    ),
    "metadata that are no text": (
        lambda: tg.io.save_safetensors("x.safetensors", {}, {"epoch": 3}),
        DTypeError,
        "save_safetensors: got metadata={'epoch': 3}; need text by name",
    ),
}


@pytest.mark.parametrize(("provoke", "kind", "text"), ERRORS.values(), ids=ERRORS)
def test_bad_input(provoke, kind, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kind, match=text):
        provoke()


@pytest.mark.parity
@settings(max_examples=40)
@given(state=states)
def test_its_own_library_agrees(state, path):
    theirs = pytest.importorskip("safetensors.numpy")
    save_safetensors(path, state)
    found = theirs.load_file(path)
    assert same({name: found[name] for name in state}, state)
    theirs.save_file(state, path)
    found = load_safetensors(path)
    assert same({name: found[name] for name in state}, state)
