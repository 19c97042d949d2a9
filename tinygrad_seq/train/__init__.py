"""Training of sequence models: what a run is, what it predicts, and how long it takes."""

from .budget import updates_in
from .language_model import CELLS, LanguageModel, bits_per_character, generate
from .run import Options, Row, Run

__all__ = ["CELLS", "LanguageModel", "Options", "Row", "Run", "bits_per_character", "generate", "updates_in"]
