"""Taking back what came from a trajectory or a source: quarantined, noted, and reversible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from reasoningbank.domain.json_value import canonical_json
from reasoningbank.domain.pattern import State
from reasoningbank.domain.records import PatternEdit, Stamp
from reasoningbank.domain.trajectory import TrajectoryState
from reasoningbank.storage.sql import trajectories, writing
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.reading import get_pattern

_Kind: TypeAlias = Literal["trajectory", "origin", "actor", "consolidation"]

_STILL_SUPPORTED: Final = """
SELECT 1 FROM pattern_links l JOIN trajectory_states s
    ON s.namespace = l.namespace AND s.trajectory_id = l.target_id
WHERE l.namespace = ? AND l.source_id = ? AND l.kind = 'derived_from' AND s.state <> 'withdrawn'
LIMIT 1
"""
_OF_SOURCE: Final = """
SELECT id FROM trajectories
WHERE namespace = ?1 AND ((?2 = 'origin' AND origin = ?3) OR (?2 = 'actor' AND actor = ?3))
ORDER BY id
"""
# Patterns stored as they are, without a trajectory, and not by anybody else as well: neither later
# (an observation from elsewhere) nor before (an import was merged into one without a provenance).
_DIRECT_OF_ACTOR: Final = """
SELECT p.id FROM patterns p
WHERE p.namespace = ?1 AND p.created_by = ?2 AND (p.state = 'active' OR EXISTS (
    SELECT 1 FROM withdrawals w WHERE w.namespace = p.namespace AND w.pattern_id = p.id))
AND NOT EXISTS (SELECT 1 FROM pattern_links l WHERE l.namespace = p.namespace
    AND l.source_id = p.id AND l.kind = 'derived_from')
AND NOT EXISTS (SELECT 1 FROM observations o WHERE o.namespace = p.namespace
    AND o.pattern_id = p.id AND o.actor <> ?2)
ORDER BY p.id
"""
DIRECT_OF_ORIGIN: Final = """
SELECT p.id FROM patterns p
WHERE p.namespace = ?1 AND (p.state = 'active' OR EXISTS (
    SELECT 1 FROM withdrawals w WHERE w.namespace = p.namespace AND w.pattern_id = p.id))
AND json_extract(p.data, '$.metadata.provenance.origin') = ?2
AND NOT EXISTS (SELECT 1 FROM pattern_links l WHERE l.namespace = p.namespace
    AND l.source_id = p.id AND l.kind = 'derived_from')
AND NOT EXISTS (SELECT 1 FROM observations o WHERE o.namespace = p.namespace
    AND o.pattern_id = p.id
    AND json_extract(o.content, '$.metadata.provenance.origin') IS NOT ?2)
AND NOT EXISTS (SELECT 1 FROM pattern_history h WHERE h.namespace = p.namespace
    AND h.pattern_id = p.id AND h.kind = 'merged'
    AND json_type(h.before, '$.metadata') = 'object'
    AND json_type(h.before, '$.metadata.provenance') IS NULL)
ORDER BY p.id
"""
_HELD: Final = """
SELECT pattern_id FROM withdrawals
WHERE namespace = ? AND kind = ? AND source = ? ORDER BY pattern_id
"""


class Before(msgspec.Struct, frozen=True):
    """What a trajectory comes back to."""

    state: TrajectoryState
    note: str | None


decode_before = msgspec.json.Decoder(Before).decode


def withdraw(
    connection: SqlConnection, namespace: str, trajectory_ids: Sequence[str], stamp: Stamp
) -> list[str]:
    """Take trajectories back; quarantine what came of them alone and give those patterns' ids."""
    taken = [
        trajectory_id
        for trajectory_id in trajectory_ids
        if _mark_withdrawn(connection, namespace, trajectory_id, stamp)
    ]
    quarantined: list[str] = []
    for trajectory_id in taken:
        for pattern_id in trajectories.derived_ids(connection, namespace, trajectory_id):
            supported = connection.execute(_STILL_SUPPORTED, (namespace, pattern_id)).fetchone()
            if supported is None and _quarantine(
                connection, namespace, pattern_id, ("trajectory", trajectory_id), stamp
            ):
                quarantined.append(pattern_id)
    return quarantined


def withdraw_source(
    connection: SqlConnection,
    namespace: str,
    kind: Literal["origin", "actor"],
    source: str,
    stamp: Stamp,
) -> list[str]:
    """Take back every trajectory of a source, and the patterns it stored as they are."""
    quarantined = withdraw(
        connection, namespace, _of_source(connection, namespace, kind, source), stamp
    )
    direct = _DIRECT_OF_ACTOR if kind == "actor" else DIRECT_OF_ORIGIN
    for (pattern_id,) in connection.execute(direct, (namespace, source)).fetchall():
        if _quarantine(connection, namespace, str(pattern_id), (kind, source), stamp):
            quarantined.append(str(pattern_id))
    return quarantined


def reinstate(
    connection: SqlConnection, namespace: str, trajectory_ids: Sequence[str], stamp: Stamp
) -> list[str]:
    """Undo `withdraw` and give the ids of the patterns that are active again."""
    active: list[str] = []
    for trajectory_id in trajectory_ids:
        if not _mark_reinstated(connection, namespace, trajectory_id, stamp):
            continue
        derived = trajectories.derived_ids(connection, namespace, trajectory_id)
        active += [one for one in derived if release(connection, namespace, one, stamp)]
    return active


