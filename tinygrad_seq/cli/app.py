"""The commands and their options; errors become one or two lines and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import TinygradSeqError
from ..train.run import MINUTES, Options
from .signals import Stopped

__all__ = ["app", "main"]

app = typer.Typer(
    help="Train a character model, let it write, and draw how gradients flow through its unrolled graph.",
    add_completion=False,
    pretty_exceptions_enable=False,
)

# Click's base class of all errors of usage; typer does not name it, and brings its own click.
UsageError: Any = typer.BadParameter.__mro__[1]

CELL = "rnn|lstm|gru"


def _cell(value: object) -> str:
    if value not in ("rnn", "lstm", "gru"):
        raise typer.BadParameter(f"got '{value}'; need rnn, lstm or gru.")
    return str(value)


def _whole(least: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        with suppress(ValueError):
            if int(str(value)) >= least:
                return int(str(value))
        raise typer.BadParameter(f"got '{value}'; need a whole number of at least {least}.")

    return parse


def _number(zero: bool = False) -> Callable[[object], float]:
    def parse(value: object) -> float:
        with suppress(ValueError):
            number = float(str(value))
            if 0 < number < inf or (zero and number == 0):
                return number
        raise typer.BadParameter(f"got '{value}'; need a number {'of at least' if zero else 'above'} 0.")

    return parse


def _option(text: str, parser: Callable[[object], Any], metavar: str, default: object = True) -> Any:
    return typer.Option(
        help=text, parser=parser, metavar=metavar, show_default=default if default is True else str(default)
    )


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit: 0 if all went well, 1 for a failure, 2 for wrong usage, 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal may lack a character
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        typer.main.get_command(app).main(arguments or ["--help"], "tinygrad-seq", standalone_mode=False)
    except UsageError as error:
        command = error.ctx.command_path if error.ctx else "tinygrad-seq"
        _fail(2, f"{command}: {error.format_message()}", f"Try '{command} --help'.")
    except Stopped as stop:
        _fail(stop.status, str(stop))
    except (KeyboardInterrupt, typer.Abort):
        _fail(130, "tinygrad-seq: stopped")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads; say nothing at exit either
        _fail(1)
    except (TinygradSeqError, OSError) as error:
        _fail(1, f"tinygrad-seq: {error}")
    except MemoryError as error:
        _fail(1, f"tinygrad-seq: not enough memory: {error}; use smaller sizes")


def _fail(status: int, *lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)
    raise SystemExit(status)


@app.command()
def demo(
    text: Annotated[Path | None, _option("A text in UTF-8.", Path, "FILE", "the language reference of Python")] = None,
    cell: Annotated[str | None, _option("The kind of recurrence.", _cell, CELL, Options.cell)] = None,
    hidden: Annotated[int | None, _option("The size of the state.", _whole(1), "N", Options.hidden)] = None,
    layers: Annotated[int | None, _option("Recurrent layers.", _whole(1), "N", Options.layers)] = None,
    length: Annotated[
        int | None,
        _option("Characters in a window, which is how far back gradients go.", _whole(1), "N", Options.length),
    ] = None,
    streams: Annotated[
        int | None, _option("Places of the text that are read side by side.", _whole(1), "N", Options.streams)
    ] = None,
    rate: Annotated[
        float | None, _option("The highest learning rate.", _number(), "X", "by the cell and its size")
    ] = None,
    minutes: Annotated[
        float | None,
        _option(
            "How long to train, in minutes of a slow core; turned into a number of updates beforehand, so that the "
            "result does not depend on the machine's speed.",
            _number(),
            "X",
            MINUTES,
        ),
    ] = None,
    seed: Annotated[int | None, _option("Same seed, same result, bit for bit.", _whole(0), "N", Options.seed)] = None,
    out: Annotated[Path, _option("The folder for the files that are written.", Path, "DIR")] = Path("out"),
    go_on: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
) -> None:
    """Train a character model on real text, compare it with n-gram models, let it write, and draw its graph.

    Ctrl-C stops after the update in hand, with everything saved; --resume goes on as if nothing had happened.
    """
    from .demo import run_demo
    from .work import begin, resume

    given: dict[str, Any] = {
        "cell": cell,
        "hidden": hidden,
        "layers": layers,
        "length": length,
        "streams": streams,
        "lr": rate,
        "seed": seed,
    }
    given = {name: value for name, value in given.items() if value is not None}
    run_demo((resume if go_on else begin)(out, text, given, minutes))


@app.command()
def sample(
    model: Annotated[Path, typer.Argument(help="What demo wrote: its folder, or model.npz.", metavar="DIR_OR_FILE")],
    length: Annotated[int, _option("How many characters to write.", _whole(0), "N")] = 400,
    temperature: Annotated[
        float, _option("Below 1 the likely becomes likelier; 0 takes the likeliest.", _number(zero=True), "X")
    ] = 0.8,
    prompt: Annotated[str | None, _option("What to go on from.", str, "TEXT", "a new line")] = None,
    seed: Annotated[int | None, _option("Same seed, same text.", _whole(0), "N", "another")] = None,
) -> None:
    """Let a model that demo has trained write."""
    if prompt == "":
        raise typer.BadParameter("got nothing; need a character or more.", param_hint="'--prompt'")
    from .sample import write_sample

    write_sample(model, length, temperature, prompt, seed)


@app.command()
def draw(
    cell: Annotated[str, _option("The kind of recurrence.", _cell, CELL)] = Options.cell,
    steps: Annotated[int, _option("Time steps.", _whole(1), "N")] = 6,
    hidden: Annotated[int, _option("The size of the state.", _whole(1), "N")] = 8,
    layers: Annotated[int, _option("Recurrent layers.", _whole(1), "N")] = 1,
    seed: Annotated[int, _option("Same seed, same weights.", _whole(0), "N")] = 0,
    out: Annotated[
        Path | None, _option("The file to write; its ending says the format.", Path, "FILE", "CELL.svg")
    ] = None,
) -> None:
    """Draw the unrolled graph of a fresh cell, and the gradient's path from the last output to the first input."""
    from .draw import draw_fresh

    draw_fresh(cell, steps, hidden, layers, seed, out or Path(f"{cell}.svg"))
