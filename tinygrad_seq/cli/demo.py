"""``tinygrad-seq demo``: train a character model, compare it, let it write, and draw it."""

from __future__ import annotations

import math
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from ..data import NGram, Vocabulary, held_out_split, python_reference, read_text
from ..errors import FileAccessError, FileFormatError
from ..replace import replacing
from ..train import ModelFile, Options, Run, bits_per_character, generate, load_run, save_run, updates_in
from ..train.model_file import sha256
from ..train.run import MINUTES, usual_rate
from .draw import draw_window
from .progress import TrainingProgress
from .signals import Stopped, StopRequest
from .threads import use_one_blas_thread

__all__ = ["run_demo"]

SHARE = 0.1
ORDERS = {0: "uniform", 1: "unigram", 2: "bigram", 3: "trigram", 5: "5-gram"}
SAMPLE = 400
PROMPT = 64
TEMPERATURE = 0.8
DRAWN_STEPS = 8


@dataclass
class Work:
    """What the parts of the demo share."""

    console: Console
    folder: Path
    source: str | None
    text: str
    vocabulary: Vocabulary
    ids: np.ndarray[Any, Any]
    start: int
    run: Run

    @property
    def model_path(self) -> Path:
        return self.folder / "model.npz"

    def save(self) -> None:
        save_run(self.model_path, self.run, self.vocabulary, self.text, self.source)
        lines = ["updates,characters,train_bits_per_character,held_out_bits_per_character"]
        lines += [f"{r.updates},{r.characters},{r.train_bits:.6f},{r.held_out_bits:.6f}" for r in self.run.rows]
        with replacing(self.folder / "loss.csv", "demo") as file:
            file.write("\n".join([*lines, ""]).encode())


def run_demo(text: Path | None, given: dict[str, Any], minutes: float | None, folder: Path, resume: bool) -> None:
    """The whole demo; ``given`` has the options that were typed."""
    use_one_blas_thread()
    console = Console(highlight=False)
    saved = _find(folder / "model.npz") if resume else None
    work = _prepare(console, text, given, minutes, folder, saved)
    _introduce(work, saved)
    baselines = [(name, NGram(work.ids[: work.start], n, len(work.vocabulary))) for n, name in ORDERS.items()]
    rows = [(name, model.bits(work.ids, work.start)) for name, model in baselines]
    _train(work)
    bits = bits_per_character(work.run.model, work.ids, work.start)
    _compare(work, rows, bits)
    _write(work)
    steps = min(DRAWN_STEPS, work.run.options.length)
    title = (
        f"{_model_title(work.run.options)}: the gradient's way from the loss at step {steps - 1} to the first character"
    )
    drawn = draw_window(work.run.model, work.ids[: steps + 1], title, folder)
    console.print("\n[bold]Files[/]")
    files = [
        (work.model_path, "the model, for --resume and for 'tinygrad-seq sample'"),
        (folder / "loss.csv", "the loss curve"),
        *drawn,
    ]
    width = max(len(str(path)) for path, _ in files)
    for path, what in files:
        console.print(Text(f"  {path!s:<{width}}  {what}"), soft_wrap=True)


