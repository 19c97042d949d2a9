"""Are the derivatives right? Analytic gradients against finite differences, with a diagnosis where they differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import GradcheckError
from .derivatives import grad
from .mode import enable_grad
from .tensor import Array, Tensor, as_array, tensor

__all__ = ["gradcheck", "gradgradcheck"]

Function = Callable[..., Any]


def gradcheck(
    f: Function,
    inputs: Any,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    seed: int = 0,
) -> bool:
    """Compare the gradient of ``f`` with central differences, element by element.

    Args:
        f: a function of Tensors that returns a Tensor of any shape, or several.
        inputs: an array or Tensor, or a sequence of them; floating ones are checked, and so should be float64.
        eps: the step, by default the cube root of the dtype's precision: 6e-6 for float64, 5e-3 for float32.
        atol: the absolute tolerance, by default eps squared and at least a hundred rounding errors over the step.
        rtol: the relative tolerance, by default 1e-5 for float64, 1e-2 for float32.
        seed: of the random cotangent, which weighs all outputs at once.

    Returns:
        True. What is wrong raises.

    Raises:
        GradcheckError: naming the worst element, both numbers and the cause that was found: a function that is not
            deterministic, a kink at the point, a step too large or too small, or a wrong rule.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.autograd.gradcheck(lambda x: np.tanh(x) * x, np.array([0.5, -1.0]))
    True
    """
    arrays = [as_array(x) for x in (inputs if isinstance(inputs, (tuple, list)) else [inputs])]
    chosen = [k for k, a in enumerate(arrays) if a.dtype.kind == "f"]
    if not chosen:
        raise GradcheckError("gradcheck: got no floating input; need at least one to differentiate by")
    coarse = max(np.finfo(arrays[k].dtype).eps for k in chosen)
    step = float(eps or coarse ** (1 / 3))
    rtol = (1e-5 if coarse < 1e-10 else 1e-2) if rtol is None else rtol
    xs = [tensor(a, requires_grad=k in chosen) for k, a in enumerate(arrays)]
    with enable_grad():
        outputs = _outputs(f, xs)
        rng = np.random.default_rng(seed)
        weights = [rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1, 1], y.shape) for y in outputs]
        seeds = [Tensor(w.astype(y.dtype)) for w, y in zip(weights, outputs, strict=True)]
        live = [(y, s) for y, s in zip(outputs, seeds, strict=True) if y.requires_grad]
        found: Sequence[Tensor | None] = [None] * len(chosen)
        if live:
            found = grad([y for y, _ in live], [xs[k] for k in chosen], [s for _, s in live], allow_unused=True)

    def total(at: list[Array]) -> float:
        ys = _outputs(f, [Tensor(a) for a in at])
        return float(sum((np.asarray(y, np.float64) * w).sum() for y, w in zip(ys, weights, strict=True)))

    base = total(arrays)
    if total(arrays) != base:
        raise GradcheckError(
            "gradcheck: got a function that is not deterministic: two calls at the same point differ; "
            "fix its seed, or switch dropout off"
        )
    noise = 100 * coarse * max(1.0, abs(base)) / step
    bound = max(step**2, noise) if atol is None else atol
    worst: tuple[float, str] | None = None
    for k, analytic in zip(chosen, found, strict=True):
        exact = np.zeros(arrays[k].shape) if analytic is None else np.asarray(analytic, np.float64)
        for at in np.ndindex(arrays[k].shape):
            slope = _slope(total, arrays, k, at, step)
            error = abs(float(exact[at]) - slope)
            if not error <= bound + rtol * abs(slope):
                cause = _cause(total, arrays, k, at, step, float(exact[at]), base)
                text = f"input {k}, element {at}: analytic {exact[at]:.9g}, numeric {slope:.9g}; {cause}"
                if worst is None or not error <= worst[0]:
                    worst = (error, text)
    if worst is not None:
        raise GradcheckError(f"gradcheck: {worst[1]}")
    return True


def gradgradcheck(f: Function, inputs: Any, **options: Any) -> bool:
    """Compare second derivatives of ``f`` with central differences of its first: `gradcheck` of its gradients.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.autograd.gradgradcheck(lambda x: np.tanh(x) * x, np.array([0.5, -1.0]))
    True
    """
    given = list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]

    def gradients(*xs: Tensor) -> list[Tensor]:
        with enable_grad():
            variables = [x if x.requires_grad or x.dtype.kind != "f" else tensor(x, requires_grad=True) for x in xs]
            chosen = [x for x in variables if x.dtype.kind == "f"]
            outputs = [y for y in _outputs(f, variables) if y.requires_grad]
            rng = np.random.default_rng(1)
            seeds = [Tensor(rng.uniform(0.5, 1.5, y.shape).astype(y.dtype)) for y in outputs]
            found = grad(outputs, chosen, seeds, create_graph=True, allow_unused=True)
        return [g for g in found if g is not None]

    return gradcheck(gradients, given, **options)


def _outputs(f: Function, xs: list[Tensor]) -> list[Tensor]:
    y = f(*xs)
    ys = list(y) if isinstance(y, (tuple, list)) else [y]
    return [y if isinstance(y, Tensor) else Tensor(as_array(y)) for y in ys]


def _moved(arrays: list[Array], k: int, at: tuple[int, ...], by: float) -> list[Array]:
    moved = list(arrays)
    moved[k] = arrays[k].copy()
    moved[k][at] += by
    return moved


def _slope(
    total: Callable[[list[Array]], float], arrays: list[Array], k: int, at: tuple[int, ...], step: float
) -> float:
    above, below = _moved(arrays, k, at, step), _moved(arrays, k, at, -step)
    width = float(above[k][at]) - float(below[k][at])  # what the dtype made of twice the step
    return (total(above) - total(below)) / width


def _cause(
    total: Callable[[list[Array]], float],
    arrays: list[Array],
    k: int,
    at: tuple[int, ...],
    step: float,
    exact: float,
    base: float,
) -> str:
    """Why the two differ, from one-sided slopes and from other steps."""
    right = (total(_moved(arrays, k, at, step)) - base) / step
    left = (base - total(_moved(arrays, k, at, -step))) / step
    nearer = (
        (total(_moved(arrays, k, at, step / 8)) - base) / (step / 8),
        (base - total(_moved(arrays, k, at, -step / 8))) / (step / 8),
    )
    if abs(right - left) > 0.1 * max(abs(right), abs(left)) and abs(nearer[0] - nearer[1]) > 0.8 * abs(right - left):
        return f"the function has a kink here (slopes {left:.4g} and {right:.4g}); check it at another point"
    error = abs(exact - _slope(total, arrays, k, at, step))
    for factor, word, gain in ((1 / 32, "large", 50), (32.0, "small", 8)):
        if abs(exact - _slope(total, arrays, k, at, step * factor)) < error / gain:
            return f"the step {step:.1g} is too {word} for this function and dtype; use eps={step * factor:.1g}"
    return "the derivative rule is wrong"
