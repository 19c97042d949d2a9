"""Writing a file aside and renaming it, so that nobody ever finds half a file under its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .errors import FileAccessError

__all__ = ["replacing"]


@contextmanager
def replacing(path: str | os.PathLike[str], caller: str = "replacing") -> Iterator[BinaryIO]:
    """A new binary file, open for reading and writing, that takes the place of ``path`` when the block ends.

    The file is written under another name in the same folder, flushed to the disk and renamed. If the block
    fails, ``path`` is as it was before.

    Args:
        path: the file to write; its folder exists.
        caller: the name of the function that an error message starts with.

    Raises:
        FileAccessError: if the folder is missing or cannot be written, ``path`` is no ordinary file, or the disk is
            full.

    >>> from pathlib import Path
    >>> with replacing("loss.csv") as file:
    ...     _ = file.write(b"update,bits")
    >>> Path("loss.csv").read_text()
    'update,bits'
    """
    target = Path(path).resolve()
    aside = target.with_name(f".{target.name[:200]}.{os.urandom(4).hex()}.part")
    try:
        _check(target, path, caller)
        with aside.open("xb+") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    except OSError as error:
        _remove(aside)
        if isinstance(error, FileAccessError):
            raise
        raise FileAccessError(
            f"{caller}: cannot write '{path}': {error.strerror or error}; "
            f"need a folder with space that you may write to; choose another one"
        ) from error
    except BaseException:
        _remove(aside)
        raise
    _settle(target.parent)


def _check(target: Path, path: str | os.PathLike[str], caller: str) -> None:
    if target.is_dir():
        raise FileAccessError(f"{caller}: got '{path}', which is a folder; need the name of a file")
    if target.exists() and not target.is_file():
        raise FileAccessError(f"{caller}: got '{path}', which is a device or a pipe; need the name of an ordinary file")
    if not target.parent.exists():
        raise FileAccessError(f"{caller}: got '{path}', whose folder does not exist; create '{target.parent}' first")


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _settle(folder: Path) -> None:
    """Let the new name itself reach the disk, where a folder can be synced at all."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
