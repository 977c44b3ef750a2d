"""What PostgreSQL does in its own way: see `Engine`."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

from psycopg import errors

from reasoningbank.domain.checksum import vector_checksum
from reasoningbank.domain.json_value import canonical_json
from reasoningbank.domain.pattern import Pattern
from reasoningbank.domain.records import EmbeddingModel
from reasoningbank.storage.postgres import epochs, vectors
from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.postgres.preambles import MustBeAlone
from reasoningbank.storage.sql.connection import Row
from reasoningbank.storage.sql.engine import register
from reasoningbank.storage.sql.rows import STORED_COLUMNS

_COLUMNS: Final = STORED_COLUMNS.count(",") + 1
_KEY_AT: Final = STORED_COLUMNS.split(", ").index("dedupe_key")
_ROWS_AT_ONCE: Final = 100
_LOCK: Final = """
SELECT 1 FROM patterns WHERE namespace = ?1 AND id IN ({marks}) ORDER BY id FOR UPDATE
"""
_LOCK_KEYS: Final = """
SELECT 1 FROM patterns WHERE namespace = ? AND dedupe_key IN ({marks})
ORDER BY dedupe_key FOR UPDATE
"""
_NOTE_MODEL: Final = """
INSERT INTO embedding_models (namespace, model, name, dimension, version)
VALUES (?, ?, ?, ?, ?) ON CONFLICT (namespace, model) DO NOTHING
"""
_DROP_VECTORS: Final = "DELETE FROM pattern_embeddings WHERE namespace = ? AND pattern_id = ?"
# One row for all would let one writer of a category wait for the commit of another.
_SLOTS: Final = 64
_COUNT: Final = """
INSERT INTO category_counts AS c (namespace, task_category, slot, patterns, quarantined)
VALUES (?, ?, ?, ?, ?) ON CONFLICT (namespace, task_category, slot) DO UPDATE SET
    patterns = c.patterns + excluded.patterns, quarantined = c.quarantined + excluded.quarantined
