"""A layer over time from a formula of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from ..autograd import Tensor, get_default_dtype, name
from ..errors import OptionError, ShapeError
from .arguments import positive
from .containers import ModuleDict
from .module import Module
from .recurrences import Recurrence, States, Weights
from .recurrent import options_of
from .unroll import Stack, Unrolled, tensor_of

__all__ = ["Recurrent"]

Step = Callable[[Any, Any], tuple[Any, Any]]
Sizes = int | tuple[int, ...] | Mapping[str, int]


def _tensor(value: Any) -> Tensor:
    return tensor_of("Recurrent", value)


def _still(x: Any, state: Any) -> tuple[Any, Any]:
    """The step of a state that never changes."""
    return x, state


class Formula(Recurrence):
    """A user's step, whose state is passed as one Tensor, a tuple or a dict, as its sizes are."""

    gates = ""
    emits = True

    def __init__(self, step: Step, sizes: Sizes):
        self.formula, self.sizes = step, sizes
        if isinstance(sizes, Mapping):
            self.states = tuple(sizes)
        else:
            self.states = tuple([f"s{k}" for k in range(len(sizes))]) if isinstance(sizes, tuple) else ("h",)

    def widths(self, hidden_size: int) -> tuple[int, ...]:
        """The size of each part of the state."""
        return self.parts(self.sizes, "Recurrent")

    def parts(self, state: Any, caller: str) -> States:
        """What is passed as the sizes are, as a plain tuple.

        Raises:
            ShapeError: if it is passed in another way.
        """
        if isinstance(self.sizes, Mapping) and isinstance(state, Mapping) and set(state) == set(self.sizes):
            return tuple([state[part] for part in self.states])
        if isinstance(self.sizes, tuple) and isinstance(state, (tuple, list)) and len(state) == len(self.sizes):
            return tuple(state)
        if isinstance(self.sizes, (int, np.integer)) and not isinstance(state, (tuple, list, Mapping)):
            return (state,)
        given = f"a dict of {', '.join(state)}" if isinstance(state, Mapping) else f"a {type(state).__name__}"
        raise ShapeError(f"{caller}: got a state that is {given}; need it as in state={self.sizes!r}")

    def packed(self, parts: tuple[Any, ...]) -> Any:
        """A plain tuple, as the sizes are."""
        if isinstance(self.sizes, Mapping):
            return dict(zip(self.states, parts, strict=True))
        return parts if isinstance(self.sizes, tuple) else parts[0]

    def project(self, x: Any, w: Weights) -> tuple[Tensor, ...]:
        """The input itself: nothing is known that could be done for all steps at once."""
        return (_tensor(x),)

    def operands(self, w: Weights, keep: Any) -> Any:
        """The mask."""
        return keep

    def step(self, x: Sequence[Tensor], state: States, operands: Any) -> States:
        """The next state, and then the output."""
        old = tuple(map(_tensor, state[: len(self.states)]))
        given = old if operands is None else (old[0] * operands, *old[1:])
        result = self.formula(x[0], self.packed(given))
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise OptionError(f"Recurrent: step returned a {type(result).__name__}; need a pair (out, state)")
        out, new = result[0], self.parts(result[1], "Recurrent")
        for part, before, after in zip(self.states, old, new, strict=True):
            if np.shape(after) != before.shape or np.asarray(after).dtype != before.dtype:
                raise ShapeError(
                    f"Recurrent: step got the state {part} {before.shape} {before.dtype} and returned "
                    f"{np.shape(after)} {np.asarray(after).dtype}; need one shape and dtype in all steps; "
                    "give hx, or the input, in the dtype of the parameters"
                )
        parts = tuple(map(_tensor, (*new, out)))
        name(**dict(zip(self.states, parts, strict=False)))
        return parts


