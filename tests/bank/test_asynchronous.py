"""The bank under asyncio."""

from __future__ import annotations

import asyncio
import io
import threading
from pathlib import Path

import pytest

from reasoningbank import AsyncReasoningBank, InvalidInput, PatternInput, ReasoningBank, Unavailable


def pattern(task: str) -> PatternInput:
    return PatternInput(task_description=task, task_category="c", strategy=f"do {task}")


def test_every_operation_works_with_await(tmp_path: Path) -> None:
    async def main() -> None:
        async with AsyncReasoningBank.open(tmp_path / "bank.db", namespace="n") as bank:
            assert bank.namespace == "n"
            first = await bank.store_pattern(pattern("one"))
            assert (await bank.put(pattern("one"))).status == "merged"
            [second] = await bank.store_patterns([pattern("two")])
            assert (await bank.get_pattern(first)).task_description == "one"  # type: ignore[union-attr]
            assert len(await bank.search_by_category("c")) == 2
            assert (await bank.find_similar("two"))[0].id == second
            assert (await bank.update_pattern(first, title="t")).title == "t"
            recorded = await bank.record_outcome(pattern=first, success=True, source="test")
            assert recorded.reliability == await bank.reliability(first)
            assert len(await bank.outcomes(first)) == 1
            assert len(await bank.history(first)) == 3
            assert len(await bank.observations(first)) == 1
            file = io.BytesIO()
            assert await bank.export_jsonl(file) == 2
            file.seek(0)
            assert (await bank.restore_jsonl(file)).unchanged == 2
            file.seek(0)
            assert (await bank.import_jsonl(file)).merged == 2
            assert (await bank.reembed()).vectors == 0
            assert all(finding.level == "ok" for finding in await bank.check())
            await bank.delete_pattern(first)
            assert (await bank.erase(first)).rows
            assert (await bank.get_stats()).total_patterns == 1

    asyncio.run(main())


def test_it_may_be_opened_by_awaiting_too() -> None:
    async def main() -> None:
        bank = await AsyncReasoningBank.open("memory:")
        async with bank:
            await bank.store_pattern(pattern("one"))
        with pytest.raises(Unavailable):
            await bank.get_stats()
        await bank.close()

    asyncio.run(main())


def test_errors_arrive_as_they_are() -> None:
    async def main() -> None:
        with pytest.raises(InvalidInput):
            await AsyncReasoningBank.open("memory:", namespace="")
        async with AsyncReasoningBank.open("memory:") as bank:
            with pytest.raises(InvalidInput):
                await bank.find_similar("")

    asyncio.run(main())


def test_the_loop_goes_on_while_a_call_waits_for_another_writer(tmp_path: Path) -> None:
    async def main() -> None:
        holder = ReasoningBank.open(tmp_path / "bank.db")
        async with AsyncReasoningBank.open(tmp_path / "bank.db") as bank:
            with holder._storage._connections.writing():  # type: ignore[attr-defined]
                storing = asyncio.create_task(bank.store_pattern(pattern("one")))
                for _ in range(50):
                    await asyncio.sleep(0.001)
                assert not storing.done()
            await storing
        holder.close()

    asyncio.run(main())


def test_calls_run_beside_each_other_outside_the_loops_thread() -> None:
    threads: set[int] = set()

    async def main() -> None:
        async with AsyncReasoningBank.open("memory:") as bank:
            await asyncio.gather(*(bank.store_pattern(pattern(f"task {n}")) for n in range(40)))
            assert (await bank.get_stats()).total_patterns == 40
            threads.update(thread.ident or 0 for thread in bank._workers._threads)
            assert threading.get_ident() not in threads

    asyncio.run(main())
    assert threads


def test_using_a_closed_bank_is_an_error_that_says_so(any_bank: ReasoningBank) -> None:
    any_bank.close()
    any_bank.close()
    for call in (
        any_bank.get_stats,
        lambda: any_bank.store_pattern(pattern("x")),
        lambda: any_bank.find_similar("x"),
        lambda: any_bank.export_jsonl(io.BytesIO()),
    ):
        with pytest.raises(Unavailable, match="closed"):
            call()
