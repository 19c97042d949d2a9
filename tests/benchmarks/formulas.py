"""The papers' formulas, op by op, for any library of arrays that can be differentiated.

``ops`` brings what libraries spell differently: ``tanh``, ``sigmoid``, ``zeros``, ``steps`` (the rows of an
array), ``chunk`` (equal parts of the last axis), ``stack`` and ``where``. All else is arithmetic. ``live`` (T, B, 1)
says which steps count: in the others the state stays.
The input is projected for all steps at once: one large product is cheaper than many small ones.
"""

from __future__ import annotations

from typing import Any


def rnn(ops: Any, x: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, live: Any = None) -> Any:
    h = ops.zeros(x.shape[1], w_hh.shape[1])
    w = w_hh.T
    outputs = []
    for t, a in enumerate(ops.steps(x @ w_ih.T + (b_ih + b_hh))):
        new = ops.tanh(a + h @ w)
        h = new if live is None else ops.where(live[t], new, h)
        outputs.append(h)
    return ops.stack(outputs)


def lstm(ops: Any, x: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, live: Any = None) -> Any:
    h = c = ops.zeros(x.shape[1], w_hh.shape[1])
    w = w_hh.T
    outputs = []
    for t, a in enumerate(ops.steps(x @ w_ih.T + (b_ih + b_hh))):
        i, f, g, o = ops.chunk(a + h @ w, 4)
        new_c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        new = ops.sigmoid(o) * ops.tanh(new_c)
        c = new_c if live is None else ops.where(live[t], new_c, c)
        h = new if live is None else ops.where(live[t], new, h)
        outputs.append(h)
    return ops.stack(outputs)


def gru(ops: Any, x: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, live: Any = None) -> Any:
    h = ops.zeros(x.shape[1], w_hh.shape[1])
    w = w_hh.T
    outputs = []
    for t, a in enumerate(ops.steps(x @ w_ih.T + b_ih)):
        a_r, a_z, a_n = ops.chunk(a, 3)
        u_r, u_z, u_n = ops.chunk(h @ w + b_hh, 3)
        r = ops.sigmoid(a_r + u_r)
        z = ops.sigmoid(a_z + u_z)
        n = ops.tanh(a_n + r * u_n)
        new = n + z * (h - n)
        h = new if live is None else ops.where(live[t], new, h)
        outputs.append(h)
    return ops.stack(outputs)


FORMULAS = {"rnn": rnn, "lstm": lstm, "gru": gru}
