"""What was counted, with ``await``."""

from __future__ import annotations

from functools import partial

from reasoningbank.bank.asynchronous_core import AsyncBankCore
from reasoningbank.domain.metrics import BankMetrics


class AsyncMetricsOperations(AsyncBankCore):
    """Mirror `MetricsOperations`."""

    async def metrics(self, *, last_seconds: float | None = None) -> BankMetrics:
        """See `ReasoningBank.metrics`."""
        return await self._run(partial(self._bank.metrics, last_seconds=last_seconds))
