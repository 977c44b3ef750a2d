"""A bank in a rollout is not replaced by a migration: its other bank would not hear of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoningbank import Conflict
from reasoningbank.migration.rolling_back import roll_back
from reasoningbank.migration.running import migrate
from tests.faults.operations import build
from tests.storage.rollout.pairs import begun


@pytest.fixture
def path(tmp_path: Path) -> Path:
    build(tmp_path / "bank.db")
    begun(tmp_path / "bank.db", percent=0)
    return tmp_path / "bank.db"


def test_migrating_to_it_is_refused(path, tmp_path):
    (tmp_path / "memories.jsonl").write_text('{"id": "1", "memory": "Likes tea."}\n')

    with pytest.raises(Conflict):
        migrate(str(tmp_path / "memories.jsonl"), path)


def test_taking_a_migration_back_is_refused(path):
    with pytest.raises(Conflict):
        roll_back(path)
