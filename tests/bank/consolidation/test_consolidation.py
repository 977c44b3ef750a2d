"""Consolidation: proposed, applied, and taken back."""

from __future__ import annotations

from uuid import UUID

import pytest

from reasoningbank import Conflict, InvalidInput, NotFound, ReasoningBank
from reasoningbank.domain.consolidation import ConsolidationOptions
from tests.bank.consolidation.material import DAY_MS, STRATEGY, TASK, Clock, store


def tell(bank: ReasoningBank, pattern: UUID, *outcomes: bool) -> None:
    for success in outcomes:
        bank.record_outcome(pattern=pattern, success=success, source="test")


def steps(bank: ReasoningBank, **options: object) -> list[tuple[str, UUID, UUID | None]]:
    report = bank.consolidate(ConsolidationOptions(**options), dry_run=True)  # type: ignore[arg-type]
    return [(step.kind, step.pattern_id, step.other_id) for step in report.proposals]


def test_a_bank_of_different_patterns_is_left_alone(bank: ReasoningBank) -> None:
    store(bank)
    store(bank, "Bake a sourdough bread", "Feed the starter the evening before.")
    assert steps(bank) == []


def test_near_duplicates_are_quarantined_and_linked_to_the_older_one(bank: ReasoningBank) -> None:
    kept = store(bank)
    dropped = store(bank, TASK + ".", STRATEGY + " ")
    assert kept != dropped
    report = bank.consolidate()
    assert [(step.kind, step.pattern_id, step.other_id) for step in report.proposals] == [
        ("duplicate", dropped, kept)
    ]
    assert bank.get_pattern(dropped).state == "quarantined"  # type: ignore[union-attr]
    [link] = bank._storage.links("default", str(dropped))
    assert (link.kind, link.source_id, link.target_id) == ("duplicate_of", dropped, kept)
    assert [found.id for found in bank.find_similar(TASK)] == [kept]


def test_of_duplicates_the_one_that_worked_is_kept(bank: ReasoningBank) -> None:
    older = store(bank)
    worked = store(bank, TASK + ".", STRATEGY + " ")
    tell(bank, worked, True, True)
    assert steps(bank) == [("duplicate", older, worked)]


def test_the_same_task_with_another_strategy_is_no_duplicate(bank: ReasoningBank) -> None:
    store(bank)
    store(bank, TASK + ".", "Buy a machine with more memory and move the database there.")
    assert steps(bank) == []


def test_three_alike_leave_one(bank: ReasoningBank) -> None:
    for ending in ("", ".", "!"):
        store(bank, TASK + ending, STRATEGY + ending)
    bank.consolidate()
    assert bank.get_stats().active_patterns == 1
    assert bank.get_stats().total_patterns == 3


def test_like_tasks_with_opposite_outcomes_are_linked_as_contradicting(bank: ReasoningBank) -> None:
    works = store(bank)
    fails = store(bank, TASK + " please", "Buy a machine with more memory.")
    tell(bank, works, True, True)
    tell(bank, fails, False, False)
    bank.consolidate()
    [link] = bank._storage.links("default", str(fails))
    assert (link.kind, link.target_id) == ("contradicts", works)
    assert bank.get_stats().active_patterns == 2


def test_what_outcomes_speak_against_is_let_expire(bank: ReasoningBank, clock: Clock) -> None:
    pattern = store(bank)
    tell(bank, pattern, False, False, False)
    bank.consolidate()
    assert bank.get_pattern(pattern).expires_at is not None  # type: ignore[union-attr]
    assert bank.get_stats().active_patterns == 1
    clock.ahead += 31 * DAY_MS
    assert bank.get_stats().active_patterns == 0
    assert bank.get_pattern(pattern) is not None


def test_pruning_is_off_unless_asked_for_and_spares_what_was_migrated(
    bank: ReasoningBank, clock: Clock
) -> None:
    weak = store(bank, success_score=0.2)
    store(bank, "Bake bread", "Knead it.", success_score=0.9)
    store(
        bank, "Paint a wall", "Use two coats.", success_score=0.1,
        metadata={"provenance": {"origin": "migrate:claude-flow"}},
    )  # fmt: skip
    used = store(bank, "Fix a tap", "Hit it.", success_score=0.1)
    tell(bank, used, True)
    clock.ahead += 200 * DAY_MS
    assert steps(bank) == []
    assert steps(bank, prune_age_days=180) == [("prune", weak, None)]
    assert steps(bank, prune_age_days=365) == []


