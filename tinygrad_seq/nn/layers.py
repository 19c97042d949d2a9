"""Layers without a time axis: Linear, Embedding, Dropout, Identity, Flatten."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..autograd import Tensor, get_default_dtype
from ..autograd.tensor import as_array
from ..errors import ShapeError, UnsupportedError
from ..ops import reshape
from ..random import generator
from . import functional
from .arguments import flags, positive, probability
from .init import bound
from .module import Module, Parameter

__all__ = ["Dropout", "Embedding", "Flatten", "Identity", "Linear"]


def uniform(k: float, *shape: int) -> Parameter:
    """A Parameter of the default dtype, drawn from the uniform distribution on [-k, k)."""
    return Parameter(generator().uniform(-k, k, shape).astype(get_default_dtype()))


class Linear(Module):
    r"""An affine map: :math:`y = x W^\top + b`; a head, or with a sigmoid or softmax behind it one of probabilities.

    Args:
        in_features: D, the size of the last axis of the input ``(..., D)``.
        out_features: H, that of the output ``(..., H)``.
        bias: add b.

    Attributes:
        weight: W, ``(H, D)``, at first uniform on :math:`\pm 1/\sqrt{D}`.
        bias: b, ``(H,)``, likewise, or None.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.Linear(3, 2)(np.ones((5, 4, 3), "float32")).shape
    (5, 4, 2)
    >>> yes = tg.nn.Sequential(tg.nn.Linear(3, 1), tg.nn.Sigmoid())  # train it before the sigmoid, with logits
    >>> which = tg.nn.Sequential(tg.nn.Linear(3, 9), tg.nn.Softmax(dim=-1))  # likewise, with cross_entropy
    >>> round(which(np.ones((5, 4, 3), "float32"))[0, 0].sum().item(), 5)
    1.0
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        positive("Linear", in_features=in_features, out_features=out_features)
        flags("Linear", bias=bias)
        self.in_features, self.out_features = in_features, out_features
        k = bound(in_features)
        self.weight = uniform(k, out_features, in_features)
        self.bias = uniform(k, out_features) if bias else None

    def forward(self, x: Any) -> Tensor:
        """Map x ``(..., D)`` to ``(..., H)``."""
        return functional.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return f"{self.in_features}, {self.out_features}, bias={self.bias is not None}"


class Embedding(Module):
    """A table of V vectors of size D, read by integers.

    Args:
        num_embeddings: V.
        embedding_dim: D.
        padding_idx: a row that is 0 at first and never gets a gradient: that of padding.
        max_norm: rows that are read, and whose norm is larger, are first shortened to it, in the table itself.
        norm_type: p of that norm.
        scale_grad_by_freq: only False: a gradient here is the derivative; scale it in a hook on ``weight``.
        sparse: only False: gradients are arrays.

    Attributes:
        weight: ``(V, D)``, at first standard normal.

    Raises:
        OptionError: for sizes or norms that are not positive, or a padding_idx outside of the table.
        UnsupportedError: for the options that can only be False.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.Embedding(10, 4, padding_idx=0)(np.array([[1, 2, 0]])).shape
    (1, 3, 4)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ):
        positive("Embedding", num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        if scale_grad_by_freq or sparse:
            name = "sparse" if sparse else "scale_grad_by_freq"
            raise UnsupportedError(
                f"Embedding: got {name}=True; need False: gradients are whole arrays of derivatives; "
                f"use weight.register_hook to scale them"
            )
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = functional.padding_row(padding_idx, num_embeddings)
        functional.check_norm(max_norm, norm_type)
        self.max_norm, self.norm_type = max_norm, norm_type
        normal = generator().standard_normal((num_embeddings, embedding_dim)).astype(get_default_dtype())
        if self.padding_idx is not None:
            normal[self.padding_idx] = 0
        self.weight = Parameter(normal)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """A layer with the table ``(V, D)`` given, all of it as it is.

        Args:
            embeddings: ``(V, D)``.
            freeze: keep it from being trained.
            padding_idx: as of the layer, as are the others.
            max_norm: see there.
            norm_type: see there.
            scale_grad_by_freq: see there.
            sparse: see there.

        Raises:
            ShapeError: if the table has not two axes.

        >>> import numpy as np, tinygrad_seq as tg
        >>> tg.nn.Embedding.from_pretrained(np.array([[1.0, 2.0], [3.0, 4.0]]))(np.array([1])).tolist()
        [[3.0, 4.0]]
        """
        table = as_array(embeddings)
        if table.ndim != 2:
            raise ShapeError(f"Embedding: got a table {table.shape}; need (V, D)")
        layer = cls(table.shape[0], table.shape[1], padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
        layer.weight = Parameter(table, requires_grad=not freeze)
        return layer

    def forward(self, index: Any) -> Tensor:
        """Look up integers ``(...)``: ``(..., D)``."""
        return functional.embedding(index, self.weight, self.padding_idx, self.max_norm, self.norm_type)

    def extra_repr(self) -> str:
        """The sizes, and options that are in use."""
        options = {"padding_idx": self.padding_idx, "max_norm": self.max_norm}
        shown = [f"{name}={value}" for name, value in options.items() if value is not None]
        return ", ".join([f"{self.num_embeddings}, {self.embedding_dim}", *shown])


class Dropout(Module):
    """In training, zero each element with probability p and divide the others by 1 - p (Srivastava 2014)."""

    def __init__(self, p: float = 0.5):
        probability("Dropout", p=p)
        self.p = p

    def forward(self, x: Any) -> Tensor:
        """Drop elements of x, of any shape."""
        return functional.dropout(x, self.p, self.training)

    def extra_repr(self) -> str:
        """The probability."""
        return f"p={self.p}"


class Identity(Module):
    """What it is given: a layer to put where there is to be none. All arguments are ignored."""

    def __init__(self, *args: Any, **kwargs: Any):
        pass

    def forward(self, x: Any) -> Any:
        """Return x."""
        return x


class Flatten(Module):
    """Axes ``start_dim`` to ``end_dim`` as one.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.Flatten()(np.zeros((2, 3, 4, 5))).shape
    (2, 60)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Any) -> Tensor:
        """Join axes of x."""
        shape = np.shape(x)
        start, end = (dim + len(shape) if dim < 0 else dim for dim in (self.start_dim, self.end_dim))
        if not 0 <= start <= end < len(shape):
            raise ShapeError(f"Flatten: got x {shape}; need axes {self.start_dim} to {self.end_dim}, in this order")
        return reshape(x, (*shape[:start], int(np.prod(shape[start : end + 1])), *shape[end + 1 :]))

    def extra_repr(self) -> str:
        """The axes."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
