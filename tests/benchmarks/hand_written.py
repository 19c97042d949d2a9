"""Backpropagation through time by hand: what somebody writes who knows NumPy and wants no framework.

Each function takes the input ``x`` (T, B, D), the four weights and ``dout`` (T, B, H), the cotangent of the outputs,
and returns the outputs and the gradients of w_ih, w_hh, b_ih, b_hh. All steps share one product for the input
projection and one for each weight's gradient, and all local derivatives are taken for all steps at once:
the loops do only what depends on the step before.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Result = tuple[Array, tuple[Array, Array, Array, Array]]


def rnn(x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, dout: Array) -> Result:
    steps, batch, hidden = dout.shape
    h = np.zeros((steps + 1, batch, hidden), x.dtype)
    h[1:] = (_rows(x) @ w_ih.T + (b_ih + b_hh)).reshape(dout.shape)
    w = np.ascontiguousarray(w_hh.T)
    for t in range(steps):
        a = h[t + 1]
        a += h[t] @ w
        np.tanh(a, out=a)

    da = 1 - h[1:] * h[1:]
    dh = np.zeros_like(h[0])
    for t in reversed(range(steps)):
        dh += dout[t]
        da[t] *= dh
        dh = da[t] @ w_hh
    da, db = _rows(da), da.sum((0, 1))
    return h[1:], (da.T @ _rows(x), da.T @ _rows(h[:-1]), db, db)


def lstm(x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, dout: Array) -> Result:
    steps, batch, hidden = dout.shape
    gates = _rows(x) @ w_ih.T + (b_ih + b_hh)
    gates = gates.reshape(steps, batch, 4, hidden)
    h = np.zeros((steps + 1, batch, hidden), x.dtype)
    c = np.zeros_like(h)
    tanh_c = np.empty_like(dout)
    w = np.ascontiguousarray(w_hh.T)
    for t in range(steps):
        a = gates[t]
        a += (h[t] @ w).reshape(a.shape)
        i, f, g, o = a[:, 0], a[:, 1], a[:, 2], a[:, 3]
        _sigmoid(a[:, :2])
        np.tanh(g, out=g)
        _sigmoid(o)
        np.add(f * c[t], i * g, out=c[t + 1])
        np.tanh(c[t + 1], out=tanh_c[t])
        np.multiply(o, tanh_c[t], out=h[t + 1])

    i, f, g, o = np.moveaxis(gates, 2, 0)
    to_c = o * (1 - tanh_c * tanh_c)
    da = gates * (1 - gates)
    da[:, :, 2] = 1 - g * g
    for gate, factor in enumerate((g, c[:-1], i, tanh_c)):
        da[:, :, gate] *= factor
    dh, dc = np.zeros_like(h[0]), np.zeros_like(c[0])
    for t in reversed(range(steps)):
        dh += dout[t]
        dc += dh * to_c[t]
        da[t, :, :3] *= dc[:, None]
        da[t, :, 3] *= dh
        dc *= f[t]
        dh = da[t].reshape(batch, -1) @ w_hh
    da = da.reshape(steps * batch, -1)
    db = da.sum(0)
    return h[1:], (da.T @ _rows(x), da.T @ _rows(h[:-1]), db, db)


def gru(x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, dout: Array) -> Result:
    steps, batch, hidden = dout.shape
    gates = _rows(x) @ w_ih.T + b_ih
    gates = gates.reshape(steps, batch, 3, hidden)
    h = np.zeros((steps + 1, batch, hidden), x.dtype)
    u_n = np.empty_like(dout)
    w = np.ascontiguousarray(w_hh.T)
    for t in range(steps):
        a = gates[t]
        u = (h[t] @ w + b_hh).reshape(a.shape)
        rz, r, z, n = a[:, :2], a[:, 0], a[:, 1], a[:, 2]
        rz += u[:, :2]
        _sigmoid(rz)
        u_n[t] = u[:, 2]
        n += r * u[:, 2]
        np.tanh(n, out=n)
        np.add(n, z * (h[t] - n), out=h[t + 1])

    r, z, n = np.moveaxis(gates, 2, 0)
    to_n = (1 - z) * (1 - n * n)
    du = gates * (1 - gates)  # of what the state projects; the input's differs in n, by the reset gate
    du[:, :, 0] *= to_n * u_n
    du[:, :, 1] *= h[:-1] - n
    du[:, :, 2] = to_n * r
    dh = np.zeros_like(h[0])
    for t in reversed(range(steps)):
        dh += dout[t]
        du[t] *= dh[:, None]
        to_n[t] *= dh
        dh *= z[t]
        dh += du[t].reshape(batch, -1) @ w_hh
    da = du.copy()
    da[:, :, 2] = to_n
    du, da = du.reshape(steps * batch, -1), da.reshape(steps * batch, -1)
    return h[1:], (da.T @ _rows(x), du.T @ _rows(h[:-1]), da.sum(0), du.sum(0))


HAND_WRITTEN = {"rnn": rnn, "lstm": lstm, "gru": gru}


def _sigmoid(x: Array) -> None:
    """1 / (1 + exp(-x)), in place; the exponent is held below overflow."""
    np.negative(x, out=x)
    np.minimum(x, 88, out=x)
    np.exp(x, out=x)
    x += 1
    np.reciprocal(x, out=x)


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])
