"""Going from one schema to the next: a backup first, then all of a step or nothing."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from reasoningbank import PatternInput, ReasoningBank, StorageCorrupt
from reasoningbank.storage.sqlite.migrations import migrate
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION
from reasoningbank.storage.sqlite.settings import ConnectionSettings

NOW = SCHEMA_VERSION
STEPS = {
    NOW + 1: ("ALTER TABLE patterns ADD COLUMN colour TEXT; CREATE TABLE two (x TEXT) STRICT"),
    NOW + 2: "CREATE TABLE three (x TEXT) STRICT",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank:
        bank.put(PatternInput(task_description="a", task_category="b", strategy="c"))
    return path


def settings(path: Path) -> ConnectionSettings:
    return ConnectionSettings(
        str(path), str(path), read_only=False, durability="normal", busy_timeout=5.0
    )


def version(path: Path) -> int:
    connection = apsw.Connection(str(path))
    [(found,)] = connection.execute("PRAGMA user_version")
    connection.close()
    return int(found)


def patterns(path: Path) -> int:
    connection = apsw.Connection(str(path))
    [(found,)] = connection.execute("SELECT COUNT(*) FROM patterns")
    connection.close()
    return int(found)


def test_each_step_is_taken_once_with_a_backup_before_it(path: Path) -> None:
    backups = migrate(settings(path), path, steps=STEPS, target=NOW + 2)
    assert version(path) == NOW + 2
    assert [version(backup) for backup in backups] == [NOW, NOW + 1]
    assert patterns(path) == patterns(backups[0]) == 1
    assert migrate(settings(path), path, steps=STEPS, target=NOW + 2) == []


def test_a_backup_is_readable_by_its_owner_alone_and_never_overwritten(path: Path) -> None:
    taken = path.with_name(f"bank.db.backup-schema-{NOW}")
    taken.write_text("somebody's")
    [backup] = migrate(settings(path), path, steps=STEPS, target=NOW + 1)
    assert taken.read_text() == "somebody's"
    assert backup.stat().st_mode & 0o777 == 0o600


def test_a_step_that_fails_leaves_the_version_before_it(path: Path) -> None:
    broken = {NOW + 1: "CREATE TABLE two (x TEXT) STRICT; CREATE TABLE patterns (x TEXT)"}
    with pytest.raises(apsw.SQLError):
        migrate(settings(path), path, steps=broken, target=NOW + 1)
    assert version(path) == NOW
    connection = apsw.Connection(str(path))
    assert not connection.table_exists("main", "two")
    connection.close()
    with ReasoningBank.open(path) as bank:
        assert bank.get_stats().total_patterns == 1


def test_a_version_from_which_no_step_leads_is_reported(path: Path) -> None:
    with pytest.raises(StorageCorrupt):
        migrate(settings(path), path, steps={NOW + 2: "SELECT 1"}, target=NOW + 2)


def test_a_step_another_process_took_meanwhile_is_not_taken_again(path: Path) -> None:
    migrate(settings(path), path, steps=STEPS, target=NOW + 1)

    class Stale(ConnectionSettings):
        def open(self) -> apsw.Connection:
            connection = super().open()
            self.asked = 0

            def trace(cursor: object, sql: str, bindings: object) -> bool:
                if sql == "BEGIN":  # of the copy that is made first
                    other = apsw.Connection(str(path))
                    other.execute(STEPS[NOW + 2] + f"; PRAGMA user_version={NOW + 2}")
                    other.close()
                return True

            connection.exec_trace = trace
            return connection

    stale = Stale(str(path), str(path), read_only=False, durability="normal", busy_timeout=5.0)
    migrate(stale, path, steps=STEPS, target=NOW + 2)
    assert version(path) == NOW + 2
