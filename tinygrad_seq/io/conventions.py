"""The weights of a recurrent layer as other frameworks, papers and textbooks lay them out, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict, Unpack

import numpy as np

from ..autograd.tensor import Array, get_default_dtype
from ..errors import DTypeError, OptionError, ShapeError, UnsupportedError
from ..nn import Module
from ..nn.cells import _Cell
from ..nn.conventions import Convention, convention, reordered
from ..nn.recurrences import Elman, Gated, LongShortTerm
from ..nn.recurrent import _Recurrent
from ..pytorch import without

__all__ = ["Layout", "from_convention", "to_convention"]

KINDS = ((LongShortTerm, "LSTM"), (Gated, "GRU"), (Elman, "RNN"))
PLAIN = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class Layout(TypedDict, total=False):
    """What may differ from the row of the table: fields of `tinygrad_seq.nn.Convention`."""

    gates: str
    kernel: Literal["rows", "columns"]
    joined: Literal["", "xh", "hx"]
    bias: Literal["one", "two", "stacked", "chained"]
    reset: Literal["", "after", "before"]
    update: Literal["", "keep", "write"]
    forget_bias: float


def from_convention(
    layer: Module,
    arrays: Sequence[Any],
    framework: str | Convention = "textbook",
    place: str = "l0",
    **layout: Unpack[Layout],
) -> dict[str, Array]:
    """The state_dict entries for weights that are laid out as elsewhere.

    Gates are reordered, kernels transposed or cut apart, and z is negated where it has the other sense; what is
    computed stays the same. Where there is one bias, it becomes that of the input and the other is zero.

    Args:
        layer: the RNN, LSTM, GRU, or cell of them, that shall have the weights; it is not changed.
        arrays: the weight for x ``(D, gates * H)`` and that for h ``(H, gates * H)``, or both in one
            ``(D + H, gates * H)``; then the bias or biases, if the layer has them. Of other shape by the
            convention's ``kernel``, ``joined`` and ``bias``.
        framework: a name in the table `tinygrad_seq.nn.convention`, or a row of one's own.
        place: which layer and direction: "l0", "l0_reverse", "l1", ...
        **layout: what differs from the table, for example ``gates="ifog"``, ``joined="hx"``, ``reset="after"``.

    Returns:
        Arrays by name, ``weight_ih_l0`` and so on; ``layer.load_state_dict(...)`` takes them, for several places
        joined with ``|``.

    Raises:
        OptionError: for a framework, place or layout that is not there, or a reset on the other side of the matmul.
        ShapeError: for too few or too many arrays, or one of another shape.
        DTypeError: for arrays that are no numbers.
        UnsupportedError: for a layer with parameters that no other convention has, such as peepholes.

    >>> import numpy as np, tinygrad_seq as tg
    >>> D, H = 3, 5
    >>> layer = tg.nn.LSTM(D, H)
    >>> W, b = np.ones((H + D, 4 * H)), np.zeros(4 * H)  # [h, x] @ W + b
    >>> layer.load_state_dict(tg.io.from_convention(layer, [W, b], gates="ifog", joined="hx"))
    Loaded(missing_keys=[], unexpected_keys=[])
    """
    caller = "from_convention"
    own = own_convention(caller, layer, place)
    return unpacked(caller, layer, arrays, own, chosen(caller, own, framework, layout), place)


def to_convention(
    layer: Module, framework: str | Convention = "textbook", place: str = "l0", **layout: Unpack[Layout]
) -> tuple[Array, ...]:
    """The weights of one layer and direction, laid out as elsewhere: what `from_convention` takes.

    Where there is one bias, it is the sum of both.

    Args:
        layer: an RNN, LSTM, GRU, or cell of them.
        framework: as in `from_convention`.
        place: which layer and direction.
        **layout: what differs from the table.

    Returns:
        The weight for x and that for h, or both in one; then the bias or biases, if the layer has them.

    Raises:
        OptionError, UnsupportedError: as in `from_convention`; also where one bias cannot say what two do.

    >>> import tinygrad_seq as tg
    >>> W, U, b = tg.io.to_convention(tg.nn.GRU(3, 5, reset="before"))
    >>> W.shape, U.shape, b.shape
    ((3, 15), (5, 15), (15,))
    """
    caller = "to_convention"
    own = own_convention(caller, layer, place)
    return packed(caller, layer, own, chosen(caller, own, framework, layout), place)


def own_convention(caller: str, layer: Module, place: str) -> Convention:
    """How the layer itself has its weights, checked that there is nothing besides."""
    if not isinstance(layer, (_Recurrent, _Cell)):
        raise UnsupportedError(f"{caller}: got {type(layer).__name__}; need an RNN, LSTM or GRU, or a cell of them")
    recurrence = layer._recurrence
    kind = next((name for base, name in KINDS if isinstance(recurrence, base)), None)
    more = [name for name in layer._names if name not in PLAIN]
    if kind is None or more or len(recurrence.gates) != len(OWN[kind].gates):
        reason = f"has {', '.join(more)}" if more else f"has the gates {', '.join(recurrence.gates)}"
        raise UnsupportedError(
            f"{caller}: got {layer}, which {reason}; no convention knows it; use state_dict, or a layer without"
        )
    places = [""] if isinstance(layer, _Cell) else layer._places()
    if isinstance(layer, _Recurrent) and place not in places:
        raise OptionError(f"{caller}: got place={place!r}; {type(layer).__name__} has {', '.join(places)}")
    if kind != "GRU":
        return OWN[kind]
    options = recurrence.options
    return dataclasses.replace(OWN[kind], reset=options.get("reset", "after"), update=options.get("update", "keep"))


OWN: dict[str, Convention] = {row.layer: row for row in convention("pytorch")}


def chosen(caller: str, own: Convention, framework: str | Convention, layout: Mapping[str, Any]) -> Convention:
    """The row that is meant; of two forms of a GRU that with the layer's own reset."""
    if isinstance(framework, Convention):
        rows = [framework]
    else:
        rows = list(convention(framework, own.layer))
    row = next((row for row in rows if row.reset == own.reset), rows[0])
    for field in layout:
        if field not in Layout.__annotations__:
            raise without(caller, field, Layout.__annotations__)
    row = dataclasses.replace(row, **layout)
    if row.layer != own.layer:
        raise OptionError(f"{caller}: got the convention of {row.layer} for {own.layer}; need one of {own.layer}")
    if row.reset != own.reset:
        raise OptionError(
            f"{caller}: got reset={row.reset!r} for a GRU with reset={own.reset!r}, which is another formula; "
            f"build GRU(..., reset={row.reset!r}), or say reset={own.reset!r} if the text means that"
        )
    return row


