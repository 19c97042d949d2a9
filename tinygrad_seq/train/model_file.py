"""A run on disk: the model, its vocabulary, the text that it learned from, and all that it takes to go on."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import Any

from ..data import Vocabulary
from ..errors import FileFormatError, TinygradSeqError
from ..io import load, save
from .language_model import LanguageModel
from .run import Options, Run

__all__ = ["ModelFile", "load_model", "load_run", "save_run", "sha256"]

KIND = "language model"


@dataclass(frozen=True)
class ModelFile:
    """What a file of `save_run` holds.

    Attributes:
        vocabulary: the symbols.
        source: the name of the text file, None for Python's language reference.
        sha256: of the text.
        options: of the run.
        run: what `Run.load_state_dict` takes.
    """

    vocabulary: Vocabulary
    source: str | None
    sha256: str
    options: Options
    run: dict[str, Any]

    def model(self) -> LanguageModel:
        """The model with its parameters, for use and not for more training."""
        o = self.options
        model = LanguageModel(len(self.vocabulary), o.cell, o.hidden, o.layers, o.embedding)
        model.load_state_dict(self.run["model"])
        return model


def sha256(text: str) -> str:
    """What tells one text from another."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def save_run(path: str | os.PathLike[str], run: Run, vocabulary: Vocabulary, text: str, source: str | None) -> None:
    """Write a run, which may go on afterwards, to a file."""
    characters = "".join(vocabulary.characters)
    about = {"source": source, "sha256": sha256(text)}
    save(path, {"kind": KIND, "vocabulary": characters, "text": about, "run": run.state_dict()})


def load_run(path: str | os.PathLike[str]) -> ModelFile:
    """Read what `save_run` wrote.

    Raises:
        FileAccessError: if the file cannot be read.
        FileFormatError: if it is damaged, or holds something else than a run.
    """
    state = load(path)
    try:
        if state["kind"] != KIND:
            raise KeyError(state["kind"])
        text, run = state["text"], state["run"]
        return ModelFile(
            Vocabulary(state["vocabulary"]), text["source"], text["sha256"], Options(**run["options"]), run
        )
    except (LookupError, TypeError, TinygradSeqError) as error:
        raise FileFormatError(
            f"load: '{path}' is a whole file of tg.io.save, but holds no language model; "
            f"need the model.npz of 'tinygrad-seq demo'"
        ) from error


def load_model(path: str | os.PathLike[str]) -> tuple[LanguageModel, Vocabulary]:
    """The model of a run, and its symbols, for use and not for more training.

    Raises:
        FileAccessError, FileFormatError: as `load_run`.
    """
    file = load_run(path)
    return file.model(), file.vocabulary
