"""Whole records out of a bank and back into one, exactly as they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reasoningbank.domain.duplicates import dedupe_key
from reasoningbank.domain.errors import Conflict
from reasoningbank.domain.json_value import canonical_json
from reasoningbank.domain.records import EmbeddingModel, PatternRecord, RestoreStatus
from reasoningbank.storage.sql import models, outcomes, reading, writing
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.engine import engine_of
from reasoningbank.storage.sql.rows import (
    STORED_COLUMNS,
    StoredPattern,
    row_from_pattern,
    stored_from_row,
)
from reasoningbank.storage.sql.verification import verified_row

_PAGE: Final = 500
_NEXT: Final = (
    f"SELECT {STORED_COLUMNS} FROM patterns "  # noqa: S608 - constants
    f"WHERE namespace = ? AND id > ? ORDER BY id LIMIT {_PAGE}"
)


def records(connection: SqlConnection, namespace: str) -> Iterator[PatternRecord]:
    """Give every record of a namespace in the order of ids, a page at a time.

    Checksums are recomputed however else the bank is read: a copy of what is damaged would be given a right one.

    Raises:
        StorageCorrupt: At the first that is not what was stored, naming it.
    """
    last = ""
    while True:
        rows = connection.execute(_NEXT, (namespace, last)).fetchall()
        for row in rows:
            yield record_of(connection, stored_from_row(verified_row(row)))
        if len(rows) < _PAGE:
            return
        last = str(rows[-1][0])


def record_of(connection: SqlConnection, stored: StoredPattern) -> PatternRecord:
    """Give a stored pattern with all that is kept about it."""
    namespace, pattern_id = stored.pattern.namespace, str(stored.pattern.id)
    return PatternRecord(
        pattern=stored.pattern,
        created_by=stored.created_by,
        kept=stored.kept,
        history=tuple(reading.history(connection, namespace, pattern_id)),
        observations=tuple(reading.observations(connection, namespace, pattern_id)),
        outcomes=tuple(reading.outcomes(connection, namespace, pattern_id)),
    )


def restore(
    connection: SqlConnection, record: PatternRecord, vector: bytes, model: EmbeddingModel
) -> RestoreStatus:
    """Put a record back; one that is there already, equal in every field, is left alone.

    Raises:
        Conflict: When the id or an equal pattern is there with other fields.
    """
    pattern = record.pattern
    namespace, pattern_id = pattern.namespace, str(pattern.id)
    existing = reading.stored_pattern(connection, namespace, pattern_id)
    if existing is not None:
        if record_of(connection, existing) == record:
            return "unchanged"
        raise Conflict(
            f"pattern {pattern_id} is there already and differs",
            existing_id=pattern_id,
            hint="Restore into an empty bank or namespace.",
        )
    number = models.model_for_store(connection, namespace, model)
    key = dedupe_key(
        namespace,
        pattern.task_category,
        pattern.task_description,
        pattern.strategy,
        kept_id=pattern_id if record.kept else None,
    )
    engine = engine_of(connection)
    row = row_from_pattern(pattern, record.created_by, key)
    if engine.insert_patterns(connection, [row]) == [False]:
        [(taken,)] = connection.execute(writing.ID_OF_KEY, (namespace, key))
        raise Conflict(
            f"a pattern equal to {pattern_id} is there already under another id: {taken}",
            existing_id=str(taken),
            hint="Restore into an empty bank or namespace.",
        )
    engine.put_vectors(connection, namespace, number, [(pattern, vector)])
    _restore_notes(connection, record)
    writing.count(connection, pattern, 1)
    engine.log(connection, namespace, [pattern_id], "put")
    return "created"


def _restore_notes(connection: SqlConnection, record: PatternRecord) -> None:
    """Keep a record's notes, in place of what is left of a pattern that was deleted meanwhile."""
    namespace, pattern_id = record.pattern.namespace, str(record.pattern.id)
    for table in ("pattern_history", "observations", "outcomes"):
        connection.execute(
            f"DELETE FROM {table} WHERE namespace = ? AND pattern_id = ?",  # noqa: S608 - constants
            (namespace, pattern_id),
        )
    connection.executemany(
        writing.INSERT_HISTORY,
        [
            (namespace, pattern_id, change.version, change.kind, change.actor, change.at,
             canonical_json(change.before))
            for change in record.history
        ],
    )  # fmt: skip
    connection.executemany(
        writing.INSERT_OBSERVATION,
        [
            (namespace, pattern_id, seen.actor, seen.at, canonical_json(seen.content))
            for seen in record.observations
        ],
    )
    for outcome in record.outcomes:
        try:
            outcomes.insert(connection, namespace, outcome)
            connection.changes()  # where statements travel together, the error comes with this
        except engine_of(connection).constraint_errors as error:
            raise Conflict(
                f"outcome {outcome.id} is there already, of another pattern",
                hint="Restore into an empty bank or namespace.",
            ) from error
