"""Layers and losses as functions, by PyTorch's names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..autograd import Tensor
from ..autograd.tensor import as_array
from ..errors import DTypeError, OptionError, ShapeError
from ..ops import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    celu,
    cosine_embedding_loss,
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
    softplus,
    softsign,
    standardize,
    tanh,
    tanhshrink,
    triplet_margin_loss,
    where,
)
from ..ops import (
    log_sigmoid as logsigmoid,
)
from ..random import generator
from .arguments import probability
from .ctc import ctc_loss

__all__ = [
    "batch_norm",
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


def softmax(x: Any, axis: int = -1, *, dim: int | None = None) -> Tensor:
    """Positive numbers that sum to 1 along an axis, which may be given as ``dim`` too: `tinygrad_seq.ops.softmax`."""
    return ops.softmax(x, axis if dim is None else dim)


def log_softmax(x: Any, axis: int = -1, *, dim: int | None = None) -> Tensor:
    """The logarithm of `softmax`, without overflow; the axis may be given as ``dim`` too."""
    return ops.log_softmax(x, axis if dim is None else dim)


def cosine_similarity(x1: Any, x2: Any, axis: int = 1, eps: float = 1e-8, *, dim: int | None = None) -> Tensor:
    """`tinygrad_seq.ops.cosine_similarity`: the cosine of the angle between vectors along ``axis``, or ``dim``."""
    return ops.cosine_similarity(x1, x2, axis if dim is None else dim, eps)


def embedding(
    index: Any,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
) -> Tensor:
    """The rows of weight ``(V, D)`` at integers of any shape ``(...)``: ``(..., D)``.

    Args:
        index: integers in 0 ... V-1.
        weight: the table.
        padding_idx: a row that gets no gradient; counted from the end if it is negative.
        max_norm: rows that are read and are longer are first shortened to it, in the table itself. A graph that was
            recorded with the longer ones refuses to go backward.
        norm_type: p of that norm.

    Raises:
        DTypeError: if the indices are not integers.
        OptionError: for an index outside 0 ... V-1, naming it, or a norm that is not above 0.

    >>> import numpy as np, tinygrad_seq as tg
    >>> weight = tg.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    >>> y = tg.nn.functional.embedding(np.array([1, 0, 1]), weight, padding_idx=0)
    >>> y.sum().backward()
    >>> weight.grad.tolist()
    [[0.0, 0.0], [2.0, 2.0]]
    """
    rows = np.array(index)
    if rows.size and rows.dtype.kind not in "iu":
        raise DTypeError(f"embedding: got indices of dtype {rows.dtype}; need integers; use .astype(int)")
    rows = rows.astype(np.intp)
    size = weight.shape[0]
    if rows.size and (rows.min() < 0 or rows.max() >= size):
        wrong = rows[(rows < 0) | (rows >= size)].flat[0]
        raise OptionError(f"embedding: got index {wrong} for {size} rows; need 0 ... {size - 1}")
    padding_idx = padding_row(padding_idx, size)
    check_norm(max_norm, norm_type)
    if max_norm is not None:
        _shorten(weight, np.unique(rows), max_norm, norm_type)
    read: Tensor = getitem(weight, rows)
    if padding_idx is None or not (rows == padding_idx).any():
        return read
    padded: Tensor = where((rows == padding_idx)[..., None], weight._data[padding_idx], read)
    return padded


def padding_row(padding_idx: int | None, size: int) -> int | None:
    """The row of padding, counted from the front."""
    if padding_idx is None:
        return None
    if not isinstance(padding_idx, (int, np.integer)) or not -size <= padding_idx < size:
        raise OptionError(
            f"embedding: got padding_idx={padding_idx} for {size} rows; need an integer in {-size} ... {size - 1}"
        )
    return int(padding_idx) % size


def check_norm(max_norm: float | None, norm_type: float) -> None:
    """Refuse norms that are not above 0."""
    if max_norm is not None and (not max_norm > 0 or not norm_type > 0):
        raise OptionError(f"embedding: got max_norm={max_norm}, norm_type={norm_type}; need numbers above 0")


def _shorten(weight: Tensor, rows: Any, max_norm: float, norm_type: float) -> None:
    """Bring rows of the table down to a norm, if one is longer."""
    lengths = np.linalg.norm(weight._data[rows], ord=norm_type, axis=1)
    long = lengths > max_norm
    if long.any():
        table = weight._data.copy()
        table[rows[long]] *= (max_norm / (lengths[long] + 1e-7))[:, None].astype(table.dtype)
        weight._replace(table)


def dropout(x: Any, p: float = 0.5, training: bool = True) -> Tensor:
    """Zero each element with probability ``p`` and divide the others by 1 - p, in training only.

    Raises:
        OptionError: if p is outside 0 ... 1.
        DTypeError: for integers, which cannot be divided.

    >>> import tinygrad_seq as tg
    >>> tg.seed(0)
    >>> tg.nn.functional.dropout([1.0, 1.0, 1.0, 1.0], p=0.5).tolist()
    [2.0, 0.0, 0.0, 0.0]
    """
    probability("dropout", p=p)
    values: Tensor = x if isinstance(x, Tensor) else Tensor(as_array(x, caller="dropout"))
    if values.dtype.kind != "f":
        raise DTypeError(
            f"dropout: got {values.dtype}; need floating numbers; use .astype(float), or drop after the embedding"
        )
    if not training or p == 0:
        return values
    kept = generator().random(values.shape) >= p
    return values * (kept / (1 - p) if p < 1 else kept).astype(values.dtype)


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
        need = ", ".join(map(str, ("...", *shape)))
        raise ShapeError(f"layer_norm: got input {np.shape(input)} for normalized_shape {shape}; need ({need})")
    axes = tuple(range(-len(shape), 0))
    y = standardize(input, axis=axes, epsilon=eps)
    if weight is not None:
        y = y * weight
    return y if bias is None else y + bias


def batch_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    r""":math:`(x - \mu) / \sqrt{\sigma^2 + \epsilon}\; w + b` for each index of axis 1 (Ioffe and Szegedy 2015).

    Args:
        input: ``(B, C)`` or ``(B, C, ...)``.
        running_mean: ``(C,)``, an array that takes a share of the batch's mean in training, and is used otherwise;
            without it the batch's own is used.
        running_var: likewise, with the unbiased variance.
        weight: w, ``(C,)``, or None.
        bias: b, ``(C,)``, or None.
        training: whether to use the batch's own mean and variance.
        momentum: the share of the batch in the running ones.
        eps: added to the variance.

    Raises:
        ShapeError: for one element a feature, where the batch's own mean is used.

    >>> import numpy as np, tinygrad_seq as tg
    >>> mean, variance = np.zeros(1), np.ones(1)
    >>> y = tg.nn.functional.batch_norm(np.array([[1.0], [3.0]]), mean, variance, training=True, eps=0.0)
    >>> y.tolist(), mean.tolist(), variance.round(3).tolist()
    ([[-1.0], [1.0]], [0.2], [1.1])
    """
    x = input if isinstance(input, Tensor) else Tensor(as_array(input))
    axes, form = (0, *range(2, x.ndim)), (-1,) + (1,) * (x.ndim - 2)
    if training or running_mean is None:
        check_batch("batch_norm", x.shape, x.size // max(1, x.shape[1]))
    if training and running_mean is not None:
        running_mean += momentum * (x._data.mean(axes) - running_mean)
        running_var += momentum * (x._data.var(axes, ddof=1) - running_var)
    if training or running_mean is None:
        y = standardize(x, axis=axes, epsilon=eps)
    else:
        deviation = np.sqrt(np.asarray(running_var) + eps)
        y = (x - np.reshape(running_mean, form)) / deviation.reshape(form).astype(x.dtype)
    if weight is not None:
        y = y * (weight if x.ndim == 2 else weight.reshape(form))
    return y if bias is None else y + (bias if x.ndim == 2 else bias.reshape(form))


def check_batch(caller: str, shape: tuple[int, ...], count: int) -> None:
    """Refuse to standardise a single element, which would be 0 whatever it is."""
    if count < 2:
        raise ShapeError(
            f"{caller}: got x {shape}, {count} for each feature; need two or more for a mean of the batch; use eval()"
        )
