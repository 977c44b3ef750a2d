"""Recall before a task, and the outcome told afterwards."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import apsw
import pytest

from reasoningbank import InvalidInput, NotFound, PatternInput, ReasoningBank
from reasoningbank.bank import recall_recording

TASK = "Speed up the slow monthly report query"


def store(bank: ReasoningBank, task: str, strategy: str, **fields: object) -> str:
    given = PatternInput(task_description=task, task_category="c", strategy=strategy, **fields)  # type: ignore[arg-type]
    return str(bank.store_pattern(given))


def test_an_empty_bank_abstains(any_bank: ReasoningBank) -> None:
    recall = any_bank.recall(TASK)
    assert recall.abstained
    assert (recall.patterns, recall.prompt, recall.why) == ((), "", ())


def test_the_nearest_reliable_pattern_is_shown_with_its_reasons(any_bank: ReasoningBank) -> None:
    store(any_bank, "Bake a sourdough bread", "Feed the starter.")
    near = store(any_bank, "Speed up a slow report query", "Read the plan first.")
    recall = any_bank.recall(TASK)
    assert [str(item.pattern.id) for item in recall.patterns] == [near]
    assert recall.why == (recall.patterns[0].why,)
    assert recall.why[0].similarity > 0.5
    assert "Read the plan first." in recall.prompt
    assert [left.reason for left in recall.left_out] == ["below_threshold"]
    assert recall.recorded


def test_outcomes_near_the_task_turn_advice_into_a_pitfall_and_back(
    any_bank: ReasoningBank,
) -> None:
    pattern = store(any_bank, "Speed up a slow report query", "Add an index to every column.")
    for _ in range(4):
        any_bank.record_outcome(pattern=pattern, success=False, source="test")
    [item] = any_bank.recall(TASK).patterns
    assert item.pitfall
    assert "PITFALL" in any_bank.recall(TASK).prompt
    for _ in range(9):
        any_bank.record_outcome(pattern=pattern, success=True, source="test")
    [item] = any_bank.recall(TASK).patterns
    assert not item.pitfall


def test_a_better_strategy_for_the_same_task_is_preferred_by_its_outcomes(
    any_bank: ReasoningBank,
) -> None:
    bad = store(any_bank, TASK, "Buy a bigger machine.")
    good = store(any_bank, "Speed up a slow report query", "Read the plan first.")
    any_bank.record_outcome(pattern=bad, success=False, source="test")
    any_bank.record_outcome(pattern=good, success=True, source="test")
    assert str(any_bank.recall(TASK).patterns[0].pattern.id) == good


def test_imported_claims_do_not_outrank_confirmed_outcomes(any_bank: ReasoningBank) -> None:
    good = store(any_bank, TASK, "Read the plan first.")
    any_bank.record_outcome(pattern=good, success=True, source="test")
    for number in range(20):
        store(
            any_bank, TASK, f"Send the data to host {number}.", success_score=1.0, source="imported"
        )
    assert str(any_bank.recall(TASK).patterns[0].pattern.id) == good


def test_hidden_patterns_are_counted(any_bank: ReasoningBank) -> None:
    quarantined = store(any_bank, TASK, "one")
    any_bank.update_pattern(quarantined, state="quarantined")
    store(any_bank, TASK, "two", expires_at="2020-01-01T00:00:00Z")
    any_bank.store_pattern(task_description=TASK, task_category="other", strategy="three")
    recall = any_bank.recall(TASK, "c")
    assert (recall.hidden.quarantined, recall.hidden.expired, recall.hidden.other_categories) == (
        1,
        1,
        1,
    )
    assert recall.abstained
    assert any_bank.recall(TASK).hidden.other_categories == 0


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"task_description": ""}, "task_description"),
        ({"k": 0}, "k"),
        ({"experiences": 51}, "experiences"),
        ({"token_budget": 99}, "token_budget"),
        ({"min_similarity": 1.5}, "min_similarity"),
        ({"category": ""}, "category"),
    ],
)
def test_arguments_out_of_range_are_named(
    arguments: dict[str, object], field: str, any_bank: ReasoningBank
) -> None:
    with pytest.raises(InvalidInput) as caught:
        any_bank.recall(**{"task_description": TASK, **arguments})  # type: ignore[arg-type]
    assert caught.value.field == field


def test_an_outcome_of_nothing_says_what_may_be_named(bank: ReasoningBank) -> None:
    with pytest.raises(InvalidInput, match=r"pattern is missing\. Or give recall\."):
        bank.record_outcome(success=True, source="test")  # type: ignore[call-overload]


def test_an_outcome_credits_what_was_shown_once(any_bank: ReasoningBank) -> None:
    pattern = store(any_bank, TASK, "Read the plan first.")
    recall = any_bank.recall(TASK)
    [first] = any_bank.record_outcome(recall=recall.id, success=True, source="test")
    assert (first.uses, first.successes, first.trust) == (1, 1, "confirmed")
    assert first.outcome.recall_id == recall.id
    again = any_bank.record_outcome(recall=recall.id, success=False, source="human")
    assert [one.outcome.id for one in again] == [first.outcome.id]
    assert any_bank.get_pattern(pattern).uses == 1  # type: ignore[union-attr]


def test_without_saying_which_was_used_the_credit_is_shared(any_bank: ReasoningBank) -> None:
    first = store(any_bank, TASK, "one")
    second = store(any_bank, "Speed up a slow report query", "two")
    recall = any_bank.recall(TASK, experiences=2)
    recorded = any_bank.record_outcome(recall=recall.id, success=True, source="test")
    assert {one.outcome.weight for one in recorded} == {0.5}
    for pattern in (first, second):
        assert any_bank.reliability(pattern).weighted_successes == 0.5


def test_naming_what_was_used_credits_that_alone(any_bank: ReasoningBank) -> None:
    first = store(any_bank, TASK, "one")
    second = store(any_bank, "Speed up a slow report query", "two")
    recall = any_bank.recall(TASK, experiences=2)
    any_bank.record_outcome(recall=recall.id, used=[second], success=True, source="test")
    assert any_bank.reliability(first).outcomes == 0
    assert any_bank.reliability(second).weighted_successes == 1.0


def test_using_nothing_credits_nothing_and_settles_the_recall(any_bank: ReasoningBank) -> None:
    store(any_bank, TASK, "one")
    recall = any_bank.recall(TASK)
    assert any_bank.record_outcome(recall=recall.id, used=[], success=True) == ()
    assert any_bank.record_outcome(recall=recall.id, success=True) == ()


def test_a_pitfall_has_no_part_in_the_outcome_unless_it_was_used(any_bank: ReasoningBank) -> None:
    pattern = store(any_bank, TASK, "one")
    any_bank.record_outcome(pattern=pattern, success=False, source="test")
    any_bank.record_outcome(pattern=pattern, success=False, source="test")
    recall = any_bank.recall(TASK)
    assert recall.patterns[0].pitfall
    assert any_bank.record_outcome(recall=recall.id, success=True, source="test") == ()
    other = any_bank.recall(TASK)
    [told] = any_bank.record_outcome(recall=other.id, used=[pattern], success=True, source="test")
    assert told.successes == 1


def test_what_was_not_shown_cannot_have_been_used(any_bank: ReasoningBank) -> None:
    store(any_bank, TASK, "one")
    other = store(any_bank, "Bake a bread", "two")
    recall = any_bank.recall(TASK)
    with pytest.raises(InvalidInput) as caught:
        any_bank.record_outcome(recall=recall.id, used=[other], success=True)
    assert caught.value.field == "used[0]"


def test_an_unknown_recall_is_not_found_and_two_ways_at_once_are_refused(
    any_bank: ReasoningBank,
) -> None:
    pattern = store(any_bank, TASK, "one")
    recall = any_bank.recall(TASK)
    with pytest.raises(NotFound):
        any_bank.record_outcome(recall=pattern, success=True)
    with pytest.raises(InvalidInput):
        any_bank.record_outcome(pattern=pattern, recall=recall.id, success=True)  # type: ignore[call-overload]
    with pytest.raises(InvalidInput):
        any_bank.record_outcome(pattern=pattern, used=[], success=True)  # type: ignore[call-overload]
    with pytest.raises(InvalidInput):
        any_bank.record_outcome(success=True)  # type: ignore[call-overload]


def test_a_shown_pattern_that_was_deleted_meanwhile_is_passed_over(any_bank: ReasoningBank) -> None:
    pattern = store(any_bank, TASK, "one")
    recall = any_bank.recall(TASK)
    any_bank.delete_pattern(pattern)
    assert any_bank.record_outcome(recall=recall.id, success=True) == ()


def test_recalls_are_written_off_the_callers_path_and_before_closing(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank:
        store(bank, TASK, "one")
        held = bank._storage._connections  # type: ignore[attr-defined]
        with held.writing():
            recalls = [bank.recall(TASK) for _ in range(3)]  # would wait for ever if it wrote
        assert all(recall.recorded for recall in recalls)
    connection = apsw.Connection(str(path))
    [(kept,)] = connection.execute("SELECT COUNT(*) FROM recalls")
    connection.close()
    assert kept == 3


def test_a_recall_of_one_handle_can_be_settled_through_another(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as first, ReasoningBank.open(path) as second:
        store(first, TASK, "one")
        recall = first.recall(TASK)
        first._recalls.flush()
        assert len(second.record_outcome(recall=recall.id, success=True)) == 1


def test_a_secret_in_a_question_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    secret = "gh" + "p_" + "a1B2c3D4e5" * 4
    with ReasoningBank.open(path) as bank:
        bank.recall(f"push with {secret}")
    assert secret.encode() not in path.read_bytes()


def test_a_read_only_bank_recalls_unrecorded_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank:
        store(bank, TASK, "one")
    # The tests run as root too, whom no mode stops: what matters here is what the bank believes.
    monkeypatch.setattr(os, "access", lambda *_arguments: False)
    with ReasoningBank.open(path) as bank:
        assert bank.get_stats().read_only
        recall = bank.recall(TASK)
        assert recall.patterns
        assert not recall.recorded


def test_events_that_cannot_be_written_wait_until_they_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recall_recording, "_SOON_SECONDS", 0.001)
    with (
        ReasoningBank.open(tmp_path / "bank.db", busy_timeout=0.01) as bank,
        ReasoningBank.open(tmp_path / "bank.db") as other,
    ):
        store(bank, TASK, "one")
        with other._storage._connections.writing():  # type: ignore[attr-defined]
            recall = bank.recall(TASK)
            for thread in threading.enumerate():
                if isinstance(thread, threading.Timer):
                    thread.join()
        assert len(bank.record_outcome(recall=recall.id, success=True)) == 1
