"""The steps of a rollout: what each changes, what it refuses, and who answers after it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from reasoningbank import Busy, Conflict, InvalidInput, NotFound, ReasoningBank, Unavailable
from reasoningbank.storage.rollout import PERCENT_VARIABLE, Rollout, RolloutStorage
from tests.storage.rollout.pairs import level, opened, until

GIVEN = {"task_category": "backend", "strategy": "Test first."}


def stored(bank: ReasoningBank, count: int, first: int = 0):
    return [
        bank.store_pattern(task_description=f"Task number {number}", **GIVEN)
        for number in range(first, first + count)
    ]


def reads(rollout: Rollout, who: str) -> int:
    return sum(one.count for one in rollout.status().counters if one.name == f"read_{who}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        stored(bank, 20)
    return tmp_path / "bank.db"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "candidate.db"


@pytest.fixture
def rollout(path: Path, place: Path) -> Rollout:
    rollout = Rollout(str(path))
    rollout.start(str(place), shadow_percent=0)
    return rollout


def test_without_a_rollout_the_plain_bank_is_opened(path):
    with ReasoningBank.open(path) as bank:
        assert type(bank._storage).__name__ == "SqliteStorage"


def test_starting_copies_all_there_is(path, place):
    with ReasoningBank.open(path) as bank:
        first = stored(bank, 1)[0]
        bank.record_outcome(pattern=first, success=True, source="test")
        bank.delete_pattern(stored(bank, 1, 50)[0])
        recall = bank.recall("Task number 3")
    rollout = Rollout(str(path))

    rollout.start(str(place))

    level(rollout)
    with ReasoningBank.open(path) as bank, ReasoningBank.open(place) as copy:
        ours, theirs = io.BytesIO(), io.BytesIO()
        bank.export_jsonl(ours)
        copy.export_jsonl(theirs)
        assert ours.getvalue().splitlines()[1:] == theirs.getvalue().splitlines()[1:]
        assert copy._storage.recall_event("default", str(recall.id))[0].id == recall.id


def test_a_bank_that_was_opened_at_zero_percent_is_answered_by_the_current_one(rollout, path):
    with ReasoningBank.open(path) as bank:
        assert isinstance(bank._storage, RolloutStorage)
        [bank.find_similar(f"Task number {number}") for number in range(20)]

    assert reads(rollout, "candidate") == 0
    assert reads(rollout, "current") >= 20


@pytest.mark.parametrize("percent", [10, 25, 50])
def test_the_candidate_answers_about_its_share_of_different_questions(rollout, path, percent):
    rollout.set(percent)
    with ReasoningBank.open(path) as bank:
        for number in range(400):
            bank.find_similar(f"A question about {number}")

    assert abs(reads(rollout, "candidate") / 4 - percent) < 8


def test_the_same_question_is_always_answered_by_the_same_bank(rollout, path):
    rollout.set(50)
    with ReasoningBank.open(path) as bank:
        for _ in range(50):
            bank.search_by_category("backend")

    assert {reads(rollout, "candidate"), reads(rollout, "current")} == {0, 50}


def test_a_new_percentage_reaches_a_bank_that_is_open(rollout, path):
    with ReasoningBank.open(path) as bank:
        bank.search_by_category("backend")
        rollout.set(100)
        bank.search_by_category("backend")

    assert reads(rollout, "candidate") == reads(rollout, "current") == 1


def test_the_environment_sets_the_percentage_of_one_process(rollout, path, monkeypatch):
    rollout.set(100)
    monkeypatch.setenv(PERCENT_VARIABLE, "0")
    with ReasoningBank.open(path) as bank:
        bank.search_by_category("backend")

    assert reads(rollout, "candidate") == 0


@pytest.mark.parametrize("given", ["101", "-1", "ten", "1.5"])
def test_a_percentage_in_the_environment_that_is_none_is_refused(rollout, path, monkeypatch, given):
    monkeypatch.setenv(PERCENT_VARIABLE, given)

    with pytest.raises(InvalidInput) as caught:
        ReasoningBank.open(path)

    assert caught.value.field == PERCENT_VARIABLE


def test_ids_versions_and_times_are_the_same_in_both(rollout, path, place):
    with ReasoningBank.open(path) as bank:
        new = stored(bank, 1, 100)[0]
        bank.update_pattern(new, strategy="Test last.")
        ours = bank.get_pattern(new)
    level(rollout)

    with ReasoningBank.open(place) as copy:
        assert copy.get_pattern(new) == ours


def test_what_is_erased_is_gone_from_both_when_the_call_returns(rollout, path, place):
    with ReasoningBank.open(path) as bank:
        secret = bank.store_pattern(task_description="Keep the melon cold", **GIVEN)
        until(lambda: not rollout.status().queued, "an empty queue")
        bank.erase(secret)

        assert b"melon" not in place.read_bytes()
        log = place.with_name("candidate.db-wal")
        assert not log.exists() or b"melon" not in log.read_bytes()


def test_promoting_makes_the_candidate_count_and_the_old_one_follow(rollout, path, place):
    with ReasoningBank.open(path) as bank:
        rollout.promote()
        new = stored(bank, 1, 200)[0]
        assert bank.get_stats().path == str(place)
        with ReasoningBank.open(place) as candidate:
            assert candidate.get_pattern(new) is not None
        level(rollout)


def test_a_program_that_knows_nothing_of_the_rollout_cannot_write_past_a_promoted_candidate(
    path, place
):
    with ReasoningBank.open(path) as unaware:
        rollout = Rollout(str(path))
        rollout.start(str(place))
        rollout.promote()

        for write in (
            lambda: stored(unaware, 1, 60),
            lambda: unaware.delete_pattern(unaware.search_by_category("backend")[0].id),
            lambda: unaware.recall("Task number 3") and unaware._recalls.flush(),
        ):
            with pytest.raises(Unavailable) as caught:
                write()
            assert "promoted" in str(caught.value)
        assert unaware.get_stats().total_patterns == 20

        with ReasoningBank.open(path) as bank:
            gone = stored(bank, 1, 70)[0]
            level(rollout)
            bank.erase(gone)
            level(rollout)
        rollout.roll_back()
        stored(unaware, 1, 80)


@pytest.mark.parametrize("finished", [False, True])
def test_a_bank_that_is_moved_without_its_rollout_takes_no_writes_past_the_candidate(
    rollout, path, tmp_path, finished
):
    rollout.promote()
    if finished:
        rollout.finish()
    moved = path.rename(tmp_path / "moved.db")

    with ReasoningBank.open(moved) as bank:
        assert bank.get_stats().total_patterns == 20
        with pytest.raises(Unavailable) as caught:
            stored(bank, 1, 60)
        assert "promoted" in str(caught.value)


def test_a_bank_that_is_moved_without_its_rollout_before_promoting_is_the_one_that_counts(
    rollout, path, tmp_path
):
    with ReasoningBank.open(path.rename(tmp_path / "moved.db")) as bank:
        stored(bank, 1, 60)
        assert bank.get_stats().total_patterns == 21


def test_rolling_back_after_promoting_loses_nothing(rollout, path):
    with ReasoningBank.open(path) as bank:
        rollout.promote()
        new = stored(bank, 5, 300)
        rollout.roll_back()
        later = stored(bank, 1, 400)

        assert all(bank.get_pattern(one) for one in (*new, *later))

    with ReasoningBank.open(path) as bank:
        assert type(bank._storage).__name__ == "SqliteStorage"
        assert bank.get_stats().path == str(path)
        assert all(bank.get_pattern(one) for one in (*new, *later))


def test_after_finishing_the_old_place_leads_to_the_new_bank(rollout, path, place):
    with ReasoningBank.open(path) as bank:
        rollout.promote()
        rollout.finish()
        new = stored(bank, 1, 500)[0]

    with ReasoningBank.open(path) as bank:
        assert type(bank._storage).__name__ == "SqliteStorage"
        assert bank.get_stats().path == str(place)
        assert bank.get_pattern(new) is not None


def test_finishing_before_promoting_is_refused(rollout):
    with pytest.raises(Conflict):
        rollout.finish()


def test_a_candidate_that_holds_something_is_refused_unless_it_may_be_replaced(path, place):
    with ReasoningBank.open(place) as other:
        stored(other, 3, 900)
    rollout = Rollout(str(path))

    with pytest.raises(Conflict):
        rollout.start(str(place))
    rollout.start(str(place), overwrite=True)

    level(rollout)
    with ReasoningBank.open(place) as copy:
        assert copy.get_stats().total_patterns == 20


@pytest.mark.parametrize("candidate", ["memory:", "bank.db"])
def test_a_candidate_that_is_no_other_lasting_bank_is_refused(path, candidate, monkeypatch):
    monkeypatch.chdir(path.parent)

    with pytest.raises(InvalidInput):
        Rollout(str(path)).start(candidate)

    assert not path.with_name("bank.db.rollout").exists()


def test_a_rollout_that_is_going_on_is_not_replaced_by_another(rollout, path, tmp_path):
    with pytest.raises(Conflict):
        rollout.start(str(tmp_path / "another.db"))


def test_starting_again_goes_on_where_it_was(rollout, place):
    assert rollout.start(str(place)).queued == {}


def test_after_a_rollback_a_rollout_can_be_started_again(rollout, path, place):
    rollout.roll_back()
    with ReasoningBank.open(path) as bank:
        stored(bank, 3, 700)

    rollout.start(str(place), overwrite=True)

    level(rollout)


def test_an_open_bank_follows_a_rollout_that_is_begun_anew_to_another_place(
    rollout, path, place, tmp_path
):
    with ReasoningBank.open(path) as bank:
        rollout.roll_back()
        rollout.start(str(tmp_path / "another.db"))
        new = stored(bank, 3, 750)
        level(rollout)

    with ReasoningBank.open(place) as old, ReasoningBank.open(tmp_path / "another.db") as another:
        assert [old.get_pattern(one) for one in new] == [None] * 3
        assert all(another.get_pattern(one) for one in new)


def test_what_programs_wrote_that_know_nothing_of_the_rollout_is_found(path, place):
    with ReasoningBank.open(path) as unaware:
        rollout = Rollout(str(path))
        rollout.start(str(place))
        stored(unaware, 3, 600)

        rollout.set(10)

    level(rollout)


@pytest.mark.parametrize("step", ["status", "check", "promote", "roll_back", "finish"])
def test_a_step_of_no_rollout_says_how_to_begin_one(path, step):
    with pytest.raises(NotFound) as caught:
        getattr(Rollout(str(path)), step)()

    assert "rollout start" in str(caught.value)


def test_a_wrong_candidate_is_counted_by_operation(rollout, path):
    rollout.set(0, shadow_percent=100)

    def forgetful(bank):
        bank.get_patterns_by_category = lambda *_: []

    storage = opened(path, wrong=forgetful)
    with ReasoningBank(storage) as bank:
        for number in range(20):
            bank.search_by_category("backend", limit=number + 1)
            bank.find_similar(f"Task number {number}")
        until(storage._comparisons._waiting.empty, "the comparisons")

    counts = {(one.name, one.operation): one.count for one in rollout.status().counters}
    assert counts["compared_different", "get_patterns_by_category"] == 20
    assert counts["compared_equal", "nearest"] == 20
    assert ("compared_different", "nearest") not in counts
    assert len(rollout.status().mismatches) == 20


def test_a_candidate_that_fails_too_often_is_asked_no_more(rollout, path):
    rollout.set(100, error_budget=3)

    def failing(bank):
        def fail(*_, **__):
            raise OSError("the network is down")

        bank.nearest = fail

    storage = opened(path, wrong=failing)
    storage._pair.note_failure = lambda _: None  # or it would be left alone for a second each time
    with ReasoningBank(storage) as bank:
        answers = [bank.find_similar("Task number 3", top_k=1) for _ in range(10)]

    assert {one[0].task_description for one in answers} == {"Task number 3"}
    state = rollout.status().state
    assert "4 of the last reads failed (budget 3)" in state.fallen_back
    assert "the network is down" in state.fallen_back
    assert reads(rollout, "candidate") == 0
    assert rollout.set(25).state.fallen_back is None


def test_a_candidate_that_is_too_slow_is_asked_no_more(rollout, path):
    rollout.set(100, latency_budget_ms=0.0)

    with ReasoningBank.open(path) as bank:
        for number in range(30):
            bank.find_similar(f"Task number {number}")

    assert "ms" in rollout.status().state.fallen_back
    assert reads(rollout, "candidate") == 20
    assert reads(rollout, "current") == 10


def test_a_candidate_that_is_away_is_made_level_when_it_is_back(rollout, path, place):
    away = place.with_name("away.db")
    place.rename(away)
    place.mkdir()  # nothing can be opened there
    with ReasoningBank.open(path) as bank:
        new = stored(bank, 5, 800)
        rollout.set(0)
        assert bank.get_pattern(new[0]) is not None
        until(lambda: rollout.status().last_failure is not None, "a failure that is noted")
        assert sum(rollout.status().queued.values()) >= 5
        with pytest.raises((Busy, Unavailable)):
            Rollout(str(path), patience=0.2).promote()
        place.rmdir()
        away.rename(place)

        until(lambda: not rollout.status().queued, "a candidate that is level")
    level(rollout)


def test_a_pattern_the_candidate_refuses_holds_up_no_other(rollout, path, place):
    with ReasoningBank.open(path) as bank:
        refused = stored(bank, 1, 60)[0]
    level(rollout)

    def picky(bank):
        put = bank.put_copies

        def put_copies(namespace, copies):
            if any(copy.id == str(refused) for copy in copies):
                raise InvalidInput("does not please the engine", field="pattern")
            return put(namespace, copies)

        bank.put_copies = put_copies

    storage = opened(path, wrong=picky)
    with ReasoningBank(storage) as bank:
        bank.update_pattern(refused, title="New")
        others = stored(bank, 30, 61)
        until(lambda: sum(rollout.status().queued.values()) == 1, "all but one to be carried")
        assert "does not please" in rollout.status().last_failure
        with ReasoningBank.open(place) as copy:
            assert all(copy.get_pattern(one) for one in others)

    rollout.check()
    level(rollout)


def test_a_journal_that_cannot_be_written_makes_writing_an_error(rollout, path, monkeypatch):
    def full(*_: object) -> None:
        raise Unavailable("has no space left")

    with ReasoningBank.open(path) as bank:
        monkeypatch.setattr(bank._storage._journal, "begin", full)
        with pytest.raises(Unavailable):
            stored(bank, 1, 999)
        monkeypatch.undo()

        assert bank.get_stats().total_patterns == 20


def test_a_write_whose_note_cannot_be_settled_is_carried_over_later(rollout, path, monkeypatch):
    with ReasoningBank.open(path) as bank:
        journal = bank._storage._journal
        settle, failures = journal.settle, [Unavailable("has no space left")] * 2

        def settle_later(*given: object) -> None:
            if failures:
                raise failures.pop()
            settle(*given)

        monkeypatch.setattr(journal, "settle", settle_later)
        new = stored(bank, 1, 998)[0]
        assert bank.get_pattern(new) is not None
        level(rollout)
