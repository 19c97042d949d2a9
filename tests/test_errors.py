"""Errors of files, states, other programs and numeric checks: their class, and that they say what to do."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from derivatives import unlisted

import tinygrad_seq as tg
from tinygrad_seq import nn, optim
from tinygrad_seq.autograd import elementwise, gradcheck
from tinygrad_seq.errors import (
    AnomalyError,
    FileAccessError,
    FileFormatError,
    GradcheckError,
    ProgramError,
    StateError,
    TinygradSeqError,
)


def variable(*values):
    return tg.tensor(np.array(values), requires_grad=True)


def log_of_zero():
    with np.errstate(divide="ignore"), tg.autograd.detect_anomaly(), tg.scope("encoder", t=4):
        np.log(variable(1.0, 0.0))


def sqrt_at_zero():
    with tg.autograd.detect_anomaly():
        np.sum(np.exp(np.sqrt(variable(4.0, 0.0)))).backward()


wrong_square = unlisted(elementwise("wrong_square", lambda x: x * x, lambda g, x: g * (2.002 * x)))


def written(content, name="model.npz"):
    Path(name).write_bytes(content)
    return name


def one_bit_of(name):
    tg.io.save(name, {"weight": np.ones(3)})
    content = bytearray(Path(name).read_bytes())
    content[len(content) // 2] ^= 1
    return written(content, name)


def without_programs(call):
    """What a call does on a machine without other programs."""
    path = os.environ["PATH"]
    os.environ["PATH"] = ""
    try:
        return call()
    finally:
        os.environ["PATH"] = path


# What provokes it in an empty folder, the class, and the parts of the text that matter.
ERRORS = {
    "an infinite value": (
        log_of_zero,
        AnomalyError,
        "^log: -inf arose in 1 of 2 elements of the value in encoder at t=4",
    ),
    "an infinite gradient": (sqrt_at_zero, AnomalyError, "^backward of sqrt: inf arose in 1 of 2 elements"),
    "a wrong rule": (
        lambda: gradcheck(wrong_square, np.array([0.5, 2.0])),
        GradcheckError,
        r"element \(1,\): analytic .*, numeric .*; the derivative rule is wrong",
    ),
    "a kink": (lambda: gradcheck(tg.ops.relu, np.array([1.0, 0.0])), GradcheckError, "a kink here"),
    "a step too large": (
        lambda: gradcheck(lambda x: np.tanh(x * 1e5), np.array([1e-6])),
        GradcheckError,
        "step 6e-06 is too large .* use eps=2e-07",
    ),
    "nothing to check": (lambda: gradcheck(np.tanh, np.array([1])), GradcheckError, "got no floating input; need at"),
    "a state that misses an entry": (
        lambda: nn.Linear(3, 2).load_state_dict({"weight": np.ones((2, 3))}),
        StateError,
        "nothing was loaded into Linear: bias is missing",
    ),
    "a state of another size": (
        lambda: nn.Linear(3, 2).load_state_dict(nn.Linear(4, 2).state_dict()),
        StateError,
        r"weight has shape \(2, 4\); need \(2, 3\)",
    ),
    "an optimiser's state that misses an entry": (
        lambda: optim.Adam([nn.Parameter([1.0])]).load_state_dict({"options": {}, "state": {}}),
        StateError,
        "Adam: nothing was loaded; steps is missing",
    ),
    "a damaged file": (lambda: tg.io.load(one_bit_of("model.npz")), FileFormatError, "load: 'model.npz'"),
    "a file of another program": (
        lambda: tg.io.load(written(b"hello")),
        FileFormatError,
        "load: 'model.npz'.*another program wrote it",
    ),
    "text that is not UTF-8": (
        lambda: tg.data.read_text(written(b"Gr\xfc\xdfe", "text.txt")),
        FileFormatError,
        "'text.txt' .*not UTF-8: byte 0xfc at position 2; convert it",
    ),
    "a missing file": (lambda: tg.io.load("model.npz"), FileAccessError, "load: cannot read 'model.npz': No such file"),
    "a missing text": (lambda: tg.data.read_text("text.txt"), FileAccessError, "'text.txt'.*No such file"),
    "a folder for a file": (lambda: tg.io.save(".", {}), FileAccessError, "save: got '.', which is a folder; need"),
    "a missing folder": (
        lambda: tg.io.save("runs/model.npz", {}),
        FileAccessError,
        "save: got 'runs/model.npz', whose folder does not exist; create '.*runs' first",
    ),
    "a program that is not installed": (
        lambda: without_programs(lambda: tg.viz.draw(np.tanh(variable(1.0))).save("graph.png")),
        ProgramError,
        "neato is not installed; install Graphviz .* or save as .svg or .html",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    provoke, kind, *texts = ERRORS[name]
    with pytest.raises(TinygradSeqError) as caught:
        provoke()
    assert type(caught.value) is kind
    message = str(caught.value)
    for text in texts:
        assert re.search(text, message), message
