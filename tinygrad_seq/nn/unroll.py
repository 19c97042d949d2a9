"""A recurrence over time: layers, directions, lengths, dropout, and a look inside.

A layer projects all steps of its input at once, then takes one step after the other, each under its own label, so that
every node of the unrolled graph knows its layer and its time step.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import Any, TypedDict

import numpy as np

from ..autograd import Tensor, name, scope, time_steps
from ..autograd.collector import paused
from ..autograd.tensor import NOTES, as_array
from ..errors import OptionError, ShapeError
from ..ops import concatenate, stack, swapaxes, where
from ..ops.index import read
from ..pytorch import without
from ..random import generator
from . import functional
from .arguments import flags, positive, probability, row_lengths
from .module import Module
from .recurrences import Recurrence, States, Weights

__all__ = ["Recording", "Stack", "Unrolled"]

Recording = dict[str, dict[str, Tensor]]
"""Every h_t, c_t and gate by place ("l0", "l0_reverse", ...) and name, each ``(T, B, H)``."""


class Stack(TypedDict, total=False):
    r"""The options that every layer over time has.

    Attributes:
        recurrent_dropout: in training, the probability p with which an element of h is dropped before it enters a
            matmul, :math:`W_{h\cdot} (m \odot h_{t-1}) / (1 - p)`, with one mask m for all steps (Gal and
            Ghahramani 2016).
        variational: the dropout between layers, :math:`m \odot x_t / (1 - p)`, has one mask m for all steps as well,
            in place of one for each (Gal and Ghahramani 2016).
        zoneout: in training, the probability p with which an element of the state keeps its value, for all parts of
            the state or one for each: :math:`h_t = d_t \odot h_{t-1} + (1 - d_t) \odot \tilde h_t` with
            :math:`\tilde h_t` the new state and :math:`d_t` 1 with probability p; in evaluation :math:`d_t = p`, the
            expectation (Krueger et al. 2017).
        residual: a layer's input is added to its output, :math:`y_t = x_t + h_t`, where both have one width (Kim,
            El-Khamy and Lee 2017).
    """

    recurrent_dropout: float
    variational: bool
    zoneout: float | tuple[float, ...]
    residual: bool


class Unrolled(Module):
    """What all layers over time share; a subclass brings the recurrence."""

    def __init__(
        self,
        recurrence: Recurrence,
        num_layers: int,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        *,
        recurrent_dropout: float = 0.0,
        variational: bool = False,
        zoneout: float | tuple[float, ...] = 0.0,
        residual: bool = False,
        **unknown: Any,
    ):
        caller = type(self).__name__
        for option in unknown:
            raise without(caller, option, [*signature(type(self).__init__).parameters, *Stack.__annotations__])
        positive(caller, num_layers=num_layers)
        flags(caller, bidirectional=bidirectional)
        self.num_layers, self.batch_first, self.bidirectional = num_layers, batch_first, bidirectional
        self.dropout, self.recurrent_dropout, self.variational = dropout, recurrent_dropout, variational
        self.zoneout, self.residual = zoneout, residual
        self._recurrence = recurrence
        self._directions = ("", "_reverse") if bidirectional else ("",)
        if not self._zoneouts():
            self.zoneout = 0.0
        self._fixed = ("num_layers", "bidirectional")

    def _zoneouts(self) -> tuple[float, ...]:
        """Zoneout of each part of the state, or nothing, after a look at all options that may be set at any time."""
        caller, zoneout, states = type(self).__name__, self.zoneout, self._recurrence.states
        flags(caller, batch_first=self.batch_first, variational=self.variational, residual=self.residual)
        probability(caller, dropout=self.dropout, recurrent_dropout=self.recurrent_dropout)
        zoneouts = tuple(zoneout) if isinstance(zoneout, (tuple, list)) else (zoneout,) * len(states)
        if len(zoneouts) != len(states):
            need = f"one number, or one for each of {', '.join(states)}"
            raise OptionError(f"{caller}: got zoneout={zoneout}; need {need}")
        for p in zoneouts:
            probability(caller, zoneout=p)
        return zoneouts if any(zoneouts) else ()

    def _places(self) -> list[str]:
        return [f"l{layer}{way}" for layer in range(self.num_layers) for way in self._directions]

    def _cell(self, place: str) -> Recurrence:
        """The recurrence of a layer and direction."""
        return self._recurrence

    def _weights(self, place: str) -> Weights:
        """Its parameters, without the place in their names."""
        return {}

    def _features(self) -> int | None:
        """What the size of the input must be, if that is known."""
        return None

    def _width(self) -> int:
        """H."""
        return 0

    def _dtype(self, x: Tensor) -> Any:
        """The dtype of a first state of zeros."""
        raise NotImplementedError

    def _run(self, x: Any, hx: Any, lengths: Any, record: bool) -> tuple[Tensor, tuple[Tensor, ...], Recording]:
        """Check everything, run all layers, and stack the last states of all layers and directions."""
        caller, zoneouts = type(self).__name__, self._zoneouts()
        x = tensor_of(caller, x)
        time_axis, shape = (1 if self.batch_first and x.ndim == 3 else 0), x.shape
        self._check(shape, time_axis)
        rows = None if lengths is None else _rows(caller, lengths, shape, time_axis)
        hx = self._first(x, () if len(shape) == 2 else (shape[1 - time_axis],), hx)
        if time_axis:
            x = swapaxes(x, 0, 1)
        live = None if rows is None else np.arange(len(x))[:, None] < rows
        if rows is not None:
            x = _apart(x, live, _example(x, rows))
        last: list[States] = []
        recording: Recording = {}
        for layer in range(self.num_layers):
            if layer and self.dropout and self.variational and self.training:
                x = x * _mask(self.dropout, (1, *x.shape[1:]), x.dtype)
            elif layer and self.dropout:
                x = functional.dropout(x, self.dropout, self.training)
            outputs = []
            for way in self._directions:
                first = tuple([part[len(last)] for part in hx])
                y, final, notes = self._unroll(x, first, f"l{layer}{way}", rows, zoneouts, record)
                outputs.append(y)
                last.append(final)
                if record:
                    notes = notes if live is None else {k: _apart(v, live, 0) for k, v in notes.items()}
                    recording[f"l{layer}{way}"] = {k: swapaxes(v, 0, 1) if time_axis else v for k, v in notes.items()}
            y = outputs[0] if len(outputs) == 1 else concatenate(outputs, axis=-1)
            x = x + y if self.residual and x.shape == y.shape else y
            if rows is not None:
                x = _apart(x, live, _example(x, rows) if layer < self.num_layers - 1 else 0)
        states = tuple([stack(parts) for parts in zip(*last, strict=True)])
        return (swapaxes(x, 0, 1) if time_axis else x), states, recording

    def _unroll(
        self, x: Any, state: States, place: str, rows: Any, zoneouts: tuple[float, ...], record: bool
    ) -> tuple[Tensor, States, dict[str, Tensor]]:
        """One layer in one direction: outputs ``(T, B, H)`` in time order, the last state, and what was named."""
        cell, w = self._cell(place), self._weights(place)
        T = len(x)
        longest, shortest = (T, T) if rows is None else (int(rows.max(initial=1)), int(rows.min(initial=T)))
        outputs: list[Any] = [None] * longest
        notes: list[dict[str, Tensor]] = [{} for _ in range(longest)] if record else []
        blank = np.zeros(state[0].shape, state[0].dtype)
        with scope(place), paused:
            inputs = cell.project(x, w)
            keep = self.training and self.recurrent_dropout
            operands = cell.operands(w, _mask(self.recurrent_dropout, blank.shape, blank.dtype) if keep else None)
            outer = NOTES.set(None)
            try:
                for t in time_steps(range(longest - 1, -1, -1) if place.endswith("_reverse") else range(longest)):
                    if record:
                        NOTES.set(notes[t])
                    new = cell.step([read(part, t)[0] for part in inputs], state, operands)
                    if zoneouts:
                        new = _held(cell, new, state, partial(self._zone, zoneouts))
                    if t >= shortest:
                        new = _held(cell, new, state, partial(_live, (t < rows)[:, None]))
                    outputs[t] = new[-1] if cell.emits else new[0]
                    state = new
            finally:
                NOTES.reset(outer)
            everywhere = set.intersection(*map(set, notes)) if notes else set()
            named = {role: [note[role] for note in notes] for role in notes[0] if role in everywhere} if notes else {}
            whole = {role: _stacked(values, T) for role, values in named.items()}
            return _stacked(outputs, T), state[: len(cell.states)], whole

    def _zone(self, zoneouts: tuple[float, ...], k: int, new: Any, old: Any) -> Any:
        """Zoneout of part k of the state."""
        p = zoneouts[k]
        if not p:
            return new
        return where(generator().random(new.shape) < p, old, new) if self.training else new + p * (old - new)

    def _check(self, shape: tuple[int, ...], time_axis: int) -> None:
        caller, size = type(self).__name__, self._features()
        if len(shape) not in (2, 3) or size not in (None, shape[-1]):
            D = "D" if size is None else size
            batched = f"(B, T, {D})" if self.batch_first else f"(T, B, {D})"
            raise ShapeError(f"{caller}: got x {shape}; need {batched}, or (T, {D}) without a batch")
        if shape[time_axis] == 0:
            raise ShapeError(f"{caller}: got x {shape}, which has no time step; need at least one")

    def _first(self, x: Tensor, batch: tuple[int, ...], hx: Any) -> States:
        """The first state, checked, or zeros."""
        caller, rows = type(self).__name__, self.num_layers * len(self._directions)
        names, widths = self._recurrence.states, self._recurrence.widths(self._width())
        if hx is None:
            return tuple([np.zeros((rows, *batch, width), self._dtype(x)) for width in widths])
        parts = [tensor_of(f"{caller}, initial state", h) for h in self._recurrence.parts(hx, caller)]
        for part, width, h in zip(names, widths, parts, strict=True):
            if h.shape != (rows, *batch, width):
                axes = f"(layers * directions, {'B, ' if batch else ''}size of {part})"
                raise ShapeError(
                    f"{caller}: got {part}_0 {h.shape} for x {x.shape}; need {(rows, *batch, width)}, which is {axes}"
                )
        return tuple([h if h.dtype.kind == "f" else h.astype(self._dtype(x)) for h in parts])


def tensor_of(caller: str, x: Any) -> Tensor:
    """A Tensor as it is; anything else as a constant, whose errors name the caller."""
    return x if isinstance(x, Tensor) else Tensor(as_array(x, caller=caller))


def _rows(caller: str, lengths: Any, shape: tuple[int, ...], time_axis: int) -> Any:
    """The lengths as integers ``(B,)``, checked against the shape of the input; None if there is no padding."""
    if len(shape) == 2:
        raise ShapeError(f"{caller}: got lengths for x {shape}, which has no batch; cut x[:length] instead")
    rows = row_lengths(caller, lengths, shape[1 - time_axis], shape[time_axis], f"x {shape}")
    return rows if (rows < shape[time_axis]).any() else None


def _mask(p: float, shape: tuple[int, ...], dtype: Any) -> Any:
    """What dropout multiplies with: 0 with probability p, otherwise 1 / (1 - p)."""
    kept = generator().random(shape) >= p
    return (kept / (1 - p) if p < 1 else kept).astype(dtype)


def _held(cell: Recurrence, new: States, old: States, choose: Callable[[int, Any, Any], Any]) -> States:
    """The state, each part chosen between the new one and the old one; it takes over the name."""
    parts = []
    for k, (a, b) in enumerate(zip(new[: len(cell.states)], old, strict=False)):
        if a.node is not None:
            a.node.name = None
        parts.append(choose(k, a, b))
    name(**dict(zip(cell.states, parts, strict=True)))
    # An output that is a part of the state is so after it was chosen, too.
    chosen = {id(a): part for a, part in zip(new, parts, strict=False)}
    return (*parts, *[chosen.get(id(out), out) for out in new[len(parts) :]])


def _live(rows: Any, k: int, new: Any, old: Any) -> Any:
    """The new values of the rows that have not ended."""
    return where(rows, new, old)


def _stacked(values: list[Tensor], T: int) -> Tensor:
    """The steps ``(T, B, ...)``; zero after the longest row."""
    whole, rest = stack(values), T - len(values)
    return concatenate([whole, np.zeros((rest, *whole.shape[1:]), whole.dtype)]) if rest else whole


def _apart(x: Any, live: Any, other: Any) -> Tensor:
    """Values ``(T, B, ...)`` with something else for the padding: what stands there, NaN too, and its gradient."""
    return where(live.reshape(live.shape + (1,) * (x.ndim - 2)), x, other)


def _example(x: Tensor, rows: Any) -> Any:
    """What a step can take in place of the padding: the first step of the row, or of the longest if it has none.

    A step that is undefined at 0, such as a logarithm, would give its weights a gradient 0 * inf.
    """
    return x.numpy()[0][np.where(rows > 0, np.arange(len(rows)), rows.argmax())] if rows.any() else 0
