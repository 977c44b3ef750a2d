"""The bank's embedder, asked for stored vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.records import EmbeddingModel
from reasoningbank.embedding import Embedder, cosine_similarity, default_embedder, to_int8

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from reasoningbank.embedding.protocol import Vectors


class TextVectors:
    """Give int8 vectors of texts as bytes, loading the built-in embedder when first needed."""

    def __init__(self, embedder: Embedder | None) -> None:
        self._embedder = embedder
        self._model: EmbeddingModel | None = None

    @property
    def model(self) -> EmbeddingModel:
        """The identity of the embedder, as it is stored with each vector."""
        if self._model is None:
            embedder = self._ready()
            version = str(getattr(embedder, "version", "1"))
            self._model = EmbeddingModel(embedder.name, embedder.dimension, version)
        return self._model

    def of_query(self, text: str) -> bytes:
        """Give the vector to search with."""
        vector = self._ready().embed_query(text)
        return to_int8(vector, dimension=self.model.dimension).tobytes()

    def of_documents(self, texts: Sequence[str]) -> list[bytes]:
        """Give the vectors of texts to be found."""
        return self.given(self._ready().embed_documents(texts), len(texts))

    def given(self, vectors: Vectors, count: int) -> list[bytes]:
        """Give vectors that a caller or an embedder made, checked.

        Raises:
            InvalidInput: When there are not `count` of the model's dimension.
        """
        rows: npt.NDArray[np.int8] = to_int8(vectors, dimension=self.model.dimension)
        if rows.ndim == 1:
            rows = rows.reshape(1, -1)
        if len(rows) != count:
            raise InvalidInput(f"has {len(rows)} rows for {count} patterns", field="vectors")
        if count == 1:
            return [rows.tobytes()]
        return [row.tobytes() for row in rows]

    @staticmethod
    def cosine(first: bytes, second: bytes) -> float:
        """Give the cosine of two vectors."""
        import numpy as np  # not before the first vector

        return cosine_similarity(np.frombuffer(first, np.int8), np.frombuffer(second, np.int8))

    def _ready(self) -> Embedder:
        if self._embedder is None:
            self._embedder = default_embedder()
        return self._embedder
