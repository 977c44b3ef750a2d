"""The table of vectors: one row for each pattern and model, with what a search filters by beside the vector.

Category, state and expiry are kept twice, here and with the pattern, so that a search filters while it walks the index
and reads no pattern that it does not return.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

import msgspec
import numpy as np
from psycopg import Connection

from reasoningbank.storage.postgres.dialects import POSTGRES, VECTOR_TABLE, Dialect
from reasoningbank.storage.postgres.vector_encoding import (
    WireVector,
    from_text,
    from_wire,
    register,
    to_text,
    to_wire,
)

WireRow: TypeAlias = "tuple[Any, ...]"

_COLUMNS: Final = "namespace, pattern_id, model, task_category, state, expires_at, squared_norm, checksum, embedding"
_REPLACE: Final = """
ON CONFLICT (namespace, pattern_id, model) DO UPDATE SET task_category = excluded.task_category,
    state = excluded.state, expires_at = excluded.expires_at, squared_norm = excluded.squared_norm,
    checksum = excluded.checksum, embedding = excluded.embedding
"""
# Rows of one statement: the text of the statement stays the same for every full one, so it is parsed once.
_ROWS_AT_ONCE: Final = 100
_DESCRIBE: Final = f"""
UPDATE {VECTOR_TABLE} SET task_category = %(category)s, state = %(state)s, expires_at = %(expires_at)s
WHERE namespace = %(namespace)s AND pattern_id = %(pattern_id)s
    AND (task_category, state) IS DISTINCT FROM (%(category)s::text, %(state)s::text)
    OR namespace = %(namespace)s AND pattern_id = %(pattern_id)s
    AND expires_at IS DISTINCT FROM %(expires_at)s::text
"""
_STORED: Final = f"""
SELECT pattern_id, {{vector}} FROM {VECTOR_TABLE}
WHERE namespace = %(namespace)s AND model = %(model)s AND pattern_id = ANY(%(ids)s)
"""


class HoldsConnection(Protocol):
    """A connection in a transaction that knows its namespace."""

    @property
    def raw(self) -> Connection[Any]:
        """The connection of the driver."""


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
    connection: HoldsConnection,
    namespace: str,
    number: int,
    rows: Sequence[VectorRow],
    *,
    dialect: Dialect = POSTGRES,
) -> None:
    """Keep vectors of one model, in place of those the patterns had of it; no pattern may come twice."""
    raw = connection.raw
    register(raw)
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[first : first + _ROWS_AT_ONCE]
        values = [value for row in part for value in _values(namespace, number, row, dialect)]
        raw.execute(_insertion(dialect, len(part)), values)


def describe(
    connection: HoldsConnection,
    namespace: str,
    pattern_id: str,
    task_category: str,
    state: str,
    expires_at: str | None,
) -> None:
    """Keep what a pattern's vectors are filtered by right, after the pattern changed."""
    connection.raw.execute(
        _DESCRIBE,
        {
            "namespace": namespace,
            "pattern_id": pattern_id,
            "category": task_category,
            "state": state,
            "expires_at": expires_at,
        },
    )


def stored_vectors(
    connection: HoldsConnection,
    namespace: str,
    number: int,
    ids: Sequence[str],
    *,
    dialect: Dialect = POSTGRES,
) -> dict[str, bytes]:
    """Give the int8 vectors of one model by pattern; those that are not kept are left out."""
    found = connection.raw.execute(
        _STORED.format(vector=dialect.vector_column),
        {"namespace": namespace, "model": number, "ids": list(ids)},
        binary=dialect.binary_vectors,
    )
    return {pattern_id: read_vector(value, dialect) for pattern_id, value in found}


def squared_norm(vector: bytes) -> int:
    """Give the sum of squares of an int8 vector."""
    wide = np.frombuffer(vector, np.int8).astype(np.int32)
    return int(wide.dot(wide))


def bound_vector(vector: bytes, dialect: Dialect) -> WireVector | str:
    """Give an int8 vector as a statement's binding; the statement casts it to its type."""
    if dialect.binary_vectors:
        return to_wire(vector, dialect.vector_type)
    return to_text(vector)


def read_vector(value: bytes | str, dialect: Dialect) -> bytes:
    """Give the int8 vector of a value that a statement gave for `Dialect.vector_column`."""
    return from_text(value) if isinstance(value, str) else from_wire(value, dialect.vector_type)


def query_bindings(vector: bytes, dialect: Dialect) -> Mapping[str, object]:
    """Give what `similarity` needs to know of a query."""
    return {"query": bound_vector(vector, dialect), "query_norm": float(squared_norm(vector))}


def similarity(dialect: Dialect) -> str:
    """Give the expression for a stored vector's similarity to the bindings of `query_bindings`.

    It is dot / sqrt(n1 * n2), in double precision from exact integers, hence to the bit what `exact_similarities` gives:
    products of int8 and their sums are whole numbers that single precision holds up to 2^24, which `EXACT_DIMENSION`
    dimensions cannot exceed. A zero vector has no direction and a similarity of 0.
    """
    product = f"(embedding <#> %(query)s::{dialect.vector_type})"  # pgvector gives it negated
    norms = "greatest(squared_norm, 1)::float8 * greatest(%(query_norm)s::float8, 1)"
    return f"-{product} / sqrt({norms})"


EXACT_DIMENSION: Final = (1 << 24) // (128 * 128)
"""Up to this many dimensions `similarity` is exact."""


def _values(namespace: str, number: int, row: VectorRow, dialect: Dialect) -> WireRow:
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


def _insertion(dialect: Dialect, rows: int) -> str:
    values = f"(%s, %s, %s, %s, %s, %s, %s, %s, %s::{dialect.vector_type})"
    return f"INSERT INTO {VECTOR_TABLE} ({_COLUMNS}) VALUES {', '.join([values] * rows)} {_REPLACE}"
