"""Count in how many texts each feature occurs and write idf.u8.

Usage: python -m tools.train_embedder.idf --texts WORK/idf_texts.json [--multilingual WORK/ml_idf.json] --out idf.u8

65,536 buckets; a value is round(64 x sqrt(ln((N + 1) / (df + 1)))), at least 1. The square root is a compromise:
the full measure hides the template words that tell web tasks apart.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reasoningbank.domain.text import words_and_units
from reasoningbank.embedding.lexical import features

BUCKETS = 65536
TIMES_MULTILINGUAL = 10  # there are few texts in other languages, so each counts ten times


@lru_cache(maxsize=200_000)
def buckets_of(word_or_unit: str) -> frozenset[int]:
    """Return the buckets that the features of a word fall into."""
    groups = features(word_or_unit)
    return frozenset(hashed % BUCKETS for _, _, hashes in groups for hashed in hashes)


class DocumentFrequencies:
    """Counts texts by the buckets that occur in them."""

    def __init__(self) -> None:
        self._counts = np.zeros(BUCKETS, np.int64)
        self._texts = 0

    def add(self, texts: Iterable[str], *, times: int = 1) -> None:
        """Count each text as if it had come so many times."""
        for text in texts:
            words, units = words_and_units(text)
            seen = frozenset().union(*map(buckets_of, {*words, *units}))
            self._counts[list(seen)] += times
            self._texts += times

    def quantised(self) -> npt.NDArray[np.uint8]:
        """Return the inverse document frequencies as they are shipped."""
        ratio = np.log((self._texts + 1) / (self._counts + 1))
        rounded = np.round(64 * np.sqrt(np.maximum(0, ratio)))
        return np.clip(rounded, 1, 255).astype(np.uint8)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--multilingual", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--most", type=int, default=100_000, help="texts of the first file")
    arguments = parser.parse_args()
    frequencies = DocumentFrequencies()
    frequencies.add(json.loads(arguments.texts.read_text(encoding="utf-8"))[: arguments.most])
    if arguments.multilingual:
        texts = json.loads(arguments.multilingual.read_text(encoding="utf-8"))
        frequencies.add(texts, times=TIMES_MULTILINGUAL)
    quantised = frequencies.quantised()
    quantised.tofile(arguments.out)
    print("percentiles 5 25 50 75 95:", np.percentile(quantised, [5, 25, 50, 75, 95]))


if __name__ == "__main__":
    main()
