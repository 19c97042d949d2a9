"""Encoder and decoder with attention

Three source tokens at the left, two target tokens at the right. Green lines are as wide as the weights of attention.
"""

tg.seed(0)
encoder = tg.nn.Encoder(10, 4, 8, kind="GRU")
model = tg.nn.Seq2Seq(encoder, tg.nn.LuongDecoder(12, 4, 8, encoder.memory_size, kind="GRU"))
logits, _ = model(np.arange(6).reshape(3, 2), np.arange(4).reshape(2, 2))
loss = tg.nn.functional.cross_entropy(logits.reshape(-1, 12), np.arange(4))
tg.viz.draw(loss, view="steps", title="Encoder and decoder")
