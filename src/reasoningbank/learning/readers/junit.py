"""JUnit XML, the form in which most test runners report: a test run as evidence of an outcome.

Counted are the test cases that are there, not the totals a report claims, except where it claims
failures it does not show. Reports have no use for document types or entities, so a file that declares
any is refused before they could expand.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal, TypeAlias
from xml.parsers import expat

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.trajectory import Step, TrajectoryInput, Verdict
from reasoningbank.learning.material import shortened
from reasoningbank.learning.readers.loading import refused, whole_file
from reasoningbank.learning.readers.pieces import facts, fitting, seconds_of, some_text, task_of

REPORT_BYTES: Final = 67_108_864
_DEPTH: Final = 64
_MOST_CASES: Final = 1_000_000
_SHOWN_FAILURES: Final = 50
_NAMED_FAILURES: Final = 10
_TEXT_CHARACTERS: Final = 4_000
_NAME_CHARACTERS: Final = 300

_Ending: TypeAlias = Literal["passed", "failed", "skipped"]
_ENDINGS: Final[dict[str, _Ending]] = {
    "failure": "failed",
    "error": "failed",
    "rerunFailure": "passed",  # a flaky test that passed when run again
    "skipped": "skipped",
}


class _Case:
    """One test case, as it is being read."""

    def __init__(self, given: dict[str, str]) -> None:
        parts = [part for name in ("classname", "name") if (part := given.get(name, "").strip())]
        self.name = shortened(".".join(parts) or "unnamed", _NAME_CHARACTERS)
        self.seconds = _number(given.get("time"))
        self.ending: _Ending = "passed"
        self.said: list[str] = []


class _Report:
    """What a report says, gathered while it is parsed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: list[str] = []
        self.counts: dict[_Ending, int] = {"passed": 0, "failed": 0, "skipped": 0}
        self.claimed_failures = 0
        self.failures: list[_Case] = []
        self.at: str | None = None
        self._open: list[str] = []
        self._case: _Case | None = None
        self._room = 0

    @property
    def name(self) -> str:
        return self.names[0] if self.names else self.path.stem

    def started(self, tag: str, given: dict[str, str]) -> None:
        tag = tag.rpartition("}")[2].rpartition(":")[2]
        if not self._open and tag not in {"testsuites", "testsuite"}:
            raise refused(self.path, f"is XML, but no test report: it begins with <{tag[:60]}>")
        self._open.append(tag)
        if len(self._open) > _DEPTH:
            raise refused(self.path, f"is nested deeper than {_DEPTH} elements")
        if tag == "testsuite":
            self._suite(given)
        elif tag == "testcase":
            self._case = _Case(given)
        elif self._case is not None and tag in _ENDINGS:
            self._ended_so(self._case, _ENDINGS[tag], given)

    def _suite(self, given: dict[str, str]) -> None:
        name = " ".join(given.get("name", "").split())
        if name:
            self.names.append(shortened(name, _NAME_CHARACTERS))
        self.at = self.at or given.get("timestamp")
        self.claimed_failures += sum(
            int(_number(given.get(one)) or 0) for one in ("failures", "errors")
        )

    def _ended_so(self, case: _Case, ending: _Ending, given: dict[str, str]) -> None:
        if case.ending != "failed":
            case.ending = ending
        self._room = _TEXT_CHARACTERS
        said = ": ".join(part for name in ("type", "message") if (part := given.get(name)))
        if said:
            self.said(said + "\n")

    def said(self, text: str) -> None:
        if self._case is not None and self._room > 0:
            self._case.said.append(text[: self._room])
            self._room -= len(text)

    def finished(self, _: str) -> None:
        tag = self._open.pop()
        if tag in _ENDINGS:
            self._room = 0
        if tag != "testcase" or self._case is None:
            return
        self.counts[self._case.ending] += 1
        if sum(self.counts.values()) > _MOST_CASES:
            raise refused(self.path, f"holds more than {_MOST_CASES:,} test cases")
        if self._case.ending == "failed" and len(self.failures) < _SHOWN_FAILURES:
            self.failures.append(self._case)
        self._case = None


def read_test_report(path: str | os.PathLike[str]) -> Verdict:
    """Give the verdict of a test run reported as JUnit XML: a success when tests ran and none failed.

    Its source is ``test``; it is unknown when no test ran.

    Args:
        path: The report.

    Raises:
        NotFound, Unavailable: When the file cannot be opened.
        InvalidInput: For a file that is no report, or declares entities.
    """
    return _verdict(_parsed(Path(path)))


def read_junit(path: Path, category: str | None) -> TrajectoryInput:
    """Give a test run as an experience: a step for each failure, and one for the whole."""
    report = _parsed(path)
    steps = [
        Step(
            action=f"run {case.name}",
            error=some_text("".join(case.said)) or "failed without a message",
            duration_seconds=case.seconds,
        )
        for case in report.failures
    ]
    counted = ", ".join(f"{count} {ending}" for ending, count in report.counts.items() if count)
    steps.append(Step(action=f"run the tests of {report.name}", observation=counted or "no tests"))
    kept, noted = fitting(steps)
    return TrajectoryInput(
        task_description=task_of(f"Make the tests of {report.name} pass"),
        task_category=category or "testing",
        steps=kept,
        verdict=_verdict(report),
        metadata={**facts(format="junit", run_at=report.at, **_counts(report)), **noted},
    )


def _verdict(report: _Report) -> Verdict:
    evidence: JsonObject = {"report": report.path.name, **_counts(report)}
    failed = report.counts["failed"] or report.claimed_failures
    passed = report.counts["passed"]
    if failed:
        names = [case.name for case in report.failures[:_NAMED_FAILURES]]
        return Verdict(
            kind="failure",
            score=0.0,
            source="test",
            evidence={**evidence, "failures": names},
            reasons=(f"{failed} of {failed + passed} tests failed",),
        )
    if passed:
        reason = f"all {passed} tests that ran passed"
        return Verdict(
            kind="success", score=1.0, source="test", evidence=evidence, reasons=(reason,)
        )
    return Verdict(
        kind="unknown",
        score=None,
        source="test",
        evidence=evidence,
        reasons=("the report shows no test that ran",),
    )


def _counts(report: _Report) -> JsonObject:
    return {ending: count for ending, count in report.counts.items() if count}


def _number(text: str | None) -> float | None:
    try:
        return seconds_of(float((text or "").replace(",", "")))
    except ValueError:
        return None


def _parsed(path: Path) -> _Report:
    report = _Report(path)

    def no_entities(*_: object) -> None:
        raise refused(path, "declares a document type, which test reports have no use for")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = no_entities
    parser.EntityDeclHandler = no_entities
    parser.StartElementHandler = report.started
    parser.EndElementHandler = report.finished
    parser.CharacterDataHandler = report.said
    try:
        parser.Parse(whole_file(path, REPORT_BYTES), True)  # noqa: FBT003 - positional in expat
    except (expat.ExpatError, LookupError, ValueError) as error:  # also for an unknown encoding
        raise refused(path, f"is not XML: {error}") from error
    return report
