"""Rollouts under load: writers in eight processes, every step, killed writers, a bank that goes away."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import apsw
import pytest

from reasoningbank import ReasoningBank, ReasoningBankError
from reasoningbank.storage.rollout import Rollout
from tests.faults.children import finished, let_go, ready, running
from tests.faults.programs import numbered
from tests.storage.rollout.pairs import is_level, level, until

WRITERS, STORES = 8, 60


@pytest.fixture
def rollout(tmp_path: Path) -> Rollout:
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.store_patterns(numbered(99, number) for number in range(20))
    rollout = Rollout(str(tmp_path / "bank.db"), patience=120.0)
    rollout.start(str(tmp_path / "candidate.db"), shadow_percent=20)
    return rollout


def acknowledged(notes: list[Path]) -> list[list[str]]:
    return [
        line.split() for file in notes if file.exists() for line in file.read_text().splitlines()
    ]


def assert_none_is_lost(path: Path, notes: list[Path]) -> None:
    with ReasoningBank.open(path, verify_reads=True) as bank:
        for writer, number, pattern_id in acknowledged(notes):
            found = bank.get_pattern(pattern_id)
            assert found is not None, f"{writer} {number} {pattern_id} is lost"
            assert found.strategy == numbered(int(writer), int(number)).strategy


def under_load(rollout: Rollout, steps, *, stores: int = STORES) -> list[Path]:
    """Take steps while eight processes store and two look for what was acknowledged, at once."""
    folder = rollout.path.parent
    stop = folder / "stop"
    notes = [folder / f"acknowledged-{writer}" for writer in range(WRITERS)]
    with ExitStack() as children:
        storing = [
            children.enter_context(
                running("store_many", rollout.path, writer, stores, notes[writer])
            )
            for writer in range(WRITERS)
        ]
        reading = [
            children.enter_context(
                running("read_acknowledged", rollout.path, [str(one) for one in notes], stop)
            )
            for _ in range(2)
        ]
        for child in (*storing, *reading):
            assert ready(child) == "ready"
        for child in (*storing, *reading):
            let_go(child)
        for number, step in enumerate(steps, start=1):
            share = WRITERS * stores * number // (len(steps) + 1)
            until(lambda share=share: len(acknowledged(notes)) >= share, "writes")
            step()
        assert [finished(child) for child in storing] == [stores] * WRITERS
        stop.touch()
        assert [finished(child) for child in reading] == [stores * WRITERS] * 2
    assert len(acknowledged(notes)) == WRITERS * stores
    return notes


def shares(rollout: Rollout):
    return [lambda percent=percent: rollout.set(percent) for percent in (10, 25, 50, 100)]


def test_eight_writers_lose_nothing_from_nothing_to_a_hundred_percent_and_back(rollout):
    notes = under_load(rollout, [*shares(rollout), rollout.roll_back])

    assert rollout.status().state.phase == "rolled_back"
    assert rollout.status().mismatches == ()
    assert_none_is_lost(rollout.path, notes)


def test_eight_writers_lose_nothing_when_the_candidate_is_promoted_and_taken_back(rollout):
    notes = under_load(rollout, [*shares(rollout), rollout.promote, rollout.roll_back])

    assert_none_is_lost(rollout.path, notes)


def test_eight_writers_lose_nothing_when_the_candidate_is_promoted_for_good(rollout):
    notes = under_load(rollout, [*shares(rollout), rollout.promote, rollout.finish])

    assert rollout.status().state.phase == "finished"
    assert_none_is_lost(rollout.path.with_name("candidate.db"), notes)
    assert_none_is_lost(rollout.path, notes)  # which leads there


def test_a_candidate_that_goes_away_under_load_is_made_level_when_it_is_back(rollout):
    # Held by a writer that does not let go, as by a server that does not answer.
    hanging = apsw.Connection(str(rollout.path.with_name("candidate.db")))
    hanging.set_busy_timeout(30_000)

    def take_away():
        hanging.execute("BEGIN IMMEDIATE")

    def bring_back():
        assert sum(rollout.status().queued.values()) > 0
        hanging.execute("ROLLBACK")

    notes = under_load(rollout, [*shares(rollout)[:2], take_away, bring_back])
    hanging.close()

    rollout.check()
    level(rollout)
    assert_none_is_lost(rollout.path, notes)


def test_writers_that_are_killed_leave_nothing_that_the_candidate_does_not_get(rollout, tmp_path):
    rollout.set(50)
    notes = [tmp_path / f"acknowledged-{number}" for number in range(8)]
    for number in range(8):
        with running("store_many", rollout.path, number, 10_000, notes[number]) as child:
            assert ready(child) == "ready"
            let_go(child)
            until(lambda number=number: len(acknowledged([notes[number]])) > number * 3, "writes")
            child.send_signal(signal.SIGKILL)
            child.wait()
        # A line that was being written when its writer was killed was not acknowledged.
        text = notes[number].read_text()
        notes[number].write_text(text[: text.rfind("\n") + 1])

    with ReasoningBank.open(rollout.path) as bank:
        until(lambda: is_level(rollout), "level banks")
        assert bank.get_stats().total_patterns > 20

    level(rollout)
    assert_none_is_lost(rollout.path, notes)
    assert_none_is_lost(rollout.path.with_name("candidate.db"), notes)


def test_threads_of_one_process_lose_nothing_while_the_banks_change_places(rollout):
    ids, failures = [], []

    with ReasoningBank.open(rollout.path) as bank:

        def store(writer: int) -> None:
            for number in range(STORES):
                try:
                    pattern_id = bank.store_pattern(numbered(writer, number))
                    assert bank.get_pattern(pattern_id) is not None
                    ids.append(pattern_id)
                except (ReasoningBankError, AssertionError) as error:
                    failures.append(error)

        threads = [threading.Thread(target=store, args=(writer,)) for writer in range(WRITERS)]
        for thread in threads:
            thread.start()
        for step in (*shares(rollout), rollout.promote, rollout.roll_back):
            time.sleep(0.05)
            step()
        for thread in threads:
            thread.join()

        assert failures == []
        assert len(ids) == WRITERS * STORES
        assert all(bank.get_pattern(one) for one in ids)
