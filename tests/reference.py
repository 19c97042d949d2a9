"""RNN, LSTM and GRU with backpropagation through time, written by hand in plain NumPy: what layers are held against.

PyTorch's formulas, gate orders and shapes: x (T, B, D), h and c (B, H), weight_ih (gates * H, D), weight_hh
(gates * H, H), biases (gates * H,). Each function returns its results and a function from their cotangents to the
gradients by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Gradients = dict[str, Any]


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _weights(x: Any, hs: Any, d_ih: Any, d_hh: Any) -> Gradients:
    """The gradients of the weights, from those of the two affine maps at each step: (T, B, gates * H)."""
    return {
        "weight_ih": np.einsum("tbg,tbd->gd", d_ih, x),
        "weight_hh": np.einsum("tbg,tbh->gh", d_hh, hs),
        "bias_ih": d_ih.sum((0, 1)),
        "bias_hh": d_hh.sum((0, 1)),
    }


def rnn(
    x: Any, h: Any, weight_ih: Any, weight_hh: Any, bias_ih: Any, bias_hh: Any, nonlinearity: str = "tanh"
) -> tuple[Any, Any, Callable[[Any, Any], Gradients]]:
    """h' = f(W_ih x + b_ih + W_hh h + b_hh): output (T, B, H), h_n (B, H), backward(d_output, d_h)."""
    f = np.tanh if nonlinearity == "tanh" else lambda a: np.maximum(a, 0)
    hs = [h]
    for x_t in x:
        hs.append(f(x_t @ weight_ih.T + bias_ih + hs[-1] @ weight_hh.T + bias_hh))

    def backward(d_output: Any, d_h: Any) -> Gradients:
        d_x, d_a = np.zeros_like(x), np.zeros_like(d_output)
        for t in reversed(range(len(x))):
            d_h = d_h + d_output[t]
            slope = 1 - hs[t + 1] ** 2 if nonlinearity == "tanh" else hs[t + 1] > 0
            d_a[t] = d_h * slope
            d_x[t] = d_a[t] @ weight_ih
            d_h = d_a[t] @ weight_hh
        return {"x": d_x, "h": d_h, **_weights(x, np.stack(hs[:-1]), d_a, d_a)}

    return np.stack(hs[1:]), hs[-1], backward


def lstm(
    x: Any, h: Any, c: Any, weight_ih: Any, weight_hh: Any, bias_ih: Any, bias_hh: Any
) -> tuple[Any, Any, Any, Callable[[Any, Any, Any], Gradients]]:
    """Gates i, f, g, o; c' = f c + i g; h' = o tanh(c'): output, h_n, c_n, backward(d_output, d_h, d_c)."""
    H = h.shape[1]
    hs, cs, gates = [h], [c], []
    for x_t in x:
        a = x_t @ weight_ih.T + bias_ih + hs[-1] @ weight_hh.T + bias_hh
        i, f, o = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H]), sigmoid(a[:, 3 * H :])
        g = np.tanh(a[:, 2 * H : 3 * H])
        gates.append((i, f, g, o))
        cs.append(f * cs[-1] + i * g)
        hs.append(o * np.tanh(cs[-1]))

    def backward(d_output: Any, d_h: Any, d_c: Any) -> Gradients:
        d_x, d_a = np.zeros_like(x), np.zeros((*d_output.shape[:2], 4 * H), d_output.dtype)
        for t in reversed(range(len(x))):
            i, f, g, o = gates[t]
            squashed = np.tanh(cs[t + 1])
            d_h = d_h + d_output[t]
            d_c = d_c + d_h * o * (1 - squashed**2)
            d_a[t, :, :H] = d_c * g * i * (1 - i)
            d_a[t, :, H : 2 * H] = d_c * cs[t] * f * (1 - f)
            d_a[t, :, 2 * H : 3 * H] = d_c * i * (1 - g**2)
            d_a[t, :, 3 * H :] = d_h * squashed * o * (1 - o)
            d_c = d_c * f
            d_x[t] = d_a[t] @ weight_ih
            d_h = d_a[t] @ weight_hh
        return {"x": d_x, "h": d_h, "c": d_c, **_weights(x, np.stack(hs[:-1]), d_a, d_a)}

    return np.stack(hs[1:]), hs[-1], cs[-1], backward


def gru(
    x: Any, h: Any, weight_ih: Any, weight_hh: Any, bias_ih: Any, bias_hh: Any
) -> tuple[Any, Any, Callable[[Any, Any], Gradients]]:
    """Gates r, z, n = tanh(W x + b + r (W h + b)); h' = (1 - z) n + z h: output, h_n, backward(d_output, d_h)."""
    H = h.shape[1]
    hs, gates = [h], []
    for x_t in x:
        a, b = x_t @ weight_ih.T + bias_ih, hs[-1] @ weight_hh.T + bias_hh
        r, z = sigmoid(a[:, :H] + b[:, :H]), sigmoid(a[:, H : 2 * H] + b[:, H : 2 * H])
        n = np.tanh(a[:, 2 * H :] + r * b[:, 2 * H :])
        gates.append((r, z, n, b[:, 2 * H :]))
        hs.append((1 - z) * n + z * hs[-1])

    def backward(d_output: Any, d_h: Any) -> Gradients:
        d_x, d_a = np.zeros_like(x), np.zeros((*d_output.shape[:2], 3 * H), d_output.dtype)
        d_b = np.zeros_like(d_a)
        for t in reversed(range(len(x))):
            r, z, n, inner = gates[t]
            d_h = d_h + d_output[t]
            d_n = d_h * (1 - z) * (1 - n**2)
            d_a[t, :, :H] = d_n * inner * r * (1 - r)
            d_a[t, :, H : 2 * H] = d_h * (hs[t] - n) * z * (1 - z)
            d_a[t, :, 2 * H :] = d_n
            d_b[t] = d_a[t]
            d_b[t, :, 2 * H :] = d_n * r
            d_x[t] = d_a[t] @ weight_ih
            d_h = d_h * z + d_b[t] @ weight_hh
        return {"x": d_x, "h": d_h, **_weights(x, np.stack(hs[:-1]), d_a, d_b)}

    return np.stack(hs[1:]), hs[-1], backward
