"""Writing counts into the bank every so often, off the caller's path."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection
from typing import Final

from reasoningbank.domain.errors import ReasoningBankError
from reasoningbank.domain.identifiers import Clock
from reasoningbank.domain.metrics import CALLS, MetricPoint
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.metrics.counting import Counters
from reasoningbank.storage import StorageBackend

EVERY_SECONDS: Final = 10.0
"""How long counts wait before they are written; what a killed process loses of them at most."""

_MINUTE: Final = 60_000
_SIGNIFICANT: Final = 9  # decimals of seconds: a nanosecond

READING: Final = frozenset({
    "check", "consolidations", "distillation_request", "export_jsonl",
    "export_trajectories_jsonl", "find_similar", "get_pattern", "get_stats", "get_trajectory", "history",
    "links", "observations", "outcomes", "patterns", "recalls", "reliability", "search_by_category", "trajectories",
})  # fmt: skip
"""Operations that leave a bank as it was: whoever did nothing else leaves no counts either."""


class MetricsKeeper:
    """Add what was counted to what the bank keeps, in a thread that lives for one write.

    Args:
        storage: Where counts are kept.
        namespace: Whose they are, where the storage keeps namespaces apart.
        counters: What was counted.
        clock: Gives milliseconds since 1970-01-01 UTC.
    """

    def __init__(
        self, storage: StorageBackend, namespace: str, counters: Counters, clock: Clock
    ) -> None:
        self._storage = storage
        self._namespace = namespace
        self._counters = counters
        self._clock = clock
        self._kept: dict[str, float] = {}
        self._writing = threading.Lock()
        self._timer: threading.Timer | None = None
        self._has_written = False
        self._process = os.getpid()
        self._closed = storage.read_only
        if not self._closed:
            counters.on_first = self._soon

    def unkept(self) -> dict[str, float]:
        """Give what was counted and is not written yet, by name."""
        with self._writing:
            return self._new(self._counters.totals())

    def flush(self) -> bool:
        """Write what is waiting; give False where others hold the bank, and it goes on waiting.

        Raises:
            ReasoningBankError: When it cannot be written; it goes on waiting.
        """
        with self._writing:
            totals = self._counters.totals()
            new = self._new(totals)
            now = self._clock()
            at = format_timestamp(now - now % _MINUTE)
            points = [MetricPoint(name, value, at) for name, value in new.items()]
            if points and not self._storage.record_metrics(
                self._namespace, points, format_timestamp(now)
            ):
                return False
            self._kept = totals
            self._has_written = self._has_written or bool(points)
            return True

    def close(self) -> None:
        """Stop, and write what is waiting if this process has changed the bank anyway."""
        if self._closed or os.getpid() != self._process:
            return  # forked: what was counted is the other process's, and so may be the lock
        self._closed = True
        self._counters.on_first = None
        timer = self._timer
        if timer is not None:
            timer.cancel()
        if self._has_written or _changed_the_bank(self._counters.totals()):
            self._try()

    def _soon(self) -> None:
        timer = threading.Timer(EVERY_SECONDS, self._work)
        timer.daemon = True
        timer.name = "reasoningbank-metrics"
        self._timer = timer
        timer.start()

    def _work(self) -> None:
        if os.getpid() == self._process:
            self._try()
        if not self._closed:
            self._counters.on_first = self._soon

    def _try(self) -> None:
        try:
            self.flush()
        except ReasoningBankError:
            # Counts must not fail anybody's work. They go on waiting; the next write tries again.
            return

    def _new(self, totals: dict[str, float]) -> dict[str, float]:
        return {
            name: round(value - self._kept.get(name, 0), _SIGNIFICANT)
            for name, value in totals.items()
            if value != self._kept.get(name, 0)
        }


def _changed_the_bank(names: Collection[str]) -> bool:
    called = {name.removesuffix(f".{CALLS}") for name in names if name.endswith(f".{CALLS}")}
    return not called <= READING
