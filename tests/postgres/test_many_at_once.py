"""Many at once on one bank: threads, processes, banks, a small pool; nothing is lost, doubled, or told as an error."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from uuid import UUID

import psycopg
import pytest

from reasoningbank import (
    AsyncReasoningBank,
    Conflict,
    PatternInput,
    ReasoningBank,
    Step,
    TrajectoryInput,
    Unavailable,
    Verdict,
)
from tests.faults.children import finished, let_go, ready, running
from tests.faults.operations import SmallEmbedder, pattern
from tests.faults.programs import numbered
from tests.postgres.writers import open_bank

STEPS = (
    Step(action="archive a b.pdf", error="archive: unknown argument b.pdf"),
    Step(action="archive 'a b.pdf'", observation="stored"),
)


def at_once(*actions: Callable[[], object]) -> list[object]:
    """Do things at the same moment, each in a thread; give their answers, or raise their first error."""
    ready_to_go = threading.Barrier(len(actions))
    answers: list[object] = [None] * len(actions)
    errors: list[BaseException] = []

    def act(place: int) -> None:
        try:
            ready_to_go.wait()
            answers[place] = actions[place]()
        except BaseException as error:  # noqa: BLE001 - raised below, in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=act, args=(place,)) for place in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return answers


def assert_sound(bank: ReasoningBank) -> None:
    assert [one.message for one in bank.check() if one.level == "error"] == []


def pooled(dsn: str, size: int) -> str:
    return f"{dsn}{'&' if '?' in dsn else '?'}pool_size={size}"


def test_equal_patterns_stored_at_once_by_many_banks_are_one_each(team_dsn):
    with ExitStack() as stack:
        banks = [stack.enter_context(open_bank(team_dsn)) for _ in range(4)]

        answers = at_once(
            *[lambda bank=bank: [bank.store_pattern(pattern(n)) for n in range(25)] for bank in banks]
        )  # fmt: skip

        assert answers[1:] == answers[:-1]
        assert banks[0].get_stats().total_patterns == 25
        for pattern_id in answers[0]:
            assert len(banks[0].observations(pattern_id)) == 3
        assert_sound(banks[0])


def test_equal_batches_in_opposite_orders_do_not_hold_one_another_up(team_dsn):
    there = [pattern(n) for n in range(40)]
    with open_bank(team_dsn) as first, open_bank(team_dsn) as second:
        for _ in range(5):
            forth, back = at_once(
                lambda: first.store_patterns(there), lambda: second.store_patterns(there[::-1])
            )
            assert forth == list(reversed(back))

        assert first.get_stats().total_patterns == 40
        assert {len(first.observations(one)) for one in forth} == {9}
        assert_sound(first)


def test_one_idempotency_key_at_once_is_one_store(team_dsn):
    with open_bank(team_dsn) as bank:
        answers = at_once(
            *[lambda: bank.put(pattern(1), idempotency_key="k") for _ in range(8)]
        )  # fmt: skip

        assert len({answer.id for answer in answers}) == 1
        assert sorted(answer.status for answer in answers) == ["created", *["replayed"] * 7]
        [found] = bank.search_by_category("line")
        assert found.version == 1


def test_of_many_who_change_one_version_one_does(team_dsn):
    with open_bank(team_dsn) as bank:
        pattern_id = bank.store_pattern(pattern(1))

        def change(number: int) -> bool:
            try:
                bank.update_pattern(pattern_id, if_version=1, title=f"by {number}")
            except Conflict:
                return False
            return True

        assert sum(at_once(*[lambda n=n: change(n) for n in range(8)])) == 1
        found = bank.get_pattern(pattern_id)
        assert found is not None
        assert found.version == 2
        assert [one.kind for one in bank.history(pattern_id)] == ["created", "updated"]


def test_outcomes_told_at_once_are_all_counted(team_dsn):
    with open_bank(team_dsn) as bank:
        pattern_id = bank.store_pattern(pattern(1))

        at_once(
            *[
                lambda: [
                    bank.record_outcome(pattern=pattern_id, success=True, source="test")
                    for _ in range(10)
                ]
            ]
            * 8
        )

        found = bank.get_pattern(pattern_id)
        assert found is not None
        assert (found.uses, found.successes) == (80, 80)
        assert len(bank.outcomes(pattern_id)) == 80
        assert_sound(bank)


def test_one_recall_settled_by_many_is_counted_once(team_dsn):
    with open_bank(team_dsn) as bank:
        pattern_id = bank.store_pattern(pattern(1))
        recall = bank.recall("check bearing 1 of the line", min_similarity=-1.0)
        assert [one.pattern.id for one in recall.patterns] == [pattern_id]

        at_once(*[lambda: bank.record_outcome(recall=recall.id, success=True)] * 8)

        found = bank.get_pattern(pattern_id)
        assert found is not None
        assert found.uses == 1


def experience(number: int, origin: str) -> TrajectoryInput:
    return TrajectoryInput(
        task_description=f"file report {number}",
        task_category="filing",
        steps=(*STEPS, Step(action=f"note {number}")),
        verdict=Verdict(kind="success", score=1.0, source="test"),
        origin=origin,
    )


def test_learning_from_a_source_while_it_is_withdrawn_leaves_nothing_of_it_in_use(team_dsn):
    with open_bank(team_dsn) as bank, open_bank(team_dsn) as other:
        learned: list[UUID] = []

        def learn(first: int) -> None:
            for number in range(first, first + 15):
                try:
                    learned.append(bank.learn(experience(number, "doubtful")).trajectory_id)
                except Conflict as error:  # withdrawn between being kept and being learned from
                    assert "withdrawn" in str(error)  # noqa: PT017 - any other is a failure

        def withdraw() -> None:
            for _ in range(10):
                other.withdraw(origin="doubtful")
                other.reinstate(origin="doubtful")

        at_once(lambda: learn(0), lambda: learn(100), withdraw)
        other.withdraw(origin="doubtful")

        assert len(bank.trajectories()) == 30
        assert bank.search_by_category("filing", 100) == []
        assert_sound(bank)
        other.reinstate(origin="doubtful")
        assert bank.search_by_category("filing", 100) != []
        assert_sound(bank)


def test_consolidating_while_others_store_loses_nothing(team_dsn):
    def near(writer: int, number: int) -> PatternInput:
        return PatternInput(
            task_description=f"speed up the slow report query number {number % 5}",
            task_category="reports",
            strategy=f"Read the plan first, then add an index ({writer}, {number}).",
        )

    with open_bank(team_dsn) as bank, open_bank(team_dsn) as other:
        stored: list[UUID] = []

        def store(writer: int) -> None:
            for number in range(40):
                stored.append(bank.store_pattern(near(writer, number)))  # noqa: PERF401 - as it goes

        def consolidate() -> list[UUID]:
            return [other.consolidate().id for _ in range(6)]

        *_, reports, _ = at_once(lambda: store(0), lambda: store(1), consolidate, consolidate)
        other.consolidate()

        assert len(set(stored)) == 80
        assert all(bank.get_pattern(one) is not None for one in stored)
        assert bank.get_stats().total_patterns >= 80
        assert_sound(bank)
        assert len(reports) == 6


def test_erasing_while_others_store_and_read_ends_with_neither_half(team_dsn):
    with open_bank(team_dsn) as bank, open_bank(team_dsn) as other:

        def store_and_erase() -> None:
            for number in range(30):
                other.erase(bank.store_pattern(pattern(number)))

        def read() -> None:
            for _ in range(30):
                bank.find_similar("check bearing 1 of the line")
                bank.search_by_category("line")
                bank.get_stats()

        at_once(store_and_erase, store_and_erase_others(bank, other), read, read)

        assert bank.get_stats().total_patterns == 0
        assert_sound(bank)


def store_and_erase_others(bank: ReasoningBank, other: ReasoningBank) -> Callable[[], None]:
    def act() -> None:
        for number in range(100, 130):
            bank.erase(other.store_pattern(pattern(number)))

    return act


def test_fifty_threads_share_a_pool_of_five(team_dsn, postgres_dsn):
    with open_bank(pooled(team_dsn, 5)) as bank:

        def work(thread: int) -> None:
            for number in range(5):
                pattern_id = bank.store_pattern(numbered(thread, number))
                assert bank.get_pattern(pattern_id) is not None
                bank.record_outcome(pattern=pattern_id, success=True)
                bank.find_similar("repair the pump", top_k=1)

        at_once(*[lambda thread=thread: work(thread) for thread in range(50)])

        assert bank.get_stats().total_patterns == 250
        with psycopg.connect(postgres_dsn) as connection:
            sessions = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).fetchone()
        assert 1 <= sessions[0] <= 5
        assert_sound(bank)


def test_a_hundred_tasks_of_one_event_loop_are_all_answered(team_dsn):
    async def work() -> int:
        bank = await AsyncReasoningBank.open(team_dsn, embedder=SmallEmbedder())
        async with bank:
            ids = await asyncio.gather(*[bank.store_pattern(numbered(1, n)) for n in range(100)])
            found = await asyncio.gather(*[bank.get_pattern(one) for one in ids])
            assert all(one is not None for one in found)
            return (await bank.get_stats()).total_patterns

    assert asyncio.run(work()) == 100


def test_two_processes_that_store_the_same_lose_and_double_nothing(team_dsn, tmp_path):
    notes = [tmp_path / f"acknowledged-{place}" for place in range(2)]
    with ExitStack() as children:
        storing = [
            children.enter_context(running("store_many", team_dsn, 7, 60, note)) for note in notes
        ]
        for child in storing:
            assert ready(child) == "ready"
        for child in storing:
            let_go(child)
        assert [finished(child) for child in storing] == [60, 60]

    first, second = (note.read_text().splitlines() for note in notes)
    assert first == second
    with open_bank(team_dsn) as bank:
        assert bank.get_stats().total_patterns == 60
        for line in first:
            assert len(bank.observations(line.split()[2])) == 1
        assert_sound(bank)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_is_refused_and_leaves_its_parents_connections_alone(team_dsn):
    with open_bank(team_dsn) as bank:
        pattern_id = bank.store_pattern(pattern(1))
        child = os.fork()
        if child == 0:
            code = 1
            try:
                bank.get_pattern(pattern_id)
            except Unavailable:
                bank.close()
                with open_bank(team_dsn) as own:
                    own.store_pattern(pattern(2))
                    code = 0
            finally:
                sys.stdout.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)

        assert os.waitstatus_to_exitcode(status) == 0
        assert bank.get_pattern(pattern_id) is not None
        assert bank.get_stats().total_patterns == 2


def test_a_closed_bank_refuses_and_closing_twice_does_nothing(team_dsn, postgres_dsn):
    bank = open_bank(team_dsn)
    bank.store_pattern(pattern(1))
    bank.close()
    bank.close()

    with pytest.raises(Unavailable):
        bank.get_stats()
    with psycopg.connect(postgres_dsn) as connection:
        left = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
    assert left == (0,)
