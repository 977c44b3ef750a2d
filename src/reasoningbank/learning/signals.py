"""What the steps of an experience show: what each one did, and what it met."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from reasoningbank.domain.trajectory import Step
from reasoningbank.learning.actions import Action, read_action
from reasoningbank.learning.errors import (
    ErrorSign,
    errors_in,
    exit_code_in,
    http_status_in,
    looked_at,
)
from reasoningbank.learning.run_reports import RunReport, run_reported_in

_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r(?=\n)")
_TAGS: Final = re.compile(r"</?(?:output|output_head|output_tail|returncode|stdout|stderr)>")
_FIRST_STEPS: Final = 100
_LAST_STEPS: Final = 400
_SHOWN_FILE: Final = re.compile(r"^\[File: ([^\]\n]+?)(?: \(\d+ lines total\))?\]", re.MULTILINE)


class Reading(NamedTuple):
    """One step, as far as it is understood.

    Args:
        number: Its number, from 1.
        step: The step.
        action: What its action is.
        output: What came back, observation and error, without terminal codes.
        errors: The errors that it shows, the deciding one first.
        report: The test run that it reports, or None.
        exit_code: The exit code it states, or None.
        status: The HTTP status it states, or None.
    """

    number: int
    step: Step
    action: Action
    output: str
    errors: tuple[ErrorSign, ...]
    report: RunReport | None
    exit_code: int | None
    status: int | None

    @property
    def files(self) -> tuple[str, ...]:
        """The files it is about: those its action names, and the one an editor shows for it."""
        shown = _SHOWN_FILE.search(self.output)
        if shown is None or self.action.kind == "act":
            return self.action.files
        name = shown.group(1).strip().rsplit("/", 1)[-1]
        return tuple(dict.fromkeys((*self.action.files, name)))

    @property
    def failed(self) -> bool:
        """Whether what was tried did not work."""
        if self.action.kind == "look":
            return bool(self.errors) or self.step.error is not None
        if self.report is not None:
            return self.report.failed > 0
        return bool(self.errors) or bool(self.exit_code)

    @property
    def changed_something(self) -> bool:
        """Whether it changed a file."""
        return self.action.kind == "edit" and not self.failed

    @property
    def error(self) -> ErrorSign | None:
        """The deciding error, or None; a failed run without a message is an error too."""
        if self.errors:
            return self.errors[0]
        if self.report is not None and self.report.failed:
            return ErrorSign("tests", f"{self.report.failed} failed")
        if self.exit_code and self.action.kind != "look":
            return ErrorSign(f"exit code {self.exit_code}", "")
        return None


def read_steps(steps: Sequence[Step]) -> list[Reading]:
    """Give what each step shows; of a very long record, the first and the last steps."""
    return list(_readings(tuple(steps)))


# Judging and distilling read the same record one after the other, and reading is most of the work.
@lru_cache(maxsize=1)
def _readings(steps: tuple[Step, ...]) -> tuple[Reading, ...]:
    numbered = list(enumerate(steps, 1))
    if len(numbered) > _FIRST_STEPS + _LAST_STEPS:
        numbered = [*numbered[:_FIRST_STEPS], *numbered[-_LAST_STEPS:]]
    return tuple(_read(number, step) for number, step in numbered)


def _read(number: int, step: Step) -> Reading:
    action = read_action(step.action)
    whole = "\n".join(text for text in (step.observation, step.error) if text)
    text = looked_at(plain(whole))
    acting = action.kind != "look"
    report = run_reported_in(text) if acting else None
    errors = errors_in(text, action)
    if step.error is not None and not errors:
        first = next((line for line in step.error.splitlines() if line.strip()), "")
        errors = (ErrorSign("", " ".join(plain(first).split())[:300]),)
    if report is not None and not report.failed and step.error is None:
        errors = ()  # a run that passed may print what it provoked
    return Reading(
        number=number,
        step=step,
        action=action,
        output=text,
        errors=errors,
        report=report,
        exit_code=exit_code_in(text),
        status=http_status_in(text) if acting else None,
    )


def plain(text: str) -> str:
    """Give a text without the codes that colour terminals."""
    return _ESCAPES.sub("", text) if "\x1b" in text or "\r" in text else text


def output_alone(reading: Reading) -> str:
    """Give what a program printed, without what its runner put around it."""
    text = _TAGS.sub("\n", reading.output)
    if reading.exit_code is not None:
        text = re.sub(rf"\A\s*{reading.exit_code}\s*\n", "", text)
    return text.strip()


def last_change(readings: Sequence[Reading]) -> int:
    """Give the number of the last step that changed a file, 0 if none did."""
    return max((one.number for one in readings if one.changed_something), default=0)


def made_here(readings: Sequence[Reading]) -> set[str]:
    """Give the names of the files that the agent made itself."""
    return {name for one in readings if one.action.created and not one.failed for name in one.files}
