"""Who is measured: each peer makes, of a problem, a step that computes the loss and the gradients of all weights."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from .formulas import FORMULAS
from .hand_written import HAND, TUNED
from .problem import Problem

Step = Callable[[], tuple[Any, ...]]
"""Returns the loss, then for each place the gradients of w_ih, w_hh, b_ih, b_hh."""


def ours(problem: Problem) -> Step:
    """The layers of this package, through `backward`, as a training loop uses them."""
    import tinygrad_seq as tg

    tg.set_default_dtype(problem.x.dtype)  # which is that of a layer's parameters
    layers: dict[str, Any] = {"rnn": tg.nn.RNN, "lstm": tg.nn.LSTM, "gru": tg.nn.GRU}
    layer = layers[problem.cell](
        problem.shape.input,
        problem.shape.hidden,
        num_layers=1 + (problem.form == "two layers"),
        bidirectional=problem.form == "bidirectional",
    )
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    names = [f"{kind}_{place}" for place in problem.weights for kind in kinds]
    layer.load_state_dict(dict(zip(names, _flat(problem), strict=True)))
    weights = [dict(layer.named_parameters())[name] for name in names]

    def step() -> tuple[Any, ...]:
        layer.zero_grad()
        outputs, _ = layer(problem.x, lengths=problem.lengths)
        loss = (outputs * problem.target).sum()
        loss.backward()
        return loss, *[w.grad for w in weights]

    return step


def hand(problem: Problem) -> Step:
    """Backpropagation through time written by hand in NumPy."""
    return _by_hand(problem, HAND)


def tuned(problem: Problem) -> Step:
    """The same, taken as far as NumPy goes."""
    return _by_hand(problem, TUNED)


def _by_hand(problem: Problem, layers: dict[str, Callable[..., Any]]) -> Step:
    layer, x, live, target = layers[problem.cell], problem.x, problem.live, problem.target
    first, *rest = problem.weights.values()
    hidden = problem.shape.hidden

    def step() -> tuple[Any, ...]:
        outputs, backward = layer(x, *first, live)
        if problem.form == "bidirectional":
            flipped, backward_too = layer(x[::-1], *rest[0])
            outputs = np.concatenate([outputs, flipped[::-1]], axis=-1)
            gradients = backward(target[..., :hidden])[1] + backward_too(target[::-1, :, hidden:])[1]
        elif rest:
            outputs, backward_too = layer(outputs, *rest[0])
            dx, above = backward_too(target, need_dx=True)
            gradients = backward(dx)[1] + above
        else:
            gradients = backward(target)[1]
        return (outputs * target).sum(), *gradients

    return step


def _flat(problem: Problem) -> list[Any]:
    return [w for weights in problem.weights.values() for w in weights]


def _by_formula(ops: Any, problem: Problem, x: Any, live: Any, weights: Any) -> Any:
    """The outputs, from the flat weights."""
    formula = FORMULAS[problem.cell]
    if problem.form == "bidirectional":
        there, back = formula(ops, x, *weights[:4]), formula(ops, ops.flip(x), *weights[4:])
        return ops.concatenate([there, ops.flip(back)])
    if problem.form == "two layers":
        return formula(ops, formula(ops, x, *weights[:4]), *weights[4:])
    return formula(ops, x, *weights, live)


def pytorch(problem: Problem) -> Step:
    """The formulas op by op in PyTorch, with the same reads and slices as everywhere."""
    return _pytorch(problem, _rows, _slices)


def unbound(problem: Problem) -> Step:
    """The same, but for the two functions by which PyTorch reads all steps, and all gates, with one derivative."""
    import torch

    return _pytorch(problem, torch.unbind, lambda a, n: torch.chunk(a, n, dim=-1))


def _pytorch(problem: Problem, steps: Callable[..., Any], chunk: Callable[..., Any]) -> Step:
    import torch

    torch.set_num_threads(1)
    x, target = torch.from_numpy(problem.x), torch.from_numpy(problem.target)
    live = None if problem.live is None else torch.from_numpy(problem.live)
    weights = [torch.from_numpy(w).requires_grad_() for w in _flat(problem)]
    ops = SimpleNamespace(
        tanh=torch.tanh,
        sigmoid=torch.sigmoid,
        zeros=lambda *shape: torch.zeros(shape, dtype=x.dtype),
        steps=steps,
        chunk=chunk,
        stack=torch.stack,
        where=torch.where,
        flip=lambda a: torch.flip(a, (0,)),
        concatenate=lambda parts: torch.cat(parts, dim=-1),
    )

    def step() -> tuple[Any, ...]:
        for w in weights:
            w.grad = None
        loss = (_by_formula(ops, problem, x, live, weights) * target).sum()
        loss.backward()
        return loss.detach(), *[w.grad for w in weights]

    return step


def mygrad(problem: Problem) -> Step:
    """The formulas op by op in MyGrad."""
    import mygrad.nnet.activations

    weights = [mygrad.tensor(w) for w in _flat(problem)]
    ops = SimpleNamespace(
        tanh=mygrad.tanh,
        sigmoid=mygrad.nnet.activations.sigmoid,
        zeros=lambda *shape: np.zeros(shape, problem.x.dtype),
        steps=_rows,
        chunk=_slices,
        stack=mygrad.stack,
        where=mygrad.where,
        flip=lambda a: a[::-1],
        concatenate=lambda parts: mygrad.concatenate(parts, axis=-1),
    )

    def step() -> tuple[Any, ...]:
        loss = (_by_formula(ops, problem, problem.x, problem.live, weights) * problem.target).sum()
        loss.backward()
        return loss.data, *[w.grad for w in weights]

    return step


def hips(problem: Problem) -> Step:
    """The formulas op by op in HIPS autograd."""
    import autograd
    import autograd.numpy as anp

    ops = SimpleNamespace(
        tanh=anp.tanh,
        sigmoid=lambda a: 0.5 * (anp.tanh(0.5 * a) + 1),
        zeros=lambda *shape: anp.zeros(shape, problem.x.dtype),
        steps=_rows,
        chunk=_slices,
        stack=anp.stack,
        where=anp.where,
        flip=lambda a: a[::-1],
        concatenate=lambda parts: anp.concatenate(parts, axis=-1),
    )

    weights = tuple(_flat(problem))

    def loss(weights: tuple[Any, ...]) -> Any:
        return anp.sum(_by_formula(ops, problem, problem.x, problem.live, weights) * problem.target)

    train = autograd.value_and_grad(loss)

    def step() -> tuple[Any, ...]:
        value, gradients = train(weights)
        return value, *gradients

    return step


def _rows(a: Any) -> list[Any]:
    return [a[t] for t in range(a.shape[0])]


def _slices(a: Any, n: int) -> list[Any]:
    size = a.shape[-1] // n
    return [a[:, k * size : (k + 1) * size] for k in range(n)]


PEERS: dict[str, Callable[[Problem], Step]] = {
    "ours": ours,
    "hand": hand,
    "tuned": tuned,
    "pytorch": pytorch,
    "unbound": unbound,
    "mygrad": mygrad,
    "hips": hips,
}
MODULES = {"pytorch": "torch", "unbound": "torch", "mygrad": "mygrad", "hips": "autograd"}


def installed(peer: str) -> bool:
    """Whether the peer's library is here."""
    return peer not in MODULES or importlib.util.find_spec(MODULES[peer]) is not None
