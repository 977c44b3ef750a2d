"""The table of vectors: one row for each pattern and model, with what a search filters by beside the vector.

Category, state and expiry are kept twice, here and with the pattern, so that a search filters while it walks the index
and reads no pattern that it does not return.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.postgres.dialects import VECTOR_TABLE, Dialect
from reasoningbank.storage.postgres.vector_encoding import (
    LARGEST_DIMENSION,
    from_text,
    from_wire,
    to_text,
    to_wire,
)
from reasoningbank.storage.sql.connection import SqlValue
from reasoningbank.storage.sql.verification import is_sound_vector

Bindings: TypeAlias = "Mapping[str, SqlValue]"

_COLUMNS: Final = "namespace, pattern_id, model, task_category, state, expires_at, squared_norm, checksum, embedding"
_REPLACE: Final = """
ON CONFLICT (namespace, pattern_id, model) DO UPDATE SET task_category = excluded.task_category,
    state = excluded.state, expires_at = excluded.expires_at, squared_norm = excluded.squared_norm,
    checksum = excluded.checksum, embedding = excluded.embedding
"""
# Rows of one statement: the text of the statement stays the same for every full one, so it is parsed once.
_ROWS_AT_ONCE: Final = 100
_IDS_AT_ONCE: Final = 500
_NAME: Final = re.compile(r"%\((\w+)\)s")
_DESCRIBE: Final = """
UPDATE {table} SET task_category = %(category)s, state = %(state)s, expires_at = %(expires_at)s
WHERE namespace = %(namespace)s AND pattern_id = %(pattern_id)s
    AND (task_category, state) IS DISTINCT FROM (%(category)s::text, %(state)s::text)
    OR namespace = %(namespace)s AND pattern_id = %(pattern_id)s
    AND expires_at IS DISTINCT FROM %(expires_at)s::text
"""
_STORED: Final = """
SELECT pattern_id, {vector} FROM {table}
WHERE namespace = ? AND model = ? AND pattern_id IN ({marks})
"""
_CHECKED: Final = """
SELECT pattern_id, {vector}, checksum FROM {table}
WHERE namespace = ? AND model = ? AND pattern_id IN ({marks})
"""


class VectorRow(msgspec.Struct, frozen=True, kw_only=True):
    """A vector with what its search filters by.

    Args:
        pattern_id: Whose vector it is.
        task_category: Of the pattern.
        state: Of the pattern.
        expires_at: Of the pattern.
        vector: int8, a byte a dimension.
        checksum: Of the vector.
    """

    pattern_id: str
    task_category: str
    state: str
    expires_at: str | None
    vector: bytes
    checksum: int


def put_vectors(
    connection: PostgresConnection,
    namespace: str,
    number: int,
    rows: Sequence[VectorRow],
) -> None:
    """Keep vectors of one model, in place of those the patterns had of it; no pattern may come twice.

    Those of a few patterns travel with the statement that comes next, or with the end of the transaction.

    Raises:
        InvalidInput: A vector has more dimensions than the server can hold.
    """
    dialect = connection.dialect
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[first : first + _ROWS_AT_ONCE]
        values = [value for row in part for value in _values(namespace, number, row, dialect)]
        connection.later(_insertion(dialect.vector_cast, len(part)), values)
        if len(rows) > _ROWS_AT_ONCE:
            connection.flush()


def describe(
    connection: PostgresConnection,
    namespace: str,
    pattern_id: str,
    *,
    task_category: str,
    state: str,
    expires_at: str | None,
) -> None:
    """Keep what a pattern's vectors are filtered by right, after the pattern changed."""
    statement, values = bound(
        _DESCRIBE.format(table=VECTOR_TABLE),
        {
            "namespace": namespace,
            "pattern_id": pattern_id,
            "category": task_category,
            "state": state,
            "expires_at": expires_at,
        },
    )
    connection.later(statement, values)


def stored_vectors(
    connection: PostgresConnection,
    namespace: str,
    number: int,
    ids: Sequence[str],
) -> dict[str, bytes]:
    """Give the int8 vectors of one model by pattern; those that are not kept are left out."""
    dialect = connection.dialect
    found: dict[str, bytes] = {}
    for first in range(0, len(ids), _IDS_AT_ONCE):
        part = ids[first : first + _IDS_AT_ONCE]
        statement = _STORED.format(
            table=VECTOR_TABLE, vector=dialect.vector_column, marks=", ".join("?" * len(part))
        )
        for pattern_id, value in connection.execute(statement, (namespace, number, *part)):
            found[pattern_id] = read_vector(value, dialect)
    return found


