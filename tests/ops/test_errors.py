"""Every error of the operations: its class, and that it says what was got, what is needed and what to do."""

import re

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq import ops
from tinygrad_seq.errors import DTypeError, OptionError, ShapeError


def variable(*shape):
    return tg.tensor(np.ones(shape), requires_grad=True)


LOGITS = np.zeros((2, 3))

# What provokes it, the class, and the parts of the text that matter.
ERRORS = {
    "add": (
        lambda: variable(3) + variable(4),
        ShapeError,
        r"add: got shapes \(3,\) and \(4,\), which do not broadcast; need sizes that are equal or 1.*; reshape",
    ),
    "where": (
        lambda: np.where(np.ones(2, bool), variable(3), 0.0),
        ShapeError,
        r"where: got shapes \(2,\) and \(3,\) and \(\)",
    ),
    "clip": (lambda: np.clip(variable(3), np.zeros(2), None), ShapeError, r"clip: got shapes \(3,\) and \(2,\)"),
    "matmul, inner sizes": (
        lambda: variable(3, 4) @ variable(5, 6),
        ShapeError,
        r"matmul: got shapes \(3, 4\) and \(5, 6\); the inner sizes 4 and 5 differ$",
    ),
    "matmul, transposed": (
        lambda: variable(3, 4) @ variable(5, 4),
        ShapeError,
        r"the inner sizes 4 and 5 differ; transpose one of them\?",
    ),
    "matmul, a vector": (lambda: variable(3, 4) @ variable(3), ShapeError, "the inner sizes 4 and 3 differ"),
    "matmul, a number": (
        lambda: variable(3, 4) @ variable(),
        ShapeError,
        r"matmul: got shapes \(3, 4\) and \(\); need at least one axis each; use \* to multiply by a number",
    ),
    "matmul, a Python number": (lambda: variable(3, 4) @ 2.0, ShapeError, r"use \* to multiply by a number"),
    "matmul, stacks": (
        lambda: variable(2, 3, 4) @ variable(5, 4, 6),
        ShapeError,
        r"matmul: .*the leading axes \(2,\) and \(5,\) do not broadcast",
    ),
    "addmm, inner sizes": (
        lambda: ops.addmm(variable(6), variable(3, 4), variable(5, 6)),
        ShapeError,
        r"addmm: got shapes \(3, 4\) and \(5, 6\); the inner sizes",
    ),
    "addmm, too large": (
        lambda: ops.addmm(variable(2, 3, 6), variable(3, 4), variable(4, 6)),
        ShapeError,
        r"addmm: got c \(2, 3, 6\) for a product \(3, 6\); need one that broadcasts to it; use \+",
    ),
    "reshape": (lambda: variable(2, 3).reshape(4), ShapeError, r"reshape: got \(2, 3\); .*\(4,\)"),
    "broadcast_to": (lambda: np.broadcast_to(variable(3), (2, 2)), ShapeError, r"broadcast_to: got \(3,\)"),
    "concatenate": (
        lambda: np.concatenate([variable(2, 3), variable(2, 4)]),
        ShapeError,
        r"concatenate: got \(2, 3\) and \(2, 4\); ",
    ),
    "stack": (lambda: np.stack([variable(2), variable(3)]), ShapeError, r"stack: got \(2,\) and \(3,\); .*same shape"),
    "split": (lambda: np.split(variable(2), 5), ShapeError, "split: got 5 sections for an axis of size 2; need equal"),
    "squeeze": (lambda: np.squeeze(variable(2, 1), axis=0), ShapeError, r"squeeze: got \(2, 1\)"),
    "maximum of nothing": (lambda: variable(0).max(), ShapeError, r"max: got \(0,\)"),
    "cross_entropy, floats": (
        lambda: ops.cross_entropy(LOGITS, np.zeros(2)),
        DTypeError,
        r"cross_entropy: got targets of dtype float64; need integers; use .astype\(int\)",
    ),
    "cross_entropy, no classes": (lambda: ops.cross_entropy(1.0, 0), ShapeError, r"got logits of shape \(\); need an"),
    "cross_entropy, shapes": (
        lambda: ops.cross_entropy(LOGITS, np.zeros(3, int)),
        ShapeError,
        r"cross_entropy: got logits \(2, 3\) and targets \(3,\); need targets \(2,\)$",
    ),
    "cross_entropy, classes last": (
        lambda: ops.cross_entropy(np.zeros((4, 2, 3)), np.zeros((4, 2), int)),
        ShapeError,
        r"need targets \(4, 3\); reshape the logits to \(-1, 3\) and the targets to \(-1,\)",
    ),
    "cross_entropy, class": (
        lambda: ops.cross_entropy(LOGITS, np.array([0, 3])),
        OptionError,
        r"cross_entropy: got target 3 for 3 classes; need 0 ... 2, or ignore_index=-100",
    ),
    "cross_entropy, negative class": (
        lambda: ops.cross_entropy(LOGITS, np.array([0, -1])),
        OptionError,
        "got target -1",
    ),
    "cross_entropy, weight": (
        lambda: ops.cross_entropy(LOGITS, np.array([0, 1]), weight=np.ones(2)),
        ShapeError,
        r"cross_entropy: got weight of shape \(2,\); need \(3,\), one for each class",
    ),
    "cross_entropy, smoothing": (
        lambda: ops.cross_entropy(LOGITS, np.array([0, 1]), label_smoothing=1.5),
        OptionError,
        "cross_entropy: got label_smoothing=1.5; need 0 ... 1",
    ),
    "cross_entropy, reduction": (
        lambda: ops.cross_entropy(LOGITS, np.array([0, 1]), reduction="average"),
        OptionError,
        """cross_entropy: got reduction='average'; need "mean", "sum" or "none\"""",
    ),
    "mse_loss, shapes": (
        lambda: ops.mse_loss(variable(3, 1), variable(3)),
        ShapeError,
        r"mse_loss: got shapes \(3, 1\) and \(3,\); need the same",
    ),
    "mse_loss, reduction": (lambda: ops.mse_loss(variable(3), variable(3), "average"), OptionError, "mse_loss: got"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    provoke, kind, *texts = ERRORS[name]
    with pytest.raises(kind) as caught:
        provoke()
    assert type(caught.value) is kind
    message = str(caught.value)
    for text in texts:
        assert re.search(text, message), message
    assert 20 < len(message) < 400
    assert len(message.splitlines()) <= 2


# Where NumPy's own error says it all, that is what comes.
NUMPYS = {
    "axis": lambda t: t.sum(axis=2),
    "axes": lambda t: np.transpose(t, (0, 0)),
    "index": lambda t: t[5],
    "index kind": lambda t: t["a"],
}


@pytest.mark.parametrize("name", NUMPYS)
def test_numpys_own_errors_keep_their_class(name):
    with pytest.raises(Exception) as theirs:  # noqa: PT011 - whatever NumPy raises
        NUMPYS[name](np.ones((2, 3)))
    with pytest.raises(Exception) as ours:  # noqa: PT011 - compared with it below
        NUMPYS[name](variable(2, 3))
    assert str(theirs.value) in str(ours.value)
    builtin = [kind for kind in type(theirs.value).__mro__ if kind.__module__ == "builtins"]
    assert all(isinstance(ours.value, kind) for kind in builtin)
