"""What every storage engine does for whoever looks after a bank: exact copies, lists, and counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from reasoningbank.domain.copies import Copy, Subject, SubjectKind
from reasoningbank.domain.metrics import MetricPoint, StorageUse
from reasoningbank.domain.records import PatternListing
from reasoningbank.domain.survey import BankProgress, MapPoint


class CopyingStorage(Protocol):
    """Give and take exact copies, so that another engine can be kept equal to this one."""

    def namespaces(self) -> list[str]:
        """Give every namespace that holds anything, ordered."""

    def subject_ids(self, namespace: str, kind: SubjectKind, after: str, limit: int) -> list[str]:
        """Give the ids of one kind in their order, beginning after an id.

        Those of deleted patterns whose history is kept are among them.
        """

    def copies(
        self, namespace: str, subjects: Sequence[Subject], *, verified: bool = False
    ) -> list[Copy]:
        """Give everything kept about each, in that order; empty copies where there is nothing.

        With `verified` checksums are recomputed, and the first thing that is not what was stored is
        an error: put elsewhere, it would be given a right one.
        """

    def put_copies(self, namespace: str, given: Sequence[Copy]) -> int:
        """Make what is kept equal to the copies given, in one step; give how many were not yet.

        What stands in their way, such as another pattern with the dedupe key of one, is removed.
        """

    def refuse_writes(self, reason: str | None) -> bool:
        """Refuse every write but copies, whoever makes it, or with None take them again.

        Gives whether the engine can.
        """


class ListingStorage(Protocol):
    """List ids a page at a time, for whoever looks through a bank."""

    def pattern_ids(self, namespace: str, listing: PatternListing) -> list[str]:
        """Give ids of patterns in the order of their ids or against it, beginning behind one."""

    def recall_ids(self, namespace: str, limit: int) -> list[str]:
        """Give the ids of the newest recalls, newest first."""

    def consolidation_ids(self, namespace: str, limit: int) -> list[str]:
        """Give the ids of the newest consolidations, newest first."""

    def progress(self, namespace: str) -> BankProgress:
        """Give what came to be by day and category, and what outcomes told."""

    def spread(self, namespace: str, limit: int) -> list[MapPoint]:
        """Give patterns with a vector, spread over all and the same ones each time."""


class MetricsStorage(Protocol):
    """Keep what was counted of the operations of all processes.

    A file keeps the counts of all its namespaces together, a server those of each by itself: who
    may see one namespace there sees no other's.
    """

    def record_metrics(self, namespace: str, points: Sequence[MetricPoint], now: str) -> bool:
        """Add counts to those kept; give False, having kept none, where others hold the bank.

        Counts of one name are added up by the minute, after two hours by the hour, after a week by
        the day; after 90 days they are dropped.
        """

    def metric_points(self, namespace: str, since: str) -> list[MetricPoint]:
        """Give the counts of each minute, hour or day that begins at `since` or later, by time."""

    def storage_use(self) -> StorageUse:
        """Say what connections and memory this process uses for the bank."""
