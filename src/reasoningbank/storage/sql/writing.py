"""Changes to patterns, each inside a transaction the caller holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from reasoningbank.domain.duplicates import dedupe_key
from reasoningbank.domain.errors import Conflict, NotFound
from reasoningbank.domain.json_value import JsonObject, canonical_json
from reasoningbank.domain.merging import changed_fields, merged_pattern
from reasoningbank.domain.pattern import ChangeKind, Pattern, StoreStatus
from reasoningbank.domain.records import (
    EmbeddingModel,
    NewPattern,
    PatternEdit,
    Stamp,
    StoreOptions,
)
from reasoningbank.storage.sql import models
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.engine import ChangedMeanwhile, engine_of
from reasoningbank.storage.sql.reading import stored_pattern
from reasoningbank.storage.sql.rows import (
    STORED_COLUMNS,
    StoredPattern,
    base_key,
    row_from_pattern,
)

_MARKS: Final = ", ".join("?" * (STORED_COLUMNS.count(",") + 1))
INSERT_PATTERN: Final = (
    f"INSERT INTO patterns ({STORED_COLUMNS}) VALUES ({_MARKS}) "  # noqa: S608 - constants
    "ON CONFLICT (namespace, dedupe_key) DO NOTHING"
)
UPDATE_PATTERN: Final = (
    f"UPDATE patterns SET ({STORED_COLUMNS}) = ({_MARKS}) "  # noqa: S608 - constants
    "WHERE namespace = ? AND id = ?"
)
UPDATE_COUNTERS: Final = """
UPDATE patterns SET trust = ?, uses = ?, successes = ?, failures = ?, last_used_at = ?,
    updated_at = ?, version = ?, checksum = ?
WHERE namespace = ? AND id = ?
"""
ID_OF_KEY: Final = "SELECT id FROM patterns WHERE namespace = ? AND dedupe_key = ?"
_NOT_HELD: Final = "DELETE FROM withdrawals WHERE namespace = ? AND pattern_id = ?"
_DELETE: Final = "DELETE FROM patterns WHERE namespace = ? AND id = ?"
INSERT_HISTORY: Final = """
INSERT INTO pattern_history (namespace, pattern_id, version, kind, actor, at, before)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
INSERT_OBSERVATION: Final = """
INSERT INTO observations (namespace, pattern_id, actor, at, content) VALUES (?, ?, ?, ?, ?)
"""
_ANSWER: Final = """
SELECT fingerprint, pattern_id FROM idempotency_keys WHERE namespace = ? AND key = ?
"""
_KEEP_ANSWER: Final = """
INSERT INTO idempotency_keys (namespace, key, fingerprint, pattern_id, at) VALUES (?, ?, ?, ?, ?)
"""


def store(
    connection: SqlConnection, new: NewPattern, model: EmbeddingModel, options: StoreOptions
) -> tuple[str, StoreStatus]:
    """Store one pattern, or replay the answer its idempotency key had before."""
    namespace, key = new.pattern.namespace, options.idempotency_key
    if key is not None:
        answer = connection.execute(_ANSWER, (namespace, key)).fetchone()
        if answer is not None:
            fingerprint, pattern_id = answer
            if fingerprint != options.fingerprint:
                raise Conflict(
                    f"{key!r} was used for other content",
                    existing_id=pattern_id,
                    field="idempotency_key",
                    hint="Use a new key for new content.",
                )
            return pattern_id, "replayed"
    [result] = store_all(connection, [new], model, options)
    if key is not None:
        connection.execute(
            _KEEP_ANSWER,
            (namespace, key, options.fingerprint, result[0], new.pattern.created_at),
        )
    return result


def store_all(
    connection: SqlConnection,
    new: Sequence[NewPattern],
    model: EmbeddingModel,
    options: StoreOptions,
) -> list[tuple[str, StoreStatus]]:
    """Store patterns of one namespace in the order given."""
    if not new:
        return []
    namespace = new[0].pattern.namespace
    engine = engine_of(connection)
    number = models.model_for_store(connection, namespace, model)
    created = engine.insert_patterns(
        connection, [row_from_pattern(item.pattern, item.actor, item.key) for item in new]
    )
    results: list[tuple[str, StoreStatus]] = []
    vectors: dict[str, tuple[Pattern, bytes]] = {}
    counts: dict[str, int] = {}
    for item, is_new in zip(new, created, strict=True):
        if is_new:
            pattern_id = str(item.pattern.id)
            vectors[pattern_id] = (item.pattern, item.vector)
            category = item.pattern.task_category
            counts[category] = counts.get(category, 0) + 1
            results.append((pattern_id, "created"))
        else:
            results.append((_met_duplicate(connection, item, number, vectors, options), "merged"))
    engine.put_vectors(connection, namespace, number, list(vectors.values()))
    engine.count(
        connection, namespace, [(category, count, 0) for category, count in counts.items()]
    )
    engine.log(connection, namespace, list(vectors), "put")
    return results


