"""Arrays by name in the safetensors format, which PyTorch, JAX, Keras and the Hugging Face hub read and write.

The file is eight bytes for the size of the header, the header, which is JSON with the dtype, shape and place of each
array, and the arrays one after the other, little-endian. The format is this small, so no other package is needed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..autograd.tensor import Array
from ..errors import DTypeError, FileAccessError, FileFormatError
from ..replace import replacing

__all__ = ["load_safetensors", "save_safetensors"]

DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "|u1",
    "BOOL": "|b1",
}
NAMES = {np.dtype(code): name for name, code in DTYPES.items()}
BFLOAT16 = "BF16"
LARGEST_HEADER = 100_000_000


def save_safetensors(
    path: str | os.PathLike[str], state: Mapping[str, Any], metadata: Mapping[str, str] | None = None
) -> None:
    """Write arrays by name, such as a state_dict, as a safetensors file.

    Args:
        path: the file. An older one is replaced only once the new one is whole.
        state: anything that `np.asarray` takes, by name.
        metadata: text by name, for example ``{"format": "pt"}``.

    Raises:
        DTypeError: for what is no mapping from strings to arrays of numbers or booleans; nothing has been written.
        FileAccessError: if the file cannot be written; an older one is as it was.

    >>> import tinygrad_seq as tg
    >>> tg.io.save_safetensors("model.safetensors", tg.nn.Linear(3, 2).state_dict())
    >>> tg.io.load_safetensors("model.safetensors")["weight"].shape
    (2, 3)
    """
    if not isinstance(state, Mapping):
        raise DTypeError(f"save_safetensors: got {type(state).__name__}; need a mapping from names to arrays")
    texts = dict(metadata or {})
    if not all(isinstance(text, str) for item in texts.items() for text in item):
        raise DTypeError(f"save_safetensors: got metadata={texts!r}; need text by name")
    arrays: dict[str, Array] = {}
    for name, value in state.items():
        array = np.asarray(value)
        if not isinstance(name, str) or name == "__metadata__":
            raise DTypeError(f"save_safetensors: got the name {name!r}; need a string that is not '__metadata__'")
        if array.dtype.newbyteorder("<") not in NAMES:
            raise DTypeError(f"save_safetensors: got dtype {array.dtype} of {name}; need numbers or booleans")
        arrays[name] = array.astype(array.dtype.newbyteorder("<"), copy=False)
    # Large elements first, so that each array begins at a multiple of its element's size.
    order = sorted(arrays, key=lambda name: -arrays[name].itemsize)
    header: dict[str, Any] = {"__metadata__": texts} if texts else {}
    places, end = {}, 0
    for name in order:
        places[name] = [end, end + arrays[name].nbytes]
        end += arrays[name].nbytes
    for name, array in arrays.items():
        header[name] = {"dtype": NAMES[array.dtype], "shape": array.shape, "data_offsets": places[name]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with replacing(path, "save_safetensors") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            file.write(arrays[name].tobytes())


def load_safetensors(path: str | os.PathLike[str]) -> dict[str, Array]:
    """The arrays of a safetensors file by name, in the order of its header.

    NumPy has no bfloat16: such arrays become float32, which holds each of their values.

    Raises:
        FileAccessError: if there is no such file, or it cannot be read.
        FileFormatError: if it is no safetensors file, or damaged, or holds a dtype that NumPy does not have.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise FileAccessError(f"load_safetensors: cannot read '{path}': {error.strerror or error}") from error
    size = int.from_bytes(content[:8], "little")
    if len(content) < 8 or size > min(len(content) - 8, LARGEST_HEADER):
        raise FileFormatError(
            f"load_safetensors: '{path}' ({len(content)} bytes) does not begin as a safetensors file; it was cut off, "
            "or another program wrote it"
        )
    try:
        header = json.loads(content[8 : 8 + size], object_pairs_hook=_once)
        header.pop("__metadata__", None)
        entries = {name: (e["dtype"], tuple(e["shape"]), tuple(e["data_offsets"])) for name, e in header.items()}
        arrays, end = {}, 0
        for name, (code, shape, (start, stop)) in sorted(entries.items(), key=lambda entry: entry[1][2]):
            if start != end:
                raise ValueError(f"{name} begins at {start}, not at {end}")
            arrays[name] = _array(code, shape, memoryview(content)[8 + size + start : 8 + size + stop])
            end = stop
        if end != len(content) - 8 - size:
            raise ValueError(f"the arrays end at {end} of {len(content) - 8 - size} bytes")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise FileFormatError(f"load_safetensors: '{path}' is damaged: {error}; need a whole copy") from error
    return {name: arrays[name] for name in entries}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of the header, in which no name may stand twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in the header")
    return found


def _array(code: str, shape: tuple[int, ...], data: memoryview) -> Array:
    """An array of its own, in this machine's byte order."""
    if not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"it has the shape {shape}")
    if code == BFLOAT16:
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32).reshape(shape)
    if code not in DTYPES:
        raise ValueError(f"it holds {code}, which NumPy does not have")
    if code == "BOOL":
        return np.frombuffer(data, np.uint8).reshape(shape).astype(bool)
    dtype = np.dtype(DTYPES[code])
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))