def _prepare(
    console: Console,
    path: Path | None,
    given: dict[str, Any],
    minutes: float | None,
    folder: Path,
    saved: ModelFile | None,
) -> Work:
    """Check everything that can be checked before the first update."""
    source = str(path) if path else saved.source if saved else None
    text = python_reference() if source is None else read_text(source)
    if saved and sha256(text) != saved.sha256:
        raise FileFormatError(
            f"demo: the run in '{folder}' learned from a text other than {_title(source)}; give it with --text"
        )
    options = _resumed(saved, given, folder) if saved else Options(**given)
    if not saved and "lr" not in given:
        options = replace(options, lr=usual_rate(options.cell, options.hidden))
    vocabulary = saved.vocabulary if saved else Vocabulary(sorted(set(text)) or "?")
    ids = vocabulary.encode(text)
    train, _ = held_out_split(ids, SHARE)
    need = max(10, math.ceil((options.length + 1) / (1 - SHARE)) + 1)
    if len(ids) < need:
        raise FileFormatError(
            f"demo: {_title(source)} has {len(ids)} characters; need {need} or more for one window of {options.length} "
            f"and the held-out part; use a longer text{' or a smaller --length' if options.length > 8 else ''}"
        )
    if not saved:
        options = replace(options, streams=min(options.streams, (len(train) - 1) // options.length))
    if minutes or not saved:
        options = replace(options, updates=updates_in(minutes or MINUTES, options, len(vocabulary)))
    _check_folder(folder)
    run = Run(options, train, len(vocabulary))
    if saved:
        run.load_state_dict(saved.run)
    return Work(console, folder, source, text, vocabulary, ids, len(train), run)


def _find(path: Path) -> ModelFile:
    if not path.exists():
        raise FileAccessError(
            f"demo: there is no '{path}' to resume; give the folder of an earlier run with --out, or leave --resume out"
        )
    return load_run(path)


def _resumed(saved: ModelFile, given: dict[str, Any], folder: Path) -> Options:
    was = asdict(saved.options)
    for name, value in given.items():
        if was[name] != value:
            option = "rate" if name == "lr" else name
            raise typer.BadParameter(
                f"got {value}, but the run in '{folder}' has {was[name]}; leave it out to go on with that run.",
                param_hint=f"'--{option}' with '--resume'",
            )
    return saved.options


def _check_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise FileAccessError(
            f"demo: cannot write into the folder '{folder}': {error.strerror or error}; choose another with --out"
        ) from error


def _title(source: str | None) -> str:
    return "Python's language reference" if source is None else f"'{source}'"


def _model_title(options: Options) -> str:
    return (
        f"{options.cell.upper()}, {options.hidden} hidden{f', {options.layers} layers' if options.layers > 1 else ''}"
    )


def _introduce(work: Work, saved: ModelFile | None) -> None:
    o, run, out = work.run.options, work.run, work.console.print
    parameters = sum(p.size for p in run.model.parameters())
    characters, held_out = len(work.ids), len(work.ids) - work.start
    epochs = o.updates / len(run.windows)
    out(f"Text   {_title(work.source)}: {characters:,} characters, {len(work.vocabulary)} different;", markup=False)
    out(f"       the last {held_out:,} are held out")
    out(f"Model  {_model_title(o)}: {parameters:,} parameters, {o.streams} streams in windows of {o.length} steps")
    out(f"Plan   {o.updates:,} updates, which is {epochs:.1f} times through the text; seed {o.seed}")
    if saved:
        out(f"       goes on after update {run.updates:,}")
    out()


def _train(work: Work) -> None:
    """Train to the end of the plan, saving at each point of the loss curve, or until the user stops it."""
    run = work.run
    with StopRequest() as stop, TrainingProgress(work.console, run) as progress:
        while not run.done and stop.status is None:
            progress.update(run.step())
            if run.row_is_due:
                progress.row(run.add_row(bits_per_character(run.model, work.ids, work.start, limit=64)))
                work.save()
        if stop.status is not None:
            work.save()
    if stop.status is not None:
        raise Stopped(
            f"tinygrad-seq: stopped after update {run.updates:,} of {run.options.updates:,}; all is saved in "
            f"'{work.folder}'; go on with: tinygrad-seq demo --resume --out {work.folder}",
            stop.status,
        )


def _compare(work: Work, rows: list[tuple[str, float]], bits: float) -> None:
    table = Table("model", Column("held-out text, bits per character", justify="right"))
    own = (_model_title(work.run.options), bits)
    for row in sorted([*rows, own], key=lambda row: -row[1]):
        table.add_row(row[0], f"{row[1]:.3f}", style="bold" if row is own else None)
    work.console.print()
    work.console.print(table)


def _write(work: Work) -> None:
    """Let the model go on from the beginning of the held-out text."""
    prompt = work.ids[work.start :][:PROMPT]
    drawn = list(generate(work.run.model, prompt, SAMPLE, TEMPERATURE, work.run.options.seed))
    work.console.print(f"\n[bold]What the model writes[/] after the first {len(prompt)} held-out characters")
    written = Text(work.vocabulary.decode(prompt), style="dim")
    written.append(work.vocabulary.decode(drawn), style="not dim")
    work.console.print(written, soft_wrap=True)
