"""The part of a backend for whoever looks after a bank: counts of operations, and lists of ids."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TypeVar

from reasoningbank.domain.errors import Busy
from reasoningbank.domain.metrics import MetricPoint
from reasoningbank.domain.records import PatternListing
from reasoningbank.domain.survey import BankProgress, MapPoint
from reasoningbank.storage.sql import listing as listed
from reasoningbank.storage.sql import metrics, surveying
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.working import SqlWork

_T = TypeVar("_T")

PATIENCE_SECONDS = 0.05
"""How long counts wait for those who write patterns."""


class SqlOperatorStorage(SqlWork):
    """Do what `MetricsStorage` and `ListingStorage` ask for."""

    @abstractmethod
    def _write_soon(
        self, namespace: str, work: Callable[[SqlConnection], _T], *, alone: bool = False
    ) -> _T:
        """Do as `_write`, or raise `Busy` after `PATIENCE_SECONDS`."""

    def _counted_for(self, namespace: str) -> str:
        """Give under which namespace what is counted for one is kept."""
        return namespace

    def record_metrics(self, namespace: str, points: Sequence[MetricPoint], now: str) -> bool:
        kept_for = self._counted_for(namespace)

        def record(connection: SqlConnection) -> bool:
            metrics.record(connection, kept_for, points)
            return metrics.merging_is_due(connection, kept_for, now)

        try:
            due = self._write_soon(kept_for, record)
        except Busy:
            return False
        if due:
            self._merge_metrics(kept_for, now)
        return True

    def _merge_metrics(self, kept_for: str, now: str) -> None:
        def merge(connection: SqlConnection) -> None:
            if metrics.merging_is_due(connection, kept_for, now):  # nobody else was quicker
                metrics.merge(connection, kept_for, now)

        try:
            self._write_soon(kept_for, merge, alone=True)
        except Busy:
            return  # the counts are kept; whoever comes next adds them up

    def metric_points(self, namespace: str, since: str) -> list[MetricPoint]:
        kept_for = self._counted_for(namespace)
        return self._read(kept_for, lambda connection: metrics.totals(connection, kept_for, since))

    def pattern_ids(self, namespace: str, listing: PatternListing) -> list[str]:
        return self._read(
            namespace, lambda connection: listed.pattern_ids(connection, namespace, listing)
        )

    def recall_ids(self, namespace: str, limit: int) -> list[str]:
        return self._read(
            namespace, lambda connection: listed.recall_ids(connection, namespace, limit)
        )

    def consolidation_ids(self, namespace: str, limit: int) -> list[str]:
        return self._read(
            namespace, lambda connection: listed.consolidation_ids(connection, namespace, limit)
        )

    def progress(self, namespace: str) -> BankProgress:
        return self._moment(namespace, lambda connection: surveying.progress(connection, namespace))

    def spread(self, namespace: str, limit: int) -> list[MapPoint]:
        return self._read(
            namespace, lambda connection: surveying.spread(connection, namespace, limit)
        )
