"""What a demo is set up with, before it trains."""

import pytest

from tinygrad_seq.cli.work import begin
from tinygrad_seq.train import usual_rate


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("ab" * 900 + "Z" * 200, encoding="utf-8")
    return path


def test_nothing_is_learned_from_the_held_out_part(text, tmp_path):
    work = begin(tmp_path, text, {"length": 7, "streams": 3}, 0.01)
    assert work.start == 1800
    held_out = work.vocabulary.encode("Z")[0]
    assert all(held_out not in x and held_out not in y for x, y in work.run.windows)
    assert sum(x.size for x, _ in work.run.windows) > 1750


def test_a_short_text_has_fewer_streams(text, tmp_path):
    assert begin(tmp_path, text, {"length": 100}, 0.01).run.options.streams == 16
    assert begin(tmp_path, text, {"length": 500}, 0.01).run.options.streams == 3


def test_the_options_are_those_that_were_given(text, tmp_path):
    given = {"cell": "gru", "hidden": 300, "layers": 2, "length": 8, "streams": 2, "seed": 7}
    options = begin(tmp_path, text, given, 0.01).run.options
    assert {name: getattr(options, name) for name in given} == given
    assert options.lr == usual_rate("gru", 300)
    assert begin(tmp_path, text, {**given, "lr": 0.5}, 0.01).run.options.lr == 0.5


def test_more_minutes_are_more_updates(text, tmp_path):
    few, many = (begin(tmp_path, text, {}, minutes).run.options.updates for minutes in (0.01, 0.1))
    assert many == pytest.approx(10 * few, rel=0.1)
