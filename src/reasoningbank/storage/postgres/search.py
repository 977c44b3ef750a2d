"""Nearest patterns, asked of the server within one moment."""

from __future__ import annotations

from collections.abc import Sequence

from reasoningbank.domain.pattern import SimilarPattern
from reasoningbank.domain.recall import Hidden, Neighbour
from reasoningbank.domain.records import EmbeddingModel
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.storage.postgres import vector_search
from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.postgres.dialects import Dialect
from reasoningbank.storage.postgres.engine import model_number
from reasoningbank.storage.sql import neighbours
from reasoningbank.storage.sql.models import model_for_search
from reasoningbank.storage.sql.rows import similar_from_row, unreadable
from reasoningbank.storage.sql.verification import Reads


class SimilaritySearch:
    """Find the nearest patterns, each search on a connection that looks at one moment.

    Args:
        reads: How the patterns found are read.
        dialect: Of the server.
    """

    def __init__(self, reads: Reads, dialect: Dialect) -> None:
        self._reads = reads
        self._dialect = dialect

    def nearest(
        self,
        connection: PostgresConnection,
        namespace: str,
        model: EmbeddingModel,
        query: bytes,
        *,
        k: int,
        category: str | None,
        min_similarity: float | None,
        now_ms: int,
    ) -> list[SimilarPattern]:
        """Give the k nearest active patterns, best first, ties by id."""
        number = model_for_search(connection, namespace, model)
        if number is None:
            return []
        found = vector_search.nearest(
            connection,
            namespace,
            number,
            model.dimension,
            query,
            k,
            category=category,
            min_similarity=min_similarity,
            now=format_timestamp(now_ms),
            dialect=self._dialect,
        )
        return self._patterns(connection, namespace, found)

    def nearest_many(
        self,
        connection: PostgresConnection,
        namespace: str,
        model: EmbeddingModel,
        queries: Sequence[tuple[str, bytes]],
        *,
        k: int,
        min_similarity: float,
        now_ms: int,
    ) -> list[list[SimilarPattern]]:
        """Give, for each (category, vector), the k nearest active patterns of that category."""
        number = model_for_search(connection, namespace, model)
        if number is None:
            return [[] for _ in queries]
        answers = vector_search.nearest_many(
            connection,
            namespace,
            number,
            model.dimension,
            queries,
            k,
            min_similarity=min_similarity,
            now=format_timestamp(now_ms),
            dialect=self._dialect,
        )
        return [self._patterns(connection, namespace, found) for found in answers]

    def neighbours(
        self,
        connection: PostgresConnection,
        namespace: str,
        model: EmbeddingModel,
        query: bytes,
        *,
        k: int,
        category: str | None,
        now_ms: int,
        vectors: bool,
    ) -> tuple[list[Neighbour], Hidden]:
        """Give the k nearest with what their outcomes say, and how many were kept out."""
        hidden = neighbours.hidden(connection, namespace, category, format_timestamp(now_ms))
        found = self.nearest(
            connection,
            namespace,
            model,
            query,
            k=k,
            category=category,
            min_similarity=None,
            now_ms=now_ms,
        )
        known = neighbours.with_outcomes(
            connection, namespace, model_number(model), found, vectors=vectors
        )
        return known, hidden

    def _patterns(
        self,
        connection: PostgresConnection,
        namespace: str,
        found: Sequence[tuple[str, float]],
    ) -> list[SimilarPattern]:
        rows = self._reads.rows_by_id(
            connection, namespace, [pattern_id for pattern_id, _ in found]
        )
        try:
            return [similar_from_row(rows[found_id], value) for found_id, value in found]
        except KeyError as error:
            raise unreadable(str(error.args[0])) from error
