"""Many to many, aligned: every word of a sentence gets its part of speech.

In "the watch can watch a duck" the same word is a noun and a verb, and only its neighbours tell which. A bidirectional
LSTM reads both sides. Saying of each word what it mostly is, without them, is right less than three times in four.
"""

import numpy as np

import tinygrad_seq as tg

TAGS = ["determiner", "adjective", "noun", "verb", "adverb"]
LEXICON = {
    "determiner": ["the", "a", "her", "his"],
    "adjective": ["light", "fast", "orange", "clean", "cool"],
    "noun": ["duck", "watch", "light", "fish", "orange", "cook", "walk", "boy"],
    "verb": ["duck", "watch", "light", "fish", "cook", "walk", "clean", "cool"],
    "adverb": ["fast", "often", "never"],
}
WORDS = list(dict.fromkeys(word for words in LEXICON.values() for word in words))
NUMBER = {word: k for k, word in enumerate(WORDS)}
HIDDEN, BATCH = 24, 32


def sentence(rng: np.random.Generator) -> list[str]:
    """The parts of speech of a sentence: phrase, verb, and perhaps more."""
    phrases = [["determiner", *["adjective"] * rng.integers(3), "noun"] for _ in range(2)]
    return [
        *(phrases[0] if rng.random() < 0.8 else []),  # without one it is an order
        *(["adverb"] if rng.random() < 0.2 else []),
        "verb",
        *(phrases[1] if rng.random() < 0.6 else []),
        *(["adverb"] if rng.random() < 0.4 else []),
    ]


def sentences(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Words and tags ``(T, B)``, padded with -100, and lengths ``(B,)``."""
    tags = [sentence(rng) for _ in range(count)]
    lengths = np.array([len(row) for row in tags])
    words, numbers = np.full((2, lengths.max(), count), -100)
    for b, row in enumerate(tags):
        words[: len(row), b] = [NUMBER[rng.choice(LEXICON[tag])] for tag in row]
        numbers[: len(row), b] = [TAGS.index(tag) for tag in row]
    return words, numbers, lengths


def main(updates: int = 150) -> tuple[float, float]:
    """Train, print a tagged sentence, and return the share of tags that are right, and that of the baseline."""
    tg.seed(0)
    rng = np.random.default_rng(0)
    embedding, head = tg.nn.Embedding(len(WORDS), 12), tg.nn.Linear(2 * HIDDEN, len(TAGS))
    lstm = tg.nn.LSTM(12, HIDDEN, bidirectional=True)
    adam = tg.optim.Adam([p for module in (embedding, lstm, head) for p in module.parameters()], lr=0.02)
    seen = np.zeros((len(WORDS), len(TAGS)), int)

    def tagged(words, lengths):
        output, _ = lstm(embedding(np.maximum(words, 0)), lengths=lengths)
        return head(output)

    for update in range(1, updates + 1):
        words, tags, lengths = sentences(rng, BATCH)
        np.add.at(seen, (words[words >= 0], tags[words >= 0]), 1)
        loss = tg.nn.functional.cross_entropy(tagged(words, lengths).reshape(-1, len(TAGS)), tags.ravel())
        adam.zero_grad()
        loss.backward()
        adam.step()
        if update % 50 == 0:
            print(f"update {update:>4}: {loss.item():.3f} nats a tag")
    words, tags, lengths = sentences(np.random.default_rng(1), 500)
    found, inside = tagged(words, lengths).numpy().argmax(axis=-1), tags >= 0
    b = lengths.argmax()
    print(", ".join(f"{WORDS[w]}: {TAGS[k]}" for w, k in zip(words[:, b], found[:, b], strict=True)))
    right, usual = [(guess == tags)[inside].mean() for guess in (found, seen.argmax(axis=1)[np.maximum(words, 0)])]
    print(f"tags right: {right:.1%}  (what each word mostly is: {usual:.1%})")
    return float(right), float(usual)


if __name__ == "__main__":
    main()
