"""RNN, LSTM and GRU side by side

Each as PyTorch begins it.
"""


def flow_of(kind):
    tg.seed(0)
    return tg.flow.role_norms(np.mean(kind(3, 16)(x[:60])[0][-1] ** 2))


tg.viz.plots.compare({kind.__name__: flow_of(kind) for kind in (tg.nn.RNN, tg.nn.LSTM, tg.nn.GRU)})
