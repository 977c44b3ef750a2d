"""Vectors from a sentence-transformers model in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reasoningbank.domain.missing_library import library_missing
from reasoningbank.embedding.loading import model_not_loaded

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


class SentenceTransformersEmbedder:
    """Embeds with a sentence-transformers model; loading it may download it from its hub.

    Args:
        model: A name at the hub, or a folder.
        device: As torch names it, or None for the library's choice.
        batch_size: Texts in one forward pass.

    Raises:
        Unavailable: sentence-transformers is not installed, or cannot load the model.
    """

    version = "1"

    def __init__(self, model: str, *, device: str | None = None, batch_size: int = 32) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise library_missing(
                "sentence-transformers", extra="sentence-transformers", field="embedder"
            ) from error
        self.name = f"sentence-transformers:{model}"
        self._batch_size = batch_size
        try:
            loaded = SentenceTransformer(model, device=device)
        except Exception as error:  # the library, and the hub, raise their own
            raise model_not_loaded("sentence-transformers", model, error) from error
        # Since version 5 a model may treat questions and documents differently.
        self._encode_document = getattr(loaded, "encode_document", loaded.encode)
        self._encode_query = getattr(loaded, "encode_query", loaded.encode)
        self.dimension = len(self.embed_query("dimension"))

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the vectors of the texts: float32, unit length, shape (number of texts, dimension)."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        vectors = self._encode_document(
            list(texts),
            batch_size=self._batch_size,
            convert_to_numpy=True,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, np.float32)

    def embed_query(self, text: str) -> npt.NDArray[np.float32]:
        """Return the vector of a text: float32, unit length, shape (dimension,)."""
        vector = self._encode_query(
            text, convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vector, np.float32)
