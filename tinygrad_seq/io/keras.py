"""Weights from and to Keras: the lists of arrays that ``layer.get_weights()`` returns and ``set_weights`` takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..autograd.tensor import Array
from ..errors import ShapeError, UnsupportedError
from ..nn import BatchNorm1d, Embedding, LayerNorm, Linear, Module
from ..nn.cells import _Cell
from ..nn.recurrent import _Recurrent
from .beyond import refuse_beyond
from .conventions import chosen, expected, own_convention, packed, unpacked

__all__ = ["from_keras", "to_keras"]

KNOWN = {"nonlinearity", "reset", "update"}
"""The options of recurrent layers that Keras has, or that weights can say."""


class Part(NamedTuple):
    """What belongs together in both lists: the arrays of a Dense layer, or of one direction of a recurrent one."""

    path: str
    expected: list[tuple[int, ...]]
    give: Callable[[], Sequence[Array]]
    take: Callable[[Sequence[Any]], dict[str, Array]]


def from_keras(module: Module, weights: Sequence[Any]) -> dict[str, Array]:
    """The state_dict for what a Keras layer or model holds; ``module.load_state_dict`` takes it.

    Gates are brought into the order here, kernels are transposed. Keras has one bias where PyTorch has two, but for
    a GRU with ``reset_after=True``: it becomes bias_ih, and bias_hh is zero.

    Args:
        module: what shall have the weights: RNN (Keras's SimpleRNN), LSTM, GRU, their cells, Linear (Dense), Embedding,
            LayerNorm, BatchNorm1d, or a module made of them in the order of the Keras model; it is not changed. A
            recurrent module of several layers stands for as many Keras layers, a bidirectional one for
            ``Bidirectional(...)`` with ``merge_mode="concat"``. Keras's ``GRU(reset_after=False)`` is
            ``GRU(reset="before")`` here.
        weights: what ``get_weights()`` returned.

    Raises:
        ShapeError: for too few or too many arrays, or one of another shape, naming all that are expected.
        DTypeError: for arrays that are no numbers.
        UnsupportedError: for a module that Keras does not have.

    >>> import numpy as np, tinygrad_seq as tg
    >>> weights = [np.ones((3, 15)), np.ones((5, 15)), np.ones((2, 15))]  # keras.layers.GRU(5).get_weights()
    >>> gru = tg.nn.GRU(3, 5)
    >>> gru.load_state_dict(tg.io.from_keras(gru, weights))
    Loaded(missing_keys=[], unexpected_keys=[])
    """
    parts = list(_parts("from_keras", module, ""))
    arrays = [np.asarray(array) for array in weights]
    _check(parts, arrays)
    state: dict[str, Array] = {}
    start = 0
    for part in parts:
        stop = start + len(part.expected)
        found = part.take(arrays[start:stop])
        state |= {f"{part.path}.{name}" if part.path else name: array for name, array in found.items()}
        start = stop
    return state


def to_keras(module: Module) -> list[Array]:
    """The arrays that ``set_weights`` of the same Keras layer or model takes, in its order.

    Both biases are added where Keras has one. Options of training are those that the Keras layer was built with.

    Args:
        module: as in `from_keras`.

    Raises:
        UnsupportedError: for a module that Keras does not have, or with an option that it does not have, such as
            zoneout, residual, ablate or peepholes.

    >>> import tinygrad_seq as tg
    >>> [array.shape for array in tg.io.to_keras(tg.nn.LSTM(3, 5, num_layers=2))]
    [(3, 20), (5, 20), (20,), (5, 20), (5, 20), (20,)]
    """
    for path, layer in module.named_modules():
        refuse_beyond("to_keras", "Keras", layer, path, KNOWN)
    return [array for part in _parts("to_keras", module, "") for array in part.give()]


def _parts(caller: str, module: Module, path: str) -> Iterator[Part]:
    """The parts of a module in the order of definition."""
    if isinstance(module, (_Recurrent, _Cell)):
        for place in ["l0"] if isinstance(module, _Cell) else module._places():
            own = own_convention(caller, module, place)
            theirs = chosen(caller, own, "keras", {})
            yield Part(
                path,
                expected(module, own, theirs, place),
                partial(packed, caller, module, own, theirs, place),
                partial(unpacked, caller, module, own=own, theirs=theirs, place=place),
            )
        return
    state = {name: value for name, value in module.state_dict().items() if "." not in name}
    if isinstance(module, (Linear, Embedding, LayerNorm, BatchNorm1d)):
        # Keras does not count batches, so that our count stays as it is.
        count = {name: state.pop(name) for name in ("num_batches_tracked",) if name in state}
        turned = np.transpose if isinstance(module, Linear) else np.asarray
        arrays = [turned(array).copy() for array in state.values()]
        yield Part(
            path,
            [array.shape for array in arrays],
            lambda: arrays,
            lambda given: dict(zip(state, map(turned, given), strict=True)) | count,
        )
    elif state:
        raise UnsupportedError(
            f"{caller}: got {type(module).__name__}{path and f' at {path}'}, which holds {', '.join(state)}; "
            "Keras has no such layer; convert its parts one by one"
        )
    else:
        for name, child in module.named_children():
            yield from _parts(caller, child, f"{path}.{name}" if path else name)


def _check(parts: list[Part], arrays: list[Array]) -> None:
    """Refuse arrays of other number or shape than the parts expect."""
    need = [(part.path, shape) for part in parts for shape in part.expected]
    for k in range(max(len(need), len(arrays))):
        path, shape = need[k] if k < len(need) else ("", None)
        got = arrays[k].shape if k < len(arrays) else None
        if got != shape:
            hint = ""
            found = "missing" if got is None else got
            if got and shape and {len(got), len(shape)} == {1, 2}:
                hint = "; reset_after=True has a bias (2, n) and is GRU(reset='after') here; False has (n,), 'before'"
            raise ShapeError(
                f"from_keras: got {len(arrays)} arrays, number {k} {found}; need {shape or 'no more'}"
                f"{path and f' for {path}'}, in all {', '.join(str(each) for _, each in need)}{hint}"
            )
