"""The SQLite engine: `open_file` and `open_memory` give a storage backend."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import Final

import apsw

from reasoningbank.domain.errors import Unavailable
from reasoningbank.domain.identifiers import new_id
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.storage.sqlite.backend import SqliteStorage
from reasoningbank.storage.sqlite.connections import Connections, MemoryConnections
from reasoningbank.storage.sqlite.creation import create_bank_file, write_schema
from reasoningbank.storage.sqlite.migrations import migrate
from reasoningbank.storage.sqlite.probing import schema_version_of, uri
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION
from reasoningbank.storage.sqlite.settings import ConnectionSettings, Durability, translated_error

DEFAULT_BUSY_TIMEOUT: Final = 30.0
"""Seconds a call waits for other writers before it raises `Busy`."""


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
    if not path.exists():
        now = _now()
        create_bank_file(path, new_id(now, secrets.token_bytes), format_timestamp(now))
    version = schema_version_of(path)
    settings = _settings(path, durability, busy_timeout)
    try:
        if version < SCHEMA_VERSION and not settings.read_only:
            migrate(settings, path)
        connections = Connections(settings)
        with connections.reading() as connection:
            connection.execute("SELECT 1 FROM bank_properties").fetchone()
    except apsw.Error as error:
        raise translated_error(error, str(path)) from error
    return SqliteStorage(connections, path, reason, verify_reads=verify_reads)


def open_memory(reason: str, *, verify_reads: bool = False) -> SqliteStorage:
    """Open a new bank that lasts until it is closed."""
    settings = ConnectionSettings(
        ":memory:", "memory:", read_only=False, durability="normal", busy_timeout=0.0
    )
    connections = MemoryConnections(settings)
    with connections.writing() as connection:
        now = _now()
        write_schema(connection, new_id(now, secrets.token_bytes), format_timestamp(now))
    return SqliteStorage(connections, None, reason, verify_reads=verify_reads)


def _settings(path: Path, durability: Durability, busy_timeout: float) -> ConnectionSettings:
    shown = str(path)
    if _writable(path):
        return ConnectionSettings(
            shown, shown, read_only=False, durability=durability, busy_timeout=busy_timeout
        )
    name = uri(path, "mode=ro")
    if not os.access(path.parent, os.W_OK):
        # SQLite cannot make the side files a reader needs. Without a log there is nothing in them
        # to miss; with one, a reader that ignored it would silently lose the newest patterns.
        log = path.with_name(path.name + "-wal")
        shared = path.with_name(path.name + "-shm")
        if not log.exists() or log.stat().st_size == 0:
            name = uri(path, "mode=ro", "immutable=1")
        elif not shared.exists():
            raise Unavailable(
                "has a write-ahead log that cannot be read in a read-only directory",
                path=shown,
                hint="Copy the file with its -wal to a directory you can write to.",
            )
    return ConnectionSettings(
        name, shown, read_only=True, durability=durability, busy_timeout=busy_timeout
    )


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _now() -> int:
    return time.time_ns() // 1_000_000
