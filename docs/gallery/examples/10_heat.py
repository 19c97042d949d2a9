"""Gradients by role and time

Two layers of a GRU with the loss at the last step.
"""

tg.seed(0)
output, _ = tg.nn.GRU(3, 16, num_layers=2)(x[:60])
tg.viz.plots.heat(tg.flow.role_norms(np.mean(output[-1] ** 2)))
