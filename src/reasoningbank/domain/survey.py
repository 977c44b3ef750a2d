"""A bank from above: how it grew, whether it helped, and where its patterns lie to each other."""

from __future__ import annotations

from uuid import UUID

import msgspec


class ProgressDay(msgspec.Struct, frozen=True, kw_only=True):
    """What one day brought in one category.

    Args:
        day: The day in UTC, such as ``2026-11-21``.
        category: The category; None for all but the largest, put together.
        created: Patterns made on that day that are kept.
        outcomes: Outcomes with a score told on that day of patterns that are kept.
        score: Sum of their scores, 0 to 1 each.

    >>> ProgressDay(day="2026-11-21", category="backend", created=2, outcomes=4, score=3.0).score
    3.0
    """

    day: str
    category: str | None
    created: int
    outcomes: int
    score: float


class RecalledDay(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks that patterns were recalled for and whose end was told on one day.

    Args:
        day: The day in UTC on which the end was told.
        tasks: How many there were.
        score: Sum of their scores, 0 to 1 each.

    >>> RecalledDay(day="2026-11-21", tasks=4, score=3.0).tasks
    4
    """

    day: str
    tasks: int
    score: float


class BankProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How a bank grew and whether it helped, day by day.

    Args:
        days: By day and then by category, those of most patterns first.
        recalled: The learning curve, by day.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     _ = bank.store_pattern(
    ...         task_description="Add login", task_category="backend", strategy="Test first."
    ...     )
    ...     [day] = bank.progress().days
    >>> day.category, day.created
    ('backend', 1)
    """

    days: tuple[ProgressDay, ...]
    recalled: tuple[RecalledDay, ...]


class PatternMap(msgspec.Struct, frozen=True, kw_only=True):
    """Patterns as points: near ones are about like tasks.

    Args:
        total: How many patterns there are.
        ids: The patterns shown, always the same of them as long as they are kept.
        x: Places from left to right, 0 to 1, in the order of `ids`.
        y: Places from bottom to top, 0 to 1.
        success: Share of uses that succeeded; before there was one, the score it was stored with,
            or None.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     for task in ("Add login", "Add logout", "Fry an egg"):
    ...         _ = bank.store_pattern(task_description=task, task_category="c", strategy="Slowly.")
    ...     points = bank.pattern_map()
    >>> points.total, len(points.ids), points.success
    (3, 3, (None, None, None))
    """

    total: int
    ids: tuple[UUID, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    success: tuple[float | None, ...]


class MapPoint(msgspec.Struct, frozen=True):
    """A pattern of the map as storage gives it: its int8 vector, and how well it worked."""

    id: str
    vector: bytes
    success: float | None
