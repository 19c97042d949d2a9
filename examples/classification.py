"""Many to one: a sequence becomes a class, and attention shows which step decided.

Letters come in a row of any length, and the class is the one that follows the question mark. An LSTM reads them; its
states are averaged with weights that it learns to give. Without them the last state has to carry the answer to the
end, which an LSTM learns as well, a little later.
"""

import numpy as np

import tinygrad_seq as tg

LETTERS, ASK, LONGEST, HIDDEN, BATCH = 8, 8, 30, 32, 64


def rows(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Letters ``(T, B)``, lengths, classes, and where the answer stands, each ``(B,)``."""
    letters, lengths = rng.integers(LETTERS, size=(LONGEST, count)), rng.integers(3, LONGEST + 1, size=count)
    asked, row = rng.integers(0, lengths - 1), np.arange(count)
    letters[asked, row] = ASK
    return letters, lengths, letters[asked + 1, row], asked + 1


class Classifier(tg.nn.Module):
    """An LSTM, with attention over its own states or with its last one."""

    def __init__(self, attention: bool):
        self.embedding = tg.nn.Embedding(LETTERS + 1, 12)
        self.lstm = tg.nn.LSTM(12, HIDDEN)
        self.pooling = tg.nn.AttentionPooling(HIDDEN) if attention else None
        self.head = tg.nn.Linear(HIDDEN, LETTERS)

    def forward(self, letters, lengths):
        output, (h_n, _) = self.lstm(self.embedding(letters), lengths=lengths)
        if self.pooling is None:
            return self.head(h_n[-1]), None
        pooled, weights = self.pooling(output, lengths=lengths)
        return self.head(pooled), weights


def train(model: Classifier, updates: int) -> float:
    """The share of new rows that are classified right."""
    rng = np.random.default_rng(0)
    adam = tg.optim.Adam(list(model.parameters()), lr=0.01)
    for _ in range(updates):
        letters, lengths, classes, _ = rows(rng, BATCH)
        loss = tg.nn.functional.cross_entropy(model(letters, lengths)[0], classes)
        adam.zero_grad()
        loss.backward()
        adam.step()
    letters, lengths, classes, _ = rows(np.random.default_rng(1), 1000)
    return float((model(letters, lengths)[0].numpy().argmax(axis=-1) == classes).mean())


def main(updates: int = 60) -> dict[str, float]:
    """Train with attention and without, and return how often each is right."""
    found = {}
    for name in ("last state", "attention"):
        tg.seed(0)
        model = Classifier(attention=name == "attention")
        found[name] = train(model, updates)
        print(f"{name:<10}: {found[name]:.1%} right")
    letters, lengths, _, answers = rows(np.random.default_rng(1), 1000)
    weights = model(letters, lengths)[1].numpy()
    print("".join("abcdefgh?"[k] for k in letters[: lengths[0], 0]), " and where it looks:")
    print("".join(" .:*#"[min(int(w * 5), 4)] for w in weights[0, : lengths[0]]))
    print(f"weight on the answer: {weights[np.arange(1000), answers].mean():.2f}  (evenly: {np.mean(1 / lengths):.2f})")
    commonest = np.bincount(rows(np.random.default_rng(1), 1000)[2]).max() / 1000
    print(f"always the commonest class: {commonest:.1%} right")
    return found


if __name__ == "__main__":
    main()
