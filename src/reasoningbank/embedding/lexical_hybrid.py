"""Another embedder's vectors with the built-in lexical half appended.

Names, error codes and rare words are where transformers blur and n-grams do not: on the six
development sets MiniLM alone reaches nDCG@10 68.3, with the lexical half at 0.9 it reaches 71.0.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.text import words_and_units
from reasoningbank.embedding.lexical import LEXICAL_DIMENSION
from reasoningbank.embedding.table_files import TableFiles
from reasoningbank.embedding.word_cache import WordCache

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from reasoningbank.embedding.protocol import Embedder, Vectors


class LexicalHybridEmbedder:
    """Joins the unit vectors of both halves; the cosine is then alpha^2 x one + (1 - alpha^2) x the other.

    Args:
        inner: Any embedder but the built-in one, which has this half already.
        alpha: Weight of the inner half, between 0 and 1.

    Raises:
        InvalidInput: alpha outside its range.
    """

    def __init__(self, inner: Embedder, *, alpha: float = 0.9) -> None:
        if not 0 < alpha < 1:
            raise InvalidInput("must lie between 0 and 1", field="alpha")
        files = TableFiles()
        self.name = f"{inner.name}+lexical-{files.sha256('idf.u8')[:8]}-{alpha:g}"
        self.version = str(getattr(inner, "version", "1"))
        self.dimension = inner.dimension + LEXICAL_DIMENSION
        self._inner = inner
        self._inner_weight = alpha
        self._lexical_weight = math.sqrt(1 - alpha * alpha)
        self._lexical = files.lexical_encoder()
        self._packed = WordCache(self._lexical.pack)

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the vectors of the texts: float32, shape (number of texts, dimension)."""
        return self._joined(self._inner.embed_documents(texts), texts)

    def embed_query(self, text: str) -> npt.NDArray[np.float32]:
        """Return the vector of a text: float32, shape (dimension,)."""
        vector: npt.NDArray[np.float32] = self._joined(self._inner.embed_query(text)[None], [text])[
            0
        ]
        return vector

    def _joined(self, inner: Vectors, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        split = self._inner.dimension
        joined = np.empty((len(texts), self.dimension))
        joined[:, :split] = inner
        for row, text in zip(joined, texts, strict=True):
            words, units = words_and_units(text)
            keys = words + units
            row[split:] = self._lexical.bucket_sums(keys, self._packed.values_of(keys))
            _scale_to_length(row[:split], self._inner_weight)
            _scale_to_length(row[split:], self._lexical_weight)
        return joined.astype(np.float32)


def _scale_to_length(half: npt.NDArray[np.float64], length: float) -> None:
    norm = float(np.linalg.norm(half))
    if norm:
        half *= length / norm
