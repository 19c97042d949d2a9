"""Layers and losses as functions, by PyTorch's names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import Tensor
from ..errors import DTypeError, OptionError, ShapeError
from ..ops import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    celu,
    cosine_embedding_loss,
    cosine_similarity,
    cross_entropy,
    elu,
    gelu,
    getitem,
    hardsigmoid,
    hardswish,
    hardtanh,
    hinge_embedding_loss,
    huber_loss,
    kl_div,
    l1_loss,
    leaky_relu,
    linear,
    log_softmax,
    margin_ranking_loss,
    mish,
    mse_loss,
    multi_margin_loss,
    nll_loss,
    one_hot,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    smooth_l1_loss,
    soft_margin_loss,
    softmax,
    softplus,
    softsign,
    standardize,
    tanh,
    tanhshrink,
    triplet_margin_loss,
)
from ..ops import (
    log_sigmoid as logsigmoid,
)
from ..random import generator
from .ctc import ctc_loss

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "ctc_loss",
    "dropout",
    "elu",
    "embedding",
    "gelu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "margin_ranking_loss",
    "mish",
    "mse_loss",
    "multi_margin_loss",
    "nll_loss",
    "one_hot",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softplus",
    "softsign",
    "tanh",
    "tanhshrink",
    "triplet_margin_loss",
]


def embedding(index: Any, weight: Tensor) -> Tensor:
    """The rows of weight ``(V, D)`` at integers of any shape ``(...)``: ``(..., D)``.

    Raises:
        DTypeError: if the indices are not integers.
        OptionError: for an index outside 0 ... V-1, naming it.
    """
    rows = np.array(index)
    if rows.dtype.kind not in "iu":
        raise DTypeError(f"embedding: got indices of dtype {rows.dtype}; need integers; use .astype(int)")
    size = weight.shape[0]
    if rows.size and (rows.min() < 0 or rows.max() >= size):
        wrong = rows[(rows < 0) | (rows >= size)].flat[0]
        raise OptionError(f"embedding: got index {wrong} for {size} rows; need 0 ... {size - 1}")
    return getitem(weight, rows)


def dropout(x: Any, p: float = 0.5, training: bool = True) -> Any:
    """Zero each element with probability ``p`` and divide the others by 1 - p, in training only.

    Raises:
        OptionError: if p is outside 0 ... 1.
    """
    if not 0 <= p <= 1:
        raise OptionError(f"dropout: got p={p}; need a probability in 0 ... 1")
    if not training or p == 0:
        return x
    kept = generator().random(np.shape(x)) >= p
    return x * (kept / (1 - p) if p < 1 else kept).astype(x.dtype)


def layer_norm(
    input: Any, normalized_shape: int | Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    r""":math:`(x - \mu) / \sqrt{\sigma^2 + \epsilon}\; w + b` over the last axes (Ba, Kiros and Hinton 2016).

    Args:
        input: ``(..., *normalized_shape)``.
        normalized_shape: the sizes of the axes over which mean and variance are taken.
        weight: w, of the normalised shape, or None.
        bias: b, likewise.
        eps: added to the variance.

    Raises:
        ShapeError: if the input does not end in the normalised shape.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.functional.layer_norm(tg.tensor([1.0, 3.0]), (2,), eps=0.0).tolist()
    [-1.0, 1.0]
    """
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or np.shape(input)[-len(shape) :] != shape:
        raise ShapeError(f"layer_norm: got input {np.shape(input)} for normalized_shape {shape}; need (..., *{shape})")
    axes = tuple(range(-len(shape), 0))
    y = standardize(input, axis=axes, epsilon=eps)
    if weight is not None:
        y = y * weight
    return y if bias is None else y + bias
