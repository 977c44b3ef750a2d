"""Consolidation among other writers: it takes and takes back its own steps, and nobody else's."""

from __future__ import annotations

from uuid import UUID

import pytest

from reasoningbank import ReasoningBank, Step, TrajectoryInput, Verdict
from reasoningbank.domain.consolidation import ConsolidationOptions
from reasoningbank.domain.lesson import Distillation, Lesson
from reasoningbank.domain.trajectory import Trajectory
from tests.bank.consolidation.material import DAY_MS, STRATEGY, TASK, Clock, store

OTHER_STRATEGY = "Buy a machine with more memory."


def two_alike(bank: ReasoningBank) -> tuple[UUID, UUID]:
    """Give the one that will be kept, and its duplicate."""
    return store(bank), store(bank, TASK + ".", STRATEGY + " ")


def tell(bank: ReasoningBank, pattern: UUID, *outcomes: bool) -> None:
    for success in outcomes:
        bank.record_outcome(pattern=pattern, success=success, source="test")


def state(bank: ReasoningBank, pattern: UUID) -> str:
    found = bank.get_pattern(pattern)
    assert found is not None
    return found.state


class Teaches:
    def __init__(self, strategy: str) -> None:
        self.strategy = strategy

    def distil(self, trajectory: Trajectory) -> Distillation:
        return Distillation(lessons=(Lesson(title="Index it", strategy=self.strategy),))


def learned(bank: ReasoningBank, task: str, strategy: str) -> tuple[UUID, UUID]:
    """Learn one pattern; give the experience and the pattern."""
    given = TrajectoryInput(
        task_description=task,
        task_category="c",
        steps=(Step(action="EXPLAIN"),),
        verdict=Verdict(kind="success", score=1.0, source="test"),
    )
    told = bank.learn(given, distiller=Teaches(strategy))
    return told.trajectory_id, told.patterns[0]


def test_what_a_dry_run_proposes_is_what_is_then_done(bank: ReasoningBank) -> None:
    kept, _ = two_alike(bank)
    fails = store(bank, TASK + " please", OTHER_STRATEGY)
    tell(bank, kept, True, True)
    tell(bank, fails, False, False, False)

    proposed = bank.consolidate(dry_run=True)
    done = bank.consolidate()

    assert len(proposed.proposals) == 3
    assert done.proposals == proposed.proposals
    assert done.looked_at == proposed.looked_at


def test_a_step_that_was_taken_back_is_not_taken_again_unless_asked_for(
    bank: ReasoningBank,
) -> None:
    _, dropped = two_alike(bank)
    report = bank.consolidate()
    bank.undo_consolidation(report.id)  # type: ignore[arg-type]

    assert bank.consolidate().proposals == ()
    assert bank.consolidate(dry_run=True, everything=True).proposals == report.proposals
    assert state(bank, dropped) == "active"


def test_a_pattern_brought_back_by_hand_stays_and_undoing_leaves_it_alone(
    bank: ReasoningBank,
) -> None:
    _, dropped = two_alike(bank)
    report = bank.consolidate()
    bank.update_pattern(dropped, state="active")

    assert bank.consolidate().proposals == ()
    bank.update_pattern(dropped, state="quarantined")
    assert bank.undo_consolidation(report.id) == 0  # type: ignore[arg-type]
    assert state(bank, dropped) == "quarantined"


def test_undoing_leaves_an_expiry_that_was_set_since(bank: ReasoningBank) -> None:
    pattern = store(bank)
    tell(bank, pattern, False, False, False)
    report = bank.consolidate()
    bank.update_pattern(pattern, expires_at="2999-01-01T00:00:00.000Z")

    assert bank.undo_consolidation(report.id) == 0  # type: ignore[arg-type]
    after = bank.get_pattern(pattern)
    assert after is not None
    assert after.expires_at == "2999-01-01T00:00:00.000Z"


def test_undoing_keeps_a_link_that_was_there_before(bank: ReasoningBank) -> None:
    works, fails = store(bank), store(bank, TASK + " please", OTHER_STRATEGY)
    tell(bank, works, True, True)
    tell(bank, fails, False, False)
    bank.add_link(works, "contradicts", target_id=fails)

    report = bank.consolidate()

    assert report.proposals == ()
    bank.undo_consolidation(report.id)  # type: ignore[arg-type]
    assert [link.kind for link in bank.links(works)] == ["contradicts"]


def test_undoing_does_not_bring_back_what_was_withdrawn_since(bank: ReasoningBank) -> None:
    _, kept = learned(bank, TASK, STRATEGY)
    experience, dropped = learned(bank, TASK + ".", STRATEGY + " ")
    report = bank.consolidate()
    assert [step.pattern_id for step in report.proposals] == [dropped]

    bank.withdraw(trajectory=experience)
    assert bank.undo_consolidation(report.id) == 1  # type: ignore[arg-type]
    assert state(bank, dropped) == "quarantined"
    assert bank.reinstate(trajectory=experience) == [dropped]
    assert state(bank, kept) == "active"


def test_reinstating_does_not_undo_a_consolidation(bank: ReasoningBank) -> None:
    learned(bank, TASK, STRATEGY)
    experience, dropped = learned(bank, TASK + ".", STRATEGY + " ")
    report = bank.consolidate()
    bank.withdraw(trajectory=experience)

    assert bank.reinstate(trajectory=experience) == []
    assert state(bank, dropped) == "quarantined"
    assert bank.undo_consolidation(report.id) == 1  # type: ignore[arg-type]
    assert state(bank, dropped) == "active"


