"""Outcomes and histories, with ``await``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import cast, overload
from uuid import UUID

from reasoningbank.bank.asynchronous_core import AsyncBankCore
from reasoningbank.domain.outcome import Outcome, OutcomeSource, RecordedOutcome, Reliability
from reasoningbank.domain.pattern import Observation, PatternChange


class AsyncOutcomeOperations(AsyncBankCore):
    """Mirror `OutcomeOperations`."""

    @overload
    async def record_outcome(
        self,
        *,
        pattern: UUID | str,
        success: bool | None = None,
        score: float | None = None,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
    ) -> RecordedOutcome: ...

    @overload
    async def record_outcome(
        self,
        *,
        recall: UUID | str,
        used: Sequence[UUID | str] | None = None,
        success: bool | None = None,
        score: float | None = None,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
    ) -> tuple[RecordedOutcome, ...]: ...

    async def record_outcome(
        self,
        *,
        pattern: UUID | str | None = None,
        recall: UUID | str | None = None,
        used: Sequence[UUID | str] | None = None,
        success: bool | None = None,
        score: float | None = None,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
    ) -> RecordedOutcome | tuple[RecordedOutcome, ...]:
        """See `ReasoningBank.record_outcome`."""
        record = cast("Callable[..., RecordedOutcome]", self._bank.record_outcome)
        return await self._write(
            partial(
                record,
                pattern=pattern,
                recall=recall,
                used=used,
                success=success,
                score=score,
                source=source,
                evidence=evidence,
            )
        )

    async def reliability(self, pattern_id: UUID | str) -> Reliability:
        """See `ReasoningBank.reliability`."""
        return await self._run(partial(self._bank.reliability, pattern_id))

    async def outcomes(self, pattern_id: UUID | str) -> list[Outcome]:
        """See `ReasoningBank.outcomes`."""
        return await self._run(partial(self._bank.outcomes, pattern_id))

    async def history(self, pattern_id: UUID | str) -> list[PatternChange]:
        """See `ReasoningBank.history`."""
        return await self._run(partial(self._bank.history, pattern_id))

    async def observations(self, pattern_id: UUID | str) -> list[Observation]:
        """See `ReasoningBank.observations`."""
        return await self._run(partial(self._bank.observations, pattern_id))
