"""Bad input: one or two lines on stderr that say what to do, an exit status, no traceback, and nothing half done."""

import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from tinygrad_seq import io
from tinygrad_seq.cli import main

QUICK = ["--hidden", "4", "--length", "8", "--streams", "2", "--minutes", "1e-9"]


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "good.txt"
    path.write_text("abcd efgh " * 20, encoding="utf-8")
    return path


def call(capsys, *arguments):
    """Exit status and stderr of a command, run in this process."""
    with pytest.raises(SystemExit) as exit_:
        main([str(a) for a in arguments])
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert 1 <= err.count("\n") <= 2
    return exit_.value.code, err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["demo", "--cell", "mlp"], "tinygrad-seq demo: .*'--cell': got 'mlp'; need rnn, lstm or gru"),
        (["demo", "--hidden", "0"], "'--hidden': got '0'; need a whole number of at least 1"),
        (["demo", "--hidden", "-3"], "'--hidden': got '-3'; need a whole number of at least 1"),
        (["demo", "--hidden", "many"], "'--hidden': got 'many'; need a whole number of at least 1"),
        (["demo", "--hidden", "1.5"], "'--hidden': got '1.5'; need a whole number of at least 1"),
        (["demo", "--hidden", ""], "'--hidden': got ''; need a whole number of at least 1"),
        (["demo", "--layers", "0"], "'--layers': got '0'; need"),
        (["demo", "--length", "0"], "'--length': got '0'; need"),
        (["demo", "--streams", "0"], "'--streams': got '0'; need"),
        (["demo", "--minutes", "0"], "'--minutes': got '0'; need a number above 0"),
        (["demo", "--minutes", "nan"], "'--minutes': got 'nan'; need a number above 0"),
        (["demo", "--minutes", "inf"], "'--minutes': got 'inf'; need a number above 0"),
        (["demo", "--minutes", "soon"], "'--minutes': got 'soon'; need a number above 0"),
        (["demo", "--rate", "-1"], "'--rate': got '-1'; need a number above 0"),
        (["demo", "--seed", "-1"], "'--seed': got '-1'; need a whole number of at least 0"),
        (["demo", "--hidden"], "--hidden.*requires an argument"),
        (["demo", "--colour", "red"], "No such option.*--colour"),
        (["demo", "extra"], "extra"),
        (["dance"], "tinygrad-seq: .*No such command 'dance'"),
        (["sample"], "tinygrad-seq sample: Missing argument 'MODEL'"),
        (["sample", "x", "--length", "-1"], "'--length': got '-1'; need a whole number of at least 0"),
        (["sample", "x", "--temperature", "-1"], "'--temperature': got '-1'; need a number of at least 0"),
        (["sample", "x", "--prompt", ""], "--prompt.*got nothing; need a character or more"),
        (["draw", "--cell", "mlp"], "tinygrad-seq draw: .*'--cell': got 'mlp'; need rnn, lstm, gru or mgu"),
        (["draw", "--steps", "0"], "'--steps': got '0'; need a whole number of at least 1"),
        (["draw", "--columns", "0"], "'--columns': got '0'; need a whole number of at least 1"),
        (["draw", "--level", "big"], "'--level': got 'big'; need rolled, steps, gates or ops"),
        (["draw", "--focus", "4,x"], "'--focus': got '4,x'; need whole numbers of at least 0, such as 40,41"),
        (["draw", "--lengths", "3,0"], "'--lengths': got '3,0'; need whole numbers of at least 1, such as 6,4,2"),
        (["draw", "--forget-bias", "nan"], "'--forget-bias': got 'nan'; need a finite number"),
        (["draw", "--only", "cell", "--to", "none"], "'--only': got it beside --to none; name a node there"),
        (["draw", "--reset", "now"], "'--reset': got 'now'; need after or before"),
        (["draw", "--cell", "rnn", "--forget-bias", "3"], "'--forget-bias': got it for rnn; need --cell lstm or mgu"),
        (["draw", "--peepholes", "full", "--cell", "gru"], "'--peepholes': got it for gru; need --cell lstm, or leave"),
        (["draw", "--reset", "before"], "'--reset': got it for lstm; need --cell gru, or leave it out"),
        (["draw", "--from", "h@x"], "'--from': got 'h@x'; need NAME or NAME@STEP, such as loss@-1"),
        (["draw", "--from", "loss@6"], "'--from': got 'loss@6'; the steps are 0 to 5"),
        (["draw", "--out", "x.bmp"], "'--out': got 'x.bmp', whose ending is .bmp; need .svg, .html, .png.*, or - for"),
        (["draw", "--out", "x.svg", "--out", "x"], "'--out': got 'x', which has no ending; need .svg"),
        (["draw", "--open", "--out", "-"], "'--open': got the terminal for --out; need a file to show"),
        (["draw", "--text", "abc"], "'--text': got it without a MODEL to read it; name one, or leave it out"),
        (["draw", "LSTM"], "'MODEL': got 'LSTM', and there is no such file; a fresh layer is: --cell lstm"),
        (["draw", "model.npz", "--cell", "gru"], "'--cell': got it beside the model 'model.npz', which has its own"),
        (["draw", "model.npz", "--forget-bias", "3"], "'--forget-bias': got it beside the model 'model.npz'"),
        (["plot"], "Missing argument 'KIND'"),
        (["plot", "dance"], "'KIND': got 'dance'; need heat, triangle, jacobians, gates, ledger, memory or compare"),
        (["plot", "heat", "--out", "x.html"], "'--out': got 'x.html', whose ending is .html; need .png, .svg, .pdf or"),
        (["plot", "compare", "--cell", "gru"], "compare: got --cell; it draws fresh cells, one of each kind"),
        (["plot", "compare", "model.npz"], "compare: got a model; it draws fresh cells"),
        (["diff", "a.json"], "Missing argument 'B'"),
        (["diff", "a.json", "b.json", "--open"], "'--open': got no --out; need a file to show"),
    ],
)
def test_wrong_usage_is_status_2_and_points_to_help(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, err = call(capsys, *arguments)
    first, second = err.splitlines()
    assert status == 2
    assert re.search(message, first)
    assert re.fullmatch(r"Try 'tinygrad-seq( demo| sample| draw| plot| diff)? --help'\.", second)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read '.*': No such file or directory; need a text file"),
        (b"", "has 0 characters; need 11 or more .* use a longer text"),
        (b"0123456789", "has 10 characters; need 11 or more for one window of 8 and the held-out part"),
        ("Grüße".encode("latin1"), "is not UTF-8: byte 0xfc at position 2; convert it, for example with: iconv"),
        (b"\xff\xfe" + "abc".encode("utf-16-le"), "is not UTF-8: byte 0xff at position 0"),
        ("folder", "cannot read '.*': Is a directory"),
    ],
)
def test_a_text_that_cannot_be_used(content, message, capsys, tmp_path):
    path = tmp_path / "text.txt"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    status, err = call(capsys, "demo", "--text", path, *QUICK, "--out", tmp_path / "out")
    assert status == 1
    assert re.search(message, err)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("length", [1, 9])
