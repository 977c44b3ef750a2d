"""A connection whose statements travel together: the transaction's beginning with the first of them."""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from typing import Any, Final

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result

from reasoningbank.storage.postgres.dialects import POSTGRES, Dialect
from reasoningbank.storage.postgres.errors import is_stale_statement
from reasoningbank.storage.postgres.preambles import Preamble, Statement
from reasoningbank.storage.postgres.statements import worded
from reasoningbank.storage.sql.connection import SqlValue

# Longer ones are of batches, and seldom of the same length twice.
_LONGEST_PREPARED: Final = 40_000
_MOST_PREPARED: Final = 200
_CHANGING: Final = frozenset({"INSERT", "UPDATE", "DELETE"})
_LOOK_UP_SECONDS: Final = 0.5
"""While the server works, an interrupt of this process is noticed after so long at the latest."""


class Answer:
    """The rows of an answer, read once."""

    __slots__ = ("_at", "_rows")

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = rows
        self._at = 0

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        while (row := self.fetchone()) is not None:
            yield row

    def fetchone(self) -> tuple[Any, ...] | None:
        """Give the next row, or None."""
        if self._at >= len(self._rows):
            return None
        self._at += 1
        return self._rows[self._at - 1]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Give the rows that were not read yet."""
        rest, self._at = self._rows[self._at :], len(self._rows)
        return rest


class PostgresConnection:
    """Speak the statements of the shared rooms to PostgreSQL.

    Statements are sent as one message with those put off before them, and the transaction begins
    with the first: on a network each message costs a way there and back. Values that are text or
    bytes go in binary form, so that no zero byte can cut them.

    Args:
        raw: The driver's connection, in autocommit mode.
        prepared: Whether statements are prepared under a name.
        dialect: Of the server.
    """

    def __init__(
        self, raw: psycopg.Connection[Any], *, prepared: bool, dialect: Dialect = POSTGRES
    ) -> None:
        self.dialect = dialect
        self._raw = raw
        self._libpq = raw.pgconn
        self._prepared = prepared
        self._names: dict[str, bytes] = {}
        self._prepared_ever = 0
        self._put_off: list[Statement] = []
        self._preamble: Preamble | None = None
        self._begun: Preamble | None = None
        self._changes = 0

    @property
    def raw(self) -> psycopg.Connection[Any]:
        """The driver's connection, inside the transaction."""
        self.flush()
        return self._raw

    def begin(self, preamble: Preamble) -> None:
        """Begin a transaction with the first statement that is sent."""
        self._put_off.clear()
        self._preamble = preamble
        self._begun = preamble

    @property
    def alone(self) -> bool:
        """Whether nobody else writes to the namespace during the transaction."""
        return self._begun is not None and self._begun.alone

    @property
    def epoch(self) -> int:
        """The epoch of the namespace that the transaction writes to."""
        self.flush()
        return 0 if self._begun is None else self._begun.epoch

    def execute(self, statements: str, bindings: Sequence[SqlValue] = ()) -> Answer:
        """Carry a statement out and give its rows.

        One that changes rows and gives none goes with the next that gives some, or with the commit;
        its error is raised there, or by `changes`.
        """
        sql = worded(statements)
        if _gives_no_rows(sql):
            self._put_off.append((sql, bindings))
            return Answer([])
        results = self._sent([(sql, bindings)])
        return Answer(self._rows_of(results[-1]))

    def executemany(self, statements: str, rows: Sequence[Sequence[SqlValue]]) -> None:
        """Carry a statement out once for each row of bindings."""
        sql = worded(statements)
        self._put_off += [(sql, row) for row in rows]

    def later(self, statements: str, bindings: Sequence[SqlValue]) -> None:
        """Carry a statement out, whose rows nobody wants, before the next one or the commit."""
        self._put_off.append((worded(statements), bindings))

    def changes(self) -> int:
        """Give how many rows the last statement inserted, changed or removed."""
        self.flush()
        return self._changes

    def flush(self) -> None:
        """Send what was put off."""
        if self._put_off or self._preamble is not None:
            self._sent([])

    def commit(self) -> None:
        """End the transaction so that it lasts; without a statement there was none to begin."""
        if self._preamble is not None and not self._put_off:
            self._preamble = None
            return
        if self._preamble is not None:
            self.flush()  # nothing is committed before the preamble was looked at
        self._sent([("COMMIT", ())])

    def rollback(self) -> None:
        """End the transaction as if it had never begun; raises when the connection is no use any more."""
        self._preamble = None
        self._put_off.clear()
        if self._libpq.transaction_status != pq.TransactionStatus.IDLE:
            self._sent([("ROLLBACK", ())])

    @property
    def is_usable(self) -> bool:
        """Whether another transaction can begin."""
        return self._libpq.transaction_status == pq.TransactionStatus.IDLE

    def close(self) -> None:
        """Close it."""
        self._raw.close()

    def _sent(self, last: list[Statement]) -> list[pq.abc.PGresult]:
        """Send statements with those before them and give the results of all."""
        preamble, self._preamble = self._preamble, None
        statements = [*self._put_off, *last]
        self._put_off = []
        before = 0
        if preamble is not None:
            statements[:0] = preamble.statements
            before = len(preamble.statements)
            if preamble.ends_at_once:
                self._preamble = preamble
                statements.append(("COMMIT", ()))
        results = self._answers(statements)
        if preamble is not None:
            preamble.check(results[:before])
            if preamble.ends_at_once:
                results.pop()
        if results:
            self._changes = results[-1].command_tuples or 0
        return results

    def _answers(self, statements: Sequence[Statement]) -> list[pq.abc.PGresult]:
        libpq = self._libpq
        known = len(self._names)
        libpq.enter_pipeline_mode()
        try:
            expected = [count for statement in statements for count in self._send(*statement)]
            libpq.pipeline_sync()
            results = self._received()
        finally:
            if libpq.status == pq.ConnStatus.OK:
                _leave_pipeline(libpq)
        for result in results:
            if result.status == pq.ExecStatus.FATAL_ERROR:
                error = error_from_result(result)
                self._forget_names(known if not is_stale_statement(error) else 0)
                raise error
        return [result for result, wanted in zip(results, expected, strict=True) if wanted]

    def _send(self, sql: str, bindings: Sequence[SqlValue]) -> list[bool]:
        """Put a statement on its way; give for each result to come whether it is an answer."""
        values, formats = _on_the_wire(bindings)
        if not self._prepared or len(sql) > _LONGEST_PREPARED:
            self._libpq.send_query_params(sql.encode(), values, None, formats, pq.Format.BINARY)
            return [True]
        name = self._names.get(sql)
        if name is not None:
            self._libpq.send_query_prepared(name, values, formats, pq.Format.BINARY)
            return [True]
        if len(self._names) >= _MOST_PREPARED:
            self._libpq.send_query_params(sql.encode(), values, None, formats, pq.Format.BINARY)
            return [True]
        self._prepared_ever += 1
        name = b"bank_%d" % self._prepared_ever
        self._libpq.send_prepare(name, sql.encode())
        self._libpq.send_query_prepared(name, values, formats, pq.Format.BINARY)
        self._names[sql] = name
        return [False, True]

    def _forget_names(self, known: int) -> None:
        """Prepare again what is not known to be there; names stand in the order of their making."""
        while len(self._names) > known:
            self._names.popitem()

    def _received(self) -> list[pq.abc.PGresult]:
        """Wait for every result up to the end of the message."""
        libpq = self._libpq
        results: list[pq.abc.PGresult] = []
        while True:
            self._await_input()
            result = libpq.get_result()
            if result is None:
                continue
            if result.status == pq.ExecStatus.PIPELINE_SYNC:
                return results
            if libpq.status == pq.ConnStatus.BAD:
                raise psycopg.OperationalError(_message_of(libpq))
            results.append(result)

    def _await_input(self) -> None:
        """Wait until the next result is there, without holding up an interrupt."""
        libpq = self._libpq
        unsent = libpq.flush()
        while unsent or libpq.is_busy():
            readable, writable = _ready(libpq.socket, wants_to_write=bool(unsent))
            if readable:
                libpq.consume_input()
            if writable:
                unsent = libpq.flush()

    def _rows_of(self, result: pq.abc.PGresult) -> list[tuple[Any, ...]]:
        if not result.ntuples:
            return []
        transformer = Transformer(self._raw)
        transformer.set_pgresult(result, format=pq.Format.BINARY)
        return transformer.load_rows(0, result.ntuples, tuple)


