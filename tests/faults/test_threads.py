"""Many threads on one bank: nothing is lost, nothing is doubled, and closing ends them all."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest

from reasoningbank import Conflict, NotFound, Unavailable
from tests.faults.observing import assert_sound, faults
from tests.faults.operations import build, opened, pattern

_THREADS = 8


@pytest.fixture(params=["file", "memory"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path("memory:") if request.param == "memory" else tmp_path / "bank.db"


def all_at_once(work: Callable[[int], object], threads: int = _THREADS) -> list[object]:
    """Run the work in so many threads that begin together; an error in one is an error here."""
    start = threading.Barrier(threads)

    def begin(number: int) -> object:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(begin, range(threads)))


def test_each_thread_finds_what_it_stored_and_nothing_it_removed(target: Path) -> None:
    with opened(target) as bank:

        def work(thread: int) -> None:
            for number in range(thread * 1_000, thread * 1_000 + 25):
                given = pattern(number)
                stored = bank.store_pattern(given)
                assert bank.get_pattern(stored) is not None
                similar = bank.find_similar(given.task_description, top_k=10_000)
                assert stored in {one.id for one in similar}
                changed = bank.update_pattern(stored, task_category=f"thread {thread}")
                assert changed.version == 2
                listed = bank.search_by_category(f"thread {thread}", 10_000)
                assert stored in {one.id for one in listed}
                assert bank.record_outcome(pattern=stored, success=True).uses == 1
                if number % 2:
                    bank.delete_pattern(stored)
                    assert bank.get_pattern(stored) is None
                    similar = bank.find_similar(given.task_description, top_k=10_000)
                    assert stored not in {one.id for one in similar}
                elif number % 5 == 0:
                    bank.erase(stored)
                    with pytest.raises(NotFound):
                        bank.delete_pattern(stored)

        all_at_once(work)
        # 25 each: 12 odd ones deleted, and of the 13 even ones 3 erased.
        assert bank.get_stats().total_patterns == _THREADS * 10
        assert faults(bank) == []


def test_equal_patterns_of_all_threads_become_one(target: Path) -> None:
    with opened(target) as bank:
        stored = all_at_once(lambda thread: bank.store_pattern(pattern(1, tags=[f"t{thread}"])))
        assert len(set(stored)) == 1
        [found] = bank.search_by_category("line")
        assert found.tags == tuple(f"t{thread}" for thread in range(_THREADS))
        assert len(bank.observations(found.id)) == _THREADS - 1


def test_a_key_answers_all_threads_alike(target: Path) -> None:
    with opened(target) as bank:
        stored = all_at_once(lambda _: bank.put(pattern(1), idempotency_key="one"))
        assert len({one.id for one in stored}) == 1  # type: ignore[attr-defined]
        assert [one.status for one in stored].count("created") == 1  # type: ignore[attr-defined]
        assert bank.observations(stored[0].id) == []  # type: ignore[attr-defined]


def test_no_outcome_is_lost(target: Path) -> None:
    with opened(target) as bank:
        stored = bank.store_pattern(pattern(1))
        all_at_once(
            lambda _: [bank.record_outcome(pattern=stored, success=True) for _ in range(20)]
        )
        found = bank.get_pattern(stored)
        assert found is not None
        assert (found.uses, found.successes) == (_THREADS * 20, _THREADS * 20)
        assert len(bank.outcomes(stored)) == _THREADS * 20


def test_a_change_on_the_version_seen_never_overwrites_another(target: Path) -> None:
    with opened(target) as bank:
        stored = bank.store_pattern(pattern(1, metadata={"count": 0}))

        def count_up(_: int) -> None:
            done = 0
            while done < 10:
                seen = bank.get_pattern(stored)
                assert seen is not None
                count = int(str(seen.metadata["count"]))
                try:
                    bank.update_pattern(
                        stored, if_version=seen.version, metadata={"count": count + 1}
                    )
                except Conflict:
                    continue
                done += 1

        all_at_once(count_up)
        found = bank.get_pattern(stored)
        assert found is not None
        assert found.metadata["count"] == _THREADS * 10


def test_an_export_shows_one_moment_while_others_write(target: Path) -> None:
    with opened(target) as bank:
        stop = threading.Event()

        def write(thread: int) -> None:
            number = thread * 100_000
            while not stop.is_set():
                # Two in one transaction: an export has both or neither.
                bank.store_patterns([pattern(number), pattern(number + 1)])
                number += 2

        def export(_: int) -> None:
            try:
                for _ in range(4):
                    file = io.BytesIO()
                    bank.export_jsonl(file)
                    lines = file.getvalue().splitlines()[1:]
                    tasks = {json.loads(line)["pattern"]["task_description"] for line in lines}
                    numbers = {int(task.split(" ")[2]) for task in tasks}
                    assert {number ^ 1 for number in numbers} == numbers
            finally:
                stop.set()

        all_at_once(lambda thread: export(thread) if thread == 0 else write(thread), 3)


def test_the_counts_are_those_of_one_moment_while_others_write(target: Path) -> None:
    with opened(target) as bank:
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():
                stored = bank.store_pattern(pattern(1, expires_at="2001-01-01T00:00:00Z"))
                bank.delete_pattern(stored)

        def count() -> None:
            try:
                for _ in range(300):
                    stats = bank.get_stats()
                    # The one pattern there ever is has expired.
                    assert stats.active_patterns == 0
            finally:
                stop.set()

        all_at_once(lambda thread: count() if thread == 0 else write(), 2)


def test_closing_ends_every_thread_with_unavailable(target: Path) -> None:
    build(target) if target.name != "memory:" else None
    bank = opened(target, begin=10_000)
    stored = bank.store_pattern(pattern(1_000))
    working = threading.Semaphore(0)

    def work(thread: int) -> str:
        number = thread * 100_000
        while True:
            try:
                number += 1
                bank.store_pattern(pattern(number))
                bank.find_similar("check bearing")
                bank.get_pattern(stored)
                bank.export_jsonl(io.BytesIO())
                working.release()
            except Unavailable as error:
                return error.code

    with ThreadPoolExecutor(_THREADS) as pool:
        results = [pool.submit(work, thread) for thread in range(_THREADS)]
        for _ in range(_THREADS):
            working.acquire()
        bank.close()
        assert {result.result(timeout=60) for result in results} == {"unavailable"}
    if target.name != "memory:":
        assert [place.name for place in target.parent.iterdir()] == ["bank.db"]
        assert_sound(target)


def test_more_threads_than_readers_all_get_their_turn(tmp_path: Path) -> None:
    ids = build(tmp_path / "bank.db")

    def read(thread: int) -> list[UUID]:
        for _ in range(20):
            found = bank.get_pattern(ids[thread % 5])
            assert found is not None
            bank.search_by_category("line")
            bank.find_similar("check bearing")
        return ids

    with opened(tmp_path / "bank.db") as bank:
        all_at_once(read, 32)
