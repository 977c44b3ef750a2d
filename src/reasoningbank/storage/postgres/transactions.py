"""Operations carried out once: tried again when others were in the way, or the server was gone."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, TypeVar
from uuid import uuid4

import psycopg
from psycopg.errors import ReadOnlySqlTransaction

from reasoningbank.domain.errors import Busy, ReasoningBankError
from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.postgres.connections import Connections
from reasoningbank.storage.postgres.errors import (
    is_lost,
    is_worth_repeating,
    translated_error,
)
from reasoningbank.storage.postgres.preambles import (
    AlreadyDone,
    GiveWay,
    MustBeAlone,
    Preamble,
    Reading,
    Wanting,
    Writing,
)
from reasoningbank.storage.sql.engine import ChangedMeanwhile

_T = TypeVar("_T")

_LEAST_STATEMENT_SECONDS: Final = 30.0
"""A statement may take so long even where nobody wants to wait for other writers."""
_LONGEST_PAUSE_SECONDS: Final = 0.5
# Two who want the same row at the same moment sort it out at the second attempt.
_MOST_COLLISIONS: Final = 30


_OPERATIONS_PER_PRUNING: Final = 1_000
_OPERATIONS_KEPT_NS: Final = 2 * 24 * 60 * 60 * 1_000_000_000
_PRUNE: Final = "DELETE FROM operations WHERE namespace = ? AND id < ?"
_IN_RECOVERY: Final = "SELECT pg_is_in_recovery()"


_SOON_MS: Final = 20
"""To be alone is waited for so long before others are asked to give way."""


class _StillHeld(Exception):
    """Say that a lock is held by others."""


class Transactions:
    """Run functions of a connection in transactions of one namespace.

    Args:
        connections: Where connections are taken.
        patience: Seconds to wait for other writers, for a free connection, and for a server that
            is gone to come back.
    """

    def __init__(self, connections: Connections, patience: float) -> None:
        self._connections = connections
        self._patience = patience
        self._lock_timeout_ms = max(1, int(patience * 1000))
        self._timeout_ms = int(max(_LEAST_STATEMENT_SECONDS, patience) * 1000)

    def read(self, namespace: str, work: Callable[[PostgresConnection], _T]) -> _T:
        """Give what `work` finds, each of its questions asked by itself."""
        preamble = Reading(namespace, self._timeout_ms, moment=False)
        return self._tried(lambda: preamble, work)

    def moment(self, namespace: str, work: Callable[[PostgresConnection], _T]) -> _T:
        """Give what `work` finds, all of it as of one moment."""
        preamble = Reading(namespace, self._timeout_ms, moment=True)
        return self._tried(lambda: preamble, work)

    def write(self, namespace: str, work: Callable[[PostgresConnection], _T], *, alone: bool) -> _T:
        """Give what `work` gives once what it did is committed, exactly once."""
        operation = _operation_id(time.time_ns())
        try:
            if alone:
                answer = self._alone(namespace, operation, work)
            else:
                answer = self._tried(lambda: self._writing(namespace, operation), work)
        except MustBeAlone:
            answer = self._alone(namespace, operation, work)
        if random.randrange(_OPERATIONS_PER_PRUNING) == 0:  # noqa: S311 - spreads work
            self._prune_operations(namespace)
        return answer

    def _writing(self, namespace: str, operation: str) -> Writing:
        return Writing(namespace, operation, self._timeout_ms, self._lock_timeout_ms, alone=False)

    def _alone(
        self, namespace: str, operation: str, work: Callable[[PostgresConnection], _T]
    ) -> _T:
        """Have the namespace alone: soon, or after asking those who come next to give way."""

        def preamble(lock_timeout_ms: int) -> Writing:
            return Writing(namespace, operation, self._timeout_ms, lock_timeout_ms, alone=True)

        soon = min(_SOON_MS, self._lock_timeout_ms)
        if soon < self._lock_timeout_ms:
            with suppress(_StillHeld):
                return self._tried(lambda: preamble(soon), work, held=_StillHeld)
            wanting = Wanting(namespace, self._timeout_ms, self._lock_timeout_ms)
            self._tried(lambda: wanting, PostgresConnection.flush)
        return self._tried(lambda: preamble(self._lock_timeout_ms), work)

    def _prune_operations(self, namespace: str) -> None:
        """Forget the operations of days ago: nobody waits for their answers any more."""
        oldest = _operation_id(time.time_ns() - _OPERATIONS_KEPT_NS)
        self._tried(
            lambda: self._writing(namespace, _operation_id(time.time_ns())),
            lambda connection: connection.execute(_PRUNE, (namespace, oldest)),
        )

    @contextmanager
    def snapshot(self, namespace: str) -> Iterator[PostgresConnection]:
        """Lend a connection of its own that goes on seeing the namespace as of now."""
        self._connections.check()
        shown = self._connections.server.shown
        try:
            connection = self._connections.open()
        except psycopg.Error as error:
            raise translated_error(error, shown) from None
        try:
            connection.begin(Reading(namespace, 0, moment=True))
            connection.flush()
            yield connection
        except psycopg.Error as error:
            raise translated_error(error, shown) from error
        finally:
            connection.close()

    def _tried(
        self,
        preamble: Callable[[], Preamble],
        work: Callable[[PostgresConnection], _T],
        *,
        held: type[Exception] | None = None,
    ) -> _T:
        """Carry work out until it is done; `held` is raised where a lock is not had in time."""
        answers: list[_T] = []
        deadline = time.monotonic() + self._patience
        collisions = 0
        while True:
            connection = self._taken(deadline)
            lost = False
            try:
                connection.begin(preamble())
                answers.append(work(connection))
                connection.commit()
                return answers[-1]
            except AlreadyDone:
                return answers[-1]  # of the attempt that asked for the commit
            except (ChangedMeanwhile, GiveWay) as wait:
                collisions -= isinstance(wait, GiveWay)
                error: ReasoningBankError = Busy("was changed by others again and again")
            except psycopg.Error as failure:
                if held is not None and isinstance(failure, psycopg.errors.LockNotAvailable):
                    raise held from None
                error = translated_error(failure, self._connections.server.shown)
                lost = is_lost(failure)
                if not lost and not is_worth_repeating(failure):
                    raise error from failure
                if isinstance(failure, ReadOnlySqlTransaction) and self._stays_so(connection):
                    raise error from failure
            finally:
                self._put_away(connection, is_lost=lost)
            collisions += not lost
            if lost:
                self._connections.dismiss_idle()
            if collisions > _MOST_COLLISIONS:
                raise error
            self._pause(collisions, deadline, error)

    def _stays_so(self, connection: PostgresConnection) -> bool:
        """Give whether a server that takes no writes will go on taking none.

        A primary that has become a standby will not be met again where standbys are passed over. A
        standby that was asked for, and a database or a role that is set to read, stay as they are.
        """
        if not self._connections.server.passes_standbys:
            return True
        try:
            connection.rollback()
            return connection.raw.execute(_IN_RECOVERY).fetchone() == (False,)
        except psycopg.Error:
            return False  # gone, or an engine that does not know the question

    def _taken(self, deadline: float) -> PostgresConnection:
        """Take a connection; a server that is gone may be back before the deadline."""
        tries = 0
        while True:
            try:
                return self._connections.take(deadline)
            except psycopg.Error as failure:
                error = translated_error(failure, self._connections.server.shown)
                if not _may_come_back(failure):
                    raise error from None
            tries += 1
            self._pause(tries, deadline, error)

    def _put_away(self, connection: PostgresConnection, *, is_lost: bool) -> None:
        with suppress(psycopg.Error):  # closing it undoes the transaction as well
            connection.rollback()
        if is_lost:
            self._connections.dismiss(connection)
        else:
            self._connections.give_back(connection)

    @staticmethod
    def _pause(tries: int, deadline: float, error: ReasoningBankError) -> None:
        now = time.monotonic()
        if now >= deadline:
            raise error
        longest = min(_LONGEST_PAUSE_SECONDS, 0.002 * 2 ** min(tries, 8))
        time.sleep(min(deadline - now, random.uniform(0.001, longest)))  # noqa: S311 - spreads load


def _operation_id(now_ns: int) -> str:
    """Give an id that no other operation has; later ones are greater, as far as clocks agree."""
    return f"{now_ns:016x}{uuid4().hex[:16]}"


def _may_come_back(error: psycopg.Error) -> bool:
    """Give whether a server that refused a connection may take one soon."""
    if error.sqlstate is None:
        said = str(error)
        return not any(word in said for word in _FINAL_WORDS)
    return is_lost(error)


# libpq gives no code for what a server says before a session begins.
_FINAL_WORDS: Final = (
    "password authentication failed",
    "no password supplied",
    "does not exist",
    "no pg_hba.conf entry",
    "could not translate host name",
    "server does not support SSL",
    "certificate",
)
