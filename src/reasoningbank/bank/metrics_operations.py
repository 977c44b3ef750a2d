"""Telling what was asked of a bank, how it ended, and how long it took."""

from __future__ import annotations

from collections import defaultdict

from reasoningbank.bank.core import BankCore
from reasoningbank.domain.metrics import BankMetrics, bank_metrics
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.domain.validation import checked_number

_LONGEST_SECONDS = 10 * 366 * 86_400.0


class MetricsOperations(BankCore):
    """Give what was counted."""

    def metrics(self, *, last_seconds: float | None = None) -> BankMetrics:
        """Give how often each operation was called, how it ended, and how long it took.

        Every operation is counted once, where it is called: those inside a `task` as `recall`,
        `learn` and `record_outcome`. Times are those of the calls themselves, with `await` without
        the waiting for a thread. All namespaces of a file are counted together, on a server each by
        itself, and no name holds an id, a text or a namespace. An awaited call counts when its thread is done.

        Args:
            last_seconds: None for what this object was asked since it was opened. Or what all
                processes asked of the bank in so many seconds before now; others tell every ten
                seconds. What is older than two hours is kept by the hour, after a week by the day
                and for 90 days, and counts if its hour or day began within the time.

        Raises:
            InvalidInput: Naming the argument.
        """
        until = self._clock()
        use = self._storage.storage_use()
        if last_seconds is None:
            return bank_metrics(
                self._counters.totals(), since=self._opened_at, until=self._now(), storage=use
            )
        checked_number(last_seconds, "last_seconds", 0.0, _LONGEST_SECONDS)
        since = format_timestamp(max(until - int(last_seconds * 1000), 0))
        totals: defaultdict[str, float] = defaultdict(float)
        # Before those kept, so that what is being written just now is counted once or not at all.
        unkept = {} if self._keeper is None else self._keeper.unkept()
        for point in self._storage.metric_points(self._namespace, since):
            totals[point.name] += point.value
        for name, value in unkept.items():
            totals[name] += value
        return bank_metrics(totals, since=since, until=format_timestamp(until), storage=use)
