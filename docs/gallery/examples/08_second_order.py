"""A gradient of a gradient

The gradient of the loss is recorded as well, below what it differentiates; the picture shows the flow of the gradient
of its square.
"""

tg.seed(0)
rnn = tg.nn.RNN(3, 8)
loss = np.mean(rnn(x[:3])[0][-1] ** 2)
(g,) = tg.autograd.grad(loss, rnn.weight_hh_l0, create_graph=True)
tg.viz.draw(np.sum(g * g), title="The squared norm of a gradient")
