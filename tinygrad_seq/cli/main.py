"""From arguments to an exit status: errors become one or two lines on stderr."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any

import typer

from ..errors import GraphError, OptionError, TinygradSeqError
from .app import app
from .signals import Stopped

__all__ = ["main"]

# Click's base class of all errors of usage; typer does not name it, and brings its own click.
UsageError: Any = typer.BadParameter.__mro__[1]
STOPPED = 130


@cache
def command() -> Any:
    """All commands, as click sees them; typer takes its time to work them out from signatures."""
    return typer.main.get_command(app)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit: 0 if all went well, 1 for a failure, 2 for wrong usage, 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal may lack a character
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if command().main(arguments or ["--help"], "tinygrad-seq", standalone_mode=False) == STOPPED:
            raise KeyboardInterrupt  # newer versions of typer return a status in its place
    except UsageError as error:
        name = error.ctx.command_path if error.ctx else "tinygrad-seq"
        _fail(2, f"{name}: {error.format_message()}", f"Try '{name} --help'.")
    except Stopped as stop:
        _fail(stop.status, str(stop))
    except (KeyboardInterrupt, typer.Abort):
        _fail(STOPPED, "tinygrad-seq: stopped")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads; say nothing at exit either
        _fail(1)
    except (OptionError, GraphError) as error:  # what was typed fits no graph
        _fail(2, f"tinygrad-seq: {error}")
    except (TinygradSeqError, OSError) as error:
        _fail(1, f"tinygrad-seq: {error}")
    except MemoryError as error:
        _fail(1, f"tinygrad-seq: not enough memory: {error}; use smaller sizes")


def _fail(status: int, *lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)
    raise SystemExit(status)
