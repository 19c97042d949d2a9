"""Which loss learns from which state

A loss at every step: its gradient with respect to the state at every step before.
"""

tg.seed(0)
output, _ = tg.nn.LSTM(3, 16)(x[:60])
tg.viz.plots.triangle(tg.flow.triangle([np.mean(y**2) for y in output], "c"))
