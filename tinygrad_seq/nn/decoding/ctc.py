"""Labels from the outputs of a network that was trained with the CTC loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.tensor import Array
from ...errors import OptionError, ShapeError
from ..arguments import positive, row_lengths
from ..ctc import check_blank

__all__ = ["ctc_beam", "ctc_greedy"]


def ctc_greedy(log_probs: Any, input_lengths: Any = None, blank: int = 0) -> list[list[int]]:
    """What the most probable path of each row says: the best class of each step, merged, without blanks.

    Args:
        log_probs: ``(T, N, C)``, or any scores in their order.
        input_lengths: ``(N,)`` integers, all T by default.
        blank: the class that is no label.

    Returns:
        The labels of each of the N rows.

    Raises:
        ShapeError, OptionError: for log_probs, lengths or a blank that do not fit, or NaN within the lengths.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.decoding.ctc_greedy(np.eye(3)[[1, 1, 0, 1, 2, 2]][:, None])
    [[1, 1, 2]]
    """
    scores, lengths = _ctc("ctc_greedy", log_probs, input_lengths, blank)
    paths = [scores[:n, b].argmax(axis=-1) for b, n in enumerate(lengths)]
    return [
        [int(c) for c, before in zip(path, [-1, *path], strict=False) if c not in (before, blank)] for path in paths
    ]


def ctc_beam(
    log_probs: Any, input_lengths: Any = None, blank: int = 0, width: int = 10
) -> list[list[tuple[list[int], float]]]:
    """The most probable labels of each row, whichever way they are aligned, by prefix search with a beam.

    Graves et al. 2006, "Connectionist temporal classification", section 3.2; with a beam, Hannun et al. 2014,
    "First-pass large vocabulary continuous speech recognition using bi-directional recurrent DNNs", algorithm 1.

    Args:
        log_probs: ``(T, N, C)``, logarithms of probabilities.
        input_lengths: ``(N,)`` integers, all T by default.
        blank: the class that is no label.
        width: how many prefixes go on from step to step; the result is exact if that is all of them.

    Returns:
        For each of the N rows up to ``width`` pairs of labels and their log-probability, the best first.

    Raises:
        ShapeError, OptionError: for log_probs, lengths, a blank or a width that do not fit, or NaN within the lengths.

    >>> import numpy as np, tinygrad_seq as tg
    >>> log_probs = np.log([[[0.6, 0.4]], [[0.6, 0.4]]])  # blank twice is the best path, but 1 has three
    >>> tg.nn.decoding.ctc_greedy(log_probs)
    [[]]
    >>> (labels, score), _ = tg.nn.decoding.ctc_beam(log_probs)[0]
    >>> labels, round(float(np.exp(score)), 6)
    ([1], 0.64)
    """
    scores, lengths = _ctc("ctc_beam", log_probs, input_lengths, blank)
    positive("ctc_beam", width=width)
    found = []
    for b, n in enumerate(lengths):
        # Of each prefix, the log-probability of the paths that end in a blank, and in its last label.
        ends: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -np.inf)}
        for row in scores[:n, b].tolist():
            new: dict[tuple[int, ...], list[float]] = {}
            for prefix, (after_blank, after_label) in ends.items():
                either = np.logaddexp(after_blank, after_label)
                _more(new, prefix, 0, either + row[blank])
                for c, log_p in enumerate(row):
                    if c == blank:
                        continue
                    repeats = prefix[-1:] == (c,)
                    if repeats:
                        _more(new, prefix, 1, after_label + log_p)
                    _more(new, (*prefix, c), 1, (after_blank if repeats else either) + log_p)
            ranked = sorted(new.items(), key=lambda item: -np.logaddexp(item[1][0], item[1][1]))
            ends = {prefix: (p[0], p[1]) for prefix, p in ranked[:width]}
        total = [([*prefix], float(np.logaddexp(*p))) for prefix, p in ends.items()]
        found.append([pair for pair in total if pair[1] > -np.inf])
    return found


def _more(ends: dict[tuple[int, ...], list[float]], prefix: tuple[int, ...], which: int, log_p: float) -> None:
    pair = ends.setdefault(prefix, [-np.inf, -np.inf])
    pair[which] = float(np.logaddexp(pair[which], log_p))


def _ctc(caller: str, log_probs: Any, input_lengths: Any, blank: int) -> tuple[Array, list[int]]:
    scores = np.asarray(log_probs, np.float64)
    if scores.ndim != 3:
        raise ShapeError(f"{caller}: got log_probs {scores.shape}; need (T, N, C)")
    steps, batch, classes = scores.shape
    check_blank(caller, blank, classes)
    given = np.full(batch, steps) if input_lengths is None else input_lengths
    lengths = row_lengths(caller, given, batch, steps, f"log_probs {scores.shape}", "input_length")
    for row, length in enumerate(lengths):
        if np.isnan(scores[:length, row]).any():
            raise OptionError(f"{caller}: got NaN in row {row} of log_probs; need logarithms, -inf for what cannot be")
    return scores, lengths.tolist()
