"""Recall: the few patterns an agent gets before a task, and why these."""

from __future__ import annotations

from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from reasoningbank.domain.pattern import SimilarPattern

LeftOutReason: TypeAlias = Literal[
    "below_threshold", "unreliable", "other_group", "too_alike", "over_k", "over_budget"
]


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """The components of one item's score.

    Args:
        score: What items are ordered by.
        similarity: Cosine of the task descriptions, -1 to 1.
        recency: 0 to 1, halved every half-life since it was last used or made.
        reliability: Posterior mean of its family's outcomes near this task, 0 to 1.
        neighbours: How many experiences near this task were counted for its family.
        weighted_successes: Their successes, weighted by source and similarity.
        weighted_failures: Their failures, weighted alike.
        reason: The same in one sentence.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     _ = bank.store_pattern(
    ...         task_description="Add login", task_category="backend", strategy="Test first."
    ...     )
    ...     recall = bank.recall("add a login")
    >>> round(recall.why[0].reliability, 2)
    0.5
    """

    score: float
    similarity: float
    recency: float
    reliability: float
    neighbours: int
    weighted_successes: float
    weighted_failures: float
    reason: str


class RecalledPattern(msgspec.Struct, frozen=True, kw_only=True):
    """One item shown: the pattern, why, and whether it is advice to follow or a pitfall to avoid.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     _ = bank.store_pattern(
    ...         task_description="Add login", task_category="backend", strategy="Test first."
    ...     )
    ...     recall = bank.recall("add a login")
    >>> [(item.pattern.strategy, item.pitfall) for item in recall.patterns]
    [('Test first.', False)]
    """

    pattern: SimilarPattern
    why: Why
    pitfall: bool
    group: UUID


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate not shown, and why not.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     _ = bank.store_pattern(
    ...         task_description="Add login", task_category="backend", strategy="Test first."
    ...     )
    ...     recall = bank.recall("add a login")
    >>> recall.left_out
    ()
    """

    pattern_id: UUID
    reason: LeftOutReason
    why: Why


class Hidden(msgspec.Struct, frozen=True, kw_only=True):
    """How many patterns the filters kept from being candidates at all.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     _ = bank.store_pattern(
    ...         task_description="Add login", task_category="backend", strategy="Test first."
    ...     )
    ...     recall = bank.recall("add a login")
    >>> recall.hidden.quarantined
    0
    """

    quarantined: int = 0
    expired: int = 0
    other_categories: int = 0


class Recall(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent gets before a task.

    Args:
        id: Names this recall, for `record_outcome`.
        task_description: The task asked for.
        patterns: The items shown, best first; none when it abstains.
        prompt: A ready block of text, empty when it abstains.
        why: Why each item was chosen, by position.
        left_out: Candidates that were not shown, best first.
        hidden: How many patterns the filters kept out.
        abstained: Whether nothing was similar and reliable enough.
        recorded: Whether the event is kept; not on a read-only bank.
        namespace: The tenant searched.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     _ = bank.store_pattern(
    ...         task_description="Add login", task_category="backend", strategy="Test first."
    ...     )
    ...     recall = bank.recall("add a login")
    >>> recall.abstained, recall.recorded
    (False, True)
    """

    id: UUID
    task_description: str
    patterns: tuple[RecalledPattern, ...]
    prompt: str
    why: tuple[Why, ...]
    left_out: tuple[LeftOut, ...]
    hidden: Hidden
    abstained: bool
    recorded: bool
    namespace: str


class RecallEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A recall as it is kept: what was asked, and what was shown as advice and as pitfalls.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     recall = bank.recall("add a login")
    ...     [event] = bank.recalls()
    ...     event.id == recall.id, event.advice
    (True, ())
    """

    id: UUID
    task_description: str
    category: str | None
    advice: tuple[UUID, ...]
    pitfalls: tuple[UUID, ...]
    actor: str
    at: str


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """One experience near a task, as storage gives it to retrieval.

    Args:
        pattern: The pattern.
        similarity: Cosine to the task, -1 to 1.
        group: Its trajectory's id, or its own where it has none.
        successes: Sum over its outcomes of score times source weight.
        failures: Sum of (1 - score) times source weight.
        outcomes: How many outcomes with a score it has.
        vector: Its int8 vector, for diversity; empty where none was asked for.
    """

    pattern: SimilarPattern
    similarity: float
    group: UUID
    successes: float
    failures: float
    outcomes: int
    vector: bytes