def _met_duplicate(
    connection: SqlConnection,
    new: NewPattern,
    number: int,
    pending: dict[str, tuple[Pattern, bytes]],
    options: StoreOptions,
) -> str:
    """Merge into the pattern that has the key, or refuse; give its id.

    `pending` holds the vectors of patterns created by the same call, which are not in yet.
    """
    namespace = new.pattern.namespace
    found = connection.execute(ID_OF_KEY, (namespace, new.key)).fetchone()
    if found is None:
        raise ChangedMeanwhile
    existing_id = str(found[0])
    if options.on_duplicate == "error":
        raise Conflict(
            f"an equal pattern exists already: {existing_id}",
            existing_id=existing_id,
            hint="Update that one, or store with on_duplicate='merge' or 'keep'.",
        )
    existing = stored_pattern(connection, namespace, existing_id)
    if existing is None:
        raise ChangedMeanwhile
    merged = merged_pattern(existing.pattern, new.pattern)
    stamp = Stamp(new.actor, new.pattern.created_at)
    connection.execute(
        INSERT_OBSERVATION,
        (namespace, existing_id, stamp.actor, stamp.at, _observed(new.pattern)),
    )
    if not changed_fields(existing.pattern, merged):
        return existing_id
    reworded = merged.task_description != existing.pattern.task_description
    if existing_id in pending:
        pending[existing_id] = (merged, new.vector if reworded else pending[existing_id][1])
    elif reworded:
        models.replace_vector(connection, merged, number, new.vector)
    _write_changed(connection, existing, merged, "merged", stamp)
    return existing_id


def _observed(pattern: Pattern) -> str:
    """Give what a store said, as JSON without what the bank adds to it."""
    return canonical_json(
        {
            name: value
            for name in (
                "task_description", "task_category", "strategy", "title", "success_score",
                "duration_seconds", "tags", "metadata", "trust", "expires_at",
            )
            if (value := getattr(pattern, name)) not in (None, (), {})
        }
    )  # fmt: skip


def edit(
    connection: SqlConnection,
    namespace: str,
    pattern_id: str,
    change: PatternEdit,
    model: EmbeddingModel | None,
) -> Pattern:
    """Change a pattern and give it as it stands now; equal values change nothing."""
    existing = _existing(connection, namespace, pattern_id)
    before = existing.pattern
    if change.if_version is not None and change.if_version != before.version:
        raise Conflict(
            f"is {change.if_version}, but the pattern is at version {before.version}",
            existing_id=pattern_id,
            field="if_version",
            hint="Read the pattern again and decide anew.",
        )
    edited = msgspec.structs.replace(before, **change.values)
    if not changed_fields(before, edited):
        return before
    if edited.task_description != before.task_description and model is not None:
        number = models.model_for_store(connection, namespace, model)
        models.replace_vector(connection, edited, number, change.vector or b"")
    if edited.state == "active" and before.state != "active":
        # Whoever brings a pattern back decides over all that it was quarantined for.
        connection.execute(_NOT_HELD, (namespace, pattern_id))
    stamp = Stamp(change.actor, change.at)
    return _write_changed(connection, existing, edited, "updated", stamp)


def _write_changed(
    connection: SqlConnection,
    existing: StoredPattern,
    after: Pattern,
    kind: ChangeKind,
    stamp: Stamp,
) -> Pattern:
    """Write a changed pattern with its next version, its history and its entry in the log."""
    before = existing.pattern
    key = _key_after(existing, after)
    if key != existing.key:
        taken = connection.execute(ID_OF_KEY, (before.namespace, key)).fetchone()
        if taken is not None:
            raise Conflict(
                f"an equal pattern exists already: {taken[0]}",
                existing_id=str(taken[0]),
                hint="Update or delete that one.",
            )
    after = _next_version(connection, existing, after, kind, stamp)
    row = row_from_pattern(after, existing.created_by, key)
    connection.execute(UPDATE_PATTERN, (*row, before.namespace, str(before.id)))
    engine = engine_of(connection)
    if (before.task_category, before.state) != (after.task_category, after.state):
        count(connection, before, -1)
        count(connection, after, 1)
        engine.describe(connection, after)
    elif before.expires_at != after.expires_at:
        engine.describe(connection, after)
    log_kind = "quarantine" if after.state != "active" else "put"
    engine.log(connection, before.namespace, [str(before.id)], log_kind)
    return after


