"""A trained model writes."""

import pytest

from tinygrad_seq.cli import main
from tinygrad_seq.data import Vocabulary
from tinygrad_seq.train import Options, Run, save_run


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    text = "the cat sat on the mat\n" * 40
    vocabulary = Vocabulary(sorted(set(text)))
    options = Options(hidden=24, embedding=8, length=16, streams=4, updates=200, lr=0.03)
    run = Run(options, vocabulary.encode(text), len(vocabulary))
    while not run.done:
        run.step()
    save_run(folder / "model.npz", run, vocabulary, text, None)
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
