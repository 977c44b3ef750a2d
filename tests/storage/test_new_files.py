"""What a new bank leaves on disk: files and directories that only their owner can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_bank_and_the_directory_made_for_it_are_their_owners_alone(tmp_path):
    previous = os.umask(0)
    try:
        with ReasoningBank.open(tmp_path / "new" / "bank.db") as bank:
            bank.store_pattern(task_description="a", task_category="b", strategy="c")
            found = {path.name: mode(path) for path in (tmp_path / "new").iterdir()}
    finally:
        os.umask(previous)

    assert mode(tmp_path / "new") == 0o700
    assert set(found) == {"bank.db", "bank.db-wal", "bank.db-shm"}
    assert set(found.values()) == {0o600}
