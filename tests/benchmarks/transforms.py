"""What derivatives cost beside the function itself: forward mode, a gradient, and a Hessian times a vector."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from .report import Report, Target
from .timing import in_turns, ratio

Function = Callable[[Any, Any], Any]

LIMITS = {"jvp": 2.5, "gradient": 5.0, "hvp": 3.0}
"""At most this many evaluations; a Hessian times a vector, at most so many gradients.

Forward mode is held to its limit along the inputs: along the weights too, a product has two tangents, and so costs
three. Gradients and Hessians are by the weights. A Hessian times a vector is held to its limit where arithmetic is what
takes the time; of small arrays it is the recording of four nodes for each.
"""


def measure(rounds: int) -> Report:
    """The time of each derivative over that of an evaluation, or of a gradient, in the same round."""
    report = Report(
        f"Derivatives beside an evaluation of variables, one thread (medians of {rounds} rounds)",
        ["", "evaluation ms", "jvp along x / evaluation", "along all", "gradient / evaluation", "hvp / gradient"],
    )
    worst: dict[str, list[float]] = {name: [] for name in LIMITS}
    for name, (f, weights, x, large) in functions().items():
        times = in_turns(derivatives(f, weights, x), rounds)
        forward, both, gradient = [
            ratio(times[key], times["evaluation"]) for key in ("jvp", "jvp along all", "gradient")
        ]
        hvp = ratio(times["hvp"], times["gradient"])
        report.rows.append([name, 1000 * statistics.median(times["evaluation"]), forward, both, gradient, hvp])
        worst["jvp"].append(forward)
        worst["gradient"].append(gradient)
        worst["hvp"] += [hvp] if large else []
    for key, limit in LIMITS.items():
        what = "large layers, in gradients" if key == "hvp" else "in evaluations"
        report.targets.append(Target(f"{key}, worst, {what}", max(worst[key]), limit))
    return report


def derivatives(f: Function, weights: Any, x: Any) -> dict[str, Callable[[], Any]]:
    """What is timed: the function of variables, and its derivatives along ones."""
    import tinygrad_seq as tg

    ones = {name: np.ones_like(part) for name, part in weights.items()}, np.ones_like(x)
    variables = {name: tg.tensor(part, requires_grad=True) for name, part in weights.items()}
    variable = tg.tensor(x, requires_grad=True)
    by, at = (0, weights) if weights else (1, x)
    gradient = tg.func.grad(f, by)
    return {
        "evaluation": lambda: f(variables, variable),
        "jvp": lambda: tg.func.jvp(lambda x: f(weights, x), (x,), ones[1:]),
        "jvp along all": lambda: tg.func.jvp(f, (weights, x), ones),
        "gradient": lambda: gradient(weights, x),
        "hvp": lambda: tg.func.hvp(lambda p: f(p, x) if weights else f({}, p), at, ones[by]),
    }


def functions() -> dict[str, tuple[Function, dict[str, Any], Any, bool]]:
    """A function of weights and inputs, where it is evaluated, and whether arithmetic is what takes its time."""
    import tinygrad_seq as tg

    rng = np.random.default_rng(0)
    tg.seed(0)

    def chain(n: int, *shape: int) -> tuple[Function, dict[str, Any], Any, bool]:
        def f(weights: Any, x: Any) -> Any:
            for _ in range(n):
                x = tg.ops.tanh(x)
            return x.sum()

        return f, {}, rng.normal(size=shape).astype(np.float32), False

    def layer(kind: Any, T: int, B: int, D: int, H: int, large: bool) -> tuple[Function, dict[str, Any], Any, bool]:
        module = kind(D, H)

        def f(weights: Any, x: Any) -> Any:
            output = tg.func.functional_call(module, weights, x)[0]
            return (output * output).mean()

        weights = {name: parameter.numpy() for name, parameter in module.named_parameters()}
        return f, weights, rng.normal(size=(T, B, D)).astype(np.float32), large

    found = {
        "tanh, 10,000 times, 1 element": chain(10_000, 1),
        "tanh, 1,000 times, (32, 64)": chain(1_000, 32, 64),
    }
    for kind in (tg.nn.RNN, tg.nn.LSTM, tg.nn.GRU):
        found[f"{kind.__name__}, T=64, B=16, D=32, H=64"] = layer(kind, 64, 16, 32, 64, False)
        found[f"{kind.__name__}, T=32, B=64, D=128, H=256"] = layer(kind, 32, 64, 128, 256, True)
    return found
