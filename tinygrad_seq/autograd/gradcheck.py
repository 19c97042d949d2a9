"""Are the derivatives right? Analytic gradients against finite differences, with a diagnosis where they differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import GradcheckError, OptionError, UnsupportedError
from .blame import culprit
from .derivatives import grad
from .mode import enable_grad
from .sweep import push
from .tensor import Array, Tensor, as_array, tensor

__all__ = ["gradcheck", "gradgradcheck"]

Function = Callable[..., Any]
Total = Callable[[list[Array]], float]


def gradcheck(
    f: Function,
    inputs: Any,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    seed: int = 0,
) -> bool:
    """Compare the gradient of ``f`` with central differences, element by element, and with forward mode.

    Args:
        f: a function of Tensors that returns a Tensor of any shape, or several.
        inputs: an array or Tensor, or a sequence of them; floating ones are checked, and so should be float64.
        eps: the step, by default the cube root of the dtype's precision: 6e-6 for float64, 5e-3 for float32.
        atol: the absolute tolerance, by default a few rounding errors over the default step.
        rtol: the relative tolerance, by default 1e-5 for float64, 2e-3 for float32.
        seed: of the random cotangent, which weighs all outputs at once.

    Returns:
        True. What is wrong raises.

    Raises:
        GradcheckError: naming the worst element, both numbers, the cause that was found and the operation: a function
            that is not deterministic or not finite, a kink or the end of the domain at the point, a step too large or
            too small, a wrong rule, or a forward rule that differs from it.
        OptionError: for a step that is no positive number.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.autograd.gradcheck(lambda x: np.tanh(x) * x, np.array([0.5, -1.0]))
    True
    """
    options = {"eps": eps, "atol": atol, "rtol": rtol, "seed": seed}
    arrays = [as_array(x, caller="gradcheck") for x in _listed(inputs)]
    return _blamed(_compare, "gradcheck", f, arrays, options)


def gradgradcheck(f: Function, inputs: Any, **options: Any) -> bool:
    """Compare second derivatives of ``f`` with central differences of its first: `gradcheck` of its gradients.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.autograd.gradgradcheck(lambda x: np.tanh(x) * x, np.array([0.5, -1.0]))
    True
    """
    arrays = [as_array(x, caller="gradgradcheck") for x in _listed(inputs)]

    def compare(caller: str, g: Function, arrays: list[Array], **given: Any) -> None:
        _compare(caller, _gradients(g), arrays, **given)

    return _blamed(compare, "gradgradcheck", f, arrays, options)


def _blamed(compare: Function, caller: str, f: Function, arrays: list[Array], options: dict[str, Any]) -> bool:
    """Compare, and where that fails name the operation to blame."""

    def right(op: Function, operands: list[Array]) -> bool:
        try:
            compare(caller, op, operands)
        except GradcheckError as error:
            return not isinstance(error, _MismatchError)
        return True

    try:
        compare(caller, f, arrays, **options)
    except _MismatchError as error:
        xs = [tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
        name = culprit(lambda: _outputs(f, xs), right)
        if name:
            raise GradcheckError(f"{error}; found in {name}") from None
        elsewhere = "each operation is right by itself; was a value detached, or changed by a hook?"
        raise GradcheckError(str(error).replace(_WRONG, elsewhere)) from None
    return True


_WRONG = "the derivative rule is wrong"


class _MismatchError(GradcheckError):
    """Two derivatives that differ, for a cause that lies in an operation."""


def _gradients(f: Function) -> Function:
    """The gradients of a random sum of the outputs of ``f``, by its floating inputs."""

    def gradients(*xs: Tensor) -> list[Tensor]:
        with enable_grad():
            variables = [x if x.requires_grad or x.dtype.kind != "f" else tensor(x, requires_grad=True) for x in xs]
            chosen = [x for x in variables if x.dtype.kind == "f"]
            outputs = [y for y in _outputs(f, variables) if y.requires_grad]
            rng = np.random.default_rng(1)
            seeds = [Tensor(rng.uniform(0.5, 1.5, y.shape).astype(y.dtype)) for y in outputs]
            found = grad(outputs, chosen, seeds, create_graph=True, allow_unused=True)
        return [g for g in found if g is not None]

    return gradients


def _compare(
    caller: str,
    f: Function,
    arrays: list[Array],
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    seed: int = 0,
) -> None:
    if eps is not None and not (isinstance(eps, (int, float)) and eps > 0):
        raise OptionError(f"{caller}: got eps={eps!r}; need a positive number; give several inputs as a tuple")
    chosen = [k for k, a in enumerate(arrays) if a.dtype.kind == "f"]
    if not chosen:
        raise GradcheckError(f"{caller}: got no floating input; need at least one to differentiate by")
    coarse = float(max(np.finfo(arrays[k].dtype).eps for k in chosen))
    rng = np.random.default_rng(seed)
    xs = [tensor(a, requires_grad=k in chosen) for k, a in enumerate(arrays)]
    quiet: dict[str, Any] = {"invalid": "ignore", "divide": "ignore"}  # the message tells of the end of a domain
    with enable_grad(), np.errstate(**quiet):
        outputs = _outputs(f, xs)
        weights = [rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1, 1], y.shape) for y in outputs]
        variables = [xs[k] for k in chosen]
        gradients = _pulled(outputs, variables, weights)

    def total(at: list[Array]) -> float:
        with np.errstate(**quiet):
            ys = _outputs(f, [Tensor(a) for a in at])
        return float(sum((np.asarray(y, np.float64) * w).sum() for y, w in zip(ys, weights, strict=True)))

    base, again = total(arrays), total(arrays)
    if not np.isfinite(base):
        raise GradcheckError(f"{caller}: got a function whose value is {base} at the point; need finite numbers")
    if again != base:
        raise GradcheckError(
            f"{caller}: got a function that is not deterministic: two calls at the same point differ; "
            f"fix its seed, or switch dropout off"
        )
    usual = coarse ** (1 / 3)
    rtol = (1e-5 if coarse < 1e-10 else 2e-3) if rtol is None else rtol
    noise = 20 * coarse * max(1.0, abs(base)) / usual
    atol = noise if atol is None else atol
    probe = _Probe(total, arrays, base, float(eps or usual), usual, atol, rtol)
    worst: tuple[float, int, tuple[int, ...], float] | None = None
    for k, exact in zip(chosen, gradients, strict=True):
        for at in np.ndindex(exact.shape):
            error = probe.error(k, at, float(exact[at]), probe.step)
            if error > 0 and (worst is None or error > worst[0]):
                worst = (error, k, at, float(exact[at]))
    if worst is not None:
        _, k, at, value = worst
        cause, kind = probe.cause(k, at, value)
        raise kind(
            f"{caller}: input {k}, element {at}: analytic {value:.9g}, "
            f"numeric {probe.slope(k, at, probe.step):.9g}; {cause}"
        )
    tangents = [rng.uniform(-1, 1, x.shape) for x in variables]
    close = 1e-7 if coarse < 1e-10 else 1e-3
    _compare_forward(caller, outputs, variables, weights, gradients, tangents, noise, close)


def _compare_forward(
    caller: str,
    outputs: list[Tensor],
    variables: list[Tensor],
    weights: list[Array],
    gradients: list[Array],
    tangents: list[Array],
    atol: float,
    rtol: float,
) -> None:
    """Forward mode must find the same sum of all derivatives as reverse mode; a rule that is missing may be."""
    nodes = [y.node for y in outputs if y.node is not None]
    seeds = {x.node: t.astype(x.dtype) for x, t in zip(variables, tangents, strict=True) if x.node is not None}
    try:
        found = push(seeds, nodes)
    except UnsupportedError:
        return
    pushed = [(found.get(y.node), w) for y, w in zip(outputs, weights, strict=True) if y.node is not None]
    parts = [np.asarray(t, np.float64) * w for t, w in pushed if t is not None]
    pulled = [g * t for g, t in zip(gradients, tangents, strict=True)]
    forward, reverse = (float(sum(p.sum() for p in each)) for each in (parts, pulled))
    size = max(float(sum(np.abs(p).sum() for p in each)) for each in (parts, pulled))
    if not abs(forward - reverse) <= atol + rtol * size:
        raise _MismatchError(
            f"{caller}: along a random direction, forward mode {forward:.9g}, reverse mode {reverse:.9g}; "
            f"the forward rule (jvp) is wrong"
        )


class _Probe:
    """Slopes of a function at one point, and what they say about an element whose derivative differs."""

    def __init__(
        self, total: Total, arrays: list[Array], base: float, step: float, usual: float, atol: float, rtol: float
    ):
        self.total = total
        self.arrays = arrays
        self.base = base
        self.step = step
        self.usual = usual
        self.atol = atol
        self.rtol = rtol

    def slope(self, k: int, at: tuple[int, ...], step: float, sides: str = "both") -> float:
        """The difference over a step to both sides, or to the left or the right."""
        above = self._moved(k, at, 0 if sides == "left" else step)
        below = self._moved(k, at, 0 if sides == "right" else -step)
        width = float(above[k][at]) - float(below[k][at])  # what the dtype made of the step
        difference = (self.base if sides == "left" else self.total(above)) - (
            self.base if sides == "right" else self.total(below)
        )
        return difference / width if width else np.nan

    def error(self, k: int, at: tuple[int, ...], exact: float, step: float) -> float:
        """By how much a derivative is further away from the slope than it may be; 0 if it is not."""
        slope = self.slope(k, at, step)
        excess = abs(exact - slope) - self.atol - self.rtol * abs(slope)
        return max(excess, 0.0) if np.isfinite(excess) else np.inf

    def cause(self, k: int, at: tuple[int, ...], exact: float) -> tuple[str, type[GradcheckError]]:
        """Why the two differ, from one-sided slopes and from other steps."""
        for power in (-1, -2, -3, -4, 1, 2, 3):
            step = self.step * 32.0**power
            if not self.error(k, at, exact, step):
                word = "large" if power < 0 else "small"
                advice = f"the step {self.step:.1g} is too {word} for this function and dtype; use eps={step:.1g}"
                return advice, GradcheckError
        step = min(self.step, self.usual)
        left, right = (self.slope(k, at, step, side) for side in ("left", "right"))
        if not (np.isfinite(exact) and np.isfinite(left) and np.isfinite(right)):
            slopes = f"slopes {left:.4g} and {right:.4g}"
            return f"the point is singular, or at the end of the domain ({slopes}); check it at another", GradcheckError
        nearer = self.slope(k, at, step / 8, "right") - self.slope(k, at, step / 8, "left")
        # The sides of a smooth function agree in the limit, those of a kink differ as much at an eighth of the step.
        if abs(right - left) > 0.1 * max(abs(right), abs(left)) and abs(nearer) > 0.8 * abs(right - left):
            return (
                f"the function has a kink here (slopes {left:.4g} and {right:.4g}); check it at another point",
                _MismatchError,
            )
        return _WRONG, _MismatchError

    def _moved(self, k: int, at: tuple[int, ...], by: float) -> list[Array]:
        moved = list(self.arrays)
        moved[k] = moved[k].copy()
        moved[k][at] += by
        return moved


def _pulled(outputs: list[Tensor], variables: list[Tensor], weights: list[Array]) -> list[Array]:
    """The gradients of the weighted sum of the outputs."""
    live = [(y, Tensor(w.astype(y.dtype))) for y, w in zip(outputs, weights, strict=True) if y.requires_grad]
    found: Sequence[Tensor | None] = [None] * len(variables)
    if live:
        found = grad([y for y, _ in live], variables, [s for _, s in live], allow_unused=True)
    return [
        np.zeros(x.shape) if g is None else np.asarray(g, np.float64) for g, x in zip(found, variables, strict=True)
    ]


def _listed(inputs: Any) -> list[Any]:
    return list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]


def _outputs(f: Function, xs: list[Tensor]) -> list[Tensor]:
    return [y if isinstance(y, Tensor) else Tensor(as_array(y)) for y in _listed(f(*xs))]