def test_a_withdrawn_source_takes_its_put_away_duplicates_with_it(bank: ReasoningBank) -> None:
    _, dropped = two_alike(bank)
    report = bank.consolidate()
    bank.withdraw(actor="caller")

    bank.undo_consolidation(report.id)  # type: ignore[arg-type]

    assert state(bank, dropped) == "quarantined"
    assert dropped in bank.reinstate(actor="caller")


def test_outcomes_of_a_duplicate_count_for_the_one_that_was_kept(bank: ReasoningBank) -> None:
    kept, dropped = two_alike(bank)
    tell(bank, kept, True)
    tell(bank, dropped, True, False, False)
    [item] = bank.recall(TASK, min_similarity=0.5).patterns
    before = item.why
    report = bank.consolidate()
    assert [step.kind for step in report.proposals] == ["duplicate"]

    [item] = bank.recall(TASK, min_similarity=0.5).patterns

    assert item.why.weighted_successes == pytest.approx(before.weighted_successes, abs=0.2)
    assert item.why.weighted_failures == pytest.approx(before.weighted_failures, abs=0.2)
    bank.withdraw(actor="caller")
    bank.update_pattern(kept, state="active")
    [item] = bank.recall(TASK, min_similarity=0.5).patterns
    assert item.why.weighted_failures + item.why.weighted_successes < 2


def test_nothing_is_put_away_for_a_pattern_that_has_expired_or_is_about_to(
    bank: ReasoningBank, clock: Clock
) -> None:
    soon = "2999-01-01T00:00:00.000Z"
    expiring = store(bank, expires_at=soon)
    lasting = store(bank, TASK + ".", STRATEGY + " ")

    [step] = bank.consolidate(dry_run=True).proposals
    assert (step.pattern_id, step.other_id) == (expiring, lasting)

    clock.ahead += 1_000 * 365 * DAY_MS
    assert bank.consolidate(dry_run=True).proposals == ()


def test_a_pattern_that_others_were_put_away_for_is_not_pruned_in_the_same_run(
    bank: ReasoningBank, clock: Clock
) -> None:
    store(bank, success_score=0.2)
    store(bank, TASK + ".", STRATEGY + " ", success_score=0.2)
    clock.ahead += 200 * DAY_MS

    report = bank.consolidate(ConsolidationOptions(prune_age_days=180))

    assert [step.kind for step in report.proposals] == ["duplicate"]
    assert bank.get_stats().active_patterns == 1


def test_a_pruned_pattern_that_was_brought_back_is_never_purged(
    bank: ReasoningBank, clock: Clock
) -> None:
    rescued = store(bank, success_score=0.2)
    clock.ahead += 200 * DAY_MS
    bank.consolidate(ConsolidationOptions(prune_age_days=180))
    bank.update_pattern(rescued, state="active")

    assert bank.consolidate(ConsolidationOptions(purge=True)).proposals == ()
    bank.update_pattern(rescued, state="quarantined")
    assert bank.consolidate(ConsolidationOptions(purge=True)).proposals == ()
    assert bank.get_pattern(rescued) is not None


def test_duplicates_are_never_purged(bank: ReasoningBank) -> None:
    _, dropped = two_alike(bank)
    bank.consolidate()

    assert bank.consolidate(ConsolidationOptions(purge=True)).proposals == ()
    assert state(bank, dropped) == "quarantined"


@pytest.mark.parametrize(
    "provenance", [{"origin": "migrate:agentdb"}, {"kind": "migration"}, {"origin": "migrated"}]
)
def test_what_came_by_migration_is_never_pruned(
    bank: ReasoningBank, clock: Clock, provenance: dict[str, str]
) -> None:
    store(bank, success_score=0.1, metadata={"provenance": provenance})
    clock.ahead += 2_000 * DAY_MS

    options = ConsolidationOptions(prune_age_days=1, purge=True)
    assert bank.consolidate(options).proposals == ()


def test_a_pattern_changed_while_steps_were_planned_is_left_alone(
    bank: ReasoningBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, dropped = two_alike(bank)
    take = bank._storage.take_steps

    def changed_meanwhile(*arguments: object) -> object:
        bank.update_pattern(dropped, strategy="Something else altogether.")
        return take(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(bank._storage, "take_steps", changed_meanwhile)
    report = bank.consolidate()

    assert report.proposals == ()
    assert state(bank, dropped) == "active"
    assert bank.links(dropped) == []


def test_two_runs_at_once_do_not_put_both_of_a_pair_away(
    bank: ReasoningBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two_alike(bank)
    other = ReasoningBank(bank._storage)
    take = bank._storage.take_steps

    def other_run_first(*arguments: object) -> object:
        monkeypatch.undo()
        tell(other, second, True, True)
        assert [step.pattern_id for step in other.consolidate().proposals] == [first]
        return take(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(bank._storage, "take_steps", other_run_first)
    assert bank.consolidate().proposals == ()
    assert (state(bank, first), state(bank, second)) == ("quarantined", "active")


def test_a_commit_that_was_late_is_looked_at_all_the_same(
    bank: ReasoningBank, clock: Clock
) -> None:
    """Its time is that of its call, before the run; only its place in the log is behind it."""
    store(bank)
    clock.ahead += DAY_MS
    bank.consolidate()
    clock.ahead -= DAY_MS
    late = store(bank, TASK + ".", STRATEGY + " ")

    assert [step.pattern_id for step in bank.consolidate().proposals] == [late]


def test_an_outcome_told_since_is_reason_enough_to_look_again(bank: ReasoningBank) -> None:
    pattern = store(bank)
    bank.consolidate()
    tell(bank, pattern, False, False, False)

    assert [step.kind for step in bank.consolidate().proposals] == ["demote"]
