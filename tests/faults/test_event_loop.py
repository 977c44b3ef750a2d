"""Asyncio: whatever a call has to wait for, the event loop goes on, and so do calls that need not wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reasoningbank import AsyncReasoningBank, Busy, Unavailable
from tests.faults.children import let_go, ready, running
from tests.faults.operations import SmallEmbedder, build, opened, pattern


@contextmanager
def held_by_another_process(path: Path) -> Iterator[None]:
    """Let another process hold the write lock for the length of the block."""
    with running("hold", path) as child:
        assert ready(child) == "holding"
        yield
        let_go(child)
        child.wait()


async def beats(count: int) -> None:
    """Let the loop go round so many times; a loop that stands still never gets there."""
    for _ in range(count):
        await asyncio.sleep(0.001)


def test_the_loop_goes_on_while_another_process_holds_the_write_lock(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    ids = build(path)

    async def main() -> None:
        async with AsyncReasoningBank.open(path, embedder=SmallEmbedder()) as bank:
            with held_by_another_process(path):
                # More writers than there are threads to wait in.
                waiting = [
                    asyncio.create_task(bank.store_pattern(pattern(100 + number)))
                    for number in range(20)
                ]
                waiting.append(asyncio.create_task(bank.erase(ids[0])))
                await beats(100)
                assert not any(task.done() for task in waiting)
                # Readers never wait for a writer.
                reads = asyncio.gather(
                    bank.get_pattern(ids[1]),
                    bank.find_similar("check bearing", top_k=10),
                    bank.search_by_category("line"),
                    bank.get_stats(),
                )
                found, similar, listed, stats = await asyncio.wait_for(reads, 60)
                assert found is not None
                assert (len(similar), len(listed), stats.total_patterns) == (5, 5, 5)
                assert not any(task.done() for task in waiting)
            await asyncio.gather(*waiting)
            assert (await bank.get_stats()).total_patterns == 24

    asyncio.run(main())


def test_a_lock_that_is_never_let_go_is_busy_in_the_end(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    build(path)

    async def main() -> None:
        async with AsyncReasoningBank.open(
            path, embedder=SmallEmbedder(), busy_timeout=0.2
        ) as bank:
            with held_by_another_process(path):
                storing = asyncio.create_task(bank.store_pattern(pattern(9)))
                await beats(20)
                with pytest.raises(Busy):
                    await storing

    asyncio.run(main())


def test_a_cancelled_call_leaves_a_bank_that_works(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    build(path)

    async def main() -> None:
        async with AsyncReasoningBank.open(path, embedder=SmallEmbedder()) as bank:
            with held_by_another_process(path):
                storing = asyncio.create_task(bank.store_pattern(pattern(9), idempotency_key="k"))
                await beats(20)
                storing.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await storing
            again = await bank.store_pattern(pattern(9), idempotency_key="k")
            assert await bank.get_pattern(again) is not None
            assert (await bank.get_stats()).total_patterns == 6

    asyncio.run(main())


def test_closing_while_calls_wait_ends_them_all(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    build(path)

    async def main() -> None:
        bank = await AsyncReasoningBank.open(path, embedder=SmallEmbedder())
        with held_by_another_process(path):
            waiting = [
                asyncio.create_task(bank.store_pattern(pattern(100 + number)))
                for number in range(20)
            ]
            await beats(20)
            closing = asyncio.create_task(bank.close())
            await beats(20)
        await closing
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        stored = [one for one in outcomes if not isinstance(one, BaseException)]
        refused = [one for one in outcomes if isinstance(one, BaseException)]
        assert all(isinstance(one, Unavailable) for one in refused), refused
        with opened(path) as later:
            assert later.get_stats().total_patterns == 5 + len(stored)
        with pytest.raises(Unavailable):
            await bank.get_stats()
        await bank.close()

    asyncio.run(main())
    assert [place.name for place in tmp_path.iterdir()] == ["bank.db"]


def test_many_tasks_at_once_lose_nothing(tmp_path: Path) -> None:
    async def work(bank: AsyncReasoningBank, number: int) -> None:
        stored = await bank.store_pattern(pattern(number))
        found = await bank.find_similar(pattern(number).task_description, top_k=200)
        assert stored in {one.id for one in found}
        await bank.record_outcome(pattern=stored, success=True)
        if number % 3 == 0:
            await bank.delete_pattern(stored)
            assert await bank.get_pattern(stored) is None

    async def main() -> None:
        async with AsyncReasoningBank.open(tmp_path / "bank.db", embedder=SmallEmbedder()) as bank:
            await asyncio.gather(*(work(bank, number) for number in range(60)))
            assert (await bank.get_stats()).total_patterns == 40
            assert [one for one in await bank.check() if one.level == "error"] == []

    asyncio.run(main())
