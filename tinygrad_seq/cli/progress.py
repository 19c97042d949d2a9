"""What is seen of a run while it trains: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from ..train import Row, Run

__all__ = ["TrainingProgress"]


class TrainingProgress:
    """Shows the losses, the speed, and the time that is left."""

    def __init__(self, console: Console, run: Run):
        self._console, self._run = console, run
        self._start, self._from = time.perf_counter(), run.updates
        self._bits = run.rows[-1].train_bits if run.rows else None
        self._bar = Progress(
            BarColumn(bar_width=10),
            TextColumn("{task.completed}/{task.total}  train [bold]{task.fields[train]}[/]"),
            TextColumn("held out [bold]{task.fields[held_out]}[/]"),
            TextColumn("{task.fields[speed]} chars/s  {task.fields[left]} left"),
            console=console,
            refresh_per_second=4,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=run.options.updates, completed=run.updates, **self._fields())

    def __enter__(self) -> Self:
        self._console.print("Updates, and the loss in bits per character")
        self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.stop()

    def update(self, bits: float) -> None:
        """After an update, whose window had a loss of ``bits``."""
        self._bits = bits if self._bits is None else 0.95 * self._bits + 0.05 * bits
        if not self._bar.disable:
            self._bar.update(self._task, completed=self._run.updates, **self._fields())

    def row(self, row: Row) -> None:
        """After a new point of the loss curve."""
        if self._bar.disable:
            fields = self._fields()
            total = self._run.options.updates
            self._console.print(
                f"{row.updates:>{len(str(total))}}/{total}  train {row.train_bits:.3f}  "
                f"held out {row.held_out_bits:.3f}  {fields['speed']} chars/s  {fields['left']} left",
                soft_wrap=True,
            )

    def _fields(self) -> dict[str, Any]:
        run = self._run
        seconds, made = time.perf_counter() - self._start, run.updates - self._from
        left = round(seconds / made * (run.options.updates - run.updates)) if made else 0
        return {
            "train": _number(self._bits),
            "held_out": _number(run.rows[-1].held_out_bits if run.rows else None),
            "speed": f"{made * run.options.length * run.options.streams / seconds:,.0f}" if made else "-",
            "left": f"{left // 60}:{left % 60:02}" if made else "-",
        }


def _number(bits: float | None) -> str:
    return "-" if bits is None else f"{bits:.3f}"
