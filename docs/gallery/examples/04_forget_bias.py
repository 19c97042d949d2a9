"""LSTM with forget biases of 0, 1 and 3

The same weights three times: an open forget gate keeps the gradient from vanishing.
"""


def flow_with(bias):
    tg.seed(0)
    lstm = tg.nn.LSTM(3, 16)
    tg.nn.init.forget_gate_bias_(lstm, bias)
    return tg.flow.role_norms(np.mean(lstm(x[:60])[0][-1] ** 2))


tg.viz.plots.compare({f"forget bias {b}": flow_with(b) for b in (0, 1, 3)}, state="c")
