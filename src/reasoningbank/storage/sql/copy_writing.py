"""Exact copies put into a bank in place of what it keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from reasoningbank.domain.copies import (
    ConsolidationCopy,
    Copy,
    ModelCopy,
    PatternCopy,
    RecallCopy,
    TrajectoryCopy,
)
from reasoningbank.domain.duplicates import dedupe_key
from reasoningbank.domain.json_value import canonical_json
from reasoningbank.domain.pattern import Pattern
from reasoningbank.storage.sql import (
    consolidations,
    copies,
    models,
    outcomes,
    reading,
    recalls,
    trajectories,
    withdrawal,
    writing,
)
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.engine import engine_of
from reasoningbank.storage.sql.rows import row_from_pattern

_T = TypeVar("_T")

FORGET_MODEL: Final = "DELETE FROM namespaces WHERE namespace = ?"


def put(connection: SqlConnection, namespace: str, copy: Copy) -> bool:
    """Make what is kept about one thing equal to a copy; give False where it was already.

    What stands in its way, such as another pattern with its dedupe key, is removed: the bank that the
    copy comes from cannot hold both, so that other one is about to be replaced as well.
    """
    match copy:
        case PatternCopy():
            return _put_pattern(connection, namespace, copy)
        case TrajectoryCopy():
            return _put_trajectory(connection, namespace, copy)
        case RecallCopy():
            return _put_recall(connection, namespace, copy)
        case ConsolidationCopy():
            return _put_consolidation(connection, namespace, copy)
        case ModelCopy():
            return _put_model(connection, namespace, copy)


def _put_pattern(connection: SqlConnection, namespace: str, copy: PatternCopy) -> bool:
    there = copies.copy_of_pattern(connection, namespace, copy.id)
    if there == copy:
        return False
    if (there.pattern, there.created_by, there.kept) != (copy.pattern, copy.created_by, copy.kept):
        _put_row(connection, namespace, there.pattern, copy)
    elif copy.pattern is not None:
        _log_put(connection, copy.pattern)
    if copy.pattern is not None and copy.vectors != there.vectors:
        _put_vectors(connection, namespace, copy)
    _put_notes(connection, namespace, there, copy)
    _put_surroundings(connection, namespace, there, copy)
    return True


def _put_row(
    connection: SqlConnection, namespace: str, there: Pattern | None, copy: PatternCopy
) -> None:
    after = copy.pattern
    if after is None:
        if there is not None:
            writing.remove_row(connection, there, "delete")
        return
    key = dedupe_key(
        namespace,
        after.task_category,
        after.task_description,
        after.strategy,
        kept_id=copy.id if copy.kept else None,
    )
    for (taken,) in connection.execute(writing.ID_OF_KEY, (namespace, key)).fetchall():
        other = reading.get_pattern(connection, namespace, str(taken))
        if other is not None and other.id != after.id:
            writing.remove_row(connection, other, "delete")
    row = row_from_pattern(after, copy.created_by, key)
    if there is None:
        engine_of(connection).insert_patterns(connection, [row])
    else:
        connection.execute(writing.UPDATE_PATTERN, (*row, namespace, copy.id))
        writing.count(connection, there, -1)
        engine_of(connection).describe(connection, after)
    writing.count(connection, after, 1)
    _log_put(connection, after)


def _log_put(connection: SqlConnection, pattern: Pattern) -> None:
    kind = "put" if pattern.state == "active" else "quarantine"
    engine_of(connection).log(connection, pattern.namespace, [str(pattern.id)], kind)


def _put_vectors(connection: SqlConnection, namespace: str, copy: PatternCopy) -> None:
    assert copy.pattern is not None
    engine = engine_of(connection)
    engine.drop_vectors(connection, namespace, copy.id, None)
    for kept in copy.vectors:
        number = engine.registered_model(connection, namespace, kept.model)
        engine.put_vectors(connection, namespace, number, [(copy.pattern, kept.vector)])


def _put_notes(
    connection: SqlConnection, namespace: str, there: PatternCopy, copy: PatternCopy
) -> None:
    of_it = (namespace, copy.id)
    for change in _missing(connection, of_it, "pattern_history", there.history, copy.history):
        connection.execute(
            writing.INSERT_HISTORY,
            (namespace, copy.id, change.version, change.kind, change.actor, change.at,
             canonical_json(change.before)),
        )  # fmt: skip
    for seen in _missing(connection, of_it, "observations", there.observations, copy.observations):
        connection.execute(
            writing.INSERT_OBSERVATION,
            (namespace, copy.id, seen.actor, seen.at, canonical_json(seen.content)),
        )
    for outcome in _missing(connection, of_it, "outcomes", there.outcomes, copy.outcomes):
        connection.execute(
            "DELETE FROM outcomes WHERE namespace = ? AND id = ?", (namespace, str(outcome.id))
        )
        outcomes.insert(connection, namespace, outcome)


def _missing(
    connection: SqlConnection,
    of_it: tuple[str, str],
    table: str,
    there: Sequence[_T],
    wanted: Sequence[_T],
) -> Sequence[_T]:
    """Give the notes to add; where those that are there are not the first of them, they are removed."""
    if there == wanted[: len(there)]:
        return wanted[len(there) :]
    connection.execute(
        f"DELETE FROM {table} WHERE namespace = ? AND pattern_id = ?",  # noqa: S608 - constants
        of_it,
    )
    return wanted


def _put_surroundings(
    connection: SqlConnection, namespace: str, there: PatternCopy, copy: PatternCopy
) -> None:
    of_it = (namespace, copy.id)
    if there.links != copy.links:
        connection.execute("DELETE FROM pattern_links WHERE namespace = ? AND source_id = ?", of_it)
        for link in copy.links:
            trajectories.link(connection, namespace, link)
    if there.holds != copy.holds:
        connection.execute("DELETE FROM withdrawals WHERE namespace = ? AND pattern_id = ?", of_it)
        connection.executemany(
            "INSERT INTO withdrawals (namespace, pattern_id, kind, source, actor, at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [(*of_it, hold.kind, hold.source, hold.actor, hold.at) for hold in copy.holds],
        )
    if there.answers != copy.answers:
        connection.execute(
            "DELETE FROM idempotency_keys WHERE namespace = ? AND pattern_id = ?", of_it
        )
        connection.executemany(
            "INSERT INTO idempotency_keys (namespace, key, fingerprint, pattern_id, at) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (namespace, key) DO UPDATE SET "
            "fingerprint = excluded.fingerprint, pattern_id = excluded.pattern_id, "
            "at = excluded.at",
            [(namespace, one.key, one.fingerprint, copy.id, one.at) for one in copy.answers],
        )


def _put_trajectory(connection: SqlConnection, namespace: str, copy: TrajectoryCopy) -> bool:
    there = copies.copy_of_trajectory(connection, namespace, copy.id)
    if there == copy:
        return False
    after = copy.trajectory
    if after is None or there.trajectory is None or _content(there) != _content(copy):
        # An equal experience under another id is in the way of its fingerprint.
        in_the_way = connection.execute(
            "SELECT id FROM trajectories WHERE namespace = ? AND (id = ? OR fingerprint = ?)",
            (namespace, copy.id, copy.fingerprint),
        ).fetchall()
        for (one,) in in_the_way:
            _remove_trajectory(connection, namespace, str(one))
        if after is None:
            return True
        trajectories.insert(connection, after, copy.fingerprint)
    before = None
    if copy.state_before is not None:
        before = canonical_json(withdrawal.Before(copy.state_before, copy.note_before))
    trajectories.set_state(connection, after, copy.at, before=before)
    return True


def _remove_trajectory(connection: SqlConnection, namespace: str, trajectory_id: str) -> None:
    for table, column in (("trajectory_states", "trajectory_id"), ("trajectories", "id")):
        connection.execute(
            f"DELETE FROM {table} WHERE namespace = ? AND {column} = ?",  # noqa: S608 - constants
            (namespace, trajectory_id),
        )


def _content(copy: TrajectoryCopy) -> TrajectoryCopy:
    """Give a copy without what can change about a trajectory."""
    assert copy.trajectory is not None
    return TrajectoryCopy(
        id=copy.id,
        trajectory=msgspec.structs.replace(
            copy.trajectory, state="pending", verdict=None, note=None
        ),
        fingerprint=copy.fingerprint,
    )


def _put_recall(connection: SqlConnection, namespace: str, copy: RecallCopy) -> bool:
    found = recalls.find(connection, namespace, copy.id)
    if found == (None if copy.event is None else (copy.event, copy.settled_at)):
        return False
    connection.execute("DELETE FROM recalls WHERE namespace = ? AND id = ?", (namespace, copy.id))
    if copy.event is not None:
        recalls.insert(connection, namespace, [copy.event])
        if copy.settled_at is not None:
            recalls.settle(connection, namespace, copy.id, copy.settled_at)
    return True


def _put_consolidation(connection: SqlConnection, namespace: str, copy: ConsolidationCopy) -> bool:
    if consolidations.get(connection, namespace, copy.id) == copy.kept:
        return False
    connection.execute(
        "DELETE FROM consolidations WHERE namespace = ? AND id = ?", (namespace, copy.id)
    )
    if copy.kept is not None:
        consolidations.keep(connection, namespace, copy.kept)
        if copy.kept.undone_at is not None:
            consolidations.mark_undone(connection, namespace, copy.id, copy.kept.undone_at)
    return True


def _put_model(connection: SqlConnection, namespace: str, copy: ModelCopy) -> bool:
    current = models.current_model(connection, namespace)
    if (None if current is None else current[1]) == copy.model:
        return False
    if copy.model is None:
        connection.execute(FORGET_MODEL, (namespace,))
    else:
        models.set_model(
            connection,
            namespace,
            engine_of(connection).registered_model(connection, namespace, copy.model),
        )
    return True