def weights_of(layer: Module, place: str) -> dict[str, Any]:
    """The four arrays by name without the place; biases may be None."""
    end = "" if isinstance(layer, _Cell) else f"_{place}"
    found = {name: getattr(layer, name + end, None) for name in PLAIN}
    return {name: None if value is None else np.array(value) for name, value in found.items()}


def expected(layer: Module, own: Convention, theirs: Convention, place: str) -> list[tuple[int, ...]]:
    """The shapes of the arrays of one layer and direction in another convention."""
    w = weights_of(layer, place)
    (G, D), H = np.shape(w["weight_ih"]), np.shape(w["weight_hh"])[1]
    sizes = (D + H,) if theirs.joined else (D, H)
    weights = [(G, size) if theirs.kernel == "rows" else (size, G) for size in sizes]
    biases: dict[str, list[tuple[int, ...]]] = {
        "one": [(G,)],
        "two": [(G,), (G,)],
        "stacked": [(2, G)],
        "chained": [(2 * G,)],
    }
    return [*weights, *(biases[theirs.bias] if w["bias_ih"] is not None else [])]


def packed(caller: str, layer: Module, own: Convention, theirs: Convention, place: str) -> tuple[Array, ...]:
    """One layer and direction in another convention."""
    w = weights_of(layer, place)
    _check_forget_bias(caller, layer, theirs, w["bias_ih"] is not None)
    weights = [theirs.blocks(w[name], own.gates, own.update) for name in PLAIN[:2]]
    if theirs.joined:
        weights = [np.concatenate(weights if theirs.joined == "xh" else weights[::-1], axis=1)]
    if theirs.kernel == "columns":
        weights = [np.ascontiguousarray(weight.T) for weight in weights]
    if w["bias_ih"] is None:
        return tuple(weights)
    given, recurrent = (theirs.blocks(w[name], own.gates, own.update) for name in PLAIN[2:])
    given = given - _forget(theirs, given)
    if theirs.bias == "two":
        return (*weights, given, recurrent)
    if theirs.bias == "stacked":
        return (*weights, np.stack([given, recurrent]))
    if theirs.bias == "chained":
        return (*weights, np.concatenate([given, recurrent]))
    if own.reset == "after" and np.any(reordered(recurrent, theirs.gates, "n")):
        raise OptionError(
            f"{caller}: got a GRU with reset='after' whose bias_hh for n is not zero; one bias cannot say that, as r "
            "multiplies one of the two; use bias='two'"
        )
    return (*weights, given + recurrent)


