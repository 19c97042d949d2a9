r"""Backpropagation through time of a gated recurrent unit, by hand, in NumPy alone.

Two gates, a candidate, and one state. This is the form of cuDNN and PyTorch, in which r resets what comes *out* of the
recurrent product (after Cho et al. 2014, who reset what goes in):

    a = W x_t + b       u = U h_{t-1} + b'       (3 H rows each: r, z, n)
    r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
    n    = tanh(a_n + r * u_n)
    h_t  = (1 - z) * n + z * h_{t-1}

Backwards, with s' = s (1 - s) for a sigmoid s and 1 - n^2 for the tanh:

    dh_t  = d_output[t] + what comes from step t + 1
    da_n  = dh * (1 - z) * (1 - n^2)
    da_z  = dh * (h_{t-1} - n) * z (1 - z)
    da_r  = da_n * u_n * r (1 - r)              r stands in front of u_n, inside of the tanh
    du    = (da_r, da_z, da_n * r)              as da, but for the last block, which r has scaled
    dh_{t-1} = dh * z + U^T du                  the first term passes no matrix: z is the forget gate here

The two sides of the sum differ, so that W and b get their gradient from da, and U and b' from du:

    dW = sum_t da_t x_t^T    db = sum_t da_t    dU = sum_t du_t h_{t-1}^T    db' = sum_t du_t    dx_t = W^T da_t

A row of a batch that has ended keeps h and hands its gradient down as it is.

Run this file: the gradients of `tg.nn.GRU`, of which nobody wrote a backward pass, are the same.
"""

import numpy as np

import tinygrad_seq as tg


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def gru(x, h, weight_ih, weight_hh, bias_ih, bias_hh, lengths=None):
    """x (T, B, D) and h (B, H) to output (T, B, H), the last h, and backward(d_output, d_h) -> gradients by name."""
    T, B = x.shape[:2]
    lengths = np.full(B, T) if lengths is None else np.asarray(lengths)
    live = (np.arange(T)[:, None] < lengths)[..., None]  # (T, B, 1): has the row not ended?

    # Forward: remember states and gates. hs[t] is the state *before* step t.
    hs, gates = [h], []
    for t in range(T):
        a_r, a_z, a_n = np.split(x[t] @ weight_ih.T + bias_ih, 3, axis=1)
        u_r, u_z, u_n = np.split(hs[t] @ weight_hh.T + bias_hh, 3, axis=1)
        r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
        n = np.tanh(a_n + r * u_n)
        gates.append((r, z, n, u_n))
        hs.append(np.where(live[t], (1 - z) * n + z * hs[t], hs[t]))
    output = np.where(live, np.stack(hs[1:]), 0)

    def backward(d_output, d_h):
        d_x, d_weight_ih, d_weight_hh = np.zeros_like(x), np.zeros_like(weight_ih), np.zeros_like(weight_hh)
        d_bias_ih, d_bias_hh = np.zeros_like(bias_ih), np.zeros_like(bias_hh)
        for t in reversed(range(T)):
            r, z, n, u_n = gates[t]
            d_h = d_h + live[t] * d_output[t]
            new_h = live[t] * d_h  # what reaches the new value; the rest stays on its way
            d_n = new_h * (1 - z) * (1 - n**2)
            d_z = new_h * (hs[t] - n) * z * (1 - z)
            d_r = d_n * u_n * r * (1 - r)
            d_a, d_u = np.concatenate([d_r, d_z, d_n], axis=1), np.concatenate([d_r, d_z, d_n * r], axis=1)
            d_x[t] = d_a @ weight_ih
            d_weight_ih += d_a.T @ x[t]
            d_weight_hh += d_u.T @ hs[t]
            d_bias_ih += d_a.sum(0)
            d_bias_hh += d_u.sum(0)
            d_h = new_h * z + d_u @ weight_hh + np.where(live[t], 0, d_h)
        gradients = {"x": d_x, "h": d_h, "weight_ih": d_weight_ih, "weight_hh": d_weight_hh}
        return {**gradients, "bias_ih": d_bias_ih, "bias_hh": d_bias_hh}

    return output, hs[-1], backward


def main() -> float:
    """Compare with the engine, and return the largest difference."""
    rng = np.random.default_rng(0)
    layer = tg.nn.GRU(3, 4).astype("float64")
    x = tg.tensor(rng.normal(size=(6, 2, 3)), requires_grad=True)
    h = tg.tensor(rng.normal(size=(1, 2, 4)), requires_grad=True)
    lengths = [6, 4]
    output, _ = layer(x, h, lengths=lengths)
    np.sum(output**2).backward()

    weights = [p.numpy() for p in layer.parameters()]
    by_hand, _, backward = gru(x.numpy(), h.numpy()[0], *weights, lengths=lengths)
    gradients = backward(2 * by_hand, np.zeros((2, 4)))
    engine = {"x": x.grad, "h": h.grad[0], **{n.removesuffix("_l0"): p.grad for n, p in layer.named_parameters()}}
    worst = 0.0
    for name, g in gradients.items():
        difference = float(np.abs(engine[name].numpy() - g).max())
        worst = max(worst, difference)
        print(f"{name:<10} {g.shape!s:<10} largest element {np.abs(g).max():8.4f}, difference {difference:.0e}")
    return worst


if __name__ == "__main__":
    main()
