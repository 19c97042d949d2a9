"""The options of all commands: what each takes, says of itself, and refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Annotated, Any

import typer

WHAT, HOW, FILES = "What is computed", "What is shown of it", "Files"
"""The panels of the help of draw and plot."""


def one_of(*names: str) -> Callable[[object], str]:
    """A parser of one of some words, in small letters or capitals."""
    words = ", ".join(names[:-1])

    def parse(value: object) -> str:
        if str(value).lower() in names:
            return str(value).lower()
        raise typer.BadParameter(f"got '{value}'; need {words} or {names[-1]}.")

    return parse


def whole(least: int) -> Callable[[object], int]:
    """A parser of integers from ``least`` on."""

    def parse(value: object) -> int:
        with suppress(ValueError):
            if int(str(value)) >= least:
                return int(str(value))
        raise typer.BadParameter(f"got '{value}'; need a whole number of at least {least}.")

    return parse


def number(above: float = 0, reached: bool = False) -> Callable[[object], float]:
    """A parser of finite numbers above a bound, or from it on if it may be ``reached``."""

    def parse(value: object) -> float:
        with suppress(ValueError):
            found = float(str(value))
            if above < found < inf or (reached and found == above):
                return found
        limit = "" if above == -inf else f" of at least {above:g}" if reached else f" above {above:g}"
        raise typer.BadParameter(f"got '{value}'; need a {'finite ' * (above == -inf)}number{limit}.")

    return parse


def whole_numbers(least: int, example: str) -> Callable[[object], Any]:
    """A parser of integers from ``least`` on with commas between them, as a tuple."""

    def parse(value: object) -> Any:
        if isinstance(value, tuple):  # the default
            return value
        with suppress(ValueError):
            found = tuple([int(part) for part in str(value).split(",")])
            if min(found) >= least:
                return found
        raise typer.BadParameter(f"got '{value}'; need whole numbers of at least {least}, such as {example}.")

    return parse


def node(value: object) -> str:
    """A parser of the names of nodes."""
    if re.fullmatch(r"[^@\s]+(@-?\d+)?", str(value)):
        return str(value)
    raise typer.BadParameter(f"got '{value}'; need NAME or NAME@STEP, such as loss@-1, h@3 or l1/c@0.")


def file_of(*suffixes: str, stdout: bool = False) -> Callable[[object], Path]:
    """A parser of the names of files that can be written; with ``stdout``, "-" is one too."""

    def parse(value: object) -> Path:
        path = Path(str(value))
        if path.suffix.lower() in suffixes or (stdout and value == "-"):
            return path
        need = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}{', or - for text on the terminal' * stdout}"
        got = f"whose ending is {path.suffix}" if path.suffix else "which has no ending"
        raise typer.BadParameter(f"got '{value}', {got}; need {need}.")

    return parse


def option(
    text: str,
    parser: Callable[[object], Any],
    metavar: str,
    *names: str,
    default: object = True,
    panel: str | None = None,
) -> Any:
    """An option with a value; ``default`` is what the help says it is where that is not the default itself."""
    shown = default if isinstance(default, bool) else str(default)
    return typer.Option(*names, help=text, parser=parser, metavar=metavar, show_default=shown, rich_help_panel=panel)


def flag(name: str, text: str, panel: str | None = None) -> Any:
    """An option without a value."""
    return typer.Option(name, help=text, metavar="", show_default="/" in name, rich_help_panel=panel)


# What is computed, in draw and plot alike.

Model = Annotated[
    Path | None,
    typer.Argument(
        help="A model that demo has trained: its folder or file. Without one, a fresh layer reads random numbers.",
        metavar="MODEL",
        show_default=False,
    ),
]
Text = Annotated[
    str | None, option("What MODEL reads.", str, "TEXT", default="the head of what it learned from", panel=WHAT)
]
Steps = Annotated[int, option("Time steps.", whole(1), "N", panel=WHAT)]
Cell = Annotated[str, option("rnn, lstm, gru or mgu.", one_of("rnn", "lstm", "gru", "mgu"), "CELL", panel=WHAT)]
Hidden = Annotated[int, option("The size of the state, and of the input.", whole(1), "N", panel=WHAT)]
Layers = Annotated[int, option("Recurrent layers, stacked.", whole(1), "N", panel=WHAT)]
Bidirectional = Annotated[bool, flag("--bidirectional", "Another direction, from the last step to the first.", WHAT)]
Lengths = Annotated[
    Any,
    option(
        "A batch of rows of so many steps: 6,4,2. The last loss is that of all last states.",
        whole_numbers(1, "6,4,2"),
        "N,N,...",
        panel=WHAT,
    ),
]
ForgetBias = Annotated[
    float | None,
    option("Of the forget gate (lstm, mgu): 3 remembers.", number(-inf), "X", default="random", panel=WHAT),
]
Reset = Annotated[
    str,
    option(
        "When a gru resets: after the matmul, as in PyTorch, or before it, as in the paper.",
        one_of("after", "before"),
        "WHEN",
        panel=WHAT,
    ),
]
Peepholes = Annotated[
    str | None,
    option(
        "The gates of an lstm see c: diagonal, each unit its own, or full.",
        one_of("diagonal", "full"),
        "KIND",
        panel=WHAT,
    ),
]
Seed = Annotated[int, option("Same seed, same weights and input.", whole(0), "N", panel=WHAT)]
Start = Annotated[
    str,
    option(
        "Where the gradient comes from: loss@STEP, loss for all steps', or another value, such as h@3.",
        node,
        "NODE",
        "--from",
        panel=HOW,
    ),
]

# How it is shown.

Title = Annotated[str | None, option("The first line.", str, "TEXT", default="what it is", panel=HOW)]
Dark = Annotated[bool, flag("--dark", "Light on dark.", HOW)]
Open = Annotated[bool, flag("--open", "Show the first file in the browser.", FILES)]
