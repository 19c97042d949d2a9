"""How far back a gradient reaches

The norm of the gradient that reaches each state, and the slope that the largest Lyapunov exponent foretells.
"""

tg.seed(0)
output, _ = tg.nn.GRU(3, 16)(x[:60])
rates = tg.flow.lyapunov(tg.flow.step_jacobians(output))
tg.viz.plots.memory(tg.flow.memory(np.mean(output[-1] ** 2)), rates)
