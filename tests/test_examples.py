"""The examples run as they stand, and show what they say."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_vanishing_gradients(capsys):
    runpy.run_path(str(EXAMPLES / "vanishing_gradients.py"), run_name="__main__")
    rows = {line[:20].strip(): line[20:].split() for line in capsys.readouterr().out.splitlines()}
    assert rows["steps back"][-1] == "49"
    oldest = {name: float(values[-1]) for name, values in rows.items()}
    assert oldest["RNN"] < oldest["GRU"] / 1000 < oldest["LSTM, forget bias 3"] / 1e6
    assert oldest["LSTM, forget bias 3"] > 0.1


@pytest.mark.slow
def test_adding_problem():
    assert runpy.run_path(str(EXAMPLES / "adding_problem.py"))["main"]() < 0.01


def test_every_example_is_run():
    text = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in EXAMPLES.glob("*.py") if path.name not in text] == []
