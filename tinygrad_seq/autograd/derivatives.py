"""Gradients of outputs with respect to chosen inputs, without touching anybody's ``.grad``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError, GraphError, ShapeError
from .sweep import sweep
from .tensor import Tensor, cotangent

__all__ = ["grad"]


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    create_graph: bool = False,
    allow_unused: bool = False,
    *,
    retain_graph: bool | None = None,
) -> tuple[Tensor | None, ...]:
    """The sum over outputs of the gradient with respect to each input.

    Args:
        outputs: one Tensor or several.
        inputs: one Tensor or several, leaves or results.
        grad_outputs: a cotangent for each output; optional only for outputs of one element, where it is 1.
        create_graph: record the sweep, so that the result can be differentiated again.
        allow_unused: return None for an input that no output depends on, in place of an error.
        retain_graph: PyTorch's, without effect: a graph stays as long as something refers to it.

    Returns:
        A tuple with a Tensor of each input's shape.

    Raises:
        GraphError: if an output needs no gradient, or an input is unused.
        ShapeError: for a cotangent that is missing or of another shape.

    >>> import tinygrad_seq as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> (dy,) = tg.autograd.grad(x**3, x, create_graph=True)
    >>> tg.autograd.grad(dy, x)
    (tensor(18., dtype=float32),)
    """
    out, wrt = _several(outputs), _several(inputs)
    grad_outputs = [None] * len(out) if grad_outputs is None else _several(grad_outputs)
    if len(grad_outputs) != len(out):
        raise ShapeError(f"grad: got {len(grad_outputs)} grad_outputs for {len(out)} outputs; need one each")
    for k, x in enumerate(wrt):
        if not isinstance(x, Tensor):
            raise DTypeError(f"grad: got {type(x).__name__} as input {k}; need a Tensor with requires_grad=True")
        if x.node is None:
            raise GraphError(f"grad: input {k}, of shape {x.shape}, has requires_grad=False; need True")
    cotangents = [cotangent(o, g, create_graph, "grad") for o, g in zip(out, grad_outputs, strict=True)]
    seeds = [(o.node, g) for o, g in zip(out, cotangents, strict=True)]
    found = sweep(seeds, {x.node for x in wrt if x.node}, record=create_graph)
    for k, x in enumerate(wrt):
        if x.node not in found and not allow_unused:
            raise GraphError(
                f"grad: no output depends on input {k}, of shape {x.shape}; "
                f"check the graph, or use allow_unused=True to get None"
            )
    return tuple(_as_tensor(found.get(x.node)) for x in wrt)


def _several(given: Any) -> list[Any]:
    """One or several, as a list."""
    one = isinstance(given, (Tensor, np.ndarray)) or not isinstance(given, Iterable)
    return [given] if one else list(given)


def _as_tensor(g: Any) -> Tensor | None:
    return g if g is None or isinstance(g, Tensor) else Tensor(np.asarray(g))
