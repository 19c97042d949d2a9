"""From text to arrays: reading, vocabularies, splits and windows, and what counting alone can predict."""

from .ngram import NGram
from .text import python_reference, read_text
from .vocabulary import Vocabulary
from .windows import Windows, held_out_split

__all__ = ["NGram", "Vocabulary", "Windows", "held_out_split", "python_reference", "read_text"]
