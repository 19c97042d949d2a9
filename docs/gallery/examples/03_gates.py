"""Inside of an LSTM

All gates of three steps, and in orange the paths from the loss to the first cell state, the one with the most gradient
in full: it runs along the cell states.
"""

tg.seed(0)
output, _ = tg.nn.LSTM(3, 8)(x[:3])
tg.viz.draw(np.mean(output[-1] ** 2), highlight="c@0", title="LSTM")
