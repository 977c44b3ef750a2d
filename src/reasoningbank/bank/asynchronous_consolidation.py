"""Consolidation, with ``await``."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from reasoningbank.bank.asynchronous_core import AsyncBankCore
from reasoningbank.domain.consolidation import ConsolidationOptions, ConsolidationReport


class AsyncConsolidationOperations(AsyncBankCore):
    """Mirror `ConsolidationOperations`."""

    async def consolidate(
        self,
        options: ConsolidationOptions | None = None,
        *,
        dry_run: bool = False,
        everything: bool = False,
    ) -> ConsolidationReport:
        """See `ReasoningBank.consolidate`."""
        return await self._write(
            partial(self._bank.consolidate, options, dry_run=dry_run, everything=everything)
        )

    async def undo_consolidation(self, report_id: UUID | str) -> int:
        """See `ReasoningBank.undo_consolidation`."""
        return await self._write(partial(self._bank.undo_consolidation, report_id))
