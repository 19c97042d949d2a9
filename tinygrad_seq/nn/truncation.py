"""Backpropagation through time over a long sequence, cut to windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ..autograd import Tensor
from ..errors import OptionError, ShapeError
from ..func.structure import map_structure
from ..ops import concatenate
from ..ops.index import along, getitem

__all__ = ["Truncation", "Window", "tbptt"]


class Window(NamedTuple):
    """What one update sees.

    Attributes:
        output: of the new steps alone, ``(k1, B, ...)``; what the loss is computed of.
        state: after them, without history: where the next sequence, or the next part of a stream, begins.
        steps: which steps of the sequence are new, as a slice: ``targets[window.steps]``.
        start: the step down to which gradients flow.
    """

    output: Tensor
    state: Any
    steps: slice
    start: int


class Truncation:
    """Takes a layer over a sequence in windows; made by `tbptt`.

    Attributes:
        k1: how many steps lie between updates.
        k2: how many steps gradients flow back.
        axis: the axis of time.
    """

    def __init__(self, k1: int, k2: int, axis: int):
        self.k1, self.k2, self.axis = k1, k2, axis

    def __repr__(self) -> str:
        return f"tbptt(k1={self.k1}, k2={self.k2}{f', axis={self.axis}' if self.axis else ''})"

    def __call__(self, layer: Callable[..., Any], x: Any, state: Any = None) -> Iterator[Window]:
        """Run ``layer(x, state) -> (output, state)`` over x, one window after the other.

        The next window is computed when it is asked for, with the parameters that the layer then has.

        Args:
            layer: a recurrent layer, or any function that is called in that way.
            x: ``(T, B, D)``, or with ``axis=1`` ``(B, T, D)``; the last window may be shorter, and starts where a
                whole one would.
            state: before the first step; its history is cut off. None leaves it to the layer.

        Raises:
            ShapeError: if x has no time step.
            OptionError: if the layer does not return an output and a state.
        """
        shape = np.shape(x)
        if len(shape) <= self.axis or not shape[self.axis]:
            raise ShapeError(f"tbptt: got x {shape}; need at least one step along axis {self.axis}")
        return self._windows(layer, x, state, shape[self.axis])

    def _windows(self, layer: Callable[..., Any], x: Any, state: Any, length: int) -> Iterator[Window]:
        start, state = 0, _detached(state)
        for new in range(0, length, self.k1):
            end = min(new + self.k1, length)
            following = max(new + 2 * self.k1 - self.k2, 0)  # where the next window starts
            # Where the next window starts the layer stops for a moment, so that the state there is at hand.
            cuts = sorted({start, min(max(following, start), end), new, end})
            outputs, inner, kept = [], state, state
            for first, last in pairwise(cuts):
                output, inner = _ran(layer, getitem(x, along(self.axis, slice(first, last))), inner)
                if first >= new:
                    outputs.append(output)
                if last == following:
                    kept = _detached(inner)
            whole = outputs[0] if len(outputs) == 1 else concatenate(outputs, axis=self.axis)
            yield Window(whole, _detached(inner), slice(new, end), start)
            start, state = following, kept


def tbptt(k1: int, k2: int | None = None, *, axis: int = 0) -> Truncation:
    r"""Truncated backpropagation through time: an update every k1 steps, gradients over k2 steps.

    It is BPTT(h; h') of Williams and Peng (1990, section 4) with h = k2 and h' = k1: after every k1 steps the loss of
    these steps is differentiated by the weights as they were used in the last k2 steps; the state before them
    counts as a constant. So of the exact gradient :math:`\sum_t \sum_{s \le t} \partial L_t / \partial w_s`, with
    :math:`w_s` the use of a weight at step s, it keeps the terms with s in the window of t and drops the others.

    With k1 = k2 windows do not overlap, and every step is computed once; with k2 above k1 the k2 - k1 steps before the
    new ones are computed again, with the weights as they are now.

    Args:
        k1: steps between updates.
        k2: steps back, at least k1; by default k1.
        axis: the axis of time, 1 for ``batch_first`` layers.

    Returns:
        A `Truncation`: called with a layer and a sequence it gives one `Window` for each update.

    Raises:
        OptionError: for numbers that are no such steps.

    >>> import numpy as np, tinygrad_seq as tg
    >>> lstm, head = tg.nn.LSTM(2, 3), tg.nn.Linear(3, 1)
    >>> sgd = tg.optim.SGD([*lstm.parameters(), *head.parameters()], lr=0.1)
    >>> x, y = np.ones((12, 4, 2), "float32"), np.zeros((12, 4, 1), "float32")
    >>> for window in tg.nn.tbptt(5)(lstm, x):
    ...     loss = tg.nn.functional.mse_loss(head(window.output), y[window.steps])
    ...     sgd.zero_grad()
    ...     loss.backward()
    ...     sgd.step()
    ...     print(window.steps, window.output.shape)
    slice(0, 5, None) (5, 4, 3)
    slice(5, 10, None) (5, 4, 3)
    slice(10, 12, None) (2, 4, 3)

    A stream that goes on is taken up where it was left: ``tbptt(5)(lstm, more, window.state)``.
    """
    k2 = k1 if k2 is None else k2
    for name, value in (("k1", k1), ("k2", k2), ("axis", axis)):
        least = 0 if name == "axis" else 1
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            raise OptionError(f"tbptt: got {name}={value!r}; need an integer of at least {least}")
    if k2 < k1:
        raise OptionError(
            f"tbptt: got k1={k1} and k2={k2}; need k2 >= k1, as otherwise the loss of some steps has no gradient"
        )
    return Truncation(int(k1), int(k2), int(axis))


def _ran(layer: Callable[..., Any], x: Tensor, state: Any) -> tuple[Tensor, Any]:
    result = layer(x) if state is None else layer(x, state)
    if not isinstance(result, tuple) or len(result) != 2 or not isinstance(result[0], Tensor):
        raise OptionError(f"tbptt: the layer returned a {type(result).__name__}; need a pair (output Tensor, state)")
    return result[0], result[1]


def _detached(state: Any) -> Any:
    """The state without its history."""
    return map_structure(lambda part: part.detach() if isinstance(part, Tensor) else part, state)
