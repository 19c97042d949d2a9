"""Checkpoints: nested state in one ``.npz`` file.

The file is a zip archive. Each array is a member of its own in NumPy's ``.npy`` format, named by its path in the
state, so ``numpy.load`` opens the file as well; ``manifest.json`` holds everything else, and where each array
belongs. The archive's comment, which is the end of the file, is a SHA-256 of every byte before it: a zip archive's
own checksums cover the members but not their headers, nor the directory. The same state gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import zipfile
from pathlib import Path
from typing import IO, Any, BinaryIO
from urllib.parse import quote

import numpy as np

from ..autograd import Tensor
from ..errors import DTypeError, FileAccessError, FileFormatError, OptionError
from ..replace import replacing

__all__ = ["load", "save"]

FORMAT = "tinygrad_seq state"
VERSION = 1
MANIFEST = "manifest.json"
MARK = b"tinygrad_seq sha256 "
DIGEST = 64
DEPTH = 100
KINDS = "biufcSUmM"


def save(path: str | os.PathLike[str], state: Any) -> None:
    """Write ``state`` to ``path``, so that `load` gives it back.

    Args:
        path: the file; any name, ``.npz`` is usual. An older file is replaced only once the new one is whole.
        state: dicts (with strings or integers as keys), lists and tuples, nested, of arrays, NumPy scalars, numbers,
            strings, booleans and None. A Tensor is saved, and comes back, as an array.

    Raises:
        DTypeError: for anything else, naming where in the state it stands; nothing has been written.
        FileAccessError: if the file cannot be written; an older one is as it was.

    >>> import tinygrad_seq as tg
    >>> tg.io.save("model.npz", {"model": tg.nn.Linear(3, 2).state_dict(), "updates": 10})
    >>> tg.io.load("model.npz")["model"]["weight"].shape
    (2, 3)
    """
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    tree = _describe(state, "state", arrays, 0)
    manifest = json.dumps({"format": FORMAT, "version": VERSION, "state": tree}, indent=1)
    with replacing(path, "save") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            with _member(archive, MANIFEST) as member:
                member.write(manifest.encode())
            for name, array in arrays.items():
                with _member(archive, name + ".npy") as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)
            archive.comment = MARK + b"0" * DIGEST
        file.seek(-DIGEST, os.SEEK_END)
        digest = _digest(file, file.tell())
        file.write(digest)


def load(path: str | os.PathLike[str]) -> Any:
    """The state that `save` wrote to ``path``.

    Raises:
        FileAccessError: if there is no such file, or it cannot be read.
        FileFormatError: if a single byte of it has changed, it was cut off, or another program wrote it.
    """
    try:
        with Path(path).open("rb") as file:
            _verify(file, path)
            with zipfile.ZipFile(file) as archive:
                manifest = json.loads(archive.read(MANIFEST))
                if manifest["format"] != FORMAT or manifest["version"] != VERSION:
                    raise FileFormatError(
                        f"load: '{path}' has format version {manifest['version']}; this tinygrad_seq reads {VERSION}; "
                        f"use the release that wrote it, or a newer one"
                    )
                return _restore(manifest["state"], archive)
    except (FileFormatError, MemoryError):
        raise
    except OSError as error:
        raise FileAccessError(f"load: cannot read '{path}': {error.strerror or error}") from error
    except Exception as error:  # whatever a forged archive can provoke
        raise FileFormatError(f"load: '{path}' has a checksum that fits but no state that tg.io.save writes") from error


def _describe(value: Any, path: str, arrays: dict[str, np.ndarray[Any, Any]], depth: int) -> Any:
    """``value`` as JSON, where an object of one key stands for what JSON does not have; ``arrays`` takes the arrays."""
    if depth > DEPTH:
        raise OptionError(
            f"save: got a state nested deeper than {DEPTH} levels at {path[:60]}...; does it hold itself?"
        )
    if isinstance(value, Tensor):
        value = value.numpy()
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if type(value) in (np.ndarray, np.memmap) or isinstance(value, np.generic):
        if value.dtype.kind not in KINDS:
            raise DTypeError(f"save: got dtype {value.dtype} at {path}; need numbers, booleans, strings or dates")
        arrays[path] = np.asarray(value)
        return {"scalar" if isinstance(value, np.generic) else "array": path}
    if type(value) in (list, tuple):
        items = [_describe(item, f"{path}/{k}", arrays, depth + 1) for k, item in enumerate(value)]
        return items if type(value) is list else {"tuple": items}
    if isinstance(value, dict):
        for key in value:
            if type(key) not in (str, int):
                raise DTypeError(f"save: got the key {key!r} at {path}; need strings or integers")
        return {
            "dict": [[key, _describe(item, f"{path}/{_quoted(key)}", arrays, depth + 1)] for key, item in value.items()]
        }
    raise DTypeError(
        f"save: got {type(value).__name__} at {path}; need dicts, lists and tuples of arrays, numbers, strings, "
        f"None; use np.asarray for arrays of another library"
    )


def _quoted(key: str | int) -> str:
    """The key as part of a path: different keys never give the same, not even 1 and "1"."""
    if type(key) is int:
        return f"%int{key}"
    return quote(key, safe=" ", errors="surrogatepass")  # type: ignore[arg-type]


def _restore(tree: Any, archive: zipfile.ZipFile) -> Any:
    if isinstance(tree, list):
        return [_restore(item, archive) for item in tree]
    if not isinstance(tree, dict):
        return tree
    ((kind, content),) = tree.items()
    if kind == "dict":
        return {key: _restore(item, archive) for key, item in content}
    if kind == "tuple":
        return tuple(_restore(item, archive) for item in content)
    if kind == "float":
        return float(content)
    if kind not in {"array", "scalar"}:
        raise ValueError(kind)
    with archive.open(content + ".npy") as member:
        array = np.lib.format.read_array(member, allow_pickle=False)
    return array if kind == "array" else array[()]


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """A new member whose header depends on nothing but its name and content: no clock, no user, no system."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.create_system = 3
    return archive.open(info, "w", force_zip64=True)


def _digest(file: BinaryIO, size: int) -> bytes:
    """The SHA-256 of the first ``size`` bytes, in hexadecimal digits; the file stands at their end."""
    sha = hashlib.sha256()
    file.seek(0)
    while size > 0 and (block := file.read(min(size, 1 << 20))):
        sha.update(block)
        size -= len(block)
    return sha.hexdigest().encode()


def _verify(file: BinaryIO, path: str | os.PathLike[str]) -> None:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - len(MARK) - DIGEST))
    end = file.read()
    if not end.startswith(MARK):
        raise FileFormatError(
            f"load: '{path}' ({size} bytes) does not end as a file of tg.io.save does; "
            f"it was cut off or altered, or another program wrote it; need a whole copy"
        )
    found = _digest(file, size - DIGEST)
    if found != end[len(MARK) :]:
        raise FileFormatError(
            f"load: '{path}' is damaged: its checksum is {found[:8].decode()}..., but "
            f"{end[len(MARK) :][:8].decode('ascii', 'replace')}... is written in it; need a whole copy"
        )
    file.seek(0)
