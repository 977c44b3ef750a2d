"""A migration that is killed: the target is the old bank or the new one, and the same command finishes."""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.migration.running import migrate
from tests.migration import foreign
from tests.migration.killing import OWN, held, kill_and_finish, started


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
