"""The file of a rollout's journal: its tables, and how it is begun."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import apsw
import msgspec

from reasoningbank.storage.rollout.state import RolloutState
from reasoningbank.storage.sqlite.settings import translated_error

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS rollout (
    one INTEGER PRIMARY KEY CHECK (one = 1), state TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS intents (
    intent INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace TEXT NOT NULL, subjects TEXT, owner TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS idx_intents ON intents (namespace);
CREATE TABLE IF NOT EXISTS queue (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, at TEXT NOT NULL,
    failure TEXT, UNIQUE (namespace, kind, id)
) STRICT;
CREATE TABLE IF NOT EXISTS writes (namespace TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS counters (
    name TEXT NOT NULL, operation TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (name, operation)
) STRICT;
CREATE TABLE IF NOT EXISTS notes (
    note INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
"""


def create_journal(directory: Path, state: RolloutState) -> None:
    """Make the journal of a new rollout, or begin one anew in the journal of an ended one."""
    directory.mkdir(mode=0o700, exist_ok=True)
    place = directory / "journal.db"
    if not place.exists():
        os.close(os.open(place, os.O_CREAT | os.O_RDWR, 0o600))
    connection = apsw.Connection(str(place))
    try:
        connection.set_busy_timeout(10_000)
        for _ in connection.execute("PRAGMA journal_mode=WAL"):
            pass
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_SCHEMA)
        for table in ("intents", "queue", "counters", "notes"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
        connection.execute(
            "INSERT INTO rollout (one, state) VALUES (1, ?1) "
            "ON CONFLICT (one) DO UPDATE SET state = ?1",
            (msgspec.json.encode(state).decode(),),
        )
        connection.execute("COMMIT")
    except apsw.Error as error:
        raise translated_error(error, str(directory)) from error
    finally:
        connection.close()
