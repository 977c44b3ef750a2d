"""The two ways of reading: as it stands, or after recomputing the checksums of what is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import apsw

from reasoningbank.domain.checksum import vector_checksum
from reasoningbank.domain.errors import StorageCorrupt
from reasoningbank.domain.pattern import Pattern
from reasoningbank.storage.sqlite import reading
from reasoningbank.storage.sqlite.rows import (
    STORED_COLUMNS,
    Row,
    SqlValue,
    is_sound,
    pattern_from_row,
)

_GET: Final = f"SELECT {STORED_COLUMNS} FROM patterns WHERE namespace = ? AND id = ?"  # noqa: S608 - constants
_CATEGORY: Final = reading.category_query(STORED_COLUMNS)
_LOAD: Final = """
SELECT e.pattern_id, p.task_category, p.expires_at, e.embedding
FROM pattern_embeddings e
JOIN patterns p ON p.namespace = e.namespace AND p.id = e.pattern_id
WHERE e.namespace = ? AND e.model = ? AND p.state = 'active'
"""
_CHANGED: Final = """
SELECT c.id, p.task_category, p.expires_at, e.embedding
FROM (SELECT DISTINCT id FROM changes WHERE seq > ? AND namespace = ? AND kind <> 'outcome') c
LEFT JOIN patterns p ON p.namespace = ?2 AND p.id = c.id AND p.state = 'active'
LEFT JOIN pattern_embeddings e ON e.namespace = ?2 AND e.pattern_id = p.id AND e.model = ?3
"""
# A damaged index may lead to another pattern's vector, whose checksum is right: so these take the
# id from the table and not from the index.
_LOAD_VERIFIED: Final = """
SELECT e.pattern_id, p.task_category, p.expires_at, e.embedding,
    e.pattern_id, e.dimension, e.checksum
FROM pattern_embeddings e NOT INDEXED
CROSS JOIN patterns p ON p.namespace = e.namespace AND p.id = e.pattern_id
WHERE e.namespace = ? AND e.model = ? AND p.state = 'active'
"""
_CHANGED_VERIFIED: Final = """
SELECT c.id, p.task_category, p.expires_at, e.embedding, e.pattern_id, e.dimension, e.checksum
FROM (SELECT DISTINCT id FROM changes WHERE seq > ? AND namespace = ? AND kind <> 'outcome') c
LEFT JOIN patterns p ON p.namespace = ?2 AND p.id = c.id AND p.state = 'active'
LEFT JOIN pattern_embeddings e ON e.rowid = (
    SELECT rowid FROM pattern_embeddings
    WHERE namespace = ?2 AND pattern_id = p.id AND model = ?3
)
"""


class Reads(NamedTuple):
    """What differs between the two.

    Args:
        pattern: Gives one pattern.
        by_category: Gives the patterns of a category.
        rows_by_id: Gives rows, of `PATTERN_COLUMNS` at least.
        row: Passes a row of `STORED_COLUMNS` on.
        load: Asks for the id, category, expiry and vector of what can be found.
        changed: Asks the same of what changed, with a NULL for the vector of what is gone.
        vectors: Passes the answers on, without what only verifying needs.
    """

    pattern: Callable[[apsw.Connection, str, str], Pattern | None]
    by_category: Callable[[apsw.Connection, str, str, int, str], list[Pattern]]
    rows_by_id: Callable[[apsw.Connection, str, Sequence[str]], dict[str, Row]]
    row: Callable[[Row], Row]
    load: str
    changed: str
    vectors: Callable[[list[Row]], list[Row]]


def verified_row(row: Row) -> Row:
    """Give a row read as `STORED_COLUMNS` back if its content is what was stored.

    Raises:
        StorageCorrupt: Naming the id, when it is not.
    """
    if is_sound(row):
        return row
    pattern_id = str(row[0])
    raise StorageCorrupt(
        f"the content of pattern {pattern_id} does not match its checksum",
        damaged_ids=(pattern_id,),
        hint="Run `reasoningbank doctor`; restore the pattern from an export.",
    )


def get_verified_pattern(
    connection: apsw.Connection, namespace: str, pattern_id: str
) -> Pattern | None:
    """Give the pattern after recomputing its checksum, or None."""
    with reading.content_of(pattern_id):
        row = connection.execute(_GET, (namespace, pattern_id)).fetchone()
    return None if row is None else pattern_from_row(verified_row(row))


def _verified_patterns_by_category(
    connection: apsw.Connection, namespace: str, category: str, limit: int, now: str
) -> list[Pattern]:
    rows = connection.execute(_CATEGORY, (namespace, category, now, limit))
    return [pattern_from_row(verified_row(row)) for row in rows]


def _verified_rows_by_id(
    connection: apsw.Connection, namespace: str, ids: Sequence[str]
) -> dict[str, Row]:
    rows = reading.rows_by_id(connection, namespace, ids, columns=STORED_COLUMNS)
    return {pattern_id: verified_row(row) for pattern_id, row in rows.items()}


def _verified_vectors(rows: list[Row]) -> list[Row]:
    damaged = [
        str(row[0])
        for row in rows
        if row[3] is not None and not (row[0] == row[4] and is_sound_vector(row[3], *row[5:]))
    ]
    if damaged:
        raise StorageCorrupt(
            f"the vector of pattern {damaged[0]} does not match its checksum",
            damaged_ids=tuple(damaged),
            hint="Run `reasoningbank reembed`.",
        )
    return [row[:4] for row in rows]


def is_sound_vector(vector: SqlValue, dimension: SqlValue, checksum: SqlValue) -> bool:
    """Give whether a vector is what was stored."""
    return (
        isinstance(vector, bytes)
        and len(vector) == dimension
        and vector_checksum(vector) == checksum
    )


AS_IT_STANDS: Final = Reads(
    reading.get_pattern,
    reading.patterns_by_category,
    reading.rows_by_id,
    lambda row: row,
    _LOAD,
    _CHANGED,
    lambda rows: rows,
)
VERIFIED: Final = Reads(
    get_verified_pattern,
    _verified_patterns_by_category,
    _verified_rows_by_id,
    verified_row,
    _LOAD_VERIFIED,
    _CHANGED_VERIFIED,
    _verified_vectors,
)
