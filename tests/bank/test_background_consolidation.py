"""`consolidate_every`: when it runs, that nobody waits for it, and that a failure is told."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path

import pytest

from reasoningbank import AsyncReasoningBank, InvalidInput, ReasoningBank
from reasoningbank.domain.consolidation import ConsolidationOptions
from tests.faults.consolidating import BACKGROUND, NumberEmbedder, alike


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bank.db"


def active(path: Path) -> int:
    with ReasoningBank.open(path, embedder=NumberEmbedder()) as bank:
        return bank.get_stats().active_patterns


def store_two_alike(path: Path, number: int, every: int | None) -> None:
    with ReasoningBank.open(path, embedder=NumberEmbedder(), consolidate_every=every) as bank:
        bank.store_pattern(alike(number, "early"))
        bank.store_pattern(alike(number, "late"))


def test_so_many_new_patterns_are_consolidated_by_the_time_the_bank_is_closed(path: Path) -> None:
    store_two_alike(path, 1, every=2)

    assert active(path) == 1


def test_fewer_are_not(path: Path) -> None:
    store_two_alike(path, 1, every=3)

    assert active(path) == 2


def test_nothing_runs_unless_it_is_asked_for(path: Path) -> None:
    store_two_alike(path, 1, every=None)

    assert active(path) == 2


def test_what_was_stored_by_other_handles_before_counts(path: Path) -> None:
    store_two_alike(path, 1, every=None)
    with ReasoningBank.open(path, embedder=NumberEmbedder(), consolidate_every=3) as bank:
        bank.store_pattern(alike(2, "alone"))

    assert active(path) == 2


def test_counting_begins_anew_after_a_run(path: Path) -> None:
    store_two_alike(path, 1, every=2)
    with ReasoningBank.open(path, embedder=NumberEmbedder(), consolidate_every=3) as bank:
        bank.store_patterns([alike(2, "early"), alike(2, "late")])

    assert active(path) == 3


def test_more_than_one_batch_is_looked_at_while_the_bank_stays_open(path: Path) -> None:
    with ReasoningBank.open(path, embedder=NumberEmbedder()) as bank:
        bank.store_patterns([alike(number % 60, f"wording {number}") for number in range(600)])
    with ReasoningBank.open(path, embedder=NumberEmbedder(), consolidate_every=2) as bank:
        bank.store_pattern(alike(61, "alone"))
        [thread] = [one for one in threading.enumerate() if one.name == BACKGROUND]
        thread.join()

    assert active(path) == 61


def test_a_bank_in_memory_is_consolidated_too() -> None:
    with ReasoningBank.open("memory:", embedder=NumberEmbedder(), consolidate_every=2) as bank:
        bank.store_patterns([alike(1, "early"), alike(1, "late")])
        for thread in threading.enumerate():
            if thread.name == BACKGROUND:
                thread.join()
        assert bank.get_stats().active_patterns == 1


def test_storing_and_recalling_go_on_while_a_run_stands_still(path: Path) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def stand_still() -> None:
        reached.set()
        go_on.wait()

    embedder = NumberEmbedder(stand_still)
    with ReasoningBank.open(path, embedder=embedder, consolidate_every=2) as bank:
        bank.store_patterns([alike(1, "early"), alike(1, "late")])
        reached.wait()
        bank.store_pattern(alike(2, "meanwhile"))
        assert len(bank.find_similar("1 pump")) == 3
        assert bank.recall("2 pumps", min_similarity=0.5).patterns
        assert bank.record_outcome(pattern=bank.find_similar("2 pumps")[0].id, success=True)
        go_on.set()

    assert active(path) == 2


def test_only_steps_that_can_be_undone_are_taken(path: Path) -> None:
    store_two_alike(path, 1, every=2)
    with ReasoningBank.open(path, embedder=NumberEmbedder()) as bank:
        assert bank.consolidate(ConsolidationOptions(purge=True)).proposals == ()
        assert bank.get_stats().total_patterns == 2


def test_a_failure_is_logged_and_told_by_a_check_until_a_run_goes_well(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ConnectionError("the embedding server is gone")

    with (
        caplog.at_level(logging.WARNING, "reasoningbank"),
        ReasoningBank.open(path, embedder=NumberEmbedder(fail), consolidate_every=2) as bank,
    ):
        bank.store_patterns([alike(1, "early"), alike(1, "late")])
    assert "the embedding server is gone" in caplog.text
    with ReasoningBank.open(path, embedder=NumberEmbedder()) as bank:
        [told] = [one for one in bank.check() if one.check == "consolidation"]
        assert told.level == "warning"
        assert "ConnectionError" in told.message
        assert "the embedding server" not in told.message  # it might quote what is erased later
        assert bank.get_stats().active_patterns == 2

    # Both at once: of two stores the first may begin a run that the second comes too late for.
    with ReasoningBank.open(path, embedder=NumberEmbedder(), consolidate_every=2) as bank:
        bank.store_patterns([alike(2, "early"), alike(2, "late")])
    with ReasoningBank.open(path, embedder=NumberEmbedder()) as bank:
        assert all(one.level != "warning" for one in bank.check() if one.check == "consolidation")
        assert bank.get_stats().active_patterns == 2


def test_the_asynchronous_bank_does_it_as_well(path: Path) -> None:
    async def store() -> None:
        opening = AsyncReasoningBank.open(path, embedder=NumberEmbedder(), consolidate_every=2)
        async with opening as bank:
            await bank.store_patterns([alike(1, "early"), alike(1, "late")])

    asyncio.run(store())
    assert active(path) == 1


@pytest.mark.parametrize("every", [0, -1, 1.5, True])
def test_a_number_that_makes_no_sense_is_refused(every: object, path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        ReasoningBank.open(path, consolidate_every=every)  # type: ignore[arg-type]
    assert refused.value.field == "consolidate_every"
    assert not path.exists()


def test_nothing_stays_behind_in_the_directory(path: Path) -> None:
    store_two_alike(path, 1, every=2)

    assert [place.name for place in path.parent.iterdir()] == [path.name]
