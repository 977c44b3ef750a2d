"""Exact copies of what a bank keeps, one thing at a time."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from reasoningbank.domain.copies import (
    ConsolidationCopy,
    Copy,
    Hold,
    KeptAnswer,
    KeptVector,
    ModelCopy,
    PatternCopy,
    RecallCopy,
    Subject,
    SubjectKind,
    TrajectoryCopy,
)
from reasoningbank.domain.records import EmbeddingModel
from reasoningbank.domain.trajectory import PatternLink
from reasoningbank.storage.sql import (
    consolidations,
    models,
    reading,
    recalls,
    trajectories,
    withdrawal,
)
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.engine import engine_of
from reasoningbank.storage.sql.rows import STORED_COLUMNS, stored_from_row
from reasoningbank.storage.sql.verification import damaged_vectors, is_sound_vector, verified_row

_IDS: Final[dict[SubjectKind, str]] = {
    "pattern": """
SELECT id FROM (
    SELECT id FROM patterns WHERE namespace = ?1 AND id > ?2
    UNION SELECT pattern_id FROM pattern_history WHERE namespace = ?1 AND pattern_id > ?2) AS ids
ORDER BY id LIMIT ?3
""",
    "trajectory": "SELECT id FROM trajectories WHERE namespace = ? AND id > ? ORDER BY id LIMIT ?",
    "recall": "SELECT id FROM recalls WHERE namespace = ? AND id > ? ORDER BY id LIMIT ?",
    "consolidation": (
        "SELECT id FROM consolidations WHERE namespace = ? AND id > ? ORDER BY id LIMIT ?"
    ),
}
LINKS_FROM: Final = """
SELECT source_id, target_id, kind, actor, at FROM pattern_links
WHERE namespace = ? AND source_id = ? ORDER BY kind, target_id
"""
HOLDS: Final = """
SELECT kind, source, actor, at FROM withdrawals
WHERE namespace = ? AND pattern_id = ? ORDER BY kind, source, actor, at
"""
ANSWERS: Final = """
SELECT key, fingerprint, at FROM idempotency_keys
WHERE namespace = ? AND pattern_id = ? ORDER BY key
"""
_CHECKSUMS: Final = """
SELECT model, checksum FROM pattern_embeddings WHERE namespace = ? AND pattern_id = ?
"""
MODELS: Final = "SELECT model, name, dimension, version FROM embedding_models"
_TRAJECTORY: Final = """
SELECT t.fingerprint, s.at FROM trajectories t JOIN trajectory_states s
    ON s.namespace = t.namespace AND s.trajectory_id = t.id
WHERE t.namespace = ? AND t.id = ?
"""


def subject_ids(
    connection: SqlConnection, namespace: str, kind: SubjectKind, after: str, limit: int
) -> list[str]:
    """Give ids of one kind in their order, beginning after one; deleted patterns are among them."""
    if kind == "model":
        return []  # a namespace has one, without an id
    rows = connection.execute(_IDS[kind], (namespace, after, limit))
    return [str(row[0]) for row in rows]


def copy_of(
    connection: SqlConnection, namespace: str, subject: Subject, *, verified: bool = False
) -> Copy:
    """Give everything kept about one thing; an empty copy where there is nothing.

    Raises:
        StorageCorrupt: With `verified`, for a thing that is not what was stored.
    """
    match subject.kind:
        case "pattern":
            return copy_of_pattern(connection, namespace, subject.id, verified=verified)
        case "trajectory":
            made_of = trajectories.verified_from_row if verified else trajectories.from_row
            return copy_of_trajectory(connection, namespace, subject.id, made_of)
        case "recall":
            event = recalls.find(connection, namespace, subject.id)
            if event is None:
                return RecallCopy(id=subject.id)
            return RecallCopy(id=subject.id, event=event[0], settled_at=event[1])
        case "consolidation":
            kept = consolidations.get(connection, namespace, subject.id)
            return ConsolidationCopy(id=subject.id, kept=kept)
        case "model":
            current = models.current_model(connection, namespace)
            return ModelCopy(model=None if current is None else current[1])


def copy_of_pattern(
    connection: SqlConnection, namespace: str, pattern_id: str, *, verified: bool = False
) -> PatternCopy:
    """Give everything kept about a pattern, also about one that was deleted."""
    # Not `stored_pattern`, which takes a row to change it: this may be a moment that only reads.
    rows = reading.rows_by_id(connection, namespace, [pattern_id], columns=STORED_COLUMNS)
    if rows and verified:
        verified_row(rows[pattern_id])
    stored = stored_from_row(rows[pattern_id]) if rows else None
    of_it = (namespace, pattern_id)
    return PatternCopy(
        id=pattern_id,
        pattern=None if stored is None else stored.pattern,
        created_by="" if stored is None else stored.created_by,
        kept=stored is not None and stored.kept,
        history=tuple(reading.history(connection, *of_it)),
        observations=tuple(reading.observations(connection, *of_it)),
        outcomes=tuple(reading.outcomes(connection, *of_it)),
        links=tuple(
            PatternLink(source_id=UUID(source), target_id=UUID(target), kind=kind, actor=by, at=at)
            for source, target, kind, by, at in connection.execute(LINKS_FROM, of_it)
        ),
        holds=tuple(
            Hold(kind=kind, source=source, actor=actor, at=at)
            for kind, source, actor, at in connection.execute(HOLDS, of_it)
        ),
        answers=tuple(
            KeptAnswer(key=key, fingerprint=fingerprint, at=at)
            for key, fingerprint, at in connection.execute(ANSWERS, of_it)
        ),
        vectors=()
        if stored is None
        else _vectors(connection, namespace, pattern_id, verified=verified),
    )


def _vectors(
    connection: SqlConnection, namespace: str, pattern_id: str, *, verified: bool
) -> tuple[KeptVector, ...]:
    checksums = {
        int(number): checksum
        for number, checksum in connection.execute(_CHECKSUMS, (namespace, pattern_id)).fetchall()
    }
    known = {
        int(number): EmbeddingModel(name, dimension, version)
        for number, name, dimension, version in connection.execute(MODELS).fetchall()
        if number in checksums
    }
    engine = engine_of(connection)
    kept = []
    for number, model in known.items():
        vector = engine.stored_vectors(connection, namespace, number, [pattern_id])[pattern_id]
        if verified and not is_sound_vector(vector, model.dimension, checksums[number]):
            raise damaged_vectors([pattern_id])
        kept.append(KeptVector(model=model, vector=vector))
    return tuple(sorted(kept, key=_identity))


def _identity(kept: KeptVector) -> tuple[str, int, str]:
    return kept.model.name, kept.model.dimension, kept.model.version


def copy_of_trajectory(
    connection: SqlConnection,
    namespace: str,
    trajectory_id: str,
    made_of: trajectories.MadeOf = trajectories.from_row,
) -> TrajectoryCopy:
    """Give everything kept about a trajectory."""
    trajectory = trajectories.get(connection, namespace, trajectory_id, made_of)
    if trajectory is None:
        return TrajectoryCopy(id=trajectory_id)
    [(fingerprint, at)] = connection.execute(_TRAJECTORY, (namespace, trajectory_id))
    before = withdrawal.before_of(connection, namespace, trajectory_id)
    return TrajectoryCopy(
        id=trajectory_id,
        trajectory=trajectory,
        fingerprint=fingerprint,
        at=at,
        state_before=None if before is None else before.state,
        note_before=None if before is None else before.note,
    )
