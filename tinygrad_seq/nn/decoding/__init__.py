"""From a model to sequences: greedy, sampled, and by beam search; and what CTC outputs say.

The first three work on any function ``step(token, state) -> (logits, state)``: tokens ``(R,)`` are the last ones of R
rows, logits are ``(R, V)``, and the state is any structure of dicts, lists and tuples of arrays whose first axis is R.
A beam search repeats and reorders the rows of the state. Nothing is recorded; switch dropout off by ``eval()`` first.
"""

from .ctc import ctc_beam, ctc_greedy
from .roll import greedy, sample
from .search import beam
from .step import Decoded, Step

__all__ = ["Decoded", "Step", "beam", "ctc_beam", "ctc_greedy", "greedy", "sample"]
