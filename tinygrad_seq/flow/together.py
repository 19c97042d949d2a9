"""What flows back to one value along several edges at once: the norm of the sum of the vectors."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from ..autograd import Node, Tensor
from ..autograd.sweep import sweep
from .norms import norm
from .seeds import seeds

__all__ = ["norms_together"]

K = TypeVar("K", bound=Hashable)


def norms_together(
    output: Tensor | Sequence[Tensor], groups: Mapping[tuple[int, int], K], gradient: Any = None
) -> dict[K, float]:
    r"""Sweep backward once, add up what flows along the edges of each group, and take the norm.

    :math:`\lVert \sum_e g_e \rVert`, which the norms of the :math:`g_e` do not tell.

    Args:
        output: a Tensor, or several, whose gradients are added.
        groups: the group of an edge, which is given as in `GradientNorms.edge`. All edges of a group lead to one
            value.
        gradient: the cotangent of the output, as for `gradient_norms`.

    Raises:
        GraphError: if an output has no history, or a variable was updated since.
        ShapeError: for a cotangent of another shape.

    >>> import numpy as np, tinygrad_seq as tg
    >>> from tinygrad_seq.flow.together import norms_together
    >>> x = tg.tensor([3.0, 4.0], requires_grad=True)
    >>> y = np.sum(x * x)
    >>> square = y.node.parents[0].index
    >>> norms_together(y, {(square, 0): "x", (square, 1): "x"})
    {'x': 10.0}
    """
    sums: dict[K, Any] = {}

    def observe(node: Node, i: int | None, g: Any) -> None:
        if i is None or (node.index, i) not in groups:
            return
        group = groups[node.index, i]
        vector = np.asarray(g() if callable(g) else g)
        sums[group] = sums[group] + vector if group in sums else vector

    with np.errstate(all="ignore"):  # what is not finite is shown, as inf or nan
        sweep(seeds(output, gradient, "norms_together"), observe=observe)
        return {group: norm(vector) for group, vector in sums.items()}
