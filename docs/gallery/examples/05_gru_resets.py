"""GRU with both resets

PyTorch, Keras and cuDNN reset what the matmul gives (above); Cho et al. (2014) reset what goes into it (below).
"""

losses = []
for reset in ("before", "after"):
    tg.seed(0)
    with tg.scope(f"reset {reset}"):
        losses.append(np.mean(tg.nn.GRU(3, 8, reset=reset)(x[:3])[0][-1] ** 2))
tg.viz.draw(losses, title="GRU, reset after and before the matmul")
