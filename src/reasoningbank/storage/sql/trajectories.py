"""Trajectories as they were given, how they ended, and what was derived from them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from reasoningbank.domain.errors import NotFound, StorageCorrupt
from reasoningbank.domain.json_value import JsonObject, canonical_json
from reasoningbank.domain.trajectory import (
    PatternLink,
    Step,
    Trajectory,
    TrajectoryState,
    Verdict,
)
from reasoningbank.storage.sql.connection import Row, SqlConnection, SqlValue

_COLUMNS: Final = """
t.id, t.namespace, t.task_description, t.task_category, t.steps, t.metadata, t.origin, t.actor,
t.created_at, s.state, s.verdict, s.note, t.checksum
"""
_FROM: Final = """
FROM trajectories t JOIN trajectory_states s
    ON s.namespace = t.namespace AND s.trajectory_id = t.id
"""
_IS_THERE: Final = "SELECT 1 FROM trajectories WHERE namespace = ? AND id = ?"
_GET: Final = f"SELECT {_COLUMNS} {_FROM} WHERE t.namespace = ? AND t.id = ?"
_LIST: Final = (
    f"SELECT {_COLUMNS} {_FROM} "
    "WHERE t.namespace = ?1 AND t.id > ?2 AND (s.state = ?3 OR ?3 IS NULL) ORDER BY t.id LIMIT ?4"
)
_UNLEARNED: Final = f"""
SELECT {_COLUMNS} {_FROM}
WHERE t.namespace = ?1 AND s.state IN ('pending', 'judged') AND (t.origin = ?2 OR ?2 IS NULL)
ORDER BY s.at, t.id LIMIT ?3
"""
_INSERT: Final = """
INSERT INTO trajectories (namespace, id, task_category, task_description, steps, metadata, origin,
    actor, created_at, fingerprint, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (namespace, fingerprint) DO NOTHING
"""
_SET_STATE: Final = """
INSERT INTO trajectory_states (namespace, trajectory_id, state, verdict, note, before, at)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (namespace, trajectory_id) DO UPDATE SET
    state = excluded.state, verdict = excluded.verdict, note = excluded.note,
    before = excluded.before, at = excluded.at
"""
_LINK: Final = """
INSERT INTO pattern_links (namespace, source_id, kind, target_id, actor, at)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""

_decode_steps = msgspec.json.Decoder(tuple[Step, ...]).decode
_decode_verdict = msgspec.json.Decoder(Verdict).decode
_decode_object = msgspec.json.Decoder(JsonObject).decode

MadeOf: TypeAlias = "Callable[[Row], Trajectory]"
"""How a trajectory is made of its row: `from_row`, or `verified_from_row`."""


def from_row(row: Row) -> Trajectory:
    """Give the trajectory of a row, as it stands.

    Raises:
        StorageCorrupt: Naming the id, when nothing can be made of it.
    """
    try:
        return _decoded(row)
    except (ValueError, TypeError, AttributeError, msgspec.MsgspecError) as error:
        raise _damaged(row, "cannot be read") from error


def _damaged(row: Row, what: str) -> StorageCorrupt:
    trajectory_id = str(row[0])
    return StorageCorrupt(
        f"the content of trajectory {trajectory_id} {what}",
        damaged_ids=(trajectory_id,),
        hint="Run `reasoningbank doctor`; erase the trajectory and restore it from an export.",
    )


def _decoded(row: Row) -> Trajectory:
    (
        trajectory_id, namespace, description, category, steps, metadata, origin, actor,
        created_at, state, verdict, note, _,
    ) = row  # fmt: skip
    return Trajectory(
        id=UUID(trajectory_id),  # type: ignore[arg-type]
        namespace=namespace,  # type: ignore[arg-type]
        task_description=description,  # type: ignore[arg-type]
        task_category=category,  # type: ignore[arg-type]
        steps=_decode_steps(steps),  # type: ignore[arg-type]
        metadata=_decode_object(metadata),  # type: ignore[arg-type]
        origin=origin,  # type: ignore[arg-type]
        actor=actor,  # type: ignore[arg-type]
        created_at=created_at,  # type: ignore[arg-type]
        state=state,  # type: ignore[arg-type]
        verdict=None if verdict is None else _decode_verdict(verdict),  # type: ignore[arg-type]
        note=note,  # type: ignore[arg-type]
    )


def verified_from_row(row: Row) -> Trajectory:
    """Give the trajectory of a row whose steps are what was stored.

    Raises:
        StorageCorrupt: Naming the id, when they are not.
    """
    if not is_sound(row[4], row[-1]):
        raise _damaged(row, "does not match its checksum")
    return from_row(row)


def is_sound(steps: SqlValue, checksum: SqlValue) -> bool:
    """Give whether the steps of a trajectory, as text or its bytes, are what was stored."""
    return isinstance(steps, (str, bytes)) and _checksum(steps) == checksum


def is_whole(steps: SqlValue, checksum: SqlValue, metadata: SqlValue, verdict: SqlValue) -> bool:
    """Give whether the steps of a trajectory are what was stored, and what is beside them can be read."""
    try:
        _decode_object(metadata)  # type: ignore[arg-type]
        if verdict is not None:
            _decode_verdict(verdict)  # type: ignore[arg-type]
    except (ValueError, TypeError, msgspec.MsgspecError):
        return False
    return is_sound(steps, checksum)


def _checksum(steps: str | bytes) -> int:
    return zlib.crc32(steps.encode() if isinstance(steps, str) else steps)


def insert(connection: SqlConnection, trajectory: Trajectory, fingerprint: bytes) -> str | None:
    """Keep a trajectory; give the id of the equal one that is there already, or None."""
    steps = canonical_json(trajectory.steps)
    connection.execute(
        _INSERT,
        (
            trajectory.namespace, str(trajectory.id), trajectory.task_category,
            trajectory.task_description, steps, canonical_json(trajectory.metadata),
            trajectory.origin, trajectory.actor, trajectory.created_at, fingerprint,
            _checksum(steps),
        ),
    )  # fmt: skip
    if not connection.changes():
        [(existing,)] = connection.execute(
            "SELECT id FROM trajectories WHERE namespace = ? AND fingerprint = ?",
            (trajectory.namespace, fingerprint),
        )
        return str(existing)
    set_state(connection, trajectory, trajectory.created_at)
    return None


def set_state(
    connection: SqlConnection,
    trajectory: Trajectory,
    at: str,
    *,
    before: str | None = None,
) -> None:
    """Write what is known of how a trajectory ended; the trajectory itself never changes.

    `before` is what a withdrawn one comes back to.
    """
    verdict = trajectory.verdict
    connection.execute(
        _SET_STATE,
        (
            trajectory.namespace,
            str(trajectory.id),
            trajectory.state,
            None if verdict is None else canonical_json(verdict),
            trajectory.note,
            before,
            at,
        ),
    )


def get(
    connection: SqlConnection, namespace: str, trajectory_id: str, made_of: MadeOf = from_row
) -> Trajectory | None:
    """Give a trajectory, or None."""
    row = connection.execute(_GET, (namespace, trajectory_id)).fetchone()
    return None if row is None else made_of(row)


def existing(connection: SqlConnection, namespace: str, trajectory_id: str) -> Trajectory:
    """Give a trajectory; raises `NotFound`."""
    trajectory = get(connection, namespace, trajectory_id)
    if trajectory is None:
        raise missing(trajectory_id)
    return trajectory


def check_is_there(connection: SqlConnection, namespace: str, trajectory_id: str) -> None:
    """Raise `NotFound` where there is no such trajectory; one that damage has made unreadable is there."""
    if connection.execute(_IS_THERE, (namespace, trajectory_id)).fetchone() is None:
        raise missing(trajectory_id)


def missing(trajectory_id: str) -> NotFound:
    """Give the error for an id that the namespace does not have."""
    return NotFound(
        f"no trajectory has the id {trajectory_id}", hint="Check the id and the namespace."
    )


def page(
    connection: SqlConnection,
    namespace: str,
    after: str,
    state: TrajectoryState | None,
    *,
    limit: int,
    made_of: MadeOf = from_row,
) -> list[Trajectory]:
    """Give trajectories in the order of their ids, after an id."""
    rows = connection.execute(_LIST, (namespace, after, state, limit))
    return [made_of(row) for row in rows]


def unlearned(
    connection: SqlConnection,
    namespace: str,
    limit: int,
    origin: str | None,
    made_of: MadeOf = from_row,
) -> list[Trajectory]:
    """Give trajectories nothing was learned from, those first that were not tried for longest."""
    rows = connection.execute(_UNLEARNED, (namespace, origin, limit))
    return [made_of(row) for row in rows]


def link(connection: SqlConnection, namespace: str, relation: PatternLink) -> None:
    """Relate a pattern to a trajectory or to another pattern; twice is once."""
    connection.execute(
        _LINK,
        (
            namespace,
            str(relation.source_id),
            relation.kind,
            str(relation.target_id),
            relation.actor,
            relation.at,
        ),
    )


def unlink(connection: SqlConnection, namespace: str, relation: PatternLink) -> None:
    """Take a relation back."""
    connection.execute(
        "DELETE FROM pattern_links "
        "WHERE namespace = ? AND source_id = ? AND kind = ? AND target_id = ?",
        (namespace, str(relation.source_id), relation.kind, str(relation.target_id)),
    )


def links(connection: SqlConnection, namespace: str, either_id: str) -> Iterator[PatternLink]:
    """Give the relations in which a pattern or trajectory stands, on either side."""
    rows = connection.execute(
        "SELECT source_id, target_id, kind, actor, at FROM pattern_links "
        "WHERE namespace = ?1 AND (source_id = ?2 OR target_id = ?2) "
        "ORDER BY at, source_id, kind, target_id",
        (namespace, either_id),
    )
    for source_id, target_id, kind, actor, at in rows:
        yield PatternLink(
            source_id=UUID(source_id), target_id=UUID(target_id), kind=kind, actor=actor, at=at
        )


def derived_ids(connection: SqlConnection, namespace: str, trajectory_id: str) -> list[str]:
    """Give the ids of the patterns derived from a trajectory."""
    rows = connection.execute(
        "SELECT source_id FROM pattern_links "
        "WHERE namespace = ? AND target_id = ? AND kind = 'derived_from' ORDER BY source_id",
        (namespace, trajectory_id),
    )
    return [str(row[0]) for row in rows]
