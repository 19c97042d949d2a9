"""Every error outside of the engine and the operations: its class, and that it says what to do."""

import hashlib
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from derivatives import unlisted
from refusals import refuses

import tinygrad_seq as tg
from tinygrad_seq import nn, train
from tinygrad_seq.autograd import elementwise, gradcheck
from tinygrad_seq.cli.sample import write_sample
from tinygrad_seq.errors import (
    AnomalyError,
    DTypeError,
    FileAccessError,
    FileFormatError,
    GradcheckError,
    GraphError,
    IndexingError,
    OptionError,
    ProgramError,
    ShapeError,
    StateError,
)
from tinygrad_seq.viz.graph import read
from tinygrad_seq.viz.paths import between


def variable(*values):
    return tg.tensor(np.array(values), requires_grad=True)


def log_of_zero():
    with np.errstate(divide="ignore"), tg.autograd.detect_anomaly(), tg.scope("encoder", t=4):
        np.log(variable(1.0, 0.0))


def nan_in_data():
    with tg.autograd.detect_anomaly():
        return tg.tensor([np.nan, 1.0], requires_grad=True) * 2


def nan_given_as_gradient():
    with tg.autograd.detect_anomaly():
        (variable(1.0) * 2).backward(gradient=np.array([np.nan]))


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


def nested_in_itself():
    state = {}
    state["self"] = state
    tg.io.save("model.npz", state)


def of_version(version):
    """A whole file of a version that is not yet."""
    tg.io.save("model.npz", None)
    with zipfile.ZipFile("model.npz", "w") as archive:
        archive.writestr("manifest.json", json.dumps({"format": "tinygrad_seq state", "version": version}))
        archive.comment = b"tinygrad_seq sha256 " + b"0" * 64
    body = Path("model.npz").read_bytes()[:-64]
    return written(body + hashlib.sha256(body).hexdigest().encode())


def with_weights_of_nan():
    run = train.Run(SMALL, IDS, 3)
    run.model.load_state_dict({name: np.full_like(a, np.nan) for name, a in run.model.state_dict().items()})
    run.step()


def loaded(state):
    """A language model of what is a whole file."""
    tg.io.save("model.npz", state)
    return train.load_run("model.npz")


def rnn():
    """A recurrence of two steps, whose values have names."""
    x, w, h = variable([1.0], [2.0]), variable(0.5), variable(0.0)
    tg.name(x=x, w=w, h0=h)
    for t in range(2):
        with tg.scope("rnn", t=t):
            h = np.tanh(x[t] + w * h)
            tg.name(h=h)
    return np.sum(h)


def draw(**options):
    return tg.viz.draw(rnn(), **options)


IDS = np.arange(10) % 3
MODEL = train.LanguageModel(3, "rnn", hidden=2, layers=1, embedding=2)
SMALL = train.Options(hidden=2, embedding=2, length=2, streams=1, updates=2)


