"""Many to many, of unequal length: a little translation, with attention.

A number is written digit by digit, and runs of one digit are folded: 7 7 7 2 becomes 7 x3 2. The other language says
it backwards and unfolded: 2 7 7 7. So lengths differ, and what to say next may stand anywhere in the source. The
picture at the end shows where the decoder looks for each digit that it says.
"""

import numpy as np

import tinygrad_seq as tg

END, START, TWICE, THRICE = 10, 11, 12, 13
NAMES = [*"0123456789", ".", ">", "x2", "x3"]
HIDDEN, BATCH = 48, 64


def pairs(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Sources ``(S, B)`` and targets ``(T, B)``, which begin with START and end with END, and the lengths of both."""
    rows = []
    for _ in range(count):
        digits, times = rng.integers(10, size=rng.integers(2, 5)), rng.integers(1, 4, size=4)
        runs = list(zip(digits, times, strict=False))
        source = [token for digit, n in runs for token in ((digit,) if n == 1 else (digit, [TWICE, THRICE][n - 2]))]
        rows.append((source, [START, *[digit for digit, n in reversed(runs) for _ in range(n)], END]))
    padded, lengths = [], []
    for column in zip(*rows, strict=True):
        lengths.append(np.array([len(row) for row in column]))
        padded.append(np.array([row + [END] * (lengths[-1].max() - len(row)) for row in column]).T)
    return *padded, *lengths


def main(updates: int = 400) -> float:
    """Train, show where the decoder looks, and return the share of new numbers that are said right."""
    tg.seed(0)
    rng = np.random.default_rng(0)
    encoder = tg.nn.Encoder(len(NAMES), 16, HIDDEN, bidirectional=True)
    model = tg.nn.Seq2Seq(encoder, tg.nn.LuongDecoder(len(NAMES), 16, HIDDEN, encoder.memory_size))
    parameters = list(model.parameters())
    adam = tg.optim.Adam(parameters, lr=0.006)
    for update in range(1, updates + 1):
        source, target, source_lengths, target_lengths = pairs(rng, BATCH)
        logits, _ = model(source, target[:-1], source_lengths, target_lengths - 1)
        goal = np.where(np.arange(1, len(target))[:, None] < target_lengths, target[1:], -100)
        loss = tg.nn.functional.cross_entropy(logits.reshape(-1, len(NAMES)), goal.ravel())
        adam.zero_grad()
        loss.backward()
        tg.optim.clip_grad_norm_(parameters, 1.0)
        adam.step()
        if update % 100 == 0:
            print(f"update {update:>4}: {loss.item():.3f} nats a digit")
    source, target, source_lengths, target_lengths = pairs(np.random.default_rng(1), 200)
    state = model.start(source, source_lengths)
    found = tg.nn.decoding.beam(model.step, state, [START] * 200, END, max_length=14, width=3)
    said = [found.tokens[: found.lengths[b, 0], b, 0].tolist() for b in range(200)]
    right = np.mean([said[b] == target[1 : target_lengths[b], b].tolist() for b in range(200)])
    _, weights = model(source[:, :1], np.array([[START, *said[0][:-1]]]).T, source_lengths[:1])
    print("\n      " + "".join(f"{NAMES[k]:>3}" for k in source[: source_lengths[0], 0]) + "   (what it reads)")
    for token, row in zip(said[0], weights.numpy()[:, 0], strict=True):
        print(f"{NAMES[token]:>5} " + "".join(f"  {' .:*#'[min(int(w * 5), 4)]}" for w in row[: source_lengths[0]]))
    lucky = np.mean(0.1 ** (target_lengths - 2.0))
    print(f"numbers said right: {right:.1%}  (any digits, as many as there must be: {lucky:.1%})")
    return float(right)


if __name__ == "__main__":
    main()