def reinstate_source(
    connection: SqlConnection,
    namespace: str,
    kind: Literal["origin", "actor"],
    source: str,
    stamp: Stamp,
) -> list[str]:
    """Undo `withdraw_source`."""
    active = reinstate(
        connection, namespace, _of_source(connection, namespace, kind, source), stamp
    )
    for (pattern_id,) in connection.execute(_HELD, (namespace, kind, source)).fetchall():
        connection.execute(
            "DELETE FROM withdrawals "
            "WHERE namespace = ? AND pattern_id = ? AND kind = ? AND source = ?",
            (namespace, pattern_id, kind, source),
        )
        if _activate(connection, namespace, str(pattern_id), stamp):
            active.append(str(pattern_id))
    return active


def release(connection: SqlConnection, namespace: str, pattern_id: str, stamp: Stamp) -> bool:
    """Bring back a pattern that a trajectory supports again; give whether it had been withdrawn."""
    connection.execute(
        "DELETE FROM withdrawals WHERE namespace = ? AND pattern_id = ? AND kind = 'trajectory'",
        (namespace, pattern_id),
    )
    return bool(connection.changes()) and _activate(connection, namespace, pattern_id, stamp)


def _of_source(connection: SqlConnection, namespace: str, kind: str, source: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(_OF_SOURCE, (namespace, kind, source))]


def _mark_withdrawn(
    connection: SqlConnection, namespace: str, trajectory_id: str, stamp: Stamp
) -> bool:
    trajectory = trajectories.existing(connection, namespace, trajectory_id)
    if trajectory.state == "withdrawn":
        return False
    before = canonical_json(Before(trajectory.state, trajectory.note))
    withdrawn = msgspec.structs.replace(trajectory, state="withdrawn")
    trajectories.set_state(connection, withdrawn, stamp.at, before=before)
    return True


def _mark_reinstated(
    connection: SqlConnection, namespace: str, trajectory_id: str, stamp: Stamp
) -> bool:
    trajectory = trajectories.existing(connection, namespace, trajectory_id)
    if trajectory.state != "withdrawn":
        return False
    before = before_of(connection, namespace, trajectory_id) or Before("pending", trajectory.note)
    reinstated = msgspec.structs.replace(trajectory, state=before.state, note=before.note)
    trajectories.set_state(connection, reinstated, stamp.at)
    return True


def _quarantine(
    connection: SqlConnection,
    namespace: str,
    pattern_id: str,
    reason: tuple[_Kind, str],
    stamp: Stamp,
) -> bool:
    """Quarantine an active pattern and note why, so that this and no other is undone.

    One that is held for another reason is held for this one as well. One that somebody quarantined
    by hand is not: it would come back with what was withdrawn.
    """
    if not _set_pattern_state(connection, namespace, pattern_id, "quarantined", stamp):
        if _is_held(connection, namespace, pattern_id):
            withhold(connection, namespace, pattern_id, reason, stamp)
        return False
    withhold(connection, namespace, pattern_id, reason, stamp)
    return True


def withhold(
    connection: SqlConnection,
    namespace: str,
    pattern_id: str,
    reason: tuple[_Kind, str],
    stamp: Stamp,
) -> None:
    """Note for whose sake a pattern is quarantined."""
    connection.execute(
        "INSERT INTO withdrawals (namespace, pattern_id, kind, source, actor, at) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (namespace, pattern_id, *reason, stamp.actor, stamp.at),
    )


def withheld(connection: SqlConnection, namespace: str, trajectory_id: str) -> list[str]:
    """Give the patterns that are quarantined because a trajectory was withdrawn."""
    rows = connection.execute(_HELD, (namespace, "trajectory", trajectory_id))
    return [str(row[0]) for row in rows]


def before_of(connection: SqlConnection, namespace: str, trajectory_id: str) -> Before | None:
    """Give what a withdrawn trajectory comes back to, or None."""
    [(text,)] = connection.execute(
        "SELECT before FROM trajectory_states WHERE namespace = ? AND trajectory_id = ?",
        (namespace, trajectory_id),
    )
    return None if text is None else decode_before(text)


def put_away(
    connection: SqlConnection, namespace: str, pattern_id: str, report_id: str, stamp: Stamp
) -> None:
    """Quarantine a pattern on behalf of a consolidation."""
    _quarantine(connection, namespace, pattern_id, ("consolidation", report_id), stamp)


def bring_back(
    connection: SqlConnection, namespace: str, pattern_id: str, report_id: str, stamp: Stamp
) -> bool:
    """Undo `put_away`; give False where somebody has brought the pattern back before.

    A pattern that was withdrawn meanwhile stays so until it is reinstated.
    """
    connection.execute(
        "DELETE FROM withdrawals "
        "WHERE namespace = ? AND pattern_id = ? AND kind = 'consolidation' AND source = ?",
        (namespace, pattern_id, report_id),
    )
    if not connection.changes():
        return False
    _activate(connection, namespace, pattern_id, stamp)
    return True


def _activate(connection: SqlConnection, namespace: str, pattern_id: str, stamp: Stamp) -> bool:
    return not _is_held(connection, namespace, pattern_id) and _set_pattern_state(
        connection, namespace, pattern_id, "active", stamp
    )


def _is_held(connection: SqlConnection, namespace: str, pattern_id: str) -> bool:
    held = connection.execute(
        "SELECT 1 FROM withdrawals WHERE namespace = ? AND pattern_id = ? LIMIT 1",
        (namespace, pattern_id),
    ).fetchone()
    return held is not None


def _set_pattern_state(
    connection: SqlConnection, namespace: str, pattern_id: str, state: State, stamp: Stamp
) -> bool:
    """Change a pattern's state; give False where it is gone or has that state already."""
    pattern = get_pattern(connection, namespace, pattern_id)
    if pattern is None or pattern.state == state:
        return False
    edit = PatternEdit(
        values={"state": state}, vector=None, if_version=None, actor=stamp.actor, at=stamp.at
    )
    writing.edit(connection, namespace, pattern_id, edit, None)
    return True
