"""Recall, with ``await``."""

from __future__ import annotations

from functools import partial

from reasoningbank.bank.asynchronous_core import AsyncBankCore
from reasoningbank.bank.recall_operations import DEFAULT_TOKEN_BUDGET
from reasoningbank.domain.recall import Recall


class AsyncRecallOperations(AsyncBankCore):
    """Mirror `RecallOperations`."""

    async def recall(
        self,
        task_description: str,
        category: str | None = None,
        *,
        k: int = 3,
        experiences: int = 1,
        token_budget: int = DEFAULT_TOKEN_BUDGET,
        min_similarity: float | None = None,
    ) -> Recall:
        """See `ReasoningBank.recall`."""
        return await self._run(
            partial(
                self._bank.recall,
                task_description,
                category,
                k=k,
                experiences=experiences,
                token_budget=token_budget,
                min_similarity=min_similarity,
            )
        )
