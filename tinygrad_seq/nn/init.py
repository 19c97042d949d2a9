"""Initial values of parameters, written into a Parameter in place, by PyTorch's names.

Each draws from the generator that `tg.seed` restarts, or from one that is given. A graph that was recorded with the old
values refuses to go backward, as after a step of an optimiser.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from .. import random
from ..autograd import Tensor
from ..errors import DTypeError, OptionError, ShapeError
from .gate_biases import chrono_, forget_gate_bias_

__all__ = [
    "calculate_gain",
    "chrono_",
    "constant_",
    "eye_",
    "forget_gate_bias_",
    "identity_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

Generator = np.random.Generator | None
Fan = Literal["fan_in", "fan_out"]

GAINS = {"linear": 1.0, "conv1d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}


def bound(fan: int) -> float:
    """1 / sqrt(fan), the half-width of PyTorch's uniform initial distributions."""
    return 1 / math.sqrt(fan) if fan else 0.0


def _fill(parameter: Tensor, values: Any) -> Tensor:
    parameter.data = np.broadcast_to(values, parameter.shape)
    return parameter


def _check(caller: str, parameter: Any, axes: int = 0) -> None:
    """Refuse what cannot be filled, before anything is drawn."""
    if not isinstance(parameter, Tensor) or parameter.dtype.kind != "f":
        got = parameter.dtype if isinstance(parameter, Tensor) else type(parameter).__name__
        raise DTypeError(f"{caller}: got {got}; need a Parameter of floating numbers, such as layer.weight")
    if parameter.ndim < axes:
        raise ShapeError(f"{caller}: got shape {parameter.shape}; need at least {axes} axes; use it for weights")


def _matrix(caller: str, parameter: Tensor) -> tuple[int, int]:
    """The sizes of a matrix."""
    _check(caller, parameter)
    if parameter.ndim != 2:
        raise ShapeError(f"{caller}: got shape {parameter.shape}; need a matrix")
    return parameter.shape[0], parameter.shape[1]


def _uniform(parameter: Tensor, low: float, high: float, generator: Generator) -> Tensor:
    return _fill(parameter, random.generator(generator).uniform(low, high, parameter.shape))


def _normal(shape: tuple[int, ...], generator: Generator) -> Any:
    return random.generator(generator).standard_normal(shape)


def uniform_(parameter: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator = None) -> Tensor:
    """Draw each element from the uniform distribution on [a, b).

    >>> import tinygrad_seq as tg
    >>> weight = tg.nn.init.uniform_(tg.nn.Linear(3, 2).weight, -0.1, 0.1)
    >>> abs(weight.numpy()).max() <= 0.1
    np.True_
    """
    _check("uniform_", parameter)
    if not a <= b:
        raise OptionError(f"uniform_: got a={a}, b={b}; need a <= b")
    return _uniform(parameter, a, b, generator)


def normal_(parameter: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator = None) -> Tensor:
    """Draw each element from the normal distribution."""
    _check("normal_", parameter)
    if not std >= 0:
        raise OptionError(f"normal_: got std={std}; need a number of at least 0")
    return _fill(parameter, mean + std * _normal(parameter.shape, generator))


def trunc_normal_(
    parameter: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator = None,
) -> Tensor:
    """Draw each element from the normal distribution, anew until it is in ``a ... b``; these are values.

    Raises:
        OptionError: if less than a thousandth of the distribution is there.
    """
    _check("trunc_normal_", parameter)
    share = (math.erf((b - mean) / std / math.sqrt(2)) - math.erf((a - mean) / std / math.sqrt(2))) / 2 if std else 0
    if not share > 1e-3:
        raise OptionError(
            f"trunc_normal_: got a={a}, b={b} for mean={mean}, std={std}; need bounds with a share of at least 0.001"
        )
    values = np.full(parameter.shape, np.inf)
    while (outside := (values < a) | (values > b)).any():
        values[outside] = mean + std * _normal((int(outside.sum()),), generator)
    return _fill(parameter, values)


def constant_(parameter: Tensor, val: float) -> Tensor:
    """Set each element to ``val``."""
    _check("constant_", parameter)
    return _fill(parameter, val)


def zeros_(parameter: Tensor) -> Tensor:
    """Set each element to 0."""
    _check("zeros_", parameter)
    return _fill(parameter, 0.0)


def ones_(parameter: Tensor) -> Tensor:
    """Set each element to 1."""
    _check("ones_", parameter)
    return _fill(parameter, 1.0)


def eye_(parameter: Tensor) -> Tensor:
    """Set a matrix to the identity, as far as it goes where the matrix is not square."""
    rows, columns = _matrix("eye_", parameter)
    return _fill(parameter, np.eye(rows, columns))


