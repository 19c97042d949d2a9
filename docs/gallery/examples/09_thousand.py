"""A thousand steps

The first steps, the last, and where the gradient changes most; every step is in the strip. As a page, which
`picture.save("graph.html")` writes, all steps can be looked into.
"""

tg.seed(0)
lstm = tg.nn.LSTM(3, 8)
tg.nn.init.chrono_(lstm, 1000)
output, _ = lstm(np.resize(x, (1000, 2, 3)))
tg.viz.draw(np.mean(output[-1] ** 2), columns=7, view="steps", title="LSTM, 1,000 steps")
