"""Training of sequence models: what a run is, what it predicts, and how long it takes."""

from .budget import updates_in
from .language_model import CELLS, LanguageModel, bits_per_character, generate
from .model_file import ModelFile, load_model, load_run, save_run, sha256
from .run import Options, Row, Run, usual_rate

__all__ = [
    "CELLS",
    "LanguageModel",
    "ModelFile",
    "Options",
    "Row",
    "Run",
    "bits_per_character",
    "generate",
    "load_model",
    "load_run",
    "save_run",
    "sha256",
    "updates_in",
    "usual_rate",
]
