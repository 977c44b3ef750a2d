"""The second embedder that spec/README.md describes: how often each letter stands in a text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Letters:
    """Give 26 counts, of a to z, capitals too; 127 at most."""

    name = "letters"
    dimension = 26
    version = "1"

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.int8]:
        """Give one row for each text."""
        return np.array([self.embed_query(text) for text in texts], np.int8)

    def embed_query(self, text: str) -> npt.NDArray[np.int8]:
        """Give the counts of one text."""
        counts = [text.count(letter) + text.count(letter.upper()) for letter in _LETTERS]
        return np.minimum(counts, 127).astype(np.int8)
