"""Connections to one bank: one writer, a few readers, and what guards them."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, TypeAlias

import apsw

from reasoningbank.domain.errors import Busy, ReasoningBankError, StorageCorrupt, Unavailable

Durability: TypeAlias = Literal["normal", "full"]

_READERS: Final = 4
_LONGEST_PAUSE_SECONDS: Final = 0.05
_WAL_LIMIT_BYTES: Final = 64 * 1024 * 1024
_STATEMENT_CACHE: Final = 64


def translated_error(error: apsw.Error, path: str) -> ReasoningBankError:
    """Give the bank's error for one of the engine's."""
    if isinstance(error, (apsw.BusyError, apsw.LockedError)):
        return Busy(
            "is held by other writers",
            path=path,
            hint="Try again, or open the bank with a longer busy_timeout.",
        )
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        return StorageCorrupt(
            f"is damaged ({error})",
            path=path,
            hint="Run `reasoningbank doctor`; restore an export or a backup into a new file.",
        )
    if isinstance(error, apsw.FullError):
        return Unavailable(
            "has no space left; nothing of this call was stored",
            path=path,
            hint="Free some space and try again.",
        )
    if isinstance(error, (apsw.ReadOnlyError, apsw.PermissionsError, apsw.AuthError)):
        return Unavailable(
            "cannot be written",
            path=path,
            hint="Check the permissions of the file and of its directory.",
        )
    if isinstance(error, apsw.CantOpenError):
        return Unavailable(
            "cannot be opened",
            path=path,
            hint="Check that the directory exists and that you may read and write it.",
        )
    if isinstance(error, apsw.IOError):
        return Unavailable(
            f"cannot be read or written ({error}); nothing of this call was stored",
            path=path,
            hint="Check the disk and its free space, then try again.",
        )
    return Unavailable(f"cannot be used: {error}", path=path)


class ConnectionSettings:
    """How to open one more connection to the same bank.

    Args:
        name: What SQLite opens: an absolute path, a ``file:`` URI, or a shared memory name.
        shown: The path as errors name it.
        read_only: Whether writes are refused.
        durability: ``normal`` survives a killed process, ``full`` a power loss as well.
        busy_timeout: Seconds to wait for other writers.
    """

    def __init__(
        self, name: str, shown: str, *, read_only: bool, durability: Durability, busy_timeout: float
    ) -> None:
        self.name = name
        self.shown = shown
        self.read_only = read_only
        self.durability = durability
        self.busy_timeout = busy_timeout

    def open(self) -> apsw.Connection:
        """Give a new connection with the pragmas of a bank set."""
        access = apsw.SQLITE_OPEN_READONLY if self.read_only else apsw.SQLITE_OPEN_READWRITE
        connection = apsw.Connection(
            self.name,
            flags=access | apsw.SQLITE_OPEN_URI,
            statementcachesize=_STATEMENT_CACHE,
        )
        connection.set_busy_handler(_jittered_wait(self.busy_timeout))
        synchronous = "FULL" if self.durability == "full" else "NORMAL"
        for pragma in (
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "trusted_schema=OFF",
            "cell_size_check=ON",
            # Removed content is overwritten, so that erase leaves nothing behind.
            "secure_delete=ON",
            f"synchronous={synchronous}",
            f"journal_size_limit={_WAL_LIMIT_BYTES}",
        ):
            for _ in connection.execute(f"PRAGMA {pragma}"):
                pass
        return connection


def _jittered_wait(seconds: float) -> Callable[[int], bool]:
    """Give a busy handler: waits grow and vary, so that writers do not march in step."""
    deadline = 0.0

    def wait(attempts: int) -> bool:
        nonlocal deadline
        now = time.monotonic()
        if attempts == 0:
            deadline = now + seconds
        if now >= deadline:
            return False
        longest = min(_LONGEST_PAUSE_SECONDS, 0.001 * 2 ** min(attempts, 6))
        time.sleep(random.uniform(0.0002, longest))  # noqa: S311 - spreads load, hides nothing
        return True

    return wait


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

    def reading(self) -> _Loan:
        """Lend a reader, as a context manager; it may be in no transaction when it ends."""
        return _Loan(self)

    def writing(self) -> _Transaction:
        """Lend the writer inside an immediate transaction: commits, or rolls back on an error."""
        return _Transaction(self)

    def maintaining(self) -> _Maintenance:
        """Lend the writer outside a transaction, for what cannot run inside one."""
        return _Maintenance(self)

    def snapshot(self) -> _Snapshot:
        """Lend a connection that goes on seeing the bank as of now, of any age."""
        return _Snapshot(self)

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
            return self.settings.open()
        except BaseException as error:
            with self._available:
                self._opened -= 1
                self._available.notify()
            if isinstance(error, apsw.Error):
                raise translated_error(error, self.settings.shown) from error
            raise

    def give_back(self, connection: apsw.Connection) -> None:
        """Take a reader back."""
        if self._closed:
            connection.close()
            return
        self._idle.append(connection)
        if self._opened >= _READERS:
            with self._available:
                self._available.notify()

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

    def begin(self) -> apsw.Connection:
        """Take the writer and begin an immediate transaction; `commit` or `rollback` must follow."""
        connection = self.take_writer()
        try:
            connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            self.release_writer()
            raise
        return connection

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

    @staticmethod
    def _undo(connection: apsw.Connection) -> None:
        # After a full disk or an I/O error SQLite has rolled back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")

    def open_snapshot(self) -> apsw.Connection:
        """Give a new connection whose read transaction has begun; the caller closes it."""
        connection = self.settings.open()
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM bank_properties").fetchone()
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
            while self._idle:
                self._idle.pop().close()
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self._available.notify_all()


class _Loan:
    """A reader lent for a ``with`` block."""

    __slots__ = ("_connection", "_connections")

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def __enter__(self) -> apsw.Connection:
        self._connection = self._connections.take()
        return self._connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._connections.give_back(self._connection)
        if isinstance(error, apsw.Error):
            raise translated_error(error, self._connections.settings.shown) from error


class _Transaction:
    """The writer lent for a ``with`` block, in a transaction of its own."""

    __slots__ = ("_connection", "_connections")

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def __enter__(self) -> apsw.Connection:
        try:
            self._connection = self._connections.begin()
        except apsw.Error as error:
            raise translated_error(error, self._connections.settings.shown) from error
        return self._connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._connections.commit(self._connection)
            else:
                self._connections.rollback(self._connection)
        except apsw.Error as failure:
            raise translated_error(failure, self._connections.settings.shown) from failure
        if isinstance(error, apsw.Error):
            raise translated_error(error, self._connections.settings.shown) from error


class _Maintenance:
    """The writer lent for a ``with`` block, in no transaction."""

    __slots__ = ("_connections",)

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def __enter__(self) -> apsw.Connection:
        try:
            return self._connections.take_writer()
        except apsw.Error as error:
            raise translated_error(error, self._connections.settings.shown) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connections.release_writer()
        if isinstance(error, apsw.Error):
            raise translated_error(error, self._connections.settings.shown) from error


class _Snapshot:
    """A connection of its own inside a read transaction, for a ``with`` block of any length."""

    __slots__ = ("_connection", "_connections")

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def __enter__(self) -> apsw.Connection:
        self._connections.check()
        try:
            self._connection = self._connections.open_snapshot()
        except apsw.Error as error:
            raise translated_error(error, self._connections.settings.shown) from error
        return self._connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
        if isinstance(error, apsw.Error):
            raise translated_error(error, self._connections.settings.shown) from error


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
        return self._only

    def give_back(self, connection: apsw.Connection) -> None:  # noqa: ARG002 - there is only one
        self._turn.release()

    def take_writer(self) -> apsw.Connection:
        return self.take()

    def release_writer(self) -> None:
        self._turn.release()

    def open_snapshot(self) -> apsw.Connection:
        """Give a copy: the only connection cannot look at two moments."""
        copy = apsw.Connection(":memory:")
        with self._turn, copy.backup("main", self._only, "main") as backup:
            backup.step()
        return copy

    def close(self) -> None:
        with self._turn:
            if not self._closed:
                self._closed = True
                self._only.close()


def restrict_mode(path: Path) -> None:
    """Let only the owner read and write a file, where the platform knows modes."""
    if os.name == "posix":
        path.chmod(0o600)