def unpacked(
    caller: str, layer: Module, arrays: Sequence[Any], own: Convention, theirs: Convention, place: str
) -> dict[str, Array]:
    """One layer and direction from another convention, by the names of a state_dict."""
    w = weights_of(layer, place)
    bias = w["bias_ih"] is not None
    _check_forget_bias(caller, layer, theirs, bias)
    (G, D), H = np.shape(w["weight_ih"]), np.shape(w["weight_hh"])[1]
    need = expected(layer, own, theirs, place)
    arrays = [np.asarray(array) for array in arrays]
    if [array.shape for array in arrays] != need:
        got = ", ".join(str(array.shape) for array in arrays)
        raise ShapeError(
            f"{caller}: got arrays {got} for {layer}; need {', '.join(map(str, need))} ({theirs.framework})"
        )
    for k, array in enumerate(arrays):
        if array.dtype.kind not in "fiu":
            raise DTypeError(f"{caller}: got an array of dtype {array.dtype}; need numbers")
        arrays[k] = array if array.dtype.kind == "f" else array.astype(get_default_dtype())
    weights = [array.T if theirs.kernel == "columns" else array for array in arrays[: 1 if theirs.joined else 2]]
    if theirs.joined:
        first = D if theirs.joined == "xh" else H
        weights = np.split(weights[0], [first], axis=1)[:: 1 if theirs.joined == "xh" else -1]
    found = dict(zip(PLAIN, weights, strict=False))
    if bias:
        rest = arrays[len(arrays) - (2 if theirs.bias == "two" else 1) :]
        if theirs.bias in ("stacked", "chained"):
            rest = list(rest[0].reshape(2, G))
        given = rest[0] + _forget(theirs, rest[0])
        found |= {"bias_ih": given, "bias_hh": rest[1] if len(rest) == 2 else np.zeros_like(given)}
    end = "" if isinstance(layer, _Cell) else f"_{place}"
    return {name + end: own.blocks(value, theirs.gates, theirs.update) for name, value in found.items()}


def _forget(theirs: Convention, bias: Array) -> Array:
    """What is added to the forget gate besides the bias, in the blocks and dtype of the bias."""
    size = len(bias) // len(theirs.gates)
    return np.repeat([theirs.forget_bias * (gate == "f") for gate in theirs.gates], size).astype(bias.dtype)


def _check_forget_bias(caller: str, layer: Module, theirs: Convention, bias: bool) -> None:
    if theirs.forget_bias and not bias:
        raise OptionError(
            f"{caller}: got {layer}, which has no bias; {theirs.framework} adds {theirs.forget_bias} to the forget "
            "gate; build the layer with bias=True"
        )
