"""How a task ended, as far as the hooks saw it themselves.

The rules of the bank read the steps. Where what decided is the run of a test command, and the hook saw
its exit code or its report, the verdict comes from a test; everything else is the rules' opinion.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.trajectory import Step, Trajectory, Verdict
from reasoningbank.hooks.notes import StepNote
from reasoningbank.learning.rules import RuleJudge
from reasoningbank.learning.signals import Reading, read_steps

# Not failed tests: none collected, a time limit, a command that cannot be run.
_NOT_OF_TESTS: Final = {5, 124, 126, 127}
_FIRST_SIGNAL: Final = 128
_COMMAND_CHARACTERS: Final = 200
_WORTH_STEPS: Final = 3


def steps_for_the_bank(notes: Sequence[StepNote]) -> tuple[Step, ...]:
    """Give the steps as an experience has them, the exit code a hook saw on a line of its own."""
    return tuple(
        Step(
            action=note.action,
            observation=_with_code(note.observation, note) if note.error is None else None,
            error=None if note.error is None else _with_code(note.error, note),
            started_at=note.at,
            duration_seconds=note.duration_seconds,
        )
        for note in notes
    )


def _with_code(text: str | None, note: StepNote) -> str | None:
    if note.exit_code is None:
        return text
    return f"{text or ''}\nexit code: {note.exit_code}".lstrip("\n")


def something_was_done(steps: Sequence[Step]) -> bool:
    """Give whether anything was tried, and not only looked at."""
    return any(
        reading.action.kind in {"edit", "act"} and not reading.action.housekeeping
        for reading in read_steps(steps)
    )


def verdict_seen(task: str, notes: Sequence[StepNote], steps: Sequence[Step]) -> Verdict | None:
    """Give how the task ended if a test run shows it, or None."""
    judgement = RuleJudge().judge(_as_trajectory(task, steps))
    verdict = judgement.verdict
    if verdict is None or verdict.kind not in {"success", "failure"}:
        return None
    numbers = verdict.evidence.get("steps")
    deciding = [
        reading
        for reading in read_steps(steps)
        if isinstance(numbers, list) and reading.number in numbers
    ]
    if not deciding or not all(_is_test_run(one, notes) for one in deciding):
        return None
    last = deciding[-1]
    evidence: JsonObject = {
        "seen_by": "hook",
        "command": last.action.command[:_COMMAND_CHARACTERS],
        "steps": [one.number for one in deciding],
    }
    code = notes[last.number - 1].exit_code
    if code is not None:
        evidence["exit_code"] = code
    if last.report is not None:
        evidence["report"] = str(last.report)
    return msgspec.structs.replace(verdict, source="test", evidence=evidence)


def _is_test_run(reading: Reading, notes: Sequence[StepNote]) -> bool:
    if not reading.action.tests:
        return False
    if reading.report is not None:
        return True
    code = notes[reading.number - 1].exit_code
    return code is not None and code not in _NOT_OF_TESTS and code < _FIRST_SIGNAL


def worth_asking(verdict: Verdict | None, steps: Sequence[Step]) -> bool:
    """Give whether an experience is worth the agent's time: it is known how it ended, and an error
    was met on the way.
    """
    if verdict is None or len(steps) < _WORTH_STEPS:
        return False
    return any(
        reading.failed for reading in read_steps(steps) if reading.action.kind in {"act", "edit"}
    )


def _as_trajectory(task: str, steps: Sequence[Step]) -> Trajectory:
    return Trajectory(
        id=UUID(int=0),
        namespace="default",
        task_description=task,
        task_category="",
        steps=tuple(steps),
        metadata={},
        origin=None,
        actor="hook",
        created_at="",
        state="pending",
        verdict=None,
        note=None,
    )
