"""The training step, on a vocabulary of a dozen words; needs torch."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed")

from reasoningbank.embedding.wordpiece import Vocabulary
from tools.train_embedder.train import PairData, Settings, initial_rows, train

WORDS = ["start", "launch", "stop", "halt", "buy", "purchase", "red", "crimson", "fast", "quick"]


def test_words_that_are_paired_move_together():
    vocabulary = Vocabulary("".join(f"{word}\n" for word in WORDS).encode())
    pairs = [
        [WORDS[2 * (number % 5)], WORDS[2 * (number % 5) + 1], "doc", "a/b"]
        for number in range(400)
    ]
    settings = Settings(steps=60, rate=0.05)
    data = PairData(pairs, vocabulary, settings)
    start = np.random.default_rng(0).standard_normal((len(WORDS), 256)).astype(np.float32)
    rows = train(start.copy(), data, None, settings)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    similar = unit @ unit.T
    partners = [similar[2 * k, 2 * k + 1] for k in range(5)]
    strangers = [similar[2 * k, (2 * k + 3) % 10] for k in range(5)]
    assert min(partners) > max(strangers) + 0.5


def test_training_starts_from_256_components_with_frequent_pieces_made_small():
    vectors = np.random.default_rng(1).standard_normal((1000, 384))
    rows = initial_rows(vectors)
    lengths = np.linalg.norm(rows, axis=1)
    assert rows.shape == (1000, 256)
    assert np.sqrt((lengths**2).mean()) == pytest.approx(1.0, abs=1e-4)
    assert lengths[:10].mean() < 0.1 * lengths[500:].mean()
