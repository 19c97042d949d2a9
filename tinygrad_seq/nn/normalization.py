"""Layers that standardise: over features, over the batch, and over the batch at each time step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import Tensor, get_default_dtype
from ..errors import OptionError, ShapeError
from ..ops import standardize, subtract
from . import functional
from .arguments import flags, positive
from .module import Module, Parameter

__all__ = ["BatchNorm1d", "BatchNormPerStep", "LayerNorm"]


def _filled(value: float, *shape: int) -> Parameter:
    return Parameter(np.full(shape, value, get_default_dtype()))


class LayerNorm(Module):
    r""":math:`y = (x - \mu) / \sqrt{\sigma^2 + \epsilon}\; w + b` over the last axes (Ba, Kiros and Hinton 2016).

    Args:
        normalized_shape: the size of the last axis, or the sizes of the last axes.
        eps: :math:`\epsilon`.
        elementwise_affine: have w and b.
        bias: have b.

    Attributes:
        weight: w, of the normalized_shape, at first 1, or None.
        bias: b, likewise, at first 0, or None.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.nn.LayerNorm(4)(np.ones((5, 2, 4), "float32")).shape
    (5, 2, 4)
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ):
        flags("LayerNorm", elementwise_affine=elementwise_affine, bias=bias)
        sizes = (normalized_shape,) if isinstance(normalized_shape, (int, np.integer)) else tuple(normalized_shape)
        positive("LayerNorm", **{f"normalized_shape[{k}]": size for k, size in enumerate(sizes)})
        self.normalized_shape, self.eps, self.elementwise_affine = sizes, eps, elementwise_affine
        self.weight = _filled(1, *sizes) if elementwise_affine else None
        self.bias = _filled(0, *sizes) if elementwise_affine and bias else None

    def forward(self, x: Any) -> Tensor:
        """Normalise x ``(..., *normalized_shape)``."""
        return functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The options."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


def _check_momentum(caller: str, momentum: float | None) -> None:
    if momentum is not None and not 0 <= momentum <= 1:
        raise OptionError(f"{caller}: got momentum={momentum}; need 0 ... 1, or None for the mean of all batches")


