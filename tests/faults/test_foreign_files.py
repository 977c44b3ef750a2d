"""Databases of other programs, and banks of later releases: recognised, refused, and not touched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw
import pytest

from reasoningbank import ForeignDatabase, ReasoningBank, SchemaTooNew, StorageCorrupt
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION
from tests.faults.foreign_files import TABLES, made_foreign
from tests.faults.observing import digests
from tests.faults.operations import build, opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "place"
    place.mkdir()
    return place


@contextmanager
def refused_untouched(path: Path) -> Iterator[pytest.ExceptionInfo[ForeignDatabase]]:
    """Expect a refusal by the block, twice, that leaves the folder as it is to the byte."""
    before = digests(path.parent)
    with pytest.raises(ForeignDatabase) as raised:
        ReasoningBank.open(path)
    assert digests(path.parent) == before
    assert raised.value.path == str(path)
    yield raised


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize("name", TABLES)
def test_a_database_of_another_program_is_named_refused_and_left_alone(
    name: str, journal: str, folder: Path
) -> None:
    schema, table = TABLES[name]
    made_foreign(folder / "memory.db", table, journal).close()
    with refused_untouched(folder / "memory.db") as raised:
        assert raised.value.schema == schema
        assert f"reasoningbank migrate {folder / 'memory.db'}" in str(raised.value)


def test_one_with_a_log_is_left_alone_with_its_log(folder: Path) -> None:
    with closing(made_foreign(folder / "living.db", TABLES["agentdb"][1], "wal")):
        for side in ("", "-wal", "-shm"):
            shutil.copyfile(folder / f"living.db{side}", folder / f"memory.db{side}")
    assert (folder / "memory.db-wal").stat().st_size > 0
    with refused_untouched(folder / "memory.db"):
        pass


def test_one_that_its_program_holds_locked_is_refused_at_once(folder: Path) -> None:
    with closing(made_foreign(folder / "memory.db", TABLES["agentdb"][1], "delete")) as owner:
        owner.execute("BEGIN EXCLUSIVE")
        with refused_untouched(folder / "memory.db") as raised:
            assert raised.value.schema == "agentdb"
        owner.execute("COMMIT")


def test_an_empty_database_of_another_program_is_refused(folder: Path) -> None:
    with closing(apsw.Connection(str(folder / "memory.db"))) as connection:
        connection.execute("PRAGMA user_version=3")
    with refused_untouched(folder / "memory.db") as raised:
        assert raised.value.schema == "unknown"


# The packages that made the files of the evaluation data, by the beginning of the file's name.
SHARED_SCHEMAS = {
    "agentic-flow": "agentic-flow",
    "agentdb-1.0": "agentdb 1.0",
    "agentdb": "agentdb",
    "claude-flow-2.7.47_hive-mind": "claude-flow 2 hive-mind",
    "claude-flow-2.7.47_swarm": "agentic-flow",
    "claude-flow-3": "claude-flow 3",
    "edge-live-wal": "agentic-flow",
    "edge-truncated": "agentic-flow",
}


def test_real_databases_of_other_programs_are_refused_and_left_alone(
    folder: Path, shared: Path
) -> None:
    databases = sorted((shared / "data" / "foreign").glob("*.db"))
    assert databases, "the folder of foreign databases is empty"
    for database in databases:
        for side in database.parent.glob(f"{database.name}*"):
            shutil.copyfile(side, folder / side.name)
        content = database.read_bytes()
        if not content.startswith(b"SQLite format 3\0"):
            before = digests(folder)
            with pytest.raises(StorageCorrupt):
                ReasoningBank.open(folder / database.name)
            assert digests(folder) == before
            continue
        with refused_untouched(folder / database.name) as raised:
            expected = [s for name, s in SHARED_SCHEMAS.items() if database.name.startswith(name)]
            assert raised.value.schema == (expected or ["unknown"])[0], database.name


def test_a_bank_of_a_later_release_is_refused_and_left_alone(folder: Path) -> None:
    build(folder / "bank.db")
    with closing(apsw.Connection(str(folder / "bank.db"))) as later:
        later.execute("PRAGMA user_version=99")
    before = digests(folder)
    with pytest.raises(SchemaTooNew) as raised:
        ReasoningBank.open(folder / "bank.db")
    assert (raised.value.found, raised.value.supported) == (99, SCHEMA_VERSION)
    assert digests(folder) == before


def test_so_it_is_where_only_the_log_says_that_it_is_later(folder: Path) -> None:
    build(folder / "bank.db")
    with closing(apsw.Connection(str(folder / "bank.db"))) as later:
        later.execute("PRAGMA wal_autocheckpoint=0").fetchall()
        later.execute("PRAGMA user_version=99")
        before = (folder / "bank.db").stat()
        with pytest.raises(SchemaTooNew) as raised:
            ReasoningBank.open(folder / "bank.db")
        assert raised.value.found == 99
        assert (folder / "bank.db").stat() == before


def test_a_bank_of_an_earlier_release_that_cannot_be_written_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reasoningbank.storage import sqlite

    build(folder / "bank.db")
    with closing(apsw.Connection(str(folder / "bank.db"))) as earlier:
        earlier.execute("PRAGMA user_version=0")
    with pytest.raises(StorageCorrupt, match="schema 0"):
        ReasoningBank.open(folder / "bank.db")
    monkeypatch.setattr(sqlite.os, "access", lambda *_: False)  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="older release") as raised:
        ReasoningBank.open(folder / "bank.db")
    assert raised.value.code == "unavailable"  # type: ignore[attr-defined]


def test_a_bank_is_not_foreign_to_itself(folder: Path) -> None:
    build(folder / "bank.db")
    with opened(folder / "bank.db") as bank:
        assert bank.get_stats().total_patterns == 5
