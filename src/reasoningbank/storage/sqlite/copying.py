"""Copies of a bank file, taken while others use it, with SQLite's backup interface."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from reasoningbank.domain.errors import Conflict, Unavailable
from reasoningbank.storage.sqlite.creation import put_in_place, reserved_beside
from reasoningbank.storage.sqlite.read_only import ReadOnlyConnections
from reasoningbank.storage.sqlite.settings import ConnectionSettings, translated_error

_PAGES_A_STEP: Final = 4096
_BUSY_TIMEOUT: Final = 30.0


def copy_into(
    connection: apsw.Connection,
    path: Path,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Copy what `connection` sees into the file at `path`, which must be there and be empty.

    The copy is of one moment: in a read transaction of the connection's own, of that
    transaction's. Others read and write the bank meanwhile. Whoever gives the file its name makes
    it last (`creation.put_in_place` does); a copy that was cut short has no name yet.

    Args:
        connection: A connection to the bank, or to one in memory.
        path: The file to fill.
        progress: Called with the pages copied and the pages there are.
    """
    own = not connection.in_transaction
    target = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        # It is worth nothing before it is whole, so nothing in it needs to be undone.
        for _ in target.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF"):
            pass
        if own:
            connection.execute("BEGIN")
            connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
        with target.backup("main", connection, "main") as backup:
            while not backup.done:
                backup.step(_PAGES_A_STEP)
                if progress is not None:
                    progress(backup.page_count - backup.remaining, backup.page_count)
    finally:
        target.close()
        if own and connection.in_transaction:
            connection.execute("ROLLBACK")


def copy_bank(
    source: Path, target: Path, progress: Callable[[int, int], None] | None = None
) -> None:
    """Copy the bank at `source`, which others may be writing, to a new file at `target`.

    Its schema is left as it is, and so is `source`. `target` gets its name when it is whole and on
    the disk, with the mode 0600.

    Raises:
        Conflict: When `target` is there already.
        Unavailable: When one cannot be read or the other not be written.
        StorageCorrupt: When `source` is no database.
    """
    try:
        with opened_for_reading(source) as connection, reserved_beside(target) as temporary:
            copy_into(connection, temporary, progress)
            if not put_in_place(temporary, target):
                raise Conflict(f"{target} is there already", hint="Name a new file.")
    except apsw.Error as error:
        raise translated_error(error, str(source)) from error
    except OSError as error:
        raise Unavailable(
            f"cannot be written: {error.strerror}",
            path=str(target),
            hint="Choose a directory you can write to.",
        ) from error


@contextmanager
def opened_for_reading(path: Path) -> Iterator[apsw.Connection]:
    """Lend a connection to the bank at `path`, whatever its schema, that reads all committed."""
    # Unlike a reader that may not write, one that may can read the log of a writer that was killed.
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        settings = ConnectionSettings(
            str(path), str(path), read_only=False, durability="normal", busy_timeout=_BUSY_TIMEOUT
        )
        connection = settings.open()
        try:
            yield connection
        finally:
            connection.close()
        return
    connections = ReadOnlyConnections(path, _BUSY_TIMEOUT)
    try:
        with connections.reading() as reader:
            yield reader
    finally:
        connections.close()
