"""The papers' formulas, op by op, for any library of arrays that can be differentiated.

``ops`` brings what libraries spell differently: ``tanh``, ``sigmoid``, ``zeros``, ``steps`` (the rows of an
array), ``chunk`` (equal parts of the last axis) and ``stack``. All else is arithmetic.
The input is projected for all steps at once: one large product is cheaper than many small ones.
"""

from __future__ import annotations

from typing import Any


def rnn(ops: Any, x: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    h = ops.zeros(x.shape[1], w_hh.shape[1])
    w = w_hh.T
    outputs = []
    for a in ops.steps(x @ w_ih.T + (b_ih + b_hh)):
        h = ops.tanh(a + h @ w)
        outputs.append(h)
    return ops.stack(outputs)


def lstm(ops: Any, x: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    h = c = ops.zeros(x.shape[1], w_hh.shape[1])
    w = w_hh.T
    outputs = []
    for a in ops.steps(x @ w_ih.T + (b_ih + b_hh)):
        i, f, g, o = ops.chunk(a + h @ w, 4)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        outputs.append(h)
    return ops.stack(outputs)


def gru(ops: Any, x: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    h = ops.zeros(x.shape[1], w_hh.shape[1])
    w = w_hh.T
    outputs = []
    for a in ops.steps(x @ w_ih.T + b_ih):
        a_r, a_z, a_n = ops.chunk(a, 3)
        u_r, u_z, u_n = ops.chunk(h @ w + b_hh, 3)
        r = ops.sigmoid(a_r + u_r)
        z = ops.sigmoid(a_z + u_z)
        n = ops.tanh(a_n + r * u_n)
        h = n + z * (h - n)
        outputs.append(h)
    return ops.stack(outputs)


FORMULAS = {"rnn": rnn, "lstm": lstm, "gru": gru}
