"""What a demo works on, checked as a whole before anything begins."""

from __future__ import annotations

import math
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import typer

from ..data import Vocabulary, held_out_split, python_reference, read_text
from ..errors import FileAccessError, FileFormatError
from ..replace import replacing
from ..train import ModelFile, Options, Run, load_run, save_run, sha256, updates_in, usual_rate
from ..train.run import MINUTES

__all__ = ["Work", "begin", "resume"]

SHARE = 0.1
MODEL = "model.npz"
CURVE = "loss.csv"


@dataclass(frozen=True)
class Work:
    """A run, its text, and the folder that takes the results.

    Attributes:
        folder: where files are written.
        source: the name of the text file, None for Python's language reference.
        text, vocabulary: what is learned.
        ids: the text as numbers.
        start: where the held-out part of ``ids`` begins.
        run: the training.
    """

    folder: Path
    source: str | None
    text: str
    vocabulary: Vocabulary
    ids: np.ndarray[Any, Any]
    start: int
    run: Run

    def save(self) -> None:
        """Write the model and the loss curve."""
        save_run(self.folder / MODEL, self.run, self.vocabulary, self.text, self.source)
        lines = ["updates,characters,train_bits_per_character,held_out_bits_per_character"]
        lines += [f"{r.updates},{r.characters},{r.train_bits:.6f},{r.held_out_bits:.6f}" for r in self.run.rows]
        with replacing(self.folder / CURVE, "demo") as file:
            file.write("\n".join([*lines, ""]).encode())


def begin(folder: Path, path: Path | None, given: dict[str, Any], minutes: float | None) -> Work:
    """A new run; ``given`` has the `Options` that were typed."""
    source = str(path) if path else None
    text = _read(source)
    options = Options(**given)
    if "lr" not in given:
        options = replace(options, lr=usual_rate(options.cell, options.hidden))
    start = _length_of_training_text(text, source, options.length)
    vocabulary = Vocabulary(sorted(set(text)))
    options = replace(options, streams=min(options.streams, (start - 1) // options.length))
    options = replace(options, updates=updates_in(minutes or MINUTES, options, len(vocabulary)))
    _check_folder(folder)
    ids = vocabulary.encode(text)
    return Work(folder, source, text, vocabulary, ids, start, Run(options, ids[:start], len(vocabulary)))


def resume(folder: Path, path: Path | None, given: dict[str, Any], minutes: float | None) -> Work:
    """The run in a folder, which goes on with the options that it has; more ``minutes`` make its plan longer."""
    saved = _load(folder)
    _check_same(saved.options, given, folder)
    source = str(path) if path else saved.source
    text = _read(source)
    if sha256(text) != saved.sha256:
        raise FileFormatError(
            f"demo: the run in '{folder}' learned from a text other than {title(source)}; give it with --text"
        )
    options, vocabulary = saved.options, saved.vocabulary
    if minutes:
        options = replace(options, updates=updates_in(minutes, options, len(vocabulary)))
    _check_folder(folder)
    ids = vocabulary.encode(text)
    start = _length_of_training_text(text, source, options.length)
    run = Run(options, ids[:start], len(vocabulary))
    run.load_state_dict(saved.run)
    return Work(folder, source, text, vocabulary, ids, start, run)


def title(source: str | None) -> str:
    """The text, in the words of a message."""
    return "Python's language reference" if source is None else f"'{source}'"


def _read(source: str | None) -> str:
    return python_reference() if source is None else read_text(source)


def _load(folder: Path) -> ModelFile:
    path = folder / MODEL
    if not path.exists():
        raise FileAccessError(
            f"demo: there is no '{path}' to resume; give the folder of an earlier run with --out, or leave --resume out"
        )
    return load_run(path)


def _length_of_training_text(text: str, source: str | None, length: int) -> int:
    need = max(10, math.ceil((length + 1) / (1 - SHARE)) + 1)
    if len(text) < need:
        raise FileFormatError(
            f"demo: {title(source)} has {len(text)} characters; need {need} or more for one window of {length} "
            f"and the held-out part; use a longer text{' or a smaller --length' if length > 8 else ''}"
        )
    train, _ = held_out_split(np.arange(len(text)), SHARE)
    return len(train)


def _check_same(options: Options, given: dict[str, Any], folder: Path) -> None:
    was = asdict(options)
    for name, value in given.items():
        if was[name] != value:
            raise typer.BadParameter(
                f"got {value}, but the run in '{folder}' has {was[name]}; leave it out to go on with that run.",
                param_hint=f"'--{'rate' if name == 'lr' else name}' with '--resume'",
            )


def _check_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise FileAccessError(
            f"demo: cannot write into the folder '{folder}': {error.strerror or error}; choose another with --out"
        ) from error
