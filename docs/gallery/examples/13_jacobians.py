"""Step Jacobians

What one step does to a small change of the state. An orthogonal recurrent matrix keeps most of it, as long as tanh is
not saturated.
"""

tg.seed(0)
rnn = tg.nn.RNN(3, 16)
tg.nn.init.orthogonal_(rnn.weight_hh_l0)
output, _ = rnn(x[:60])
tg.viz.plots.jacobians(tg.flow.step_jacobians(output))
