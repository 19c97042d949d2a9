"""One to many: a scene, given as numbers, becomes a sentence about it.

A scene is two things, each with a size, a colour and a shape, and where the first one is. What the model sees is a
vector: a random mixture of these facts, with noise, as a picture's features would be. The vector becomes the first
state of a GRU that says the sentence word by word.
"""

import numpy as np

import tinygrad_seq as tg

THING = [["small", "big"], ["red", "green", "blue"], ["circle", "square", "star"]]
FACTS = [*THING, ["above", "below", "beside"], *THING]
WORDS = ["<end>", "<start>", "a", *dict.fromkeys(word for words in FACTS for word in words)]
NUMBER = {word: k for k, word in enumerate(WORDS)}
END, START, FEATURES, HIDDEN, BATCH = 0, 1, 40, 64, 64
MIXTURE = np.random.default_rng(7).normal(size=(sum(map(len, FACTS)), FEATURES)).astype("float32")


def scenes(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Features ``(B, F)``, and sentences ``(T, B)`` that begin with <start> and end with <end>."""
    chosen = [rng.integers(len(words), size=count) for words in FACTS]
    facts = np.concatenate([np.eye(len(w), dtype="float32")[k] for w, k in zip(FACTS, chosen, strict=True)], axis=1)
    says = [[NUMBER[word] for word in words] for words in FACTS]
    said = [np.array(numbers)[k] for numbers, k in zip(says, chosen, strict=True)]
    start, a, end = [np.full(count, NUMBER[word]) for word in ("<start>", "a", "<end>")]
    noise = rng.normal(size=(count, FEATURES)).astype("float32")
    return facts @ MIXTURE + 0.3 * noise, np.stack([start, a, *said[:4], a, *said[4:], end])


class Captioner(tg.nn.Module):
    """Features to the first state, and from state to state a word."""

    def __init__(self):
        self.look = tg.nn.Linear(FEATURES, HIDDEN)
        self.embedding = tg.nn.Embedding(len(WORDS), 16)
        self.gru = tg.nn.GRU(16, HIDDEN)
        self.head = tg.nn.Linear(HIDDEN, len(WORDS))

    def start(self, features):
        return np.tanh(self.look(features))

    def forward(self, words, h):
        output, h_n = self.gru(self.embedding(words), h[None])
        return self.head(output), h_n[0]

    def step(self, word, h):
        logits, h = self(word[None], h)
        return logits[0], h


def main(updates: int = 250) -> float:
    """Train, print what new scenes are said to be, and return the share of sentences that are right."""
    tg.seed(0)
    rng = np.random.default_rng(0)
    model = Captioner()
    adam = tg.optim.Adam(list(model.parameters()), lr=0.01)
    for update in range(1, updates + 1):
        features, sentences = scenes(rng, BATCH)
        logits, _ = model(sentences[:-1], model.start(features))
        loss = tg.nn.functional.cross_entropy(logits.reshape(-1, len(WORDS)), sentences[1:].ravel())
        adam.zero_grad()
        loss.backward()
        adam.step()
        if update % 50 == 0:
            print(f"update {update:>4}: {loss.item():.3f} nats a word")
    features, sentences = scenes(np.random.default_rng(1), 500)
    found = tg.nn.decoding.greedy(model.step, model.start(features), [START] * 500, END, max_length=12).tokens
    found = np.concatenate([found, np.zeros((12 - len(found), 500), int)])[: len(sentences) - 1]
    right = (found == sentences[1:]).all(axis=0)
    for b in range(3):
        print(" ".join(WORDS[k] for k in found[:, b] if k), "- right" if right[b] else "- wrong")
    _, counts = np.unique(sentences, axis=1, return_counts=True)
    print(f"sentences right: {right.mean():.1%}  (always the commonest one: {counts.max() / 500:.1%})")
    return float(right.mean())


if __name__ == "__main__":
    main()
