"""The commands plot and diff."""

import csv

import pytest

from tinygrad_seq.cli import main
from tinygrad_seq.cli.app import KINDS
from tinygrad_seq.cli.plot import HEADINGS, PLOTS


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_kind_is_known_everywhere():
    assert tuple(PLOTS) == tuple(HEADINGS) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_the_numbers(kind, tmp_path):
    main(["plot", kind, "--steps", "5", "--hidden", "3", "--out", str(tmp_path / "x.csv")])
    found = rows(tmp_path / "x.csv")
    times = {int(row["t"]) for row in found if row["t"]}
    assert times == set(range(1 if kind == "jacobians" else 0, 5))
    if kind == "compare":
        assert list(dict.fromkeys(row["cell"] for row in found)) == ["RNN", "LSTM", "GRU"]
    if kind in ("heat", "compare"):
        assert "loss" not in {row["name"] for row in found}
    if kind == "gates":
        assert len(found) == 6 * 5 * 3  # i f g o c h, steps, units
    if kind == "ledger":
        assert sum(float(row["share"]) for row in found) == pytest.approx(1, abs=1e-6)


def test_a_long_triangle_has_no_more_rows_than_are_seen(tmp_path, monkeypatch):
    monkeypatch.setattr("tinygrad_seq.cli.plot.MOST", 5)
    main(["plot", "triangle", "--steps", "13", "--out", str(tmp_path / "x.csv")])
    assert {int(row["loss"]) for row in rows(tmp_path / "x.csv")} == {0, 3, 6, 9, 12}


def test_options_reach_the_measurement(tmp_path):
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    for path, arguments in {
        one: ["ledger"],
        other: ["ledger", "--weight", "weight_ih_l0", "--from", "loss@2"],
    }.items():
        main(["plot", *arguments, "--steps", "4", "--out", str(path)])
    assert {row["t"] for row in rows(one)} == set("0123")
    assert {row["t"] for row in rows(other) if float(row["norm"]) > 0} == set("012")
    main(["plot", "memory", "--state", "l1/c", "--layers", "2", "--steps", "4", "--out", str(one)])
    assert {row["path"] for row in rows(one)} == {"LSTM/l1"}
    main(["plot", "compare", "--forget-bias", "9", "--steps", "4", "--out", str(one)])  # of the cell that has it
    main(["plot", "compare", "--steps", "4", "--out", str(other)])
    changed = {a["cell"] for a, b in zip(rows(one), rows(other), strict=True) if a != b}
    assert changed == {"LSTM"}


def test_a_figure_is_the_same_each_time(tmp_path):
    pytest.importorskip("matplotlib")
    names = {"a.svg": b"<?xml", "b.svg": b"<?xml", "a.pdf": b"%PDF", "a.png": b"\x89PNG"}
    files = [part for name in names for part in ("--out", str(tmp_path / name))]
    main(["plot", "memory", "--steps", "2", "--dark", *files])
    found = {name: (tmp_path / name).read_bytes() for name in names}
    assert found["a.svg"] == found["b.svg"]
    assert all(found[name].startswith(head) for name, head in names.items())


def test_the_difference_of_two_pictures(tmp_path, capsys):
    paths = [str(tmp_path / f"{bias}.json") for bias in "03"]
    for bias, path in zip("03", paths, strict=True):
        main(["draw", "--steps", "4", "--forget-bias", bias, "--out", path])
    capsys.readouterr()
    main(["diff", *paths])
    out = capsys.readouterr().out
    assert "the same structure" in out
    assert "by time step" in out
    main(["draw", "--steps", "4", "--cell", "gru", "--out", paths[1]])
    capsys.readouterr()
    main(["diff", *paths])
    assert "removed" in capsys.readouterr().out


def test_the_difference_as_a_plot(tmp_path):
    pytest.importorskip("matplotlib")
    path = str(tmp_path / "a.json")
    main(["draw", "--steps", "3", "--out", path])
    main(["diff", path, path, "--out", str(tmp_path / "ratio.svg")])
    assert (tmp_path / "ratio.svg").read_text(encoding="utf-8").startswith("<?xml")
