"""The storage backend of PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Final, TypeVar, cast

from reasoningbank.domain.consolidation import Reached
from reasoningbank.domain.errors import StorageCorrupt
from reasoningbank.domain.metrics import StorageUse
from reasoningbank.domain.pattern import Erasure, Pattern, SimilarPattern
from reasoningbank.domain.recall import Hidden, Neighbour
from reasoningbank.domain.records import EmbeddingModel, Finding, PatternRecord, SimilarityQuery
from reasoningbank.storage.postgres import checks, engine, epochs, erasure
from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.postgres.connections import Connections
from reasoningbank.storage.postgres.dialects import Dialect
from reasoningbank.storage.postgres.schema import SCHEMA_VERSION
from reasoningbank.storage.postgres.search import SimilaritySearch
from reasoningbank.storage.postgres.transactions import Transactions
from reasoningbank.storage.sql import transfer, verification
from reasoningbank.storage.sql.backend import SqlStorage
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.counting import Described
from reasoningbank.storage.sql.operator_storage import PATIENCE_SECONDS
from reasoningbank.storage.sql.reading import rows_by_id
from reasoningbank.storage.sql.rows import STORED_COLUMNS, stored_from_row

_T = TypeVar("_T")
_Work = Callable[[PostgresConnection], _T]

_SIZE: Final = "SELECT pg_database_size(current_database())"
_NAMESPACES: Final = "SELECT namespace FROM namespaces ORDER BY namespace"
_IDS: Final = "SELECT id FROM patterns WHERE namespace = ? ORDER BY created_at, id"


class PostgresStorage(SqlStorage):
    """Keep banks in a PostgreSQL database; made by `open_server`.

    Args:
        connections: Where connections are taken.
        dialect: Of the server.
        engine_name: Of the server, with its version.
        reason: Why this place was chosen.
        patience: Seconds to wait for other writers, or for a server that is gone to come back.
        verify_reads: Whether reading recomputes checksums.
    """

    read_only = False

    def __init__(
        self,
        connections: Connections,
        dialect: Dialect,
        engine_name: str,
        reason: str,
        *,
        patience: float,
        verify_reads: bool,
    ) -> None:
        super().__init__(verification.VERIFIED if verify_reads else verification.AS_IT_STANDS)
        self._connections = connections
        self._transactions = Transactions(connections, patience)
        self._hasty = Transactions(connections, PATIENCE_SECONDS)
        self._dialect = dialect
        self._search = SimilaritySearch(self._reads, verify_vectors=verify_reads)
        self._engine_name = engine_name
        self._reason = reason

    # The work of the shared rooms asks for no more of a connection than this engine's has.

    def _read(self, namespace: str, work: Callable[[SqlConnection], _T]) -> _T:
        return self._transactions.read(namespace, cast("_Work[_T]", work))

    def _moment(self, namespace: str, work: Callable[[SqlConnection], _T]) -> _T:
        return self._transactions.moment(namespace, cast("_Work[_T]", work))

    def _write(
        self, namespace: str, work: Callable[[SqlConnection], _T], *, alone: bool = False
    ) -> _T:
        return self._transactions.write(namespace, cast("_Work[_T]", work), alone=alone)

    def _write_soon(
        self, namespace: str, work: Callable[[SqlConnection], _T], *, alone: bool = False
    ) -> _T:
        return self._hasty.write(namespace, cast("_Work[_T]", work), alone=alone)

    def storage_use(self) -> StorageUse:
        opened, idle, limit = self._connections.in_use()
        return StorageUse(
            connections=opened,
            idle=idle,
            limit=limit,
            indexed_vectors=0,
            index_bytes=0,
            index_behind=0,
        )

    def _snapshot(self, namespace: str) -> AbstractContextManager[PostgresConnection]:
        return self._transactions.snapshot(namespace)

    def erase_pattern(self, namespace: str, pattern_id: str) -> Erasure:
        return self._transactions.write(
            namespace,
            lambda connection: erasure.erase(connection, namespace, pattern_id),
            alone=True,
        )

    def erase_trajectory(self, namespace: str, trajectory_id: str) -> list[Erasure]:
        return self._transactions.write(
            namespace,
            lambda connection: erasure.erase_trajectory(connection, namespace, trajectory_id),
            alone=True,
        )

    def nearest(self, query: SimilarityQuery) -> list[SimilarPattern]:
        return self._transactions.moment(
            query.namespace, lambda connection: self._search.nearest(connection, query)
        )

    def nearest_many(
        self,
        namespace: str,
        model: EmbeddingModel,
        queries: Sequence[tuple[str, bytes]],
        k: int,
        *,
        min_similarity: float,
        now_ms: int,
    ) -> list[list[SimilarPattern]]:
        return self._transactions.moment(
            namespace,
            lambda connection: self._search.nearest_many(
                connection,
                namespace,
                model,
                queries,
                k=k,
                min_similarity=min_similarity,
                now_ms=now_ms,
            ),
        )

    def neighbours(
        self, query: SimilarityQuery, *, vectors: bool = True
    ) -> tuple[list[Neighbour], Hidden]:
        return self._transactions.moment(
            query.namespace,
            lambda connection: self._search.neighbours(connection, query, vectors=vectors),
        )

    def patterns_to_consolidate(
        self, namespace: str, reached: Reached | None, limit: int
    ) -> tuple[list[Pattern], Reached]:
        return self._transactions.write(
            namespace,
            lambda connection: epochs.page(connection, namespace, reached, limit),
            alone=True,
        )

    def _readable_records(
        self, connection: SqlConnection, namespace: str, on_damaged: Callable[[str], None]
    ) -> Iterator[PatternRecord]:
        for (pattern_id,) in connection.execute(_IDS, (namespace,)).fetchall():
            rows = rows_by_id(connection, namespace, [pattern_id], columns=STORED_COLUMNS)
            try:
                row = verification.verified_row(rows[pattern_id])
                yield transfer.record_of(connection, stored_from_row(row))
            except StorageCorrupt:
                on_damaged(pattern_id)

    def check(self, namespace: str, *, full: bool) -> list[Finding]:
        with self._transactions.snapshot(namespace) as connection:
            return list(checks.check(connection, namespace, self._engine_name, full=full))

    def _described(self) -> Described:
        return Described(
            backend="postgresql",
            path=self._connections.server.shown,
            persistent=True,
            reason=self._reason,
            size_bytes=self._size(),
            schema_version=SCHEMA_VERSION,
            engine=self._engine_name,
        )

    def _size(self) -> int:
        if self._dialect.name == "cockroachdb":
            return 0  # which has no such function
        [(size,)] = self._transactions.read("", lambda connection: connection.execute(_SIZE))
        return int(size)

    def namespaces(self) -> list[str]:
        """Give those that this role may see: row security shows a tenant only what it names."""
        found = self._transactions.read("", lambda connection: connection.execute(_NAMESPACES))
        return [str(row[0]) for row in found]

    def refuse_writes(self, reason: str | None) -> bool:
        return False  # there are no triggers here; take the rights of the role away instead

    def close(self) -> None:
        self._connections.close()


_ENGINE: Final = engine.POSTGRES  # naming it here makes sure that it is known