def test_the_shortest_text_that_is_long_enough_works(length, capsys, tmp_path):
    options = ["--hidden", 4, "--length", length, "--minutes", "1e-9", "--out", tmp_path]
    path = tmp_path / "text.txt"
    path.write_text("a")
    _, err = call(capsys, "demo", "--text", path, *options)
    need = int(re.search(r"need (\d+) or more", err)[1])
    path.write_text("ab" * need)
    path.write_text(path.read_text()[:need])
    main(["demo", "--text", str(path), *map(str, options)])
    assert (tmp_path / "graph.svg").exists()


@pytest.mark.parametrize("content", ["a" * 50, "\x1b[31m[bold]]" * 10, "日本語\ud7ff\U0001f600 " * 10])
def test_odd_texts_work(content, capsys, tmp_path):
    path = tmp_path / "[b] text.txt"
    path.write_text(content, encoding="utf-8")
    main(["demo", "--text", str(path), *QUICK, "--out", str(tmp_path / "[out]")])
    assert "[out]" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written(text, capsys, tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        status, err = call(capsys, "demo", "--text", text, *QUICK, "--out", out)
        assert status == 1
        assert re.search("cannot write into the folder '.*': .*; choose another with --out", err)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(text, capsys, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    status, err = call(capsys, "demo", "--text", text, *QUICK, "--out", tmp_path / "locked")
    assert status == 1
    assert "Permission denied; choose another with --out" in err
    status, err = call(capsys, "draw", "--steps", 2, "--out", tmp_path / "locked" / "x.svg")
    assert status == 1
    assert "Permission denied; need a folder with space that you may write to; choose another one" in err


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    (folder / "good.txt").write_text("abcd efgh " * 20, encoding="utf-8")
    main(["demo", "--text", str(folder / "good.txt"), *QUICK, "--out", str(folder)])
    return folder


@pytest.fixture
def trained(trained_once, tmp_path, capsys):
    capsys.readouterr()
    return shutil.copytree(trained_once, tmp_path / "trained")


def test_resume_needs_an_earlier_run(text, capsys, tmp_path):
    status, err = call(capsys, "demo", "--text", text, "--resume", "--out", tmp_path / "none")
    assert status == 1
    assert re.search("there is no '.*model.npz' to resume; give the folder of an earlier run with --out", err)
    assert not (tmp_path / "none").exists()


def damage(path, how):
    whole = path.read_bytes()
    if how == "flipped":
        k = len(whole) // 2
        path.write_bytes(whole[:k] + bytes([whole[k] ^ 1]) + whole[k + 1 :])
    elif how == "cut off":
        path.write_bytes(whole[:-100])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "numpy":
        np.savez(path, a=np.ones(3))
    elif how == "other state":
        io.save(path, {"model": {"weight": np.ones(3)}})
    elif how == "other value":
        io.save(path, [1, 2, 3])
    elif how == "other parts":
        state = io.load(path)
        io.save(path, {**state, "run": {**state["run"], "options": {"cell": "mlp", "colour": "red"}}})


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("flipped", "is damaged: its checksum is"),
        ("cut off", "cut off or altered, or another program wrote it"),
        ("empty", r"\(0 bytes\) does not end as a file of tg.io.save does"),
        ("numpy", "another program wrote it"),
        ("other state", "holds no language model; need the model.npz of 'tinygrad-seq demo'"),
        ("other value", "holds no language model"),
        ("other parts", "holds no language model"),
    ],
)
def test_a_damaged_or_foreign_model(how, message, trained, capsys):
    path = trained / "model.npz"
    damage(path, how)
    before = path.read_bytes()
    for arguments in (["demo", "--resume", "--out", trained], ["sample", trained], ["sample", path]):
        status, err = call(capsys, *arguments)
        assert status == 1
        assert re.search(message, err)
        assert str(path) in err
    assert path.read_bytes() == before