class Recurrent(Unrolled):
    """Any formula as a layer over time: ``step(x, state) -> (out, state)``, with the options of `RNN`.

    The step is recorded like everything else, so gradients, pictures and transforms need nothing more. What it names by
    `tinygrad_seq.name` is what ``record=True`` returns.

    Args:
        step: the formula, from x ``(B, D)`` and the state to the output ``(B, ...)`` and the next state; a Module
            brings its parameters with it. One for all layers and directions, or a list with one for each, in the
            order l0, l0_reverse, l1, ...
        state: the size of the state, ``5`` for one Tensor ``(B, 5)``; or of its parts, as a tuple or a dict such as
            ``{"h": 5, "c": 5}``. The step takes and returns the state in the same way.
        num_layers: L, stacked.
        batch_first: x and output are ``(B, T, ...)`` in place of ``(T, B, ...)``.
        dropout: the probability with which the output of each layer but the last is dropped in training.
        bidirectional: a second direction runs from the last step to the first; outputs are joined.
        **stack: `recurrent_dropout` (of the first part of the state), `variational`, `zoneout`, `residual`, see
            `Stack`.

    Raises:
        OptionError: for a step that cannot be called, or too few or too many of them, or a state without size.

    >>> import numpy as np, tinygrad_seq as tg
    >>> def leaky(x, h):
    ...     h = 0.9 * h + 0.1 * x
    ...     return h, h
    >>> output, h_n = tg.nn.Recurrent(leaky, state=3)(np.ones((7, 4, 3), "float32"))
    >>> output.shape, h_n.shape
    ((7, 4, 3), (1, 4, 3))
    """

    def __init__(
        self,
        step: Step | Sequence[Step],
        state: Sizes,
        num_layers: int = 1,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        **stack: Unpack[Stack],
    ):
        sizes = tuple(state) if isinstance(state, list) else state
        first = Formula(_still, sizes)
        if not isinstance(sizes, (int, np.integer, tuple, Mapping)) or not first.states:
            raise OptionError(
                f"Recurrent: got state={state!r}; need its size, or those of its parts in a tuple or dict"
            )
        positive("Recurrent", **dict(zip(first.states, first.widths(0), strict=True)))
        super().__init__(first, num_layers, batch_first, dropout, bidirectional, **stack)
        places = self._places()
        steps = [step] * len(places) if callable(step) else list(step if isinstance(step, (list, tuple)) else [step])
        if len(steps) != len(places) or not all(map(callable, steps)):
            given = f"{len(steps)} steps" if all(map(callable, steps)) else f"step={step!r}"
            raise OptionError(
                f"Recurrent: got {given}; need one function for all, or {len(places)}: {', '.join(places)}"
            )
        self._formula = first
        if callable(step):
            self.step = step
        else:
            named = list(zip(places, steps, strict=True))
            self._functions = {place: one for place, one in named if not isinstance(one, Module)}
            self.steps = ModuleDict({place: one for place, one in named if isinstance(one, Module)})

    def extra_repr(self) -> str:
        """The sizes of the state, and the options that are not the default."""
        return ", ".join(f"{k}={v}" for k, v in {"state": self._formula.sizes, **options_of(self)}.items())

    def _cell(self, place: str) -> Formula:
        """What the step of a layer and direction is now: a module may have been put in its place."""
        if "step" in vars(self):
            return Formula(self.step, self._formula.sizes)
        return Formula(self._functions[place] if place in self._functions else self.steps[place], self._formula.sizes)

    def _dtype(self, x: Tensor) -> Any:
        return x.dtype if x.dtype.kind == "f" else get_default_dtype()

    def forward(self, x: Any, hx: Any = None, lengths: Any = None, record: bool = False) -> tuple[Any, ...]:
        """Output ``(T, B, ...)`` and the last state, each part ``(L * directions, B, n)``, passed as ``state`` is.

        Args:
            x: ``(T, B, D)``, ``(B, T, D)`` with batch_first, or ``(T, D)`` without a batch.
            hx: the first state, in the structure and shape of the last; zeros by default.
            lengths: how many steps of each row count, see `RNN.forward`.
            record: also return what the step names, and the state, by layer and direction.

        Raises:
            ShapeError: for any other shape of x, hx or lengths, and if the step changes the state's shape or dtype.
            OptionError: if the step does not return a pair, or for a length outside 0 ... T.
            DTypeError: for lengths that are no integers.
        """
        output, states, recording = self._run(x, hx, lengths, record)
        last = self._formula.packed(states)
        return (output, last, recording) if record else (output, last)