class BatchNorm1d(Module):
    r""":math:`y = (x - \mu) / \sqrt{\sigma^2 + \epsilon}\; w + b` for each feature (Ioffe and Szegedy 2015).

    Mean and variance are those of the batch in training, whose running means serve in evaluation.

    Args:
        num_features: C.
        eps: :math:`\epsilon`.
        momentum: the share of a batch in the running means; None for the mean of all batches.
        affine: have w and b.
        track_running_stats: keep running means; otherwise the batch's own serve in evaluation, too.
        bias: have b.

    Attributes:
        weight: w, ``(C,)``, at first 1, or None.
        bias: b, ``(C,)``, at first 0, or None.
        running_mean, running_var: ``(C,)``, buffers, the variance unbiased, or None.
        num_batches_tracked: ``()``, a buffer, how many batches are in them, or None.

    >>> import numpy as np, tinygrad_seq as tg
    >>> layer = tg.nn.BatchNorm1d(3)
    >>> layer(np.random.default_rng(0).normal(size=(8, 3))).shape
    (8, 3)
    >>> sorted(layer.state_dict())
    ['bias', 'num_batches_tracked', 'running_mean', 'running_var', 'weight']
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
    ):
        positive("BatchNorm1d", num_features=num_features)
        flags("BatchNorm1d", affine=affine, track_running_stats=track_running_stats, bias=bias)
        _check_momentum("BatchNorm1d", momentum)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.weight = _filled(1, num_features) if affine else None
        self.bias = _filled(0, num_features) if affine and bias else None
        zeros = np.zeros(num_features, get_default_dtype())
        self.register_buffer("running_mean", zeros if track_running_stats else None)
        self.register_buffer("running_var", zeros + 1 if track_running_stats else None)
        self.register_buffer("num_batches_tracked", np.array(0) if track_running_stats else None)

    running_mean: Any
    running_var: Any
    num_batches_tracked: Any

    def forward(self, x: Any) -> Tensor:
        """Normalise x ``(B, C)`` or ``(B, C, T)``, in training over all axes but that of C."""
        shape = np.shape(x)
        if len(shape) not in (2, 3) or shape[1] != self.num_features:
            raise ShapeError(
                f"BatchNorm1d: got x {shape}; need (B, {self.num_features}) or (B, {self.num_features}, T); "
                f"swap axes, or use BatchNormPerStep"
            )
        tracked = self.training and self.track_running_stats
        momentum = self.momentum if self.momentum is not None else 0.0
        if tracked and self.momentum is None:
            momentum = 1 / (int(self.num_batches_tracked) + 1)
        mean, variance = (None, None) if self.training and not tracked else (self.running_mean, self.running_var)
        y = functional.batch_norm(x, mean, variance, self.weight, self.bias, self.training, momentum, self.eps)
        if tracked:
            self.num_batches_tracked = self.num_batches_tracked + 1
        return y

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNormPerStep(Module):
    """`BatchNorm1d` with statistics of their own for each time step, for use within a recurrence.

    Activations at the first steps differ from those of later ones, so that one running mean for all would fit none
    (Cooijmans et al. 2017, "Recurrent batch normalization"). Weight and bias are shared by all steps; the weight is
    0.1 at first, which keeps tanh from saturating (section 4 there). Steps past the last are normalised in
    evaluation by the statistics of the last.

    Args:
        num_features: C.
        steps: how many steps have statistics of their own.
        eps: added to the variance.
        momentum: the share of a batch in the running means; None for the mean of all batches.
        weight: the weights at first.
        bias: have a bias.

    Attributes:
        weight, bias: ``(C,)``.
        running_mean, running_var: ``(steps, C)``, buffers.
        num_batches_tracked: ``(steps,)``, a buffer.

    >>> import numpy as np, tinygrad_seq as tg
    >>> layer, x = tg.nn.BatchNormPerStep(3, steps=5), np.random.default_rng(0).normal(size=(5, 8, 3))
    >>> layer(x).shape, layer(x[2], t=2).shape
    ((5, 8, 3), (8, 3))
    """

    def __init__(
        self,
        num_features: int,
        steps: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        weight: float = 0.1,
        bias: bool = True,
    ):
        positive("BatchNormPerStep", num_features=num_features, steps=steps)
        flags("BatchNormPerStep", bias=bias)
        _check_momentum("BatchNormPerStep", momentum)
        self.num_features, self.steps, self.eps, self.momentum = num_features, steps, eps, momentum
        self.weight = _filled(weight, num_features)
        self.bias = _filled(0, num_features) if bias else None
        zeros = np.zeros((steps, num_features), get_default_dtype())
        self.register_buffer("running_mean", zeros)
        self.register_buffer("running_var", zeros + 1)
        self.register_buffer("num_batches_tracked", np.zeros(steps, int))

    running_mean: Any
    running_var: Any
    num_batches_tracked: Any

    def forward(self, x: Any, t: int | None = None) -> Tensor:
        """Normalise each step of x ``(T, B, C)``, or with t, counted from 0, the one step ``(B, C)``.

        Raises:
            ShapeError: for x of another shape, or in training a batch of one.
            OptionError: for a t below 0.
        """
        shape = np.shape(x)
        if len(shape) != (3 if t is None else 2) or shape[-1] != self.num_features:
            need = f"(T, B, {self.num_features})" if t is None else f"(B, {self.num_features})"
            raise ShapeError(f"BatchNormPerStep: got x {shape} and t={t}; need {need}")
        if t is not None and t < 0:
            raise OptionError(f"BatchNormPerStep: got t={t}; need a step of at least 0")
        at: Any = np.minimum(np.arange(shape[0]) if t is None else t, self.steps - 1)
        if self.training:
            functional.check_batch("BatchNormPerStep", shape, shape[-2])
            self._track(x, slice(0, shape[0]) if t is None else slice(t, t + 1))
            y = standardize(x, axis=-2, epsilon=self.eps)
        else:
            mean, variance = (np.expand_dims(a[at], -2) for a in (self.running_mean, self.running_var))
            y = subtract(x, mean) / np.sqrt(variance + self.eps)
        y = y * self.weight
        return y if self.bias is None else y + self.bias

    def _track(self, x: Any, steps: slice) -> None:
        """Take this batch into the running means of the steps that have some."""
        x = np.asarray(x).reshape(-1, *np.shape(x)[-2:])[: max(0, self.steps - steps.start)]
        self.num_batches_tracked[steps] += 1
        share = 1 / self.num_batches_tracked[steps, None] if self.momentum is None else self.momentum
        for running, batch in ((self.running_mean, x.mean(1)), (self.running_var, x.var(1, ddof=1))):
            running[steps] = running[steps] + share * (batch - running[steps])

    def extra_repr(self) -> str:
        """The sizes."""
        return f"{self.num_features}, steps={self.steps}, eps={self.eps}, momentum={self.momentum}"
