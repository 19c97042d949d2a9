"""Graphs to draw: written as a user would write them, from plain operations and from layers."""

import numpy as np

import tinygrad_seq as tg


class Source:
    """Numbers and leaves from one seed."""

    def __init__(self, seed=0):
        self.rng = np.random.default_rng(seed)

    def data(self, *shape):
        return self.rng.normal(size=shape).astype("float32") / 2

    def leaf(self, *shape):
        return tg.tensor(self.data(*shape), requires_grad=True)


def rnn(T=4, head=True, source=None):
    """A tanh RNN by hand, with names and a scope: (loss, everything that was made)."""
    make = source or Source()
    x, w, h = make.leaf(T, 2, 3), make.leaf(3, 3), make.leaf(2, 3)
    tg.name(x=x, w=w, h0=h)
    parts = {"x": x, "w": w, "h0": h, "h": []}
    for t in range(T):
        with tg.scope("rnn", t=t):
            h = np.tanh(x[t] + np.matmul(h, w))
            tg.name(h=h)
        parts["h"].append(h)
    return (np.sum(h * h) if head else h), parts


def lstm(T=4, source=None):
    """An LSTM by hand."""
    make = source or Source()
    x, w, u, b = make.leaf(T, 2, 3), make.leaf(3, 16), make.leaf(4, 16), make.leaf(16)
    h, c = make.leaf(2, 4), make.leaf(2, 4)
    tg.name(x=x, w=w, u=u, b=b, h0=h, c0=c)
    for t in range(T):
        with tg.scope("cell", t=t):
            i, f, g, o = np.split(np.matmul(x[t], w) + np.matmul(h, u) + b, 4, axis=-1)
            i, f, g, o = tg.ops.sigmoid(i), tg.ops.sigmoid(f), np.tanh(g), tg.ops.sigmoid(o)
            c = f * c + i * g
            h = o * np.tanh(c)
            tg.name(i=i, f=f, g=g, o=o, c=c, h=h)
    return np.sum(h * h)


def layer(kind, T=4, **options):
    """The last output of a layer of this package, through a head."""
    make = Source()
    recurrent = getattr(tg.nn, kind)(3, 4, **options)
    head = tg.nn.Linear(8 if options.get("bidirectional") else 4, 2)
    output, _ = recurrent(make.data(T, 2, 3))
    return tg.nn.functional.cross_entropy(head(output[-1]), np.array([0, 1]))


def cells(T=3):
    """Two cells, a head and a loss in every step, each in a scope of its own."""
    make = Source()
    lower, upper, head, table = tg.nn.GRUCell(3, 4), tg.nn.LSTMCell(4, 4), tg.nn.Linear(4, 2), tg.nn.Embedding(5, 3)
    h, state, losses = None, None, []
    for t in range(T):
        with tg.scope(t=t):
            h = lower(table(make.rng.integers(0, 5, size=2)), h)
            state = upper(h, state)
            losses.append(tg.nn.functional.cross_entropy(head(state[0]), np.array([0, 1])))
    return np.mean(np.stack(losses))


def separate_inputs(T=4):
    """Every step has an input that was made on its own, outside of the step."""
    make = Source()
    xs, w, h = [make.leaf(2, 3) for _ in range(T)], make.leaf(3, 3), make.leaf(2, 3)
    for t, x in enumerate(xs):
        with tg.scope("rnn", t=t):
            h = np.tanh(np.matmul(h, w) + x)
    return np.sum(h), xs


def unlabelled(T=6):
    """A loop in which nothing says what time it is."""
    make = Source()
    x, w, h = make.leaf(T, 2, 3), make.leaf(3, 3), make.leaf(2, 3)
    for t in range(T):
        h = np.tanh(x[t] + np.matmul(h, w))
    return np.sum(h)


def second_order(T=3):
    """A gradient that was recorded, and something computed from it."""
    loss, parts = rnn(T)
    (g,) = tg.autograd.grad(loss, parts["w"], create_graph=True)
    return np.sum(g * g)


