"""Who contributed to the gradient of a weight

The shares of all steps and gates in the gradient of the recurrent weights add up to 100%.
"""

tg.seed(0)
lstm = tg.nn.LSTM(3, 16)
tg.nn.init.forget_gate_bias_(lstm, 3.0)
output, _ = lstm(x[:40])
tg.viz.plots.ledger(tg.flow.ledger(np.mean(output[-1] ** 2), lstm.weight_hh_l0))
