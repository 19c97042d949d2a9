"""Backpropagation through time by hand: what somebody writes who knows NumPy and wants no framework.

All steps share one product for the input projection and one for each weight's gradient; what is kept lies in
arrays over all steps. There are two ways backward. `HAND` has each step's chain rule in its loop, as one derives it.
`TUNED` takes all local derivatives for all steps at once, and leaves to the loop only what depends on the step
after: about as far as NumPy can be taken.

Each takes the input ``x`` (T, B, D), the four weights and ``live`` (T, B, 1), the steps that count or None for all,
and returns the outputs ``(T, B, H)`` and the way backward: from their cotangent to that of x, if it is asked for, and
the gradients of w_ih, w_hh, b_ih, b_hh.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Gradients = tuple[Array, Array, Array, Array]
Result = tuple[Array, Callable[..., tuple[Array | None, Gradients]]]


def _rnn_forward(x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, live: Array | None) -> Array:
    h = _with_start(_project(x, w_ih, b_ih + b_hh, 1)[:, :, 0])
    w = np.ascontiguousarray(w_hh.T)
    for t in range(len(x)):
        a = h[t + 1]
        a += h[t] @ w
        np.tanh(a, out=a)
        if live is not None:
            np.copyto(a, h[t], where=~live[t])
    return h


def rnn(x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, live: Array | None = None) -> Result:
    h = _rnn_forward(x, w_ih, w_hh, b_ih, b_hh, live)

    def backward(dout: Array, need_dx: bool = False) -> tuple[Array | None, Gradients]:
        da = np.empty_like(dout)
        dh = np.zeros_like(h[0])
        for t in reversed(range(len(x))):
            dh += dout[t]
            if live is not None:
                past, dh = dh * ~live[t], dh * live[t]
            da[t] = dh * (1 - h[t + 1] * h[t + 1])
            dh = da[t] @ w_hh
            if live is not None:
                dh += past
        return _dx(da, w_ih, need_dx), _of_weights(x, h, da, da)

    return h[1:], backward


def rnn_tuned(x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, live: Array | None = None) -> Result:
    h = _rnn_forward(x, w_ih, w_hh, b_ih, b_hh, live)

    def backward(dout: Array, need_dx: bool = False) -> tuple[Array | None, Gradients]:
        da = 1 - h[1:] * h[1:]
        dh = np.zeros_like(h[0])
        for t in reversed(range(len(x))):
            dh += dout[t]
            if live is not None:
                past, dh = dh * ~live[t], dh * live[t]
            da[t] *= dh
            dh = da[t] @ w_hh
            if live is not None:
                dh += past
        return _dx(da, w_ih, need_dx), _of_weights(x, h, da, da)

    return h[1:], backward


@np.errstate(over="ignore")
def _lstm_forward(
    x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, live: Array | None
) -> tuple[Array, Array, Array, Array]:
    gates = _project(x, w_ih, b_ih + b_hh, 4)
    tanh_c = np.empty_like(gates[:, :, 0])
    h, c = _with_start(tanh_c), _with_start(tanh_c)
    w = np.ascontiguousarray(w_hh.T)
    for t, a in enumerate(gates):
        a += (h[t] @ w).reshape(a.shape)
        i, f, g, o = a[:, 0], a[:, 1], a[:, 2], a[:, 3]
        _sigmoid(a[:, :2])
        np.tanh(g, out=g)
        _sigmoid(o)
        np.add(f * c[t], i * g, out=c[t + 1])
        np.tanh(c[t + 1], out=tanh_c[t])
        np.multiply(o, tanh_c[t], out=h[t + 1])
        if live is not None:
            np.copyto(c[t + 1], c[t], where=~live[t])
            np.copyto(h[t + 1], h[t], where=~live[t])
    return gates, h, c, tanh_c


def lstm(x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, live: Array | None = None) -> Result:
    gates, h, c, tanh_c = _lstm_forward(x, w_ih, w_hh, b_ih, b_hh, live)

    def backward(dout: Array, need_dx: bool = False) -> tuple[Array | None, Gradients]:
        da = np.empty_like(gates)
        dh, dc = np.zeros_like(h[0]), np.zeros_like(c[0])
        for t in reversed(range(len(x))):
            i, f, g, o = gates[t, :, 0], gates[t, :, 1], gates[t, :, 2], gates[t, :, 3]
            dh += dout[t]
            if live is not None:
                past, past_c = dh * ~live[t], dc * ~live[t]
                dh, dc = dh * live[t], dc * live[t]
            dc += dh * o * (1 - tanh_c[t] * tanh_c[t])
            da[t, :, 0] = dc * g * i * (1 - i)
            da[t, :, 1] = dc * c[t] * f * (1 - f)
            da[t, :, 2] = dc * i * (1 - g * g)
            da[t, :, 3] = dh * tanh_c[t] * o * (1 - o)
            dc *= f
            dh = _rows(da[t]) @ w_hh
            if live is not None:
                dh += past
                dc += past_c
        return _dx(da, w_ih, need_dx), _of_weights(x, h, da, da)

    return h[1:], backward


def lstm_tuned(x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, live: Array | None = None) -> Result:
    gates, h, c, tanh_c = _lstm_forward(x, w_ih, w_hh, b_ih, b_hh, live)

    def backward(dout: Array, need_dx: bool = False) -> tuple[Array | None, Gradients]:
        i, f, g, o = np.moveaxis(gates, 2, 0)
        to_c = o * (1 - tanh_c * tanh_c)
        da = gates * (1 - gates)
        da[:, :, 2] = 1 - g * g
        for gate, factor in enumerate((g, c[:-1], i, tanh_c)):
            da[:, :, gate] *= factor
        dh, dc = np.zeros_like(h[0]), np.zeros_like(c[0])
        for t in reversed(range(len(x))):
            dh += dout[t]
            if live is not None:
                past, past_c = dh * ~live[t], dc * ~live[t]
                dh, dc = dh * live[t], dc * live[t]
            dc += dh * to_c[t]
            da[t, :, :3] *= dc[:, None]
            da[t, :, 3] *= dh
            dc *= f[t]
            dh = _rows(da[t]) @ w_hh
            if live is not None:
                dh += past
                dc += past_c
        return _dx(da, w_ih, need_dx), _of_weights(x, h, da, da)

    return h[1:], backward


@np.errstate(over="ignore")
def _gru_forward(
    x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, live: Array | None
) -> tuple[Array, Array, Array]:
    gates = _project(x, w_ih, b_ih, 3)
    u_n = np.empty_like(gates[:, :, 0])
    h = _with_start(u_n)
    w = np.ascontiguousarray(w_hh.T)
    for t, a in enumerate(gates):
        u = (h[t] @ w + b_hh).reshape(a.shape)
        rz, r, z, n = a[:, :2], a[:, 0], a[:, 1], a[:, 2]
        rz += u[:, :2]
        _sigmoid(rz)
        u_n[t] = u[:, 2]
        n += r * u_n[t]
        np.tanh(n, out=n)
        np.add(n, z * (h[t] - n), out=h[t + 1])
        if live is not None:
            np.copyto(h[t + 1], h[t], where=~live[t])
    return gates, h, u_n


def gru(x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, live: Array | None = None) -> Result:
    gates, h, u_n = _gru_forward(x, w_ih, w_hh, b_ih, b_hh, live)

    def backward(dout: Array, need_dx: bool = False) -> tuple[Array | None, Gradients]:
        da, du = np.empty_like(gates), np.empty_like(gates)  # of what is projected from the input, and from the state
        dh = np.zeros_like(h[0])
        for t in reversed(range(len(x))):
            r, z, n = gates[t, :, 0], gates[t, :, 1], gates[t, :, 2]
            dh += dout[t]
            if live is not None:
                past, dh = dh * ~live[t], dh * live[t]
            dn = dh * (1 - z) * (1 - n * n)
            da[t, :, 0] = dn * u_n[t] * r * (1 - r)
            da[t, :, 1] = dh * (h[t] - n) * z * (1 - z)
            da[t, :, 2] = dn
            du[t, :, :2] = da[t, :, :2]
            du[t, :, 2] = dn * r
            dh = dh * z + _rows(du[t]) @ w_hh
            if live is not None:
                dh += past
        return _dx(da, w_ih, need_dx), _of_weights(x, h, da, du)

    return h[1:], backward


def gru_tuned(x: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, live: Array | None = None) -> Result:
    gates, h, u_n = _gru_forward(x, w_ih, w_hh, b_ih, b_hh, live)

    def backward(dout: Array, need_dx: bool = False) -> tuple[Array | None, Gradients]:
        r, z, n = np.moveaxis(gates, 2, 0)
        dn = (1 - z) * (1 - n * n)
        du = gates * (1 - gates)
        du[:, :, 0] *= dn * u_n
        du[:, :, 1] *= h[:-1] - n
        du[:, :, 2] = dn * r
        dh = np.zeros_like(h[0])
        for t in reversed(range(len(x))):
            dh += dout[t]
            if live is not None:
                past, dh = dh * ~live[t], dh * live[t]
            du[t] *= dh[:, None]
            dn[t] *= dh
            dh *= z[t]
            dh += _rows(du[t]) @ w_hh
            if live is not None:
                dh += past
        da = du.copy()
        da[:, :, 2] = dn
        return _dx(da, w_ih, need_dx), _of_weights(x, h, da, du)

    return h[1:], backward


HAND = {"rnn": rnn, "lstm": lstm, "gru": gru}
TUNED = {"rnn": rnn_tuned, "lstm": lstm_tuned, "gru": gru_tuned}


def _project(x: Array, w_ih: Array, b: Array, gates: int) -> Array:
    """What the input contributes to the gates of all steps: ``(T, B, gates, H)``."""
    a = x.reshape(-1, x.shape[-1]) @ w_ih.T
    a += b
    return a.reshape(*x.shape[:2], gates, -1)


def _with_start(a: Array) -> Array:
    """``a`` (T, B, H) after the state before the first step, which is zero: ``(T + 1, B, H)``."""
    return np.concatenate([np.zeros_like(a[:1]), a])


def _sigmoid(x: Array) -> None:
    """1 / (1 + exp(-x)), in place; where exp(-x) overflows, that is the right 0."""
    np.negative(x, out=x)
    np.exp(x, out=x)
    x += 1
    np.divide(1, x, out=x)


def _of_weights(x: Array, h: Array, da: Array, du: Array) -> tuple[Array, Array, Array, Array]:
    """The gradients of the weights, given those of what they project from the input and from the state."""
    steps = x.shape[0] * x.shape[1]
    a, u = da.reshape(steps, -1), du.reshape(steps, -1)
    db_ih = a.sum(0)
    return a.T @ x.reshape(steps, -1), u.T @ h[:-1].reshape(steps, -1), db_ih, db_ih if da is du else u.sum(0)


def _dx(da: Array, w_ih: Array, need: bool) -> Array | None:
    steps = da.shape[0] * da.shape[1]
    return (da.reshape(steps, -1) @ w_ih).reshape(*da.shape[:2], -1) if need else None


def _rows(x: Array) -> Array:
    return x.reshape(len(x), -1)
