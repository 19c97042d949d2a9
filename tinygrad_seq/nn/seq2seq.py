"""Encoder and decoder with attention: from a sequence to one of another length.

The encoder reads the source; the decoder says the target and looks back at what the encoder said at each position.
`Seq2Seq` is both, for training with given targets; for sequences of its own see `nn.decoding`, which takes its ``step``
and what its ``start`` returns.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor
from ..errors import DTypeError, OptionError
from ..ops import concatenate, swapaxes
from .arguments import flags
from .decoders import Decoder, DecoderState, inside_of, layer_and_cell, token_rows
from .layers import Embedding
from .module import Module

__all__ = ["Encoder", "Seq2Seq"]


class Encoder(Module):
    """An embedding and a recurrent layer that reads it.

    Args:
        num_embeddings: the size of the source's vocabulary. embedding_dim: D. hidden_size: H.
        kind: "LSTM", "GRU" or "RNN".
        options: those of the layer: num_layers, bidirectional, dropout, ...

    Attributes:
        embedding: the `Embedding`. rnn: the layer.
        memory_size: E, the size of what it says at each position: directions * H.

    >>> import tinygrad_seq as tg
    >>> encoder = tg.nn.Encoder(10, 4, 8, bidirectional=True)
    >>> states, final = encoder([[1, 2], [3, 4], [5, 0]], lengths=[3, 2])
    >>> states.shape, final.shape
    ((3, 2, 16), (2, 16))
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, hidden_size: int, kind: str = "LSTM", **options: Any):
        layer, _, _ = layer_and_cell("Encoder", kind)
        if options.get("batch_first"):
            raise OptionError("Encoder: got batch_first=True; need time first; Seq2Seq takes batch_first")
        self.embedding = Embedding(num_embeddings, embedding_dim)
        self.rnn = layer(embedding_dim, hidden_size, **options)
        self.memory_size = (1 + self.rnn.bidirectional) * (options.get("proj_size", 0) or hidden_size)

    def forward(self, source: Any, lengths: Any = None) -> tuple[Tensor, Tensor]:
        """What it says at each position, ``(S, B, E)``, and at the end of each row, ``(B, E)``.

        Args:
            source: ``(S, B)`` integers.
            lengths: ``(B,)`` integers; what comes after them in a row, whatever it is, matters to nothing.

        Raises:
            ShapeError, DTypeError, OptionError: for a source or lengths that do not fit.
        """
        source = token_rows("Encoder", "source", source, "S")
        if lengths is not None:
            source = np.where(inside_of("Encoder", lengths, source), source, 0)
        states, last = self.rnn(self.embedding(source), lengths=lengths)
        h_n = last[0] if isinstance(last, tuple) else last
        return states, concatenate([h_n[-2], h_n[-1]], axis=-1) if self.rnn.bidirectional else h_n[-1]


class Seq2Seq(Module):
    """An encoder and a decoder as one model.

    Args:
        encoder: an `Encoder`, or any module ``(source, lengths) -> (states (S, B, E), final (B, E))``.
        decoder: a `LuongDecoder` or a `BahdanauDecoder`.
        batch_first: sources and targets are ``(B, S)`` and ``(B, T)``, logits ``(B, T, V)``, weights ``(B, T, S)``.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.seed(0)
    >>> encoder = tg.nn.Encoder(10, 4, 8, bidirectional=True)
    >>> model = tg.nn.Seq2Seq(encoder, tg.nn.LuongDecoder(12, 4, 8, encoder.memory_size))
    >>> source, target = [[1, 2], [3, 4], [5, 0]], [[1, 1], [7, 3]]
    >>> logits, weights = model(source, target, source_lengths=[3, 2])
    >>> logits.shape, weights.shape
    ((2, 2, 12), (2, 2, 3))
    >>> state = model.start(source, [3, 2])
    >>> tg.nn.decoding.beam(model.step, state, start=[1, 1], end=2, max_length=5, width=3).scores.shape
    (2, 3)
    """

    def __init__(self, encoder: Module, decoder: Decoder, batch_first: bool = False):
        flags("Seq2Seq", batch_first=batch_first)
        if not isinstance(decoder, Decoder):
            raise DTypeError(f"Seq2Seq: got decoder={decoder!r}; need a Decoder, such as tg.nn.LuongDecoder(...)")
        says = getattr(encoder, "memory_size", decoder.memory_size)
        if says != decoder.memory_size:
            raise OptionError(
                f"Seq2Seq: got an encoder that says {says} numbers at each position, and a decoder for "
                f"{decoder.memory_size}; give the decoder memory_size={says}"
            )
        self.encoder, self.decoder, self.batch_first = encoder, decoder, batch_first

    def forward(
        self,
        source: Any,
        target: Any,
        source_lengths: Any = None,
        target_lengths: Any = None,
        sampling: float = 0.0,
        generator: np.random.Generator | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The logits ``(T, B, V)`` of what follows each token of the target, and the weights ``(T, B, S)``.

        Args:
            source: ``(S, B)`` integers.
            target: ``(T, B)`` integers, the tokens that go in: the start token, and all but the last.
            source_lengths: ``(B,)`` integers; what comes after them matters to nothing.
            target_lengths: likewise; logits and weights are 0 there.
            sampling: the probability of scheduled sampling, see the decoder.
            generator: its source of randomness.

        Raises:
            ShapeError, DTypeError, OptionError: for tokens, lengths or a probability that do not fit.
        """
        state = self.start(source, source_lengths)
        if self.batch_first:
            target = np.swapaxes(token_rows("Seq2Seq", "target", target, "T"), 0, 1)
        logits, weights = self.decoder(target, state, target_lengths, sampling, generator)
        return (swapaxes(logits, 0, 1), swapaxes(weights, 0, 1)) if self.batch_first else (logits, weights)

    def start(self, source: Any, source_lengths: Any = None) -> DecoderState:
        """Read the source; the first state for `step`."""
        if self.batch_first:
            source = np.swapaxes(token_rows("Seq2Seq", "source", source, "S"), 0, 1)
        states, final = self.encoder(source, source_lengths)
        return self.decoder.start(states, final, source_lengths)

    def step(self, token: Any, state: DecoderState) -> tuple[Tensor, DecoderState]:
        """The logits ``(B, V)`` after tokens ``(B,)``, and the next state: what `nn.decoding` takes."""
        return self.decoder.step(token, state)
