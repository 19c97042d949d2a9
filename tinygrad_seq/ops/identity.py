"""Operations that change no value: another place in the graph, and the end of it."""

from __future__ import annotations

from typing import Any

from ..autograd import Tensor, differentiable
from ..autograd.tensor import as_array

__all__ = ["alias", "stop_gradient"]


@differentiable(lambda g: g, kind="linear")
def alias(x: Any) -> Any:
    """The same value as another node: a point at which a derivative can be taken without what lies below it."""
    return x


def stop_gradient(x: Any) -> Tensor:
    """The same value as a constant, through which no gradient flows."""
    return x.detach() if isinstance(x, Tensor) else Tensor(as_array(x))
