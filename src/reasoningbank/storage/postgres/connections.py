"""Connections to one server: a few, lent one operation at a time, and what guards them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import psycopg

from reasoningbank.domain.errors import Busy, Unavailable
from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.postgres.dialects import POSTGRES, Dialect
from reasoningbank.storage.postgres.errors import translated_error
from reasoningbank.storage.postgres.server import Server

# A connection of this age is not lent again: behind a name that leads to several servers, load moves on.
_OLDEST_SECONDS: Final = 30 * 60.0


class Connections:
    """Lend connections to one server up to a limit, opened when they are needed.

    Without threads of their own: a process that only looks something up opens one connection and
    closes it, and whatever is wrong with a server is raised where it was asked.

    Args:
        server: Which.
        on_open: Looks at each new connection before it is lent and says what is spoken there;
            raises where it is no use.
    """

    def __init__(
        self,
        server: Server,
        on_open: Callable[[psycopg.Connection[Any]], Dialect] = lambda _: POSTGRES,
    ) -> None:
        self.server = server
        self._on_open = on_open
        self._process = os.getpid()
        self._closed = False
        self._idle: list[tuple[PostgresConnection, float]] = []
        self._opened = 0
        self._available = threading.Condition()
        self._opened_at: dict[PostgresConnection, float] = {}

    def check(self) -> None:
        """Raise `Unavailable` when the bank was closed or opened by another process."""
        if self._closed:
            raise Unavailable("the bank is closed", hint="Open it again.")
        if os.getpid() != self._process:
            raise Unavailable(
                "the bank was opened before this process was forked",
                hint="Open it again in this process.",
            )

    def in_use(self) -> tuple[int, int, int]:
        """Give how many connections are open, how many of them idle, and how many there may be."""
        return self._opened, len(self._idle), self.server.pool_size

    def take(self, deadline: float) -> PostgresConnection:
        """Take a connection; `give_back` or `dismiss` must follow.

        Args:
            deadline: Until when to wait for one, by `time.monotonic`.

        Raises:
            Busy: All of them were in use for that long.
            psycopg.Error: The server could not be reached.
        """
        self.check()
        with self._available:
            while not self._idle and self._opened >= self.server.pool_size:
                if not self._available.wait(max(0.0, deadline - time.monotonic())):
                    raise Busy(
                        f"has all its {self.server.pool_size} connections in use",
                        path=self.server.shown,
                        hint="Try again, or open the bank with ?pool_size=N in its URL.",
                    )
                self.check()
            if self._idle:
                return self._idle.pop()[0]
            self._opened += 1
        try:
            connection = self.open()
        except BaseException:
            self._make_room()
            raise
        self._opened_at[connection] = time.monotonic()
        return connection

    def open(self) -> PostgresConnection:
        """Give a new connection that is not counted; the caller closes it."""
        raw = psycopg.connect(self.server.conninfo, autocommit=True, prepare_threshold=None)
        try:
            if self.server.prepared:
                raw.prepare_threshold = 2
            dialect = self._on_open(raw)
        except BaseException:
            raw.close()
            raise
        return PostgresConnection(raw, prepared=self.server.prepared, dialect=dialect)

    def give_back(self, connection: PostgresConnection) -> None:
        """Take a connection back that is in no transaction; others are closed."""
        now = time.monotonic()
        if (
            self._closed
            or not connection.is_usable
            or now - self._opened_at[connection] > _OLDEST_SECONDS
        ):
            self.dismiss(connection)
            return
        with self._available:
            self._idle.append((connection, now))
            self._available.notify()

    def dismiss(self, connection: PostgresConnection) -> None:
        """Close a connection that is not lent again; another may take its place."""
        self._opened_at.pop(connection, None)
        connection.close()
        self._make_room()

    def dismiss_idle(self) -> None:
        """Close those at rest: they lead to where a server is no more."""
        with self._available:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            self.dismiss(connection)

    def _make_room(self) -> None:
        with self._available:
            self._opened -= 1
            self._available.notify()

    def close(self) -> None:
        """Close every connection at rest, and those that are lent when they come back.

        In a forked child they are forgotten instead: they are the parent's.
        """
        if self._closed:
            return
        self._closed = True
        if os.getpid() != self._process:
            return
        self.dismiss_idle()
        with self._available:
            self._available.notify_all()


def opened_raw(server: Server) -> psycopg.Connection[Any]:
    """Give a connection of the driver in autocommit mode; raises the bank's errors."""
    try:
        return psycopg.connect(server.conninfo, autocommit=True)
    except psycopg.Error as error:
        raise translated_error(error, server.shown) from None
