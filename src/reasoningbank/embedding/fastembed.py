"""Vectors from a fastembed (ONNX) model in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reasoningbank.domain.missing_library import library_missing
from reasoningbank.embedding.loading import model_not_loaded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt


class FastembedEmbedder:
    """Embeds with a fastembed model; loading it may download it.

    Args:
        model: A name from fastembed's list of models.

    Raises:
        Unavailable: fastembed is not installed, or cannot load the model.
    """

    version = "1"

    def __init__(self, model: str) -> None:
        try:
            from fastembed import TextEmbedding
        except ImportError as error:
            raise library_missing("fastembed", extra="fastembed", field="embedder") from error
        self.name = f"fastembed:{model}"
        try:
            self._model = TextEmbedding(model_name=model)
        except Exception as error:  # each library, and each hub, raises its own
            raise model_not_loaded("fastembed", model, error) from error
        self.dimension = len(self.embed_query("dimension"))

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the vectors of the texts: float32, shape (number of texts, dimension)."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        return _stacked(self._model.embed(list(texts)))

    def embed_query(self, text: str) -> npt.NDArray[np.float32]:
        """Return the vector of a text: float32, shape (dimension,)."""
        vector: npt.NDArray[np.float32] = _stacked(self._model.query_embed(text))[0]
        return vector


def _stacked(vectors: Iterable[npt.NDArray[np.floating]]) -> npt.NDArray[np.float32]:
    return np.stack(list(vectors)).astype(np.float32)
