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


@pytest.mark.parametrize("example", ["bptt_rnn.py", "bptt_lstm.py", "bptt_gru.py"])
def test_backpropagation_by_hand(example, capsys):
    assert runpy.run_path(str(EXAMPLES / example))["main"]() < 1e-13
    assert "weight_hh" in capsys.readouterr().out


@pytest.mark.slow
def test_adding_problem():
    assert runpy.run_path(str(EXAMPLES / "adding_problem.py"))["main"]() < 0.01


SHAPES = {
    "captioning.py": lambda right: right > 0.95,
    "classification.py": lambda right: right["attention"] > 0.98 and right["attention"] > right["last state"],
    "tagging.py": lambda right: right[0] > 0.97 and right[1] < 0.8,
    "reversal.py": lambda right: right > 0.9,
    "forecasting.py": lambda error: error["LSTM"] < 0.9 * min(e for name, e in error.items() if name != "LSTM"),
    "ctc.py": lambda wrong: wrong["GRU, prefix search"] <= wrong["GRU, best path"] + 0.01 < 0.2,
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_shapes_of_sequence_work_run(name, capsys):
    assert runpy.run_path(str(EXAMPLES / name))["main"](updates=1) is not None
    assert len(capsys.readouterr().out.splitlines()) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_the_shapes_of_sequence_work_learn(name):
    assert SHAPES[name](runpy.run_path(str(EXAMPLES / name))["main"]())


def test_every_example_is_run():
    text = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in EXAMPLES.glob("*.py") if path.name not in text] == []
