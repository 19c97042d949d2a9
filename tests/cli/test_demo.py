"""The demo as a user meets it: a process, its output, its files, Ctrl-C, and going on afterwards."""

import csv
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest

from tinygrad_seq.cli import main
from tinygrad_seq.data import NGram, held_out_split
from tinygrad_seq.train import bits_per_character, load_model, load_run

SMALL = ["--hidden", "12", "--length", "9", "--streams", "3"]
PLAN = ["--minutes", "0.003"]
WORDS = [
    "the",
    "cat",
    "and",
    "the",
    "dog",
    "sat",
    "on",
    "the",
    "mat;",
    "then",
    "a",
    "rat",
    "ran",
    "past",
    "that",
    "hat.\n",
]
FILES = ["graph.dot", "graph.html", "graph.svg", "loss.csv", "model.npz"]


def start(*arguments, **options):
    # Without a PATH no other program is found, dot least of all; and the terminal may know no more than ASCII.
    env = {**os.environ, "PATH": "", "PYTHONIOENCODING": "ascii", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "tinygrad_seq", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=env, **options)


def run(*arguments, **options):
    process = start(*arguments, **options)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "words.txt"
    rng = np.random.default_rng(0)
    path.write_text(" ".join(rng.choice(WORDS, 1000)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def finished(text, tmp_path_factory):
    """What a small demo printed, and its folder."""
    folder = tmp_path_factory.mktemp("demo") / "new" / "folder"
    status, out, err = run("demo", "--text", text, *SMALL, *PLAN, "--out", folder)
    assert (status, err) == (0, "")
    return out, folder


def test_the_files_are_written_and_named(finished):
    out, folder = finished
    assert list(contents(folder)) == FILES
    for name in FILES:
        assert str(folder / name) in out


def test_the_table_has_the_numbers_that_the_files_have(finished, text):
    out, folder = finished
    model, vocabulary = load_model(folder / "model.npz")
    ids = vocabulary.encode(text.read_text(encoding="utf-8"))
    train, held_out = held_out_split(ids)
    assert abs(len(held_out) - 0.1 * len(ids)) <= 1
    expected = {
        name: NGram(train, n, len(vocabulary)).bits(ids, len(train))
        for n, name in {0: "uniform", 1: "unigram", 2: "bigram", 3: "trigram"}.items()
    }
    expected["LSTM, 12 hidden"] = bits_per_character(model, ids, len(train))
    shown = dict(re.findall(r"^\W*((?:LSTM, 12 hidden)|\w+)\W+(\d+\.\d{3})\W*$", out, re.MULTILINE))
    for name, bits in expected.items():
        assert shown[name] == f"{bits:.3f}"


def test_it_learns(finished):
    _, folder = finished
    with (folder / "loss.csv").open() as file:
        rows = list(csv.DictReader(file))
    held_out = [float(row["held_out_bits_per_character"]) for row in rows]
    assert held_out[-1] < held_out[0] - 0.5
    assert int(rows[-1]["updates"]) == load_run(folder / "model.npz").options.updates
    assert int(rows[-1]["characters"]) == int(rows[-1]["updates"]) * 9 * 3


def test_progress_and_sample_are_shown_as_plain_lines(finished, text):
    out, _ = finished
    line = r"^ *\d+/\d+  train \d\.\d+  held out \d\.\d+  [\d,]+ chars/s  \d:\d\d left$"
    assert len(re.findall(line, out, re.MULTILINE)) >= 10
    assert "\x1b" not in out
    words = text.read_text(encoding="utf-8")
    beginning = words[round(0.9 * len(words)) :][:40]
    assert beginning in out.replace("\n", " ") or beginning in out


def test_the_picture_shows_the_way_through_time(finished):
    _, folder = finished
    svg = (folder / "graph.svg").read_text(encoding="utf-8")
    assert "LSTM, 12 hidden" in svg
    assert "t = 0" in svg
    assert "t = 8" in svg
    assert "9 time steps" in svg
    assert "weight_hh_l0" in svg


def stop_after_first_row(number, *arguments):
    process = start(*arguments)
    for line in process.stdout:
        if "left" in line:
            process.send_signal(number)
            break
    _, err = process.communicate(timeout=120)
    return process.returncode, err


@pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")
def test_ctrl_c_saves_all_and_resume_ends_as_if_nothing_had_happened(finished, text, tmp_path, capsys):
    parts = tmp_path / "parts"
    status, err = stop_after_first_row(signal.SIGINT, "demo", "--text", text, *SMALL, *PLAN, "--out", parts)
    assert status == 130
    message = rf"tinygrad-seq: stopped after update \d+ of \d+; .*--resume --out {parts}\n"
    assert re.fullmatch(message, err.replace(",", ""))
    assert list(contents(parts)) == ["loss.csv", "model.npz"]
    status, err = stop_after_first_row(signal.SIGTERM, "demo", "--resume", "--out", parts)
    assert status == 143
    saved = load_run(parts / "model.npz")
    assert 0 < saved.run["updates"] < saved.options.updates
    main(["demo", "--resume", "--out", str(parts)])
    assert "goes on after update" in capsys.readouterr().out
    assert contents(parts) == contents(finished[1])  # bit for bit, by processes with other hash seeds


def test_a_run_that_is_done_can_go_on_with_more_minutes(finished, tmp_path):
    _, folder = finished
    before = load_run(folder / "model.npz")
    (tmp_path / "model.npz").write_bytes((folder / "model.npz").read_bytes())
    main(["demo", "--resume", "--out", str(tmp_path)])  # nothing is left to do but to show
    assert contents(tmp_path)["model.npz"] == contents(folder)["model.npz"]
    main(["demo", "--resume", "--minutes", "0.0034", "--out", str(tmp_path)])
    after = load_run(tmp_path / "model.npz")
    assert after.run["updates"] == after.options.updates > before.options.updates
    assert after.run["rows"][: len(before.run["rows"])] == before.run["rows"]


def test_the_console_command_is_the_module():
    from importlib.metadata import entry_points

    found = [entry.value for entry in entry_points(group="console_scripts") if entry.name == "tinygrad-seq"]
    assert found in ([], ["tinygrad_seq.cli:main"])  # none where the checkout is not installed


@pytest.mark.slow
def test_the_defaults_beat_the_trigram_in_less_than_a_minute_of_work(tmp_path):
    status, out, err = run("demo", "--out", tmp_path)
    assert (status, err) == (0, "")
    shown = {
        name.strip(): float(bits) for name, bits in re.findall(r"^\W*([\w, -]+?)\W+(\d+\.\d{3})\W*$", out, re.MULTILINE)
    }
    assert shown["LSTM, 192 hidden"] < shown["5-gram"] < shown["trigram"] < shown["bigram"]
