"""The two ways of reading: as it stands, or after recomputing the checksums of what is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from reasoningbank.domain.checksum import vector_checksum
from reasoningbank.domain.errors import StorageCorrupt
from reasoningbank.domain.pattern import Pattern
from reasoningbank.storage.sql import reading, trajectories
from reasoningbank.storage.sql.connection import Row, SqlConnection, SqlValue
from reasoningbank.storage.sql.rows import (
    STORED_COLUMNS,
    is_sound,
    pattern_from_row,
)

_GET: Final = f"SELECT {STORED_COLUMNS} FROM patterns WHERE namespace = ? AND id = ?"  # noqa: S608 - constants
_CATEGORY: Final = reading.category_query(STORED_COLUMNS)


class Reads(NamedTuple):
    """What differs between the two.

    Args:
        pattern: Gives one pattern.
        by_category: Gives the patterns of a category.
        rows_by_id: Gives rows, of `PATTERN_COLUMNS` at least.
        trajectory: Makes a trajectory of its row.
    """

    pattern: Callable[[SqlConnection, str, str], Pattern | None]
    by_category: Callable[[SqlConnection, str, str, int, str], list[Pattern]]
    rows_by_id: Callable[[SqlConnection, str, Sequence[str]], dict[str, Row]]
    trajectory: trajectories.MadeOf


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
    connection: SqlConnection, namespace: str, pattern_id: str
) -> Pattern | None:
    """Give the pattern after recomputing its checksum, or None."""
    with reading.content_of(pattern_id):
        row = connection.execute(_GET, (namespace, pattern_id)).fetchone()
    return None if row is None else pattern_from_row(verified_row(row))


def _verified_patterns_by_category(
    connection: SqlConnection, namespace: str, category: str, limit: int, now: str
) -> list[Pattern]:
    rows = connection.execute(_CATEGORY, (namespace, category, now, limit))
    return [pattern_from_row(verified_row(row)) for row in rows]


def _verified_rows_by_id(
    connection: SqlConnection, namespace: str, ids: Sequence[str]
) -> dict[str, Row]:
    rows = reading.rows_by_id(connection, namespace, ids, columns=STORED_COLUMNS)
    return {pattern_id: verified_row(row) for pattern_id, row in rows.items()}


def is_sound_vector(vector: SqlValue, dimension: SqlValue, checksum: SqlValue) -> bool:
    """Give whether a vector is what was stored."""
    return (
        isinstance(vector, bytes)
        and len(vector) == dimension
        and vector_checksum(vector) == checksum
    )


def damaged_vectors(ids: Sequence[str]) -> StorageCorrupt:
    """Give the error for vectors that are not what was stored, by the ids of their patterns."""
    return StorageCorrupt(
        f"the vector of pattern {ids[0]} does not match its checksum",
        damaged_ids=tuple(ids),
        hint="Run `reasoningbank reembed`.",
    )


AS_IT_STANDS: Final = Reads(
    reading.get_pattern,
    reading.patterns_by_category,
    reading.rows_by_id,
    trajectories.from_row,
)
VERIFIED: Final = Reads(
    get_verified_pattern,
    _verified_patterns_by_category,
    _verified_rows_by_id,
    trajectories.verified_from_row,
)
