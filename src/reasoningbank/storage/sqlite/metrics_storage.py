"""The part of the SQLite engine that keeps counts, and says what it holds itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reasoningbank.domain.errors import Busy
from reasoningbank.domain.metrics import MetricPoint, StorageUse
from reasoningbank.storage.sqlite import metrics
from reasoningbank.storage.sqlite.connections import Connections
from reasoningbank.storage.sqlite.search import SimilaritySearch

_PATIENCE_SECONDS: Final = 0.05


class SqliteMetrics:
    """Do what `MetricsStorage` asks for; see `SqliteStorage`."""

    _connections: Connections
    _search: SimilaritySearch

    def record_metrics(self, points: Sequence[MetricPoint], now: str) -> bool:
        try:
            with self._connections.writing(_PATIENCE_SECONDS) as connection:
                metrics.record(connection, points, now)
        except Busy:
            return False
        return True

    def metric_points(self, since: str) -> list[MetricPoint]:
        with self._connections.reading() as connection:
            return metrics.totals(connection, since)

    def storage_use(self) -> StorageUse:
        opened, idle, limit = self._connections.in_use()
        vectors, size, seen = self._search.in_memory()
        behind = 0
        if seen is not None:
            with self._connections.reading() as connection:
                behind = metrics.changes_since(connection, seen)
        return StorageUse(
            connections=opened,
            idle=idle,
            limit=limit,
            indexed_vectors=vectors,
            index_bytes=size,
            index_behind=behind,
        )
