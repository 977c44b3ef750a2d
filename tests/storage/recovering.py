"""Damaged banks, and whether all of one that was recovered is accounted for."""

from __future__ import annotations

from pathlib import Path

from reasoningbank import ReasoningBank, Step, TrajectoryInput
from reasoningbank.domain.copies import SUBJECT_KINDS, Subject
from reasoningbank.storage import open_storage
from tests.faults.counting import count

PATTERNS = 300


def a_bit_of_everything(path: Path) -> Path:
    """Make a bank with something of everything."""
    with ReasoningBank.open(path) as bank:
        ids = bank.store_patterns(
            {
                "task_description": f"Task number {number}",
                "task_category": "c",
                "strategy": f"Strategy {number}: " + "look first. " * 20,
            }
            for number in range(PATTERNS)
        )
        bank.delete_pattern(ids[0])
        bank.add_link(ids[2], "supersedes", target_id=ids[1])
        bank.record_outcome(pattern=ids[3], success=True, source="test")
        bank.update_pattern(ids[4], title="New")
        recall = bank.recall("Task number 5")
        bank.record_outcome(recall=recall.id, success=True, source="test")
        bank.learn(
            TrajectoryInput(task_description="t", task_category="c", steps=(Step(action="a"),))
        )
    return path


def contents(path: Path) -> dict[Subject, object]:
    storage = open_storage(path)
    try:
        return {
            subject: copy
            for kind in SUBJECT_KINDS
            for subject, copy in (
                (subject, storage.copies("default", [subject])[0])
                for subject in (
                    Subject(kind, one) for one in storage.subject_ids("default", kind, "", 10_000)
                )
            )
        }
    finally:
        storage.close()


def assert_accounted_for(report, sound: Path, new: Path, *, least: int) -> None:
    """What was saved is as it was, and what was not and can be known of is named."""
    was, now = contents(sound), contents(new)
    count(acknowledged=len(now))
    named = {lost.id for lost in report.lost}
    patterns = {one.id for one in was if one.kind == "pattern"}
    for subject, copy in now.items():
        if subject.kind == "pattern" and subject.id not in named:
            assert copy.pattern == was[subject].pattern
    saved = {one.id for one in now if one.kind == "pattern"}
    assert saved <= patterns
    assert len(saved) >= least
    with ReasoningBank.open(new) as bank:
        assert [
            one for one in bank.check() if one.level == "error" and one.check != "vectors"
        ] == []
