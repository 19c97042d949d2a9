r"""Backpropagation through time of a long short-term memory, by hand, in NumPy alone.

Four preactivations, each a block of the rows of W and U; three gates and a candidate; a state of two parts (Hochreiter
and Schmidhuber 1997; the forget gate is from Gers, Schmidhuber and Cummins 2000):

    a   = W x_t + b + U h_{t-1} + b'         (4 H rows: i, f, g, o)
    i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o)        g = tanh(a_g)
    c_t = f * c_{t-1} + i * g
    h_t = o * tanh(c_t)

Backwards. h_t is used by the loss of its step and by the next preactivations; c_t by h_t and by c_{t+1}:

    dh_t = d_output[t] + U^T da_{t+1}
    dc_t = dh_t * o * (1 - tanh(c_t)^2) + dc_{t+1} * f_{t+1}

The last term is the point of it all: from c_{t+1} to c_t the gradient passes no matrix and no squashing, only the
forget gate. Where f is 1 it is kept as it is, over as many steps as one likes. Then

    da_o = dh * tanh(c_t)   * o (1 - o)        sigmoid' = s (1 - s)
    da_i = dc * g           * i (1 - i)
    da_f = dc * c_{t-1}     * f (1 - f)
    da_g = dc * i           * (1 - g^2)

and, as in any recurrent net, dW = sum_t da_t x_t^T, dU = sum_t da_t h_{t-1}^T, db = sum_t da_t, dx_t = W^T da_t.

A row of a batch that has ended keeps h and c and hands their gradients down as they are.

Run this file: the gradients of `tg.nn.LSTM`, of which nobody wrote a backward pass, are the same.
"""

import numpy as np

import tinygrad_seq as tg


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def lstm(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh, lengths=None):
    """x (T, B, D), h and c (B, H) to output, last h, last c, and backward(d_output, d_h, d_c) -> gradients by name."""
    T, B = x.shape[:2]
    lengths = np.full(B, T) if lengths is None else np.asarray(lengths)
    live = (np.arange(T)[:, None] < lengths)[..., None]  # (T, B, 1): has the row not ended?

    # Forward: remember states and gates. hs[t] and cs[t] are those *before* step t, squashed[t] is tanh(c) after it.
    hs, cs, gates, squashed = [h], [c], [], []
    for t in range(T):
        a_i, a_f, a_g, a_o = np.split(x[t] @ weight_ih.T + bias_ih + hs[t] @ weight_hh.T + bias_hh, 4, axis=1)
        i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
        new_c = f * cs[t] + i * g
        gates.append((i, f, g, o))
        squashed.append(np.tanh(new_c))
        cs.append(np.where(live[t], new_c, cs[t]))
        hs.append(np.where(live[t], o * squashed[t], hs[t]))
    output = np.where(live, np.stack(hs[1:]), 0)

    def backward(d_output, d_h, d_c):
        d_x, d_weight_ih, d_weight_hh = np.zeros_like(x), np.zeros_like(weight_ih), np.zeros_like(weight_hh)
        d_bias = np.zeros_like(bias_ih)
        for t in reversed(range(T)):
            i, f, g, o = gates[t]
            d_h = d_h + live[t] * d_output[t]
            new_h, new_c = live[t] * d_h, live[t] * d_c  # what reaches the new values; the rest stays on its way
            new_c = new_c + new_h * o * (1 - squashed[t] ** 2)
            d_a = np.concatenate(
                [
                    new_c * g * i * (1 - i),
                    new_c * cs[t] * f * (1 - f),
                    new_c * i * (1 - g**2),
                    new_h * squashed[t] * o * (1 - o),
                ],
                axis=1,
            )
            d_x[t] = d_a @ weight_ih
            d_weight_ih += d_a.T @ x[t]
            d_weight_hh += d_a.T @ hs[t]
            d_bias += d_a.sum(0)
            d_h = d_a @ weight_hh + np.where(live[t], 0, d_h)
            d_c = new_c * f + np.where(live[t], 0, d_c)
        gradients = {"x": d_x, "h": d_h, "c": d_c, "weight_ih": d_weight_ih, "weight_hh": d_weight_hh}
        return {**gradients, "bias_ih": d_bias, "bias_hh": d_bias}

    return output, hs[-1], cs[-1], backward


def main() -> float:
    """Compare with the engine, and return the largest difference."""
    rng = np.random.default_rng(0)
    layer = tg.nn.LSTM(3, 4).astype("float64")
    x = tg.tensor(rng.normal(size=(6, 2, 3)), requires_grad=True)
    h, c = (tg.tensor(rng.normal(size=(1, 2, 4)), requires_grad=True) for _ in range(2))
    lengths = [6, 4]
    output, _ = layer(x, (h, c), lengths=lengths)
    np.sum(output**2).backward()

    weights = [p.numpy() for p in layer.parameters()]
    by_hand, _, _, backward = lstm(x.numpy(), h.numpy()[0], c.numpy()[0], *weights, lengths=lengths)
    gradients = backward(2 * by_hand, np.zeros((2, 4)), np.zeros((2, 4)))
    engine = {"x": x.grad, "h": h.grad[0], "c": c.grad[0]}
    engine |= {name.removesuffix("_l0"): p.grad for name, p in layer.named_parameters()}
    worst = 0.0
    for name, g in gradients.items():
        difference = float(np.abs(engine[name].numpy() - g).max())
        worst = max(worst, difference)
        print(f"{name:<10} {g.shape!s:<10} largest element {np.abs(g).max():8.4f}, difference {difference:.0e}")
    return worst


if __name__ == "__main__":
    main()
