"""What SQLite does in its own way: see `Engine`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw

from reasoningbank.domain.checksum import vector_checksum
from reasoningbank.domain.pattern import Pattern
from reasoningbank.domain.records import EmbeddingModel
from reasoningbank.storage.sql.connection import Row
from reasoningbank.storage.sql.engine import register
from reasoningbank.storage.sql.writing import INSERT_PATTERN
from reasoningbank.storage.sqlite import changes

_INSERT_VECTORS: Final = """
INSERT INTO pattern_embeddings (namespace, pattern_id, model, embedding, dimension, checksum)
VALUES (?, ?, ?, ?, ?, ?)
"""
_DROP_VECTORS: Final = "DELETE FROM pattern_embeddings WHERE namespace = ? AND pattern_id = ?"
_FETCH_VECTORS: Final = """
SELECT pattern_id, embedding FROM pattern_embeddings
WHERE namespace = ? AND model = ? AND pattern_id IN ({marks})
"""
_FETCH_IDS: Final = 500
_NOTE_MODEL: Final = """
INSERT INTO embedding_models (name, dimension, version) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
"""
_MODEL: Final = """
SELECT model FROM embedding_models WHERE name = ? AND dimension = ? AND version = ?
"""
_COUNT: Final = """
INSERT INTO category_counts (namespace, task_category, patterns, quarantined) VALUES (?, ?, ?, ?)
ON CONFLICT (namespace, task_category) DO UPDATE SET
    patterns = patterns + excluded.patterns, quarantined = quarantined + excluded.quarantined
"""
_NONE_LEFT: Final = """
DELETE FROM category_counts WHERE namespace = ? AND task_category = ? AND patterns = 0
"""
_COUNT_ALL: Final = """
INSERT INTO category_counts (namespace, task_category, patterns, quarantined)
SELECT namespace, task_category, COUNT(*), SUM(state = 'quarantined') FROM patterns
WHERE namespace = ? GROUP BY task_category
"""


class SqliteEngine:
    """Do in SQLite what `Engine` asks for. One writer has the bank to itself: nothing is locked."""

    for_update = ""
    constraint_errors: tuple[type[Exception], ...] = (apsw.ConstraintError,)

    def lock_patterns(
        self, connection: apsw.Connection, namespace: str, ids: Sequence[str]
    ) -> None:
        pass

    def insert_patterns(self, connection: apsw.Connection, rows: Sequence[Row]) -> list[bool]:
        inserted = []
        for row in rows:
            connection.execute(INSERT_PATTERN, row)
            inserted.append(bool(connection.changes()))
        return inserted

    def registered_model(
        self, connection: apsw.Connection, namespace: str, model: EmbeddingModel
    ) -> int:
        identity = (model.name, model.dimension, model.version)
        connection.execute(_NOTE_MODEL, identity)
        return int(connection.execute(_MODEL, identity).fetchone()[0])  # type: ignore[index]

    def put_vectors(
        self,
        connection: apsw.Connection,
        namespace: str,
        number: int,
        vectors: Sequence[tuple[Pattern, bytes]],
    ) -> None:
        _run_each(
            connection,
            _INSERT_VECTORS,
            [
                (namespace, str(pattern.id), number, vector, len(vector), vector_checksum(vector))
                for pattern, vector in vectors
            ],
        )

    def drop_vectors(
        self, connection: apsw.Connection, namespace: str, pattern_id: str, number: int | None
    ) -> None:
        if number is None:
            connection.execute(_DROP_VECTORS, (namespace, pattern_id))
        else:
            connection.execute(f"{_DROP_VECTORS} AND model = ?", (namespace, pattern_id, number))

    def stored_vectors(
        self, connection: apsw.Connection, namespace: str, number: int, ids: Sequence[str]
    ) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for start in range(0, len(ids), _FETCH_IDS):
            chunk = ids[start : start + _FETCH_IDS]
            asked = _FETCH_VECTORS.format(marks=",".join("?" * len(chunk)))
            found.update(connection.execute(asked, (namespace, number, *chunk)))
        return found

    def describe(self, connection: apsw.Connection, pattern: Pattern) -> None:
        """Do nothing: a search joins the vectors with their patterns."""

    def rebuild_indexes(self, connection: apsw.Connection) -> None:
        # A damaged row's entries in the indexes may be those of other content.
        connection.execute("REINDEX patterns")

    def removing(self, connection: apsw.Connection, namespace: str, pattern_id: str) -> None:
        """Do nothing: vectors go with their pattern by their foreign key."""

    def count(
        self, connection: apsw.Connection, namespace: str, counts: Sequence[tuple[str, int, int]]
    ) -> None:
        _run_each(connection, _COUNT, [(namespace, *count) for count in counts])
        for category, by, _ in counts:
            if by < 0:
                connection.execute(_NONE_LEFT, (namespace, category))

    def count_anew(self, connection: apsw.Connection, namespace: str) -> None:
        connection.execute("DELETE FROM category_counts WHERE namespace = ?", (namespace,))
        connection.execute(_COUNT_ALL, (namespace,))

    def log(
        self, connection: apsw.Connection, namespace: str, ids: Sequence[str], kind: str
    ) -> None:
        changes.log(connection, namespace, ids, kind)

    def new_patterns(self, connection: apsw.Connection, namespace: str, enough: int) -> int:
        return changes.new_patterns(connection, namespace, enough)


def _run_each(connection: apsw.Connection, sql: str, rows: Sequence[Row]) -> None:
    """Run a statement for each row; most stores have one, for which `execute` is quicker."""
    if len(rows) == 1:
        connection.execute(sql, rows[0])
    else:
        connection.executemany(sql, rows)


SQLITE: Final = SqliteEngine()
register(apsw.Connection, SQLITE)