# What provokes it in an empty folder, the class, and the parts of the text that matter.
ERRORS = {
    "an infinite value": (
        log_of_zero,
        AnomalyError,
        "^log: -inf arose in 1 of 2 elements of the value in encoder at t=4",
    ),
    "an infinite gradient": (sqrt_at_zero, AnomalyError, "^backward of sqrt: inf arose in 1 of 2 elements"),
    "a NaN in what is given": (
        nan_in_data,
        AnomalyError,
        "^multiply: nan came in by 1 of 2 elements of a, at .*mask",
    ),
    "a NaN that is given as gradient": (
        nan_given_as_gradient,
        AnomalyError,
        "^backward of multiply: nan came in by 1 of 1 elements of the gradient of its value.* made by a hook, or",
    ),
    "a wrong rule": (
        lambda: gradcheck(wrong_square, np.array([0.5, 2.0])),
        GradcheckError,
        r"element \(1,\): analytic .*, numeric .*; the derivative rule is wrong; found in wrong_square$",
    ),
    "a derivative that is lost": (
        lambda: gradcheck(lambda x: x.detach() * x, np.array([0.5, 2.0])),
        GradcheckError,
        "each operation is right by itself; was a value detached",
    ),
    "a function to check that is not finite": (
        lambda: gradcheck(np.log, np.array([-1.0])),
        GradcheckError,
        "got a function whose value is nan at the point; need finite numbers",
    ),
    "a step that is an input": (
        lambda: gradcheck(np.multiply, np.ones(2), np.ones(2)),
        OptionError,
        "gradcheck: got eps=.*; need a positive number; give several inputs as a tuple",
    ),
    "a kink": (lambda: gradcheck(tg.ops.relu, np.array([1.0, 0.0])), GradcheckError, "a kink here"),
    "arguments without a tuple": (
        lambda: tg.func.jvp(np.tanh, np.ones(2), np.ones(2)),
        OptionError,
        r"jvp: got primals of ndarray; need a tuple with one entry for each argument: jvp\(f, \(x,\), \(t,\)\)",
    ),
    "a function that returns nothing": (
        lambda: tg.func.grad(lambda x: None)(1.0),
        ShapeError,
        "grad: got a function that returns nothing; need one element",
    ),
    "a step too large": (
        lambda: gradcheck(lambda x: np.tanh(x * 1e5), np.array([1e-6])),
        GradcheckError,
        "step 6e-06 is too large .* use eps=6e-09",
    ),
    "nothing to check": (lambda: gradcheck(np.tanh, np.array([1])), GradcheckError, "got no floating input; need at"),
    "a state that misses an entry": (
        lambda: nn.Linear(3, 2).load_state_dict({"weight": np.ones((2, 3))}),
        StateError,
        "nothing was loaded into Linear: bias is missing",
    ),
    "a state that is none": (
        lambda: nn.Linear(3, 2).load_state_dict(3),
        DTypeError,
        "got int; need a mapping from names",
    ),
    "a state of another size": (
        lambda: nn.Linear(3, 2).load_state_dict(nn.Linear(4, 2).state_dict()),
        StateError,
        r"weight has shape \(2, 4\); need \(2, 3\)",
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
    "a function that differs from call to call": (
        lambda: gradcheck(lambda x: x * np.random.default_rng().random(), np.array([1.0])),
        GradcheckError,
        "not deterministic: two calls at the same point differ; fix its seed, or switch dropout off",
    ),
    "a run's state of something else": (
        lambda: train.Run(SMALL, IDS, 3).load_state_dict({"model": {}}),
        StateError,
        r"Run: got a state without .*; need one of Run.state_dict\(\)",
    ),
    "a loss that is not finite": (
        with_weights_of_nan,
        OptionError,
        "training: the loss is nan at update 1; need a lower learning rate",
    ),
    "a file of a later version": (
        lambda: tg.io.load(of_version(2)),
        FileFormatError,
        "'model.npz' has format version 2; this tinygrad_seq reads 1; use the release that wrote it, or a newer one",
    ),
    "no model to draw from": (
        lambda: write_sample(Path("model.npz"), 10, 1.0, None, None),
        FileAccessError,
        "load: there is no 'model.npz'; train a model first, with: tinygrad-seq demo",
    ),
    "a dtype of integers": (lambda: nn.Linear(2, 1).astype(int), DTypeError, "astype: got .*; need a floating dtype"),
    "what cannot be saved": (
        lambda: tg.io.save("x.npz", {"a": {1, 2}}),
        DTypeError,
        "save: got set at state/a; need dicts",
    ),
    "objects": (lambda: tg.io.save("x.npz", np.array([None])), DTypeError, "save: got dtype object at state; need"),
    "a key": (lambda: tg.io.save("x.npz", {1.5: 0}), DTypeError, "save: got the key 1.5 at state; need strings or int"),
    "a state that holds itself": (nested_in_itself, OptionError, "nested deeper than .*does it hold itself"),
    "a file that holds no model": (
        lambda: loaded({"a": 1}),
        FileFormatError,
        "'model.npz' is a whole file of tg.io.save, but holds no language model; need the model.npz of",
    ),
    "a device for a file": (lambda: tg.io.save(os.devnull, {}), FileAccessError, "which is a device or a pipe; need"),
    "NGram, sizes": (lambda: tg.data.NGram(IDS, -1, 3), OptionError, "NGram: got order=-1 and size=3; need order >= 0"),
    "NGram, ids": (lambda: tg.data.NGram(IDS, 1, 2), OptionError, r"NGram: got ids 0 \.\.\. 2; need 0 \.\.\. 1"),
    "NGram, start": (
        lambda: tg.data.NGram(IDS, 1, 3).bits(IDS, 10),
        OptionError,
        "bits: got start=10 for 10 ids; need",
    ),
    "Vocabulary": (lambda: tg.data.Vocabulary(["ab"]), OptionError, "Vocabulary: got .*; need one or more single char"),
    "Vocabulary, twice": (lambda: tg.data.Vocabulary("aba"), OptionError, "Vocabulary: got 'a' twice; need different"),
    "an unknown character": (
        lambda: tg.data.Vocabulary("abc").encode("axb"),
        OptionError,
        "encode: got 'x', not among",
    ),
    "Windows, sizes": (lambda: tg.data.Windows(IDS, 0, 1), OptionError, "got length=0 and streams=1; need at least 1"),
    "Windows, position": (
        lambda: tg.data.Windows(IDS, 2, 1)[9],
        IndexingError,
        r"Windows: got window 9 of \d; need -\d \.\.\. \d",
    ),
    "Windows, ids": (
        lambda: tg.data.Windows(IDS, 5, 2),
        OptionError,
        "Windows: got 10 ids for 2 streams and windows of 5",
    ),
    "held_out_split": (
        lambda: tg.data.held_out_split(IDS, 1),
        OptionError,
        "held_out_split: got share=1; need a number",
    ),
    "LanguageModel": (lambda: train.LanguageModel(3, "mlp"), OptionError, "LanguageModel: got cell='mlp'; need"),
    "bits_per_character": (
        lambda: train.bits_per_character(MODEL, IDS, 0),
        OptionError,
        "got start=0 for 10 ids; need",
    ),
    "generate": (
        lambda: list(train.generate(MODEL, IDS[:0], 1, 1)),
        OptionError,
        "generate: got a prompt of 0 symbols",
    ),
    "Run": (
        lambda: train.Run(train.Options(updates=0), IDS, 3),
        OptionError,
        "Run: got updates=0 and lr=.*; need",
    ),
    "gradient_norms": (
        lambda: tg.flow.gradient_norms([rnn()], [1.0, 1.0]),
        ShapeError,
        "gradient_norms: got 2 gradients for 1 outputs; need one each",
    ),
    "scan": (
        lambda: tg.func.scan(lambda s, x: (s, x), 0.0, IDS, checkpoint_every=-1),
        OptionError,
        "scan: got checkpoint_every=-1; need at least 1",
    ),
    "draw, a level": (lambda: draw(view="gate"), OptionError, "draw: got view='gate'; need one of 'rolled', 'steps'"),
    "draw, one module": (lambda: draw(fold="rnn"), OptionError, "draw: got fold='rnn'; need a list of module paths"),
    "draw, no such module": (lambda: draw(fold=["x"]), OptionError, "draw: got fold of 'x'; the modules are "),
    "from_json, no JSON": (lambda: tg.viz.from_json("{"), FileFormatError, "from_json: got text that is not JSON"),
    "from_json, something else": (
        lambda: tg.viz.from_json("[]"),
        FileFormatError,
        "from_json: got JSON of something else; need what Picture",
    ),
    "from_json, newer": (
        lambda: tg.viz.from_json(draw().json().replace('"version": 2', '"version": 3')),
        FileFormatError,
        "from_json: got version 3; this release reads 2; draw the picture again",
    ),
    "from_json, damaged": (
        lambda: tg.viz.from_json(draw().json().replace('"kinds"', '"kind"')),
        FileFormatError,
        "from_json: got a damaged picture .*; draw and save it again",
    ),
    "draw, nothing": (lambda: tg.viz.draw([]), GraphError, "draw: got no output; need a Tensor, or several"),
    "draw, a number": (lambda: tg.viz.draw([1.0]), DTypeError, "draw: got float; need a Tensor, or several"),
    "draw, a constant": (
        lambda: tg.viz.draw(tg.tensor(1.0)),
        GraphError,
        "without history; need one that was computed",
    ),
    "draw, a layer": (lambda: tg.viz.draw(nn.Linear(2, 2)), DTypeError, "draw: got Linear; need a Tensor, or several"),
    "draw, one step": (
        lambda: draw(focus=1),
        OptionError,
        r"draw: got focus=1; need a list of time steps, such as focus=\[0, 1\]",
    ),
    "draw, a title": (lambda: draw(title=3), DTypeError, "draw: got int as title; need a string"),
    "draw, a role of no path": (
        lambda: draw(only="h"),
        OptionError,
        "draw: got only='h' without highlight; name an end, such as highlight='h@0'",
    ),
    "draw, a role that is a number": (
        lambda: draw(highlight="h@0", only=3),
        OptionError,
        "draw: got only=3; need 'cell', 'hidden', or roles: h",
    ),
    "draw, a replay of numbers": (
        lambda: draw(replay=3),
        DTypeError,
        "draw: got int in replay; need what tg.flow.gradient_norms gives",
    ),
    "from_json, too deep": (lambda: tg.viz.from_json("[" * 10**5), FileFormatError, "from_json: got text that is not"),
    "draw, columns": (lambda: draw(columns=0), OptionError, "draw: got columns=0; need an integer of at least 1"),
    "draw, a replay of something else": (
        lambda: draw(replay=[tg.flow.gradient_norms(np.tanh(variable(1.0)))]),
        GraphError,
        "draw: got replay whose sweep 0 reached 2 nodes and 1 edges, where .*; need sweeps over the same program",
    ),
    "draw, focus": (lambda: draw(focus=[7]).svg(), OptionError, "draw: got focus on step 7; the steps are 0 to 1"),
    "draw, ends": (
        lambda: draw(highlight=("x", "w", "h0")),
        OptionError,
        "draw: got highlight with 3 ends; need one, or",
    ),
    "draw, a name": (lambda: draw(highlight="y"), OptionError, "draw: nothing is called 'y'; there are x, w, h0, h"),
    "draw, two of a name": (
        lambda: draw(highlight="h"),
        OptionError,
        "draw: 'h' means 2 nodes, such as .*; name the step",
    ),
    "draw, a step": (lambda: draw(highlight="h@x"), OptionError, "draw: got 'h@x'; need NAME@STEP with an integer"),
    "draw, no such step": (lambda: draw(highlight="h@9"), OptionError, "draw: got 'h@9'; the steps are 0 to 1"),
    "draw, no path": (
        lambda: between(read([rnn().node])[0], [0], 1),
        GraphError,
        "draw: there is no path from x to w; highlight two",
    ),
    "draw, another graph": (lambda: draw(highlight=variable(1.0)), GraphError, "on which the output does not depend"),
    "draw, no history": (
        lambda: draw(highlight=tg.tensor(1.0)),
        GraphError,
        "draw: got a constant in highlight, to which",
    ),
    "draw, a number for an end": (
        lambda: draw(highlight=3),
        DTypeError,
        "draw: got int in highlight; need a Tensor or",
    ),
    "a suffix": (
        lambda: draw().save("graph.gif"),
        OptionError,
        "save: got 'graph.gif', whose suffix is .gif; need .svg",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refuses(*ERRORS[name])
