"""How ``--help`` looks: what typer makes of the options, and examples below."""

from __future__ import annotations

from typing import Any

import typer.core

__all__ = ["EXAMPLES", "Command", "Group"]

EXAMPLES: dict[str, dict[str, str]] = {
    "tinygrad-seq": {
        "tinygrad-seq demo": "train for half a minute, and look at the result",
        "tinygrad-seq draw --open": "an LSTM over 6 steps, as a page to look into",
        "tinygrad-seq draw out --text 'def f(x):' --open": "the trained model as it reads",
        "tinygrad-seq draw --help": "all that a command can do",
    },
    "demo": {
        "tinygrad-seq demo": "the defaults: half a minute",
        "tinygrad-seq demo --minutes 10 --hidden 512": "a better model",
        "tinygrad-seq demo --text book.txt --cell gru --out gru": "a text of your own",
        "tinygrad-seq demo --resume --minutes 20": "go on, for longer",
    },
    "sample": {
        "tinygrad-seq sample out --prompt 'class '": "go on from there",
        "tinygrad-seq sample out --temperature 0.5 --seed 1": "more careful, and the same each time",
    },
    "draw": {
        "tinygrad-seq draw": "lstm.svg: an LSTM over 6 steps, the way from the loss to x",
        "tinygrad-seq draw --cell gru --reset before --open": "another cell, in the browser",
        "tinygrad-seq draw --steps 1000 --out long.html": "all 1,000 steps, from a heat map to each number",
        "tinygrad-seq draw --steps 1000 --focus 500,501 --out long.svg": "some of them",
        "tinygrad-seq draw --only cell --to c@0": "what flows along the cell state alone",
        "tinygrad-seq draw --level ops --out a.svg --out a.json": "every operation, in two formats",
        "tinygrad-seq draw out --text 'def f(x):' --out page.html": "a model that demo has trained",
        "tinygrad-seq draw --out -": "as text, on the terminal",
    },
    "plot": {
        "tinygrad-seq plot heat --steps 100": "heat.png: the gradient by role and time",
        "tinygrad-seq plot heat out --text 'def f(x):'": "of a model that demo has trained",
        "tinygrad-seq plot compare --steps 100 --out cells.pdf": "RNN, LSTM and GRU side by side",
        "tinygrad-seq plot ledger --weight weight_ih_l0 --out w.csv": "the numbers",
    },
    "diff": {
        "tinygrad-seq draw --forget-bias 0 --out a.json": "two pictures",
        "tinygrad-seq draw --forget-bias 3 --out b.json": "",
        "tinygrad-seq diff a.json b.json --out ratio.png": "and what is different",
        "tinygrad-seq diff before after --text 'def f(x):'": "two models that read one text",
    },
}
"""By command what to type, and what it does."""


def _print_examples(command: str) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(" Examples", style="bold")
    for line, what in EXAMPLES[command].items():
        if what:
            console.print(Text(f"   # {what}", style="dim"))
        console.print(Text(f"   {line}", style="cyan"), soft_wrap=True)
    console.print()


class _WithExamples:
    """A help that ends in examples, and does not list the option --help, which who reads it has found."""

    name: str | None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        super().format_help(ctx, formatter)  # type: ignore[misc] # of typer's class beside this one
        _print_examples(self.name or "tinygrad-seq")

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.hidden = True
        return option


class Command(_WithExamples, typer.core.TyperCommand):
    """A command."""


class Group(_WithExamples, typer.core.TyperGroup):
    """All commands."""
