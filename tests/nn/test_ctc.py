"""CTC: the loss against a sum over all paths and against PyTorch, and what it refuses."""

import itertools

import numpy as np
import pytest
from derivatives import assert_close, check_function

import tinygrad_seq as tg
from tinygrad_seq.autograd import ancestors, grad
from tinygrad_seq.nn.functional import ctc_loss


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def read(path, blank=0):
    """What a path says: repetitions merged, then blanks removed."""
    return [c for c, _ in itertools.groupby(path) if c != blank]


def by_paths(log_probs, target, blank=0):
    """The loss of one row, from every path of its steps."""
    steps, classes = log_probs.shape
    total = 0.0
    for path in itertools.product(range(classes), repeat=steps):
        if read(path, blank) == list(target):
            total += np.exp(sum(log_probs[t, c] for t, c in enumerate(path)))
    return -np.log(total) if total else np.inf


# Targets with what makes CTC hard: nothing at all, a repetition, as many labels as steps, too many, an empty input.
ROWS = [
    ([], 4),
    ([1], 4),
    ([1, 1], 4),
    ([2, 1, 2], 3),
    ([1, 1], 2),
    ([2, 2, 2], 4),
    ([], 0),
    ([1], 0),
    ([1, 2], 4),
    ([2], 1),
]
TARGETS, LENGTHS = [row for row, _ in ROWS], [length for _, length in ROWS]
SIZES = [len(row) for row in TARGETS]
PADDED = [row + [-7] * (3 - len(row)) for row in TARGETS]
T, N, C = 4, len(ROWS), 3


