"""The commands and their options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import __version__
from ..train.run import MINUTES, Options
from . import options as o
from .help import Command, Group
from .options import flag, number, one_of, option, whole

__all__ = ["app"]

app = typer.Typer(
    cls=Group,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

PICTURES = (".svg", ".html", ".png", ".pdf", ".dot", ".gv", ".json", ".mmd", ".txt", ".gif", ".apng")
FIGURES = (".png", ".svg", ".pdf", ".csv")
KINDS = ("heat", "triangle", "jacobians", "gates", "ledger", "memory", "compare")
COMPARED = ("rnn", "lstm", "gru")
LAYER = "cell hidden layers bidirectional lengths forget_bias reset peepholes seed".split()
OWN = {"forget_bias": ("lstm", "mgu"), "reset": ("gru",), "peepholes": ("lstm",)}
"""Which cells have an option that not all have."""


@app.callback()
def everything(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", metavar="")] = False,
) -> None:
    """Train a character model, let it write, and see how gradients flow through its unrolled graph."""
    if version:
        typer.echo(f"tinygrad-seq {__version__}")
        raise typer.Exit


@app.command(cls=Command)
def demo(
    context: typer.Context,
    text: Annotated[
        Path | None, option("A text in UTF-8.", Path, "FILE", default="the language reference of Python")
    ] = None,
    cell: Annotated[str, option("The kind of recurrence.", one_of("rnn", "lstm", "gru"), "rnn|lstm|gru")] = "lstm",
    hidden: Annotated[int, option("The size of the state.", whole(1), "N")] = Options.hidden,
    layers: Annotated[int, option("Recurrent layers.", whole(1), "N")] = Options.layers,
    length: Annotated[
        int, option("Characters in a window, which is how far back gradients go.", whole(1), "N")
    ] = Options.length,
    streams: Annotated[int, option("Places of the text that are read side by side.", whole(1), "N")] = Options.streams,
    rate: Annotated[
        float | None, option("The highest learning rate.", number(), "X", default="by the cell and its size")
    ] = None,
    minutes: Annotated[
        float,
        option(
            "How long to train, in minutes of a slow core; turned into a number of updates beforehand, so that the "
            "result does not depend on the machine's speed.",
            number(),
            "X",
        ),
    ] = MINUTES,
    seed: Annotated[int, option("Same seed, same result, bit for bit.", whole(0), "N")] = Options.seed,
    out: Annotated[Path, option("The folder for the files that are written.", Path, "DIR")] = Path("out"),
    go_on: Annotated[bool, flag("--resume", "Go on with the run in --out.")] = False,
) -> None:
    """Train a character model on real text, compare it with n-gram models, let it write, and draw its graph.

    Ctrl-C stops after the update in hand, with everything saved; --resume goes on as if nothing had happened.
    """
    from .demo import run_demo
    from .work import begin, resume

    known = {"cell": cell, "hidden": hidden, "layers": layers, "length": length, "streams": streams, "seed": seed}
    given = {name: value for name, value in (known | {"rate": rate}).items() if _typed(context, name)}
    if "rate" in given:
        given["lr"] = given.pop("rate")
    run_demo((resume if go_on else begin)(out, text, given, minutes if _typed(context, "minutes") else None))


@app.command(cls=Command)
def sample(
    model: Annotated[Path, typer.Argument(help="What demo wrote: its folder, or model.npz.", metavar="MODEL")],
    length: Annotated[int, option("How many characters to write.", whole(0), "N")] = 400,
    temperature: Annotated[
        float, option("Below 1 the likely becomes likelier; 0 takes the likeliest.", number(reached=True), "X")
    ] = 0.8,
    prompt: Annotated[str | None, option("What to go on from.", str, "TEXT", default="a new line")] = None,
    seed: Annotated[int | None, option("Same seed, same text.", whole(0), "N", default="another")] = None,
) -> None:
    """Let a model that demo has trained write."""
    if prompt == "":
        raise typer.BadParameter("got nothing; need a character or more.", param_hint="'--prompt'")
    from .sample import write_sample

    write_sample(model, length, temperature, prompt, seed)


@app.command(cls=Command)
def draw(
    context: typer.Context,
    model: o.Model = None,
    text: o.Text = None,
    steps: o.Steps = 6,
    cell: o.Cell = "lstm",
    hidden: o.Hidden = 8,
    layers: o.Layers = 1,
    bidirectional: o.Bidirectional = False,
    lengths: o.Lengths = None,
    forget_bias: o.ForgetBias = None,
    reset: o.Reset = "after",
    peepholes: o.Peepholes = None,
    seed: o.Seed = 0,
    start: o.Start = "loss@-1",
    end: Annotated[
        str,
        option("Where it goes to; the paths between are highlighted. Or none.", o.node, "NODE", "--to", panel=o.HOW),
    ] = "x@0",
    only: Annotated[
        str | None,
        option(
            "Only paths along the cell state (cell), without it (hidden), or through one gate (f).",
            str,
            "ROLE",
            default="all paths",
            panel=o.HOW,
        ),
    ] = None,
    level: Annotated[
        str | None,
        option(
            "rolled: one step for all. steps: states. gates: what has a name. ops: every operation.",
            one_of("rolled", "steps", "gates", "ops"),
            "LEVEL",
            default="gates",
            panel=o.HOW,
        ),
    ] = None,
    focus: Annotated[
        Any,
        option(
            "Steps that are drawn in any case: 40,41.",
            o.whole_numbers(0, "40,41"),
            "N,N,...",
            default="the ends, and the steepest change",
            panel=o.HOW,
        ),
    ] = (),
    columns: Annotated[int, option("Steps that are drawn at most; a page has all.", whole(1), "N", panel=o.HOW)] = 12,
    fold: Annotated[
        list[str] | None,
        option("A module whose steps are one box each: LSTM/l1. Repeat it.", str, "PATH", panel=o.HOW),
    ] = None,
    plain: Annotated[bool, flag("--no-gradients", "Do not measure how much gradient flows.", o.HOW)] = False,
    _gradients: Annotated[bool, typer.Option("--gradients", help="The default.", hidden=True)] = True,
    title: o.Title = None,
    dark: o.Dark = False,
    out: Annotated[
        list[Path] | None,
        option(
            "The file to write; its ending says the format: .svg .html .png .pdf .dot .json .mmd .txt, .gif for the "
            "backward pass in motion, or - for text on the terminal. May be repeated.",
            o.file_of(*PICTURES, stdout=True),
            "FILE",
            default="CELL.svg, or with --open CELL.html",
            panel=o.FILES,
        ),
    ] = None,
    show: o.Open = False,
) -> None:
    """Draw an unrolled graph, how much gradient flows along each edge, and its way from a loss to an input."""
    _check_subject(context, model, [cell])
    if show and out and not any(path.suffix for path in out):
        raise typer.BadParameter("got the terminal for --out; need a file to show.", param_hint="'--open'")
    if only is not None and end == "none":
        raise typer.BadParameter("got it beside --to none; name a node there, or leave it out.", param_hint="'--only'")
    from .draw import Look, draw_subject
    from .subject import Layer, fresh, trained

    look = Look(level, start, end, only, not plain, focus, columns, tuple(fold or ()), title, dark)
    own = {"forget_bias": forget_bias, "reset": reset, "peepholes": peepholes}
    if model is not None:
        subject = trained(model, text, steps if _typed(context, "steps") else None)
    else:
        subject = fresh(Layer(cell, hidden, layers, bidirectional, **_own(cell, own)), steps, lengths, seed)
    draw_subject(subject, look, out or [Path(f"{subject.name}.{'html' if show else 'svg'}")], show)


@app.command(cls=Command)
def plot(
    context: typer.Context,
    kind: Annotated[
        str,
        typer.Argument(
            help="heat: the gradient of each role over time. triangle: of the loss at t by the state at s. jacobians: "
            "how each step stretches a gradient. gates: activations. ledger: the share of each step in a weight's "
            "gradient. memory: how far back it reaches. compare: heat of rnn, lstm and gru.",
            parser=one_of(*KINDS),
            metavar="KIND",
            show_default=False,
        ),
    ],
    model: o.Model = None,
    text: o.Text = None,
    steps: o.Steps = 50,
    cell: o.Cell = "lstm",
    hidden: o.Hidden = 8,
    layers: o.Layers = 1,
    bidirectional: o.Bidirectional = False,
    lengths: o.Lengths = None,
    forget_bias: o.ForgetBias = None,
    reset: o.Reset = "after",
    peepholes: o.Peepholes = None,
    seed: o.Seed = 0,
    start: o.Start = "loss@-1",
    state: Annotated[
        str, option("The state of triangle, jacobians, memory and compare: h, c, or l1/h.", str, "NAME", panel=o.HOW)
    ] = "h",
    weight: Annotated[str, option("The parameter of ledger.", str, "NAME", panel=o.HOW)] = "weight_hh_l0",
    title: o.Title = None,
    dark: o.Dark = False,
    out: Annotated[
        list[Path] | None,
        option(
            "The file to write: .png, .svg or .pdf for the plot, .csv for its numbers. May be repeated.",
            o.file_of(*FIGURES),
            "FILE",
            default="KIND.png",
            panel=o.FILES,
        ),
    ] = None,
    show: o.Open = False,
) -> None:
    """Plot one measurement of the gradient, or write its numbers. Plots need the extra "plot"."""
    cells = COMPARED if kind == "compare" else (cell,)
    _check_subject(context, model, cells)
    if kind == "compare" and (model is not None or _typed(context, "cell")):
        raise typer.BadParameter(
            f"compare: got {'a model' if model else '--cell'}; it draws fresh cells, one of each kind.",
            param_hint="'KIND'",
        )
    from .plot import Plot, plot_subjects
    from .subject import Layer, fresh, trained

    own = {"forget_bias": forget_bias, "reset": reset, "peepholes": peepholes}
    if model is not None:
        subjects = [trained(model, text, steps if _typed(context, "steps") else None)]
    else:
        built = [Layer(each, hidden, layers, bidirectional, **_own(each, own)) for each in cells]
        subjects = [fresh(layer, steps, lengths, seed) for layer in built]
    plot_subjects(kind, subjects, Plot(start, state, weight, title, dark), out or [Path(f"{kind}.png")], show)


@app.command(cls=Command)
def diff(
    context: typer.Context,
    first: Annotated[
        Path, typer.Argument(help="A picture that draw wrote as .json, or a model that demo has trained.", metavar="A")
    ],
    second: Annotated[Path, typer.Argument(help="What it is compared with.", metavar="B")],
    text: Annotated[
        str | None, option("What models read.", str, "TEXT", default="the beginning of the text they learned from")
    ] = None,
    steps: Annotated[int, option("Of this text so many characters.", whole(1), "N")] = 8,
    dark: o.Dark = False,
    out: Annotated[
        list[Path] | None,
        option("A plot of B's gradients over A's: .png, .svg or .pdf.", o.file_of(*FIGURES[:3]), "FILE"),
    ] = None,
    show: o.Open = False,
) -> None:
    """Say what differs between two pictures or two models: in structure, and by how much in gradient."""
    if show and not out:
        raise typer.BadParameter("got no --out; need a file to show.", param_hint="'--open'")
    from .diff import print_diff

    print_diff(first, second, text, steps if _typed(context, "steps") else None, out or [], dark, show)


def _typed(context: typer.Context, name: str) -> bool:
    """Whether an option was given, and not left at its default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _check_subject(context: typer.Context, model: Path | None, cells: Sequence[str]) -> None:
    """A trained model has its own layer, a fresh one reads no text, and not every cell has every option."""
    for name in LAYER if model is not None else ["text", *OWN]:
        if not _typed(context, name):
            continue
        if model is not None:
            problem = f"got it beside the model '{model}', which has its own; leave it out."
        elif name == "text":
            problem = "got it without a MODEL to read it; name one, or leave it out."
        elif not set(cells).intersection(OWN[name]):
            problem = f"got it for {' '.join(cells)}; need --cell {' or '.join(OWN[name])}, or leave it out."
        else:
            continue
        raise typer.BadParameter(problem, param_hint=f"'--{name.replace('_', '-')}'")


def _own(cell: str, options: dict[str, Any]) -> dict[str, Any]:
    """Those of the options that the cell has."""
    return {name: value for name, value in options.items() if cell in OWN[name]}
