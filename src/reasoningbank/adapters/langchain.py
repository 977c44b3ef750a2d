"""A LangChain retriever of what the bank recalls for a task."""

from __future__ import annotations

import asyncio

from reasoningbank.adapters.missing_framework import framework_missing
from reasoningbank.bank import ReasoningBank
from reasoningbank.domain.recall import Recall

try:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
    )
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
except ImportError as error:
    raise framework_missing("langchain", error) from error


class ReasoningBankRetriever(BaseRetriever):
    """Give LangChain the few patterns that fit a task, as documents; none when nothing fits.

    A document's text is the strategy; a pitfall begins with ``Avoid:``. Its metadata holds
    ``recall_id``, which `ReasoningBank.record_outcome` takes once it is known what came of it.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     _ = bank.store_pattern(
    ...         task_description="Add login", task_category="backend", strategy="Test first."
    ...     )
    ...     [document] = ReasoningBankRetriever(bank=bank).invoke("add a login")
    ...     [told] = bank.record_outcome(
    ...         recall=document.metadata["recall_id"], success=True, source="test"
    ...     )
    ...     document.page_content, told.successes
    ('Test first.', 1)

    Args:
        bank: What is recalled from.
        category: Only patterns of this category.
        k: Items at most, as for `ReasoningBank.recall`.
        experiences: Groups at most, as for `ReasoningBank.recall`.
        min_similarity: As for `ReasoningBank.recall`.
    """

    bank: ReasoningBank
    category: str | None = None
    k: int = 3
    experiences: int = 1
    min_similarity: float | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return documents_of(self._recalled(query))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        return documents_of(await asyncio.to_thread(self._recalled, query))

    def _recalled(self, task_description: str) -> Recall:
        return self.bank.recall(
            task_description,
            self.category,
            k=self.k,
            experiences=self.experiences,
            min_similarity=self.min_similarity,
        )


def documents_of(recall: Recall) -> list[Document]:
    """Give the items of a recall as documents, best first."""
    return [
        Document(
            id=str(item.pattern.id),
            page_content=f"Avoid: {item.pattern.strategy}"
            if item.pitfall
            else item.pattern.strategy,
            metadata={
                "recall_id": str(recall.id),
                "task_description": item.pattern.task_description,
                "task_category": item.pattern.task_category,
                "title": item.pattern.title,
                "similarity": item.pattern.similarity,
                "reliability": item.why.reliability,
                "trust": item.pattern.trust,
                "pitfall": item.pitfall,
            },
        )
        for item in recall.patterns
    ]
