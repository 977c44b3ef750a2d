"""Connections lent for the length of a ``with`` block."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

import apsw

from reasoningbank.storage.sqlite.settings import ENGINE_ERRORS, translated_error

if TYPE_CHECKING:
    from reasoningbank.storage.sqlite.connections import Connections


class Loan:
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
        if kind is None:
            self._connections.give_back(self._connection)
            return
        self._connections.give_back_after_error(self._connection)
        if isinstance(error, ENGINE_ERRORS):
            raise translated_error(error, self._connections.settings.shown) from error


class Moment(Loan):
    """A reader lent for a ``with`` block, for which the bank stands still as of its first question."""

    __slots__ = ()

    def __enter__(self) -> apsw.Connection:
        connection = super().__enter__()
        try:
            connection.execute("BEGIN")
        except BaseException as error:
            super().__exit__(type(error), error, error.__traceback__)
            raise
        return connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            try:
                self._connection.execute("COMMIT")
            except BaseException as failure:
                super().__exit__(type(failure), failure, failure.__traceback__)
                raise
        super().__exit__(kind, error, trace)


class Transaction:
    """The writer lent for a ``with`` block, in a transaction of its own."""

    __slots__ = ("_connection", "_connections", "_patience")

    def __init__(self, connections: Connections, patience: float | None = None) -> None:
        self._connections = connections
        self._patience = patience

    def __enter__(self) -> apsw.Connection:
        try:
            self._connection = self._connections.begin(self._patience)
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
        if isinstance(error, ENGINE_ERRORS):
            raise translated_error(error, self._connections.settings.shown) from error


class Maintenance:
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
        if isinstance(error, ENGINE_ERRORS):
            raise translated_error(error, self._connections.settings.shown) from error


class Snapshot:
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
        if isinstance(error, ENGINE_ERRORS):
            raise translated_error(error, self._connections.settings.shown) from error
