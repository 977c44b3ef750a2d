"""A database with the tables that searches read, and the same vectors in the index that SQLite searches by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import msgspec
import numpy as np
import psycopg

from reasoningbank.domain.timestamps import parse_timestamp
from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.postgres.migrations import initialise
from reasoningbank.storage.postgres.vector_search import SearchLimits, nearest
from reasoningbank.storage.postgres.vectors import VectorRow, put_vectors
from reasoningbank.storage.vectors import VectorIndex

MODEL = 7
NOW = "2026-11-21T12:00:00.000Z"
BY_INDEX = SearchLimits(exact_rows=0)
"""Ask the index whenever there is one."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A pattern as searches see it."""

    id: str
    vector: bytes
    category: str = "a"
    state: str = "active"
    expires_at: str | None = None


class VectorTables:
    """The tables of one database, and the questions asked of them."""

    def __init__(self, dsn: str, dimension: int, *, partitions: int = 0) -> None:
        initialise(dsn, partitions=partitions)
        self.raw: psycopg.Connection[Any] = psycopg.connect(dsn, autocommit=True)
        self.connection = PostgresConnection(self.raw, prepared=True)
        self.dimension = dimension
        self._namespaces = count()

    def put(self, entries: Sequence[Entry], *, number: int = MODEL) -> str:
        """Store entries in a namespace of their own and give its name."""
        namespace = f"tenant {next(self._namespaces)}"
        rows = [
            VectorRow(
                pattern_id=entry.id,
                task_category=entry.category,
                state=entry.state,
                expires_at=entry.expires_at,
                vector=entry.vector,
                checksum=0,
            )
            for entry in entries
        ]
        with self.raw.transaction():
            put_vectors(self.connection, namespace, number, rows)
            self.connection.flush()
            self.raw.execute(
                "INSERT INTO embedding_models VALUES (%s, %s, 'test', %s, '1')",
                (namespace, number, self.dimension),
            )
            for category in {entry.category for entry in entries}:
                states = [entry.state for entry in entries if entry.category == category]
                self.raw.execute(
                    "INSERT INTO category_counts VALUES (%s, %s, 0, %s, %s)",
                    (namespace, category, len(states), states.count("quarantined")),
                )
        return namespace

    def nearest(
        self,
        namespace: str,
        query: bytes,
        k: int = 10,
        *,
        category: str | None = None,
        min_similarity: float | None = None,
        number: int = MODEL,
        limits: SearchLimits | None = None,
    ) -> list[tuple[str, float]]:
        """Search in a transaction of its own."""
        with self.raw.transaction():
            return nearest(
                self.connection,
                namespace,
                number,
                self.dimension,
                query,
                k,
                category=category,
                min_similarity=min_similarity,
                now=NOW,
                limits=SearchLimits() if limits is None else limits,
            )


@contextmanager
def vector_tables(dsn: str, dimension: int, *, partitions: int = 0) -> Iterator[VectorTables]:
    """Lend tables of vectors in an empty database."""
    tables = VectorTables(dsn, dimension, partitions=partitions)
    with tables.raw:
        yield tables


def pattern_id(number: int) -> str:
    """Give the id of that number; ids are in the order of numbers."""
    return f"0190b0c0-0000-7000-8000-{number:012x}"


def as_sqlite_finds(
    entries: Sequence[Entry],
    query: bytes,
    k: int = 10,
    *,
    category: str | None = None,
    min_similarity: float | None = None,
) -> list[tuple[str, float]]:
    """Give what the index that SQLite's searches use finds among the active entries."""
    active = [entry for entry in entries if entry.state == "active"]
    index = VectorIndex(len(query))
    index.upsert(
        [entry.id for entry in active],
        [entry.category for entry in active],
        [entry.vector for entry in active],
        [
            None if entry.expires_at is None else parse_timestamp(entry.expires_at, "expires_at")
            for entry in active
        ],
    )
    return index.search(
        np.frombuffer(query, np.int8),
        k,
        categories=None if category is None else (category,),
        min_similarity=min_similarity,
        now_ms=parse_timestamp(NOW, "now"),
    )


def clustered(count: int, dimension: int, *, seed: int = 1, centres: int = 20) -> list[bytes]:
    """Give vectors about some centres, always the same ones; a tenth are equal to another."""
    chance = np.random.default_rng(seed)
    middles = chance.normal(size=(centres, dimension))
    rows = middles[chance.integers(0, centres, count)] + 0.5 * chance.normal(
        size=(count, dimension)
    )
    rows = np.floor(rows / np.abs(rows).max(axis=1, keepdims=True) * 127 + 0.5).astype(np.int8)
    rows[chance.integers(0, count, count // 10)] = rows[chance.integers(0, count, count // 10)]
    return [row.tobytes() for row in rows]
