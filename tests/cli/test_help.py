"""What --help says, and that its examples are true."""

import shlex
import subprocess
import sys

import pytest

from tinygrad_seq import __version__
from tinygrad_seq.cli import main
from tinygrad_seq.cli.help import EXAMPLES
from tinygrad_seq.cli.main import command

COMMANDS = command().commands


def shown(capsys, *arguments):
    main(list(arguments))
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_without_a_command_there_is_help(capsys):
    out = shown(capsys)
    assert out == shown(capsys, "--help")
    assert all(f"\n│ {name} " in out for name in COMMANDS)


def test_the_version(capsys):
    assert shown(capsys, "--version") == f"tinygrad-seq {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_told_in_80_columns(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = shown(capsys, name, "--help")
    told = [option for option in COMMANDS[name].params if not getattr(option, "hidden", False)]
    for option in told:
        if option.param_type_name == "option":
            assert option.help
            assert f" {option.opts[0]} " in out
    assert "<bool>" not in out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert all(line in out for line in EXAMPLES[name])


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line in lines])
def test_every_example_is_valid(line):
    program, *arguments = shlex.split(line)
    assert program == "tinygrad-seq"
    name, *rest = arguments
    if "--help" not in rest:
        COMMANDS[name].make_context(name, rest)  # parses everything, and runs nothing


def test_help_waits_for_nothing_that_a_command_imports():
    script = "import sys; from tinygrad_seq.cli import main; main(['draw', '--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()
    assert "tinygrad_seq.cli.app" in loaded
    assert not {"matplotlib", "graphviz", "tinygrad_seq.viz.drawing", "tinygrad_seq.cli.draw"}.intersection(loaded)
