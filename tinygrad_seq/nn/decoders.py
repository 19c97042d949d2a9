"""Decoders with attention: they say a sequence, one token a step, and look back at another one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd import Tensor, scope, time_steps
from ..autograd.collector import paused
from ..autograd.tensor import Array
from ..errors import DTypeError, OptionError, ShapeError
from ..ops import concatenate, split, stack, tanh, where
from ..random import generator as default_generator
from . import functional
from .arguments import positive, probability
from .attention import AdditiveAttention, Attention, GeneralAttention, Memory, visible
from .cells import GRUCell, LSTMCell, RNNCell
from .containers import ModuleList
from .decoding.roll import draw
from .layers import Embedding, Linear
from .module import Module
from .recurrent import GRU, LSTM, RNN

__all__ = ["BahdanauDecoder", "Decoder", "DecoderState", "LuongDecoder"]

KINDS: dict[str, tuple[Any, Any, int]] = {
    "LSTM": (LSTM, LSTMCell, 2),
    "GRU": (GRU, GRUCell, 1),
    "RNN": (RNN, RNNCell, 1),
}
"""The layer, the cell, and how many parts its state has."""


def layer_and_cell(caller: str, kind: str) -> tuple[Any, Any, int]:
    """The layer, the cell and the number of parts of the state of a kind."""
    if kind not in KINDS:
        raise OptionError(f"{caller}: got kind={kind!r}; need one of {', '.join(map(repr, KINDS))}")
    return KINDS[kind]


class DecoderState(NamedTuple):
    """Where a decoder stands, with the batch first in every array.

    Attributes:
        cells: the states of the cells, each ``(B, H)``, layer after layer.
        feed: what is fed into the next step besides the token, ``(B, H)``, or None.
        memory: what attention looks at.
    """

    cells: tuple[Any, ...]
    feed: Any
    memory: Memory


class Decoder(Module):
    """The base of the decoders `LuongDecoder` and `BahdanauDecoder`: embedding, cells, attention and output.

    A subclass says in ``advance`` how a step joins them, and the base what surrounds a step.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        hidden_size: int,
        memory_size: int,
        attention: Attention,
        kind: str,
        num_layers: int,
        dropout: float,
        extra: int,
        joined: int,
    ):
        caller = type(self).__name__
        sizes = {"hidden_size": hidden_size, "memory_size": memory_size, "num_layers": num_layers}
        positive(caller, **sizes)
        probability(caller, dropout=dropout)
        if not isinstance(attention, Attention):
            raise DTypeError(
                f"{caller}: got attention={attention!r}; need an Attention, such as tg.nn.DotAttention(...)"
            )
        if (attention.query_size, attention.key_size, attention.batch_first) != (hidden_size, memory_size, False):
            raise OptionError(
                f"{caller}: got {attention!r}; need queries of {hidden_size} and keys of {memory_size}, time first"
            )
        _, cell, self._parts = layer_and_cell(caller, kind)
        self.hidden_size, self.memory_size, self.dropout = hidden_size, memory_size, dropout
        self.embedding = Embedding(num_embeddings, embedding_dim)
        widths = [embedding_dim + extra] + [hidden_size] * (num_layers - 1)
        self.cells = ModuleList([cell(width, hidden_size) for width in widths])
        self.attention = attention
        self.bridge = Linear(memory_size, num_layers * self._parts * hidden_size)
        self.combine = Linear(joined, hidden_size, bias=False)
        self.output = Linear(hidden_size, num_embeddings)

    def start(self, states: Any, final: Any, lengths: Any = None) -> DecoderState:
        r"""The first state: the cells begin at :math:`\tanh(W \text{final} + b)`.

        Args:
            states: ``(S, B, E)``, what the encoder says at each position.
            final: ``(B, E)``, what it says at the end.
            lengths: ``(B,)`` integers, of the source.
        """
        with scope(self._name or type(self).__name__):
            memory = self.attention.memory(states, lengths=lengths)
            first = tanh(self.bridge(final))
            return DecoderState(tuple(split(first, len(self.cells) * self._parts, axis=-1)), self._feed(first), memory)

    def step(self, token: Any, state: DecoderState) -> tuple[Tensor, DecoderState]:
        """The logits ``(B, V)`` of the next tokens and the next state, after tokens ``(B,)``: what decoding takes."""
        with scope(self._name or type(self).__name__):
            said, _, state = self.advance(self._embedded(token), state)
            return self.output(said), state

    def forward(
        self,
        target: Any,
        state: DecoderState,
        lengths: Any = None,
        sampling: float = 0.0,
        generator: np.random.Generator | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The logits ``(T, B, V)`` of what follows each token, and the attention weights ``(T, B, S)``.

        Args:
            target: ``(T, B)`` integers: the tokens that go in, from the start token on.
            state: what `start` returns.
            lengths: ``(B,)`` integers: after them a row's tokens, whatever they are, matter to nothing, and logits
                and weights are 0.
            sampling: with this probability a row's token, other than the first, is not the target's but one that is
                drawn from what the model has just said: scheduled sampling (Bengio et al. 2015), whose epsilon
                is 1 - sampling. No gradient flows through what is drawn.
            generator: the source of randomness, by default the one that `tg.seed` restarts.

        Raises:
            ShapeError, DTypeError, OptionError: for a target, lengths or a probability that do not fit.
        """
        caller = type(self).__name__
        target = token_rows(caller, "target", target, "T")
        rows = len(state.cells[0])
        if target.shape[1] != rows or not len(target):
            raise ShapeError(f"{caller}: got target {target.shape} for {rows} rows of the source; need (T, {rows})")
        probability(caller, sampling=sampling)
        inside = None if lengths is None else inside_of(caller, lengths, target)
        if inside is not None:
            target = np.where(inside, target, 0)
        rng = default_generator(generator) if sampling else None
        given = None if rng else self._embedded(target)
        outputs: list[Tensor] = []
        weights: list[Tensor] = []
        with paused:
            for t in time_steps(range(len(target))):
                if given is not None:
                    embedded = given[t]
                else:
                    token = target[t] if t == 0 else self._own(rng, sampling, target[t], outputs[-1])
                    embedded = self._embedded(token)
                said, shares, state = self.advance(embedded, state)
                outputs.append(self.output(said) if rng else said)
                weights.append(shares)
        logits, shares = stack(outputs) if rng else self.output(stack(outputs)), stack(weights)
        if inside is not None:
            logits, shares = [where(inside[..., None], x, 0.0) for x in (logits, shares)]
        return logits, shares

    def _embedded(self, token: Any) -> Tensor:
        embedded: Tensor = functional.dropout(self.embedding(token), self.dropout, self.training)
        return embedded

    @staticmethod
    def _own(rng: Any, sampling: float, target: Array, logits: Tensor) -> Array:
        """The target's tokens, some replaced by what the model would say."""
        drawn = draw(logits.numpy(), None, None, rng)
        return np.where(rng.random(len(target)) < sampling, drawn, target)

    def _run(self, x: Tensor, cells: tuple[Any, ...]) -> tuple[Tensor, tuple[Any, ...]]:
        """The output of the last cell, and the states of all."""
        new: list[Any] = []
        for k, cell in enumerate(self.cells):
            if self._parts == 2:
                new += cell(x, cells[2 * k : 2 * k + 2])
            else:
                new.append(cell(x, cells[k]))
            x = new[-self._parts]
        return x, tuple(new)

    def _feed(self, first: Tensor) -> Any:
        """What is fed into the first step besides the token."""
        return None

    def advance(self, embedded: Tensor, state: DecoderState) -> tuple[Tensor, Tensor, DecoderState]:
        """What is said after a token ``(B, H)``, the attention weights ``(B, S)`` and the next state."""
        raise NotImplementedError(f"{type(self).__name__}: need a method advance(self, embedded, state)")

    def said(self, *parts: Tensor) -> Tensor:
        """What the output layer reads: the tanh of a linear map of all parts."""
        said: Tensor = functional.dropout(tanh(self.combine(concatenate(parts, axis=-1))), self.dropout, self.training)
        return said


class LuongDecoder(Decoder):
    r"""A decoder that steps, then looks back, and feeds what it found into the next step.

    .. math::
        h_t &= \text{cell}([y_{t-1}; \tilde h_{t-1}], h_{t-1}) \\
        c_t &= \text{attention}(h_t, \text{memory}) \\
        \tilde h_t &= \tanh(W_c [c_t; h_t]), \qquad \text{logits}_t = W_s \tilde h_t + b_s

    Luong, Pham and Manning 2015, "Effective approaches to attention-based neural machine translation", equations 5 and
    6 and section 3.3, "input feeding".

    Args:
        num_embeddings: V, the size of the target's vocabulary. embedding_dim: D. hidden_size: H.
        memory_size: E, of what the encoder says at each position.
        attention: of queries H and keys E; `GeneralAttention` by default.
        kind: "LSTM", "GRU" or "RNN". num_layers: of cells, stacked.
        dropout: the probability with which, in training, elements of embedded tokens and of what is said are dropped.

    >>> import tinygrad_seq as tg
    >>> encoder = tg.nn.Encoder(10, 4, 8)
    >>> decoder = tg.nn.LuongDecoder(12, 4, 8, encoder.memory_size)
    >>> logits, weights = decoder([[1, 1], [3, 4]], decoder.start(*encoder([[1, 2], [3, 4], [5, 0]])))
    >>> logits.shape, weights.shape
    ((2, 2, 12), (2, 2, 3))
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        hidden_size: int,
        memory_size: int,
        attention: Attention | None = None,
        kind: str = "LSTM",
        num_layers: int = 1,
        dropout: float = 0.0,
    ):
        attention = attention or GeneralAttention(hidden_size, memory_size)
        sizes = num_embeddings, embedding_dim, hidden_size, memory_size
        extra, joined = hidden_size, hidden_size + memory_size
        super().__init__(*sizes, attention, kind, num_layers, dropout, extra, joined)

    def _feed(self, first: Tensor) -> Any:
        return np.zeros((len(first), self.hidden_size), first.dtype)

    def advance(self, embedded: Tensor, state: DecoderState) -> tuple[Tensor, Tensor, DecoderState]:
        """Step, look back, and join what was found."""
        h, cells = self._run(concatenate([embedded, state.feed], axis=-1), state.cells)
        context, weights = self.attention(h, state.memory)
        said = self.said(context, h)
        return said, weights, DecoderState(cells, said, state.memory)


class BahdanauDecoder(Decoder):
    r"""A decoder that looks back, then steps with what it found.

    .. math::
        c_t &= \text{attention}(h_{t-1}, \text{memory}) \\
        h_t &= \text{cell}([y_{t-1}; c_t], h_{t-1}) \\
        \text{logits}_t &= W_o \tanh(W_c [c_t; h_t; y_{t-1}]) + b_o

    Bahdanau, Cho and Bengio 2015, "Neural machine translation by jointly learning to align and translate",
    appendix A.2.2, with a tanh in place of their maxout.

    Args:
        num_embeddings: V, the size of the target's vocabulary. embedding_dim: D. hidden_size: H.
        memory_size: E, of what the encoder says at each position.
        attention: of queries H and keys E; `AdditiveAttention` by default.
        kind: "GRU", "LSTM" or "RNN". num_layers: of cells, stacked.
        dropout: the probability with which, in training, elements of embedded tokens and of what is said are dropped.

    >>> import tinygrad_seq as tg
    >>> encoder = tg.nn.Encoder(10, 4, 8, kind="GRU", bidirectional=True)
    >>> decoder = tg.nn.BahdanauDecoder(12, 4, 8, encoder.memory_size)
    >>> logits, weights = decoder([[1, 1], [3, 4]], decoder.start(*encoder([[1, 2], [3, 4], [5, 0]])))
    >>> logits.shape, weights.shape
    ((2, 2, 12), (2, 2, 3))
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        hidden_size: int,
        memory_size: int,
        attention: Attention | None = None,
        kind: str = "GRU",
        num_layers: int = 1,
        dropout: float = 0.0,
    ):
        attention = attention or AdditiveAttention(hidden_size, memory_size, hidden_size)
        sizes = num_embeddings, embedding_dim, hidden_size, memory_size
        extra, joined = memory_size, memory_size + hidden_size + embedding_dim
        super().__init__(*sizes, attention, kind, num_layers, dropout, extra, joined)

    def advance(self, embedded: Tensor, state: DecoderState) -> tuple[Tensor, Tensor, DecoderState]:
        """Look back, step with what was found, and join both."""
        context, weights = self.attention(state.cells[-self._parts], state.memory)
        h, cells = self._run(concatenate([embedded, context], axis=-1), state.cells)
        return self.said(context, h, embedded), weights, DecoderState(cells, None, state.memory)


def token_rows(caller: str, what: str, tokens: Any, axis: str) -> Array:
    """Tokens as integers ``(T, B)``."""
    array = np.array(tokens)
    if array.ndim != 2:
        raise ShapeError(f"{caller}: got {what} {array.shape}; need ({axis}, B), or (B, {axis}) with batch_first")
    if array.dtype.kind not in "iu":
        raise DTypeError(f"{caller}: got {what} of {array.dtype}; need integers; use .astype(int)")
    return array


def inside_of(caller: str, lengths: Any, tokens: Array) -> Array:
    """Which of the tokens ``(T, B)`` are within the lengths ``(B,)``."""
    most, rows = tokens.shape
    inside: Array = visible(caller, None, lengths, rows, most, True).T
    return inside
