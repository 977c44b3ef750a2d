"""Vectors from a model2vec static model in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reasoningbank.domain.missing_library import library_missing
from reasoningbank.embedding.loading import model_not_loaded

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


class Model2VecEmbedder:
    """Embeds with a model2vec static model; loading it may download it from its hub.

    Args:
        model: A folder, or a name at the hub.

    Raises:
        Unavailable: model2vec is not installed, or cannot load the model.
    """

    version = "1"

    def __init__(self, model: str) -> None:
        try:
            from model2vec import StaticModel
        except ImportError as error:
            raise library_missing("model2vec", extra="model2vec", field="embedder") from error
        self.name = f"model2vec:{model}"
        try:
            self._model = StaticModel.from_pretrained(model)
        except Exception as error:  # each library, and each hub, raises its own
            raise model_not_loaded("model2vec", model, error) from error
        self.dimension = int(self._model.dim)

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the vectors of the texts: float32, shape (number of texts, dimension)."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        return np.asarray(self._model.encode(list(texts)), np.float32)

    def embed_query(self, text: str) -> npt.NDArray[np.float32]:
        """Return the vector of a text: float32, shape (dimension,)."""
        vector: npt.NDArray[np.float32] = self.embed_documents([text])[0]
        return vector
