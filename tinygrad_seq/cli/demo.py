"""``tinygrad-seq demo``: train a character model, compare it, let it write, and draw it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from ..data import NGram
from ..train import bits_per_character, generate
from .draw import draw_window
from .progress import TrainingProgress
from .signals import Stopped, StopRequest
from .subject import model_title, reading
from .threads import use_one_blas_thread
from .work import CURVE, MODEL, Work, title

__all__ = ["run_demo"]

ORDERS = {0: "uniform", 1: "unigram", 2: "bigram", 3: "trigram", 5: "5-gram"}
SAMPLE = 400
PROMPT = 64
TEMPERATURE = 0.8


def run_demo(work: Work) -> None:
    """The whole demo, from the run's next update to the list of files."""
    use_one_blas_thread()
    console = Console(highlight=False)
    _introduce(console, work)
    baselines = [(name, NGram(work.ids[: work.start], n, len(work.vocabulary))) for n, name in ORDERS.items()]
    rows = [(name, model.bits(work.ids, work.start)) for name, model in baselines]
    _train(console, work)
    own = (model_title(work.run.options), bits_per_character(work.run.model, work.ids, work.start))
    _compare(console, rows, own)
    _write(console, work)
    _draw_and_list(console, work)


def _introduce(console: Console, work: Work) -> None:
    o, run, out = work.run.options, work.run, console.print
    parameters = sum(p.size for p in run.model.parameters())
    characters, held_out = len(work.ids), len(work.ids) - work.start
    epochs = o.updates / len(run.windows)
    out(f"Text   {title(work.source)}: {characters:,} characters, {len(work.vocabulary)} different;", markup=False)
    out(f"       the last {held_out:,} are held out")
    out(f"Model  {model_title(o)}: {parameters:,} parameters, {o.streams} streams in windows of {o.length} steps")
    out(f"Plan   {o.updates:,} updates, which is {epochs:.1f} times through the text; seed {o.seed}")
    if run.updates:
        out(f"       goes on after update {run.updates:,}")
    out()


def _train(console: Console, work: Work) -> None:
    """Train to the end of the plan, saving at each point of the loss curve, or until the user stops it."""
    run = work.run
    with StopRequest() as stop, TrainingProgress(console, run) as progress:
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


def _compare(console: Console, rows: list[tuple[str, float]], own: tuple[str, float]) -> None:
    table = Table("model", Column("held-out text, bits per character", justify="right"))
    for row in sorted([*rows, own], key=lambda row: -row[1]):
        table.add_row(row[0], f"{row[1]:.3f}", style="bold" if row is own else None)
    console.print()
    console.print(table)


def _write(console: Console, work: Work) -> None:
    """Let the model go on from the beginning of the held-out text."""
    prompt = work.ids[work.start :][:PROMPT]
    drawn = list(generate(work.run.model, prompt, SAMPLE, TEMPERATURE, work.run.options.seed))
    console.print(f"\n[bold]What the model writes[/] after the first {len(prompt)} held-out characters")
    written = Text(work.vocabulary.decode(prompt), style="dim")
    written.append(work.vocabulary.decode(drawn), style="not dim")
    console.print(written, soft_wrap=True)


def _draw_and_list(console: Console, work: Work) -> None:
    o, ids = work.run.options, work.ids[: work.run.options.length + 1]
    window = reading(work.run.model, work.vocabulary, ids, model_title(o))
    files = [
        (work.folder / MODEL, "the model, for --resume, and for the commands sample, draw and plot"),
        (work.folder / CURVE, "the loss curve"),
        *draw_window(window, work.folder),
    ]
    width = max(len(str(path)) for path, _ in files)
    console.print("\n[bold]Files[/]")
    for path, what in files:
        console.print(Text(f"  {path!s:<{width}}  {what}"), soft_wrap=True)