def _gives_no_rows(sql: str) -> bool:
    return sql.lstrip()[:6] in _CHANGING and "RETURNING" not in sql


def _leave_pipeline(libpq: pq.abc.PGconn) -> None:
    try:
        libpq.exit_pipeline_mode()
    except psycopg.OperationalError:
        libpq.finish()  # results are outstanding: an interrupt came, and nobody waits for them


def _message_of(libpq: pq.abc.PGconn) -> str:
    return libpq.get_error_message() or "the connection was lost"


def _ready(handle: int, *, wants_to_write: bool) -> tuple[bool, bool]:
    """Give whether there is something to read, and room to write; neither after a while."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(handle, select.POLLIN | (select.POLLOUT if wants_to_write else 0))
        events = dict(poll.poll(_LOOK_UP_SECONDS * 1000)).get(handle, 0)
        return bool(events & ~select.POLLOUT), bool(events & select.POLLOUT)
    readable, writable, _ = select.select(
        [handle], [handle] if wants_to_write else [], [], _LOOK_UP_SECONDS
    )
    return bool(readable), bool(writable)


def _on_the_wire(bindings: Sequence[SqlValue]) -> tuple[list[bytes | None], list[int]]:
    """Give values as bytes, with their formats: the server takes the types from the statement."""
    values: list[bytes | None] = []
    formats: list[int] = []
    for value in bindings:
        kind = type(value)
        if kind is str:
            values.append(value.encode())  # type: ignore[union-attr]
            formats.append(1)
        elif value is None:
            values.append(None)
            formats.append(0)
        elif kind is bytes:
            values.append(value)  # type: ignore[arg-type]
            formats.append(1)
        else:
            values.append(repr(value).encode())  # floats come back as they went
            formats.append(0)
    return values, formats