def logits(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("blank", [0, 1, 2])
def test_the_sum_over_all_paths(blank):
    swapped = lambda row: [blank if c == 0 else 0 if c == blank else c for c in row]
    targets = [swapped(row) for row in TARGETS]
    log_probs = log_softmax(logits(T, N, C))
    expected = np.array([by_paths(log_probs[:n, b], targets[b], blank) for b, n in enumerate(LENGTHS)])
    padded = [row + [-7] * (3 - len(row)) for row in targets]
    losses = ctc_loss(log_probs, padded, LENGTHS, SIZES, blank, "none").numpy()
    assert np.isinf(expected).tolist() == np.isinf(losses).tolist() == [b in (4, 5, 7) for b in range(N)]
    fine = np.isfinite(expected)
    assert_close(losses[fine], expected[fine], "losses", rtol=1e-12)


def test_reductions_and_impossible_targets():
    log_probs = tg.tensor(log_softmax(logits(T, N, C)), requires_grad=True)
    losses = ctc_loss(log_probs, PADDED, LENGTHS, SIZES, reduction="none")
    zeroed = np.where(np.isinf(losses), 0, losses)
    given = log_probs, PADDED, LENGTHS, SIZES
    assert ctc_loss(*given).item() == ctc_loss(*given, reduction="sum").item() == np.inf
    assert np.array_equal(ctc_loss(*given, reduction="none", zero_infinity=True), zeroed)
    assert ctc_loss(*given, reduction="sum", zero_infinity=True).item() == pytest.approx(zeroed.sum())
    mean = (zeroed / np.maximum(SIZES, 1)).mean()
    assert ctc_loss(*given, zero_infinity=True).item() == pytest.approx(mean)
    for zero_infinity in (False, True):
        (g,) = grad(ctc_loss(*given, reduction="sum", zero_infinity=zero_infinity), log_probs)
        assert np.isfinite(g).all()
        assert not g.numpy()[:, [4, 5, 7]].any()
        # With nothing impossible, each step of a row has one label: its gradients sum to -1.
        assert_close(g.numpy()[:, 8].sum(-1), -np.ones(T), "row 8", rtol=1e-12)


def test_targets_one_after_the_other_and_without_a_batch():
    log_probs = log_softmax(logits(T, N, C))
    expected = ctc_loss(log_probs, PADDED, LENGTHS, SIZES, reduction="none").numpy()
    joined = ctc_loss(log_probs, [c for row in TARGETS for c in row], LENGTHS, SIZES, reduction="none")
    assert np.array_equal(joined, expected)
    for b, row in enumerate(TARGETS):
        for lengths in ((LENGTHS[b], SIZES[b]), ([LENGTHS[b]], [SIZES[b]])):
            single = ctc_loss(log_probs[:, b], row, *lengths, reduction="none")
            assert single.shape == ()
            assert single.item() == pytest.approx(expected[b])
    module = tg.nn.CTCLoss(reduction="none")
    assert np.array_equal(module(log_probs, PADDED, LENGTHS, SIZES), expected)
    assert repr(module) == "CTCLoss(blank=0, reduction='none', zero_infinity=False)"


@pytest.mark.parametrize("zero_infinity", [False, True])
def test_derivatives(zero_infinity):
    fine = [1, 2, 3, 8, 0]
    targets, lengths, sizes = [[x[b] for b in fine] for x in (PADDED, LENGTHS, SIZES)]

    def f(x):
        return ctc_loss(tg.ops.log_softmax(x), targets, lengths, sizes, 0, "none", zero_infinity)

    check_function(f, [logits(T, len(fine), C)])


def test_derivatives_where_some_targets_are_impossible():
    def f(x):
        return ctc_loss(tg.ops.log_softmax(x), PADDED, LENGTHS, SIZES, zero_infinity=True)

    check_function(f, [logits(T, N, C)], second=False)
    (g,) = grad(f(x := tg.tensor(logits(T, N, C), requires_grad=True)), x, create_graph=True)
    (second,) = grad((g * g).sum(), x)
    assert np.isfinite(second).all()


@pytest.mark.parametrize("fill", [np.nan, np.inf, -np.inf])
def test_steps_after_the_end_matter_to_nothing(fill):
    def results(fill):
        log_probs = log_softmax(logits(T, N, C))
        log_probs[np.arange(T)[:, None] >= np.array(LENGTHS)] = fill
        x = tg.tensor(log_probs, requires_grad=True)
        loss = ctc_loss(x, PADDED, LENGTHS, SIZES, zero_infinity=True)
        (g,) = grad(loss, x, create_graph=True)
        (second,) = grad((g * g).sum(), x)
        assert not g.numpy()[np.arange(T)[:, None] >= np.array(LENGTHS)].any()
        return loss, g, second

    for got, expected in zip(results(fill), results(0.0), strict=True):
        assert np.array_equal(got, expected)


def test_labels_that_cannot_be():
    log_probs = np.array([[[0.5, 0.5, 1.0]], [[0.25, 0.75, 1.0]]])
    log_probs = np.where([True, True, False], np.log(log_probs), -np.inf)
    x = tg.tensor(log_probs, requires_grad=True)
    loss = ctc_loss(x, [[1]], [2], [1])
    assert loss.item() == pytest.approx(-np.log(0.5 * 0.75 + 0.5 * 0.75 + 0.5 * 0.25))
    assert np.isfinite(grad(loss, x)[0]).all()
    assert ctc_loss(x, [[2]], [2], [1]).item() == np.inf


def test_long_sequences_do_not_underflow():
    x = tg.tensor(np.zeros((600, 1, 5), "float32"), requires_grad=True)
    loss = ctc_loss(tg.ops.log_softmax(x), [[1, 2, 3, 4] * 20], [600], [80], reduction="sum")
    assert loss.dtype == np.float32
    assert 400 < loss.item() < 600 * np.log(5)
    (g,) = grad(loss, x)
    assert abs(g.numpy().sum(-1)).max() < 1e-3


def test_five_nodes_a_step_named_and_labelled():
    def nodes(steps):
        x = tg.tensor(logits(steps, N, C), requires_grad=True)
        with tg.scope("loss"):
            return ancestors([ctc_loss(x, PADDED, [4] * N, SIZES).node])

    many = nodes(9)
    assert len(many) - len(nodes(5)) == 4 * 5
    assert {n.label.t for n in many if n.name == "alpha"} == set(range(9))
    assert {n.label.path for n in many if n.name == "alpha"} == {"loss"}


@pytest.mark.parity
@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-10), ("float32", 2e-5)])
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_pytorch(reduction, dtype, rtol):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    for trial in range(8):
        steps, batch, classes, most = rng.integers([1, 1, 2, 1], [20, 5, 7, 7])
        blank = int(rng.integers(classes))
        sizes = rng.integers(0, most + 1, batch)
        lengths = rng.integers(1, steps + 1, batch)
        targets = (blank + rng.integers(1, classes, (batch, most))) % classes
        x = rng.normal(size=(steps, batch, classes)).astype(dtype)
        ours, theirs = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        loss = ctc_loss(tg.ops.log_softmax(ours), targets, lengths, sizes, blank, reduction, True)
        expected = torch.nn.functional.ctc_loss(
            theirs.log_softmax(-1), *map(torch.tensor, (targets, lengths, sizes)), blank, reduction, True
        )
        assert_close(loss, expected.detach(), f"loss {trial}", rtol=rtol)
        u = rng.normal(size=loss.shape).astype(dtype)
        loss.backward(u)
        expected.backward(torch.tensor(u))
        assert_close(ours.grad, theirs.grad, f"gradient {trial}", rtol=rtol * 10)


