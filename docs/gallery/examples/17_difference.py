"""What training changed

The gradient after fifty updates over that before, by role and time.
"""

tg.seed(0)
gru = tg.nn.GRU(3, 16)
loss = lambda: np.mean((gru(x[:30])[0][-1][:, :3] - x[0]) ** 2)
before, adam = tg.viz.draw(loss()), tg.optim.Adam(gru.parameters(), lr=0.01)
for _ in range(50):
    adam.zero_grad()
    loss().backward()
    adam.step()
tg.viz.plots.ratio(tg.viz.diff(before, loss()), title="After training over before")
