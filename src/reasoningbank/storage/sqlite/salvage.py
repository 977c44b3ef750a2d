"""What can still be read of a damaged bank, pattern by pattern."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

import apsw
import msgspec

from reasoningbank.domain.errors import StorageCorrupt
from reasoningbank.domain.records import PatternRecord
from reasoningbank.storage.sql import reading
from reasoningbank.storage.sql.rows import STORED_COLUMNS, StoredPattern, stored_from_row
from reasoningbank.storage.sql.verification import verified_row
from reasoningbank.storage.sqlite.settings import ENGINE_ERRORS

_T = TypeVar("_T")

ENGINE_DAMAGE: Final = (*ENGINE_ERRORS, StorageCorrupt)
"""What reading a damaged file raises."""

# The table and two indexes: where one of them is damaged, another still leads to the rows.
_WAYS: Final = tuple(
    f"SELECT rowid FROM patterns {way} WHERE namespace = ?"  # noqa: S608 - constants
    for way in (
        "NOT INDEXED",
        "INDEXED BY sqlite_autoindex_patterns_1",
        "INDEXED BY idx_patterns_dedupe",
    )
)
_ROW: Final = f"SELECT {STORED_COLUMNS} FROM patterns WHERE rowid = ?"  # noqa: S608 - constants
_ID: Final = """
SELECT id FROM patterns INDEXED BY sqlite_autoindex_patterns_1 WHERE namespace = ? AND +rowid = ?
"""


def readable_records(
    connection: apsw.Connection, namespace: str, on_damaged: Callable[[str], None]
) -> Iterator[PatternRecord]:
    """Give the records of a namespace that are sound, in the order they were created in.

    Args:
        connection: In a transaction.
        namespace: The namespace.
        on_damaged: Called with the id of each pattern that is left out, or whose history, merges
            or outcomes are; with the number of its row when even the id is lost.
    """
    for number in _row_numbers(connection, namespace):
        try:
            rows = connection.execute(_ROW, (number,)).fetchall()
            stored = stored_from_row(verified_row(rows[0])) if rows else None
        except ENGINE_DAMAGE:
            stored = None
        if stored is None:
            on_damaged(_id_of(connection, namespace, number))
            continue
        record, whole = _record_of(connection, stored)
        if not whole:
            on_damaged(str(stored.pattern.id))
        yield record


def _row_numbers(connection: apsw.Connection, namespace: str) -> list[int]:
    numbers: set[int] = set()
    for way in _WAYS:
        try:
            for (number,) in connection.execute(way, (namespace,)):
                numbers.add(number)
        except ENGINE_ERRORS:
            pass  # the other ways may lead further
    return sorted(numbers)


def _id_of(connection: apsw.Connection, namespace: str, number: int) -> str:
    try:
        for (pattern_id,) in connection.execute(_ID, (namespace, number)):
            return str(pattern_id)
    except ENGINE_ERRORS:
        pass
    return f"row {number}"


def _record_of(connection: apsw.Connection, stored: StoredPattern) -> tuple[PatternRecord, bool]:
    """Give a pattern with those of its notes that can be read, and whether these are all."""
    namespace, pattern_id = stored.pattern.namespace, str(stored.pattern.id)
    history, history_whole = readable(reading.history(connection, namespace, pattern_id))
    merges, merges_whole = readable(reading.observations(connection, namespace, pattern_id))
    outcomes, outcomes_whole = readable(reading.outcomes(connection, namespace, pattern_id))
    record = PatternRecord(
        pattern=stored.pattern,
        created_by=stored.created_by,
        kept=stored.kept,
        history=history,
        observations=merges,
        outcomes=outcomes,
    )
    return record, history_whole and merges_whole and outcomes_whole


def readable(notes: Iterable[_T]) -> tuple[tuple[_T, ...], bool]:
    """Give the notes up to the first that cannot be read, and whether there is none such."""
    found: list[_T] = []
    try:
        for note in notes:
            found.append(note)  # noqa: PERF402 - what came before an error is kept
    except (*ENGINE_DAMAGE, ValueError, TypeError, msgspec.MsgspecError):
        return tuple(found), False
    return tuple(found), True
