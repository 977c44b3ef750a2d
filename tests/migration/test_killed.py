"""A migration that is killed: the target is the old bank or the new one, and the same command finishes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reasoningbank import PatternInput, ReasoningBank
from reasoningbank.migration.running import migrate
from reasoningbank.storage import open_storage
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
    assert texts(target) - {("own", "own")} == expected
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


@pytest.mark.parametrize("existing", [True, False])
def test_killed_at_four_moments_it_ends_as_if_it_had_not_been(
    tmp_path: Path, existing: bool
) -> None:
    chance = random.Random(7)
    moments = [chance.uniform(0.3, 1.0) for _ in range(4)]
    kill_and_finish(tmp_path, 1_000, moments, existing=existing)


@pytest.mark.long
def test_killed_at_thirty_random_moments_of_fifty_thousand_rows(tmp_path: Path) -> None:
    seed = int(os.environ.get("FAULT_SEED", "0")) or random.randrange(2**32)
    sys.stdout.write(f"seed {seed}: repeat with FAULT_SEED={seed}\n")
    chance = random.Random(seed)
    moments = [chance.random() for _ in range(30)]
    kill_and_finish(tmp_path, 50_000, moments, existing=True)


@pytest.mark.parametrize("step", ["backing up", "converting", "validating", "switching"])
def test_killed_in_a_step_the_target_is_old_or_new(tmp_path: Path, step: str) -> None:
    source = foreign.many(tmp_path / "memory.db", 1_500)
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.put(OWN)
    process = started(source, tmp_path / "bank.db")
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == step:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert held(tmp_path / "bank.db") in {1, 1 + 1_350}
    migrate(str(source), tmp_path / "bank.db")
    assert held(tmp_path / "bank.db") == 1 + 1_350
