"""Tables to plot."""

import math

import numpy as np

import tinygrad_seq as tg
from tinygrad_seq import flow

T, H = 6, 4
X = np.random.default_rng(0).normal(size=(T, 2, 3)).astype("float32")


def layer(kind="LSTM", **options):
    tg.seed(0)
    return getattr(tg.nn, kind)(3, H, **options)


def output(kind="LSTM", **options):
    return layer(kind, **options)(X)[0]


def norms_of(norms, reached=None, start=1.0):
    """A table with one row of the given norms."""
    C = len(norms)
    reached = np.ones(C, bool) if reached is None else np.array(reached)
    return flow.RoleNorms(
        np.array(["l0"] * C), np.array(["h"] * C), np.arange(C), np.array(norms), reached, start=start
    )


FIVE = norms_of([1.0, 1e-5, 0.0, math.nan, 1e5, 0.0], [True] * 5 + [False], start=0.1)
"""Healthy, vanished, zero, not a number, exploded, none: all marks."""
