"""The backward pass, step by step

Each frame is a stop of the sweep; the last one is the picture itself.
"""

tg.seed(0)
output, _ = tg.nn.LSTM(3, 8)(x[:4])
tg.viz.animate(np.mean(output[-1] ** 2), "backward.gif")