"""
_UNCOUNT: Final = "DELETE FROM category_counts WHERE namespace = ?"
_COUNT_ALL: Final = """
INSERT INTO category_counts (namespace, task_category, slot, patterns, quarantined)
SELECT namespace, task_category, 0, COUNT(*), COUNT(*) FILTER (WHERE state = 'quarantined')
FROM patterns WHERE namespace = ? GROUP BY namespace, task_category
"""
_NOTE_ERASED: Final = """
INSERT INTO erased_patterns (namespace, id) VALUES (?, ?) ON CONFLICT (namespace, id) DO NOTHING
"""


class PostgresEngine:
    """Do in PostgreSQL what `Engine` asks for. Writers of one namespace work side by side."""

    for_update = " FOR UPDATE"
    constraint_errors: tuple[type[Exception], ...] = (errors.UniqueViolation,)

    def lock_patterns(
        self, connection: PostgresConnection, namespace: str, ids: Sequence[str]
    ) -> None:
        if len(ids) > 1 and not connection.alone:
            marks = ", ".join(f"?{at}" for at in range(2, len(ids) + 2))
            connection.execute(_LOCK.format(marks=marks), (namespace, *ids))

    def insert_patterns(self, connection: PostgresConnection, rows: Sequence[Row]) -> list[bool]:
        """Insert in the order of keys, and lock those that are there in the same order.

        Two calls with the same keys in another order would each wait for what the other has.
        """
        inserted: set[object] = set()
        in_order = sorted(rows, key=_key)
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            part = in_order[first : first + _ROWS_AT_ONCE]
            values = [*chain.from_iterable(part), connection.epoch]
            found = connection.execute(_insertion(len(part)), values)
            inserted.update(row[0] for row in found)
        namespace = rows[0][1]
        taken = [_key(row) for row in in_order if row[0] not in inserted]
        if len(taken) > 1 and not connection.alone:
            marks = ", ".join("?" * len(taken))
            connection.execute(_LOCK_KEYS.format(marks=marks), (namespace, *taken))
        return [row[0] in inserted for row in rows]

    def registered_model(
        self, connection: PostgresConnection, namespace: str, model: EmbeddingModel
    ) -> int:
        """Give the number that the model has in every bank; nobody hands numbers out."""
        if not connection.alone:
            raise MustBeAlone  # two first stores could choose two models
        number = model_number(model)
        identity = (model.name, model.dimension, model.version)
        connection.execute(_NOTE_MODEL, (namespace, number, *identity))
        return number

    def put_vectors(
        self,
        connection: PostgresConnection,
        namespace: str,
        number: int,
        vectors_of: Sequence[tuple[Pattern, bytes]],
    ) -> None:
        vectors.put_vectors(
            connection,
            namespace,
            number,
            [
                vectors.VectorRow(
                    pattern_id=str(pattern.id),
                    task_category=pattern.task_category,
                    state=pattern.state,
                    expires_at=pattern.expires_at,
                    vector=vector,
                    checksum=vector_checksum(vector),
                )
                for pattern, vector in vectors_of
            ],
        )

    def drop_vectors(
        self, connection: PostgresConnection, namespace: str, pattern_id: str, number: int | None
    ) -> None:
        if number is None:
            connection.execute(_DROP_VECTORS, (namespace, pattern_id))
        else:
            connection.execute(f"{_DROP_VECTORS} AND model = ?", (namespace, pattern_id, number))

    def stored_vectors(
        self, connection: PostgresConnection, namespace: str, number: int, ids: Sequence[str]
    ) -> dict[str, bytes]:
        return vectors.stored_vectors(connection, namespace, number, ids)

    def describe(self, connection: PostgresConnection, pattern: Pattern) -> None:
        vectors.describe(
            connection,
            pattern.namespace,
            str(pattern.id),
            task_category=pattern.task_category,
            state=pattern.state,
            expires_at=pattern.expires_at,
        )

    def rebuild_indexes(self, connection: PostgresConnection) -> None:
        """Do nothing: the owner rebuilds a damaged index, see ``reasoningbank db check``."""

    def removing(self, connection: PostgresConnection, namespace: str, pattern_id: str) -> None:
        connection.execute(_DROP_VECTORS, (namespace, pattern_id))

    def count(
        self, connection: PostgresConnection, namespace: str, counts: Sequence[tuple[str, int, int]]
    ) -> None:
        slot = random.randrange(_SLOTS)  # noqa: S311 - spreads writers
        for category, by, quarantined in sorted(counts):
            connection.execute(_COUNT, (namespace, category, slot, by, quarantined))

    def count_anew(self, connection: PostgresConnection, namespace: str) -> None:
        connection.execute(_UNCOUNT, (namespace,))
        connection.execute(_COUNT_ALL, (namespace,))

    def log(
        self, connection: PostgresConnection, namespace: str, ids: Sequence[str], kind: str
    ) -> None:
        """Remember what was erased; other changes are in the rows themselves, see `epochs`."""
        if kind == "erase":
            for pattern_id in ids:
                connection.execute(_NOTE_ERASED, (namespace, pattern_id))

    def new_patterns(self, connection: PostgresConnection, namespace: str, enough: int) -> int:
        return epochs.new_patterns(connection, namespace, enough)


def model_number(model: EmbeddingModel) -> int:
    """Give a number made of what identifies a model, the same in every namespace and bank.

    63 bits of SHA-256: that two of a million models share one has a chance of 1 in 18 million.
    """
    identity = canonical_json([model.name, model.dimension, model.version])
    return int.from_bytes(hashlib.sha256(identity.encode()).digest()[:8], "big") >> 1


def _key(row: Row) -> bytes:
    return row[_KEY_AT]  # type: ignore[return-value]


@lru_cache(maxsize=_ROWS_AT_ONCE)
def _insertion(rows: int) -> str:
    """Give the statement that inserts so many rows where their keys are free, and says which."""
    epoch = rows * _COLUMNS + 1
    values = ", ".join(
        f"({', '.join(f'?{first + at}' for at in range(1, _COLUMNS + 1))}, ?{epoch}, ?{epoch})"
        for first in range(0, rows * _COLUMNS, _COLUMNS)
    )
    return (
        f"INSERT INTO patterns ({STORED_COLUMNS}, put_in, changed_in) "  # noqa: S608 - constants
        f"VALUES {values} ON CONFLICT (namespace, dedupe_key) DO NOTHING RETURNING id"
    )


POSTGRES: Final = PostgresEngine()
register(PostgresConnection, POSTGRES)