def attention(T=4):
    """A decoder that looks at all steps of an encoder in each of its own."""
    make = Source()
    memory, h = tg.nn.GRU(3, 4)(make.data(T, 2, 3))
    h, outputs, cell = h[0], [], tg.nn.GRUCell(4, 4)
    for t in range(3):
        with tg.scope("decoder", t=t):
            a = tg.ops.softmax(np.sum(memory * h, axis=-1), axis=0)
            tg.name(a=a)
            h = cell(np.sum(memory * np.expand_dims(a, -1), axis=0), h)
            outputs.append(h)
    return np.sum(np.stack(outputs))


def handed_over(kind, S=4, T=3, **options):
    """The loss of a decoder that begins with the last states of an encoder."""
    tg.seed(0)
    encoder, decoder = getattr(tg.nn, kind)(3, 4, **options), getattr(tg.nn, kind)(3, 4, **options)
    make = np.random.default_rng(0)
    _, state = encoder(make.normal(size=(S, 2, 3)))
    with tg.scope("answer"):
        output, _ = decoder(make.normal(size=(T, 2, 3)), state)
    return np.sum(output**2)


def states_given():
    """First states that are variables, behind an index."""
    make = Source()
    x, h, c = make.leaf(3, 2, 3), make.leaf(1, 2, 4), make.leaf(1, 2, 4)
    tg.name(x=x, h0=h, c0=c)
    output, _ = tg.nn.LSTM(3, 4)(x, (h, c))
    return np.sum(output[-1])


def several_outputs():
    output, (h, c) = tg.nn.LSTM(3, 4)(Source().data(3, 2, 3))
    return [output, h, c]


def without_time():
    x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    return np.sum(x * x + x)


GRAPHS = {
    "rnn by hand": lambda: rnn()[0],
    "lstm by hand": lstm,
    "RNN": lambda: layer("RNN"),
    "GRU": lambda: layer("GRU"),
    "LSTM": lambda: layer("LSTM"),
    "one step": lambda: layer("LSTM", T=1),
    "two layers": lambda: layer("GRU", num_layers=2, dropout=0.5),
    "two directions": lambda: layer("LSTM", num_layers=2, bidirectional=True),
    "thirty steps": lambda: layer("LSTM", T=30),
    "cells": cells,
    "separate inputs": lambda: separate_inputs()[0],
    "unlabelled": unlabelled,
    "unlabelled, long": lambda: unlabelled(60),
    "second order": second_order,
    "attention": attention,
    "states given": states_given,
    "several outputs": several_outputs,
    "without time": without_time,
    "one variable": lambda: tg.tensor([1.0], requires_grad=True),
}


def random_program(seed):
    """A program that no person would write: operations and scopes at random, but each step of a module alike."""
    rng = np.random.default_rng(seed)
    values = [tg.tensor(rng.normal(size=(2, 3)), requires_grad=True) for _ in range(rng.integers(1, 4))]
    sequence = tg.tensor(rng.normal(size=(9, 2, 3)), requires_grad=True)
    pick = lambda: values[rng.integers(max(len(values) - 12, 0), len(values))]

    def operation(t):
        a, b = pick(), pick()
        return [
            lambda: np.tanh(a),
            lambda: a + b,
            lambda: a * b,
            lambda: np.matmul(a, np.ones((3, 3))),
            lambda: sequence[int(rng.integers(9)) if t is None else t],
            lambda: np.sum(np.stack([a, b, values[0]]), axis=0),
            lambda: np.swapaxes(a, 0, 1).T,
        ][rng.integers(7)]()

    def run(path, t, count):
        with tg.scope(path, t=t):
            for _ in range(count):
                values.append(operation(t))
                if rng.random() < 0.2:
                    tg.name(**{"hcifg"[rng.integers(5)]: values[-1]})

    run("", None, rng.integers(4))
    steps = range(rng.integers(7))
    for path in rng.permutation(["", "a", "b", "a/c"])[: rng.integers(1, 5)]:
        count = rng.integers(1, 9)
        for t in steps if rng.random() < 0.7 else reversed(steps):
            run(str(path), t, count)
        run(str(path), None, rng.integers(3))
    run("", None, rng.integers(5))
    return [np.sum(values[-1]), np.sum(pick())]
