"""Where text comes from: a file, or the language reference that every Python brings along."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import FileAccessError, FileFormatError

__all__ = ["python_reference", "read_text"]


def python_reference() -> str:
    """The topics of Python's own ``help()``: about 465,000 characters of its language reference.

    The text is that of the running Python, so it differs a little between versions of Python.

    Raises:
        FileAccessError: if this Python was installed without ``pydoc_data``.
    """
    try:
        from pydoc_data.topics import topics  # noqa: PLC0415 - half a megabyte that few need
    except ImportError as error:
        raise FileAccessError(
            "python_reference: this Python was installed without its help texts (pydoc_data); use a text file"
        ) from error
    return "".join(topics.values())


def read_text(path: str | os.PathLike[str]) -> str:
    r"""The characters of a file in UTF-8; every end of line becomes ``\n``, and a byte order mark is dropped.

    Raises:
        FileAccessError: if the file cannot be read.
        FileFormatError: if it is not UTF-8, naming the first wrong byte.

    >>> from pathlib import Path
    >>> _ = Path("notes.txt").write_bytes(b"one\r\ntwo\n")
    >>> read_text("notes.txt")
    'one\ntwo\n'
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise FileAccessError(
            f"read_text: cannot read '{path}': {error.strerror or error}; need a text file that you may read"
        ) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"read_text: '{path}' is not UTF-8: byte 0x{error.object[error.start]:02x} at position {error.start}; "
            f"convert it, for example with: iconv -f latin1 -t utf-8"
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")
