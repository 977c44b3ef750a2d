"""One search for what is near: its filters and query as the statements need them, and how its answer is ranked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.postgres.dialects import VECTOR_TABLE, Dialect
from reasoningbank.storage.postgres.vectors import (
    EXACT_DIMENSION,
    Bindings,
    bound,
    read_vector,
    similarity,
)
from reasoningbank.storage.sql.connection import SqlValue

if TYPE_CHECKING:
    from reasoningbank.storage.vector_columns import Doubles

Found = list[tuple[str, float]]

_MARGIN: Final = 16


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One search: what it filters by, and the query in the forms the statements need."""

    number: int
    dimension: int
    query: bytes
    k: int
    min_similarity: float | None
    bindings: Bindings
    filters: str
    dialect: Dialect

    @property
    def slack(self) -> float:
        """How far the server's similarities may be off: not at all where single precision holds every sum."""
        if self.dialect.exact_products and self.dimension <= EXACT_DIMENSION:
            return 0.0
        return float(self.dimension * 2.0**-23)

    @property
    def compared(self) -> int:
        """How many rows to ask for where all are compared."""
        return self.k + (_MARGIN if self.slack else 0)

    def rows(
        self,
        connection: PostgresConnection,
        template: str,
        *,
        distance: str = "",
        possible: str = "",
        **more: SqlValue,
    ) -> list[tuple[Any, ...]]:
        """Ask a statement about the question."""
        statement = template.format(
            table=VECTOR_TABLE,
            filters=self.filters,
            similarity=similarity(self.dialect),
            vector=self.dialect.vector_column,
            distance=distance,
            possible=possible,
        )
        return connection.execute(*bound(statement, {**self.bindings, **more})).fetchall()

    def exact(self, values: Sequence[bytes | str]) -> Doubles:
        """Give the similarities of stored vectors."""
        import numpy as np  # not before the first vector

        from reasoningbank.storage.vector_columns import exact_similarities

        stored = b"".join(read_vector(value, self.dialect) for value in values)
        rows = np.frombuffer(stored, np.int8).reshape(len(values), self.dimension)
        return exact_similarities(rows, np.frombuffer(self.query, np.int8))

    def answer(self, ids: Sequence[str], similarities: Doubles) -> Found:
        """Give the k best: similarity descending, then id ascending."""
        ranked = sorted(zip(ids, similarities.tolist(), strict=True), key=_best_first)
        floor = self.min_similarity
        return [found for found in ranked[: self.k] if floor is None or found[1] >= floor]


def _best_first(found: tuple[str, float]) -> tuple[float, str]:
    return -found[1], found[0]
