"""The adding problem: remember two numbers among many, and add them (Hochreiter and Schmidhuber 1997, task 4).

Every sequence has numbers between 0 and 1, two of them marked; the target is their sum. Always saying 1 has a squared
error of 1/6. An LSTM learns where to look, and remembers what it saw until the end.
"""

import numpy as np

import tinygrad_seq as tg

STEPS, BATCH, HIDDEN, UPDATES = 20, 64, 32, 600


def sequences(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and marks ``(T, B, 2)``, and the sum of the two marked numbers ``(B, 1)``."""
    x = np.zeros((STEPS, BATCH, 2), "float32")
    x[..., 0] = rng.random((STEPS, BATCH))
    for b in range(BATCH):
        x[rng.choice(STEPS, 2, replace=False), b, 1] = 1
    return x, (x[..., 0] * x[..., 1]).sum(axis=0)[:, None]


def main() -> float:
    """Train, print the error now and then, and return the last one."""
    tg.seed(0)
    rng = np.random.default_rng(0)
    lstm, head = tg.nn.LSTM(2, HIDDEN), tg.nn.Linear(HIDDEN, 1)
    parameters = [*lstm.parameters(), *head.parameters()]
    adam = tg.optim.Adam(parameters, lr=0.01)
    errors = []
    for update in range(1, UPDATES + 1):
        x, total = sequences(rng)
        output, _ = lstm(x)
        loss = tg.nn.functional.mse_loss(head(output[-1]), total)
        adam.zero_grad()
        loss.backward()
        tg.optim.clip_grad_norm_(parameters, 1.0)
        adam.step()
        errors.append(loss.item())
        if update % 100 == 0:
            print(f"update {update:>4}: squared error {np.mean(errors[-100:]):.4f}  (saying 1: {1 / 6:.4f})")
    return float(np.mean(errors[-50:]))


if __name__ == "__main__":
    main()
