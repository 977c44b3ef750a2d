"""What is learned from trajectories: derived patterns, their outcomes, and taking both back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import apsw
import msgspec

from reasoningbank.domain.lesson import Judgement
from reasoningbank.domain.outcome import Outcome, RecordedOutcome
from reasoningbank.domain.pattern import State, StoreStatus
from reasoningbank.domain.records import (
    EmbeddingModel,
    LearnedPattern,
    PatternEdit,
    Stamp,
    StoreOptions,
)
from reasoningbank.domain.trajectory import PatternLink, Trajectory
from reasoningbank.storage.sqlite import outcomes, recalls, trajectories, writing
from reasoningbank.storage.sqlite.reading import get_pattern

_STILL_SUPPORTED: Final = """
SELECT 1 FROM pattern_links l JOIN trajectory_states s
    ON s.namespace = l.namespace AND s.trajectory_id = l.target_id
WHERE l.namespace = ? AND l.source_id = ? AND l.kind = 'derived_from' AND s.state <> 'withdrawn'
LIMIT 1
"""


def learn(  # noqa: PLR0917 - as the contract has it, with the connection
    connection: apsw.Connection,
    namespace: str,
    trajectory_id: str,
    learned: Sequence[LearnedPattern],
    model: EmbeddingModel,
    stamp: Stamp,
) -> list[tuple[str, StoreStatus]]:
    """Store what a trajectory taught, link it and count its outcome; learned before is replayed."""
    trajectory = trajectories.existing(connection, namespace, trajectory_id)
    if trajectory.state == "learned":
        known = trajectories.derived_ids(connection, namespace, trajectory_id)
        return [(pattern_id, "replayed") for pattern_id in known]
    stored = writing.store_all(connection, [item.new for item in learned], model, StoreOptions())
    for (pattern_id, _), item in zip(stored, learned, strict=True):
        link = PatternLink(
            source_id=UUID(pattern_id),
            target_id=trajectory.id,
            kind="derived_from",
            actor=stamp.actor,
            at=stamp.at,
        )
        trajectories.link(connection, namespace, link)
        if item.outcome is not None:
            outcome = msgspec.structs.replace(item.outcome, pattern_id=UUID(pattern_id))
            outcomes.record(connection, namespace, outcome)
    learned_from = msgspec.structs.replace(trajectory, state="learned", note=None)
    trajectories.set_state(connection, learned_from, stamp.at)
    return stored


def judge(
    connection: apsw.Connection,
    namespace: str,
    trajectory_id: str,
    judgement: Judgement,
    at: str,
) -> Trajectory:
    """Write a verdict, or the note of a judge that reached none, and give the trajectory."""
    trajectory = trajectories.existing(connection, namespace, trajectory_id)
    if trajectory.state not in {"pending", "judged"}:
        return trajectory
    verdict = judgement.verdict
    known = verdict is not None and verdict.kind != "unknown"
    trajectory = msgspec.structs.replace(
        trajectory,
        state="judged" if known else "pending",
        verdict=verdict,
        note=judgement.note,
    )
    trajectories.set_state(connection, trajectory, at)
    return trajectory


def withdraw(
    connection: apsw.Connection, namespace: str, trajectory_id: str, stamp: Stamp
) -> list[str]:
    """Take a trajectory back; quarantine what came of it alone and give those patterns' ids."""
    trajectory = trajectories.existing(connection, namespace, trajectory_id)
    if trajectory.state == "withdrawn":
        return []
    # The note keeps the state to come back to.
    withdrawn = msgspec.structs.replace(trajectory, state="withdrawn", note=trajectory.state)
    trajectories.set_state(connection, withdrawn, stamp.at)
    return [
        pattern_id
        for pattern_id in trajectories.derived_ids(connection, namespace, trajectory_id)
        if connection.execute(_STILL_SUPPORTED, (namespace, pattern_id)).fetchone() is None
        and _set_pattern_state(connection, namespace, pattern_id, "quarantined", stamp)
    ]


def reinstate(
    connection: apsw.Connection, namespace: str, trajectory_id: str, stamp: Stamp
) -> list[str]:
    """Undo `withdraw` and give the ids of the patterns that are active again."""
    trajectory = trajectories.existing(connection, namespace, trajectory_id)
    if trajectory.state != "withdrawn":
        return []
    before = trajectory.note if trajectory.note in {"judged", "learned"} else "pending"
    reinstated = msgspec.structs.replace(trajectory, state=before, note=None)
    trajectories.set_state(connection, reinstated, stamp.at)
    return [
        pattern_id
        for pattern_id in trajectories.derived_ids(connection, namespace, trajectory_id)
        if _set_pattern_state(connection, namespace, pattern_id, "active", stamp)
    ]


def _set_pattern_state(
    connection: apsw.Connection, namespace: str, pattern_id: str, state: State, stamp: Stamp
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


def settle_recall(
    connection: apsw.Connection,
    namespace: str,
    recall_id: str,
    told: Sequence[Outcome],
    at: str,
) -> list[RecordedOutcome]:
    """Count the outcome of a recall; told before, give what was counted then.

    Patterns that are gone by now are passed over.
    """
    if not recalls.settle(connection, namespace, recall_id, at):
        return outcomes.of_recall(connection, namespace, recall_id)
    return [
        outcomes.record(connection, namespace, outcome)
        for outcome in told
        if get_pattern(connection, namespace, str(outcome.pattern_id)) is not None
    ]
