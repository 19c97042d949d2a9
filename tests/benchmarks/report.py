"""What a measure gives back: a table of what was found, and the targets with what was reached."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field


@dataclass
class Target:
    """A number that must be reached: at most, or at least, the limit."""

    what: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def reached(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{'reached' if self.reached else 'MISSED '}  {self.what}: {self.value:.3g} (need {sign} {self.limit:g})"


@dataclass
class Report:
    """One measure: a title, the head of the table, its rows, and the targets."""

    title: str
    columns: list[str]
    rows: list[list[str | float]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    def show(self) -> None:
        """Print the table and, below it, the targets."""
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(*self.columns, title=Text(self.title), title_justify="left", title_style="bold")
        for row in self.rows:
            table.add_row(*[cell if isinstance(cell, str) else f"{cell:.4g}" for cell in row])
        for column in table.columns[1:]:
            column.justify = "right"
        # A file or a pipe has no width: nothing is folded there.
        console = Console(markup=False) if sys.stdout.isatty() else Console(markup=False, width=200)
        console.print(table)
        for target in self.targets:
            console.print(str(target), style="" if target.reached else "bold red")
        console.print()