def test_only_what_was_pruned_before_is_ever_deleted(bank: ReasoningBank, clock: Clock) -> None:
    weak = store(bank, success_score=0.2)
    clock.ahead += 200 * DAY_MS
    assert steps(bank, prune_age_days=180, purge=True) == [("prune", weak, None)]
    bank.consolidate(ConsolidationOptions(prune_age_days=180))
    assert bank.get_pattern(weak).state == "quarantined"  # type: ignore[union-attr]
    bank.consolidate(ConsolidationOptions(purge=True))
    assert bank.get_pattern(weak) is None
    assert [change.kind for change in bank.history(weak)][-1] == "deleted"


def test_a_dry_run_changes_nothing(bank: ReasoningBank) -> None:
    store(bank)
    dropped = store(bank, TASK + ".")
    before = bank.get_pattern(dropped)
    report = bank.consolidate(dry_run=True)
    assert report.proposals
    assert (report.id, report.applied) == (None, False)
    assert bank.get_pattern(dropped) == before
    assert bank.consolidate(dry_run=True).proposals == report.proposals


def test_undoing_restores_every_pattern_and_removes_the_links(bank: ReasoningBank) -> None:
    works = store(bank)
    duplicate = store(bank, TASK + ".", STRATEGY + " ")
    fails = store(bank, TASK + " please", "Buy a machine with more memory.")
    tell(bank, works, True, True)
    tell(bank, fails, False, False, False)
    before = {
        (one.task_description, one.strategy, one.state, one.expires_at)
        for one in map(bank.get_pattern, (works, duplicate, fails))
        if one
    }
    report = bank.consolidate()
    assert {step.kind for step in report.proposals} == {"duplicate", "contradiction", "demote"}
    assert report.id
    assert bank.undo_consolidation(report.id) == 3
    after = {
        (one.task_description, one.strategy, one.state, one.expires_at)
        for one in map(bank.get_pattern, (works, duplicate, fails))
        if one
    }
    assert after == before
    assert bank._storage.links("default", str(fails)) == []
    with pytest.raises(Conflict):
        bank.undo_consolidation(report.id)


def test_undoing_leaves_alone_what_was_deleted_since(bank: ReasoningBank) -> None:
    store(bank)
    dropped = store(bank, TASK + ".", STRATEGY + " ")
    report = bank.consolidate()
    bank.delete_pattern(dropped)
    assert bank.undo_consolidation(report.id) == 0  # type: ignore[arg-type]


def test_only_what_is_new_or_changed_is_looked_at_again(bank: ReasoningBank) -> None:
    for number in range(5):
        store(bank, f"A task of its own kind, number {number}: {'abcde'[number] * 9}")
    assert bank.consolidate().looked_at == 5
    assert bank.consolidate().looked_at == 0
    store(bank, "Something else entirely")
    assert bank.consolidate().looked_at == 1
    assert bank.consolidate(everything=True).looked_at == 6


def test_other_namespaces_are_not_touched(bank: ReasoningBank, clock: Clock) -> None:
    other = ReasoningBank(bank._storage, namespace="other", clock=clock)
    store(other)
    store(bank)
    assert steps(bank) == steps(other) == []


def test_unknown_reports_and_options_out_of_range_are_refused(bank: ReasoningBank) -> None:
    with pytest.raises(NotFound):
        bank.undo_consolidation("01a1fba1-c38e-7000-8000-000000000000")
    for options in (
        {"duplicate_threshold": 2.0},
        {"demote_below": -1.0},
        {"grace_days": 0},
        {"prune_age_days": 0.5},
    ):
        with pytest.raises(InvalidInput) as caught:
            bank.consolidate(ConsolidationOptions(**options))  # type: ignore[arg-type]
        assert caught.value.field in options
