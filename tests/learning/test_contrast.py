"""Attempts at one task compared without a model: the lesson names what told them apart."""

from __future__ import annotations

from uuid import UUID

import pytest

from reasoningbank import Lesson, Step, Trajectory, Verdict
from reasoningbank.learning.extractive import ExtractiveDistiller


def attempt(score: float, *steps: tuple[str, str | None, str | None]) -> Trajectory:
    kind = {0.0: "failure", 1.0: "success"}.get(score, "partial")
    return Trajectory(
        id=UUID(int=len(steps)),
        namespace="default",
        task_description="Make the tests of the parser pass",
        task_category="debugging",
        steps=tuple(Step(action=did, observation=said, error=met) for did, said, met in steps),
        metadata={},
        origin=None,
        actor="caller",
        created_at="2026-01-01T00:00:00.000Z",
        state="judged",
        verdict=Verdict(kind=kind, score=score, source="test"),  # type: ignore[arg-type]
        note=None,
    )


def lessons(*attempts: Trajectory) -> tuple[Lesson, ...]:
    found = ExtractiveDistiller().contrast(attempts).lessons
    assert len(found) <= 3
    return found


FAILS = ("pytest -q", "1 failed", "AssertionError: assert 3 == 4")
PASSES = ("pytest -q", "3 passed in 0.1s", None)


def test_the_same_command_worked_after_what_the_failed_attempt_did_not_do() -> None:
    first, *_ = lessons(
        attempt(0.0, FAILS, ("sed -i 's/3/4/' test_parser.py", "", None), FAILS),
        attempt(1.0, FAILS, ("sed -i 's/depth/depth + 1/' parser.py", "", None), PASSES),
    )
    assert (
        "`pytest -q` met `AssertionError: assert 3 == 4` in the attempt that failed"
        in first.strategy
    )
    assert "worked after" in first.strategy
    assert "depth + 1" in first.strategy or "`+ 1` added" in first.strategy
    assert first.shown_by == (2,)


def test_what_every_success_did_and_no_failure_tried_is_told_with_what_failed_instead() -> None:
    [first, *_] = lessons(
        attempt(0.0, ("click('Cancel')", "closed", None)),
        attempt(1.0, ("type('name', 'Ann')", "typed", None), ("click('Save')", "saved", None)),
        attempt(1.0, ("type('name', 'Ann')", "typed", None), ("click('Save')", "saved", None)),
        attempt(0.0, ("click('Reset')", "emptied", None)),
    )
    assert first.title == "`click('Save')` rather than `click('Reset')`"
    assert "Done in all 2 attempts that succeeded and in none that failed" in first.strategy
    assert "Instead, what failed did `click('Cancel')` or `click('Reset')`" in first.strategy
    assert first.shown_by == (2, 3)


def test_what_both_kinds_did_is_left_out() -> None:
    shared = ("make install", "done", None)
    [first, *_] = lessons(
        attempt(0.0, shared, ("make quick", "done", None)),
        attempt(1.0, shared, ("make full", "done", None)),
    )
    assert "make install" not in first.strategy
    assert "`make full`" in first.strategy


def test_partial_success_counts_by_its_score() -> None:
    [first, *_] = lessons(
        attempt(0.2, ("make quick", "done", None)), attempt(0.8, ("make full", "done", None))
    )
    assert first.shown_by == (2,)


def test_what_belongs_to_the_record_alone_is_masked() -> None:
    found = lessons(
        attempt(0.0, ("curl http://10.0.0.7:8080/home/ann/x.csv", None, "curl: (7) refused")),
        attempt(1.0, ("curl --retry 3 http://10.0.0.7:8080/home/ann/x.csv", "ok", None)),
    )
    text = " ".join(f"{one.title} {one.strategy}" for one in found)
    assert found
    assert "10.0.0.7" not in text
    assert "ann" not in text.split()
    assert "`--retry 3` added" in text


@pytest.mark.parametrize(
    "attempts",
    [
        (attempt(0.0), attempt(1.0)),
        (attempt(1.0), attempt(1.0)),
        (attempt(0.0), attempt(0.0)),
        (attempt(0.0, ("", None, None)), attempt(1.0, ("\x00\u202e`", "", ""))),
    ],
)
def test_attempts_that_show_nothing_teach_nothing_and_say_so(attempts) -> None:
    found = ExtractiveDistiller().contrast(attempts)
    assert found.lessons == () or all(one.strategy for one in found.lessons)
    assert bool(found.lessons) != bool(found.note)


def test_long_attempts_leave_lessons_within_the_limits() -> None:
    long = [(f"make target-{number} " + "x" * 300, "done", None) for number in range(400)]
    found = lessons(attempt(0.0, *long[:200]), attempt(1.0, *long[100:]), attempt(1.0, *long))
    assert found
    assert all(len(one.strategy) <= 1_200 and len(one.title) <= 100 for one in found)
