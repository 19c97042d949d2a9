"""A state_dict goes to PyTorch and back unchanged, with every option that PyTorch has, by hand and by file."""

import itertools

import numpy as np
import pytest

import tinygrad_seq as tg

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:LSTM with projections")]

LAYERS = [
    (kind, {"num_layers": layers, "bias": bias, "bidirectional": both, "batch_first": first, "proj_size": proj})
    for kind, layers, bias, both, first, proj in itertools.product(
        ("RNN", "LSTM", "GRU"), (1, 2, 3), (True, False), (True, False), (True, False), (0, 2)
    )
    if proj == 0 or kind == "LSTM"
]
LAYERS += [(f"{kind}Cell", {"bias": bias}) for kind in ("RNN", "LSTM", "GRU") for bias in (True, False)]
LAYERS += [("RNN", {"nonlinearity": "relu"}), ("RNNCell", {"nonlinearity": "relu"})]


def outputs(result):
    return np.concatenate([np.asarray(part.detach()).ravel() for part in flat(result)])


def flat(result):
    return [each for part in result for each in flat(part)] if isinstance(result, tuple) else [result]


@pytest.mark.parametrize("by_file", [False, True], ids=["dict", "safetensors"])
def test_both_ways(by_file, tmp_path):
    x = np.random.default_rng(0).normal(size=(5, 2, 3)).astype("float32")
    path = tmp_path / "model.safetensors"
    if by_file:
        files = pytest.importorskip("safetensors.torch")
    for kind, options in LAYERS if not by_file else LAYERS[::7]:
        given = {name: value for name, value in options.items() if value or name == "bias"}
        ours, theirs = getattr(tg.nn, kind)(3, 4, **given), getattr(torch.nn, kind)(3, 4, **given)
        inputs = x[0] if kind.endswith("Cell") else x
        if by_file:
            files.save_file(theirs.state_dict(), path)
            ours.load_state_dict(tg.io.load_safetensors(path))
        else:
            ours.load_state_dict(theirs.state_dict())
        assert list(ours.state_dict()) == list(theirs.state_dict())
        np.testing.assert_allclose(
            outputs(ours(inputs)), outputs(theirs(torch.from_numpy(inputs))), rtol=0, atol=1e-6, err_msg=str(given)
        )
        fresh, back = getattr(tg.nn, kind)(3, 4, **given), getattr(torch.nn, kind)(3, 4, **given)
        if by_file:
            tg.io.save_safetensors(path, fresh.state_dict())
            back.load_state_dict(files.load_file(path))
        else:
            back.load_state_dict({name: torch.from_numpy(array) for name, array in fresh.state_dict().items()})
        for name, array in back.state_dict().items():
            assert array.numpy().tobytes() == fresh.state_dict()[name].tobytes()
