"""Recall before a task, and telling afterwards what came of it."""

from __future__ import annotations

from reasoningbank.bank.core import BankCore
from reasoningbank.domain import limits
from reasoningbank.domain.identifiers import new_id
from reasoningbank.domain.recall import Recall, RecallEvent
from reasoningbank.domain.records import SimilarityQuery
from reasoningbank.domain.redaction import redacted_text
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.domain.validation import (
    checked_count,
    checked_line,
    checked_number,
    checked_query,
)
from reasoningbank.retrieval.abstention import threshold_for
from reasoningbank.retrieval.recalling import NEIGHBOURS, Request, choose

DEFAULT_TOKEN_BUDGET = 1_000
_SMALLEST_BUDGET, _LARGEST_BUDGET = 100, 100_000
_MOST_ITEMS = 50


class RecallOperations(BankCore):
    """Give an agent the few patterns that fit a task, and learn which of them helped."""

    def recall(
        self,
        task_description: str,
        category: str | None = None,
        *,
        k: int = 3,
        experiences: int = 1,
        token_budget: int = DEFAULT_TOKEN_BUDGET,
        min_similarity: float | None = None,
    ) -> Recall:
        """Give the few patterns to show an agent before a task, why these, and a prompt block.

        The 30 experiences nearest to the task are looked at, failures included. Those with the
        same strategy form a family, whose outcomes near this task say how reliable it is (see
        `reasoningbank.retrieval.families.Family`); candidates are ordered by similarity,
        reliability and recency (see `reasoningbank.retrieval.scoring.scored`). One group is shown,
        the patterns of one trajectory, since more makes agents worse; or none, when nothing is
        similar enough.

        Args:
            task_description: The task at hand, at most 65,536 bytes.
            category: Only patterns of this category.
            k: Items at most, 1 to 50.
            experiences: Groups at most; further ones are chosen to differ (MMR).
            token_budget: Bound of the prompt block, in tokens of at least three bytes.
            min_similarity: Show nothing below this, -1 to 1; None for the embedder's own threshold.

        Raises:
            InvalidInput: Naming the argument.
            EmbeddingMismatch: When the bank's vectors come from another embedder.
        """
        checked_query(task_description)
        checked_count(k, "k", high=_MOST_ITEMS)
        checked_count(experiences, "experiences", high=_MOST_ITEMS)
        checked_count(token_budget, "token_budget", low=_SMALLEST_BUDGET, high=_LARGEST_BUDGET)
        if category is not None:
            checked_line(category, "category", limits.CATEGORY_BYTES)
        if min_similarity is not None:
            min_similarity = checked_number(min_similarity, "min_similarity", -1.0, 1.0)
        model = self._vectors.model
        now_ms = self._clock()
        neighbours, hidden = self._storage.neighbours(
            SimilarityQuery(
                namespace=self._namespace,
                model=model,
                vector=self._vectors.of_query(task_description),
                k=NEIGHBOURS,
                category=category,
                now_ms=now_ms,
            ),
            vectors=experiences > 1,  # one group is chosen by its score alone
        )
        request = Request(
            k=k,
            experiences=experiences,
            threshold=threshold_for(model.name) if min_similarity is None else min_similarity,
            token_budget=token_budget,
            now_ms=now_ms,
        )
        choice = choose(neighbours, request)
        event = RecallEvent(
            id=new_id(now_ms, self._random_bytes),
            task_description=redacted_text(task_description, "task_description", []),
            category=category,
            advice=tuple(item.pattern.id for item in choice.shown if not item.pitfall),
            pitfalls=tuple(item.pattern.id for item in choice.shown if item.pitfall),
            actor=self._actor,
            at=format_timestamp(now_ms),
        )
        return Recall(
            id=event.id,
            task_description=task_description,
            patterns=choice.shown,
            prompt=choice.prompt,
            why=tuple(item.why for item in choice.shown),
            left_out=choice.left_out,
            hidden=hidden,
            abstained=not choice.shown,
            recorded=self._recorded(event),
            namespace=self._namespace,
        )

    def _recorded(self, event: RecallEvent) -> bool:
        if self._storage.read_only:
            return False
        self._recalls.add(event)
        return True
