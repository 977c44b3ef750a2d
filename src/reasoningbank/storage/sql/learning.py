"""What is learned from trajectories: verdicts, derived patterns and their outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from reasoningbank.domain.errors import Conflict
from reasoningbank.domain.lesson import Judgement
from reasoningbank.domain.outcome import Outcome, RecordedOutcome
from reasoningbank.domain.pattern import StoreStatus
from reasoningbank.domain.records import (
    EmbeddingModel,
    LearnedPattern,
    Stamp,
    StoreOptions,
)
from reasoningbank.domain.trajectory import PatternLink, Trajectory, same_verdict
from reasoningbank.storage.sql import outcomes, recalls, trajectories, withdrawal, writing
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.engine import engine_of


def learn(
    connection: SqlConnection,
    namespace: str,
    trajectory_ids: Sequence[str],
    learned: Sequence[LearnedPattern],
    model: EmbeddingModel,
    *,
    stamp: Stamp,
    note: str | None = None,
) -> list[tuple[str, StoreStatus]]:
    """Store what trajectories taught, link it and count its outcomes; learned before is replayed."""
    fresh = _not_learned_from(connection, namespace, trajectory_ids)
    if not fresh:
        known = [
            pattern_id
            for one in trajectory_ids
            for pattern_id in trajectories.derived_ids(connection, namespace, one)
        ]
        return [(pattern_id, "replayed") for pattern_id in dict.fromkeys(known)]
    taught = [item for item in learned if fresh.keys() & item.outcomes.keys()]
    stored = writing.store_all(connection, [item.new for item in taught], model, StoreOptions())
    for (pattern_id, _), item in zip(stored, taught, strict=True):
        for trajectory_id, outcome in item.outcomes.items():
            if trajectory_id not in fresh:
                continue
            link = PatternLink(
                source_id=UUID(pattern_id),
                target_id=trajectory_id,
                kind="derived_from",
                actor=stamp.actor,
                at=stamp.at,
            )
            trajectories.link(connection, namespace, link)
            told = msgspec.structs.replace(outcome, pattern_id=UUID(pattern_id))
            outcomes.record(connection, namespace, told)
        withdrawal.release(connection, namespace, pattern_id, stamp)  # supported again
    for trajectory in fresh.values():
        learned_from = msgspec.structs.replace(trajectory, state="learned", note=note)
        trajectories.set_state(connection, learned_from, stamp.at)
    return stored


def _not_learned_from(
    connection: SqlConnection, namespace: str, trajectory_ids: Sequence[str]
) -> dict[UUID, Trajectory]:
    """Give the trajectories that wait to be learned from, by id; raises for a withdrawn one."""
    fresh: dict[UUID, Trajectory] = {}
    for trajectory_id in trajectory_ids:
        trajectory = trajectories.existing(connection, namespace, trajectory_id)
        if trajectory.state == "withdrawn":
            raise Conflict(
                f"the trajectory {trajectory_id} was withdrawn", hint="Reinstate it first."
            )
        if trajectory.state != "learned":
            fresh[trajectory.id] = trajectory
    return fresh


def judge(
    connection: SqlConnection,
    namespace: str,
    trajectory_id: str,
    judgement: Judgement,
    at: str,
    *,
    told: Sequence[Outcome],
) -> Trajectory:
    """Write a verdict, or the note of a judge that reached none, and give the trajectory.

    One that was learned from stays so: the outcomes `told` are counted for its patterns, in the
    same step and only if the verdict says something new. A withdrawn one is left as it is.
    """
    trajectory = trajectories.existing(connection, namespace, trajectory_id)
    verdict = judgement.verdict
    if trajectory.state == "withdrawn":
        return trajectory
    if trajectory.state == "learned":
        if verdict is None or same_verdict(verdict, trajectory.verdict):
            return trajectory
        trajectory = msgspec.structs.replace(trajectory, verdict=verdict)
        for outcome in told:
            outcomes.record_unless_gone(connection, namespace, outcome)
    else:
        known = verdict is not None and verdict.kind != "unknown"
        trajectory = msgspec.structs.replace(
            trajectory,
            state="judged" if known else "pending",
            verdict=verdict,
            note=judgement.note,
        )
    trajectories.set_state(connection, trajectory, at)
    return trajectory


def settle_recall(
    connection: SqlConnection,
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
    engine_of(connection).lock_patterns(
        connection, namespace, [str(outcome.pattern_id) for outcome in told]
    )
    recorded = (outcomes.record_unless_gone(connection, namespace, outcome) for outcome in told)
    return [one for one in recorded if one is not None]
