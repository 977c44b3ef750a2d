"""Kill migrations from other programs, run them again, and compare with one that was not killed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from reasoningbank import PatternInput, ReasoningBank
from reasoningbank.migration.running import migrate
from reasoningbank.storage import open_storage
from tests.faults.counting import count
from tests.migration import foreign

RUN = """
import sys
from reasoningbank.migration.running import migrate
def show(step, done, total):
    print(step, flush=True)
migrate(sys.argv[1], sys.argv[2], show=show)
"""


OWN = PatternInput(task_description="own", task_category="own", strategy="own")


def started(source: Path, target: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(source), str(target)], stdout=subprocess.PIPE, text=True
    )


def held(target: Path) -> int:
    """How many patterns the target holds; it is a sound bank at any time."""
    if not target.exists():
        return 0
    with ReasoningBank.open(target) as bank:
        assert all(finding.level != "error" for finding in bank.check(full=False))
        return bank.get_stats().total_patterns


def kill_and_finish(tmp_path: Path, rows: int, moments: list[float], *, existing: bool) -> None:
    """Kill migrations at parts of the time one takes, and compare what is finished with one unkilled.

    A killed one goes on where it was; when one gets to its end, the next begins with a new target.
    """
    source = foreign.many(tmp_path / "memory.db", rows)
    began = time.monotonic()
    migrate(str(source), tmp_path / "unkilled.db")
    whole = time.monotonic() - began + 0.3
    expected = texts(tmp_path / "unkilled.db")
    own = int(existing)
    target = fresh(tmp_path, 0, existing=existing)
    killed = 0
    for number, moment in enumerate(moments, 1):
        process = started(source, target)
        try:
            process.wait(whole * moment)
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        process.communicate()
        assert held(target) in {own, own + len(expected)}
        if held(target) == own + len(expected):
            finish(source, target, rows, expected)
            target = fresh(tmp_path, number, existing=existing)
    finish(source, target, rows, expected)
    sys.stdout.write(f"killed {killed} times of {len(moments)}\n")
    assert killed


def fresh(tmp_path: Path, number: int, *, existing: bool) -> Path:
    """Give a place for a new target, empty or with a pattern in it."""
    directory = tmp_path / f"target-{number}"
    directory.mkdir()
    if existing:
        with ReasoningBank.open(directory / "bank.db") as bank:
            bank.put(OWN)
    return directory / "bank.db"


def finish(source: Path, target: Path, rows: int, expected: set[tuple[str, str]]) -> None:
    """Run it to its end: nothing is lost, nothing there twice, nothing left over."""
    report = migrate(str(source), target)
    assert report.tally.total("rejected") == 0
    assert sum(report.tally.total(fate) for fate in ("migrated", "merged", "known")) == rows
    there = texts(target) - {("own", "own")}
    count(acknowledged=len(expected), lost=len(expected - there), doubled=len(there - expected))
    assert there == expected
    with ReasoningBank.open(target) as bank:
        assert all(finding.level != "error" for finding in bank.check())
    assert list(target.with_name("bank.db.migrations").rglob("finished*")) == []


def texts(path: Path) -> set[tuple[str, str]]:
    storage = open_storage(path)
    try:
        found = [
            (record.pattern.task_description, record.pattern.strategy)
            for record in storage.records("default")
        ]
    finally:
        storage.close()
    assert len(found) == len(set(found))
    return set(found)