def loss(log_probs=(4, 2, 3), targets=((1, 2), (1, 1)), input_lengths=(4, 3), target_lengths=(2, 1), **options):
    x = np.zeros(log_probs) if isinstance(log_probs, tuple) else log_probs
    return ctc_loss(x, targets, input_lengths, target_lengths, **options)


REFUSED = {
    "axes": (lambda: loss((4,)), r"ctc_loss: got log_probs \(4,\); need \(T, N, C\)"),
    "integers": (lambda: loss(np.zeros((4, 2, 3), int)), "got log_probs of int64; need floats"),
    "blank": (lambda: loss(blank=3), r"got blank=3 for 3 classes; need 0 \.\.\. 2"),
    "reduction": (lambda: loss(reduction="max"), "ctc_loss: got reduction='max'"),
    "reduction of the layer": (lambda: tg.nn.CTCLoss(reduction="avg"), "CTCLoss: got reduction='avg'"),
    "targets of floats": (lambda: loss(targets=[[1.0, 2.0]] * 2), "got targets of float64; need integers"),
    "lengths of floats": (lambda: loss(input_lengths=[4.0, 3.0]), "got input_lengths of dtype float64"),
    "lengths of other rows": (lambda: loss(input_lengths=[4]), r"got input_lengths \(1,\).*need \(2,\)"),
    "sizes of other rows": (lambda: loss(target_lengths=[1, 1, 1]), r"got target_lengths \(3,\)"),
    "too long": (
        lambda: loss(input_lengths=[5, 1]),
        r"got input_length 5 in row 0 for log_probs \(4, 2, 3\); need 0 \.\.\. 4",
    ),
    "too many labels": (
        lambda: loss(target_lengths=[3, 1]),
        r"got target_length 3 in row 0 for targets \(2, 2\); need 0 \.\.\. 2",
    ),
    "negative": (lambda: loss(target_lengths=[-1, 1]), "got target_length -1"),
    "other sums": (lambda: loss(targets=[1, 2, 1, 2]), "got 4 targets and target_lengths that sum to 3"),
    "rows of targets": (lambda: loss(targets=[[1, 2]]), r"got targets \(1, 2\).*need \(2, S\)"),
    "the blank as a label": (lambda: loss(targets=[[1, 0], [1, 1]]), "got target 0, which is the blank"),
    "no class": (lambda: loss(targets=[[1, 3], [1, 1]]), r"got target 3, which is outside 0 \.\.\. 2"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    provoke, message = REFUSED[case]
    with pytest.raises(tg.errors.TinygradSeqError, match=message):
        provoke()
