"""Companion plots: first what is drawn, which needs no Matplotlib, then that it is drawn so."""

import math
import sys
from unittest.mock import patch

import numpy as np
import pytest
from viz.tables import FIVE, T, X, layer, norms_of

import tinygrad_seq as tg
from tinygrad_seq import flow
from tinygrad_seq.errors import GraphError, OptionError, ProgramError, ShapeError
from tinygrad_seq.viz import plots
from tinygrad_seq.viz.plots.gates import GATES
from tinygrad_seq.viz.plots.grid import CELLS, MARKS, grid, marks, pooled, runs
from tinygrad_seq.viz.plots.heat import HATCHES, NAMES, role_grid, short_paths
from tinygrad_seq.viz.plots.ratio import factors_within, ratios
from tinygrad_seq.viz.scale import Scale


def test_a_grid_has_each_cell_where_its_row_and_column_say():
    found = grid(["b", "a", "b"], [3, 1, 1], np.array([1.0, 2.0, 3.0]), np.array([True, True, False]))
    assert (found.rows, found.columns) == (["b", "a"], [1, 3])
    assert found.norms.tolist() == [[3.0, 1.0], [2.0, 0.0]]
    assert found.reached.tolist() == [[False, True], [True, False]]


def test_the_five_marks_and_the_flow_are_told_apart():
    found = role_grid(FIVE)
    what = marks(found, Scale.of(found.norms[found.reached].tolist(), FIVE.start))
    assert [MARKS[k] for k in what[0]] == ["flow", "vanished", "zero", "broken", "exploded", "none"]
    healthy = role_grid(norms_of([1.0, 1e-3]))
    assert [MARKS[k] for k in marks(healthy, Scale.of([1.0, 1e-3]))[0]] == ["flow", "flow"]
    assert len({HATCHES[mark] for mark in NAMES}) == len(NAMES) == len(MARKS) - 1


def test_neighbours_with_one_mark_are_one_patch():
    what = np.array([[0, 1, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]])
    assert list(runs(what, MARKS[1])) == [(0, 1, 2), (1, 0, 4)]


def test_many_steps_share_cells_and_none_is_lost():
    norms = np.ones(10 * CELLS + 3)
    norms[777], norms[4000], norms[-1] = 9.0, math.nan, 5.0
    found = pooled(role_grid(norms_of(norms)))
    assert found.norms.shape == (1, CELLS)
    values = found.norms[0]
    assert np.isnan(values).sum() == 1
    assert (values == 9.0).sum() == (values == 5.0).sum() == 1
    assert found.columns[0] == 0
    whole = role_grid(norms_of([1.0, 2.0]))
    assert pooled(whole) is whole


def test_a_cell_is_reached_if_one_of_its_steps_is():
    reached = [False, True, False, False]
    found = pooled(role_grid(norms_of([7.0, 2.0, 3.0, 4.0], reached)), cells=2)
    assert found.reached.tolist() == [[True, False]]
    assert found.norms.tolist() == [[2.0, 0.0]]


@pytest.mark.parametrize(
    ("paths", "short"),
    [
        (["LSTM/l0"], [""]),
        (["LSTM/l0", "LSTM/l1"], ["l0", "l1"]),
        (["encoder/l0", "decoder"], ["encoder/l0", "decoder"]),
        (["a", "a/b"], ["", "b"]),
    ],
)
def test_paths_are_as_short_as_tells_them_apart(paths, short):
    assert list(short_paths(paths).values()) == short


def test_bars_have_the_shares_of_the_ledger():
    lstm = layer()
    data = flow.ledger(np.sum(lstm(X)[0]), lstm.weight_hh_l0)
    steps, width, parts = shares(data, "gate")
    assert (steps.tolist(), width, sorted(parts)) == (list(range(T)), 1, ["f", "g", "i", "o"])
    by_both = data.by("t", "gate")
    for gate, part in parts.items():
        for t in range(T):
            assert part[t] == pytest.approx(by_both.get((t, gate), 0.0))
    assert sum(float(part.sum()) for part in parts.values()) == pytest.approx(1)


def test_bars_of_a_long_sequence_add_up_neighbours():
    rnn = layer("RNN")
    data = flow.ledger(np.sum(rnn(np.ones((250, 1, 3), "float32"))[0]), rnn.weight_hh_l0)
    steps, width, parts = shares(data, "path")
    assert (width, len(steps)) == (3, 84)
    assert sum(float(part.sum()) for part in parts.values()) == pytest.approx(1)
    assert parts["RNN/l0"][0] == pytest.approx(sum(data.share[data.t.astype(int) < 3]))


def shares(data, by):
    return sys.modules["tinygrad_seq.viz.plots.ledger"].shares(data, by)


def test_ratios_are_logarithms_by_role_and_step():
    rnn = layer("RNN")
    names, steps, logs = ratios(tg.viz.diff(np.sum(rnn(X)[0]), np.sum(rnn(X)[0]) * 100.0))
    assert (names, steps) == (["h"], list(range(T)))
    assert logs == pytest.approx(np.full((1, T), 2.0))


@pytest.mark.parametrize(
    ("top", "above"),
    [(0.05, [1.05, 1.1]), (0.5, [1.5, 2, 3]), (1.2, [3, 10]), (1.9, [3, 10, 30]), (2.5, [10, 100]), (7.4, [1e3, 1e6])],
)
def test_a_bar_of_ratios_has_round_factors_on_both_sides(top, above):
    factors = factors_within(top)
    assert factors == pytest.approx([*(1 / f for f in reversed(above)), 1, *above])


def without(module, run):
    """As if a module were not installed."""
    with patch.dict(sys.modules, {module: None}):
        return run()


ERRORS = {
    "plots, no Matplotlib": (
        lambda: without("matplotlib", lambda: plots.heat(FIVE)),
        ProgramError,
        r'need the extra "plot": pip install "tinygrad_seq\[plot\]"',
    ),
    "gates, none of them": (
        lambda: plots.gates({"h": np.ones((3, 2))}),
        OptionError,
        f"got h; need some of {', '.join(GATES)}",
    ),
    "gates, bounds": (lambda: plots.gates({}, low=0.9, high=0.1), OptionError, "low=0.9 and high=0.1; need low < high"),
    "gates, shape": (lambda: plots.gates({"f": np.ones(3)}), ShapeError, r"f of shape \(3,\); need \(T, B, H\)"),
    "gates, row": (lambda: plots.gates({"f": np.ones((3, 2, 4))}, row=2), OptionError, "row=2 of a batch of 2"),
    "compare, nothing": (lambda: plots.compare({}), OptionError, "got no model; need some"),
    "compare, no such state": (lambda: plots.compare({"a": FIVE}, "c"), OptionError, "state 'c', which 'a' has not"),
    "ledger, by": (
        lambda: plots.ledger(flow.ledger(X_LOSS, WEIGHT), "t"),
        OptionError,
        """by='t'; need "gate" or "path\"""",
    ),
    "ledger, no time": (lambda: plots.ledger(flow.ledger(X_LOSS, WEIGHT)), OptionError, "no use in a time step"),
    "diff, nothing to plot": (
        lambda: tg.viz.diff(X_LOSS, X_LOSS).plot(),
        GraphError,
        "no named value of a time step has a gradient in both graphs",
    ),
}
WEIGHT = tg.tensor([1.0, 2.0], requires_grad=True)
X_LOSS = np.sum(WEIGHT * 3.0)


@pytest.mark.parametrize("case", ERRORS.values(), ids=ERRORS)
def test_errors(case):
    provoke, kind, words = case
    with pytest.raises(kind, match=words):
        provoke()
