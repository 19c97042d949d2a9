"""Gates at work

Every unit of every gate over time. Weights four times as large drive many gates into saturation.
"""

tg.seed(0)
lstm = tg.nn.LSTM(3, 16)
lstm.load_state_dict({name: 4 * array for name, array in lstm.state_dict().items()})
_, _, recording = lstm(x[:60], record=True)
tg.viz.plots.gates(recording["l0"])
