"""What the bank asks of an embedder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.int8 | np.floating]


@runtime_checkable
class Embedder(Protocol):
    """Turns text into vectors. Vectors of two embedders are comparable only when their names are equal.

    An attribute `version` (a string) may be added; it is taken as "1" when there is none.
    """

    @property
    def name(self) -> str:
        """Return the id stored with every vector: it must change whenever the vectors change."""

    @property
    def dimension(self) -> int:
        """Return the number of components of a vector."""

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts to be found: int8 or float, shape (number of texts, dimension)."""

    def embed_query(self, text: str) -> Vectors:
        """Return the vector of a text to search with: int8 or float, shape (dimension,)."""