def identity_(parameter: Tensor, gain: float = 1.0) -> Tensor:
    """Set a recurrent weight ``(k * H, H)`` to ``gain`` times the identity, for each of its k gates.

    With zero biases and ReLU, an RNN then begins as an adder of its inputs (Le, Jaitly and Hinton 2015, "A simple way
    to initialize recurrent networks of rectified linear units").

    Raises:
        ShapeError: if the rows are no multiple of the columns.

    >>> import tinygrad_seq as tg
    >>> rnn = tg.nn.RNN(3, 2, nonlinearity="relu")
    >>> tg.nn.init.identity_(rnn.weight_hh_l0).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    rows, columns = _matrix("identity_", parameter)
    if rows % columns:
        raise ShapeError(f"identity_: got shape {parameter.shape}; need (k * H, H), a recurrent weight")
    return _fill(parameter, np.tile(gain * np.eye(columns), (rows // columns, 1)))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much weights are scaled so that a layer with this nonlinearity keeps the variance.

    1 for "linear" and "sigmoid", 5/3 for "tanh", sqrt(2) for "relu", sqrt(2 / (1 + param**2)) for "leaky_relu" (param
    is the negative slope, 0.01 by default), 3/4 for "selu".

    >>> import tinygrad_seq as tg
    >>> round(tg.nn.init.calculate_gain("relu"), 4)
    1.4142
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        known = ", ".join(map(repr, [*GAINS, "leaky_relu"]))
        raise OptionError(f"calculate_gain: got {nonlinearity!r}; need one of {known}")
    return GAINS[nonlinearity]


def _fans(parameter: Tensor) -> tuple[int, int]:
    """How many inputs an output has, and how many outputs an input has."""
    field = math.prod(parameter.shape[2:])
    return parameter.shape[1] * field, parameter.shape[0] * field


def xavier_uniform_(parameter: Tensor, gain: float = 1.0, generator: Generator = None) -> Tensor:
    """Uniform with standard deviation ``gain * sqrt(2 / (fan_in + fan_out))`` (Glorot and Bengio 2010, equation 16)."""
    _check("xavier_uniform_", parameter, 2)
    k = gain * math.sqrt(6 / sum(_fans(parameter)))
    return _uniform(parameter, -k, k, generator)


def xavier_normal_(parameter: Tensor, gain: float = 1.0, generator: Generator = None) -> Tensor:
    """Normal with standard deviation ``gain * sqrt(2 / (fan_in + fan_out))`` (Glorot and Bengio 2010)."""
    _check("xavier_normal_", parameter, 2)
    return _fill(parameter, gain * math.sqrt(2 / sum(_fans(parameter))) * _normal(parameter.shape, generator))


def _kaiming(caller: str, parameter: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    """The standard deviation of He's distributions."""
    _check(caller, parameter, 2)
    if mode not in ("fan_in", "fan_out"):
        raise OptionError(f'{caller}: got mode={mode!r}; need "fan_in" or "fan_out"')
    return calculate_gain(nonlinearity, a) / math.sqrt(_fans(parameter)[mode == "fan_out"])


def kaiming_uniform_(
    parameter: Tensor,
    a: float = 0.0,
    mode: Fan = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator = None,
) -> Tensor:
    """Uniform with standard deviation ``calculate_gain(nonlinearity, a) / sqrt(fan)`` (He 2015).

    Args:
        parameter: ``(outputs, inputs)``.
        a: the negative slope of a leaky ReLU.
        mode: "fan_in" keeps the variance of activations, "fan_out" that of gradients.
        nonlinearity: of the layer; see `calculate_gain`.
        generator: see the module.
    """
    k = math.sqrt(3) * _kaiming("kaiming_uniform_", parameter, a, mode, nonlinearity)
    return _uniform(parameter, -k, k, generator)


def kaiming_normal_(
    parameter: Tensor,
    a: float = 0.0,
    mode: Fan = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator = None,
) -> Tensor:
    """Normal with the standard deviation of `kaiming_uniform_`, whose arguments it has."""
    std = _kaiming("kaiming_normal_", parameter, a, mode, nonlinearity)
    return _fill(parameter, std * _normal(parameter.shape, generator))


def orthogonal_(parameter: Tensor, gain: float = 1.0, generator: Generator = None) -> Tensor:
    """``gain`` times a random matrix Q whose columns, or rows if they are fewer, are orthonormal (Saxe 2014).

    Axes after the first are taken as one. Q is drawn uniformly: from the QR decomposition of a normal matrix, with the
    signs that make the diagonal of R positive (Mezzadri 2007).

    >>> import numpy as np, tinygrad_seq as tg
    >>> q = tg.nn.init.orthogonal_(tg.nn.Parameter(np.zeros((5, 3)))).numpy()
    >>> np.allclose(q.T @ q, np.eye(3))
    True
    """
    _check("orthogonal_", parameter, 2)
    rows, columns = parameter.shape[0], math.prod(parameter.shape[1:])
    q, r = np.linalg.qr(_normal((max(rows, columns), min(rows, columns)), generator))
    q = q * np.where(np.diag(r) < 0, -1, 1)
    return _fill(parameter, gain * (q if rows >= columns else q.T).reshape(parameter.shape))
