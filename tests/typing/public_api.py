"""What a type checker must conclude about the public API. Read by mypy, never run."""

from __future__ import annotations

from uuid import UUID

from typing_extensions import assert_type

from reasoningbank import (
    AsyncReasoningBank,
    Attempt,
    Pattern,
    PatternInput,
    ReasoningBank,
    ReasoningBankError,
    Scaled,
    SimilarPattern,
    StorageStats,
    Stored,
)
from reasoningbank.bank.task import Task

login = PatternInput(
    task_description="Add login", task_category="backend", strategy="Test first.", tags=["auth"]
)


def with_the_bank() -> None:
    with ReasoningBank.open() as bank:
        assert_type(bank, ReasoningBank)
        assert_type(bank.store_pattern(login), UUID)
        assert_type(
            bank.store_pattern(
                task_description="Add login", task_category="backend", strategy="Test first."
            ),
            UUID,
        )
        assert_type(bank.put(login), Stored)
        assert_type(bank.store_patterns(one for one in [login]), list[UUID])
        assert_type(bank.get_pattern(UUID(int=0)), Pattern | None)
        assert_type(bank.search_by_category("backend", limit=10), list[Pattern])
        assert_type(bank.find_similar("sign in", category=None, top_k=5), list[SimilarPattern])
        assert_type(bank.get_stats(), StorageStats)


def lengths(task: Task) -> int:
    return len(task.prompt)


async def lengths_awaited(task: Task) -> int:
    return len(task.prompt)


def with_several_attempts() -> None:
    with ReasoningBank.open() as bank:
        scaled = bank.scale("Add login", lengths, k=2, verify=lambda value: value > 0)
        assert_type(scaled, Scaled[int])
        assert_type(scaled.best, Attempt[int] | None)
        assert_type(scaled.value, int | None)


async def with_several_attempts_awaited() -> None:
    async with AsyncReasoningBank.open() as bank:
        assert_type(await bank.scale("Add login", lengths_awaited), Scaled[int])


async def with_the_async_bank() -> None:
    async with AsyncReasoningBank.open() as bank:
        assert_type(bank, AsyncReasoningBank)
        assert_type(await bank.store_pattern(login), UUID)
        assert_type(await bank.get_pattern(UUID(int=0)), Pattern | None)
        assert_type(await bank.find_similar("sign in"), list[SimilarPattern])


def every_error_has_a_code(error: ReasoningBankError) -> None:
    assert_type(error.code, str)
    assert_type(error.field, str | None)
    assert_type(error.path, str | None)
