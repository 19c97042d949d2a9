"""Layers without a time axis: Linear, Embedding, Dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor, get_default_dtype
from ..errors import OptionError
from ..random import generator
from . import functional
from .init import bound
from .module import Module, Parameter

__all__ = ["Dropout", "Embedding", "Linear"]


def positive(caller: str, **sizes: Any) -> None:
    """Refuse sizes that are not positive integers."""
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
            raise OptionError(f"{caller}: got {name}={size!r}; need an integer of at least 1")


def uniform(k: float, *shape: int) -> Parameter:
    """A Parameter of the default dtype, drawn from the uniform distribution on [-k, k)."""
    return Parameter(generator().uniform(-k, k, shape).astype(get_default_dtype()))


class Linear(Module):
    r"""An affine map: :math:`y = x W^\top + b`.

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
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        positive("Linear", in_features=in_features, out_features=out_features)
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

    Attributes:
        weight: ``(V, D)``, at first standard normal.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.Embedding(10, 4)(np.array([[1, 2, 3]])).shape
    (1, 3, 4)
    """

    def __init__(self, num_embeddings: int, embedding_dim: int):
        positive("Embedding", num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        normal = generator().standard_normal((num_embeddings, embedding_dim))
        self.weight = Parameter(normal.astype(get_default_dtype()))

    def forward(self, index: Any) -> Tensor:
        """Look up integers ``(...)``: ``(..., D)``."""
        return functional.embedding(index, self.weight)

    def extra_repr(self) -> str:
        """The sizes."""
        return f"{self.num_embeddings}, {self.embedding_dim}"


class Dropout(Module):
    """In training, zero each element with probability p and divide the others by 1 - p (Srivastava 2014)."""

    def __init__(self, p: float = 0.5):
        if not 0 <= p <= 1:
            raise OptionError(f"Dropout: got p={p}; need a probability in 0 ... 1")
        self.p = p

    def forward(self, x: Any) -> Any:
        """Drop elements of x, of any shape."""
        return functional.dropout(x, self.p, self.training)

    def extra_repr(self) -> str:
        """The probability."""
        return f"p={self.p}"
