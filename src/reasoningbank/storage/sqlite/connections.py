"""Connections to one bank: one writer, a few readers, and what guards them."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import Final

import apsw

from reasoningbank.domain.errors import Unavailable
from reasoningbank.storage.sqlite.loans import (
    Loan,
    Maintenance,
    Moment,
    Snapshot,
    Transaction,
)
from reasoningbank.storage.sqlite.settings import (
    ConnectionSettings,
    jittered_wait,
    translated_error,
)

_READERS: Final = 4


class Connections:
    """Lend connections to one bank: any number of readers up to a limit, one writer at a time.

    Every loan checks that the bank is open and that this is the process that opened it: SQLite
    connections must not cross a fork (sqlite.org/howtocorrupt.html, section 2.6).
    """

    def __init__(self, settings: ConnectionSettings) -> None:
        self.settings = settings
        self._process = os.getpid()
        self._closed = False
        self._idle: list[apsw.Connection] = []
        self._opened = 0
        self._available = threading.Condition()
        self._write_lock = threading.Lock()
        self._writer: apsw.Connection | None = None

    def check(self) -> None:
        """Raise `Unavailable` when the bank was closed or opened by another process."""
        if self._closed:
            raise Unavailable("the bank is closed", hint="Open it again.")
        if os.getpid() != self._process:
            raise Unavailable(
                "the bank was opened before this process was forked",
                hint="Open it again in this process.",
            )

    def reading(self) -> Loan:
        """Lend a reader, as a context manager; it may be in no transaction when it ends."""
        return Loan(self)

    def moment(self) -> Moment:
        """Lend a reader for which the bank stands still, for several questions about one moment."""
        return Moment(self)

    def writing(self, patience: float | None = None) -> Transaction:
        """Lend the writer inside an immediate transaction: commits, or rolls back on an error.

        With a `patience` it waits for other processes that many seconds, and not as long as others.
        """
        return Transaction(self, patience)

    def maintaining(self) -> Maintenance:
        """Lend the writer outside a transaction, for what cannot run inside one."""
        return Maintenance(self)

    def snapshot(self) -> Snapshot:
        """Lend a connection that goes on seeing the bank as of now, of any age."""
        return Snapshot(self)

    def take(self) -> apsw.Connection:
        """Take a reader; `give_back` must follow."""
        self.check()
        try:
            return self._idle.pop()
        except IndexError:
            pass
        with self._available:
            while not self._idle and self._opened >= _READERS:
                self._available.wait()
                self.check()
            if self._idle:
                return self._idle.pop()
            self._opened += 1
        try:
            return self._connect()
        except BaseException as error:
            self._make_room(1)
            if isinstance(error, apsw.Error):
                raise translated_error(error, self.settings.shown) from error
            raise

    def give_back(self, connection: apsw.Connection) -> None:
        """Take a reader back."""
        self._idle.append(connection)
        if self._closed:
            self._close_idle()
        elif self._opened >= _READERS:
            with self._available:
                self._available.notify()

    def give_back_after_error(self, connection: apsw.Connection) -> None:
        """Take a reader back out of whatever it was doing; one that cannot be got out is closed."""
        if _rolled_back(connection):
            self.give_back(connection)
        else:
            self._dismiss([connection])

    def in_use(self) -> tuple[int, int, int]:
        """Give how many connections are open, how many of them idle, and how many there may be."""
        writers = int(self._writer is not None)
        idle = len(self._idle) + (writers if not self._write_lock.locked() else 0)
        return self._opened + writers, idle, _READERS + 1

    def _connect(self) -> apsw.Connection:
        return self.settings.open()

    def _dismiss(self, readers: Sequence[apsw.Connection]) -> None:
        """Close readers that are not lent again; others may take their places."""
        self._make_room(len(readers))
        for connection in readers:
            connection.close()

    def _make_room(self, count: int) -> None:
        with self._available:
            self._opened -= count
            self._available.notify(count)

    def take_writer(self) -> apsw.Connection:
        """Take the writer; `release_writer` must follow."""
        self.check()
        if self.settings.read_only:
            raise Unavailable(
                "is read-only, so nothing can be stored in it",
                path=self.settings.shown,
                hint="Check the permissions of the file and of its directory.",
            )
        self._write_lock.acquire()
        try:
            self.check()
            if self._writer is None:
                self._writer = self.settings.open()
        except BaseException:
            self._write_lock.release()
            raise
        return self._writer

    def release_writer(self) -> None:
        """Let the next writer in."""
        self._write_lock.release()

    def begin(self, patience: float | None = None) -> apsw.Connection:
        """Take the writer and begin an immediate transaction; `commit` or `rollback` must follow."""
        connection = self.take_writer()
        try:
            if patience is None:
                connection.execute("BEGIN IMMEDIATE")
            else:
                self._begin_within(connection, patience)
        except BaseException:
            self.release_writer()
            raise
        return connection

    def _begin_within(self, connection: apsw.Connection, patience: float) -> None:
        connection.set_busy_handler(jittered_wait(patience))
        try:
            connection.execute("BEGIN IMMEDIATE")
        finally:
            connection.set_busy_handler(jittered_wait(self.settings.busy_timeout))

    def commit(self, connection: apsw.Connection) -> None:
        """End the writer's transaction so that it lasts, or undo it and raise."""
        try:
            connection.execute("COMMIT")
        except BaseException:
            self._undo(connection)
            raise
        finally:
            self.release_writer()

    def rollback(self, connection: apsw.Connection) -> None:
        """End the writer's transaction as if it had never begun."""
        try:
            self._undo(connection)
        finally:
            self.release_writer()

    def _undo(self, connection: apsw.Connection) -> None:
        if not _rolled_back(connection):
            # Closing undoes it as well, and the next writer gets a connection that works.
            self._writer = None
            connection.close()

    def open_snapshot(self) -> apsw.Connection:
        """Give a new connection whose read transaction has begun; the caller closes it."""
        connection = self.settings.open()
        try:
            connection.execute("BEGIN")
            connection.execute("SELECT 1 FROM bank_properties").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close every connection; in a forked child, forget them instead."""
        if self._closed:
            return
        if os.getpid() != self._process:
            self._closed = True
            return
        with self._write_lock, self._available:
            self._closed = True
            self._close_idle()
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self._available.notify_all()

    def _close_idle(self) -> None:
        """Close the readers at rest; a loan that ends while the bank is closing comes here too."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return
            connection.close()


