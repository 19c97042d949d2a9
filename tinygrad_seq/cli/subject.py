"""What `draw`, `plot` and `diff` look at: a fresh layer on random input, or a model that demo has trained on a text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import typer

from .. import autograd, nn, random
from ..autograd import Tensor
from ..data import Vocabulary, python_reference, read_text
from ..errors import FileAccessError
from ..nn.functional import cross_entropy
from ..train import LanguageModel, ModelFile, Options, load_run

__all__ = ["Layer", "Subject", "fresh", "model_file", "model_title", "reading", "trained"]

CELLS: dict[str, Any] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU, "mgu": nn.MGU}
SHOWN_TEXT = 24


@dataclass(frozen=True)
class Layer:
    """A recurrent layer with random weights, in the words of the command line."""

    cell: str = "lstm"
    hidden: int = 8
    layers: int = 1
    bidirectional: bool = False
    forget_bias: float | None = None
    reset: str = "after"
    peepholes: str | None = None

    def build(self) -> Any:
        """The layer; its numbers come from the generator that `random.seed` restarts."""
        options: dict[str, Any] = {"bidirectional": self.bidirectional}
        if self.reset != "after":
            options["reset"] = self.reset
        if self.peepholes is not None:
            options["peepholes"] = self.peepholes
        layer = CELLS[self.cell](self.hidden, self.hidden, self.layers, **options)
        return layer if self.forget_bias is None else nn.init.forget_gate_bias_(layer, self.forget_bias)

    def title(self) -> str:
        """The layer in the first line of a picture."""
        parts = [
            f"{self.layers} layers" * (self.layers > 1),
            "bidirectional" * self.bidirectional,
            f"forget bias {self.forget_bias or 0:g}" * (self.forget_bias is not None),
            "reset before the matmul" * (self.reset == "before"),
            f"{self.peepholes} peepholes" * (self.peepholes is not None),
        ]
        return ", ".join([self.cell.upper(), *filter(None, parts)])


@dataclass(frozen=True)
class Subject:
    """A computation in time.

    Attributes:
        name: for files.
        title: for people.
        losses: one for each time step, named "loss" there.
        gates: of the lowest layer, by name, ``(T, B, H)``.
    """

    name: str
    title: str
    losses: Sequence[Tensor]
    gates: Mapping[str, Any]

    def outputs(self, start: str) -> Sequence[Tensor]:
        """The losses that ``--from`` means: one of them, or all; of another node, the last."""
        found = re.fullmatch(r"loss(?:@(-?\d+))?", start)
        if found is None:
            return self.losses[-1:]
        if found[1] is None:
            return self.losses
        steps = len(self.losses)
        if not -steps <= int(found[1]) < steps:
            raise typer.BadParameter(f"got '{start}'; the steps are 0 to {steps - 1}.", param_hint="'--from'")
        return [self.losses[int(found[1])]]


def fresh(layer: Layer, steps: int, lengths: tuple[int, ...] | None, seed: int) -> Subject:
    """A layer on normally distributed input; the loss of a step is half the square of its output.

    With lengths the last loss is that of the last state of each row. States are read from the recording step by
    step, so that no loss hangs on the output of all steps at once.
    """
    if lengths is not None:
        steps = max(lengths)
    random.seed(seed)
    built = layer.build()
    x = random.generator().standard_normal((steps, len(lengths or (1,)), layer.hidden)).astype(np.float32)
    _, state, recording = built(x, lengths=lengths, record=True)
    last = state[0] if isinstance(state, tuple) else state
    top = [places["h"] for name, places in recording.items() if name.startswith(f"l{layer.layers - 1}")]
    losses = []
    for t in range(steps):
        with autograd.scope("loss", t=t):
            at_end = lengths is not None and t == steps - 1
            parts = [last[k] for k in range(-len(top), 0)] if at_end else [h[t] for h in top]
            y = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
            losses.append(np.sum(y**2) / 2)
            autograd.name(loss=losses[-1])
    return Subject(layer.cell, f"{layer.title()}, {steps:,} step{'s' * (steps > 1)}", losses, recording["l0"])


def trained(path: Path, text: str | None, steps: int | None) -> Subject:
    """A trained model that reads a text; the loss of a step is how badly it predicts the next character."""
    if path.name.lower() in CELLS and not path.exists():
        raise typer.BadParameter(
            f"got '{path}', and there is no such file; a fresh layer is: --cell {path.name.lower()}.",
            param_hint="'MODEL'",
        )
    file = model_file(path)
    if text is None:
        text = _beginning(file, (steps or 8) + 1)
    ids = file.vocabulary.encode(text)
    if len(ids) < 2:
        raise typer.BadParameter(
            f"got {text!r}; need 2 characters or more, one to read and one to predict.", param_hint="'--text'"
        )
    return reading(
        file.model(), file.vocabulary, ids[: None if steps is None else steps + 1], model_title(file.options)
    )


def reading(model: LanguageModel, vocabulary: Vocabulary, ids: np.ndarray[Any, Any], title: str) -> Subject:
    """A model that reads all of ``(T + 1,)`` symbols but the last, and predicts all but the first."""
    *_, recording = model.recurrent(model.embedding(ids[:-1, None]), record=True)
    top = recording[f"l{model.recurrent.num_layers - 1}"]["h"]
    losses = []
    for t, target in enumerate(ids[1:]):
        with autograd.scope("loss", t=t):
            losses.append(cross_entropy(model.output(top[t]), target[None]))
            autograd.name(loss=losses[-1])
    read = vocabulary.decode(ids[:-1])
    shown = read if len(read) <= SHOWN_TEXT else f"{read[: SHOWN_TEXT - 3]}..."
    return Subject("model", f"{title}, reads {shown!r}", losses, recording["l0"])


def model_file(path: Path) -> ModelFile:
    """What demo has written into a folder, or to a file."""
    path = path / "model.npz" if path.is_dir() else path
    if not path.exists():
        raise FileAccessError(f"load: there is no '{path}'; train a model first, with: tinygrad-seq demo")
    return load_run(path)


def model_title(o: Options) -> str:
    """A trained model in the words of a table."""
    return f"{o.cell.upper()}, {o.hidden} hidden{f', {o.layers} layers' if o.layers > 1 else ''}"


def _beginning(file: ModelFile, length: int) -> str:
    """Of the text that a model learned from."""
    if file.source is None:
        return python_reference()[:length]
    try:
        return read_text(file.source)[:length]
    except FileAccessError as error:
        raise typer.BadParameter(
            f"got none, and '{file.source}', which the model learned from, cannot be read; give a text.",
            param_hint="'--text'",
        ) from error