def test_resume_refuses_other_options_and_other_texts(trained, text, capsys, tmp_path):
    status, err = call(capsys, "demo", "--resume", "--hidden", "5", "--out", trained)
    assert status == 2
    assert re.search("'--hidden' with '--resume': got 5, but the run in '.*' has 4; leave it out", err)
    other = tmp_path / "other.txt"
    other.write_text(text.read_text() + "!")
    status, err = call(capsys, "demo", "--resume", "--text", other, "--out", trained)
    assert status == 1
    assert re.search("learned from a text other than '.*other.txt'", err)
    main(["demo", "--resume", "--hidden", "4", "--text", str(text), "--out", str(trained)])


def test_a_model_that_is_not_there(capsys, tmp_path):
    for path in (tmp_path, tmp_path / "none.npz"):
        status, err = call(capsys, "sample", path)
        assert status == 1
        assert re.search("there is no '.*'; train a model first, with: tinygrad-seq demo", err)


def test_a_text_that_the_model_cannot_read(trained, capsys, tmp_path):
    for arguments in (["sample", trained, "--prompt", "abZ?"], ["draw", trained, "--text", "abZ?"]):
        status, err = call(capsys, *arguments, *(["--out", tmp_path / "x.svg"] if "--text" in arguments else []))
        assert status == 2
        assert "'?', 'Z', not among the 9 characters of the vocabulary" in err
    state = io.load(trained / "model.npz")
    io.save(trained / "model.npz", {**state, "text": {**state["text"], "source": "gone.txt"}})
    status, err = call(capsys, "draw", trained, "--out", tmp_path / "x.svg")
    assert status == 2
    assert re.search(r"'--text': got none, and 'gone.txt', which the model learned from, cannot be read; give", err)
    status, err = call(capsys, "draw", trained, "--text", "a", "--out", tmp_path / "x.svg")
    assert status == 2
    assert "'--text': got 'a'; need 2 characters or more, one to read and one to predict" in err
    assert not (tmp_path / "x.svg").exists()


