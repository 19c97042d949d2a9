"""The command draw: what is drawn, of what, and where it is written."""

import json
import re

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq.cli import main
from tinygrad_seq.cli.subject import Layer, fresh, trained
from tinygrad_seq.data import Vocabulary
from tinygrad_seq.train import Options, Run, load_model, save_run

TEXT = "the cat sat on the mat\n" * 4


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A saved model, two layers, of a text that lies beside it."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "text.txt").write_text(TEXT)
    vocabulary = Vocabulary(sorted(set(TEXT)))
    options = Options(cell="gru", hidden=4, layers=2, embedding=3, length=8, streams=2)
    run = Run(options, vocabulary.encode(TEXT), len(vocabulary))
    save_run(folder / "model.npz", run, vocabulary, TEXT, str(folder / "text.txt"))
    return folder


def drawn(path, *arguments):
    """The JSON of a picture."""
    main(["draw", *map(str, arguments), "--out", str(path / "picture.json")])
    return json.loads((path / "picture.json").read_text(encoding="utf-8"))


def steps_of(picture):
    return {v["t"] for v in picture["vertices"] if v.get("t") is not None}


def paths_of(picture):
    count = picture["options"]["highlight"]["paths"]
    return int(count, 0) if isinstance(count, str) else count


def names_of(picture):
    return {kind["name"] for kind in picture["kinds"]}


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "mgu"])
def test_a_fresh_cell_in_every_format(cell, tmp_path, capsys):
    files = [tmp_path / f"x.{ending}" for ending in ("svg", "html", "dot", "json", "mmd", "txt")]
    outs = [part for path in files for part in ("--out", str(path))]
    main(["draw", "--cell", cell.upper(), "--steps", "2", "--layers", "2", "--hidden", "4", *outs])
    for path in files:
        content = path.read_text(encoding="utf-8")
        assert f"{cell.upper()}, 2 layers, 2 steps: from loss@-1 to x@0" in content or path.suffix == ".mmd"
        assert "weight_hh_l1" in content.replace("#95;", "_")
    assert capsys.readouterr().out.splitlines() == [f"wrote {path}" for path in files]


def test_the_same_each_time(tmp_path):
    for name in ("a.json", "b.json"):
        main(["draw", "--seed", "5", "--out", str(tmp_path / name)])
    main(["draw", "--seed", "6", "--out", str(tmp_path / "c.json")])
    first, second, other = ((tmp_path / f"{name}.json").read_bytes() for name in "abc")
    assert first == second != other


