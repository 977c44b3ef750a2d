"""Looking through a bank, with ``await``."""

from __future__ import annotations

from functools import partial
from typing import Literal
from uuid import UUID

from reasoningbank.bank.asynchronous_core import AsyncBankCore
from reasoningbank.domain.consolidation import KeptConsolidation
from reasoningbank.domain.pattern import Pattern
from reasoningbank.domain.recall import RecallEvent


class AsyncListingOperations(AsyncBankCore):
    """Mirror `ListingOperations`."""

    async def patterns(
        self,
        *,
        category: str | None = None,
        state: Literal["active", "quarantined"] | None = None,
        newest_first: bool = False,
        limit: int = 100,
        after: UUID | str | None = None,
    ) -> list[Pattern]:
        """See `ReasoningBank.patterns`."""
        return await self._run(
            partial(
                self._bank.patterns,
                category=category,
                state=state,
                newest_first=newest_first,
                limit=limit,
                after=after,
            )
        )

    async def recalls(self, *, limit: int = 20) -> list[RecallEvent]:
        """See `ReasoningBank.recalls`."""
        return await self._run(partial(self._bank.recalls, limit=limit))

    async def consolidations(self, *, limit: int = 20) -> list[KeptConsolidation]:
        """See `ReasoningBank.consolidations`."""
        return await self._run(partial(self._bank.consolidations, limit=limit))
