"""The textbook's picture

Each time step is a column, and each layer a band: what is read, the cell, and the state that it hands on. The thicker
and darker a line, the more of the loss's gradient flows back along it.
"""

tg.seed(0)
output, _ = tg.nn.GRU(3, 8, num_layers=2)(x[:4])
tg.viz.draw(np.mean(output[-1] ** 2), view="steps", title="GRU of two layers")