def test_the_picture_is_named_after_what_is_drawn(tmp_path, monkeypatch, model):
    monkeypatch.chdir(tmp_path)
    shown = []
    monkeypatch.setattr("webbrowser.open", lambda url: shown.append(url) or True)
    main(["draw", "--cell", "gru", "--steps", "2"])
    main(["draw", str(model), "--open"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gru.svg", "model.html"]
    assert shown == [(tmp_path / "model.html").as_uri()]


def test_text_on_the_terminal(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["draw", "--steps", "3", "--out", "-", "--title", "mine"])
    out = capsys.readouterr().out
    assert out.startswith("mine\n3 time steps")
    assert list(tmp_path.iterdir()) == []


def test_the_layer_has_the_options_that_were_given(tmp_path):
    picture = drawn(tmp_path, "--steps", 4, "--bidirectional", "--layers", 2, "--peepholes", "diagonal", "--hidden", 3)
    assert {"weight_ci_l1_reverse", "weight_hh_l0"} <= names_of(picture)
    assert "bidirectional" in picture["options"]["title"]
    assert steps_of(picture) == {0, 1, 2, 3}
    picture = drawn(tmp_path, "--lengths", "4,2", "--cell", "gru", "--reset", "before")
    assert steps_of(picture) == {0, 1, 2, 3}
    assert any(v.get("live") for v in picture["vertices"])


@pytest.mark.parametrize(("cell", "value"), [("lstm", 3.0), ("mgu", -1.5)])
def test_forget_bias(cell, value):
    layer = Layer(cell, hidden=4, layers=2, forget_bias=value).build()
    rows = slice(4, 8) if cell == "lstm" else slice(0, 4)
    for l in (0, 1):
        both = getattr(layer, f"bias_ih_l{l}") + getattr(layer, f"bias_hh_l{l}")
        np.testing.assert_allclose(both.numpy()[rows], value)


def test_the_losses_are_those_of_the_output():
    for layer, lengths in ((Layer("gru", 4, 2, True), None), (Layer("lstm", 4), (3, 5))):
        subject = fresh(layer, 5, lengths, seed=7)
        tg.seed(7)
        built = layer.build()
        x = tg.random.generator().standard_normal((5, len(lengths or (1,)), 4)).astype("float32")
        output, state = built(x, lengths=lengths)
        expected = np.sum(output.numpy() ** 2, axis=(1, 2)) / 2
        if lengths:
            expected[-1] = np.sum(state[0].numpy() ** 2) / 2
        np.testing.assert_allclose([loss.item() for loss in subject.losses], expected, rtol=1e-5)
        assert [loss.node.label.t for loss in subject.losses] == list(range(5))


def test_a_trained_model_reads_the_text(model):
    subject = trained(model, "cat sat", None)
    language_model, vocabulary = load_model(model / "model.npz")
    ids = vocabulary.encode("cat sat")
    logits, _ = language_model(ids[:-1, None])
    expected = tg.nn.functional.cross_entropy(logits[:, 0], ids[1:], reduction="none").numpy()
    np.testing.assert_allclose([loss.item() for loss in subject.losses], expected, rtol=1e-5)
    assert subject.title == "GRU, 4 hidden, 2 layers, reads 'cat sa'"
    assert trained(model, None, 3).title.endswith("reads 'the'")
    assert trained(model, "the mat\n", 3).title.endswith("reads 'the'")
    assert trained(model, None, 60).title.endswith("...'")


def test_where_the_gradient_comes_from(tmp_path, model):
    for arguments, count, reached in (
        ([], 1, 4),
        (["--from", "loss@2"], 1, 2),
        (["--from", "loss@-2"], 1, 3),
        (["--from", "loss"], 5, 4),
    ):
        picture = drawn(tmp_path, "--steps", 5, *arguments)
        assert len(picture["outputs"]) == count
        assert steps_of(picture) == {0, 1, 2, 3, 4}
        names = [picture["kinds"][v["kind"]]["name"] for v in picture["vertices"]]
        states = {v["t"]: v["norm"] for v, name in zip(picture["vertices"], names, strict=True) if name == "h"}
        assert [t for t, norm in states.items() if norm] == list(range(reached + 1))
        assert paths_of(picture) > 1
    picture = drawn(tmp_path, model, "--text", "the mat", "--from", "l1/h@4", "--to", "l0/h@1")
    assert paths_of(picture) > 1
    assert drawn(tmp_path, "--to", "none")["options"]["highlight"] is None


def test_only_some_paths(tmp_path):
    count = {only: paths_of(drawn(tmp_path, "--steps", 4, "--to", "c@0", "--only", only)) for only in ("cell", "f")}
    assert count["cell"] == 1
    assert count["f"] > 1


def test_gradients_level_focus_columns_fold_and_title(tmp_path):
    arguments = "--steps 30 --level steps --focus 11,12 --columns 5 --fold LSTM/l0 --title <&> --no-gradients"
    picture = drawn(tmp_path, *arguments.split())
    assert not picture["measured"]
    options = picture["options"]
    assert {name: options[name] for name in ("view", "columns", "focus", "fold", "title")} == {
        "view": "steps",
        "columns": 5,
        "focus": [11, 12],
        "fold": ["LSTM/l0"],
        "title": "<&>",
    }
    assert drawn(tmp_path, "--gradients")["measured"]


def test_light_or_dark(tmp_path):
    for name, arguments in (("light", []), ("dark", ["--dark"])):
        main(["draw", "--steps", "2", *arguments, "--out", str(tmp_path / f"{name}.svg")])
    light, dark = ((tmp_path / f"{name}.svg").read_text(encoding="utf-8") for name in ("light", "dark"))
    assert re.sub("#[0-9a-f]{6}", "", light) == re.sub("#[0-9a-f]{6}", "", dark)
    assert light != dark
