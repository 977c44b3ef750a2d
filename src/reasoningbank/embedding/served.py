"""What the embedders behind a model server share: batches, and answers that are not believed blindly."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reasoningbank.domain.errors import InvalidInput, ProviderFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class ServedEmbedder(ABC):
    """Embeds by requests of a limited number of texts, and checks what comes back.

    Args:
        name: Stored with every vector.
        url: Named in errors.
        dimension: Expected number of components, or None to learn it from the first answer.
        batch_size: Texts in one request.
    """

    version = "1"

    def __init__(self, *, name: str, url: str, dimension: int | None, batch_size: int) -> None:
        if batch_size < 1:
            raise InvalidInput("must be at least 1", field="batch_size")
        self.name = name
        self._url = url
        self._dimension = dimension
        self._batch_size = batch_size

    @abstractmethod
    def _request(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector for each text, in order, as the server gave them."""

    @property
    def dimension(self) -> int:
        """Return the number of components; asks the server once when it was not given."""
        if self._dimension is None:
            self._dimension = self._batch(["dimension"]).shape[1]
        return self._dimension

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the vectors of the texts: float32, shape (number of texts, dimension).

        Raises:
            ProviderFailed: The server gave no usable answer.
        """
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        return np.concatenate([self._batch(batch) for batch in self._batches(texts)])

    def embed_query(self, text: str) -> npt.NDArray[np.float32]:
        """Return the vector of a text: float32, shape (dimension,).

        Raises:
            ProviderFailed: The server gave no usable answer.
        """
        vector: npt.NDArray[np.float32] = self._batch([text])[0]
        return vector

    def _batches(self, texts: Sequence[str]) -> Iterator[Sequence[str]]:
        for start in range(0, len(texts), self._batch_size):
            yield texts[start : start + self._batch_size]

    def _batch(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        rows = self._request(texts)
        if len(rows) != len(texts):
            raise ProviderFailed(f"gave {len(rows)} vectors for {len(texts)} texts", path=self._url)
        expected = self._dimension or len(rows[0])
        for row in rows:
            if len(row) != expected or not row:
                raise ProviderFailed(
                    f"gave a vector of {len(row)} components instead of {expected}", path=self._url
                )
        vectors = np.array(rows)
        if np.abs(vectors).max() > np.finfo(np.float32).max:
            raise ProviderFailed("gave numbers beyond float32", path=self._url)
        self._dimension = expected
        return vectors.astype(np.float32)
