"""What a file is, found out without touching it, not even its ``-wal`` and ``-shm``."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

import apsw

from reasoningbank.domain.errors import (
    ForeignDatabase,
    SchemaTooNew,
    StorageCorrupt,
    Unavailable,
)
from reasoningbank.storage.sqlite.schema import APPLICATION_ID, SCHEMA_VERSION
from reasoningbank.storage.sqlite.settings import translated_error

_HEADER_BYTES: Final = 100
_MAGIC: Final = b"SQLite format 3\0"

_OURS: Final = "reasoningbank"
# (name, table, columns that tell it from others of the same table name); the first match counts.
_SCHEMAS: Final[tuple[tuple[str, str, frozenset[str]], ...]] = (
    (_OURS, "bank_properties", frozenset({"name", "value"})),
    ("agentic-flow", "patterns", frozenset({"type", "pattern_data", "confidence"})),
    ("claude-flow 3", "patterns", frozenset({"pattern_type", "condition", "action"})),
    ("source document", "patterns", frozenset({"task_category", "task_description", "data"})),
    ("claude-flow 3", "memory_entries", frozenset({"content", "embedding_model"})),
    ("claude-flow 2", "memory_entries", frozenset({"key", "value", "namespace"})),
    ("claude-flow 2 hive-mind", "memory_store", frozenset({"key", "value", "namespace"})),
    ("claude-flow 2 hive-mind", "collective_memory", frozenset({"key", "value"})),
    ("agentdb", "reasoning_patterns", frozenset({"task_type", "approach"})),
    ("agentdb 1.0", "vectors", frozenset({"embedding", "norm", "metadata"})),
)


def uri(path: Path, *parameters: str) -> str:
    """Give the ``file:`` URI of an absolute path."""
    return f"{path.as_uri()}?{'&'.join(parameters)}"


def schema_version_of(path: Path) -> int:
    """Give the schema version of the bank at `path`, which must exist.

    The file is read through SQLite with ``immutable=1``: no lock, no side files. Reading it by
    other means would drop the locks this process may hold on it
    (sqlite.org/howtocorrupt.html, section 2.2).

    Raises:
        StorageCorrupt: For an empty file, or one whose header is no database's or does not go with its tables.
        ForeignDatabase: For a database that is not a bank, by its header and its tables.
        SchemaTooNew: For a bank of a newer release.
        Unavailable: When it is no file or cannot be read.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise Unavailable(f"cannot be read: {error.strerror}", path=str(path)) from error
    if stat.S_ISDIR(state.st_mode):
        raise Unavailable("is a directory", path=str(path), hint="Name a file in it.")
    if not stat.S_ISREG(state.st_mode):
        raise Unavailable("is no regular file", path=str(path), hint="Name another file.")
    size = state.st_size
    if size == 0:
        raise StorageCorrupt(
            "is empty (0 bytes), so it was truncated or never written",
            path=str(path),
            hint="Restore a backup over it, or remove it yourself to start afresh.",
        )
    header = _header(path, size)
    if header[:16] != _MAGIC:
        raise StorageCorrupt(
            "is not a SQLite database, or its header is damaged",
            path=str(path),
            hint="Name another file, or restore a backup.",
        )
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise _not_marked(path)
    _check_whole(path, size, header)
    version = int.from_bytes(header[60:64], "big")
    if version > SCHEMA_VERSION:
        raise _too_new(version, path)
    return version


def check_version(version: int, path: Path) -> None:
    """Raise unless this release can use a bank of that schema version as it stands."""
    if version > SCHEMA_VERSION:
        raise _too_new(version, path)
    if version < SCHEMA_VERSION:
        raise Unavailable(
            f"has schema {version} of an older release and cannot be written, so it cannot be "
            "brought up to date",
            path=str(path),
            hint="Open it once where it can be written, or a copy of it.",
        )


def _check_whole(path: Path, size: int, header: bytes) -> None:
    """Raise when the last page is cut off, which SQLite would read as if it ended in zeros."""
    # What a killed checkpoint left unfinished is finished from the log.
    page_size = int.from_bytes(header[16:18], "big")
    if page_size > 1 and size % page_size and not path.with_name(path.name + "-wal").exists():
        raise StorageCorrupt(
            f"is cut off: {size:,} bytes are no whole number of pages",
            path=str(path),
            hint="Restore a backup. Without one, `reasoningbank recover DAMAGED NEW` saves what "
            "is left.",
        )


def _too_new(version: int, path: Path) -> SchemaTooNew:
    return SchemaTooNew(
        f"has schema {version}; this release reads up to {SCHEMA_VERSION}",
        found=version,
        supported=SCHEMA_VERSION,
        path=str(path),
        hint="Upgrade agent-reasoningbank.",
    )


def _header(path: Path, size: int) -> bytes:
    try:
        connection = apsw.Connection(
            uri(path, "mode=ro", "immutable=1"),
            flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
        )
    except apsw.Error as error:
        raise translated_error(error, str(path)) from error
    try:
        # A file shorter than a header is read as far as it goes and padded with zeros.
        _, header = connection.read("main", 0, 0, _HEADER_BYTES)
    except apsw.Error as error:
        raise StorageCorrupt(
            f"has only {size} bytes that can be read", path=str(path), hint="Restore a backup."
        ) from error
    finally:
        connection.close()
    return header


def _not_marked(path: Path) -> ForeignDatabase | StorageCorrupt:
    """Give the error for a database whose header does not say that it is a bank."""
    schema = _schema_of(path)
    if schema == _OURS:
        return StorageCorrupt(
            "has the tables of a bank, but its header is damaged",
            path=str(path),
            hint="Restore a backup.",
        )
    known = f"a database of {schema}" if schema != "unknown" else "another program's database"
    return ForeignDatabase(
        f"is {known}, not a bank; it was left as it is",
        schema=schema,
        path=str(path),
        hint=f"Take its content over with `{_command(path)}`, or name another file.",
    )


def _command(path: Path) -> str:
    import shlex

    return shlex.join(["reasoningbank", "migrate", str(path)])


def _schema_of(path: Path) -> str:
    try:
        connection = apsw.Connection(
            uri(path, "mode=ro", "immutable=1"),
            flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
        )
    except apsw.Error:
        return "unknown"
    try:
        # With this SQLite reads the schema of a file that is cut off further down, too.
        connection.execute("PRAGMA writable_schema=ON")
        for name, table, columns in _SCHEMAS:
            found = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
            if columns <= {str(row[0]) for row in found}:
                return name
    except apsw.Error:
        return "unknown"  # damaged or still being written: the refusal does not depend on the name
    finally:
        connection.close()
    return "unknown"
