"""Judging without a model: by what tests, programs and graders printed in the steps.

The verdict's source is ``agent``, which counts least but for imports. What is read was printed by the
environment, but the agent chose what to run, and nobody checked that it is what the task asked for:
a program of its own that ends well proves less than a grader. Whoever has a grader's word gives it
with the experience, and it goes before these rules.

The rules never read what the agent says of its work. Where they see nothing, or see both, the answer
is ``unknown``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.lesson import Judgement
from reasoningbank.domain.outcome import OutcomeKind
from reasoningbank.domain.trajectory import Trajectory, Verdict
from reasoningbank.learning.handing_in import answer_seen, handed_in, limit_reached, stopped_by
from reasoningbank.learning.material import shortened
from reasoningbank.learning.signals import (
    Reading,
    last_change,
    made_here,
    output_alone,
    read_steps,
)

_MOST_REASONS: Final = 5
_SHORT_OUTPUT: Final = 200
_MANY: Final = 20
_REASON_CHARACTERS: Final = 500
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_ERROR_NAME: Final = re.compile(r"\b[A-Z]\w*(?:Error|Exception)\b")
_ASSERTION: Final = re.compile(r"^[ \t]*(?:\d{1,7}:?[ \t]*)?assert\b(?! False)", re.MULTILINE)


class _Sign(NamedTuple):
    """Something that speaks for one ending."""

    kind: OutcomeKind
    number: int
    reason: str


class RuleJudge:
    """Say how a task ended where the steps show it, and ``unknown`` where they do not.

    >>> from reasoningbank import ReasoningBank, Step, TrajectoryInput
    >>> fixed = TrajectoryInput(
    ...     task_description="Make the tests pass",
    ...     task_category="debugging",
    ...     steps=(
    ...         Step(action="pytest -q", observation="1 failed, 2 passed in 0.10s"),
    ...         Step(action="sed -i 's/a/b/' app.py"),
    ...         Step(action="pytest -q", observation="3 passed in 0.11s"),
    ...     ),
    ... )
    >>> with ReasoningBank.open("memory:") as bank:
    ...     bank.learn(fixed).verdict.reasons
    ('step 3: 3 passed, 0 failed (pytest), after the last change',)
    """

    def judge(self, trajectory: Trajectory) -> Judgement:
        """Give a verdict with the steps that speak for it."""
        readings = read_steps(trajectory.steps)
        signs = _of_handing_in(trajectory, readings)
        signs = signs or _of_tests(readings)
        signs = signs or [
            *_of_programs(trajectory.task_description, readings),
            *_of_the_end(trajectory, readings),
        ]
        return _weighed(signs, stopped_by(trajectory))


def _weighed(signs: Sequence[_Sign], trouble: str | None) -> Judgement:
    kinds = {sign.kind for sign in signs}
    reasons = tuple(dict.fromkeys(_plain(sign.reason) for sign in signs))[:_MOST_REASONS]
    evidence: JsonObject = {
        "judge": "rules",
        "steps": sorted({sign.number for sign in signs if sign.number}),
    }
    if kinds == {"success"} and trouble is None:
        return Judgement(
            verdict=Verdict(
                kind="success", score=1.0, source="agent", evidence=evidence, reasons=reasons
            )
        )
    if kinds == {"failure"} and (trouble is None or not trouble.startswith("trouble")):
        return Judgement(
            verdict=Verdict(
                kind="failure", score=0.0, source="agent", evidence=evidence, reasons=reasons
            )
        )
    note = "nothing in the steps shows how it ended"
    if kinds:
        note = "the steps show signs of both endings" if len(kinds) > 1 else f"{trouble}"
    elif trouble is not None:
        note = trouble
    note = _plain(note)
    return Judgement(
        verdict=Verdict(
            kind="unknown",
            score=None,
            source="agent",
            evidence=evidence,
            reasons=(*reasons, note)[:_MOST_REASONS],
        ),
        note=note,
    )


def _of_handing_in(trajectory: Trajectory, readings: Sequence[Reading]) -> list[_Sign]:
    """Give what the place where answers are handed in said to them."""
    answers = handed_in(readings)
    if not answers:
        return []
    last = answers[-1]
    refusals = [one for one in answers if one.failed]
    if last.failed:
        return [
            _Sign(
                "failure", last.number, f"step {last.number}: the answer was refused: {last.error}"
            )
        ]
    if refusals:
        return [
            _Sign(
                "success",
                last.number,
                f"step {last.number}: the answer was taken, after {len(refusals)} that were refused",
            )
        ]
    seen = answer_seen(trajectory, readings)
    if seen is not None:
        return [
            _Sign(
                "success",
                seen.number,
                f"step {seen.number} printed what was handed in, in the form that was asked for",
            )
        ]
    return []


def _of_tests(readings: Sequence[Reading]) -> list[_Sign]:
    """Give what the last run of each test command said, after the last change."""
    change = last_change(readings)
    latest: dict[str, Reading] = {}
    before: dict[str, Reading] = {}
    for one in readings:
        if one.report is None and not (one.action.tests and one.exit_code is not None):
            continue
        if one.number > change:
            latest[one.action.command] = one
        else:
            before.setdefault(one.action.command, one)
    signs: list[_Sign] = []
    for command, one in latest.items():
        sign = _of_run(one, before.get(command), change)
        if sign is not None:
            signs.append(sign)
    return signs


def _of_run(one: Reading, earlier: Reading | None, change: int) -> _Sign | None:
    after = ", after the last change" if change else ""
    if one.report is None:
        said = f"step {one.number}: the tests ended with exit code {one.exit_code}{after}"
        return _Sign("failure" if one.exit_code else "success", one.number, said)
    said = f"step {one.number}: {one.report}{after}"
    if one.report.failed:
        known = earlier.report if earlier is not None else None
        few = one.report.failed * _MANY <= one.report.passed
        if few and known is not None and one.report.failed <= known.failed:
            return None  # what failed before anything was changed may be no concern of the task
        return _Sign("failure", one.number, said)
    if not one.report.passed or one.exit_code:
        return None
    return _Sign("success", one.number, said)


def _of_programs(task: str, readings: Sequence[Reading]) -> list[_Sign]:
    """Give what programs run after the last change show, against before or against the task."""
    change = last_change(readings)
    if not change:
        return []
    own = made_here(readings)
    changed = {name for one in readings if one.changed_something for name in one.files}
    signs: list[_Sign] = []
    latest = {
        one.action.command: one
        for one in readings
        if one.number > change
        and one.action.kind == "act"
        and one.report is None
        and not one.action.housekeeping
    }
    for command, one in latest.items():
        earlier = [
            other for other in readings if other.number < change and other.action.command == command
        ]
        if one.failed:
            if one.error is not None and (earlier or one is readings[-1]):
                signs.append(
                    _Sign(
                        "failure",
                        one.number,
                        f"step {one.number}: `{_short(command)}` still met {one.error} after the last change",
                    )
                )
            continue
        reason = (
            _error_gone(one, earlier, changed - own)
            or _output_as_asked(one, earlier, task)
            or _named_error_gone(one, task, changed)
            or _assertions_held(one, readings, own)
        )
        if reason is not None:
            signs.append(_Sign("success", one.number, f"step {one.number}: {reason}"))
    return signs


def _error_gone(one: Reading, earlier: Sequence[Reading], changed: set[str]) -> str | None:
    """The same command failed before, and what was changed is not only the agent's own script."""
    failed = [other for other in earlier if other.failed]
    if not failed or not changed - set(one.action.files):
        return None
    return f"`{_short(one.action.command)}` ran without the error it met before the change: {failed[-1].error}"


