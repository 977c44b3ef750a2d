"""Looking through a bank: pages of patterns, the newest recalls and consolidations."""

from __future__ import annotations

import time

import pytest

from reasoningbank import InvalidInput, ReasoningBank


def pattern(number: int, category: str = "backend") -> dict[str, object]:
    return {
        "task_description": f"Task number {number} of {category}",
        "task_category": category,
        "strategy": f"Strategy {number}.",
    }


def test_pages_follow_one_another_in_the_order_of_making(any_bank):
    ids = any_bank.store_patterns(pattern(number) for number in range(7))

    first = any_bank.patterns(limit=4)
    second = any_bank.patterns(limit=4, after=first[-1].id)

    assert [one.id for one in first + second] == sorted(ids)
    assert any_bank.patterns(after=second[-1].id) == []


def test_the_order_is_turned_around_for_the_newest_first(any_bank):
    ids = any_bank.store_patterns(pattern(number) for number in range(5))

    first = any_bank.patterns(newest_first=True, limit=3)
    second = any_bank.patterns(newest_first=True, limit=3, after=first[-1].id)

    assert [one.id for one in first + second] == sorted(ids, reverse=True)


def test_a_category_and_a_state_narrow_it(any_bank):
    here, there = any_bank.store_patterns([pattern(1), pattern(2, "frontend")])
    any_bank.update_pattern(there, state="quarantined")

    assert [one.id for one in any_bank.patterns(category="backend")] == [here]
    assert [one.id for one in any_bank.patterns(state="quarantined")] == [there]
    assert any_bank.patterns(category="backend", state="quarantined") == []


def test_another_namespace_is_never_listed(tmp_path):
    with (
        ReasoningBank.open(tmp_path / "bank.db", namespace="a") as one,
        ReasoningBank.open(tmp_path / "bank.db", namespace="b") as other,
    ):
        one.store_pattern(**pattern(1))
        one.recall("a task")
        one.consolidate()

        assert other.patterns() == other.recalls() == other.consolidations() == []


@pytest.mark.parametrize(
    "wrong", [{"limit": 0}, {"state": "gone"}, {"after": "no id"}, {"category": ""}]
)
def test_what_cannot_be_asked_is_refused(bank, wrong):
    with pytest.raises(InvalidInput) as refused:
        bank.patterns(**wrong)

    assert refused.value.field == next(iter(wrong))


def test_the_newest_recall_is_listed_first_and_at_once(any_bank):
    first = any_bank.recall("add a login")
    time.sleep(0.002)  # ids of one millisecond are in no order
    second = any_bank.recall("fix a test")

    assert [one.id for one in any_bank.recalls(limit=5)] == [second.id, first.id]
    assert [one.id for one in any_bank.recalls(limit=1)] == [second.id]


def test_a_consolidation_is_listed_until_and_after_it_is_undone(any_bank):
    any_bank.store_patterns([pattern(1), {**pattern(1), "strategy": "Strategy 1!"}])
    report = any_bank.consolidate(everything=True)
    listed = any_bank.consolidations()
    assert [kept.report.id for kept in listed] == ([report.id] if report.proposals else [])

    if listed:
        any_bank.undo_consolidation(report.id)
        assert any_bank.consolidations()[0].undone_at is not None
