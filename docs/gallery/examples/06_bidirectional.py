"""Both directions, with lengths

Two rows of a batch, of five and of three steps. Where a row has ended it keeps its state, and the step is hatched; the
reverse direction begins at each row's own end.
"""

tg.seed(0)
output, _ = tg.nn.GRU(3, 8, bidirectional=True)(x[:5], lengths=[5, 3])
tg.viz.draw(np.mean(output**2), view="steps", title="Bidirectional GRU, lengths 5 and 3")
