"""Optimisers and gradient clipping, by PyTorch's names."""

from .clip import clip_grad_norm_
from .optimizers import SGD, Adam, Optimizer

__all__ = ["SGD", "Adam", "Optimizer", "clip_grad_norm_"]
