"""In which row each role of a step stands."""

from tinygrad_seq.viz.rows import assign_rows

LSTM = "x m z si sf sg so i f g o fc ig c th h"
LSTM_EDGES = "x-z m-z z-si z-sf z-sg z-so si-i sf-f sg-g so-o f-fc i-ig g-ig fc-c ig-c c-th o-h th-h"


def rows(names, edges, rails="", bottom=""):
    """The row and the pin of each role, from words such as "c-fc"."""
    number = {name: k for k, name in enumerate(names.split())}
    pairs = [[tuple(number[end] for end in edge.split("-")) for edge in given.split()] for given in (edges, rails)]
    found = assign_rows(len(number), *pairs, [number[name] for name in bottom.split()])
    return dict(zip(number, found.row, strict=True)), dict(zip(number, found.pin, strict=True))


def test_an_lstm_is_as_in_textbooks():
    row, pin = rows(LSTM, LSTM_EDGES, "c-fc h-m", "x")
    assert row["fc"] == row["c"] == max(row.values())  # the cell state runs straight, above all
    assert row["m"] == row["h"] == row["x"] == 0  # so does h, below
    assert row["i"] == row["f"] == row["g"] == row["o"]
    assert row["h"] < row["th"] < row["c"]  # tanh hangs between the two
    assert (pin["fc"], pin["c"]) == (pin["m"], pin["h"]) == (-1, 1)


def test_an_elman_network_is_one_row():
    row, pin = rows("x m z h", "x-z m-z z-h", "h-m", "x")
    assert row == {"x": 0, "m": 1, "z": 1, "h": 1}
    assert pin["m"] < pin["z"] < pin["h"]


def test_a_gru_rises_to_its_state():
    edges = "x-s m-s s-r s-z r-q m-q q-n n-d d-p z-p n-h p-h"
    row, _ = rows("x m s r z q n d p h", edges, "h-m h-d", "x")
    assert row["d"] == row["p"] == row["h"] == max(row.values())
    for edge in edges.split():
        u, v = edge.split("-")
        assert row[u] < row[v] or {u, v} <= {"d", "p", "h"}


def test_without_time_everything_rises_and_inputs_stand_below_their_use():
    row, pin = rows("a b c d", "a-b b-c d-c")
    assert row == {"a": 0, "b": 1, "c": 2, "d": 1}
    assert set(pin.values()) == {None}


def test_a_way_with_a_detour_is_not_laid_along_one_row():
    # d to s in one step, and round by u as well.
    row, _ = rows("d u s", "d-s d-u u-s", "s-d")
    assert len({row["d"], row["u"], row["s"]}) > 1


def test_a_cycle_between_roles_is_survived():
    row, _ = rows("a b", "a-b b-a")
    assert set(row) == {"a", "b"}