def test_a_model_larger_than_memory(text, capsys, tmp_path):
    status, err = call(capsys, "demo", "--text", text, "--hidden", 10**8, "--minutes", 1, "--out", tmp_path / "out")
    assert status == 1
    assert "not enough memory" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--focus", "6"], "draw: got focus on step 6; the steps are 0 to 5"),
        (["--to", "h@6"], "draw: got 'h@6'; the steps are 0 to 5"),
        (["--to", "q"], "draw: nothing is called 'q'; there are weight_ih_l0, "),
        (["--from", "q@1"], "draw: nothing is called 'q@1'; there are"),
        (["--only", "q"], "draw: got only='q'; need 'cell', 'hidden', or roles: c, f, g, h, i, loss, o"),
        (["--fold", "LSTM/l1"], "draw: got fold of 'LSTM/l1'; the modules are LSTM/l0, loss"),
    ],
)
def test_what_the_graph_has_not_is_status_2(arguments, message, capsys, tmp_path):
    status, err = call(capsys, "draw", *arguments, "--out", tmp_path / "x.svg")
    assert status == 2
    assert err.startswith(f"tinygrad-seq: {message}")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_of_several_files_all_are_written_or_none(capsys, tmp_path, monkeypatch):
    (tmp_path / "a.svg").write_text("before")
    (tmp_path / "folder.svg").mkdir()
    wrong = {
        tmp_path / "none" / "x.svg": r"whose folder does not exist; create '.*none' first",
        tmp_path / "folder.svg": "which is a folder; need the name of a file",
        tmp_path / "x.png": "drawn by Graphviz, whose program neato is not installed; install Graphviz",
    }
    monkeypatch.setenv("PATH", "")
    for path, message in wrong.items():
        status, err = call(capsys, "draw", "--steps", 2, "--out", tmp_path / "a.svg", "--out", path)
        assert status == 1
        assert re.search(message, err)
        assert sorted(found.name for found in tmp_path.iterdir()) == ["a.svg", "folder.svg"]
        assert (tmp_path / "a.svg").read_text() == "before"


def test_ctrl_c_while_drawing(capsys, tmp_path, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("tinygrad_seq.viz.Picture.save", interrupt, raising=True)
    status, err = call(capsys, "draw", "--steps", 2, "--out", tmp_path / "x.svg")
    assert (status, err) == (130, "tinygrad-seq: stopped\n")
    assert list(tmp_path.iterdir()) == []


def test_without_a_browser_or_matplotlib(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("webbrowser.open", lambda url: False)
    status, err = call(capsys, "draw", "--steps", 2, "--out", tmp_path / "x.svg", "--open")
    assert status == 1
    assert re.search(r"draw: found no browser; open '.*x.svg' in one yourself", err)
    assert (tmp_path / "x.svg").exists()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    status, err = call(capsys, "plot", "heat", "--steps", 3, "--out", tmp_path / "x.png")
    assert status == 1
    assert 'pip install "tinygrad_seq[plot]"' in err
    assert not (tmp_path / "x.png").exists()


def test_nothing_to_compare(capsys, tmp_path):
    (tmp_path / "a.json").write_text("{")
    for path, message in {
        tmp_path / "a.json": "from_json: got text that is not JSON",
        tmp_path / "b.json": "cannot read '.*b.json': No such file or directory",
        tmp_path / "model.npz": "load: there is no '.*model.npz'; train a model first, with: tinygrad-seq demo",
    }.items():
        status, err = call(capsys, "diff", path, path)
        assert status == 1
        assert re.search(message, err)


def test_a_reader_that_goes_away(trained):
    command = [sys.executable, "-m", "tinygrad_seq", "sample", str(trained), "--length", "3000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
