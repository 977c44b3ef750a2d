"""The SQLite engine: `open_file` and `open_memory` give a storage backend."""

from __future__ import annotations

import os
import time
from pathlib import Path

import apsw

from reasoningbank.domain.errors import Unavailable
from reasoningbank.domain.identifiers import new_id
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.storage.contract import DEFAULT_BUSY_TIMEOUT
from reasoningbank.storage.sqlite.backend import SqliteStorage
from reasoningbank.storage.sqlite.connections import Connections, MemoryConnections
from reasoningbank.storage.sqlite.creation import create_bank_file, write_schema
from reasoningbank.storage.sqlite.migrations import migrate
from reasoningbank.storage.sqlite.probing import check_version, schema_version_of
from reasoningbank.storage.sqlite.read_only import ReadOnlyConnections
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION
from reasoningbank.storage.sqlite.settings import ConnectionSettings, Durability, translated_error


def open_file(
    path: Path,
    reason: str,
    *,
    durability: Durability = "normal",
    busy_timeout: float = DEFAULT_BUSY_TIMEOUT,
    verify_reads: bool = False,
) -> SqliteStorage:
    """Open the bank at `path`, making it if there is no file.

    A file that cannot be written is opened for reading.

    Raises:
        StorageCorrupt, ForeignDatabase, SchemaTooNew: See `probing.schema_version_of`.
        Unavailable: When it can be neither read nor made.
    """
    if not _is_there(path):
        now = _now()
        create_bank_file(path, new_id(now, os.urandom), format_timestamp(now))
    version = schema_version_of(path)
    connections: Connections
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        settings = ConnectionSettings(
            str(path),
            str(path),
            read_only=False,
            durability=durability,
            busy_timeout=busy_timeout,
        )
        _bring_up_to_date(settings, path, version)
        connections = Connections(settings)
    else:
        connections = ReadOnlyConnections(path, busy_timeout)
    try:
        with connections.reading() as connection:
            # Unlike probing, this sees what stands in the log alone.
            [(version,)] = connection.execute("PRAGMA user_version")
            connection.execute("SELECT 1 FROM bank_properties").fetchone()
        check_version(version, path)
    except BaseException:
        connections.close()
        raise
    return SqliteStorage(connections, path, reason, verify_reads=verify_reads)


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise Unavailable(
            f"cannot be looked for: {error.strerror}",
            path=str(path),
            hint="Check its name and the permissions of the directories above it.",
        ) from error
    return True


def _bring_up_to_date(settings: ConnectionSettings, path: Path, version: int) -> None:
    if version < SCHEMA_VERSION:
        try:
            migrate(settings, path)
        except apsw.Error as error:
            raise translated_error(error, str(path)) from error
        except OSError as error:
            raise Unavailable(
                f"cannot be copied before it is brought up to date: {error.strerror}",
                path=str(path),
                hint="Make room beside it; nothing was changed.",
            ) from error


def open_memory(reason: str, *, verify_reads: bool = False) -> SqliteStorage:
    """Open a new bank that lasts until it is closed."""
    settings = ConnectionSettings(
        ":memory:", "memory:", read_only=False, durability="normal", busy_timeout=0.0
    )
    connections = MemoryConnections(settings)
    with connections.writing() as connection:
        now = _now()
        write_schema(connection, new_id(now, os.urandom), format_timestamp(now))
    return SqliteStorage(connections, None, reason, verify_reads=verify_reads)


def _now() -> int:
    return time.time_ns() // 1_000_000
