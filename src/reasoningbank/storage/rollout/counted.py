"""What is asked of the bank that counts alone: figures, and lists of ids."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from reasoningbank.domain.metrics import MetricPoint, StorageUse
from reasoningbank.domain.records import PatternListing
from reasoningbank.domain.survey import BankProgress, MapPoint
from reasoningbank.storage.contract import StorageBackend


class RolloutCounts:
    """Do what `MetricsStorage` and `ListingStorage` ask for; figures are not carried over."""

    @abstractmethod
    def _counting(self) -> StorageBackend:
        """Give the bank whose commit is the acknowledgement."""

    def record_metrics(self, namespace: str, points: Sequence[MetricPoint], now: str) -> bool:
        return self._counting().record_metrics(namespace, points, now)

    def metric_points(self, namespace: str, since: str) -> list[MetricPoint]:
        return self._counting().metric_points(namespace, since)

    def storage_use(self) -> StorageUse:
        return self._counting().storage_use()

    def pattern_ids(self, namespace: str, listing: PatternListing) -> list[str]:
        return self._counting().pattern_ids(namespace, listing)

    def recall_ids(self, namespace: str, limit: int) -> list[str]:
        return self._counting().recall_ids(namespace, limit)

    def consolidation_ids(self, namespace: str, limit: int) -> list[str]:
        return self._counting().consolidation_ids(namespace, limit)

    def progress(self, namespace: str) -> BankProgress:
        return self._counting().progress(namespace)

    def spread(self, namespace: str, limit: int) -> list[MapPoint]:
        return self._counting().spread(namespace, limit)
