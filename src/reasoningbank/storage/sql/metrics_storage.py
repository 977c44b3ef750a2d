"""The part of a backend that keeps counts, and lists ids a page at a time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeVar

from reasoningbank.domain.errors import Busy
from reasoningbank.domain.metrics import MetricPoint
from reasoningbank.domain.survey import BankProgress, MapPoint
from reasoningbank.storage.sql import metrics, surveying
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.copy_storage import SqlCopies

_T = TypeVar("_T")

METRICS_PATIENCE: Final = 0.05
"""Seconds for which counts wait for other writers."""

_FIRST_ID: Final = ""
_AFTER_ALL_IDS: Final = "g"  # ids are hexadecimal
_RECALLS: Final = "SELECT id FROM recalls WHERE namespace = ? ORDER BY id DESC LIMIT ?"
_CONSOLIDATIONS: Final = (
    "SELECT id FROM consolidations WHERE namespace = ? ORDER BY id DESC LIMIT ?"
)


class SqlMetrics(SqlCopies):
    """Do what `MetricsStorage` and `ListingStorage` ask for, but for what an engine says of itself."""

    @abstractmethod
    def _write_soon(self, namespace: str, work: Callable[[SqlConnection], _T]) -> _T:
        """Do as `_write` does, or raise `Busy` where others hold the bank for long."""

    def record_metrics(self, namespace: str, points: Sequence[MetricPoint], now: str) -> bool:
        try:
            if self._write_soon(
                namespace,
                lambda connection: metrics.insert(connection, namespace, points, now),
            ):
                self._write(
                    namespace,
                    lambda connection: metrics.merge(connection, namespace, now),
                    alone=True,
                )
        except Busy:
            return False
        return True

    def metric_points(self, namespace: str, since: str) -> list[MetricPoint]:
        return self._read(
            namespace, lambda connection: metrics.totals(connection, namespace, since)
        )

    def pattern_ids(
        self,
        namespace: str,
        after: str | None,
        limit: int,
        *,
        category: str | None,
        state: Literal["active", "quarantined"] | None,
        newest_first: bool,
    ) -> list[str]:
        compared, order = ("<", "DESC") if newest_first else (">", "ASC")
        conditions = ["namespace = ?", f"id {compared} ?"]
        values: list[str | int] = [
            namespace,
            after or (_AFTER_ALL_IDS if newest_first else _FIRST_ID),
        ]
        for column, value in (("task_category", category), ("state", state)):
            if value is not None:
                conditions.append(f"{column} = ?")
                values.append(value)
        query = (
            f"SELECT id FROM patterns WHERE {' AND '.join(conditions)} ORDER BY id {order} LIMIT ?"  # noqa: S608 - columns of this module
        )
        return self._ids(namespace, query, (*values, limit))

    def recall_ids(self, namespace: str, limit: int) -> list[str]:
        return self._ids(namespace, _RECALLS, (namespace, limit))

    def consolidation_ids(self, namespace: str, limit: int) -> list[str]:
        return self._ids(namespace, _CONSOLIDATIONS, (namespace, limit))

    def progress(self, namespace: str) -> BankProgress:
        return self._moment(namespace, lambda connection: surveying.progress(connection, namespace))

    def spread(self, namespace: str, limit: int) -> list[MapPoint]:
        return self._read(
            namespace, lambda connection: surveying.spread(connection, namespace, limit)
        )

    def _ids(self, namespace: str, query: str, values: Sequence[str | int]) -> list[str]:
        return self._read(
            namespace,
            lambda connection: [str(found) for (found,) in connection.execute(query, values)],
        )
