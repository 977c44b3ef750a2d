"""SQLite as a storage engine of the bank, in a file or in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar, cast

import apsw

from reasoningbank.domain.consolidation import Reached
from reasoningbank.domain.copies import Copy
from reasoningbank.domain.metrics import StorageUse
from reasoningbank.domain.pattern import Erasure, Pattern, SimilarPattern
from reasoningbank.domain.recall import Hidden, Neighbour
from reasoningbank.domain.records import EmbeddingModel, Finding, PatternRecord, SimilarityQuery
from reasoningbank.storage.sql import copy_writing, verification
from reasoningbank.storage.sql.backend import SqlStorage
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.counting import Described
from reasoningbank.storage.sql.operator_storage import PATIENCE_SECONDS
from reasoningbank.storage.sqlite import changes, checks, erasure, refusing, salvage, vector_reads
from reasoningbank.storage.sqlite.connections import Connections
from reasoningbank.storage.sqlite.loans import Snapshot
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION
from reasoningbank.storage.sqlite.search import SimilaritySearch

_T = TypeVar("_T")

_WHOLE_FILE: Final = ""  # counts are kept for all namespaces together

_NAMESPACES: Final = """
SELECT namespace FROM namespaces UNION SELECT namespace FROM category_counts
UNION SELECT namespace FROM pattern_history UNION SELECT namespace FROM trajectories
UNION SELECT namespace FROM recalls UNION SELECT namespace FROM consolidations ORDER BY 1
"""


class SqliteStorage(SqlStorage):
    """Keep a bank in SQLite; made by `open_file` or `open_memory`.

    Args:
        connections: Where connections are borrowed.
        path: The file, or None in memory.
        reason: Why this place was chosen.
        verify_reads: Whether reading recomputes checksums.
    """

    def __init__(
        self, connections: Connections, path: Path | None, reason: str, *, verify_reads: bool
    ) -> None:
        self._connections = connections
        self._path = path
        self._reason = reason
        super().__init__(verification.VERIFIED if verify_reads else verification.AS_IT_STANDS)
        self._search = SimilaritySearch(
            connections,
            self._reads,
            vector_reads.VERIFIED if verify_reads else vector_reads.AS_IT_STANDS,
        )

    @property
    def read_only(self) -> bool:
        return self._connections.settings.read_only

    def _read(self, namespace: str, work: Callable[[SqlConnection], _T]) -> _T:
        with self._connections.reading() as connection:
            return work(connection)

    def _moment(self, namespace: str, work: Callable[[SqlConnection], _T]) -> _T:
        with self._connections.moment() as connection:
            return work(connection)

    def _write(
        self,
        namespace: str,
        work: Callable[[SqlConnection], _T],
        *,
        alone: bool = False,
    ) -> _T:
        with self._connections.writing() as connection:
            return work(connection)

    def _write_soon(
        self, namespace: str, work: Callable[[SqlConnection], _T], *, alone: bool = False
    ) -> _T:
        with self._connections.writing(PATIENCE_SECONDS) as connection:
            return work(connection)

    def _counted_for(self, namespace: str) -> str:
        return _WHOLE_FILE

    def storage_use(self) -> StorageUse:
        opened, idle, limit = self._connections.in_use()
        vectors, size, seen = self._search.in_memory()
        behind = 0
        if seen is not None:
            with self._connections.reading() as connection:
                behind = changes.since(connection, seen)
        return StorageUse(
            connections=opened,
            idle=idle,
            limit=limit,
            indexed_vectors=vectors,
            index_bytes=size,
            index_behind=behind,
        )

    def _snapshot(self, namespace: str) -> Snapshot:
        return self._connections.snapshot()

    def _readable_records(
        self, connection: SqlConnection, namespace: str, on_damaged: Callable[[str], None]
    ) -> Iterator[PatternRecord]:
        return salvage.readable_records(cast("apsw.Connection", connection), namespace, on_damaged)

    # These two are asked most: they go without a function for the connection to be lent to.

    def get_pattern(self, namespace: str, pattern_id: str) -> Pattern | None:
        with self._connections.reading() as connection:
            return self._reads.pattern(connection, namespace, pattern_id)

    def get_patterns_by_category(
        self, namespace: str, category: str, limit: int, now: str
    ) -> list[Pattern]:
        with self._connections.reading() as connection:
            return self._reads.by_category(connection, namespace, category, limit, now)

    def erase_pattern(self, namespace: str, pattern_id: str) -> Erasure:
        return erasure.erase(self._connections, namespace, pattern_id)

    def nearest(self, query: SimilarityQuery) -> list[SimilarPattern]:
        return self._search.nearest(query)

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
        return self._search.nearest_many(
            namespace, model, queries, k, min_similarity=min_similarity, now_ms=now_ms
        )

    def patterns_to_consolidate(
        self, namespace: str, reached: Reached | None, limit: int
    ) -> tuple[list[Pattern], Reached]:
        with self._connections.moment() as connection:
            return changes.page(connection, namespace, reached, limit)

    def check(self, namespace: str, *, full: bool) -> list[Finding]:
        with self._connections.snapshot() as connection:
            return list(checks.check(connection, self._path, full=full))

    def erase_trajectory(self, namespace: str, trajectory_id: str) -> list[Erasure]:
        return erasure.erase_trajectory(self._connections, namespace, trajectory_id)

    def neighbours(
        self, query: SimilarityQuery, *, vectors: bool = True
    ) -> tuple[list[Neighbour], Hidden]:
        return self._search.neighbours(query, vectors=vectors)

    def _described(self) -> Described:
        return Described(
            backend="memory" if self._path is None else "sqlite",
            path=None if self._path is None else str(self._path),
            persistent=self._path is not None,
            reason=self._reason,
            size_bytes=self._size(),
            schema_version=SCHEMA_VERSION,
            engine=f"SQLite {apsw.sqlite_lib_version()}",
        )

    def _size(self) -> int:
        if self._path is None:
            return 0
        log = self._path.with_name(self._path.name + "-wal")
        return sum(place.stat().st_size for place in (self._path, log) if place.exists())

    def namespaces(self) -> list[str]:
        with self._connections.reading() as connection:
            return [str(row[0]) for row in connection.execute(_NAMESPACES)]

    def put_copies(self, namespace: str, given: Sequence[Copy]) -> int:
        with self._connections.writing() as connection, refusing.passing(connection):
            return sum(copy_writing.put(connection, namespace, copy) for copy in given)

    def refuse_writes(self, reason: str | None) -> bool:
        with self._connections.writing() as connection:
            refusing.refuse(connection, reason)
        return True

    def close(self) -> None:
        self._connections.close()
