"""The comparison with PyTorch that several tests make, where it is installed."""

from typing import Any

import numpy as np
from derivatives import assert_close

from tinygrad_seq import tensor
from tinygrad_seq.autograd import grad


def compare(ours: Any, theirs: Any, *arrays: Any, rtol: float = 1e-11, second: bool = True) -> None:
    """Value, gradients of a random combination, and gradients of a random combination of those."""
    import torch

    rng = np.random.default_rng(0)
    xs = [tensor(a, requires_grad=True) for a in arrays]
    ts = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, z = ours(*xs), theirs(*ts)
    assert_close(y, z.detach(), "value", rtol)
    u = rng.normal(size=y.shape)
    gs = grad(y, xs, u, create_graph=True)
    hs = torch.autograd.grad(z, ts, torch.tensor(u), create_graph=True)
    for g, h in zip(gs, hs, strict=True):
        assert_close(g, h.detach(), "gradient", rtol)
    vs = [rng.normal(size=a.shape) for a in arrays]
    total = sum((g * v).sum() for g, v in zip(gs, vs, strict=True))
    other = sum((h * torch.tensor(v)).sum() for h, v in zip(hs, vs, strict=True))
    if second and total.requires_grad and other.requires_grad:
        seconds = grad(total, xs, allow_unused=True)
        for g, h, a in zip(seconds, torch.autograd.grad(other, ts, allow_unused=True), arrays, strict=True):
            g = np.zeros(a.shape) if g is None else g
            assert_close(g, np.zeros(a.shape) if h is None else h.numpy(force=True), "second derivative", rtol)
