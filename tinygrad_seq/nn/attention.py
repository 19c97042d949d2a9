"""Attention: a query's weighted mean of values, the weights given by how well the query fits each key.

What depends on the keys alone is computed once a sequence, by `Attention.memory`; each step then scores its query
against it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..autograd import Tensor, name, scope
from ..errors import DTypeError, OptionError, ShapeError
from ..ops import linear, masked_softmax, matmul, softmax, swapaxes, tanh, where
from ..ops.shape import as_tensor
from .arguments import flags, positive, row_lengths
from .init import bound
from .layers import uniform
from .module import Module

__all__ = ["AdditiveAttention", "Attention", "AttentionPooling", "DotAttention", "GeneralAttention", "Memory"]


class Memory(NamedTuple):
    """What attention keeps of a sequence, with the batch first: the projected keys, the values and the mask.

    Attributes:
        keys: as the scores need them, ``(B, S, ...)`` or ``(B, ..., S)``.
        values: ``(B, S, V)``.
        mask: ``(B, S)`` or ``(B, T, S)``, True where a query may look, or None.
    """

    keys: Any
    values: Any
    mask: Any


class Attention(Module):
    r"""The base of the attentions, which differ in how they score a query q against a key k.

    .. math::
        a_s = \frac{\exp \operatorname{score}(q, k_s)}{\sum_{s'} \exp \operatorname{score}(q, k_{s'})}, \qquad
        \text{context} = \sum_s a_s v_s

    The sums are over the positions where the mask is True; where it is True nowhere, weights and context are 0. What
    the mask hides may be NaN and has a gradient of exactly 0. The node of the weights is named "attention".

    A subclass defines ``project``, what to make of the keys once a sequence, and ``score``.

    Args:
        query_size: Q, of the queries. key_size: K, of the keys.
        batch_first: sequences are ``(B, T, ...)`` in place of ``(T, B, ...)``.
    """

    def __init__(self, query_size: int, key_size: int, batch_first: bool = False):
        positive(type(self).__name__, query_size=query_size, key_size=key_size)
        flags(type(self).__name__, batch_first=batch_first)
        self.query_size, self.key_size, self.batch_first = query_size, key_size, batch_first

    def project(self, keys: Tensor) -> Tensor:
        """What the scores need of keys ``(B, S, K)``."""
        raise NotImplementedError(f"{type(self).__name__}: need a method project(self, keys)")

    def score(self, query: Any, keys: Tensor) -> Tensor:
        """The scores ``(B, T, S)`` of queries ``(B, T, Q)`` against projected keys."""
        raise NotImplementedError(f"{type(self).__name__}: need a method score(self, query, keys)")

    def memory(self, keys: Any, values: Any = None, mask: Any = None, lengths: Any = None) -> Memory:
        """Project the keys of a sequence, once for all the queries that follow.

        Args:
            keys: ``(S, B, K)``, or ``(B, S, K)`` with batch_first.
            values: ``(S, B, V)`` likewise; the keys by default.
            mask: booleans ``(B, S)``, True where a query may look; or for each query its own, ``(T, B, S)``.
            lengths: ``(B,)`` integers: queries may look at the first so many positions of each row.

        Raises:
            ShapeError, DTypeError, OptionError: for keys, values, a mask or lengths that do not fit.
        """
        with scope(self._name or type(self).__name__):
            return self._memory(keys, values, mask, lengths)

    def _memory(self, keys: Any, values: Any, mask: Any, lengths: Any) -> Memory:
        caller, shape = type(self).__name__, np.shape(keys)
        lead = "(B, S" if self.batch_first else "(S, B"
        if len(shape) != 3 or shape[-1] != self.key_size:
            raise ShapeError(f"{caller}: got keys {shape}; need {lead}, {self.key_size})")
        if values is not None and (np.ndim(values) != 3 or np.shape(values)[:2] != shape[:2]):
            raise ShapeError(f"{caller}: got values {np.shape(values)} for keys {shape}; need {lead}, V) of the same")
        batch, size = shape[:2] if self.batch_first else shape[1::-1]
        mask = visible(caller, mask, lengths, batch, size, self.batch_first)
        keys = self._seen(keys, mask)
        return Memory(self.project(keys), keys if values is None else self._seen(values, mask), mask)

    def _seen(self, x: Any, mask: Any) -> Any:
        """A sequence with the batch first, and 0 where no query may look: NaN there goes nowhere."""
        x = as_tensor(x) if self.batch_first else swapaxes(x, 0, 1)
        if mask is None:
            return x
        return where((mask if mask.ndim == 2 else mask.any(axis=1))[..., None], x, 0.0)

    def forward(
        self, query: Any, keys: Any, values: Any = None, mask: Any = None, lengths: Any = None
    ) -> tuple[Tensor, Tensor]:
        """The context and the weights of one query a row, ``(B, V)`` and ``(B, S)``, or of T.

        Args:
            query: ``(B, Q)``; or ``(T, B, Q)``, or ``(B, T, Q)`` with batch_first, which give ``(T, B, V)`` and
                ``(T, B, S)``, or ``(B, T, V)`` and ``(B, T, S)``.
            keys: what `memory` has made, and then nothing else; or the keys of `memory`.
            values: those of `memory`.
            mask: that of `memory`.
            lengths: those of `memory`.

        Raises:
            ShapeError, DTypeError, OptionError: for shapes and masks that do not fit.
        """
        query = as_tensor(query)
        caller, shape = type(self).__name__, query.shape
        if len(shape) not in (2, 3) or shape[-1] != self.query_size:
            many = "(B, T" if self.batch_first else "(T, B"
            raise ShapeError(f"{caller}: got query {shape}; need (B, {self.query_size}) or {many}, {self.query_size})")
        if not isinstance(keys, Memory):
            keys = self._memory(keys, values, mask, lengths)
        elif values is not None or mask is not None or lengths is not None:
            raise OptionError(f"{caller}: got values, a mask or lengths beside a memory; give them to memory(...)")
        projected, values, mask = keys
        one, swap = len(shape) == 2, len(shape) == 3 and not self.batch_first
        query = query[:, None] if one else swapaxes(query, 0, 1) if swap else query
        if len(query) != len(values):
            raise ShapeError(f"{caller}: got query {shape} for a batch of {len(values)} sequences; need as many rows")
        scores = self.score(query, projected)
        scores = scores[:, 0] if one else scores
        context, weights = weighted_mean(caller, scores, values, mask)
        return (swapaxes(context, 0, 1), swapaxes(weights, 0, 1)) if swap else (context, weights)

    def extra_repr(self) -> str:
        """The sizes."""
        return f"{self.query_size}, {self.key_size}" + (", batch_first=True" if self.batch_first else "")


def visible(caller: str, mask: Any, lengths: Any, batch: int, size: int, batch_first: bool) -> Any:
    """Where queries may look, from a mask and lengths: booleans ``(B, S)`` or ``(B, T, S)``, or None for everywhere."""
    if mask is not None:
        given = mask = np.array(mask)
        if mask.dtype.kind != "b":
            raise DTypeError(f"{caller}: got a mask of {mask.dtype}; need booleans, True where a query may look")
        if mask.ndim == 3 and not batch_first:
            mask = mask.swapaxes(0, 1)
        if mask.ndim not in (2, 3) or mask.shape[0] != batch or mask.shape[-1] != size:
            many = f"({batch}, T, {size})" if batch_first else f"(T, {batch}, {size})"
            raise ShapeError(f"{caller}: got mask {given.shape}; need ({batch}, {size}), or {many} for T queries")
    if lengths is None:
        return mask
    inside = np.arange(size) < row_lengths(caller, lengths, batch, size, f"{size} positions")[:, None]
    return inside if mask is None else mask & (inside if mask.ndim == 2 else inside[:, None])


def weighted_mean(caller: str, scores: Tensor, values: Any, mask: Any) -> tuple[Tensor, Tensor]:
    """The softmax of scores ``(B, S)`` or ``(B, T, S)``, and the mean of values ``(B, S, V)`` with these weights."""
    one = scores.ndim == 2
    if mask is None:
        weights = softmax(scores)
    else:
        if mask.ndim < scores.ndim:
            mask = mask[:, None]
        if mask.ndim > scores.ndim or (not one and mask.shape[1] not in (1, scores.shape[1])):
            raise ShapeError(
                f"{caller}: got a mask for {mask.shape[1]} queries a row, and {1 if one else scores.shape[1]} of them; "
                "need as many, or a mask (B, S) for all"
            )
        weights = masked_softmax(scores, mask)
    name(attention=weights)
    context = matmul(weights[:, None] if one else weights, values)
    return (context[:, 0] if one else context), weights


class DotAttention(Attention):
    r"""Attention whose score is the dot product, :math:`q^\top k`, or, scaled, :math:`q^\top k / \sqrt{K}`.

    Luong, Pham and Manning 2015, "Effective approaches to attention-based neural machine translation", equation 8
    ("dot"); scaled, Vaswani et al. 2017, "Attention is all you need", equation 1. It has no parameters.

    Args:
        size: of queries and keys. scaled: divide by the root of the size.
        batch_first: sequences are ``(B, T, ...)`` in place of ``(T, B, ...)``.

    >>> import numpy as np, tinygrad_seq as tg
    >>> attention = tg.nn.DotAttention(2)
    >>> context, weights = attention(np.ones((1, 2)), np.ones((3, 1, 2)), lengths=[2])
    >>> context.tolist(), weights.tolist()
    ([[1.0, 1.0]], [[0.5, 0.5, 0.0]])
    """

    def __init__(self, size: int, scaled: bool = False, batch_first: bool = False):
        super().__init__(size, size, batch_first)
        flags("DotAttention", scaled=scaled)
        self.scaled = scaled

    def project(self, keys: Tensor) -> Tensor:
        """The keys, which are scaled here, once, and transposed: ``(B, K, S)``."""
        return swapaxes(keys * (1 / math.sqrt(self.key_size)) if self.scaled else keys, 1, 2)

    def score(self, query: Any, keys: Tensor) -> Tensor:
        """The products ``(B, T, S)``."""
        return matmul(query, keys)

    def extra_repr(self) -> str:
        """The sizes, and the options that are not the default."""
        return (
            f"{self.key_size}"
            + (", scaled=True" if self.scaled else "")
            + (", batch_first=True" if self.batch_first else "")
        )


class GeneralAttention(Attention):
    r"""Attention with the score :math:`q^\top W k`.

    Luong, Pham and Manning 2015, "Effective approaches to attention-based neural machine translation", equation 8
    ("general").

    Args:
        query_size: Q. key_size: K.
        batch_first: sequences are ``(B, T, ...)`` in place of ``(T, B, ...)``.

    Attributes:
        weight: W, ``(Q, K)``, at first uniform on :math:`\pm 1/\sqrt{K}`.

    >>> import numpy as np, tinygrad_seq as tg
    >>> attention = tg.nn.GeneralAttention(4, 6)
    >>> memory = attention.memory(np.ones((5, 2, 6), "float32"))
    >>> context, weights = attention(np.ones((2, 4), "float32"), memory)
    >>> context.shape, weights.shape
    ((2, 6), (2, 5))
    """

    def __init__(self, query_size: int, key_size: int, batch_first: bool = False):
        super().__init__(query_size, key_size, batch_first)
        self.weight = uniform(bound(key_size), query_size, key_size)

    def project(self, keys: Tensor) -> Tensor:
        """W k, transposed: ``(B, Q, S)``."""
        return swapaxes(linear(keys, self.weight), 1, 2)

    def score(self, query: Any, keys: Tensor) -> Tensor:
        """The products ``(B, T, S)``."""
        return matmul(query, keys)


class AdditiveAttention(Attention):
    r"""Attention with the score :math:`v^\top \tanh(W q + U k)`.

    Bahdanau, Cho and Bengio 2015, "Neural machine translation by jointly learning to align and translate",
    appendix A.1.2.

    Args:
        query_size: Q. key_size: K. hidden_size: A, of what is added.
        batch_first: sequences are ``(B, T, ...)`` in place of ``(T, B, ...)``.

    Attributes:
        weight_query: W, ``(A, Q)``. weight_key: U, ``(A, K)``. weight_score: v, ``(A,)``; each at first uniform on
            plus and minus one over the root of the size that it sums over.

    >>> import numpy as np, tinygrad_seq as tg
    >>> attention = tg.nn.AdditiveAttention(4, 6, 8)
    >>> context, weights = attention(np.ones((7, 2, 4), "float32"), np.ones((5, 2, 6), "float32"))
    >>> context.shape, weights.shape
    ((7, 2, 6), (7, 2, 5))
    """

    def __init__(self, query_size: int, key_size: int, hidden_size: int, batch_first: bool = False):
        super().__init__(query_size, key_size, batch_first)
        positive("AdditiveAttention", hidden_size=hidden_size)
        self.hidden_size = hidden_size
        self.weight_query = uniform(bound(query_size), hidden_size, query_size)
        self.weight_key = uniform(bound(key_size), hidden_size, key_size)
        self.weight_score = uniform(bound(hidden_size), hidden_size)

    def project(self, keys: Tensor) -> Tensor:
        """U k, ``(B, 1, S, A)``."""
        return linear(keys, self.weight_key)[:, None]

    def score(self, query: Any, keys: Tensor) -> Tensor:
        """The scores ``(B, T, S)``."""
        return matmul(tanh(linear(query, self.weight_query)[:, :, None] + keys), self.weight_score)

    def extra_repr(self) -> str:
        """The sizes."""
        sizes = f"{self.query_size}, {self.key_size}, {self.hidden_size}"
        return sizes + (", batch_first=True" if self.batch_first else "")


class AttentionPooling(Module):
    r"""A weighted mean of the states of a sequence, such as what an LSTM says at each step.

    .. math::
        a_t = \operatorname{softmax}_t v^\top \tanh(W h_t + b), \qquad \text{pooled} = \sum_t a_t h_t

    Yang et al. 2016, "Hierarchical attention networks for document classification", equations 5 to 7. It is the
    additive attention of a query that is the same for all sequences, and learnt.

    Args:
        input_size: H, of the states. hidden_size: A, of the tanh; H by default.
        batch_first: sequences are ``(B, T, ...)`` in place of ``(T, B, ...)``.

    Attributes:
        weight: W, ``(A, H)``. bias: b, ``(A,)``. weight_score: v, ``(A,)``; each at first uniform on plus and minus one
            over the root of the size that it sums over, b as W.

    >>> import numpy as np, tinygrad_seq as tg
    >>> lstm, pooling = tg.nn.LSTM(3, 5), tg.nn.AttentionPooling(5)
    >>> output, _ = lstm(np.ones((7, 2, 3), "float32"))
    >>> pooled, weights = pooling(output, lengths=[7, 4])
    >>> pooled.shape, weights.shape
    ((2, 5), (2, 7))
    """

    def __init__(self, input_size: int, hidden_size: int | None = None, batch_first: bool = False):
        hidden_size = input_size if hidden_size is None else hidden_size
        positive("AttentionPooling", input_size=input_size, hidden_size=hidden_size)
        flags("AttentionPooling", batch_first=batch_first)
        self.input_size, self.hidden_size, self.batch_first = input_size, hidden_size, batch_first
        self.weight = uniform(bound(input_size), hidden_size, input_size)
        self.bias = uniform(bound(input_size), hidden_size)
        self.weight_score = uniform(bound(hidden_size), hidden_size)

    def forward(self, states: Any, mask: Any = None, lengths: Any = None) -> tuple[Tensor, Tensor]:
        """The pooled states ``(B, H)`` and the weights ``(B, T)``; zeros for a row that is masked from end to end.

        Args:
            states: ``(T, B, H)``, or ``(B, T, H)`` with batch_first.
            mask: booleans ``(B, T)``, True at the steps that count.
            lengths: ``(B,)`` integers: of each row so many first steps count.

        Raises:
            ShapeError, DTypeError, OptionError: for states, a mask or lengths that do not fit.
        """
        states = as_tensor(states)
        shape = states.shape
        if len(shape) != 3 or shape[-1] != self.input_size:
            need = f"(B, T, {self.input_size})" if self.batch_first else f"(T, B, {self.input_size})"
            raise ShapeError(f"AttentionPooling: got states {shape}; need {need}")
        if mask is not None and np.ndim(mask) != 2:
            raise ShapeError(f"AttentionPooling: got mask {np.shape(mask)}; need (B, T)")
        states = states if self.batch_first else swapaxes(states, 0, 1)
        batch, size = states.shape[:2]
        mask = visible("AttentionPooling", mask, lengths, batch, size, self.batch_first)
        if mask is not None:
            states = where(mask[..., None], states, 0.0)
        scores = matmul(tanh(linear(states, self.weight, self.bias)), self.weight_score)
        return weighted_mean("AttentionPooling", scores, states, mask)

    def extra_repr(self) -> str:
        """The sizes."""
        return f"{self.input_size}, {self.hidden_size}" + (", batch_first=True" if self.batch_first else "")
