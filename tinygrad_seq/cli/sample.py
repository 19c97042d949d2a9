"""``tinygrad-seq sample``: a trained model writes."""

from __future__ import annotations

import sys
from pathlib import Path

from ..errors import FileAccessError
from ..train import generate, load_model

__all__ = ["write_sample"]


def write_sample(path: Path, length: int, temperature: float, prompt: str | None, seed: int | None) -> None:
    """Print the prompt and what the model goes on with, character by character."""
    path = path / "model.npz" if path.is_dir() else path
    if not path.exists():
        raise FileAccessError(f"sample: there is no '{path}'; train a model first, with: tinygrad-seq demo")
    model, vocabulary = load_model(path)
    opening = prompt or ("\n" if "\n" in vocabulary.characters else vocabulary.characters[0])
    drawn = generate(model, vocabulary.encode(opening), length, temperature, seed)
    sys.stdout.write(prompt or "")
    for symbol in drawn:
        sys.stdout.write(vocabulary.decode([symbol]))
        sys.stdout.flush()
    sys.stdout.write("\n")
