"""Nearest patterns, asked of the server within one moment."""

from __future__ import annotations

from collections.abc import Sequence

from reasoningbank.domain.pattern import SimilarPattern
from reasoningbank.domain.recall import Hidden, Neighbour
from reasoningbank.domain.records import EmbeddingModel, SimilarityQuery
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.storage.postgres import vector_search
from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.postgres.vector_question import Found
from reasoningbank.storage.postgres.vectors import unsound_vectors
from reasoningbank.storage.sql import neighbours
from reasoningbank.storage.sql.models import model_for_search
from reasoningbank.storage.sql.verification import Reads, damaged_vectors


class SimilaritySearch:
    """Find the nearest patterns, each search on a connection that looks at one moment.

    Args:
        reads: How the patterns found are read.
        verify_vectors: Whether the vectors of the patterns found are checked against their
            checksums. Those of others stay on the server, where ``doctor --full`` looks at them.
    """

    def __init__(self, reads: Reads, *, verify_vectors: bool) -> None:
        self._reads = reads
        self._verify_vectors = verify_vectors

    def nearest(
        self, connection: PostgresConnection, query: SimilarityQuery
    ) -> list[SimilarPattern]:
        """Give the k nearest active patterns, best first, ties by id."""
        number = model_for_search(connection, query.namespace, query.model)
        return [] if number is None else self._found(connection, query, number)

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
        )
        return [self._patterns(connection, namespace, number, model, found) for found in answers]

    def neighbours(
        self, connection: PostgresConnection, query: SimilarityQuery, *, vectors: bool
    ) -> tuple[list[Neighbour], Hidden]:
        """Give the k nearest with what their outcomes say, and how many were kept out."""
        hidden = neighbours.hidden(connection, query)
        number = model_for_search(connection, query.namespace, query.model)
        if number is None:
            return [], hidden
        found = self._found(connection, query, number)
        known = neighbours.with_outcomes(
            connection, query.namespace, number, found, vectors=vectors
        )
        return known, hidden

    def _found(
        self, connection: PostgresConnection, query: SimilarityQuery, number: int
    ) -> list[SimilarPattern]:
        found = vector_search.nearest(
            connection,
            query.namespace,
            number,
            query.model.dimension,
            query.vector,
            query.k,
            category=query.category,
            min_similarity=query.min_similarity,
            now=format_timestamp(query.now_ms),
        )
        return self._patterns(connection, query.namespace, number, query.model, found)

    def _patterns(
        self,
        connection: PostgresConnection,
        namespace: str,
        number: int,
        model: EmbeddingModel,
        found: Found,
    ) -> list[SimilarPattern]:
        if self._verify_vectors:
            ids = [pattern_id for pattern_id, _ in found]
            damaged = unsound_vectors(connection, namespace, number, ids, dimension=model.dimension)
            if damaged:
                raise damaged_vectors(damaged)
        return neighbours.patterns(connection, self._reads, namespace, found)