def write_counters(
    connection: SqlConnection, existing: StoredPattern, after: Pattern, stamp: Stamp
) -> Pattern:
    """Write a pattern whose counters an outcome moved."""
    after = _next_version(connection, existing, after, "outcome", stamp)
    row = row_from_pattern(after, existing.created_by, existing.key)
    connection.execute(
        UPDATE_COUNTERS,
        (
            after.trust, after.uses, after.successes, after.failures, after.last_used_at,
            after.updated_at, after.version, row[-1], after.namespace, str(after.id),
        ),
    )  # fmt: skip
    engine_of(connection).log(connection, after.namespace, [str(after.id)], "outcome")
    return after


def _next_version(
    connection: SqlConnection,
    existing: StoredPattern,
    after: Pattern,
    kind: ChangeKind,
    stamp: Stamp,
) -> Pattern:
    """Note what changes and give the pattern as it will stand."""
    before = existing.pattern
    note(connection, before, kind, stamp, changed_fields(before, after))
    return msgspec.structs.replace(after, version=before.version + 1, updated_at=stamp.at)


def _key_after(existing: StoredPattern, after: Pattern) -> bytes:
    """Give the key of an edited pattern; one that stands beside its equals goes on doing so."""
    if not existing.kept:
        return base_key(after)
    return dedupe_key(
        after.namespace,
        after.task_category,
        after.task_description,
        after.strategy,
        kept_id=str(after.id),
    )


def delete(connection: SqlConnection, namespace: str, pattern_id: str, stamp: Stamp) -> None:
    """Remove a pattern with its vectors; its history, which ends with all it held, stays."""
    existing = _existing(connection, namespace, pattern_id)
    before: JsonObject = {
        "created_by": existing.created_by,
        "kept": existing.kept,
        "pattern": msgspec.to_builtins(existing.pattern),
    }
    note(connection, existing.pattern, "deleted", stamp, before)
    remove_row(connection, existing.pattern, "delete")


def remove_row(connection: SqlConnection, pattern: Pattern, kind: str) -> None:
    """Remove a pattern's row with its vectors."""
    engine = engine_of(connection)
    pattern_id = str(pattern.id)
    engine.removing(connection, pattern.namespace, pattern_id)
    connection.execute(_DELETE, (pattern.namespace, pattern_id))
    count(connection, pattern, -1)
    engine.log(connection, pattern.namespace, [pattern_id], kind)


def remove_damaged_row(connection: SqlConnection, namespace: str, pattern_id: str) -> None:
    """Erase a row of which not even the category can be relied on, and count its namespace anew."""
    engine = engine_of(connection)
    engine.rebuild_indexes(connection)
    engine.removing(connection, namespace, pattern_id)
    connection.execute(_DELETE, (namespace, pattern_id))
    engine.count_anew(connection, namespace)
    engine.log(connection, namespace, [pattern_id], "erase")


def _existing(connection: SqlConnection, namespace: str, pattern_id: str) -> StoredPattern:
    existing = stored_pattern(connection, namespace, pattern_id)
    if existing is None:
        raise missing(pattern_id)
    return existing


def missing(pattern_id: str) -> NotFound:
    """Give the error for an id that the namespace does not have."""
    return NotFound(f"no pattern has the id {pattern_id}", hint="Check the id and the namespace.")


def note(
    connection: SqlConnection,
    pattern: Pattern,
    kind: ChangeKind,
    stamp: Stamp,
    before: JsonObject,
) -> None:
    """Add to a pattern's history."""
    connection.execute(
        INSERT_HISTORY,
        (
            pattern.namespace, str(pattern.id), pattern.version, kind, stamp.actor, stamp.at,
            canonical_json(before),
        ),
    )  # fmt: skip


def count(connection: SqlConnection, pattern: Pattern, by: int) -> None:
    """Move the counters of a pattern's category."""
    quarantined = by if pattern.state == "quarantined" else 0
    engine_of(connection).count(
        connection, pattern.namespace, [(pattern.task_category, by, quarantined)]
    )