def _output_as_asked(one: Reading, earlier: Sequence[Reading], task: str) -> str | None:
    """The same command printed one thing the task names before, and another that it names now."""
    now = output_alone(one)
    for other in earlier:
        before = output_alone(other)
        if before != now and _named_in(before, task) and _named_in(now, task):
            return f"`{_short(one.action.command)}` printed {before} before the change and {now} after it, both of which the task names"
    return None


def _named_in(output: str, task: str) -> bool:
    if not output or len(output) > _SHORT_OUTPUT or "\n" in output:
        return False
    return re.search(rf"(?<![\w.]){re.escape(output)}(?![\w]|\.\d)", task) is not None


def _named_error_gone(one: Reading, task: str, changed: set[str]) -> str | None:
    """The task names an error and a file; the file was changed, and runs without that error."""
    named = _ERROR_NAME.findall(task)
    files = {name for name in one.action.files if name in changed and name in task}
    if not named or not files:
        return None
    return f"{', '.join(sorted(files))} runs without the {named[0]} that the task names"


def _assertions_held(one: Reading, readings: Sequence[Reading], own: set[str]) -> str | None:
    """A file that the agent did not make, and was seen to make assertions, ran to its end."""
    for name in one.action.files:
        shown = [
            other
            for other in readings
            if other.number < one.number and name in other.files and other.action.kind != "act"
        ]
        if name not in own and any(_ASSERTION.search(other.output) for other in shown):
            return f"{name} ran to its end, and makes assertions"
    return None


def _of_the_end(trajectory: Trajectory, readings: Sequence[Reading]) -> list[_Sign]:
    """Give what the way the run stopped shows."""
    limit = limit_reached(trajectory)
    if limit is not None:
        return [_Sign("failure", 0, limit)]
    tried = [
        one
        for one in readings
        if one.action.kind in {"act", "edit"} and one.report is None and not one.action.housekeeping
    ]
    if not tried or not tried[-1].failed:
        return []
    last = tried[-1]
    return [
        _Sign("failure", last.number, f"step {last.number}, the last thing tried, met {last.error}")
    ]


def _plain(text: str) -> str:
    """Give a reason on one line, without control characters and not too long."""
    return shortened(" ".join(_CONTROL.sub(" ", text).split()), _REASON_CHARACTERS)


def _short(command: str) -> str:
    line = command.split("\n", 1)[0]
    return line if len(line) <= 80 else f"{line[:77]}..."  # noqa: PLR2004 - one line of a terminal
