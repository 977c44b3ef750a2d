"""The bare driver beside the bank: the statements the bank sends, sent by psycopg alone.

What the bank sent for one call is recorded, and sent again with other values: the same transaction with the same settings,
and rows that are as new. A search is written by hand, as somebody would who knows how many rows match.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.postgres.dialects import POSTGRES, VECTOR_TABLE
from reasoningbank.storage.postgres.vectors import similarity

Statement = tuple[str, tuple[Any, ...]]

_SETTINGS = """
SELECT set_config('reasoningbank.namespace', %(namespace)s, true), set_config('statement_timeout', '30000', true),
    set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', %(breadth)s, true)
"""
_FILTERS = "v.namespace = %(namespace)s AND v.model = {model} AND v.state = 'active' AND (v.expires_at IS NULL OR v.expires_at > %(now)s)"
_NEAREST = """
WITH candidates AS MATERIALIZED (
    SELECT v.pattern_id, v.embedding, v.squared_norm FROM {table} v WHERE {filters}
    ORDER BY {distance} LIMIT 40
), best AS (
    SELECT pattern_id, {similarity} AS similarity FROM candidates ORDER BY similarity DESC, pattern_id LIMIT %(k)s
)
SELECT p.*, b.similarity FROM best b JOIN patterns p ON p.namespace = %(namespace)s AND p.id = b.pattern_id
ORDER BY b.similarity DESC, p.id
"""
_NEAREST_EXACTLY = """
WITH best AS (
    SELECT v.pattern_id, {similarity} AS similarity FROM {table} v WHERE {filters}
    ORDER BY similarity DESC, v.pattern_id LIMIT %(k)s
)
SELECT p.*, b.similarity FROM best b JOIN patterns p ON p.namespace = %(namespace)s AND p.id = b.pattern_id
ORDER BY b.similarity DESC, p.id
"""


class PlainBytes(Dumper):
    """Send bytes without a type: the server takes it from the statement, a vector's too."""

    format = Format.BINARY
    oid = 0

    def dump(self, obj: bytes) -> bytes:
        return obj


class RawDriver:
    """One connection of psycopg: binary results, statements prepared by the driver when they repeat."""

    def __init__(self, dsn: str) -> None:
        self.connection: psycopg.Connection[Any] = psycopg.connect(dsn, autocommit=True)
        self.connection.adapters.register_dumper(bytes, PlainBytes)
        self._cursor = psycopg.RawCursor(self.connection)

    def transaction(self, statements: Sequence[Statement]) -> list[tuple[Any, ...]]:
        """Send statement after statement; give the rows of the last but the commit."""
        rows: list[tuple[Any, ...]] = []
        for sql, values in statements:
            answer = self._cursor.execute(sql, values, binary=True)
            if answer.description is not None:
                rows = answer.fetchall()
        return rows

    def message(self, statements: Sequence[Statement]) -> None:
        """Send all of them as one message."""
        with self.connection.pipeline():
            for sql, values in statements:
                self._cursor.execute(sql, values, binary=True)

    def nearest(
        self, model: int, dimension: int, bindings: Mapping[str, Any], *, exactly: bool
    ) -> list[tuple[Any, ...]]:
        """Search as by hand, rows of patterns included."""
        statement = (_NEAREST_EXACTLY if exactly else _NEAREST).format(
            table=VECTOR_TABLE,
            filters=_FILTERS.format(model=model),
            similarity=similarity(POSTGRES),
            distance=POSTGRES.distance("halfvec", dimension),
        )
        with self.connection.transaction():
            self.connection.execute(_SETTINGS, bindings)
            return self.connection.execute(
                statement, bindings, prepare=False, binary=True
            ).fetchall()

    def close(self) -> None:
        self.connection.close()


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """Keep the statements that banks of this process send."""
    kept: list[Statement] = []
    send = PostgresConnection._answers  # noqa: SLF001

    def keep(self: PostgresConnection, statements: Sequence[Any]) -> Any:
        kept.extend((sql, tuple(values)) for sql, values in statements)
        return send(self, statements)

    # Where statements leave for the server: what raw sends is then what the bank sent, to the word.
    PostgresConnection._answers = keep  # type: ignore[method-assign]  # noqa: SLF001
    try:
        yield kept
    finally:
        PostgresConnection._answers = send  # type: ignore[method-assign]  # noqa: SLF001


def with_values(statements: Sequence[Statement], replace: Callable[[Any], Any]) -> list[Statement]:
    """Give the same statements with other values."""
    return [(sql, tuple(replace(value) for value in values)) for sql, values in statements]
