"""What two graphs differ in, where it is known what was changed."""

import math

import numpy as np
import pytest
from viz.graphs import GRAPHS, layer, lstm, rnn, second_order

import tinygrad_seq as tg
from tinygrad_seq.errors import DTypeError
from tinygrad_seq.viz import diff, draw

X = np.random.default_rng(0).normal(size=(5, 2, 3)).astype("float32")


def names(vertices):
    return [v.name or v.op for v in vertices]


def loop(T=4, extra=False, wide=3, factor=1.0, name="rnn", role="h"):
    """A tanh RNN; ``extra`` adds an operation in step 2."""
    w = tg.tensor(0.3 * np.ones((wide, wide)), requires_grad=True)
    tg.name(w=w)
    h = np.ones((2, wide))
    for t in range(T):
        with tg.scope(name, t=t):
            h = np.tanh(h @ w)
            tg.name(**{role: h})
            if extra and t == 2:
                h = np.exp(h)
    return np.sum(h) * factor


@pytest.mark.parametrize("name", [name for name in GRAPHS if name != "two layers"])
def test_two_runs_of_one_program_are_the_same(name):
    found = (
        diff(GRAPHS[name](), GRAPHS[name]())
        if name in ("lstm by hand", "rnn by hand")
        else diff(*[draw(GRAPHS[name]())] * 2)
    )
    assert found.same
    assert len(found.pairs) == len(found.a.vertices) == len(found.b.vertices)
    assert all(pair.ratio in (None, 1.0) or math.isnan(pair.ratio) for pair in found.pairs)
    assert repr(found).startswith(f"<diff: the same structure, {len(found.b.vertices)} nodes>")


def test_the_ratio_of_the_gradients_is_that_of_the_losses():
    found = diff(loop(), loop(factor=5.0))
    assert found.same
    assert set(found.by_role()) == {"w", "rnn h"}
    assert list(found.by_role().values()) == pytest.approx([5.0, 5.0])
    assert found.by_step() == pytest.approx(dict.fromkeys(range(4), 5.0))
    ((path, *_, before, after, ratio),) = [row for row in found.rows if row[1:3] == ("h", 3)]
    assert (path, ratio) == ("rnn", pytest.approx(5.0))
    assert after == pytest.approx(5 * before)


def test_means_are_geometric():
    """Of a loop whose loss reads each step with a factor of its own."""

    def run(factors):
        w = tg.tensor([1.0], requires_grad=True)
        parts = []
        for t, factor in enumerate(factors):
            with tg.scope("a", t=t):
                h = w * 1.0
                tg.name(h=h)
            parts.append(np.sum(h) * factor)
        return np.sum(np.stack(parts))

    found = diff(run([1.0, 1.0, 0.0]), run([4.0, 9.0, 7.0]))
    assert found.by_role()["a h"] == pytest.approx(6.0)
    assert found.by_step() == pytest.approx({0: 4.0, 1: 9.0})
    assert [row[-1] for row in found.rows if row[1] == "h"][2] == math.inf


def test_an_operation_that_was_put_in_is_found():
    found = diff(loop(), loop(extra=True))
    assert names(found.added) == ["exp"]
    assert found.added[0].t == 2
    assert not found.removed
    assert [(names([c.pair.b]), c.field, c.pair.b.t) for c in found.changed] == [(["matmul"], "inputs", 3)]
    back = diff(loop(extra=True), loop())
    assert (names(back.removed), names(back.added)) == (["exp"], [])
    assert "+ rnn exp at t=2" in repr(found)
    assert "- rnn exp at t=2" in repr(back)


def test_more_steps_are_added_at_the_end():
    found = diff(loop(4), loop(6))
    assert {v.t for v in found.added} == {4, 5}
    assert names(found.added) == ["matmul", "h"] * 2
    assert not found.removed
    assert "+ rnn h at t=4…5 (2 nodes)" in repr(found)


def test_other_shapes_are_changes_of_the_same_nodes():
    found = diff(loop(wide=3), loop(wide=5))
    assert not found.added
    assert not found.removed
    assert {c.field for c in found.changed} == {"shape"}
    assert "~ w: shape (3, 3) -> (5, 5)" in repr(found)


def test_a_node_with_the_same_role_and_another_operation_is_changed():
    tg.seed(0)
    a, b = (tg.nn.RNN(3, 4, nonlinearity=kind) for kind in ("tanh", "relu"))
    b.load_state_dict(a.state_dict())
    found = diff(np.sum(a(X)[0]), np.sum(b(X)[0]))
    assert not found.added
    assert not found.removed
    assert {(c.field, c.a, c.b) for c in found.changed} == {("op", "tanh", "relu")}
    assert len(found.changed) == 5


def test_modules_that_were_renamed_are_matched():
    found = diff(loop(name="model/old"), loop(name="net/old"))
    assert found.renamed == {"model/old": "net/old"}
    assert found.same
    assert "~ model/old is net/old" in repr(found)
    assert not diff(loop(name="old"), loop(name="old")).renamed
    two = [loop(name="a/same"), loop(name="b/same")]
    assert not diff(two, loop(name="c/same")).renamed


def test_two_kinds_of_layer_share_their_states():
    found = diff(layer("RNN"), layer("LSTM"))
    assert found.renamed == {"RNN/l0": "LSTM/l0"}
    assert {v.name for v in found.added if v.name} == {"i", "f", "g", "o", "c"}
    assert "LSTM/l0 h" in found.by_role()


def test_without_gradients_there_are_no_ratios():
    found = diff(draw(loop(), gradients=False), loop())
    assert found.same
    assert found.by_role() == {}
    assert "gradient" not in repr(found)


def test_what_is_compared_may_be_given_in_any_form():
    loss = loop()
    picture = draw(loss)
    for a in (loss, [loss], picture, picture.graph):
        assert diff(a, picture).same


def test_second_orders_are_compared_too():
    found = diff(rnn(3)[0], second_order())
    assert not found.removed
    assert {v.direction for v in found.added if v.t is not None} == {"backward"}


def test_many_steps_are_told_in_a_few_lines():
    tg.seed(0)
    long = np.ones((100, 1, 2), "float32")
    a, b = tg.nn.GRU(2, 3), tg.nn.GRU(2, 3, reset="before")
    found = diff(draw(np.sum(a(long)[0]), gradients=False), draw(np.sum(b(long)[0]), gradients=False))
    assert len(found.added) > 100
    assert len(repr(found).splitlines()) < 60


def test_names_that_occur_twice_are_matched_in_order():
    def run(count):
        x = tg.tensor([1.0], requires_grad=True)
        with tg.scope("a", t=0):
            for _ in range(count):
                x = x * 2.0
                tg.name(h=x)
        return x

    found = diff(run(2), run(3))
    assert names(found.added) == ["h"]
    assert [pair.ratio for pair in found.pairs if pair.b.name] == [2.0, 2.0]


ERRORS = {
    "diff, a string": (
        lambda: diff("a", lstm()),
        DTypeError,
        "got str; need a Tensor, several, a Picture or its graph",
    ),
}


@pytest.mark.parametrize("case", ERRORS.values(), ids=ERRORS)
def test_errors(case):
    provoke, kind, words = case
    with pytest.raises(kind, match=words):
        provoke()
