"""A clock that can be put forward, and patterns that are alike."""

from __future__ import annotations

from uuid import UUID

from reasoningbank import PatternInput, ReasoningBank
from reasoningbank.bank.core import system_clock

TASK = "Speed up the slow monthly report query on the orders table"
STRATEGY = "Read the query plan first, then add an index for the filter it shows as a scan."
DAY_MS = 86_400_000


class Clock:
    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        self.ahead += 1
        return system_clock() + self.ahead


def store(
    bank: ReasoningBank, task: str = TASK, strategy: str = STRATEGY, **fields: object
) -> UUID:
    given = PatternInput(task_description=task, task_category="c", strategy=strategy, **fields)  # type: ignore[arg-type]
    return bank.store_pattern(given)
