"""A run is the same however often it is stopped, and carries its state over windows without its history."""

import dataclasses

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq import io
from tinygrad_seq.autograd import ancestors
from tinygrad_seq.errors import OptionError, StateError
from tinygrad_seq.train import CELLS, LanguageModel, Options, Run, updates_in

SIZE = 7
IDS = np.random.default_rng(0).integers(0, SIZE, 200)
OPTIONS = Options(hidden=6, embedding=4, length=5, streams=3, updates=30)  # an epoch is 13 windows


def parameters(run):
    return b"".join(a.tobytes() for a in run.model.state_dict().values())


def finished(run):
    while not run.done:
        run.step()
        if run.row_is_due:
            run.add_row(0.0)
    return run


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
def test_a_run_that_is_stopped_saved_and_gone_on_with_is_the_same_bit_for_bit(cell, layers, tmp_path):
    options = dataclasses.replace(OPTIONS, cell=cell, layers=layers)
    whole = finished(Run(options, IDS, SIZE))
    parts = Run(options, IDS, SIZE)
    for stop in (1, 14, 23):
        while parts.updates < stop:
            parts.step()
            if parts.row_is_due:
                parts.add_row(0.0)
        io.save(tmp_path / "run.npz", parts.state_dict())
        tg.seed(99)
        parts = Run(options, IDS, SIZE)
        parts.load_state_dict(io.load(tmp_path / "run.npz"))
    assert parameters(finished(parts)) == parameters(whole)
    assert parts.rows == whole.rows


def test_the_seed_decides():
    runs = [finished(Run(dataclasses.replace(OPTIONS, seed=seed), IDS, SIZE)) for seed in (1, 1, 2)]
    assert parameters(runs[0]) == parameters(runs[1]) != parameters(runs[2])


def test_the_state_is_carried_over_windows_and_starts_anew_with_the_text():
    run = Run(OPTIONS, IDS, SIZE)
    for k in [*range(13), 0, 1]:
        x, y = run.windows[k]
        with tg.no_grad():  # the whole text up to this window's end, with the parameters that the window meets
            logits, _ = run.model(x, None if k == 0 else run._state)
            expected = tg.nn.functional.cross_entropy(logits.reshape(-1, SIZE), y.reshape(-1))
        assert run.step() == pytest.approx(expected.item() / np.log(2), rel=1e-6)


def test_a_gradient_ends_where_its_window_begins(monkeypatch):
    sizes = []
    backward = tg.Tensor.backward

    def counted(loss, *args):
        sizes.append(len(ancestors([loss.node])))
        backward(loss, *args)

    monkeypatch.setattr(tg.Tensor, "backward", counted)
    run = Run(OPTIONS, IDS, SIZE)
    for _ in range(6):
        run.step()
    assert len(set(sizes)) == 1


@pytest.mark.parametrize("cell", CELLS)
def test_it_learns(cell):
    ids = np.array([0, 1, 3, 0, 2, 4] * 100)  # what follows 0 is told by what came before; else it costs 1/3 bit
    options = Options(cell=cell, hidden=16, embedding=8, length=10, streams=4, updates=200, lr=0.02)
    run = Run(options, ids, SIZE)
    bits = [run.step() for _ in range(200)]
    assert bits[0] > 2
    assert bits[-1] < 0.05


def test_rows_come_at_regular_updates_and_at_the_end():
    run = finished(Run(dataclasses.replace(OPTIONS, updates=43), IDS, SIZE))
    assert [row.updates for row in run.rows] == [*range(3, 43, 3), 43]
    assert [row.characters for row in run.rows] == [row.updates * 15 for row in run.rows]


def test_the_learning_rate_rises_and_falls():
    options = Options(updates=1000, lr=1.0)
    rates = [options.rate(k) for k in range(1000)]
    assert rates[0] == pytest.approx(0.05)
    assert max(rates) == rates[19] == pytest.approx(1.0, rel=1e-2)
    assert rates[19:] == sorted(rates[19:], reverse=True)
    assert rates[-1] == pytest.approx(0.01, rel=1e-2)


def test_a_loss_that_is_not_finite_stops_before_anything_changes():
    run = Run(OPTIONS, IDS, SIZE)
    run.model.load_state_dict({name: np.full_like(a, np.nan) for name, a in run.model.state_dict().items()})
    before = parameters(run)
    with pytest.raises(OptionError, match="loss is nan at update 1; need a lower learning rate"):
        run.step()
    assert parameters(run) == before
    assert run.updates == 0


def test_another_models_state_is_refused():
    run = Run(OPTIONS, IDS, SIZE)
    with pytest.raises(StateError, match=r"need one of Run.state_dict\(\)"):
        run.load_state_dict({"model": {}})
    with pytest.raises(StateError):
        run.load_state_dict(Run(dataclasses.replace(OPTIONS, hidden=7), IDS, SIZE).state_dict())


@pytest.mark.parametrize(
    ("change", "message"),
    [({"updates": 0}, "updates=0"), ({"lr": 0.0}, "lr=0.0"), ({"lr": float("nan")}, "lr=nan"), ({"hidden": 0}, "=0")],
)
def test_options_are_checked(change, message):
    with pytest.raises(OptionError, match=message):
        Run(dataclasses.replace(OPTIONS, **change), IDS, SIZE)


def test_a_text_shorter_than_a_window_is_refused():
    with pytest.raises(OptionError, match="got 15 ids for 3 streams and windows of 5; need at least 16"):
        Run(OPTIONS, IDS[:15], SIZE)


def test_more_minutes_and_smaller_models_make_more_updates():
    base = updates_in(1, Options(), 100)
    assert updates_in(10, Options(), 100) == pytest.approx(10 * base, rel=0.01)
    for change in ({"hidden": 256}, {"layers": 2}, {"length": 128}, {"streams": 64}):
        assert updates_in(1, Options(**change), 100) < base
    assert updates_in(1, Options(), 1000) < base < updates_in(1, Options(cell="rnn"), 100)
    assert updates_in(1e-9, Options(), 100) == 1


def test_the_model_is_a_language_model():
    assert isinstance(Run(OPTIONS, IDS, SIZE).model, LanguageModel)
