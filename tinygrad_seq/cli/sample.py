"""``tinygrad-seq sample``: a trained model writes."""

from __future__ import annotations

import sys
from pathlib import Path

from ..train import generate
from .subject import model_file

__all__ = ["write_sample"]


def write_sample(path: Path, length: int, temperature: float, prompt: str | None, seed: int | None) -> None:
    """Print the prompt and what the model goes on with, character by character."""
    file = model_file(path)
    model, vocabulary = file.model(), file.vocabulary
    opening = prompt or ("\n" if "\n" in vocabulary.characters else vocabulary.characters[0])
    drawn = generate(model, vocabulary.encode(opening), length, temperature, seed)
    sys.stdout.write(prompt or "")
    for symbol in drawn:
        sys.stdout.write(vocabulary.decode([symbol]))
        sys.stdout.flush()
    sys.stdout.write("\n")
