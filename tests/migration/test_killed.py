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
    """Kill migrations at parts of the time one takes, then finish, and compare with one unkilled."""
    source = foreign.many(tmp_path / "memory.db", rows)
    distinct = rows - rows // 10
    target = tmp_path / "bank.db"
    own = int(existing)
    if existing:
        with ReasoningBank.open(target) as bank:
            bank.put(OWN)
    began = time.monotonic()
    migrate(str(source), tmp_path / "unkilled.db")
    whole = time.monotonic() - began + 0.5
    for moment in moments:
        process = started(source, target)
        time.sleep(whole * moment)
        process.kill()
        process.communicate()
        assert held(target) in {own, own + distinct}
    report = migrate(str(source), target)
    assert held(target) == own + distinct
    counted = report.tally.total("migrated") + report.tally.total("known")
    assert (counted, report.tally.total("rejected")) in {(distinct, 0), (rows, 0)}
    assert texts(target) - {("own", "own")} == texts(tmp_path / "unkilled.db")
    with ReasoningBank.open(target) as bank:
        assert all(finding.level != "error" for finding in bank.check())
    left = [file.name for file in (tmp_path / "bank.db.migrations").rglob("finished*")]
    assert left == []


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
