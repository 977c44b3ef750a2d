"""Storing, reading and changing patterns, with ``await``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from reasoningbank.bank.asynchronous_core import AsyncBankCore
from reasoningbank.domain.pattern import (
    Erasure,
    OnDuplicate,
    Pattern,
    PatternInput,
    SimilarPattern,
    StorageStats,
    Stored,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from reasoningbank.bank.fields import PatternChanges, PatternFields
    from reasoningbank.embedding.protocol import Vectors


class AsyncPatternOperations(AsyncBankCore):
    """Mirror `PatternOperations`."""

    async def store_pattern(
        self,
        pattern: PatternInput | None = None,
        /,
        *,
        on_duplicate: OnDuplicate = "merge",
        idempotency_key: str | None = None,
        **fields: Unpack[PatternFields],
    ) -> UUID:
        """See `ReasoningBank.store_pattern`."""
        return await self._write(
            partial(
                self._bank.store_pattern,
                pattern,
                on_duplicate=on_duplicate,
                idempotency_key=idempotency_key,
                **fields,
            )
        )

    async def put(
        self,
        pattern: PatternInput,
        *,
        on_duplicate: OnDuplicate = "merge",
        idempotency_key: str | None = None,
        vector: Vectors | None = None,
    ) -> Stored:
        """See `ReasoningBank.put`."""
        return await self._write(
            partial(
                self._bank.put,
                pattern,
                on_duplicate=on_duplicate,
                idempotency_key=idempotency_key,
                vector=vector,
            )
        )

    async def store_patterns(
        self,
        patterns: Iterable[PatternInput | Mapping[str, object]],
        *,
        on_duplicate: OnDuplicate = "merge",
        vectors: Vectors | None = None,
    ) -> list[UUID]:
        """See `ReasoningBank.store_patterns`."""
        return await self._write(
            partial(self._bank.store_patterns, patterns, on_duplicate=on_duplicate, vectors=vectors)
        )

    async def get_pattern(self, pattern_id: UUID | str) -> Pattern | None:
        """See `ReasoningBank.get_pattern`."""
        return await self._run(partial(self._bank.get_pattern, pattern_id))

    async def search_by_category(self, category: str, limit: int = 10) -> list[Pattern]:
        """See `ReasoningBank.search_by_category`."""
        return await self._run(partial(self._bank.search_by_category, category, limit))

    async def find_similar(
        self,
        task_description: str,
        category: str | None = None,
        top_k: int = 5,
        *,
        min_similarity: float | None = None,
    ) -> list[SimilarPattern]:
        """See `ReasoningBank.find_similar`."""
        return await self._run(
            partial(
                self._bank.find_similar,
                task_description,
                category,
                top_k,
                min_similarity=min_similarity,
            )
        )

    async def get_stats(self) -> StorageStats:
        """See `ReasoningBank.get_stats`."""
        return await self._run(self._bank.get_stats)

    async def update_pattern(
        self,
        pattern_id: UUID | str,
        *,
        if_version: int | None = None,
        **changes: Unpack[PatternChanges],
    ) -> Pattern:
        """See `ReasoningBank.update_pattern`."""
        return await self._write(
            partial(self._bank.update_pattern, pattern_id, if_version=if_version, **changes)
        )

    async def delete_pattern(self, pattern_id: UUID | str) -> None:
        """See `ReasoningBank.delete_pattern`."""
        await self._write(partial(self._bank.delete_pattern, pattern_id))

    async def erase(self, pattern_id: UUID | str) -> Erasure:
        """See `ReasoningBank.erase`."""
        return await self._write(partial(self._bank.erase, pattern_id))
