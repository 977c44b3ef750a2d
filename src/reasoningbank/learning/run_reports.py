"""What test runners report at their end: how many passed and how many failed.

Only summaries in the form that a runner prints are read; a sentence about tests is not one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple


class RunReport(NamedTuple):
    """The end of a test run."""

    runner: str
    passed: int
    failed: int

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed ({self.runner})"


_PYTEST: Final = re.compile(
    r"^(?:=+ )?(?=[^\n]*\bin \d)((?:\d+ (?:passed|failed|errors?|skipped|deselected|xfailed|xpassed|warnings?"
    r"|rerun|subtests passed)(?:, )?)+) in [\d.]+s?[^\n]*$",
    re.MULTILINE,
)
_UNITTEST: Final = re.compile(
    r"^Ran (\d{1,9}) tests? in [\d.]+s\s+^(OK|FAILED)(?: \(([^)\n]*)\))?\s*$", re.MULTILINE
)
_JEST: Final = re.compile(r"^Tests:\s+((?:\d+ \w+, )*)(\d{1,9}) total$", re.MULTILINE)
_VITEST: Final = re.compile(
    r"^[ \t]*Tests[ \t]+((?:\d{1,9} \w{1,12}(?: \| )?)+)[ \t]*\((\d{1,9})\)[ \t]*$", re.MULTILINE
)
_MOCHA: Final = re.compile(
    r"^[ \t]*(\d{1,9}) passing\b[^\n]*(?:\n[ \t]*\d{1,9} pending)?(?:\n[ \t]*(\d{1,9}) failing)?[ \t]*$",
    re.MULTILINE,
)
_GO_OK: Final = re.compile(r"^ok\s+\S+\s+(?:[\d.]+s|\(cached\))", re.MULTILINE)
_GO_FAIL: Final = re.compile(
    r"^(?:FAIL\s+\S+\s+(?:[\d.]+s|\[build failed\]|\[setup failed\])|FAIL)\s*$", re.MULTILINE
)
_GO_CASE: Final = re.compile(r"^[ \t]*--- (PASS|FAIL): ", re.MULTILINE)
_CARGO: Final = re.compile(
    r"^test result: (?:ok|FAILED)\. (\d{1,9}) passed; (\d{1,9}) failed;", re.MULTILINE
)
_MAVEN: Final = re.compile(
    r"^(?:\[\w+\]\s+)?Tests run: (\d{1,9}), Failures: (\d{1,9}), Errors: (\d{1,9})(?:, Skipped: (\d{1,9}))?\s*$",
    re.MULTILINE,
)
_GRADLE: Final = re.compile(r"^(\d{1,9}) tests? completed, (\d{1,9}) failed", re.MULTILINE)
_CTEST: Final = re.compile(
    r"^\d+% tests passed, (\d{1,9}) tests? failed out of (\d{1,9})", re.MULTILINE
)
_TAP_PLAN: Final = re.compile(r"^1\.\.\d+\s*$", re.MULTILINE)
_TAP_LINE: Final = re.compile(r"^(not ok|ok) \d+\b(?![^\n]*# (?:TODO|SKIP))", re.MULTILINE)
_RSPEC: Final = re.compile(r"^(\d{1,9}) examples?, (\d{1,9}) failures?", re.MULTILINE)
_PHPUNIT: Final = re.compile(
    r"^(?:OK \((\d{1,9}) tests?, \d+ assertions?\)|Tests: (\d{1,9}), Assertions: \d+(?:, Errors: (\d{1,9}))?(?:, Failures: (\d{1,9}))?)",
    re.MULTILINE,
)
_DOTNET: Final = re.compile(
    r"^(?:Passed|Failed)!\s+- Failed:\s+(\d{1,9}), Passed:\s+(\d{1,9})", re.MULTILINE
)
_COUNT: Final = re.compile(r"(?<!\d)(\d{1,9}) (\w+)")


def run_reported_in(text: str) -> RunReport | None:
    """Give the test run that an output reports, or None.

    >>> run_reported_in("==== 2 failed, 5 passed in 0.12s ====")
    RunReport(runner='pytest', passed=5, failed=2)
    >>> run_reported_in("The run was not successful; 5 passed, I think.") is None
    True
    """
    for runner, read in _READERS:
        counts = read(text)
        if counts is not None:
            return RunReport(runner, *counts)
    return None


def _pytest(text: str) -> tuple[int, int] | None:
    found = _PYTEST.findall(text)
    return _named_counts(found[-1]) if found else None


def _named_counts(text: str) -> tuple[int, int]:
    passed = failed = 0
    for number, word in _COUNT.findall(text):
        if word == "passed":
            passed += int(number)
        elif word in {"failed", "error", "errors"}:
            failed += int(number)
    return passed, failed


def _unittest(text: str) -> tuple[int, int] | None:
    found = _UNITTEST.findall(text)
    if not found:
        return None
    ran, ending, details = found[-1]
    counts = {name.strip(): int(number) for name, _, number in (part.partition("=") for part in details.split(",")) if number.isdigit()}  # fmt: skip
    failed = sum(counts.get(name, 0) for name in ("failures", "errors", "unexpected successes"))
    failed = max(failed, 1) if ending == "FAILED" else failed
    return max(int(ran) - failed - counts.get("skipped", 0), 0), failed


def _jest(text: str) -> tuple[int, int] | None:
    found = _JEST.findall(text) or _VITEST.findall(text)
    return _named_counts(found[-1][0]) if found else None


def _mocha(text: str) -> tuple[int, int] | None:
    found = _MOCHA.findall(text)
    return (int(found[-1][0]), int(found[-1][1] or 0)) if found else None


def _go(text: str) -> tuple[int, int] | None:
    cases = _GO_CASE.findall(text)
    good, bad = len(_GO_OK.findall(text)), len(_GO_FAIL.findall(text))
    if not good and not bad:
        return None
    passed = cases.count("PASS") or good
    return passed, max(cases.count("FAIL"), min(bad, 1)) if bad else 0


def _cargo(text: str) -> tuple[int, int] | None:
    return _summed(_CARGO.findall(text))


def _maven(text: str) -> tuple[int, int] | None:
    found = _MAVEN.findall(text)
    if not found:
        return None
    ran, failures, errors, skipped = (int(one or 0) for one in found[-1])
    return max(ran - failures - errors - skipped, 0), failures + errors


def _gradle(text: str) -> tuple[int, int] | None:
    found = _GRADLE.findall(text)
    return (int(found[-1][0]) - int(found[-1][1]), int(found[-1][1])) if found else None


def _ctest(text: str) -> tuple[int, int] | None:
    found = _CTEST.findall(text)
    return (int(found[-1][1]) - int(found[-1][0]), int(found[-1][0])) if found else None


def _rspec(text: str) -> tuple[int, int] | None:
    found = _RSPEC.findall(text)
    return (int(found[-1][0]) - int(found[-1][1]), int(found[-1][1])) if found else None


def _phpunit(text: str) -> tuple[int, int] | None:
    found = _PHPUNIT.findall(text)
    if not found:
        return None
    fine, ran, errors, failures = (int(one or 0) for one in found[-1])
    return (fine, 0) if fine else (ran - errors - failures, errors + failures)


def _dotnet(text: str) -> tuple[int, int] | None:
    return _summed([(passed, failed) for failed, passed in _DOTNET.findall(text)])


def _tap(text: str) -> tuple[int, int] | None:
    if not _TAP_PLAN.search(text):
        return None
    lines = _TAP_LINE.findall(text)
    return lines.count("ok"), lines.count("not ok")


def _summed(found: list[tuple[str, str]]) -> tuple[int, int] | None:
    """Add up a runner that reports each part of a run by itself."""
    if not found:
        return None
    return sum(int(one[0]) for one in found), sum(int(one[1]) for one in found)


_READERS: Final[tuple[tuple[str, Callable[[str], tuple[int, int] | None]], ...]] = (
    ("pytest", _pytest),
    ("unittest", _unittest),
    ("jest", _jest),
    ("mocha", _mocha),
    ("cargo test", _cargo),
    ("maven", _maven),
    ("gradle", _gradle),
    ("ctest", _ctest),
    ("rspec", _rspec),
    ("phpunit", _phpunit),
    ("dotnet test", _dotnet),
    ("go test", _go),
    ("TAP", _tap),
)
