"""What a layer does that another framework's layer of its kind does not."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..errors import UnsupportedError
from ..nn import BatchNorm1d, Embedding, Module
from ..nn.cells import _Cell
from ..nn.recurrent import _Recurrent, options_of

__all__ = ["refuse", "refuse_beyond"]

EVERYWHERE = {"num_layers", "bias", "batch_first", "bidirectional", "dropout", "recurrent_dropout", "variational"}
"""Options of recurrent layers that all frameworks have, or that do nothing in evaluation."""


def refuse_beyond(caller: str, framework: str, layer: Module, path: str, known: Collection[str] = ()) -> None:
    """Refuse a layer by its options, other than those that the framework knows.

    Raises:
        UnsupportedError: naming the layer, where it is, and the options.
    """
    options: dict[str, Any] = {}
    if isinstance(layer, (_Recurrent, _Cell)):
        options = {name: value for name, value in options_of(layer).items() if name not in {*EVERYWHERE, *known}}
    elif isinstance(layer, Embedding) and layer.max_norm is not None:
        options = {"max_norm": layer.max_norm}
    elif isinstance(layer, BatchNorm1d) and not layer.track_running_stats:
        options = {"track_running_stats": False}
    if options:
        refuse(caller, framework, layer, path, **options)


def refuse(caller: str, framework: str, layer: Module, path: str, **options: Any) -> None:
    """Refuse a layer for options that the framework has not."""
    what = ", ".join(f"{name}={value!r}" for name, value in options.items())
    at = path and f" at {path}"
    raise UnsupportedError(
        f"{caller}: got {type(layer).__name__}{at} with {what}; {framework} has no such thing; export a model without"
    )