def _rolled_back(connection: apsw.Connection) -> bool:
    """End a connection's transaction, if there is one, undoing it; give whether that worked."""
    # After a full disk or an I/O error SQLite has rolled back by itself.
    if not connection.in_transaction:
        return True
    try:
        connection.execute("ROLLBACK")
    except apsw.Error:
        return False
    return True


class MemoryConnections(Connections):
    """Lend the one connection there is to a bank in memory, to one borrower at a time."""

    def __init__(self, settings: ConnectionSettings) -> None:
        super().__init__(settings)
        # One lock for readers and writers; the same thread may read while it writes.
        self._turn = threading.RLock()
        self._only = settings.open()

    def take(self) -> apsw.Connection:
        self.check()
        self._turn.acquire()
        try:
            self.check()
        except BaseException:
            self._turn.release()
            raise
        return self._only

    def give_back(self, connection: apsw.Connection) -> None:
        self._turn.release()

    def give_back_after_error(self, connection: apsw.Connection) -> None:
        self._undo(connection)
        self._turn.release()

    def _undo(self, connection: apsw.Connection) -> None:
        # Closing would lose the bank; the next writer tries again.
        _rolled_back(connection)

    def take_writer(self) -> apsw.Connection:
        connection = self.take()
        _rolled_back(connection)  # what could not be undone when it failed
        return connection

    def release_writer(self) -> None:
        self._turn.release()

    def in_use(self) -> tuple[int, int, int]:
        return 1, 1, 1  # whoever asks has not borrowed it

    def open_snapshot(self) -> apsw.Connection:
        """Give a copy: the only connection cannot look at two moments."""
        copy = apsw.Connection(":memory:")
        with self._turn:
            self.check()
            with copy.backup("main", self._only, "main") as backup:
                backup.step()
        return copy

    def close(self) -> None:
        if os.getpid() != self._process:
            self._closed = True
            return
        with self._turn:
            if not self._closed:
                self._closed = True
                self._only.close()
