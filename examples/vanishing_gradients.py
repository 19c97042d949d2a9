"""How much gradient reaches back in time, in a fresh RNN, LSTM and GRU.

Prints the norm of the derivative of the last state with respect to the states before it, relative to the last.
A plain RNN loses a constant factor at each step (Hochreiter 1991; Bengio, Simard and Frasconi 1994); gates that
stand half open lose less, and an LSTM whose forget gate is opened by its bias hardly loses anything.
"""

import numpy as np

import tinygrad_seq as tg

STEPS, BATCH, SIZE = 50, 8, 32


def norms(cell: tg.nn.Module) -> list[float]:
    """The norm of the gradient of the last state's sum with respect to each state."""
    x = np.random.default_rng(0).normal(size=(STEPS, BATCH, SIZE)).astype("float32")
    states = [cell(x[0])]
    for t in range(1, STEPS):
        with tg.scope("cell", t=t):
            states.append(cell(x[t], states[-1]))
    carried = [s[-1] if isinstance(s, tuple) else s for s in states]  # c in an LSTM, otherwise h
    gradients = tg.autograd.grad(np.sum(carried[-1]), carried[:-1])
    return [float(np.linalg.norm(g.numpy())) for g in gradients if g is not None]


def open_forget_gate(cell: tg.nn.LSTMCell, bias: float) -> tg.nn.LSTMCell:
    """Set the forget gate's bias (Gers, Schmidhuber and Cummins 2000; Jozefowicz, Zaremba and Sutskever 2015)."""
    state = cell.state_dict()
    state["bias_ih"][SIZE : 2 * SIZE] = bias
    cell.load_state_dict(state)
    return cell


def main() -> None:
    """Print the table."""
    tg.seed(0)
    cells = {
        "RNN": tg.nn.RNNCell(SIZE, SIZE),
        "GRU": tg.nn.GRUCell(SIZE, SIZE),
        "LSTM": tg.nn.LSTMCell(SIZE, SIZE),
        "LSTM, forget bias 3": open_forget_gate(tg.nn.LSTMCell(SIZE, SIZE), 3.0),
    }
    ages = [1, 2, 5, 10, 20, 49]
    print("steps back".ljust(20), *[f"{age:>8}" for age in ages])
    for name, cell in cells.items():
        found = norms(cell)
        print(name.ljust(20), *[f"{found[-age] / found[-1]:8.0e}" for age in ages])


if __name__ == "__main__":
    main()
