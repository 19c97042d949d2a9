"""RNN, LSTM and GRU with backpropagation through time written by hand: the examples, which layers are held against.

PyTorch's formulas, gate orders and shapes: x (T, B, D), h and c (B, H), weight_ih (gates * H, D), weight_hh
(gates * H, H), biases (gates * H,). Each function returns its results and a function from their cotangents to the
gradients by name.
"""

import runpy
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"

rnn = runpy.run_path(str(EXAMPLES / "bptt_rnn.py"))["rnn"]
lstm = runpy.run_path(str(EXAMPLES / "bptt_lstm.py"))["lstm"]
gru = runpy.run_path(str(EXAMPLES / "bptt_gru.py"))["gru"]
