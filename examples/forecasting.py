"""Forecasting: the next day of a noisy daily and weekly rhythm, against saying what was yesterday, or a week ago.

The series is the sum of two rhythms whose strengths wander, a trend, and noise. An LSTM reads the last two weeks in
steps of six hours and says the next day, four numbers at once, as changes from the last value that it saw.
"""

import numpy as np

import tinygrad_seq as tg

DAY, PAST, HIDDEN, BATCH = 4, 14 * 4, 32, 64
WEEK = 7 * DAY


def series(rng: np.random.Generator, count: int) -> np.ndarray:
    """Two weeks and a day of ``count`` series, ``(T, B)``."""
    t = np.arange(PAST + DAY)[:, None] + rng.integers(WEEK, size=count)
    strengths = 1 + np.cumsum(rng.normal(size=(2, PAST + DAY, count)) * 0.05, axis=1)
    wave = strengths[0] * np.sin(2 * np.pi * t / DAY + 0.4) + strengths[1] * np.sin(2 * np.pi * t / WEEK)
    drift = rng.normal(size=count) * 0.02 * np.arange(PAST + DAY)[:, None]
    return (wave + drift + 0.1 * rng.normal(size=wave.shape)).astype("float32")


class Forecaster(tg.nn.Module):
    """From the past ``(T, B)`` to the next day ``(DAY, B)``."""

    def __init__(self):
        self.lstm = tg.nn.LSTM(1, HIDDEN)
        self.head = tg.nn.Linear(HIDDEN, DAY)

    def forward(self, past):
        last = past[-1]
        _, (h_n, _) = self.lstm((past - last)[..., None])
        return self.head(h_n[-1]).T + last


def main(updates: int = 250) -> dict[str, float]:
    """Train, and return the root of the mean squared error of each way to forecast."""
    tg.seed(0)
    rng = np.random.default_rng(0)
    model = Forecaster()
    parameters = list(model.parameters())
    adam = tg.optim.Adam(parameters, lr=0.01)
    for update in range(1, updates + 1):
        x = series(rng, BATCH)
        loss = tg.nn.functional.mse_loss(model(x[:PAST]), x[PAST:])
        adam.zero_grad()
        loss.backward()
        tg.optim.clip_grad_norm_(parameters, 1.0)
        adam.step()
        if update % 50 == 0:
            print(f"update {update:>4}: squared error {loss.item():.3f}")
    x = series(np.random.default_rng(1), 1000)
    past, future = x[:PAST], x[PAST:]
    forecasts = {
        "LSTM": model(past).numpy(),
        "the last value": past[-1:],
        "a day ago": past[-DAY:],
        "a week ago": past[-WEEK : -WEEK + DAY],
        "a week ago, and the day's change since": past[-WEEK : -WEEK + DAY] + past[-DAY:] - past[-WEEK - DAY : -WEEK],
    }
    errors = {name: float(np.sqrt(np.mean((forecast - future) ** 2))) for name, forecast in forecasts.items()}
    for name, error in errors.items():
        print(f"{name:<40}{error:.3f}")
    return errors


if __name__ == "__main__":
    main()
