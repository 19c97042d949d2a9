"""The commands beside demo."""

import pytest

from tinygrad_seq.cli import main


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    (folder / "text.txt").write_text("the cat sat on the mat\n" * 40)
    options = "--hidden 24 --length 16 --streams 4 --minutes 0.03 --rate 0.02"
    main(["demo", "--text", str(folder / "text.txt"), *options.split(), "--out", str(folder)])
    return folder


def sample(capsys, *arguments):
    capsys.readouterr()
    main(["sample", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_a_model_writes_what_it_has_learned(trained, capsys):
    assert (
        sample(capsys, trained, "--temperature", 0, "--length", 19, "--prompt", "the ") == "the cat sat on the mat\n\n"
    )
    assert sample(capsys, trained / "model.npz", "--temperature", 0, "--length", 7) == "the cat\n"


def test_length_and_seed(trained, capsys):
    texts = [sample(capsys, trained, "--seed", seed, "--length", 200, "--temperature", 3) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    assert [len(text) for text in texts] == [201] * 3
    assert sample(capsys, trained, "--length", 0, "--prompt", "the") == "the\n"


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("ending", [".svg", ".html", ".dot"])
def test_a_fresh_cell_is_drawn(cell, ending, tmp_path):
    arguments = ["draw", "--cell", cell, "--steps", "3", "--layers", "2", "--hidden", "4", "--out"]
    for name in "ab":
        main([*arguments, str(tmp_path / (name + ending))])
    first, second = ((tmp_path / (name + ending)).read_text(encoding="utf-8") for name in "ab")
    assert first == second
    assert f"{cell.upper()}, 3 steps" in first
    assert "weight_hh_l1" in first


def test_the_picture_is_named_after_the_cell(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["draw", "--cell", "gru", "--steps", "2"])
    assert [path.name for path in tmp_path.iterdir()] == ["gru.svg"]


def test_without_a_command_there_is_help(capsys):
    main([])
    assert "demo" in capsys.readouterr().out
