r"""Backpropagation through time of an Elman network, by hand, in NumPy alone.

The network reads x_1, ..., x_T and keeps a state h (Elman 1990):

    a_t = W x_t + b + U h_{t-1} + c          "the preactivation"
    h_t = tanh(a_t)

Some loss L depends on every h_t. Write dh_t for the derivative of L with respect to h_t, *over everything that comes
later too*. Two things depend on h_t: the loss at step t itself, whose part somebody hands us as d_output[t], and
a_{t+1}. So the chain rule runs backwards in time:

    dh_t = d_output[t] + U^T da_{t+1}        two contributions, added
    da_t = dh_t * (1 - h_t^2)                tanh' = 1 - tanh^2

and the parameters, which all steps share, collect a contribution from each:

    dW = sum_t da_t x_t^T      dU = sum_t da_t h_{t-1}^T      db = dc = sum_t da_t      dx_t = W^T da_t

Between h_s and h_t there are t - s factors diag(1 - h_k^2) U. That product is why gradients vanish or explode
(Hochreiter 1991; Bengio, Simard and Frasconi 1994).

Rows of a batch may end early. After its end a row keeps its state, h_t = h_{t-1}, and its output is 0; so its dh_t goes
to dh_{t-1} as it is, and nothing goes to the parameters.

Run this file: the gradients of `tg.nn.RNN`, of which nobody wrote a backward pass, are the same.
"""

import numpy as np

import tinygrad_seq as tg


def rnn(x, h, weight_ih, weight_hh, bias_ih, bias_hh, nonlinearity="tanh", lengths=None):
    """x (T, B, D) and h (B, H) to output (T, B, H), the last h, and backward(d_output, d_h) -> gradients by name."""
    T, B = x.shape[:2]
    lengths = np.full(B, T) if lengths is None else np.asarray(lengths)
    live = (np.arange(T)[:, None] < lengths)[..., None]  # (T, B, 1): has the row not ended?

    # Forward: remember every state. hs[t] is the one *before* step t.
    hs = [h]
    for t in range(T):
        a = x[t] @ weight_ih.T + bias_ih + hs[t] @ weight_hh.T + bias_hh
        new = np.tanh(a) if nonlinearity == "tanh" else np.maximum(a, 0)
        hs.append(np.where(live[t], new, hs[t]))
    output = np.where(live, np.stack(hs[1:]), 0)

    def backward(d_output, d_h):
        d_x, d_weight_ih, d_weight_hh = np.zeros_like(x), np.zeros_like(weight_ih), np.zeros_like(weight_hh)
        d_bias = np.zeros_like(bias_ih)
        for t in reversed(range(T)):
            d_h = d_h + live[t] * d_output[t]
            slope = 1 - hs[t + 1] ** 2 if nonlinearity == "tanh" else hs[t + 1] > 0
            d_a = live[t] * d_h * slope
            d_x[t] = d_a @ weight_ih
            d_weight_ih += d_a.T @ x[t]
            d_weight_hh += d_a.T @ hs[t]
            d_bias += d_a.sum(0)
            d_h = d_a @ weight_hh + np.where(live[t], 0, d_h)
        gradients = {"x": d_x, "h": d_h, "weight_ih": d_weight_ih, "weight_hh": d_weight_hh}
        return {**gradients, "bias_ih": d_bias, "bias_hh": d_bias}

    return output, hs[-1], backward


def main() -> float:
    """Compare with the engine, and return the largest difference."""
    rng = np.random.default_rng(0)
    layer = tg.nn.RNN(3, 4).astype("float64")
    x = tg.tensor(rng.normal(size=(6, 2, 3)), requires_grad=True)
    h = tg.tensor(rng.normal(size=(1, 2, 4)), requires_grad=True)
    lengths = [6, 4]
    output, _ = layer(x, h, lengths=lengths)
    np.sum(output**2).backward()

    weights = [p.numpy() for p in layer.parameters()]
    by_hand, _, backward = rnn(x.numpy(), h.numpy()[0], *weights, lengths=lengths)
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
