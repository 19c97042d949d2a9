"""Unaligned labels: a strip of noisy strokes becomes letters, though nobody says where each letter stands.

Each letter is drawn over two to five steps, with pauses of any length between; the targets are the letters alone. The
CTC loss sums over all ways to place them, and a bidirectional GRU learns when to say what.
"""

import numpy as np

import tinygrad_seq as tg

LETTERS, FEATURES, HIDDEN, BATCH = "etaoin", 5, 32, 32
SHAPES = np.random.default_rng(3).normal(size=(len(LETTERS) + 1, FEATURES))
SHAPES[0] = 0  # the pause


def strips(rng: np.random.Generator, count: int) -> tuple[np.ndarray, list[list[int]], np.ndarray]:
    """Strokes ``(T, B, F)``, letters from 1 on of each row, and lengths ``(B,)``."""
    words = [rng.integers(1, len(SHAPES), size=rng.integers(1, 6)).tolist() for _ in range(count)]
    drawn = []
    for word in words:
        row = [0] * rng.integers(1, 3)
        for letter in word:
            row += [letter] * rng.integers(2, 6) + [0] * rng.integers(1, 4)
        drawn.append(row)
    lengths = np.array([len(row) for row in drawn])
    strokes = np.full((lengths.max(), count, FEATURES), np.nan, "float32")  # NaN in the padding matters to nothing
    for b, row in enumerate(drawn):
        strokes[: len(row), b] = SHAPES[row] + 0.6 * rng.normal(size=(len(row), FEATURES))
    return strokes, words, lengths


def distance(a: list[int], b: list[int]) -> int:
    """How many letters must be changed, added or left out to make one word the other (Levenshtein 1966)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
    return row[-1]


def main(updates: int = 150) -> dict[str, float]:
    """Train, and return the share of wrong letters of each way to read."""
    tg.seed(0)
    rng = np.random.default_rng(0)
    gru, head = tg.nn.GRU(FEATURES, HIDDEN, bidirectional=True), tg.nn.Linear(2 * HIDDEN, len(SHAPES))
    parameters = [*gru.parameters(), *head.parameters()]
    adam = tg.optim.Adam(parameters, lr=0.01)

    def log_probs(strokes, lengths):
        return tg.ops.log_softmax(head(gru(strokes, lengths=lengths)[0]))

    for update in range(1, updates + 1):
        strokes, words, lengths = strips(rng, BATCH)
        letters, sizes = [letter for word in words for letter in word], [len(word) for word in words]
        loss = tg.nn.functional.ctc_loss(log_probs(strokes, lengths), letters, lengths, sizes)
        adam.zero_grad()
        loss.backward()
        tg.optim.clip_grad_norm_(parameters, 5.0)
        adam.step()
        if update % 50 == 0:
            print(f"update {update:>4}: {loss.item():.3f} nats a letter")
    strokes, words, lengths = strips(np.random.default_rng(1), 200)
    scores = log_probs(strokes, lengths)
    nearest = -((np.nan_to_num(strokes)[:, :, None] - SHAPES) ** 2).sum(axis=-1)
    read = {
        "GRU, best path": tg.nn.decoding.ctc_greedy(scores, lengths),
        "GRU, prefix search": [found[0][0] for found in tg.nn.decoding.ctc_beam(scores, lengths, width=4)],
        "nearest shape at each step": tg.nn.decoding.ctc_greedy(nearest, lengths),
    }
    total = sum(map(len, words))
    errors = {name: sum(map(distance, found, words)) / total for name, found in read.items()}
    for name, error in errors.items():
        print(f"{name:<28}{error:>7.1%} of the letters wrong, such as", "".join(LETTERS[k - 1] for k in read[name][0]))
    return errors


if __name__ == "__main__":
    main()