def unsound_vectors(
    connection: PostgresConnection,
    namespace: str,
    number: int,
    ids: Sequence[str],
    *,
    dimension: int,
) -> list[str]:
    """Give those of some patterns whose vector of one model is not what was stored, or not kept."""
    dialect = connection.dialect
    unsound: list[str] = []
    for first in range(0, len(ids), _IDS_AT_ONCE):
        part = ids[first : first + _IDS_AT_ONCE]
        statement = _CHECKED.format(
            table=VECTOR_TABLE, vector=dialect.vector_column, marks=", ".join("?" * len(part))
        )
        sound = {
            pattern_id
            for pattern_id, value, checksum in connection.execute(
                statement, (namespace, number, *part)
            )
            if is_sound_vector(read_vector(value, dialect), dimension, checksum)
        }
        unsound += [pattern_id for pattern_id in part if pattern_id not in sound]
    return unsound


def bound(statement: str, bindings: Bindings) -> tuple[str, tuple[SqlValue, ...]]:
    """Give a statement that names its bindings as ``%(name)s`` with places, and the values for them."""
    numbered, names = _numbered(statement)
    return numbered, tuple(bindings[name] for name in names)


@lru_cache(maxsize=256)
def _numbered(statement: str) -> tuple[str, tuple[str, ...]]:
    names = tuple(dict.fromkeys(_NAME.findall(statement)))
    places = {name: f"?{at}" for at, name in enumerate(names, 1)}
    return _NAME.sub(lambda found: places[found[1]], statement), names


def squared_norm(vector: bytes) -> int:
    """Give the sum of squares of an int8 vector."""
    import numpy as np  # not before the first vector

    wide = np.frombuffer(vector, np.int8).astype(np.int32)
    return int(wide.dot(wide))


def bound_vector(vector: bytes, dialect: Dialect) -> bytes | str:
    """Give an int8 vector as a statement's binding; the statement casts it to its type.

    Raises:
        InvalidInput: More dimensions than the server can hold.
    """
    if len(vector) > LARGEST_DIMENSION:
        raise InvalidInput(
            f"must have at most {LARGEST_DIMENSION:,} dimensions in PostgreSQL, not {len(vector):,}",
            field="vector",
        )
    if dialect.binary_vectors:
        return to_wire(vector, dialect.vector_type)
    return to_text(vector)


def read_vector(value: bytes | str, dialect: Dialect) -> bytes:
    """Give the int8 vector of a value that a statement gave for `Dialect.vector_column`."""
    return from_text(value) if isinstance(value, str) else from_wire(value, dialect.vector_type)


def query_bindings(vector: bytes, dialect: Dialect) -> Bindings:
    """Give what `similarity` needs to know of a query."""
    return {"query": bound_vector(vector, dialect), "query_norm": float(squared_norm(vector))}


def similarity(dialect: Dialect) -> str:
    """Give the expression for a stored vector's similarity to the bindings of `query_bindings`.

    It is dot / sqrt(n1 * n2), in double precision from exact integers, hence to the bit what `exact_similarities` gives:
    products of int8 and their sums are whole numbers that single precision holds up to 2^24, which `EXACT_DIMENSION`
    dimensions cannot exceed. A zero vector has no direction and a similarity of 0.
    """
    product = f"(embedding <#> %(query)s{dialect.vector_cast})"  # pgvector gives it negated
    norms = "greatest(squared_norm, 1)::float8 * greatest(%(query_norm)s::float8, 1)"
    return f"-{product} / sqrt({norms})"


EXACT_DIMENSION: Final = (1 << 24) // (128 * 128)
"""Up to this many dimensions `similarity` is exact."""


def _values(namespace: str, number: int, row: VectorRow, dialect: Dialect) -> tuple[SqlValue, ...]:
    return (
        namespace,
        row.pattern_id,
        number,
        row.task_category,
        row.state,
        row.expires_at,
        squared_norm(row.vector),
        row.checksum,
        bound_vector(row.vector, dialect),
    )


@lru_cache(maxsize=_ROWS_AT_ONCE)
def _insertion(vector_cast: str, rows: int) -> str:
    values = ", ".join([f"(?, ?, ?, ?, ?, ?, ?, ?, ?{vector_cast})"] * rows)
    return f"INSERT INTO {VECTOR_TABLE} ({_COLUMNS}) VALUES {values} {_REPLACE}"  # noqa: S608 - constants
