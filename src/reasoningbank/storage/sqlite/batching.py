"""A bank opened by one who writes a great deal: many writes can be one transaction.

Each write alone appends every page it touches to the log; a hundred thousand of them wrote 10 GB
where 256 to a transaction write a few hundred MB.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import apsw

from reasoningbank.storage.contract import DEFAULT_BUSY_TIMEOUT
from reasoningbank.storage.sqlite.connections import Connections
from reasoningbank.storage.sqlite.settings import ConnectionSettings, translated_error

if TYPE_CHECKING:
    from reasoningbank.storage.sqlite.backend import SqliteStorage

# Rows come in the order of another program, so they touch pages all over the indexes: 32 MB hold
# those of 100,000 patterns, and a log of 64 MB lets many changes of a page be written back as one.
_CACHE_KIBIBYTES: Final = 32 * 1024
_LOG_PAGES: Final = 16 * 1024


class _BatchSettings(ConnectionSettings):
    """How the one writer of batches is opened."""

    def open(self) -> apsw.Connection:
        connection = super().open()
        for pragma in (f"cache_size=-{_CACHE_KIBIBYTES}", f"wal_autocheckpoint={_LOG_PAGES}"):
            for _ in connection.execute(f"PRAGMA {pragma}"):
                pass
        return connection


class BatchedConnections(Connections):
    """Lend the writer inside a batch's transaction, where one is open."""

    def __init__(self, settings: ConnectionSettings) -> None:
        super().__init__(settings)
        self._batch: apsw.Connection | None = None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make the writes of a ``with`` block one transaction; those that fail are undone alone.

        For one thread. What was written is seen by reads when the block is over.
        """
        try:
            connection = super().begin()
            self._batch = connection
            try:
                yield
            except BaseException:
                self._batch = None
                super().rollback(connection)
                raise
            self._batch = None
            super().commit(connection)
        except apsw.Error as error:
            raise translated_error(error, self.settings.shown) from error

    def begin(self, patience: float | None = None) -> apsw.Connection:
        if self._batch is None:
            return super().begin(patience)
        self._batch.execute("SAVEPOINT one_write")
        return self._batch

    def commit(self, connection: apsw.Connection) -> None:
        if connection is self._batch:
            connection.execute("RELEASE one_write")
        else:
            super().commit(connection)

    def rollback(self, connection: apsw.Connection) -> None:
        if connection is self._batch:
            connection.execute("ROLLBACK TO one_write; RELEASE one_write")
        else:
            super().rollback(connection)


def open_for_batches(path: Path) -> tuple[SqliteStorage, BatchedConnections]:
    """Open the bank at `path`, making it if there is none, with what makes batches of its writes.

    Raises:
        StorageCorrupt, ForeignDatabase, SchemaTooNew, Unavailable: As for `open_file`.
    """
    from reasoningbank.storage.sqlite import open_file
    from reasoningbank.storage.sqlite.backend import SqliteStorage

    reason = "opened to write a great deal"
    open_file(path, reason).close()  # makes it, checks it, and brings it up to date
    connections = BatchedConnections(
        _BatchSettings(
            str(path),
            str(path),
            read_only=False,
            durability="normal",
            busy_timeout=DEFAULT_BUSY_TIMEOUT,
        )
    )
    return SqliteStorage(connections, path, reason, verify_reads=False), connections
